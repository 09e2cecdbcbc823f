//! The other side of a provider under test: the platform's own books, the people, and what goes wrong.

use std::fmt::Debug;
use std::time::Duration;

use guestpass::{AccountId, Email, RoleSpec};

use crate::{Fault, LoggedRequest, On};

/// A fake platform as the conformance suite sees it: one store, its people, its faults.
pub trait World: Debug + Send + Sync + 'static {
    /// The addresses of everybody who has access, the owner among them, in lower case and in order. Somebody who has
    /// not answered an invitation is here only where the platform gives access before the answer.
    fn inside(&self) -> Vec<String>;

    /// The addresses with an invitation that can still be accepted, in lower case and in order. Empty on platforms
    /// where an invitation is an access at once.
    fn invited(&self) -> Vec<String> {
        Vec::new()
    }

    /// How often an invitation of this address took effect.
    fn invitations(&self, email: &Email) -> usize;

    /// How often our side ended an access or a pending invitation of this address.
    fn removals(&self, email: &Email) -> usize;

    /// Permissions that an ordinary helper may have, as the platform writes them.
    fn ordinary_permissions(&self) -> Vec<String>;

    /// A permission that makes a role privileged.
    fn privileged_permission(&self) -> String;

    /// A role for an ordinary helper.
    fn ordinary_role(&self) -> RoleSpec {
        RoleSpec::new("support").with_permissions(self.ordinary_permissions())
    }

    /// A role with an owner's rights, or close to them.
    fn privileged_role(&self) -> RoleSpec {
        RoleSpec::new("boss").with_permissions([self.privileged_permission()])
    }

    /// The account of this address, on platforms that tell no addresses: there our side must know the accounts of its
    /// people itself. `None` where the platform tells them.
    fn account(&self, _email: &Email) -> Option<AccountId> {
        None
    }

    /// How long an invitation can be accepted. Zero on platforms where an invitation is an access at once.
    fn invitation_lifetime(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether listings of people have pages, and so can go wrong in the ways of pages.
    fn has_pages(&self) -> bool {
        true
    }

    /// The merchant lets somebody in without us.
    fn merchant_adds(&self, email: &Email);

    /// The merchant takes somebody out without us.
    fn merchant_removes(&self, email: &Email);

    /// The humans do what an invitation by hand asks of them: the person is inside afterwards.
    fn people_let_in(&self, email: &Email) {
        self.merchant_adds(email);
    }

    /// The merchant gives somebody these permissions.
    fn merchant_sets_permissions(&self, email: &Email, permissions: &[String]);

    /// The person accepts, or signs in for the first time.
    fn person_accepts(&self, email: &Email);

    /// The owner's address.
    fn owner(&self) -> Email;

    /// The control credential dies.
    fn revoke_credential(&self);

    /// The control credential loses its rights over people.
    fn take_rights_away(&self, denial: Denial);

    /// Listings go wrong in this way from now on.
    fn disturb_paging(&self, fault: PagingFault);

    /// Something goes wrong on the next matching requests.
    fn inject(&self, on: On, fault: Fault, times: usize);

    /// Faults that were set and have not fired.
    fn unfired(&self) -> Vec<String>;

    /// All requests so far.
    fn requests(&self) -> Vec<LoggedRequest>;

    /// Whether a request was metered by the platform's scarcest budget.
    fn is_metered(&self, request: &LoggedRequest) -> bool;

    /// That budget: so many requests in any such time.
    fn budget(&self) -> (usize, Duration);

    /// How many requests of that budget only removals may use.
    fn reserve(&self) -> usize;

    /// Texts that may show nowhere.
    fn secrets(&self) -> Vec<String>;

    /// Whether this address has access, or an invitation that would give it access.
    fn is_inside(&self, email: &Email) -> bool {
        let address = email.as_str().to_lowercase();
        self.inside().contains(&address) || self.invited().contains(&address)
    }

    /// How many requests could have changed something.
    fn writes(&self) -> usize {
        self.requests().iter().filter(|request| request.write).count()
    }
}

/// How a platform says that a right is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// By the status.
    Status,
    /// In the body of a success.
    Body,
}

/// How a listing goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagingFault {
    /// A page is empty although more follow.
    EmptyPage,
    /// A page repeats what the former one ended with.
    RepeatedEntry,
    /// The same cursor comes again and again.
    Circle,
    /// The platform's count does not match its list.
    Miscount,
}

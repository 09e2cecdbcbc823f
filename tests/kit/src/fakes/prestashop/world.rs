//! The fake as the conformance suite sees it: its demonstration shop.

use std::time::Duration;

use guestpass::{Email, RoleSpec};

use super::{DemoSeed, FakePrestashop, Paging};
use crate::conformance::{Denial, PagingFault, World};
use crate::fakes::platform::SESSION_COOKIE;
use crate::{Fault, LoggedRequest, On};

/// The demonstration shop of a fake, with its people and its faults.
#[derive(Debug, Clone)]
pub struct PrestashopWorld {
    /// The fake.
    pub fake: FakePrestashop,
    /// Where things are in it.
    pub seed: DemoSeed,
    owner: Email,
}

impl PrestashopWorld {
    /// Plants the demonstration shop in a fake.
    ///
    /// # Errors
    /// Never with the demonstration shop as it is: its owner has an address.
    pub fn plant(fake: FakePrestashop) -> guestpass::Result<Self> {
        let seed = fake.seed_demo();
        let owner = Email::new(seed.owner_email.clone())?;
        Ok(Self { fake, seed, owner })
    }
}

impl World for PrestashopWorld {
    fn inside(&self) -> Vec<String> {
        let active = self.fake.employees().into_iter().filter(|employee| employee.active);
        let mut addresses: Vec<_> = active.map(|employee| employee.email.to_lowercase()).collect();
        addresses.sort();
        addresses
    }

    fn invitations(&self, email: &Email) -> usize {
        self.fake.admissions(email.as_str())
    }

    fn removals(&self, email: &Email) -> usize {
        self.fake.removals(email.as_str())
    }

    fn ordinary_permissions(&self) -> Vec<String> {
        vec![self.seed.support_profile.to_string()]
    }

    fn privileged_permission(&self) -> String {
        "1".to_owned()
    }

    fn ordinary_role(&self) -> RoleSpec {
        RoleSpec::new("support").with_platform_role(self.seed.support_profile.to_string())
    }

    fn privileged_role(&self) -> RoleSpec {
        RoleSpec::new("boss").with_platform_role(self.privileged_permission())
    }

    fn merchant_adds(&self, email: &Email) {
        self.fake.add_employee(email.as_str(), "Someone", "Known", self.seed.support_profile);
    }

    fn merchant_removes(&self, email: &Email) {
        self.fake.remove_employee(email.as_str());
    }

    /// Rights belong to profiles here, which nobody can read.
    fn merchant_sets_permissions(&self, _: &Email, _: &[String]) {}

    /// There is no invitation to accept.
    fn person_accepts(&self, _: &Email) {}

    fn owner(&self) -> Email {
        self.owner.clone()
    }

    fn revoke_credential(&self) {
        self.fake.set_key_enabled(&self.seed.key, false);
    }

    /// A success never says that a right is missing. The key loses the method, or for the other form the resource,
    /// which has another status.
    fn take_rights_away(&self, denial: Denial) {
        let left: &[(&str, &[&str])] = match denial {
            Denial::Status => &[("employees", &["HEAD"]), ("languages", &["GET"])],
            Denial::Body => &[("languages", &["GET"])],
        };
        self.fake.set_key_permissions(&self.seed.key, left);
    }

    /// Nothing marks that more pages follow, so an empty page is the end and no fault; nothing counts, so what can
    /// contradict itself is the order alone.
    fn disturb_paging(&self, fault: PagingFault) {
        self.fake.quirks(|quirks| {
            quirks.paging = match fault {
                PagingFault::EmptyPage => Paging::Right,
                PagingFault::RepeatedEntry => Paging::RepeatedRow,
                PagingFault::Circle => Paging::SamePage,
                PagingFault::Miscount => Paging::Backwards,
            };
        });
    }

    fn inject(&self, on: On, fault: Fault, times: usize) {
        self.fake.inject(on, fault, times);
    }

    fn unfired(&self) -> Vec<String> {
        self.fake.unfired()
    }

    fn requests(&self) -> Vec<LoggedRequest> {
        self.fake.requests()
    }

    /// The host counts whatever comes.
    fn is_metered(&self, _: &LoggedRequest) -> bool {
        true
    }

    fn budget(&self) -> (usize, Duration) {
        (5, Duration::from_secs(1))
    }

    fn reserve(&self) -> usize {
        1
    }

    fn secrets(&self) -> Vec<String> {
        let mut secrets = self.fake.secrets();
        secrets.push(SESSION_COOKIE.to_owned());
        secrets
    }
}

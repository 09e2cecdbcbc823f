//! The fake as the conformance suite sees it.

use std::time::Duration;

use guestpass::{Email, Result, RoleSpec};
use guestpass_testkit::conformance::{Denial, PagingFault, World};
use guestpass_testkit::fakes::custom::{Lies, SESSION_COOKIE};
use guestpass_testkit::{Fault, LoggedRequest, On};

use crate::FakeMarketstall;
use crate::books::{Denied, OWNER, TOKEN};

/// A stall with its people and its faults.
#[derive(Debug)]
pub struct MarketstallWorld {
    /// The fake.
    pub fake: FakeMarketstall,
    owner: Email,
}

impl MarketstallWorld {
    /// The world of a fake.
    ///
    /// # Errors
    /// Never: the owner has an address.
    pub fn of(fake: FakeMarketstall) -> Result<Self> {
        Ok(Self { fake, owner: OWNER.parse()? })
    }
}

impl World for MarketstallWorld {
    fn inside(&self) -> Vec<String> {
        self.fake.with(|books, _| books.addresses(true))
    }

    fn invited(&self) -> Vec<String> {
        self.fake.with(|books, _| books.addresses(false))
    }

    fn invitations(&self, email: &Email) -> usize {
        let email = email.as_str().to_lowercase();
        self.fake.with(|books, _| books.invitations.get(&email).copied().unwrap_or_default())
    }

    fn removals(&self, email: &Email) -> usize {
        let email = email.as_str().to_lowercase();
        self.fake.with(|books, _| books.removals.get(&email).copied().unwrap_or_default())
    }

    fn ordinary_permissions(&self) -> Vec<String> {
        vec!["helper".to_owned()]
    }

    fn privileged_permission(&self) -> String {
        "manager".to_owned()
    }

    fn ordinary_role(&self) -> RoleSpec {
        RoleSpec::new("support").with_platform_role("helper")
    }

    fn privileged_role(&self) -> RoleSpec {
        RoleSpec::new("boss").with_platform_role("manager")
    }

    fn merchant_adds(&self, email: &Email) {
        self.fake.with(|books, _| books.add(email.as_str(), "helper", true));
    }

    fn merchant_removes(&self, email: &Email) {
        self.fake.with(|books, _| books.dismiss(email.as_str()));
    }

    fn merchant_sets_permissions(&self, email: &Email, permissions: &[String]) {
        for role in permissions {
            self.fake.with(|books, _| books.give_role(email.as_str(), role));
        }
    }

    fn person_accepts(&self, email: &Email) {
        self.fake.with(|books, _| books.accept(email.as_str()));
    }

    fn owner(&self) -> Email {
        self.owner.clone()
    }

    fn revoke_credential(&self) {
        self.fake.with(|books, _| books.token_lives = false);
    }

    fn take_rights_away(&self, denial: Denial) {
        self.fake.with(|books, _| {
            books.token_has_rights = false;
            books.quirks.denied = match denial {
                Denial::Status => Denied::Status,
                Denial::Body => Denied::Body,
            };
        });
    }

    fn disturb_paging(&self, fault: PagingFault) {
        self.fake.with(|books, _| {
            books.lies = Lies {
                empty_first: fault == PagingFault::EmptyPage,
                repeats: fault == PagingFault::RepeatedEntry,
                circles: fault == PagingFault::Circle,
            };
            books.miscounts = fault == PagingFault::Miscount;
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

    fn is_metered(&self, _: &LoggedRequest) -> bool {
        true
    }

    fn budget(&self) -> (usize, Duration) {
        (60, Duration::from_secs(60))
    }

    fn reserve(&self) -> usize {
        6
    }

    fn secrets(&self) -> Vec<String> {
        vec![TOKEN.to_owned(), SESSION_COOKIE.to_owned()]
    }
}

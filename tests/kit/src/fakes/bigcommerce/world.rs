//! The fake as the conformance suite sees it: its demonstration store.

use std::time::Duration;

use guestpass::Email;

use super::{DemoSeed, FakeBigCommerce, ScopeDenial, TotalItems};
use crate::conformance::{Denial, PagingFault, World};
use crate::fakes::platform::SESSION_COOKIE;
use crate::{Fault, LoggedRequest, On};

/// The demonstration store of a fake, with its people and its faults.
#[derive(Debug, Clone)]
pub struct BigCommerceWorld {
    /// The fake.
    pub fake: FakeBigCommerce,
    /// Where things are in it.
    pub seed: DemoSeed,
    owner: Email,
}

impl BigCommerceWorld {
    /// Plants the demonstration world in a fake.
    ///
    /// # Errors
    /// Never with the demonstration world as it is: its owner has an address.
    pub fn plant(fake: FakeBigCommerce) -> guestpass::Result<Self> {
        let seed = fake.seed_demo();
        let owner = Email::new(seed.owner_email.clone())?;
        Ok(Self { fake, seed, owner })
    }
}

impl World for BigCommerceWorld {
    fn inside(&self) -> Vec<String> {
        let users = self.fake.users(&self.seed.store_hash);
        let mut addresses: Vec<_> = users.into_iter().map(|user| user.email.to_lowercase()).collect();
        addresses.sort();
        addresses
    }

    fn invitations(&self, email: &Email) -> usize {
        self.fake.adds(&self.seed.store_hash, email.as_str())
    }

    fn removals(&self, email: &Email) -> usize {
        self.fake.removals(&self.seed.store_hash, email.as_str())
    }

    fn ordinary_permissions(&self) -> Vec<String> {
        ["Manage_Orders", "Edit_Orders"].map(str::to_owned).to_vec()
    }

    fn privileged_permission(&self) -> String {
        "Grant_High_Risk_Store_Permissions".to_owned()
    }

    fn merchant_adds(&self, email: &Email) {
        self.fake.add_user(&self.seed.store_hash, email.as_str(), "Someone", "Known");
    }

    fn merchant_removes(&self, email: &Email) {
        self.fake.remove_user(&self.seed.store_hash, email.as_str());
    }

    fn merchant_sets_permissions(&self, email: &Email, permissions: &[String]) {
        let names: Vec<_> = permissions.iter().map(String::as_str).collect();
        self.fake.grant_permissions(&self.seed.store_hash, email.as_str(), &names);
    }

    fn person_accepts(&self, email: &Email) {
        self.fake.accept(&self.seed.store_hash, email.as_str());
    }

    fn owner(&self) -> Email {
        self.owner.clone()
    }

    fn revoke_credential(&self) {
        self.fake.revoke_token(&self.seed.account_token);
        self.fake.revoke_token(&self.seed.store_token);
    }

    fn take_rights_away(&self, denial: Denial) {
        self.fake.set_scopes(&self.seed.account_token, &["account_read"]);
        self.fake.quirks(|quirks| {
            quirks.scope_denial = match denial {
                Denial::Status => ScopeDenial::Http403,
                Denial::Body => ScopeDenial::Graphql200,
            };
        });
    }

    fn disturb_paging(&self, fault: PagingFault) {
        self.fake.quirks(|quirks| {
            quirks.empty_page_with_next = fault == PagingFault::EmptyPage;
            quirks.duplicate_page = fault == PagingFault::RepeatedEntry;
            quirks.cycling_cursor = fault == PagingFault::Circle;
            if fault == PagingFault::Miscount {
                quirks.total_items = TotalItems::OffBy(1);
            }
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

    fn is_metered(&self, request: &LoggedRequest) -> bool {
        request.path.starts_with("/accounts/")
    }

    fn budget(&self) -> (usize, Duration) {
        (70, Duration::from_secs(3600))
    }

    fn reserve(&self) -> usize {
        10
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = [&self.seed.account_token, &self.seed.store_token, &self.seed.minting_token];
        tokens.into_iter().cloned().chain([SESSION_COOKIE.to_owned()]).collect()
    }
}

//! The fake as the conformance suite sees it: its demonstration shop.

use std::time::Duration;

use guestpass::Email;

use super::state::CollaborationState;
use super::{DemoSeed, FakeShopify, FakeStaff, StaffDenial, StaffKind};
use crate::conformance::{Denial, PagingFault, World};
use crate::fakes::platform::SESSION_COOKIE;
use crate::{Fault, LoggedRequest, On};

/// A page of fifty people costs so many points.
const PAGE_COST: u64 = 52;

/// Whose addresses a complete listing of the provider under test shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listed {
    /// Everybody who is inside: staff and collaborators.
    Inside,
    /// Collaborators who are inside.
    Collaborators,
    /// Collaborators who are inside, and those who have asked for access.
    CollaboratorsAndRequests,
    /// Every account, suspended and invited ones and requests included.
    Everybody,
}

/// The demonstration shop of a fake, with its people and its faults.
#[derive(Debug, Clone)]
pub struct ShopifyWorld {
    /// The fake.
    pub fake: FakeShopify,
    /// Where things are in it.
    pub seed: DemoSeed,
    /// Whom [`World::inside`] tells.
    pub listed: Listed,
    owner: Email,
}

impl ShopifyWorld {
    /// Plants the demonstration world in a fake.
    ///
    /// # Errors
    /// Never with the demonstration world as it is: its owner has an address.
    pub fn plant(fake: FakeShopify) -> guestpass::Result<Self> {
        let seed = fake.seed_demo();
        let owner = Email::new(seed.owner_email.clone())?;
        Ok(Self { fake, seed, listed: Listed::Inside, owner })
    }

    /// The same world for a provider that lists only these.
    #[must_use]
    pub fn listing(mut self, listed: Listed) -> Self {
        self.listed = listed;
        self
    }

    fn lists(&self, staff: &FakeStaff) -> bool {
        match self.listed {
            Listed::Inside => staff.inside,
            Listed::Collaborators => staff.inside && staff.kind.is_collaborator(),
            Listed::CollaboratorsAndRequests => {
                staff.kind == StaffKind::Requested || (staff.inside && staff.kind.is_collaborator())
            }
            Listed::Everybody => true,
        }
    }

    /// The organisation that an address belongs to, as an account of the shop shows it.
    fn account(&self, email: &Email) -> Option<FakeStaff> {
        let staff = self.fake.staff(&self.seed.shop);
        staff.into_iter().find(|staff| staff.email.eq_ignore_ascii_case(email.as_str()))
    }
}

impl World for ShopifyWorld {
    fn inside(&self) -> Vec<String> {
        let staff = self.fake.staff(&self.seed.shop);
        let shown = staff.into_iter().filter(|staff| self.lists(staff));
        let mut addresses: Vec<_> = shown.map(|staff| staff.email.to_lowercase()).collect();
        addresses.sort();
        addresses
    }

    fn invitations(&self, email: &Email) -> usize {
        self.fake.access_requests(&self.seed.shop, email.as_str())
    }

    fn removals(&self, email: &Email) -> usize {
        self.fake.removals(&self.seed.shop, email.as_str())
    }

    fn ordinary_permissions(&self) -> Vec<String> {
        ["orders", "products"].map(str::to_owned).to_vec()
    }

    fn privileged_permission(&self) -> String {
        "staff_management".to_owned()
    }

    fn merchant_adds(&self, email: &Email) {
        let kind = match self.listed {
            Listed::Inside | Listed::Everybody => StaffKind::Regular,
            Listed::Collaborators | Listed::CollaboratorsAndRequests => StaffKind::Collaborator,
        };
        self.fake.add_staff(&self.seed.shop, kind, email.as_str(), "Someone", "Known");
    }

    /// As the row of a partner organisation of which only this address is known.
    fn people_let_in(&self, email: &Email) {
        self.fake.add_staff(&self.seed.shop, StaffKind::Collaborator, email.as_str(), "Known", "Agency");
    }

    fn merchant_removes(&self, email: &Email) {
        self.fake.remove_account(&self.seed.shop, email.as_str());
    }

    fn merchant_sets_permissions(&self, email: &Email, permissions: &[String]) {
        let names: Vec<_> = permissions.iter().map(String::as_str).collect();
        self.fake.set_permissions(&self.seed.shop, email.as_str(), &names);
    }

    /// A request is approved as it stands; everybody else signs in.
    fn person_accepts(&self, email: &Email) {
        let shop = &self.seed.shop;
        let account = self.account(email);
        let requested = account.filter(|account| account.kind == StaffKind::Requested);
        if let Some(organisation) = requested.and_then(|account| account.organisation) {
            let pending = self.fake.collaborations(shop).into_iter().any(|entry| {
                entry.organisation == organisation && entry.state == CollaborationState::Pending
            });
            if pending {
                self.fake.approve(&organisation, shop, None);
            }
        }
        self.fake.log_in(shop, email.as_str());
    }

    fn owner(&self) -> Email {
        self.owner.clone()
    }

    fn revoke_credential(&self) {
        self.fake.revoke_everything(&self.seed.shop, &self.seed.client_id);
    }

    fn take_rights_away(&self, denial: Denial) {
        self.fake.enable_read_users(&self.seed.shop, &self.seed.client_id, false);
        self.fake.quirks(|quirks| {
            quirks.staff_denial = match denial {
                Denial::Status => StaffDenial::Http403,
                Denial::Body => StaffDenial::Graphql200,
            };
        });
    }

    /// The platform counts nothing; what does not add up is a next page to which no cursor leads.
    fn disturb_paging(&self, fault: PagingFault) {
        self.fake.quirks(|quirks| {
            quirks.empty_page_with_next = fault == PagingFault::EmptyPage;
            quirks.duplicate_page = fault == PagingFault::RepeatedEntry;
            quirks.cycling_cursor = fault == PagingFault::Circle;
            quirks.next_page_without_cursor = fault == PagingFault::Miscount;
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
        request.operations.iter().any(|operation| operation == "staffMembers")
    }

    /// The platform meters points, not requests: so many pages of fifty people fit into a full bucket and what comes
    /// back in a second.
    fn budget(&self) -> (usize, Duration) {
        let size = super::cost::size(super::Plan::Plus);
        let pages = (size.maximum + size.restore_rate) / PAGE_COST;
        (usize::try_from(pages).unwrap_or(usize::MAX), Duration::from_secs(1))
    }

    /// Nobody is removed through the API.
    fn reserve(&self) -> usize {
        0
    }

    fn secrets(&self) -> Vec<String> {
        let seed = &self.seed;
        let known =
            [&seed.token, &seed.expiring_token, &seed.refresh_token, &seed.client_secret, &seed.basic_token];
        known.into_iter().cloned().chain([SESSION_COOKIE.to_owned()]).collect()
    }

    /// A token is no access: asking for one changes nothing for anybody.
    fn writes(&self) -> usize {
        let counts = |request: &&LoggedRequest| {
            request.write && !request.operations.iter().any(|operation| operation == "oauth/access_token")
        };
        self.fake.requests().iter().filter(counts).count()
    }
}

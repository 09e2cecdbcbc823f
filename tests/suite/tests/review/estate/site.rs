//! The stores as their fakes hold them: what people do there by hand, and what is true.

use std::sync::Arc;

use guestpass::{Clock, Timestamp};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::prestashop::DemoSeed as Shop;
use guestpass_testkit::fakes::shopify::{NewApp, Plan, StaffKind};
use guestpass_testkit::fakes::wix::Permission;
use guestpass_testkit::fakes::{FakeBigCommerce, FakePrestashop, FakeShopify, FakeWix};

use super::plan::{Case, KINDS, Kind, cases};

pub(crate) const OWNER: &str = "olivia@merchant.example";
const CLERK: &str = "sam@merchant.example";
pub(crate) const ACCOUNT: &str = "3f1c0d5e-0000-4000-8000-00000000aaaa";
/// So many sites belong to one account of Wix.
const SITES: usize = 10;

/// What somebody may do at a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// What the role "support" says.
    Support,
    /// A little more.
    More,
    /// Letting others in besides.
    Admin,
}

/// The platform's words for it.
pub(crate) fn rights(platform: &str, rights: Rights) -> Vec<String> {
    let words: &[&str] = match (platform, rights) {
        ("bigcommerce", Rights::Support) => &["Manage_Orders", "Edit_Orders"],
        ("bigcommerce", Rights::More) => &["Manage_Orders", "Edit_Orders", "Manage_Products"],
        ("bigcommerce", Rights::Admin) => &["Manage_Orders", "Manage_Users"],
        ("shopify", Rights::Support) => &["orders"],
        ("shopify", Rights::More) => &["orders", "products"],
        ("shopify", Rights::Admin) => &["orders", "staff_management"],
        ("wix", Rights::Support) => &[BACK_OFFICE],
        ("wix", Rights::More) => &[BACK_OFFICE, DESIGNER],
        ("wix", Rights::Admin) => &[CO_OWNER],
        (_, Rights::Support) => &["5"],
        (_, Rights::More) => &["4"],
        (_, Rights::Admin) => &["1"],
    };
    words.iter().map(|&word| word.to_owned()).collect()
}

const BACK_OFFICE: &str = "6614208123456789011";
const DESIGNER: &str = "6614208123456789022";
pub(crate) const CO_OWNER: &str = "6732588207941061632";

/// Whether somebody can get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Inside,
    Pending,
    Off,
    /// The platform says something that nobody knows.
    Odd,
}

/// An account, as the fake's books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) owner: bool,
    /// Whether it comes in together with everybody of ours.
    pub(crate) together: bool,
    /// What it may do; `None` where the platform does not tell.
    pub(crate) rights: Option<Vec<String>>,
    pub(crate) state: State,
    /// The last sign-in; `None` where the platform does not tell.
    pub(crate) last_login: Option<Option<Timestamp>>,
}

/// A store, by its fake's name for it.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) handle: String,
    pub(crate) kind: Kind,
    /// Its name at its fake, or the number of its fake where each has one of its own.
    pub(crate) name: String,
    /// Its account, where one is named.
    pub(crate) account: String,
    pub(crate) cases: Vec<Case>,
}

#[derive(Debug, Clone)]
pub(crate) struct Fakes {
    pub(crate) bigcommerce: FakeBigCommerce,
    pub(crate) shopify: FakeShopify,
    pub(crate) wix: FakeWix,
    pub(crate) prestashop: Vec<(FakePrestashop, Shop)>,
}

impl Fakes {
    pub(crate) async fn start(clock: &Arc<ManualClock>) -> (Self, Vec<Site>) {
        let shared = || clock.clone() as Arc<dyn Clock>;
        let mut fakes = Self {
            bigcommerce: FakeBigCommerce::start(shared()).await,
            shopify: FakeShopify::start(shared()).await,
            wix: FakeWix::start(shared()).await,
            prestashop: Vec::new(),
        };
        fakes.bigcommerce.add_account(ACCOUNT, "Many stores");
        fakes.bigcommerce.add_account_token(ACCOUNT, &account_token(ACCOUNT), &SCOPES);
        let mut sites: Vec<Site> = Vec::new();
        for (kind, count) in KINDS {
            for number in 0..count {
                let same = |site: &&Site| site.kind.platform() == kind.platform();
                let so_far = match kind {
                    Kind::Held(_) => number,
                    _ => sites.iter().filter(same).count(),
                };
                let mut site = fakes.add(kind, sites.len(), clock).await;
                site.cases = cases(kind, number, so_far);
                sites.push(site);
            }
        }
        (fakes, sites)
    }

    async fn add(&mut self, kind: Kind, number: usize, clock: &Arc<ManualClock>) -> Site {
        let mut site = Site {
            handle: format!("store-{number}"),
            kind,
            name: format!("estate{number}"),
            account: String::new(),
            cases: Vec::new(),
        };
        match kind {
            Kind::Shared | Kind::Alone => self.add_bigcommerce(&mut site, number),
            Kind::Shopify | Kind::ShopifyRights => self.add_shopify(&mut site),
            Kind::Wix => self.add_wix(&mut site, number),
            Kind::Prestashop(version) => {
                let fake = FakePrestashop::start(clock.clone()).await;
                fake.set_version(version);
                let seed = fake.seed_demo();
                site.name = self.prestashop.len().to_string();
                self.prestashop.push((fake, seed));
            }
            Kind::Held("shopify") => site.name = format!("{}.myshopify.com", site.name),
            Kind::Held("wix") => site.name = format!("c2f6a0b8-3d5e-4f21-8a47-{number:012x}"),
            Kind::Held(_) => {}
        }
        site
    }

    fn add_bigcommerce(&self, site: &mut Site, number: usize) {
        let fake = &self.bigcommerce;
        site.account = ACCOUNT.to_owned();
        if site.kind == Kind::Alone {
            site.account = format!("3f1c0d5e-0000-4000-8000-{number:012x}");
            fake.add_account(&site.account, "One store");
            fake.add_account_token(&site.account, &account_token(&site.account), &SCOPES);
        }
        fake.add_store(&site.account, &site.name, "Estate", OWNER);
        fake.add_store_token(&site.name, &token(site), &["store_v2_information_read_only"]);
        fake.add_user(&site.name, CLERK, "Sam", "Sales");
        fake.grant_permissions(&site.name, CLERK, &["Manage_Orders"]);
    }

    fn add_shopify(&self, site: &mut Site) {
        let fake = &self.shopify;
        let client = format!("client-{}", site.name);
        site.name = format!("{}.myshopify.com", site.name);
        fake.add_shop(&site.name, "Estate", Plan::Plus, OWNER);
        let secret = format!("shpss_fake-{client}");
        fake.add_app(&NewApp::custom(&client, &secret, "merchant").requiring(&["read_users"]));
        fake.set_merchant(&site.name, "merchant");
        fake.install(&site.name, &client);
        fake.add_token(&site.name, &client, &token(site));
        fake.add_staff(&site.name, StaffKind::Regular, CLERK, "Sam", "Sales");
    }

    fn add_wix(&self, site: &mut Site, number: usize) {
        let fake = &self.wix;
        site.account = format!("5b1e9c04-7a1d-4c7e-9f10-{:012x}", number / SITES);
        site.name = format!("c2f6a0b8-3d5e-4f21-8a47-{number:012x}");
        fake.add_account(&site.account, &format!("owner-{}@merchant.example", number / SITES));
        fake.add_site(&site.account, &site.name, "Estate");
        let may = [Permission::ManageContributors, Permission::ReadRoles];
        fake.add_api_key(&site.account, &account_token(&site.account), &may);
        fake.add_contributor(&site.name, CLERK, &[DESIGNER]);
    }
}

const SCOPES: [&str; 5] = [
    "account_read",
    "account_stores_read",
    "account_users_read",
    "account_users_write",
    "account_users_delete",
];

/// The credential of an account.
pub(crate) fn account_token(account: &str) -> String {
    format!("IST.fake-token-of-{account}")
}

/// The credential of a store.
pub(crate) fn token(site: &Site) -> String {
    format!("shpat_fake-token-of-{}", site.name)
}

/// What people do by hand.
impl Fakes {
    /// The merchants' own people sign in today.
    pub(crate) fn everybody_signs_in(&self, site: &Site) {
        if site.kind.platform() == "bigcommerce" && !site.kind.is_held() {
            self.bigcommerce.accept(&site.name, OWNER);
            self.bigcommerce.accept(&site.name, CLERK);
        }
    }

    /// The merchant lets somebody in, who uses it.
    pub(crate) fn let_in(&self, site: &Site, email: &str, may: Rights, as_staff: bool) {
        let words = rights(site.kind.platform(), may);
        match site.kind {
            Kind::Shared | Kind::Alone => {
                self.bigcommerce.add_user(&site.name, email, "Some", "Body");
                self.bigcommerce.accept(&site.name, email);
            }
            Kind::Shopify | Kind::ShopifyRights => {
                let kind = if as_staff { StaffKind::Regular } else { StaffKind::Collaborator };
                self.shopify.add_staff(&site.name, kind, email, "Some", "Body");
            }
            Kind::Wix => {
                let roles: Vec<_> = words.iter().map(String::as_str).collect();
                self.wix.add_contributor(&site.name, email, &roles);
            }
            Kind::Prestashop(_) => {
                let profile = words[0].parse().unwrap();
                self.shop(site).0.add_employee(email, "Some", "Body", profile);
            }
            Kind::Held(_) => panic!("nobody sees who is inside {}", site.handle),
        }
        self.set_rights(site, email, may);
    }

    pub(crate) fn set_rights(&self, site: &Site, email: &str, may: Rights) {
        let words = rights(site.kind.platform(), may);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        match site.kind {
            Kind::Shared | Kind::Alone => self.bigcommerce.grant_permissions(&site.name, email, &words),
            Kind::Shopify | Kind::ShopifyRights => self.shopify.set_permissions(&site.name, email, &words),
            Kind::Wix => self.wix.change_roles(&site.name, email, &words),
            Kind::Prestashop(_) => self.shop(site).0.set_profile(email, words[0].parse().unwrap()),
            Kind::Held(_) => panic!("nobody sees who is inside {}", site.handle),
        }
    }

    pub(crate) fn take_out(&self, site: &Site, email: &str) {
        match site.kind {
            Kind::Shared | Kind::Alone => self.bigcommerce.remove_user(&site.name, email),
            Kind::Shopify | Kind::ShopifyRights => self.shopify.remove_account(&site.name, email),
            Kind::Wix => self.wix.remove_contributor(&site.name, email),
            Kind::Prestashop(_) => self.shop(site).0.remove_employee(email),
            Kind::Held(_) => panic!("nobody sees who is inside {}", site.handle),
        }
    }

    pub(crate) fn switch_off(&self, site: &Site, email: &str) {
        match site.kind {
            Kind::Shared | Kind::Alone => self.bigcommerce.set_status(&site.name, email, "INACTIVE"),
            Kind::Shopify | Kind::ShopifyRights => self.shopify.set_active(&site.name, email, false),
            Kind::Prestashop(_) => self.shop(site).0.set_active(email, false),
            Kind::Wix | Kind::Held(_) => panic!("nobody is switched off at {}", site.handle),
        }
    }

    pub(crate) fn shop(&self, site: &Site) -> &(FakePrestashop, Shop) {
        &self.prestashop[site.name.parse::<usize>().unwrap()]
    }
}

/// What is true.
impl Fakes {
    /// Everybody who has an account at a store.
    pub(crate) fn accounts(&self, site: &Site) -> Vec<Account> {
        match site.kind {
            Kind::Shared | Kind::Alone => self.bigcommerce_users(site),
            Kind::Shopify | Kind::ShopifyRights => self.shopify_staff(site),
            Kind::Wix => self.wix_contributors(site),
            Kind::Prestashop(_) => self.employees(site),
            Kind::Held(_) => Vec::new(),
        }
    }

    pub(crate) fn account(&self, site: &Site, email: &str) -> Option<Account> {
        self.accounts(site).into_iter().find(|account| account.email == email)
    }

    fn bigcommerce_users(&self, site: &Site) -> Vec<Account> {
        let told = self.bigcommerce.users(&site.name).into_iter().map(|user| Account {
            id: user.id,
            email: user.email.to_lowercase(),
            owner: user.owner,
            together: false,
            rights: Some(user.permissions),
            state: match (user.status.as_str(), user.last_login) {
                ("INACTIVE", _) => State::Off,
                // Who never signed in counts as invited.
                ("ACTIVE", None) => State::Pending,
                ("ACTIVE", Some(_)) => State::Inside,
                _ => State::Odd,
            },
            last_login: Some(user.last_login),
        });
        told.collect()
    }

    fn shopify_staff(&self, site: &Site) -> Vec<Account> {
        let told = self.shopify.staff(&site.name).into_iter().map(|one| Account {
            id: one.id,
            email: one.email.to_lowercase(),
            owner: one.owner || one.kind == StaffKind::InvitedStoreOwner,
            together: matches!(
                one.kind,
                StaffKind::Collaborator | StaffKind::CollaboratorTeamMember | StaffKind::Requested
            ),
            rights: (site.kind == Kind::ShopifyRights && one.kind != StaffKind::Requested)
                .then_some(one.permissions),
            state: match one.kind {
                StaffKind::Requested | StaffKind::InvitedStoreOwner => State::Pending,
                _ if one.inside => State::Inside,
                _ => State::Off,
            },
            last_login: None,
        });
        told.collect()
    }

    fn wix_contributors(&self, site: &Site) -> Vec<Account> {
        let account = |id: String, email: String, owner, rights| Account {
            id,
            email,
            owner,
            together: false,
            rights,
            state: State::Inside,
            last_login: None,
        };
        let owner = account(site.account.clone(), OWNER.to_owned(), true, None);
        let others = self.wix.contributors(&site.name).into_iter();
        let others =
            others.map(|one| account(one.account_id, one.email.to_lowercase(), false, Some(one.roles)));
        std::iter::once(owner).chain(others).collect()
    }

    fn employees(&self, site: &Site) -> Vec<Account> {
        let told = self.shop(site).0.employees().into_iter().map(|one| Account {
            id: one.id.to_string(),
            email: one.email.to_lowercase(),
            owner: one.profile == 1,
            together: false,
            rights: Some(vec![one.profile.to_string()]),
            state: if one.active { State::Inside } else { State::Off },
            last_login: None,
        });
        told.collect()
    }

    /// How many requests came so far, by kind of API: BigCommerce's account and store, Shopify, Wix, PrestaShop.
    pub(crate) fn requests(&self) -> [usize; 5] {
        [
            self.bigcommerce.account_requests(),
            self.bigcommerce.store_requests(),
            self.shopify.requests().len(),
            self.wix.requests().len(),
            self.prestashop.iter().map(|(fake, _)| fake.requests().len()).sum(),
        ]
    }

    pub(crate) fn clear_requests(&self) {
        self.bigcommerce.clear_requests();
        self.shopify.clear_requests();
        self.wix.clear_requests();
        self.prestashop.iter().for_each(|(fake, _)| fake.clear_requests());
    }
}

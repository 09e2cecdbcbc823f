//! A fake with the stores and people of a crash test, and the truth about who is inside.

use std::collections::BTreeMap;
use std::sync::Arc;

use guestpass::{Clock, Email, ProviderId, Result};
use guestpass_testkit::conformance::World;
use guestpass_testkit::conformance::credentials::CredentialWorld;
use guestpass_testkit::fakes::bigcommerce::BigCommerceWorld;
use guestpass_testkit::fakes::prestashop::PrestashopWorld;
use guestpass_testkit::fakes::shopify::{Listed, ShopifyWorld};
use guestpass_testkit::fakes::wix::WixWorld;
use guestpass_testkit::fakes::{FakeBigCommerce, FakePrestashop, FakeShopify, FakeWix};

use crate::setup::{Guest, Role, Store};

/// Our guest's name.
pub const GUEST: &str = "gina";
/// Our name for the store.
pub const STORE: &str = "demo";

const ADDRESS: &str = "gina.guest@vendor.example";
const OUTLET: &str = "demo2outlet";
const OUTLET_TOKEN: &str = "fake-outlet-token-for-crash-tests-only";
/// What the books say of an account that lets nobody in.
const OFF: &str = ", off";
/// The profile of a PrestaShop employee who was there before us.
const SALESMAN: u64 = 4;

/// A platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// BigCommerce.
    BigCommerce,
    /// PrestaShop.
    Prestashop,
    /// Shopify.
    Shopify,
    /// Wix.
    Wix,
}

/// Rights that somebody may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Those that our role stands for.
    Ours,
    /// Those that they had before us.
    Former,
}

/// A running fake with its demonstration world.
#[derive(Debug)]
pub enum Stage {
    /// BigCommerce.
    BigCommerce(BigCommerceWorld),
    /// PrestaShop.
    Prestashop(PrestashopWorld),
    /// Shopify.
    Shopify(ShopifyWorld),
    /// Wix.
    Wix(WixWorld),
}

/// Everybody who has an account, by address: with which rights, and whether it is switched off or still an offer.
pub type Books = Vec<(String, String)>;

impl Stage {
    /// Starts a fake on this clock.
    ///
    /// # Errors
    /// Never with the demonstration worlds as they are.
    pub async fn start(platform: Platform, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(match platform {
            Platform::BigCommerce => {
                let world = BigCommerceWorld::plant(FakeBigCommerce::start(clock).await)?;
                world.fake.add_store_token(OUTLET, OUTLET_TOKEN, &["store_v2_information_read_only"]);
                Self::BigCommerce(world)
            }
            Platform::Prestashop => {
                Self::Prestashop(PrestashopWorld::plant(FakePrestashop::start(clock).await)?)
            }
            Platform::Shopify => Self::Shopify(
                ShopifyWorld::plant(FakeShopify::start(clock).await)?.listing(Listed::Everybody),
            ),
            Platform::Wix => Self::Wix(WixWorld::plant(FakeWix::start(clock).await)?),
        })
    }

    /// The fake's other side.
    #[must_use]
    pub fn world(&self) -> &dyn World {
        match self {
            Self::BigCommerce(world) => world,
            Self::Prestashop(world) => world,
            Self::Shopify(world) => world,
            Self::Wix(world) => world,
        }
    }

    /// Takes back the faults that have not fired.
    pub fn withdraw_faults(&self) {
        match self {
            Self::BigCommerce(world) => world.fake.withdraw_faults(),
            Self::Prestashop(world) => world.fake.withdraw_faults(),
            Self::Shopify(world) => world.fake.withdraw_faults(),
            Self::Wix(world) => world.fake.withdraw_faults(),
        }
    }

    /// The fake's people, and its credentials.
    #[must_use]
    pub fn sides(self) -> (Arc<dyn World>, Arc<dyn CredentialWorld>) {
        match self {
            Self::BigCommerce(world) => (Arc::new(world.clone()), Arc::new(world)),
            Self::Prestashop(world) => (Arc::new(world.clone()), Arc::new(world)),
            Self::Shopify(world) => (Arc::new(world.clone()), Arc::new(world)),
            Self::Wix(world) => (Arc::new(world.clone()), Arc::new(world)),
        }
    }

    /// The fake's credentials.
    #[must_use]
    pub fn credentials(&self) -> &dyn CredentialWorld {
        match self {
            Self::BigCommerce(world) => world,
            Self::Prestashop(world) => world,
            Self::Shopify(world) => world,
            Self::Wix(world) => world,
        }
    }

    /// The platform's id.
    #[must_use]
    pub fn platform(&self) -> ProviderId {
        ProviderId::from_static(match self {
            Self::BigCommerce(_) => "bigcommerce",
            Self::Prestashop(_) => "prestashop",
            Self::Shopify(_) => "shopify",
            Self::Wix(_) => "wix",
        })
    }

    /// The stores as settings: one, and on BigCommerce another one of the same account.
    #[must_use]
    pub fn stores(&self, merchant_held: bool) -> Vec<Store> {
        let store = |handle: &str, texts: &[(&str, &str)], secrets: &[(&str, &str)]| Store {
            platform: self.platform(),
            handle: handle.to_owned(),
            texts: owned(texts),
            secrets: owned(secrets),
            files: BTreeMap::new(),
            merchant_held,
        };
        match self {
            Self::BigCommerce(world) => {
                let seed = &world.seed;
                let (account, uri) = (seed.account_uuid.as_str(), world.fake.uri());
                let account = [("account_uuid", account), ("api_url", uri.as_str())];
                let account: &[_] = if merchant_held { &[] } else { &account };
                let on = |handle, hash, token| {
                    let secrets = [("account_token", seed.account_token.as_str()), ("store_token", token)];
                    store(handle, &[&[("store_hash", hash)], account].concat(), &secrets)
                };
                vec![
                    on(STORE, seed.store_hash.as_str(), seed.store_token.as_str()),
                    on("outlet", OUTLET, OUTLET_TOKEN),
                ]
            }
            Self::Prestashop(world) => {
                vec![store(STORE, &[("url", &world.fake.url())], &[("key", &world.seed.key)])]
            }
            Self::Shopify(world) if merchant_held => vec![store(STORE, &[("shop", &world.seed.shop)], &[])],
            Self::Shopify(world) => vec![store(
                STORE,
                &[("shop", &world.seed.shop), ("api_url", &world.fake.uri())],
                &[("access_token", &world.seed.token)],
            )],
            Self::Wix(world) if merchant_held => vec![store(STORE, &[("site_id", &world.seed.site_id)], &[])],
            Self::Wix(world) => vec![store(
                STORE,
                &[
                    ("site_id", &world.seed.site_id),
                    ("account_id", &world.seed.account_id),
                    ("api_url", &world.fake.uri()),
                ],
                &[("api_key", &world.seed.api_key)],
            )],
        }
    }

    /// What the role `support` means here.
    #[must_use]
    pub fn role(&self) -> Role {
        let spec = self.world().ordinary_role();
        Role {
            name: "support".to_owned(),
            platform: self.platform(),
            platform_role: spec.platform_role,
            permissions: spec.permissions,
        }
    }

    /// Our guest.
    #[must_use]
    pub fn guest(&self) -> Guest {
        let account = email().and_then(|email| self.world().account(&email));
        let accounts = account.map(|account| (self.platform(), account));
        Guest {
            handle: GUEST.to_owned(),
            email: ADDRESS.to_owned(),
            accounts: accounts.into_iter().collect(),
        }
    }

    /// The merchant let our guest in before us, and switched the account off again where `off` says so.
    pub fn was_there(&self, off: bool) {
        let Some(email) = email() else { return };
        self.world().merchant_adds(&email);
        self.give(Rights::Former);
        if off {
            self.switch(false);
        }
    }

    /// People give our guest these rights by hand.
    pub fn give(&self, rights: Rights) {
        let permissions = |former: &str| match rights {
            Rights::Ours => self.world().ordinary_permissions(),
            Rights::Former => vec![former.to_owned()],
        };
        let Some(email) = email() else { return };
        match self {
            Self::BigCommerce(world) => {
                world.merchant_sets_permissions(&email, &permissions("Manage_Products"))
            }
            Self::Shopify(world) => world.merchant_sets_permissions(&email, &permissions("customers")),
            Self::Wix(world) => {
                world.merchant_sets_permissions(&email, &permissions(&world.seed.ordinary_role_id));
            }
            Self::Prestashop(world) => world.fake.set_profile(
                email.as_str(),
                match rights {
                    Rights::Ours => world.seed.support_profile,
                    Rights::Former => SALESMAN,
                },
            ),
        }
    }

    /// People switch our guest's account on or off, where there is such a thing.
    pub fn switch(&self, on: bool) {
        match self {
            Self::Prestashop(world) => world.fake.set_active(ADDRESS, on),
            Self::Shopify(world) => world.fake.set_active(&world.seed.shop, ADDRESS, on),
            Self::BigCommerce(_) | Self::Wix(_) => {}
        }
    }

    /// Whether accounts can be switched off by hand.
    #[must_use]
    pub fn knows_off(platform: Platform) -> bool {
        matches!(platform, Platform::Prestashop | Platform::Shopify)
    }

    /// People let our guest in by hand, with the rights of our role.
    pub fn let_in(&self) {
        let Some(email) = email() else { return };
        if of_guest(&self.books()).is_empty() {
            self.world().people_let_in(&email);
        } else {
            self.switch(true);
        }
        self.give(Rights::Ours);
    }

    /// Our guest accepts what was offered, or signs in.
    pub fn accept(&self) {
        let Some(email) = email() else { return };
        let offered = match self {
            Self::Wix(world) => world.invited().contains(&ADDRESS.to_owned()),
            _ => self.ways_in() > 0,
        };
        if offered {
            self.world().person_accepts(&email);
        }
    }

    /// People take our guest out by hand, and whatever was offered back.
    pub fn take_out(&self) {
        let Some(email) = email() else { return };
        match self {
            Self::Wix(world) if world.invited().contains(&ADDRESS.to_owned()) => {
                world.fake.decline(&world.seed.site_id, ADDRESS);
            }
            _ if self.is_inside() => self.world().merchant_removes(&email),
            _ => {}
        }
    }

    /// Whether our guest has access or can accept it.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        email().is_some_and(|email| self.world().is_inside(&email))
    }

    /// How often an invitation of our guest took effect.
    #[must_use]
    pub fn invitations(&self) -> usize {
        email().map_or(0, |email| self.world().invitations(&email))
    }

    /// How many accounts and open invitations our guest has that let them in.
    #[must_use]
    pub fn ways_in(&self) -> usize {
        Self::ways_in_of(&self.books())
    }

    /// How many of these lines let our guest in.
    #[must_use]
    pub fn ways_in_of(books: &Books) -> usize {
        of_guest(books).iter().filter(|(_, what)| !what.ends_with(OFF)).count()
    }

    /// The password with which our guest gets in, on platforms where we make it.
    #[must_use]
    pub fn password(&self) -> Option<String> {
        match self {
            Self::Prestashop(world) => world.fake.password_of(ADDRESS),
            _ => None,
        }
    }

    /// Everybody who has an account, and with which rights.
    #[must_use]
    pub fn books(&self) -> Books {
        let mut books: Books = match self {
            Self::BigCommerce(world) => {
                let of = |store: &str| {
                    let users = world.fake.users(store).into_iter();
                    let store = store.to_owned();
                    users.map(move |user| {
                        (format!("{store} {}", user.email.to_lowercase()), sorted(user.permissions))
                    })
                };
                of(&world.seed.store_hash).chain(of(OUTLET)).collect()
            }
            Self::Prestashop(world) => {
                let employees = world.fake.employees().into_iter();
                employees
                    .map(|employee| {
                        let off = if employee.active { "" } else { OFF };
                        (employee.email.to_lowercase(), format!("profile {}{off}", employee.profile))
                    })
                    .collect()
            }
            Self::Shopify(world) => {
                let staff = world.fake.staff(&world.seed.shop).into_iter();
                staff
                    .map(|staff| {
                        let off = if staff.inside { "" } else { OFF };
                        (staff.email.to_lowercase(), format!("{}{off}", sorted(staff.permissions)))
                    })
                    .collect()
            }
            Self::Wix(world) => {
                let contributors = world.fake.contributors(&world.seed.site_id).into_iter();
                let inside = contributors.map(|one| (one.email.to_lowercase(), sorted(one.roles)));
                inside
                    .chain(world.invited().into_iter().map(|address| (address, "offered".to_owned())))
                    .collect()
            }
        };
        books.sort();
        books
    }
}

/// Our guest's lines of the books.
#[must_use]
pub fn of_guest(books: &Books) -> Books {
    books.iter().filter(|(who, _)| who.ends_with(ADDRESS)).cloned().collect()
}

/// Everybody else's.
#[must_use]
pub fn of_others(books: &Books) -> Books {
    books.iter().filter(|(who, _)| !who.ends_with(ADDRESS)).cloned().collect()
}

fn email() -> Option<Email> {
    ADDRESS.parse().ok()
}

fn sorted(mut words: Vec<String>) -> String {
    words.sort();
    words.join(" ")
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

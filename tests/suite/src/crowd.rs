//! Many stores with many grants that end at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guestpass::grants::{Commit, Engine, GrantId, Holding, Ledger, MemoryLedger, Phase};
use guestpass::{Clock, Email, Error, ErrorKind, PersonHandle, ProviderId, Result};
use guestpass_testkit::LoggedRequest;
use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::bigcommerce::BigCommerceWorld;
use guestpass_testkit::fakes::prestashop::PrestashopWorld;
use guestpass_testkit::fakes::shopify::{Listed, NewApp, Plan, ShopifyWorld, StaffKind};
use guestpass_testkit::fakes::wix::{Permission, WixWorld};
use guestpass_testkit::fakes::{FakeBigCommerce, FakePrestashop, FakeShopify, FakeWix};
use serde_json::json;

use crate::clock::SharedClock;
use crate::setup::{Guest, Role, Setup, Store};
use crate::worker::Wish;

/// How long the grants last.
const LASTING: Duration = Duration::from_secs(24 * 3600);
/// Every store of PrestaShop is a server of its own, so there are fewer of them.
const PRESTASHOP_EVERY: usize = 20;
const OWNER: &str = "olivia@merchant.example";
const TEAM: &str = "person-0";

/// Stores on all platforms, and our people inside them.
#[derive(Debug)]
pub struct Crowd {
    bigcommerce: BigCommerceWorld,
    shopify: ShopifyWorld,
    wix: WixWorld,
    prestashop: Vec<PrestashopWorld>,
    /// Which people are where, by our name for the store.
    stores: BTreeMap<String, Site>,
    people: Vec<(String, Email)>,
    clock: Arc<SharedClock>,
}

/// One store, as its fake names it.
#[derive(Debug, Clone)]
enum Site {
    BigCommerce(String),
    Shopify(String),
    Wix(String),
    Prestashop(usize),
}

/// What a crowd's requests came to, by platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The platform.
    pub platform: &'static str,
    /// How many requests there were.
    pub requests: usize,
    /// How many of them the platform refused as too many.
    pub refused: usize,
    /// The most that it took within one window of the platform's scarcest budget.
    pub peak: usize,
    /// How many that budget allows.
    pub limit: usize,
}

impl Crowd {
    /// Starts the fakes with so many stores, and so many people in each of them. Gives the set-up that knows them all.
    ///
    /// # Errors
    /// When a name is none.
    pub async fn start(folder: &Path, ledger: &str, stores: usize, people: usize) -> Result<(Self, Setup)> {
        let mut setup = Setup::new(ledger.to_owned(), folder);
        let clock = setup.clock()?;
        let shared = || clock.clone() as Arc<dyn Clock>;
        let mut crowd = Self {
            bigcommerce: BigCommerceWorld::plant(FakeBigCommerce::start(shared()).await)?,
            shopify: ShopifyWorld::plant(FakeShopify::start(shared()).await)?.listing(Listed::Everybody),
            wix: WixWorld::plant(FakeWix::start(shared()).await)?,
            prestashop: Vec::new(),
            stores: BTreeMap::new(),
            people: Vec::new(),
            clock: clock.clone(),
        };
        for number in 0..people {
            let email: Email = format!("person-{number}@vendor.example").parse()?;
            crowd.people.push((format!("person-{number}"), email));
        }
        for number in 0..stores {
            let store = crowd.add_store(number).await?;
            setup.stores.push(store);
        }
        setup.people = crowd.guests();
        setup.roles = crowd.roles();
        Ok((crowd, setup))
    }

    async fn add_store(&mut self, number: usize) -> Result<Store> {
        let handle = format!("store-{number}");
        let (site, platform, texts, secrets) = if number % PRESTASHOP_EVERY == PRESTASHOP_EVERY - 1 {
            let fake = FakePrestashop::start(self.clock.clone()).await;
            let world = PrestashopWorld::plant(fake)?;
            let texts = vec![("url", world.fake.url())];
            let secrets = vec![("key", world.seed.key.clone())];
            self.prestashop.push(world);
            (Site::Prestashop(self.prestashop.len() - 1), "prestashop", texts, secrets)
        } else {
            match number % 3 {
                0 => self.add_bigcommerce_store(number),
                1 => self.add_shopify_store(number),
                _ => self.add_wix_site(number),
            }
        };
        for (name, email) in &self.people {
            self.let_in(&site, name, email);
        }
        self.stores.insert(handle.clone(), site);
        let owned = |pairs: Vec<(&str, String)>| {
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        Ok(Store {
            platform: ProviderId::from_static(platform),
            handle,
            texts: owned(texts),
            secrets: owned(secrets),
            merchant_held: false,
            files: BTreeMap::new(),
        })
    }

    fn add_bigcommerce_store(&self, number: usize) -> Made {
        let fake = &self.bigcommerce.fake;
        let account = format!("3f1c0d5e-0000-4000-8000-{number:012x}");
        let hash = format!("crowd{number}");
        let (token, store_token) =
            (format!("fake-account-token-{number}"), format!("fake-store-token-{number}"));
        let scopes = [
            "account_read",
            "account_stores_read",
            "account_users_read",
            "account_users_write",
            "account_users_delete",
        ];
        fake.add_account(&account, "Crowd");
        fake.add_store(&account, &hash, "Crowd", OWNER);
        fake.add_account_token(&account, &token, &scopes);
        fake.add_store_token(&hash, &store_token, &["store_v2_information_read_only"]);
        let texts = vec![("store_hash", hash.clone()), ("account_uuid", account), ("api_url", fake.uri())];
        (
            Site::BigCommerce(hash),
            "bigcommerce",
            texts,
            vec![("account_token", token), ("store_token", store_token)],
        )
    }

    fn add_shopify_store(&self, number: usize) -> Made {
        let fake = &self.shopify.fake;
        let domain = format!("crowd-{number}.myshopify.com");
        let (client, token) = (format!("crowd-client-{number}"), format!("shpat_fake-crowd-token-{number}"));
        fake.add_shop(&domain, "Crowd", Plan::Plus, OWNER);
        let secret = format!("shpss_fake-crowd-secret-{number}");
        fake.add_app(&NewApp::custom(&client, &secret, "merchant").requiring(&["read_users"]));
        fake.set_merchant(&domain, "merchant");
        fake.install(&domain, &client);
        fake.add_token(&domain, &client, &token);
        let texts = vec![("shop", domain.clone()), ("api_url", fake.uri())];
        (Site::Shopify(domain), "shopify", texts, vec![("access_token", token)])
    }

    fn add_wix_site(&self, number: usize) -> Made {
        let fake = &self.wix.fake;
        let account = format!("5b1e9c04-7a1d-4c7e-9f10-{number:012x}");
        let site = format!("c2f6a0b8-3d5e-4f21-8a47-{number:012x}");
        let key = format!("IST.fake-crowd-key-{number}");
        fake.add_account(&account, &format!("owner-{number}@merchant.example"));
        fake.add_site(&account, &site, "Crowd");
        fake.add_api_key(&account, &key, &[Permission::ManageContributors, Permission::ReadRoles]);
        let texts = vec![("site_id", site.clone()), ("account_id", account), ("api_url", fake.uri())];
        (Site::Wix(site), "wix", texts, vec![("api_key", key)])
    }

    /// Lets one of our people in. Shopify knows them as one, the team.
    fn let_in(&self, site: &Site, name: &str, email: &Email) {
        let email = email.as_str();
        match site {
            Site::BigCommerce(hash) => {
                self.bigcommerce.fake.add_user(hash, email, "Person", "Known");
                self.bigcommerce.fake.accept(hash, email);
            }
            Site::Shopify(domain) if name == TEAM => {
                self.shopify.fake.add_staff(domain, StaffKind::Collaborator, email, "Known", "Agency");
            }
            Site::Shopify(_) => {}
            Site::Wix(site) => {
                self.wix.fake.add_contributor(site, email, &[&self.wix.seed.ordinary_role_id]);
            }
            Site::Prestashop(index) => {
                if let Some(world) = self.prestashop.get(*index) {
                    world.fake.add_employee(email, "Person", "Known", world.seed.support_profile);
                }
            }
        }
    }

    fn guests(&self) -> Vec<Guest> {
        let guest = |(name, email): &(String, Email)| Guest {
            handle: name.clone(),
            email: email.to_string(),
            accounts: self
                .wix
                .account(email)
                .map(|id| (ProviderId::from_static("wix"), id))
                .into_iter()
                .collect(),
        };
        self.people.iter().map(guest).collect()
    }

    fn roles(&self) -> Vec<Role> {
        let worlds: [(&'static str, &dyn World); 3] =
            [("bigcommerce", &self.bigcommerce), ("shopify", &self.shopify), ("wix", &self.wix)];
        let prestashop = self.prestashop.first().map(|world| ("prestashop", world as &dyn World));
        let role = |(platform, world): (&'static str, &dyn World)| {
            let spec = world.ordinary_role();
            Role {
                name: "support".to_owned(),
                platform: ProviderId::from_static(platform),
                platform_role: spec.platform_role,
                permissions: spec.permissions,
            }
        };
        worlds.into_iter().chain(prestashop).map(role).collect()
    }

    /// Writes down a grant for every person in every store, all of them in use, and all of them to end at the same time.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn grant(&self, setup: &Setup, ledger: &dyn Ledger) -> Result<Vec<GrantId>> {
        let until = self.clock.now().saturating_add(LASTING).unwrap_or_default();
        let mut ids = Vec::new();
        let host = setup.open_on(Arc::new(MemoryLedger::new()))?;
        for (store, site) in &self.stores {
            let draft = Arc::new(MemoryLedger::new());
            let engine = Engine::new(draft.clone(), host.engine.directory().clone(), host.env.clone());
            let mut change = Commit::new();
            for (name, _) in &self.people {
                let person = if matches!(site, Site::Shopify(_)) { TEAM } else { name };
                let wish = Wish { store: store.clone(), person: person.to_owned(), until };
                let mut grant = engine.request(wish.request()?).await?;
                ids.push(grant.id);
                (grant.phase, grant.was_active, grant.revision) = (Phase::Active, true, 0);
                let known = draft.holding(&grant.place.store, &grant.place.subject).await?;
                let mut holding = known.ok_or_else(|| missing("a place"))?;
                holding.former = Some(absent(&self.clock)?);
                holding.role.clone_from(&grant.role);
                holding.seen_at = Some(self.clock.now());
                holding.due_at = Some(until);
                holding.revision = 0;
                change.holdings.retain(|other: &Holding| other.place != holding.place);
                change.holdings.push(holding);
                change.grants.push(grant);
                let record = draft.person(&PersonHandle::new(person)?).await?;
                change.people.extend(record);
            }
            ledger.commit(change).await?;
        }
        Ok(ids)
    }

    /// Lets the grants end.
    pub fn let_time_pass(&self) {
        self.clock.advance(LASTING);
    }

    /// The merchants of Shopify do what they are asked for.
    pub fn merchants_act(&self) {
        for site in self.stores.values() {
            if let (Site::Shopify(domain), Some((_, team))) = (site, self.people.first()) {
                self.shopify.fake.remove_account(domain, team.as_str());
            }
        }
    }

    /// How many of our people are inside anywhere.
    #[must_use]
    pub fn inside(&self) -> usize {
        let ours = |email: &str| email.starts_with("person-");
        let count = |site: &Site| match site {
            Site::BigCommerce(hash) => {
                self.bigcommerce.fake.users(hash).iter().filter(|user| ours(&user.email)).count()
            }
            Site::Shopify(domain) => self
                .shopify
                .fake
                .staff(domain)
                .iter()
                .filter(|staff| staff.inside && ours(&staff.email))
                .count(),
            Site::Wix(site) => self.wix.fake.contributors(site).iter().filter(|one| ours(&one.email)).count(),
            Site::Prestashop(index) => self.prestashop.get(*index).map_or(0, |world| {
                world.fake.employees().iter().filter(|one| one.active && ours(&one.email)).count()
            }),
        };
        self.stores.values().map(count).sum()
    }

    /// What the requests so far came to.
    #[must_use]
    pub fn spent(&self) -> Vec<Spent> {
        let accounts =
            |request: &LoggedRequest| request.path.split('/').nth(2).unwrap_or_default().to_owned();
        let sum = |platform, world: &dyn World, requests: Vec<LoggedRequest>, peak| Spent {
            platform,
            refused: requests.iter().filter(|request| request.throttled).count(),
            requests: requests.len(),
            peak,
            limit: world.budget().0,
        };
        let mut all = Vec::new();
        let requests = self.bigcommerce.requests();
        let metered = requests.iter().filter(|request| self.bigcommerce.is_metered(request));
        let peak = peak(metered, accounts, self.bigcommerce.budget().1);
        all.push(sum("bigcommerce", &self.bigcommerce, requests, peak));
        all.push(sum("shopify", &self.shopify, self.shopify.requests(), 0));
        let requests = self.wix.requests();
        all.push(sum("wix", &self.wix, requests, 0));
        for world in &self.prestashop {
            let requests = world.requests();
            let peak = self::peak(requests.iter(), |_| String::new(), world.budget().1);
            all.push(sum("prestashop", world, requests, peak));
        }
        all
    }
}

type Made = (Site, &'static str, Vec<(&'static str, String)>, Vec<(&'static str, String)>);

/// The most requests of one account that the platform took within any window.
fn peak<'a>(
    requests: impl Iterator<Item = &'a LoggedRequest>,
    account: impl Fn(&LoggedRequest) -> String,
    window: Duration,
) -> usize {
    let mut by_account: BTreeMap<String, Vec<guestpass::Timestamp>> = BTreeMap::new();
    for request in requests.filter(|request| !request.throttled) {
        by_account.entry(account(request)).or_default().push(request.at);
    }
    let most = |times: &Vec<guestpass::Timestamp>| {
        let from = |start: &guestpass::Timestamp| {
            let end = start.saturating_add(window).unwrap_or_default();
            times.iter().filter(|at| start <= *at && **at < end).count()
        };
        times.iter().map(from).max().unwrap_or_default()
    };
    by_account.values().map(most).max().unwrap_or_default()
}

fn absent(clock: &SharedClock) -> Result<guestpass::grants::Former> {
    let evidence = json!({"began_at": clock.now(), "complete": true, "pages": 1, "request_ids": []});
    serde_json::from_value(json!({"was": "absent", "evidence": evidence})).map_err(|_| missing("evidence"))
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("{what} is missing"))
}

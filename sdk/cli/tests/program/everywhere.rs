//! Somebody who is inside a store of every platform, and the credentials of those stores.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Email, SystemClock};
use guestpass_testkit::LoggedRequest;
use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::bigcommerce::{BigCommerceWorld, StorefrontTokenKind};
use guestpass_testkit::fakes::prestashop::PrestashopWorld;
use guestpass_testkit::fakes::shopify::ShopifyWorld;
use guestpass_testkit::fakes::wix::{Permission, WixWorld};
use guestpass_testkit::fakes::{FakeBigCommerce, FakePrestashop, FakeShopify, FakeWix};
use serde_json::Value;

use crate::fixture::{Fixture, Ran, SAM};

/// The key with which a program of somebody reads orders: replaced by calls.
pub(crate) const KEY: &str = "OLDKEYOLDKEYOLDKEYOLDKEYOLDKEYOL";
/// The key with which a program of somebody reads the site: a human makes the new one.
pub(crate) const SITE_KEY: &str = "IST.marker-key-of-the-site";
pub(crate) const NEW_SITE_KEY: &str = "IST.marker-new-key-of-the-site";
/// Whose password is replaced only where downtime is allowed.
pub(crate) const KIM: &str = "kim@vendor.example";
const KIMS_PASSWORD: &str = "marker-old-password-of-kim";
const A_MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
/// The files that only whoever uses a credential reads.
const PLACES: [&str; 5] = ["token", "front", "key", "password", "site"];

/// One store of each platform where Sam is inside, one store where Sam never was, and one whose merchant holds the key.
pub(crate) struct Everywhere {
    pub(crate) it: Fixture,
    pub(crate) big: BigCommerceWorld,
    pub(crate) shopify: ShopifyWorld,
    pub(crate) wix: WixWorld,
    pub(crate) presta: PrestashopWorld,
    /// The token of the BigCommerce store, and the one of the Shopify store.
    pub(crate) token: String,
    pub(crate) front: String,
    said: RefCell<String>,
}

fn sam() -> Email {
    SAM.parse().unwrap()
}

fn clock() -> Arc<SystemClock> {
    Arc::new(SystemClock::new())
}

impl Everywhere {
    pub(crate) async fn new() -> Self {
        let it = Fixture::new().await;
        let big = BigCommerceWorld::plant(FakeBigCommerce::start(clock()).await).unwrap();
        let shopify = ShopifyWorld::plant(FakeShopify::start(clock()).await).unwrap();
        let wix = WixWorld::plant(FakeWix::start(clock()).await).unwrap();
        let presta = PrestashopWorld::plant(FakePrestashop::start(clock()).await).unwrap();
        let (private, now) = (StorefrontTokenKind::Private, big.fake.now());
        let token = big.fake.add_storefront_token(&big.seed.store_hash, private, now, now + A_MONTH);
        let front = shopify.fake.add_storefront_token(&shopify.seed.shop, &shopify.seed.client_id, "web");
        let rights = [Permission::ManageContributors, Permission::ReadRoles];
        wix.fake.add_api_key(&wix.seed.account_id, SITE_KEY, &rights);
        presta.fake.add_key(KEY, &[("orders", &["GET", "PUT"])]);
        let kim = presta.fake.add_employee(KIM, "Kim", "Support", presta.seed.support_profile);
        big.merchant_adds(&sam());
        shopify.people_let_in(&sam());
        wix.merchant_adds(&sam());
        presta.merchant_adds(&sam());
        let made = Self { it, big, shopify, wix, presta, token, front, said: RefCell::default() };
        made.write_secrets();
        made.it.write("guestpass.toml", &made.config(kim));
        made
    }

    fn write_secrets(&self) {
        let secrets = [
            ("big-account", self.big.seed.account_token.as_str()),
            ("big-store", &self.big.seed.store_token),
            ("big-minting", &self.big.seed.minting_token),
            ("shopify-access", &self.shopify.seed.token),
            ("wix-key", &self.wix.seed.api_key),
            ("presta-key", &self.presta.seed.key),
            ("presta-client", &self.presta.seed.client_secret),
            ("token", &self.token),
            ("front", &self.front),
            ("key", KEY),
            ("site", SITE_KEY),
            ("password", KIMS_PASSWORD),
        ];
        for (name, secret) in secrets {
            self.it.write_private(&format!("kept-{name}-token"), secret);
        }
        for place in PLACES {
            std::fs::copy(self.it.path(&format!("kept-{place}-token")), self.it.path(place)).unwrap();
        }
    }

    fn config(&self, kim: u64) -> String {
        let (big, shopify, wix, presta) = (&self.big, &self.shopify, &self.wix, &self.presta);
        let sinks: String =
            PLACES.map(|place| format!("[sinks.{place}]\npath = \"{place}\"\n")).into_iter().collect();
        format!(
            r#"state_dir = "state"
[stores.big]
platform = "bigcommerce"
store_hash = "{hash}"
account_uuid = "{account}"
account_token = "file:kept-big-account-token"
store_token = "file:kept-big-store-token"
api_url = "{big_url}"
[stores.big.credentials.web]
kind = "private-token"
scopes = "Unauthenticated"
channel_id = "1"
store_token = "file:kept-big-minting-token"
sink = "token"
[stores.front]
platform = "shopify"
shop = "{shop}"
api_url = "{shopify_url}/{shop}"
access_token = "file:kept-shopify-access-token"
[stores.front.credentials.web]
kind = "storefront-token"
sink = "front"
[stores.site]
platform = "wix"
site_id = "{site}"
account_id = "{owner}"
api_url = "{wix_url}"
api_key = "file:kept-wix-key-token"
[stores.site.credentials.web]
kind = "api-key"
sink = "site"
[stores.site2]
platform = "wix"
site_id = "{site2}"
account_id = "{owner}"
api_url = "{wix_url}"
api_key = "file:kept-wix-key-token"
[stores.shop]
platform = "prestashop"
url = "{presta_url}"
key = "file:kept-presta-key-token"
admin_client_id = "{client}"
admin_client_secret = "file:kept-presta-client-token"
[stores.shop.credentials.kim]
kind = "employee-password"
employee = "{kim}"
sink = "password"
[stores.shop.credentials.web]
kind = "webservice-key"
sink = "key"
[stores.byhand]
platform = "bigcommerce"
access = "merchant"
store_hash = "def456"
[people.sam]
email = "{SAM}"
[people.sam.accounts]
wix = "{wix_account}"
{sinks}"#,
            hash = big.seed.store_hash,
            account = big.seed.account_uuid,
            big_url = big.fake.uri(),
            shop = shopify.seed.shop,
            shopify_url = shopify.fake.uri(),
            site = wix.seed.site_id,
            site2 = wix.seed.second_site_id,
            owner = wix.seed.account_id,
            wix_url = wix.fake.uri(),
            wix_account = wix.fake.account(SAM),
            presta_url = presta.fake.url(),
            client = presta.seed.client_id,
        )
    }

    /// The program, and all that it has said is kept.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.note(self.it.run(words))
    }

    pub(crate) fn run_later(&self, ahead: &str, words: &[&str]) -> Ran {
        self.note(self.it.run_later(ahead, words))
    }

    pub(crate) fn note(&self, ran: Ran) -> Ran {
        self.said.borrow_mut().push_str(&format!("{}{}", ran.stdout, ran.stderr));
        ran
    }

    /// The report of an incident now.
    pub(crate) fn report(&self, id: &str) -> Value {
        let ran = self.run(&["incident", "report", id, "--json"]);
        ran.document()["report"].clone()
    }

    /// Where Sam is inside, as the fakes know it.
    pub(crate) fn inside(&self) -> Vec<&'static str> {
        let worlds: [(&str, &dyn World); 4] =
            [("big", &self.big), ("front", &self.shopify), ("shop", &self.presta), ("site", &self.wix)];
        let is_in = |world: &dyn World| world.inside().contains(&SAM.to_owned());
        worlds.into_iter().filter(|(_, world)| is_in(*world)).map(|(name, _)| name).collect()
    }

    pub(crate) fn merchant_removes_from_shopify(&self) {
        self.shopify.merchant_removes(&sam());
    }

    /// What whoever uses the credential at this place reads.
    pub(crate) fn in_use(&self, place: &str) -> String {
        std::fs::read_to_string(self.it.path(place)).unwrap().trim_end().to_owned()
    }

    /// Which of the old credentials still work.
    pub(crate) fn old_ones(&self) -> Vec<&'static str> {
        let works = [
            ("big/web", self.big.fake.storefront_token_works_on_servers(&self.token)),
            ("front/web", self.shopify.fake.is_storefront_token_alive(&self.front)),
            ("shop/web", self.presta.fake.key_works(KEY)),
            ("site/web", self.wix.fake.key_works(SITE_KEY)),
        ];
        works.into_iter().filter(|(_, works)| *works).map(|(name, _)| name).collect()
    }

    /// Whether whoever uses a credential is let in with what they read.
    pub(crate) fn users_work(&self) {
        assert!(self.big.fake.storefront_token_works_on_servers(&self.in_use("token")));
        assert!(self.shopify.fake.is_storefront_token_alive(&self.in_use("front")));
        assert!(self.presta.fake.key_works(&self.in_use("key")));
        assert!(self.wix.fake.key_works(&self.in_use("site")));
    }

    /// Every request that any fake has seen.
    pub(crate) fn requests(&self) -> usize {
        self.big.requests().len()
            + self.shopify.requests().len()
            + self.wix.requests().len()
            + self.presta.requests().len()
    }

    /// The report says about every store and credential what is so.
    pub(crate) fn compare(&self, report: &Value) {
        let stores = report["stores"].as_array().unwrap();
        assert_eq!(stores.len(), 6, "every store is there: {report}");
        let (inside, old) = (self.inside(), self.old_ones());
        for store in stores {
            let name = store["store"].as_str().unwrap();
            let access = store["access"].as_str().unwrap();
            let was_inside = ["big", "front", "shop", "site"].contains(&name);
            match access {
                "closed" => assert!(!inside.contains(&name), "{store}"),
                "was_out" => assert!(!was_inside, "{store}"),
                "open" => assert!(was_inside || name == "byhand", "{store}"),
                "not_reached" => assert!(!was_inside || inside.contains(&name), "sent is known: {store}"),
                other => panic!("{other}"),
            }
            for credential in store["credentials"].as_array().unwrap() {
                let whole = format!("{name}/{}", credential["credential"].as_str().unwrap());
                if credential["state"] == "dead" {
                    assert!(!old.contains(&whole.as_str()), "{credential}");
                }
            }
        }
    }

    /// Nothing that was printed or written holds a secret, but the places that are for secrets.
    pub(crate) fn tells_no_secret(&self) {
        let mut secrets: BTreeSet<String> = self.presta.fake.secrets().into_iter().collect();
        secrets.extend(self.wix.fake.secrets());
        secrets.extend([KEY, SITE_KEY, NEW_SITE_KEY, KIMS_PASSWORD].map(ToOwned::to_owned));
        secrets.extend([self.token.clone(), self.front.clone()]);
        secrets.extend(PLACES.map(|place| self.in_use(place)));
        secrets.extend(self.presta.fake.password_of(KIM));
        let said = self.said.borrow();
        assert!(!said.is_empty());
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(!said.contains(secret.as_str()), "printed: {secret}");
            for path in self.it.written() {
                let name = path.strip_prefix(self.it.folder()).unwrap().to_string_lossy().into_owned();
                let place = name.split('.').next().unwrap_or_default();
                if PLACES.contains(&place) || name.starts_with("state/secrets/") || name == "handed" {
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!is_there, "{name}: {secret}");
            }
        }
    }
}

/// The place of the first of these requests, and of the last.
pub(crate) fn first_and_last(
    log: &[LoggedRequest],
    wanted: impl Fn(&LoggedRequest) -> bool,
) -> Option<(usize, usize)> {
    Some((log.iter().position(&wanted)?, log.iter().rposition(&wanted)?))
}

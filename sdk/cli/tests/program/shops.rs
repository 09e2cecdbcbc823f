//! One store of each platform of which we hold the key, and one whose merchant holds it.

use std::sync::Arc;

use guestpass::{Email, SystemClock};
use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::bigcommerce::BigCommerceWorld;
use guestpass_testkit::fakes::prestashop::PrestashopWorld;
use guestpass_testkit::fakes::shopify::{Listed, ShopifyWorld};
use guestpass_testkit::fakes::wix::WixWorld;
use guestpass_testkit::fakes::{FakePrestashop, FakeShopify, FakeWix};
use serde_json::Value;

use crate::fixture::{Fixture, Ran, SAM};

/// The stores of which we hold the key.
pub(crate) const HELD: [&str; 4] = ["bc", "sh", "wx", "ps"];

pub(crate) struct Shops {
    /// The folder and the program; its own fake is not used.
    pub(crate) it: Fixture,
    pub(crate) bc: BigCommerceWorld,
    pub(crate) sh: ShopifyWorld,
    pub(crate) wx: WixWorld,
    pub(crate) ps: PrestashopWorld,
}

pub(crate) fn sam() -> Email {
    SAM.parse().unwrap()
}

impl Shops {
    pub(crate) async fn new() -> Self {
        let it = Fixture::new().await;
        let clock = || Arc::new(SystemClock::new());
        let bc = BigCommerceWorld::plant(it.fake.clone()).unwrap();
        let sh = ShopifyWorld::plant(FakeShopify::start(clock()).await).unwrap();
        let wx = WixWorld::plant(FakeWix::start(clock()).await).unwrap();
        let ps = PrestashopWorld::plant(FakePrestashop::start(clock()).await).unwrap();
        let shops = Self { it, bc, sh: sh.listing(Listed::Everybody), wx, ps };
        for (name, secret) in [
            ("bc-account", &shops.bc.seed.account_token),
            ("bc-store", &shops.bc.seed.store_token),
            ("sh", &shops.sh.seed.token),
            ("sh-basic", &shops.sh.seed.basic_token),
            ("wx", &shops.wx.seed.api_key),
            ("ps", &shops.ps.seed.key),
        ] {
            shops.it.write_private(&format!("{name}-token"), secret);
        }
        shops.write(&shops.config());
        shops
    }

    pub(crate) fn config(&self) -> String {
        let (bc, sh, wx, ps) = (&self.bc, &self.sh, &self.wx, &self.ps);
        format!(
            r#"[stores.bc]
platform = "bigcommerce"
store_hash = "{}"
account_uuid = "{}"
account_token = "file:bc-account-token"
store_token = "file:bc-store-token"
api_url = "{}"

[stores.sh]
platform = "shopify"
shop = "{}"
access_token = "file:sh-token"
api_url = "{}/{}"

[stores.wx]
platform = "wix"
site_id = "{}"
account_id = "{}"
api_key = "file:wx-token"
api_url = "{}"

[stores.ps]
platform = "prestashop"
url = "{}"
key = "file:ps-token"
back_office_url = "{}/admin-7"

[stores.byhand]
platform = "bigcommerce"
access = "merchant"
store_hash = "def456"

[people.sam]
email = "{SAM}"
first_name = "Sam"
last_name = "Support"
[people.sam.accounts]
wix = "{}"

[roles.support]
rank = 10
[roles.support.bigcommerce]
role = "Custom"
permissions = ["Manage_Orders"]
[roles.support.shopify]
permissions = ["orders", "products"]
[roles.support.wix]
role = "{}"
[roles.support.prestashop]
role = "{}"
"#,
            bc.seed.store_hash,
            bc.seed.account_uuid,
            bc.fake.uri(),
            sh.seed.shop,
            sh.fake.uri(),
            sh.seed.shop,
            wx.seed.site_id,
            wx.seed.account_id,
            wx.fake.uri(),
            ps.fake.url(),
            ps.fake.url().trim_end_matches('/'),
            wx.fake.account(SAM),
            wx.seed.support_role_id,
            ps.seed.support_profile,
        )
    }

    pub(crate) fn write(&self, config: &str) {
        self.it.write("guestpass.toml", config);
    }

    pub(crate) fn add(&self, text: &str) {
        self.write(&format!("{}\n{text}", self.config()));
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.it.run(words)
    }

    pub(crate) fn world(&self, store: &str) -> &dyn World {
        match store {
            "bc" => &self.bc,
            "sh" => &self.sh,
            "wx" => &self.wx,
            "ps" => &self.ps,
            other => panic!("{other} has no fake"),
        }
    }

    pub(crate) fn is_inside(&self, store: &str) -> bool {
        self.world(store).is_inside(&sam())
    }

    /// Asks for access for Sam. Gives the id of the grant.
    pub(crate) fn grant(&self, store: &str, time: &str) -> String {
        let words = ["grant", store, "sam", "--role", "support", "--for", time, "--ticket", "T-1", "--json"];
        let ran = self.run(&[&words[..], &["--reason", "a broken cart"]].concat());
        assert!([0, 1, 3].contains(&ran.code), "{ran:?}");
        ran.document()["grant"]["id"].as_str().unwrap().to_owned()
    }

    /// Everybody does what they are asked for, until Sam is inside and the ledger knows it.
    pub(crate) fn let_in(&self, store: &str, time: &str) -> String {
        let id = self.grant(store, time);
        match store {
            "byhand" => {
                self.run(&["steps", "done", &self.it.step(store, "entry"), "--note", "they wrote"]).expect(0);
            }
            "sh" => {
                self.sh.people_let_in(&sam());
                self.sh.fake.log_in(&self.sh.seed.shop, SAM);
                self.sh.merchant_sets_permissions(&sam(), &["orders".to_owned(), "products".to_owned()]);
                self.run(&["steps", "check", &self.it.step(store, "entry")]).expect(0);
            }
            "bc" => {
                self.bc.person_accepts(&sam());
                self.bc.merchant_sets_permissions(&sam(), &["Manage_Orders".to_owned()]);
                self.run(&["steps", "check", &self.it.step(store, "follow_up")]).expect(0);
            }
            "wx" => {
                self.wx.person_accepts(&sam());
                self.it.run_later("30m", &["sweep"]).expect(0);
            }
            _ => {}
        }
        assert_eq!(self.it.grant_of(&id)["phase"], "active", "{store}");
        id
    }

    /// What `explain` says of Sam on a store.
    pub(crate) fn explain(&self, store: &str) -> Value {
        self.run(&["explain", "sam", store, "--json"]).expect(0).documents()[0]["explanation"].clone()
    }

    /// The same, as if this much time had passed.
    pub(crate) fn explain_later(&self, ahead: &str, store: &str) -> Value {
        let ran = self.it.run_later(ahead, &["explain", "sam", store, "--json"]).expect(0);
        ran.documents()[0]["explanation"].clone()
    }

    /// What `register` says of Sam on a store.
    pub(crate) fn entry(&self, store: &str) -> Value {
        let lines = self.run(&["register", store, "--json"]).expect(0).documents();
        let entries: Vec<_> = lines.iter().filter_map(|line| line.get("entry")).collect();
        assert_eq!(entries.len(), 1, "{lines:?}");
        entries[0].clone()
    }
}

/// The kinds of the causes of an explanation, in their order.
pub(crate) fn kinds(explanation: &Value) -> Vec<&str> {
    explanation["causes"].as_array().unwrap().iter().map(|cause| cause["kind"].as_str().unwrap()).collect()
}

/// The cause of this kind.
pub(crate) fn cause<'a>(explanation: &'a Value, kind: &str) -> &'a Value {
    let causes = explanation["causes"].as_array().unwrap();
    causes.iter().find(|cause| cause["kind"] == kind).unwrap_or_else(|| panic!("{kind}: {explanation:#}"))
}

//! Stores of four platforms, and one whose merchant holds the key.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use guestpass::SystemClock;
use guestpass_testkit::fakes::{FakePrestashop, FakeShopify, FakeWix, prestashop, shopify, wix};
use serde_json::Value;

use crate::fixture::{Fixture, Ran};

pub(super) const DESK: &str = "desk@vendor.example";
pub(super) const SAM_AT_HOME: &str = "sam@home.example";

/// `acme` on BigCommerce, `boutique` on Shopify, `site` on Wix, `shop` on PrestaShop, and `byhand`.
pub(super) struct World {
    it: Fixture,
    pub(super) shopify: FakeShopify,
    pub(super) boutique: shopify::DemoSeed,
    pub(super) wix: FakeWix,
    pub(super) site: wix::DemoSeed,
    pub(super) prestashop: FakePrestashop,
    pub(super) shop: prestashop::DemoSeed,
}

impl Deref for World {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.it
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let it = Fixture::new().await;
        let clock = Arc::new(SystemClock::new());
        let shopify = FakeShopify::start(clock.clone()).await;
        let wix = FakeWix::start(clock.clone()).await;
        let prestashop = FakePrestashop::start(clock).await;
        let (boutique, site, shop) = (shopify.seed_demo(), wix.seed_demo(), prestashop.seed_demo());
        let world = Self { it, shopify, boutique, wix, site, prestashop, shop };
        world.write_private("shopify-token", &world.boutique.token);
        world.write_private("wix-token", &world.site.api_key);
        world.write_private("prestashop-token", &world.shop.key);
        world.write("guestpass.toml", &world.config());
        world
    }

    pub(super) fn config(&self) -> String {
        let shops = format!(
            r#"
[stores.boutique]
platform = "shopify"
shop = "{}"
access_token = "file:shopify-token"
api_url = "{}/{}"

[stores.site]
platform = "wix"
site_id = "{}"
account_id = "{}"
api_key = "file:wix-token"
api_url = "{}"

[stores.shop]
platform = "prestashop"
url = "{}"
key = "file:prestashop-token"
back_office_url = "{}/admin-7"
"#,
            self.boutique.shop,
            self.shopify.uri(),
            self.boutique.shop,
            self.site.site_id,
            self.site.account_id,
            self.wix.uri(),
            self.prestashop.url(),
            self.prestashop.url().trim_end_matches('/'),
        );
        let people = format!(
            r#"
[people.sam.accounts]
wix = "{}"

[people.desk]
email = "{DESK}"
shared = true

[roles.support.prestashop]
role = "{}"
[roles.support.wix]
role = "{}"
[roles.support.shopify]
permissions = ["orders"]
"#,
            self.wix.account(crate::fixture::SAM),
            self.shop.support_profile,
            self.site.support_role_id,
        );
        let other = format!("last_name = \"Support\"\nother_emails = [\"{SAM_AT_HOME}\"]");
        self.it.config().replace("last_name = \"Support\"", &other) + &shops + &people
    }

    /// Looks how far the open steps of a person are, and so at the person.
    pub(super) fn look_after(&self, person: &str) {
        let steps = self.run(&["steps", "--person", person, "--json"]).expect(0).documents();
        for id in steps.iter().filter_map(|line| line["step"]["id"].as_str()) {
            self.run(&["steps", "check", id]);
        }
    }

    /// How many requests any of the stores got.
    pub(super) fn requests(&self) -> usize {
        self.fake.requests().len()
            + self.shopify.requests().len()
            + self.wix.requests().len()
            + self.prestashop.requests().len()
    }

    pub(super) fn writes(&self) -> usize {
        self.fake.writes() + self.shopify.writes() + self.wix.writes() + self.prestashop.writes()
    }

    /// Reviews these stores, and gives what came of each.
    pub(super) fn review(&self, words: &[&str]) -> Reviewed {
        Reviewed::of(&self.run(&[&["review"], words, &["--json"]].concat()).expect(0))
    }
}

/// What a review said to machines.
#[derive(Debug)]
pub(super) struct Reviewed {
    pub(super) stores: Vec<Value>,
    pub(super) differences: Vec<Value>,
    pub(super) summary: Value,
}

impl Reviewed {
    pub(super) fn of(ran: &Ran) -> Self {
        let documents = ran.documents();
        assert!(documents.iter().all(|document| document["schema"] == 1));
        let all = |name: &str| {
            let named = documents.iter().filter(|line| line[name].is_object());
            named.map(|line| line[name].clone()).collect::<Vec<_>>()
        };
        let (stores, differences) = (all("store"), all("difference"));
        let summary = documents.last().unwrap()["summary"].clone();
        assert!(summary.is_object(), "{ran:?}");
        assert_eq!(documents.len(), stores.len() + differences.len() + 1, "{ran:?}");
        Self { stores, differences, summary }
    }

    pub(super) fn mark(&self) -> &str {
        self.summary["mark"].as_str().unwrap()
    }

    pub(super) fn store(&self, name: &str) -> &Value {
        self.stores.iter().find(|store| store["store"] == name).expect(name)
    }

    pub(super) fn rows(&self, store: &str) -> &Vec<Value> {
        self.store(store)["rows"].as_array().unwrap()
    }

    /// The rows of a store that have this in a field.
    pub(super) fn rows_with(&self, store: &str, field: &str, value: &str) -> Vec<&Value> {
        self.rows(store).iter().filter(|row| row[field] == value).collect()
    }

    /// The only row of this person of ours.
    pub(super) fn row_of(&self, store: &str, person: &str) -> &Value {
        let [row] = self.rows_with(store, "person", person)[..] else {
            panic!("{store}, {person}: {self:?}")
        };
        row
    }

    /// The addresses of those who have this finding.
    pub(super) fn found(&self, store: &str, kind: &str) -> BTreeSet<String> {
        let rows = self.rows(store).iter().filter(|row| kinds(row).contains(kind));
        rows.map(|row| row["email"].as_str().unwrap_or_else(|| row["key"].as_str().unwrap()).to_owned())
            .collect()
    }
}

pub(super) fn kinds(row: &Value) -> BTreeSet<&str> {
    row["findings"].as_array().unwrap().iter().map(|finding| finding["kind"].as_str().unwrap()).collect()
}

pub(super) fn row(row: &Value) -> &str {
    row["row"].as_str().unwrap()
}

pub(super) fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

//! The fake PrestaShop, seen from outside: over HTTP, as a client in any language would.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers outside of test functions fail a test in the same way"
)]

mod admin;
mod control;
mod employees;
mod faults;
mod lists;
mod shop;
mod world;

use std::sync::Arc;

use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::PrestashopVersion;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

const KEY: &str = "TESTKEY0TESTKEY0TESTKEY0TESTKEY0";
const OWNER: &str = "owner@merchant.example";
const AGENT: &str = "agent@vendor.example";
const ALL: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const VERSIONS: [PrestashopVersion; 3] =
    [PrestashopVersion::V1_6, PrestashopVersion::V8, PrestashopVersion::V9_0];

struct Bench {
    fake: FakePrestashop,
    client: Client,
    clock: Arc<ManualClock>,
}

/// What the webservice answered.
struct Answer {
    status: u16,
    version: Option<String>,
    body: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let version = response.headers().get("psws-version").map(|value| value.to_str().unwrap().to_owned());
        Self { status, version, body: response.text().await.unwrap() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The codes of the errors, in order.
    fn codes(&self) -> Vec<&str> {
        let parts = self.body.split("<code><![CDATA[").skip(1);
        parts.map(|part| part.split(']').next().unwrap()).collect()
    }

    /// The text of the first field of that name.
    fn field(&self, name: &str) -> &str {
        let start = self.body.split(&format!("<{name}>")).nth(1).unwrap_or_default();
        let text = start.split(&format!("</{name}>")).next().unwrap();
        text.trim_start_matches("<![CDATA[").trim_end_matches("]]>")
    }
}

impl Bench {
    async fn new() -> Self {
        Self::of(PrestashopVersion::V9_0).await
    }

    async fn of(version: PrestashopVersion) -> Self {
        let clock = Arc::new(ManualClock::new());
        let fake = FakePrestashop::start(clock.clone()).await;
        fake.set_version(version);
        fake.quirks(|quirks| quirks.limit_per_second = 1000);
        fake.add_employee(OWNER, "Olivia", "Owner", 1);
        fake.add_key(KEY, &[("employees", ALL), ("languages", &["GET"])]);
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self { fake, client, clock }
    }

    fn request_as(&self, key: &str, method: &str, tail: &str) -> RequestBuilder {
        let url = format!("{}api/{tail}", self.fake.url());
        self.client.request(method.parse().unwrap(), url).basic_auth(key, Some(""))
    }

    async fn ask(&self, method: &str, tail: &str, body: &str) -> Answer {
        let request = self.request_as(KEY, method, tail).body(body.to_owned());
        Answer::read(request.send().await.unwrap()).await
    }

    async fn get(&self, tail: &str) -> Answer {
        self.ask("GET", tail, "").await
    }

    async fn create(&self, email: &str) -> Answer {
        self.ask("POST", "employees", &employee(&[("email", email)])).await
    }
}

/// A body with the required fields and these.
fn employee(fields: &[(&str, &str)]) -> String {
    let usual = [
        ("id_lang", "1"),
        ("lastname", "Agent"),
        ("firstname", "Ada"),
        ("email", AGENT),
        ("passwd", "Agent-Passw0rd-1"),
        ("id_profile", "5"),
        ("active", "1"),
    ];
    let kept = usual.iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let all: String = kept.chain(fields).map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    format!("<prestashop><employee>{all}</employee></prestashop>")
}

//! The fake Wix, seen from outside: over HTTP, as a client in any language would.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers outside of test functions fail a test in the same way"
)]

mod access;
mod account;
mod control;
mod faults;
mod invites;
mod people;
mod tokens;

use std::sync::Arc;

use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::{DemoSeed, FakeInvite, InviteStatus};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

const GUEST: &str = "gina.guest@vendor.example";
const CONTRIBUTORS: &str = "/roles-management/v2/contributors/query";
const CHANGE_ROLE: &str = "/roles-management/contributor/change/role";
const REMOVE: &str = "/roles-management/contributor/remove";
const INVITE: &str = "/invites/site-invite/bulk";

struct Bench {
    fake: FakeWix,
    seed: DemoSeed,
    client: Client,
}

impl Bench {
    async fn new() -> Self {
        let fake = FakeWix::start(Arc::new(ManualClock::new())).await;
        let seed = fake.seed_demo();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self { fake, seed, client }
    }

    fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.fake.uri()))
    }

    fn keyed(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path).header("authorization", &self.seed.api_key)
    }

    fn on_site(&self, method: &str, path: &str) -> RequestBuilder {
        self.keyed(method, path).header("wix-site-id", &self.seed.site_id)
    }

    fn on_account(&self, method: &str, path: &str) -> RequestBuilder {
        self.keyed(method, path).header("wix-account-id", &self.seed.account_id)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        sent(self.on_site("POST", path).json(&body)).await
    }

    async fn contributors(&self, filter: &str) -> Vec<String> {
        let (status, body) = sent(self.on_site("GET", &format!("{CONTRIBUTORS}{filter}"))).await;
        assert_eq!(status, 200, "{body}");
        let listed = body["contributors"].as_array().unwrap();
        listed.iter().map(|row| row["accountId"].as_str().unwrap().to_owned()).collect()
    }

    fn invitation(&self, emails: &[&str]) -> Value {
        json!({"policyIds": [self.seed.support_role_id], "emails": emails})
    }

    /// The invitation, as the platform shows it once.
    async fn invite(&self, email: &str) -> Value {
        let (status, body) = self.post(INVITE, self.invitation(&[email])).await;
        assert_eq!((status, &body["failedEmails"]), (200, &json!([])), "{body}");
        body["invites"][0].clone()
    }

    async fn on_invite(&self, invite: &Value, what: &str) -> (u16, Value) {
        let id = invite["id"].as_str().unwrap();
        self.post(&format!("/invites/site-invite/{id}/{what}"), json!({})).await
    }

    fn last_invite(&self) -> FakeInvite {
        self.fake.invites(&self.seed.site_id).pop().unwrap()
    }

    fn is_inside(&self, email: &str) -> bool {
        self.fake.is_contributor(&self.seed.site_id, email)
    }
}

async fn sent(request: RequestBuilder) -> (u16, Value) {
    read(request.send().await.unwrap()).await
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn code(body: &Value) -> &Value {
    &body["details"]["applicationError"]["code"]
}

//! The fake Shopify, seen from outside: over HTTP, as a client in any language would.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers outside of test functions fail a test in the same way"
)]

mod collaborators;
mod consent;
mod control;
mod delegates;
mod faults;
mod grants;
mod limits;
mod people;
mod rest;
mod storefront;

use std::sync::Arc;
use std::time::Duration;

use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeShopify;
use guestpass_testkit::fakes::shopify::DemoSeed;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

const PEOPLE: &str = "query ($first: Int!, $after: String, $query: String) {\n  \
    staffMembers(first: $first, after: $after, query: $query, sortKey: ID) { \
    nodes { id accountType active exists isShopOwner email name firstName lastName locale } \
    pageInfo { hasNextPage endCursor } } }";
const WHOAMI: &str = "{ shop { id name myshopifyDomain plan { publicDisplayName shopifyPlus partnerDevelopment } } \
    currentAppInstallation { id uninstallUrl accessScopes { handle } app { id handle title \
    requestedAccessScopes { handle } optionalAccessScopes { handle } } } }";
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Bench {
    fake: FakeShopify,
    seed: DemoSeed,
    client: Client,
}

impl Bench {
    async fn new() -> Self {
        let fake = FakeShopify::start(Arc::new(ManualClock::new())).await;
        let seed = fake.seed_demo();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self { fake, seed, client }
    }

    fn graphql_at(&self, version: &str, token: &str, query: &str, variables: Value) -> RequestBuilder {
        let url = format!("{}/admin/api/{version}/graphql.json", self.fake.uri());
        let body = json!({"query": query, "variables": variables});
        self.client.post(url).header("X-Shopify-Access-Token", token).json(&body)
    }

    fn graphql(&self, query: &str, variables: Value) -> RequestBuilder {
        self.graphql_at("2026-10", &self.seed.token, query, variables)
    }

    async fn asked(&self, query: &str, variables: Value) -> (u16, Value) {
        read(self.graphql(query, variables).send().await.unwrap()).await
    }

    async fn asked_as(&self, token: &str, query: &str, variables: Value) -> (u16, Value) {
        read(self.graphql_at("2026-10", token, query, variables).send().await.unwrap()).await
    }

    /// The e-mails and kinds of everybody that one large page shows.
    async fn listed(&self) -> Vec<(String, String)> {
        let (_, body) = self.asked(PEOPLE, json!({"first": 250})).await;
        let nodes = body["data"]["staffMembers"]["nodes"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        nodes.iter().map(|node| (text(&node["email"]), text(&node["accountType"]))).collect()
    }

    async fn kind_of(&self, email: &str) -> Option<String> {
        self.listed().await.into_iter().find(|(listed, _)| listed == email).map(|(_, kind)| kind)
    }

    fn rest(&self, method: &str, path: &str, token: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.fake.uri());
        self.client.request(method.parse().unwrap(), url).header("X-Shopify-Access-Token", token)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.rest("GET", path, &self.seed.token).send().await.unwrap()).await
    }

    /// A request to the token endpoint of the demonstration shop that accepts JSON.
    fn grant(&self, fields: &Value) -> RequestBuilder {
        let url = format!("{}/{}/admin/oauth/access_token", self.fake.uri(), self.seed.shop);
        let mut body = json!({"client_id": self.seed.client_id, "client_secret": self.seed.client_secret});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.client.post(url).header("Accept", "application/json").json(&body)
    }

    async fn granted(&self, fields: &Value) -> (u16, Value) {
        read(self.grant(fields).send().await.unwrap()).await
    }

    async fn refreshed(&self, refresh_token: &str) -> (u16, Value) {
        self.granted(&json!({"grant_type": "refresh_token", "refresh_token": refresh_token})).await
    }

    async fn works(&self, token: &str) -> bool {
        self.asked_as(token, "{ shop { id } }", json!({})).await.0 == 200
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

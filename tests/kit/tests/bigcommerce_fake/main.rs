//! The fake BigCommerce, seen from outside: over HTTP, as a client in any language would.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers outside of test functions fail a test in the same way"
)]

mod account;
mod control;
mod faults;
mod keys;
mod limits;
mod store;

use std::sync::Arc;

use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

const ACCOUNT: &str = "8a3e2f10-0000-4000-8000-000000000001";
const STORE: &str = "abc123";
const STORE_ID: &str = "bc/account/store/abc123";
const OWNER: &str = "owner@merchant.example";
const AGENT: &str = "agent@vendor.example";
const TOKEN: &str = "fake-account-token";
const STORE_TOKEN: &str = "fake-store-token";
const SCOPES: &[&str] = &[
    "account_read",
    "account_stores_read",
    "account_users_read",
    "account_users_write",
    "account_users_delete",
];

const ADD: &str =
    "mutation ($input: AddUserToStoreInput!) { user { addUserToStore(input: $input) { storeId } } }";
const REMOVE: &str = "mutation ($input: RemoveUserFromStoreInput!) \
    { user { removeUserFromStore(input: $input) { storeId user { id email } } } }";
const LIST: &str = "query ($first: Int, $after: String) { account { stores { edges { node { id storeHash \
    users(first: $first, after: $after) { collectionInfo { totalItems } pageInfo { hasNextPage endCursor } \
    edges { node { id email lastLoginAt permissions status } } } } } } } }";

struct Bench {
    fake: FakeBigCommerce,
    client: Client,
}

impl Bench {
    async fn new() -> Self {
        let fake = FakeBigCommerce::start(Arc::new(ManualClock::new())).await;
        fake.add_account(ACCOUNT, "Acme");
        fake.add_store(ACCOUNT, STORE, "Acme Shop", OWNER);
        fake.add_account_token(ACCOUNT, TOKEN, SCOPES);
        fake.add_store_token(STORE, STORE_TOKEN, &["store_v2_information_read_only", "store_storefront_api"]);
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self { fake, client }
    }

    fn graphql_as(&self, token: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}/accounts/{ACCOUNT}/graphql", self.fake.uri());
        self.client.post(url).header("X-Auth-Token", token).json(body)
    }

    fn graphql(&self, query: &str, variables: Value) -> RequestBuilder {
        self.graphql_as(TOKEN, &json!({"query": query, "variables": variables}))
    }

    async fn asked(&self, query: &str, variables: Value) -> (u16, Value) {
        read(self.graphql(query, variables).send().await.unwrap()).await
    }

    async fn add(&self, email: &str) -> (u16, Value) {
        self.asked(ADD, add(email)).await
    }

    fn rest(&self, method: &str, tail: &str, token: &str) -> RequestBuilder {
        let url = format!("{}/stores/{STORE}/{tail}", self.fake.uri());
        let method = method.parse().unwrap();
        self.client.request(method, url).header("X-Auth-Token", token)
    }

    async fn get(&self, tail: &str) -> (u16, Value) {
        read(self.rest("GET", tail, STORE_TOKEN).send().await.unwrap()).await
    }
}

fn add(email: &str) -> Value {
    json!({"input": {"storeId": STORE_ID, "user": {"email": email}}})
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn store_users(body: &Value) -> &Value {
    &body["data"]["account"]["stores"]["edges"][0]["node"]["users"]
}

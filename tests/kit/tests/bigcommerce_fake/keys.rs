use std::time::Duration;

use guestpass::Timestamp;
use guestpass_testkit::fakes::Verdict;
use guestpass_testkit::fakes::bigcommerce::{FakeHook, StorefrontTokenKind};

use super::*;

const ASK: &str = "query { site { settings { storeHash } } }";

impl Bench {
    async fn shop_at(&self, path: &str, token: &str, origin: Option<&str>, query: &str) -> (u16, Value) {
        let mut request = self
            .client
            .post(format!("{}/{path}", self.fake.uri()))
            .header("authorization", format!("Bearer {token}"))
            .json(&json!({"query": query}));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        read(request.send().await.unwrap()).await
    }

    async fn shop(&self, token: &str, origin: Option<&str>) -> u16 {
        self.shop_at("graphql", token, origin, ASK).await.0
    }

    async fn mint(&self, tail: &str, body: Value) -> String {
        let request = self.rest("POST", tail, STORE_TOKEN).json(&body);
        let (status, made) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{made}");
        made["data"]["token"].as_str().unwrap().to_owned()
    }

    async fn private(&self, scopes: &[&str]) -> String {
        let body = json!({"expires_at": 1_800_000_000, "channel_id": 1, "scopes": scopes});
        self.mint("v3/storefront/api-token-private", body).await
    }

    async fn revoke(&self, token: &str) -> u16 {
        let request = self.rest("DELETE", "v3/storefront/api-token", STORE_TOKEN);
        request.header("sf-api-token", token).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_private_token_works_until_its_revocation_takes_effect() {
    let bench = Bench::new().await;
    let token = bench.private(&["Unauthenticated"]).await;
    let (status, answer) = bench.shop_at("graphql", &token, None, ASK).await;
    assert_eq!((status, &answer["data"]["site"]["settings"]["storeHash"]), (200, &json!(STORE)));
    assert_eq!(bench.shop(&token, Some("https://www.shop.example")).await, 403, "not from a browser");
    assert_eq!(bench.shop_at("storefronts/abc123/graphql", &token, None, ASK).await.0, 200);
    assert_eq!(bench.shop_at("storefronts/other/graphql", &token, None, ASK).await.0, 401);
    assert_eq!(bench.revoke(&token).await, 200);
    assert!(bench.fake.storefront_tokens(STORE)[0].revoked && bench.fake.storefront_token_works(&token));
    assert_eq!(bench.shop(&token, None).await, 200, "it is scheduled");
    bench.fake.forward(Duration::from_secs(5));
    assert!(!bench.fake.storefront_token_works(&token));
    assert_eq!(bench.shop(&token, None).await, 401);
    assert_eq!(bench.revoke(&token).await, 422);
    bench.fake.quirks(|quirks| quirks.second_revocation = Verdict::Success);
    assert_eq!(bench.revoke(&token).await, 200);
}

#[tokio::test]
async fn tokens_arrive_late_expire_and_may_lack_scopes() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.storefront_token_delay = Duration::from_secs(30));
    let narrow = bench.private(&["B2B"]).await;
    assert_eq!(bench.shop(&narrow, None).await, 401, "not there yet");
    bench.fake.forward(Duration::from_secs(30));
    let (status, answer) = bench.shop_at("graphql", &narrow, None, ASK).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (200, &json!("INSUFFICIENT_ACCESS_SCOPE"))
    );
    let plain = bench.shop_at("graphql", &narrow, None, "{ __typename }").await;
    assert_eq!(plain.1["data"]["__typename"], "Query");
    bench.fake.quirks(|quirks| quirks.storefront_errors_as_401 = true);
    assert_eq!(bench.shop(&narrow, None).await, 401);
    bench.fake.forward(Duration::from_secs(1_800_000_000 - 1_795_348_800));
    assert!(!bench.fake.storefront_token_works(&narrow), "it has expired");
}

#[tokio::test]
async fn tokens_for_browsers_stop_working_on_servers_by_their_date() {
    let bench = Bench::new().await;
    let origin = "https://www.shop.example";
    let body = json!({"expires_at": 1_900_000_000, "channel_id": 1, "allowed_cors_origins": [origin]});
    let new = bench.mint("v3/storefront/api-token", body).await;
    let before: Timestamp = "2026-06-30T23:59:59Z".parse().unwrap();
    let end: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let old = bench.fake.add_storefront_token(STORE, StorefrontTokenKind::Storefront, before, end);
    assert_eq!((bench.shop(&new, Some(origin)).await, bench.shop(&new, None).await), (200, 401));
    assert_eq!(bench.shop(&new, Some("https://evil.example")).await, 403);
    assert_eq!(bench.shop(&old, None).await, 200, "made before the rule");
    assert!(bench.fake.storefront_token_works(&new) && !bench.fake.storefront_token_works_on_servers(&new));
    bench.fake.quirks(|quirks| quirks.server_refusal_status = 403);
    assert_eq!(bench.shop(&new, None).await, 403);
    bench.fake.quirks(|quirks| quirks.servers_need_private_tokens = false);
    assert_eq!(bench.shop(&new, None).await, 200);
    bench.fake.quirks(|quirks| quirks.servers_need_private_tokens = true);
    bench.fake.forward(Duration::from_secs(1_806_537_600 - 1_795_348_800));
    assert_eq!(bench.shop(&old, None).await, 403, "the rule holds for all of them");
}

#[tokio::test]
async fn the_owner_makes_and_deletes_api_accounts() {
    let bench = Bench::new().await;
    let made = bench.fake.create_store_api_account(STORE, "back office", &["store_v2_products"]);
    bench.fake.add_hook(STORE, &made.token, FakeHook::new("store/order/created", "https://hooks.example/"));
    let works =
        async |tail: &str| bench.rest("GET", tail, &made.token).send().await.unwrap().status().as_u16();
    assert_eq!(works("v3/catalog/products").await, 200);
    assert_eq!(works("v3/customers/attributes").await, 403);
    assert_eq!(bench.fake.hooks(STORE, &made.token).len(), 1);
    bench.fake.quirks(|quirks| quirks.api_account_deletion_delay = Duration::from_secs(10));
    bench.fake.revoke_token(&made.token);
    assert!(bench.fake.hooks(STORE, &made.token).is_empty(), "they end with it");
    assert!(works("v3/hooks").await == 200 && bench.fake.api_token_works(&made.token));
    bench.fake.forward(Duration::from_secs(10));
    assert!(works("v3/hooks").await == 401 && !bench.fake.api_token_works(&made.token));
    let all = bench.fake.api_tokens();
    let record = all.iter().find(|token| token.token == made.token).unwrap();
    assert!(record.name == "back office" && !record.lives, "{record:?}");
    let account = bench.fake.create_account_api_account(ACCOUNT, "agency", SCOPES);
    assert!(account.lives && account.store.is_none());
}

#[tokio::test]
#[should_panic(expected = "too short")]
async fn a_name_of_three_characters_is_refused() {
    let bench = Bench::new().await;
    let _ = bench.fake.create_store_api_account(STORE, "abc", &[]);
}

#[tokio::test]
#[should_panic(expected = "as many API accounts")]
async fn a_store_has_at_most_fifty_api_accounts() {
    let bench = Bench::new().await;
    // One is there from the beginning.
    for _ in 0..50 {
        let _ = bench.fake.create_store_api_account(STORE, "one of many", &[]);
    }
}

#[tokio::test]
async fn an_app_that_is_authorised_again_keeps_its_hooks_and_loses_its_token() {
    let bench = Bench::new().await;
    bench.fake.add_app("app", "app-secret");
    let first = bench.fake.reauthorize_app("app", STORE, &["store_v2_products"]);
    bench.fake.add_hook(STORE, &first, FakeHook::new("store/app/uninstalled", "https://app.example/"));
    let second = bench.fake.reauthorize_app("app", STORE, &["store_v2_products"]);
    assert!(!bench.fake.api_token_works(&first) && bench.fake.api_token_works(&second));
    assert_eq!(bench.fake.hooks(STORE, &second).len(), 1);
}

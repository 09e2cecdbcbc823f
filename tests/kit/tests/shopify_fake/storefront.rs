use guestpass_testkit::fakes::shopify::{ShopState, StorefrontRefusal, Verdict};

use super::*;

const NAME: &str = "{ shop { name } }";

impl Bench {
    /// A request to the Storefront API, by the path of a shop or on the host alone.
    async fn visited(&self, shop: &str, token: &str, query: &str) -> (u16, Value) {
        let url = format!("{}{shop}/api/2026-10/graphql.json", self.fake.uri());
        let request = self.client.post(url).header("X-Shopify-Storefront-Access-Token", token);
        read(request.json(&json!({"query": query})).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_storefront_token_works_on_its_shop_until_it_is_deleted() {
    let bench = Bench::new().await;
    let (shop, client) = (bench.seed.shop.as_str(), bench.seed.client_id.as_str());
    let token = bench.fake.add_storefront_token(shop, client, "web");
    let own = format!("/{shop}");
    assert_eq!(bench.visited(&own, &token, NAME).await.1["data"]["shop"]["name"], "Demo Plus");
    assert_eq!(bench.visited("", &token, NAME).await.0, 200, "the token names the shop");
    let other = format!("/{}", bench.seed.basic_shop);
    assert_eq!(bench.visited(&other, &token, NAME).await.0, 401, "not on another shop");
    let misspelt = bench.visited(&own, &token, "{ shop { nmae } }").await.1;
    assert_eq!(misspelt["errors"][0]["extensions"]["code"], "PARSE_ERROR");
    assert!(!bench.works(&token).await, "it is no token of the Admin API");
    bench.fake.set_state(shop, ShopState::Frozen);
    assert_eq!(bench.visited(&own, &token, NAME).await.0, 402);
    bench.fake.set_state(shop, ShopState::Open);
    assert_eq!(bench.fake.graphql_requests(), 1, "the Admin API's alone are counted");

    let [listed] = bench.fake.storefront_tokens(shop).try_into().unwrap();
    assert_eq!((listed.title.as_str(), listed.alive), ("web", true));
    bench.fake.delete_storefront_token(shop, client, &listed.id);
    assert!(bench.fake.storefront_tokens(shop).is_empty() && !bench.fake.is_storefront_token_alive(&token));
    assert_eq!(bench.fake.storefront_tokens_ever(shop).len(), 1, "it is remembered");
    for (refusal, status) in [
        (StorefrontRefusal::Status401, 401),
        (StorefrontRefusal::Status403, 403),
        (StorefrontRefusal::Graphql200, 200),
    ] {
        bench.fake.quirks(|quirks| quirks.storefront_refusal = refusal);
        let (answered, body) = bench.visited(&own, &token, NAME).await;
        assert_eq!((answered, body["data"].is_null()), (status, true));
    }
    let again = bench.fake.add_storefront_token(shop, client, "web");
    bench.fake.uninstall(shop, client);
    assert!(!bench.fake.is_storefront_token_alive(&again), "the app took it along");
}

#[tokio::test]
async fn a_program_makes_and_sees_storefront_tokens_without_their_texts() {
    let bench = Bench::new().await;
    let url = |command: &str| format!("{}/_control/{command}", bench.fake.uri());
    let body = json!({"shop": bench.seed.shop, "client_id": bench.seed.client_id, "title": "web"});
    let made = bench.client.post(url("add-storefront-token")).json(&body).send().await.unwrap();
    let token = text(&read(made).await.1["token"]);
    assert!(bench.fake.is_storefront_token_alive(&token));
    let look = url(&format!("storefront-tokens?shop={}", bench.seed.shop));
    let (_, listed) = read(bench.client.get(look).send().await.unwrap()).await;
    assert_eq!((&listed[0]["title"], &listed[0]["alive"]), (&json!("web"), &json!(true)));
    assert!(!listed.to_string().contains(&token));
}

#[tokio::test]
async fn the_token_endpoint_may_look_at_the_refresh_token_first() {
    let bench = Bench::new().await;
    let wrong = json!({"grant_type": "refresh_token", "client_secret": "no", "refresh_token": "shprt_none"});
    assert_eq!(bench.granted(&wrong).await.0, 400, "the secret is wrong");
    bench.fake.quirks(|quirks| quirks.refresh_token_first = true);
    assert_eq!(bench.granted(&wrong).await.0, 401, "the refresh token is wrong");
    bench.fake.quirks(|quirks| {
        quirks.refresh_token_first = false;
        quirks.uninstalled_refresh_is_dead = true;
    });
    bench.fake.uninstall(&bench.seed.shop, &bench.seed.client_id);
    assert_eq!(bench.refreshed(&bench.seed.refresh_token).await.0, 401);
}

#[tokio::test]
async fn a_token_is_migrated_once() {
    let bench = Bench::new().await;
    let offline = "urn:shopify:params:oauth:token-type:offline-access-token";
    let migration = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": bench.seed.token,
        "subject_token_type": offline, "requested_token_type": offline, "expiring": "1",
    });
    let (status, pair) = bench.granted(&migration).await;
    assert_eq!(status, 200);
    assert!(!bench.works(&bench.seed.token).await && bench.works(&text(&pair["access_token"])).await);
    assert!(bench.fake.is_minted_by(&text(&pair["refresh_token"]), &bench.seed.client_secret));
    assert_eq!(bench.granted(&migration).await.0, 400);
    bench.fake.quirks(|quirks| quirks.repeated_migration = Verdict::Success);
    assert_eq!(bench.granted(&migration).await.0, 200, "as if the platform gave another pair");
}

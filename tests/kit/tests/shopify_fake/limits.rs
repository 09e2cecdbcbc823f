use guestpass_testkit::fakes::shopify::{BucketSize, CostBlock, NewApp};
use guestpass_testkit::{Fault, On};

use super::*;

const PAGE: &str = "{ staffMembers(first: 50) { nodes { id } } }";

#[tokio::test]
async fn an_empty_bucket_throttles_at_200_and_fills_with_time() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.bucket = Some(BucketSize { maximum: 60, restore_rate: 5 }));
    let (_, body) = bench.asked(PAGE, json!({})).await;
    let cost = &body["extensions"]["cost"];
    assert_eq!((&cost["requestedQueryCost"], &cost["actualQueryCost"]), (&json!(52), &json!(7)));
    assert_eq!(
        cost["throttleStatus"],
        json!({"maximumAvailable": 60, "currentlyAvailable": 53, "restoreRate": 5})
    );
    assert_eq!(bench.asked(PAGE, json!({})).await.1.get("errors"), None);
    bench.fake.inject(On::AnyRequest, Fault::EmptyBody, 1);
    let response = bench.graphql(PAGE, json!({})).send().await.unwrap();
    assert!(!response.headers().contains_key("retry-after"));
    let (status, body) = read(response).await;
    assert_eq!((status, body.get("data")), (200, None));
    assert_eq!(
        (&body["errors"][0]["message"], &body["errors"][0]["extensions"]["code"]),
        (&json!("Throttled"), &json!("THROTTLED"))
    );
    let cost = &body["extensions"]["cost"];
    assert_eq!(
        (&cost["actualQueryCost"], &cost["throttleStatus"]["currentlyAvailable"]),
        (&Value::Null, &json!(46))
    );
    assert!(bench.fake.requests().pop().unwrap().throttled);
    assert_eq!(bench.fake.unfired().len(), 1, "a fault waits for a request within the budget");
    bench.asked("{ shop { id } }", json!({})).await;

    bench.fake.add_app(&NewApp::custom("other", "s", "o").requiring(&["read_users"]));
    bench.fake.install(&bench.seed.shop, "other");
    bench.fake.add_token(&bench.seed.shop, "other", "shpat_other");
    assert_eq!(
        bench.asked_as("shpat_other", PAGE, json!({})).await.1.get("errors"),
        None,
        "a bucket of its own"
    );
    bench.fake.forward(Duration::from_secs(2));
    assert_eq!(bench.asked(PAGE, json!({})).await.1.get("errors"), None);
    bench.fake.quirks(|quirks| quirks.throttled_cost_block = CostBlock::Missing);
    bench.asked(PAGE, json!({})).await;
    assert_eq!(bench.asked(PAGE, json!({})).await.1.get("extensions"), None);
    bench.fake.forward(Duration::from_secs(60));
    bench.fake.quirks(|quirks| quirks.cost_block = CostBlock::WithoutStatus);
    assert_eq!(bench.asked(PAGE, json!({})).await.1["extensions"]["cost"].get("throttleStatus"), None);
}

#[tokio::test]
async fn a_query_may_not_cost_too_much() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.max_cost = 51);
    let (status, body) = bench.asked(PAGE, json!({})).await;
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!((status, &extensions["code"]), (200, &json!("MAX_COST_EXCEEDED")));
    assert_eq!((&extensions["cost"], &extensions["maxCost"]), (&json!(52), &json!(51)));
    bench.fake.quirks(|quirks| quirks.float_costs = true);
    let (_, body) = bench.asked("{ shop { id } }", json!({})).await;
    assert!(body["extensions"]["cost"]["requestedQueryCost"].is_f64());
}

#[tokio::test]
async fn rest_calls_have_a_bucket_of_their_own() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.rest_bucket = 2);
    let get =
        async || bench.rest("GET", "/admin/api/2026-10/users.json", &bench.seed.token).send().await.unwrap();
    let first = get().await;
    assert_eq!(
        (first.status().as_u16(), &first.headers()["x-shopify-shop-api-call-limit"]),
        (200, &"1/2".parse().unwrap())
    );
    assert_eq!(get().await.status(), 200);
    let refused = get().await;
    assert_eq!(refused.status(), 429);
    let wait: f64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(refused.headers()["retry-after"].to_str().unwrap().contains('.') && wait < 1.0);
    assert!(read(refused).await.1["errors"].is_string());
    bench.fake.forward(Duration::from_secs(1));
    assert_eq!(get().await.status(), 200);
}

#[tokio::test]
async fn huge_bodies_and_unknown_routes_are_refused() {
    let bench = Bench::new().await;
    assert_eq!(bench.asked(&"x".repeat(1024 * 1024), json!({})).await.0, 413);
    for path in [
        "",
        "/",
        "/admin",
        "/admin/api",
        "/admin/api/2026-10/",
        "/admin/api/x/users.json",
        "//",
        "/shop.myshopify.com",
    ] {
        assert_eq!(bench.get(path).await, (404, json!({"errors": "Not Found"})), "{path}");
    }
}

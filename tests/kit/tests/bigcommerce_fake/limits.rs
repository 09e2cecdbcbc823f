use std::time::Duration;

use guestpass_testkit::fakes::bigcommerce::LimitSharing;
use guestpass_testkit::{Fault, On, ThrottleShape};

use super::*;

const CHEAP: &str = "{ account { id } }";

#[tokio::test]
async fn the_71st_request_of_an_hour_is_refused_in_every_shape() {
    let bench = Bench::new().await;
    bench.fake.add_account_token(ACCOUNT, "second-token", SCOPES);
    for _ in 0..70 {
        assert_eq!(bench.asked(CHEAP, json!({})).await.0, 200);
    }
    bench.fake.forward(Duration::from_secs(100));
    bench.fake.inject(On::AnyRequest, Fault::EmptyBody, 1);
    let shapes = [
        (ThrottleShape::AllHeaders, 429, Some("x-retry-after"), "3500"),
        (ThrottleShape::AllHeaders, 429, Some("x-rate-limit-requests-left"), "0"),
        (ThrottleShape::RetryAfterSeconds, 429, Some("x-retry-after"), "3500"),
        (ThrottleShape::ResetMillis, 429, Some("x-rate-limit-time-reset-ms"), "3500000"),
        (ThrottleShape::NoHeadersHtml, 429, None, ""),
        (ThrottleShape::StandardRetryAfterDate, 429, Some("retry-after"), "Sun, 22 Nov 2026 13:00:00 GMT"),
        (ThrottleShape::Status509, 509, None, ""),
    ];
    let known = ["x-retry-after", "x-rate-limit-time-reset-ms", "retry-after", "x-rate-limit-requests-quota"];
    for (shape, status, header, value) in shapes {
        bench.fake.quirks(|quirks| quirks.limit_shape = shape);
        let response = bench.graphql(CHEAP, json!({})).send().await.unwrap();
        assert_eq!(response.status(), status, "{shape:?}");
        match header {
            Some(header) => assert_eq!(response.headers()[header], value, "{shape:?}"),
            None => assert!(known.iter().all(|name| !response.headers().contains_key(*name)), "{shape:?}"),
        }
        let last = bench.fake.requests().pop().unwrap();
        assert!(last.throttled && last.token_present && !last.write);
    }
    assert_eq!(bench.fake.unfired().len(), 1, "a fault waits for a request within the budget");
    let other = json!({"query": CHEAP});
    let shared = bench.graphql_as("second-token", &other).send().await.unwrap();
    assert_eq!(shared.status(), 509, "the limit is the account's");
    bench.fake.quirks(|quirks| quirks.limit_sharing = LimitSharing::ByToken);
    assert_eq!(bench.graphql_as("second-token", &other).send().await.unwrap().status(), 200);
    bench.fake.forward(Duration::from_secs(3500));
    assert_eq!(bench.asked(CHEAP, json!({})).await.0, 200);
    assert_eq!(bench.get("v2/time").await.0, 200);
    assert_eq!(bench.fake.account_requests(), 70 + 7 + 3);
    assert_eq!(bench.fake.store_requests(), 1);
}

#[tokio::test]
async fn store_answers_carry_the_four_headers() {
    let bench = Bench::new().await;
    let response = bench.rest("GET", "v3/hooks", STORE_TOKEN).send().await.unwrap();
    let headers = response.headers();
    assert_eq!(headers["x-rate-limit-requests-quota"], "150");
    assert_eq!(headers["x-rate-limit-requests-left"], "149");
    assert_eq!(headers["x-rate-limit-time-window-ms"], "30000");
    assert_eq!(headers["x-rate-limit-time-reset-ms"], "30000");
    bench.fake.quirks(|quirks| quirks.store_limit = 1);
    assert_eq!(bench.get("v3/hooks").await.0, 429);
    bench.fake.forward(Duration::from_secs(30));
    assert_eq!(bench.get("v3/hooks").await.0, 200);
}

#[tokio::test]
async fn huge_bodies_and_unknown_routes_are_refused() {
    let bench = Bench::new().await;
    let huge = bench.graphql(&"x".repeat(1024 * 1024), json!({})).send().await.unwrap();
    assert_eq!(huge.status(), 413);
    for path in
        ["", "/", "/nowhere", "/stores", "/accounts/x", "//", "/stores/abc123/v9/x", "/oauth2/token/x"]
    {
        let request = bench.client.get(format!("{}{path}", bench.fake.uri()));
        let (status, body) = read(request.header("x-auth-token", STORE_TOKEN).send().await.unwrap()).await;
        assert_eq!((status, &body["status"]), (404, &json!(404)), "{path}");
    }
}

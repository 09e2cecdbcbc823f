use std::time::Duration;

use guestpass_testkit::ThrottleShape;
use guestpass_testkit::fakes::wix::{Forbidden, LimitSharing, Permission, Verdict, WrongHeader};

use super::*;

#[tokio::test]
async fn strangers_are_not_authenticated() {
    let bench = Bench::new().await;
    let named = |request: RequestBuilder| request.header("wix-site-id", &bench.seed.site_id);
    let (status, body) = sent(named(bench.bare("GET", CONTRIBUTORS))).await;
    assert_eq!((status, code(&body)), (401, &json!("UNAUTHENTICATED")));
    let behind_bearer = format!("Bearer {}", bench.seed.api_key);
    for token in ["IST.unknown", behind_bearer.as_str()] {
        let request = named(bench.bare("GET", CONTRIBUTORS)).header("authorization", token);
        assert_eq!(sent(request).await.0, 401, "a key is sent as it is");
    }
    bench.fake.rotate_key(&bench.seed.api_key, "IST.second");
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 401);
    let request = named(bench.bare("GET", CONTRIBUTORS)).header("authorization", "IST.second");
    assert_eq!(sent(request).await.0, 200);
}

#[tokio::test]
async fn a_request_names_its_site_or_its_account() {
    let bench = Bench::new().await;
    let (status, body) = sent(bench.keyed("GET", CONTRIBUTORS)).await;
    assert_eq!((status, code(&body)), (428, &json!("MISSING_METASITE_ID")));
    assert_eq!(sent(bench.on_account("GET", CONTRIBUTORS)).await.0, 428);
    bench.fake.quirks(|quirks| quirks.account_header_on_site_call = WrongHeader::Forbidden);
    assert_eq!(sent(bench.on_account("GET", CONTRIBUTORS)).await.0, 403);

    let query = "/site-list/v2/sites/query";
    let (status, body) = sent(bench.keyed("POST", query)).await;
    assert_eq!((status, code(&body)), (401, &json!("NO_ACCOUNT_IDENTITY")));
    assert_eq!(sent(bench.on_site("POST", query)).await.0, 403);
    assert_eq!(sent(bench.on_account("POST", query)).await.0, 200);

    assert_eq!(bench.fake.doubly_selected(), 0);
    let both = || bench.on_site("GET", CONTRIBUTORS).header("wix-account-id", &bench.seed.account_id);
    assert_eq!(sent(both()).await.0, 200);
    bench.fake.quirks(|quirks| quirks.both_selectors = Verdict::Error);
    assert_eq!(sent(both()).await.0, 403);
    assert_eq!(bench.fake.doubly_selected(), 2);
}

#[tokio::test]
async fn a_key_reaches_its_own_selected_sites_with_its_permissions() {
    let bench = Bench::new().await;
    let vendor = bench.fake.account("vendor@vendor.example");
    bench.fake.add_api_key(&vendor, "IST.vendor", &[Permission::ManageContributors]);
    let as_vendor = || {
        let request = bench.bare("GET", CONTRIBUTORS).header("authorization", "IST.vendor");
        request.header("wix-site-id", &bench.seed.site_id)
    };
    let blank = json!({"message": "", "details": {"applicationError": {"description": ""}}});
    assert_eq!(sent(as_vendor()).await, (403, blank.clone()));
    bench.fake.select_sites(&bench.seed.api_key, &[&bench.seed.second_site_id]);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await, (403, blank.clone()));
    bench.fake.select_sites(&bench.seed.api_key, &[&bench.seed.site_id]);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 200);

    bench.fake.set_key_permissions(&bench.seed.api_key, &[]);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await, (403, blank));
    assert_eq!(bench.post(INVITE, bench.invitation(&[GUEST])).await.0, 403);
    for (form, status, text) in [
        (Forbidden::EmptyBody, 403, ""),
        (Forbidden::Code, 403, "PERMISSION_DENIED"),
        (Forbidden::Unauthenticated, 401, "UNAUTHENTICATED"),
    ] {
        bench.fake.quirks(|quirks| quirks.forbidden = form);
        let response = bench.on_site("GET", CONTRIBUTORS).send().await.unwrap();
        assert_eq!(response.status(), status);
        let body = response.text().await.unwrap();
        assert!(body.contains(text) && body.is_empty() == text.is_empty(), "{body}");
    }
    assert!(bench.fake.invites(&bench.seed.site_id).is_empty());
}

#[tokio::test]
async fn the_181st_request_of_a_minute_is_refused_in_every_shape() {
    let bench = Bench::new().await;
    for _ in 0..180 {
        assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 200);
    }
    bench.fake.forward(Duration::from_secs(18));
    let shapes = [
        (ThrottleShape::AllHeaders, 429, Some("42")),
        (ThrottleShape::RetryAfterSeconds, 429, Some("42")),
        (ThrottleShape::ResetMillis, 429, Some("42")),
        (ThrottleShape::StandardRetryAfterDate, 429, Some("Sun, 22 Nov 2026 12:01:00 GMT")),
        (ThrottleShape::NoHeaders, 429, None),
        (ThrottleShape::NoHeadersHtml, 429, None),
        (ThrottleShape::Status509, 509, None),
    ];
    for (shape, status, wait) in shapes {
        bench.fake.quirks(|quirks| quirks.limit_shape = shape);
        let response = bench.on_site("GET", CONTRIBUTORS).send().await.unwrap();
        assert_eq!(response.status(), status, "{shape:?}");
        let told = response.headers().get("retry-after").map(|value| value.to_str().unwrap());
        assert_eq!(told, wait, "{shape:?}");
        assert!(bench.fake.requests().pop().unwrap().throttled);
    }
    bench.fake.quirks(|quirks| quirks.limit_shape = ThrottleShape::NoHeaders);
    let (_, body) = sent(bench.on_site("GET", CONTRIBUTORS)).await;
    assert_eq!(code(&body), "RESOURCE_EXHAUSTED");
    bench.fake.quirks(|quirks| quirks.limit_body_empty = true);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await, (429, Value::Null));

    let elsewhere = || bench.keyed("GET", CONTRIBUTORS).header("wix-site-id", &bench.seed.second_site_id);
    assert_eq!(sent(elsewhere()).await.0, 200, "each site has its own limit");
    assert_eq!(sent(bench.on_account("GET", "/roles-management/roles")).await.0, 200);
    bench.fake.quirks(|quirks| quirks.limit_sharing = LimitSharing::ByCredential);
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 200);
    bench.fake.quirks(|quirks| quirks.limit_sharing = LimitSharing::BySite);
    bench.fake.forward(Duration::from_secs(42));
    assert_eq!(sent(bench.on_site("GET", CONTRIBUTORS)).await.0, 200);
}

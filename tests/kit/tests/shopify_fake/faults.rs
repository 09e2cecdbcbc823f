use guestpass_testkit::{Fault, On, ThrottleShape};

use super::*;

const MAKE: &str = "mutation ($input: StorefrontAccessTokenInput!) { storefrontAccessTokenCreate(input: $input) \
    { userErrors { message } } }";

fn writes() -> On {
    On::Operation("storefrontAccessTokenCreate".to_owned())
}

fn titled(title: &str) -> Value {
    json!({"input": {"title": title}})
}

#[tokio::test]
async fn lost_reset_and_late_writes() {
    let bench = Bench::new().await;
    let made = || bench.fake.storefront_tokens(&bench.seed.shop).len();
    bench.fake.inject(On::Writes, Fault::ConnectionReset, 1);
    bench.fake.inject(writes(), Fault::LostAnswer, 1);
    bench.fake.inject(writes(), Fault::LateCommit { after: Duration::from_secs(60) }, 1);
    for expected in [0, 1, 1] {
        assert!(bench.graphql(MAKE, titled("t")).send().await.is_err());
        assert_eq!(made(), expected);
    }
    bench.fake.forward(Duration::from_secs(59));
    assert_eq!(made(), 1);
    bench.fake.forward(Duration::from_secs(1));
    assert_eq!(made(), 2);
    assert!(bench.fake.unfired().is_empty());
    let statuses: Vec<_> = bench.fake.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, None, None]);

    // The answer to a refresh is lost behind an edge: the same refresh token works again.
    bench.fake.inject(On::Operation("refresh_token".to_owned()), Fault::LostAnswer, 1);
    let refresh = json!({"grant_type": "refresh_token", "refresh_token": bench.seed.refresh_token});
    assert!(bench.grant(&refresh).send().await.is_err());
    bench.fake.inject(On::Operation("refresh_token".to_owned()), Fault::StatusAfterCommit(520), 1);
    let edge = bench.grant(&refresh).send().await.unwrap();
    assert_eq!((edge.status().as_u16(), edge.text().await.unwrap()), (520, String::new()));
    assert_eq!(bench.granted(&refresh).await.0, 200);
}

#[tokio::test]
async fn each_fault_spoils_the_answer_in_its_way() {
    let bench = Bench::new().await;
    // (fault, whether it is applied, status, what must be in the text of the body)
    let faults = [
        (Fault::Throttled(ThrottleShape::AllHeaders), false, 200, "THROTTLED"),
        (Fault::Throttled(ThrottleShape::ResetMillis), false, 200, "502.0"),
        (Fault::Throttled(ThrottleShape::RetryAfterSeconds), false, 429, "Exceeded"),
        (Fault::Throttled(ThrottleShape::StandardRetryAfterDate), false, 429, "Exceeded"),
        (Fault::Throttled(ThrottleShape::Status509), false, 200, "\"429\""),
        (Fault::Throttled(ThrottleShape::NoHeadersHtml), false, 429, "<html>"),
        (Fault::Status(400), false, 400, "Required parameter"),
        (Fault::Status(423), false, 423, "unavailable"),
        (Fault::Status(504), false, 504, "errors"),
        (Fault::StatusAfterCommit(500), true, 500, "unexpected"),
        (Fault::Html(502), false, 502, "<html>"),
        (Fault::WrongType, true, 200, "\"data\":7"),
        (Fault::Redirect("http://evil.example/".to_owned()), false, 302, ""),
        (Fault::GraphqlDenied, false, 200, "ACCESS_DENIED"),
        (Fault::GraphqlPartial, true, 200, "\"errors\""),
        (Fault::GraphqlErrorUnknown, false, 200, "\"data\":null"),
        (Fault::ComplexityExceeded, false, 200, "MAX_COST_EXCEEDED"),
        (Fault::StoreSuspended, false, 402, "plan"),
        (Fault::EmptyBody, true, 200, ""),
        (Fault::ExtraFields, true, 200, "added_without_notice"),
        (Fault::Oversized(100_000), true, 200, "padding"),
        (Fault::Truncated, true, 200, "{\"data\""),
        (Fault::Slow(Duration::from_millis(5)), true, 200, "userErrors"),
        (Fault::Status(9999), false, 500, "errors"),
    ];
    for (number, (fault, applied, status, text)) in faults.into_iter().enumerate() {
        let title = format!("token {number}");
        bench.fake.inject(writes(), fault.clone(), 1);
        let response = bench.graphql(MAKE, titled(&title)).send().await.unwrap();
        assert_eq!(response.status(), status, "{fault:?}");
        let body = response.text().await.unwrap();
        assert!(body.contains(text), "{fault:?}: {body}");
        let made = bench.fake.storefront_tokens(&bench.seed.shop).iter().any(|token| token.title == title);
        assert_eq!(made, applied, "{fault:?}");
    }
    assert!(bench.fake.unfired().is_empty());
}

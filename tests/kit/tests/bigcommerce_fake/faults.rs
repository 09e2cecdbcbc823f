use std::time::Duration;

use guestpass_testkit::{Fault, On, ThrottleShape};

use super::*;

fn writes() -> On {
    On::Operation("addUserToStore".to_owned())
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write_applied_and_a_reset_does_not() {
    let bench = Bench::new().await;
    bench.fake.inject(On::Writes, Fault::ConnectionReset, 1);
    bench.fake.inject(writes(), Fault::LostAnswer, 1);
    assert!(bench.graphql(ADD, add(AGENT)).send().await.is_err());
    assert!(!bench.fake.is_member(STORE, AGENT));
    assert_eq!(bench.fake.unfired().len(), 1);
    assert!(bench.graphql(ADD, add(AGENT)).send().await.is_err());
    assert!(bench.fake.is_member(STORE, AGENT));
    assert!(bench.fake.unfired().is_empty());
    let statuses: Vec<_> = bench.fake.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, None]);
    assert_eq!(bench.add("b@vendor.example").await.0, 200);
}

#[tokio::test]
async fn a_late_commit_appears_once_the_clock_has_moved() {
    let bench = Bench::new().await;
    bench.fake.inject(writes(), Fault::LateCommit { after: Duration::from_secs(60) }, 1);
    assert!(bench.graphql(ADD, add(AGENT)).send().await.is_err());
    bench.fake.forward(Duration::from_secs(59));
    assert!(!bench.fake.is_member(STORE, AGENT));
    bench.fake.forward(Duration::from_secs(1));
    assert!(bench.fake.is_member(STORE, AGENT));
    assert_eq!(bench.fake.adds(STORE, AGENT), 1);
}

#[tokio::test]
async fn writes_may_become_visible_late() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.visibility_delay = Duration::from_secs(30));
    assert_eq!(bench.add(AGENT).await.0, 200);
    let count =
        async || store_users(&bench.asked(LIST, json!({})).await.1)["edges"].as_array().unwrap().len();
    assert!(bench.fake.is_member(STORE, AGENT));
    assert_eq!(count().await, 1);
    bench.fake.forward(Duration::from_secs(30));
    assert_eq!(count().await, 2);
    let id = bench.fake.users(STORE)[1].id.clone();
    bench.asked(REMOVE, json!({"input": {"storeId": STORE_ID, "userId": id}})).await;
    assert_eq!(count().await, 2);
    bench.fake.forward(Duration::from_secs(30));
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn each_fault_spoils_the_answer_in_its_way() {
    let bench = Bench::new().await;
    // (fault, whether it is applied, status, what must be in the text of the body)
    let faults = [
        (Fault::Throttled(ThrottleShape::NoHeadersHtml), false, 429, "<html>"),
        (Fault::Status(504), false, 504, "\"title\":\"\""),
        (Fault::StatusAfterCommit(500), true, 500, "An error has occurred."),
        (Fault::Html(502), false, 502, "<html>"),
        (Fault::WrongType, true, 200, "\"data\":7"),
        (Fault::Redirect("http://evil.example/".to_owned()), false, 302, ""),
        (Fault::GraphqlDenied, false, 200, "INSUFFICIENT_ACCESS_SCOPE"),
        (Fault::GraphqlPartial, true, 200, "\"errors\""),
        (Fault::GraphqlErrorUnknown, false, 200, "\"data\":null"),
        (Fault::ComplexityExceeded, false, 200, "too complex"),
        (Fault::StoreSuspended, false, 503, "The store is suspended"),
        (Fault::EmptyBody, true, 200, ""),
        (Fault::ExtraFields, true, 200, "added_without_notice"),
        (Fault::Oversized(100_000), true, 200, "padding"),
        (Fault::Truncated, true, 200, "{\"data\""),
        (Fault::Slow(Duration::from_millis(5)), true, 200, STORE_ID),
        (Fault::Status(9999), false, 500, "errors"),
        (Fault::Redirect("bad\nheader".to_owned()), false, 302, ""),
    ];
    for (number, (fault, applied, status, text)) in faults.into_iter().enumerate() {
        let email = format!("person{number}@vendor.example");
        bench.fake.inject(writes(), fault.clone(), 1);
        let response = bench.graphql(ADD, add(&email)).send().await.unwrap();
        assert_eq!(response.status(), status, "{fault:?}");
        let body = response.text().await.unwrap();
        assert!(body.contains(text), "{fault:?}: {body}");
        assert_eq!(bench.fake.is_member(STORE, &email), applied, "{fault:?}");
        match fault {
            Fault::Oversized(size) => assert!(body.len() > size),
            Fault::Truncated => assert!(serde_json::from_str::<Value>(&body).is_err()),
            Fault::EmptyBody => assert_eq!(body, ""),
            _ => {}
        }
    }
    assert!(bench.fake.unfired().is_empty());
}

#[tokio::test]
async fn v2_errors_are_arrays() {
    let bench = Bench::new().await;
    bench.fake.inject(On::Path("/v2/".to_owned()), Fault::Status(500), 1);
    assert_eq!(
        bench.get("v2/store").await,
        (500, json!([{"status": 500, "message": "An error has occurred."}]))
    );
    assert_eq!(bench.get("v2/store").await.0, 200);
}

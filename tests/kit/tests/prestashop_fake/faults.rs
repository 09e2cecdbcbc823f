use std::time::Duration;

use guestpass::Clock;
use guestpass_testkit::{Fault, On, ThrottleShape};

use super::*;

#[tokio::test]
async fn the_sixth_request_of_a_second_is_refused_by_the_host() {
    let bench = Bench::new().await;
    bench.fake.quirks(|quirks| quirks.limit_per_second = 5);
    for _ in 0..5 {
        assert_eq!(bench.get("employees").await.status, 200);
    }
    let shapes = [
        (ThrottleShape::AllHeaders, 429, Some("1")),
        (ThrottleShape::StandardRetryAfterDate, 429, Some("Sun, 22 Nov 2026 12:00:01 GMT")),
        (ThrottleShape::NoHeaders, 429, None),
        (ThrottleShape::Status509, 509, None),
    ];
    for (shape, status, wait) in shapes {
        bench.fake.quirks(|quirks| quirks.limit_shape = shape);
        let response = bench.request_as(KEY, "GET", "employees").send().await.unwrap();
        assert_eq!(response.status(), status, "{shape:?}");
        assert_eq!(response.headers().get("retry-after").map(|value| value.to_str().unwrap()), wait);
        assert!(response.headers().get("psws-version").is_none());
        assert!(response.text().await.unwrap().contains("<html>"));
    }
    assert_eq!(bench.fake.requests().iter().filter(|request| request.throttled).count(), 4);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.get("employees").await.status, 200);
}

#[tokio::test]
async fn writes_get_lost_late_or_answered_wrongly() {
    let bench = Bench::new().await;
    bench.fake.inject(On::Writes, Fault::ConnectionReset, 1);
    let send = async |email: &str| {
        bench.request_as(KEY, "POST", "employees").body(employee(&[("email", email)])).send().await
    };
    assert!(send("a@vendor.example").await.is_err());
    bench.fake.inject(On::Operation("POST employees".to_owned()), Fault::LostAnswer, 1);
    assert!(send("b@vendor.example").await.is_err());
    bench.fake.inject(On::Writes, Fault::LateCommit { after: Duration::from_secs(60) }, 1);
    assert!(send("c@vendor.example").await.is_err());
    bench.fake.inject(On::Writes, Fault::StatusAfterCommit(500), 1);
    assert_eq!(send("d@vendor.example").await.unwrap().status(), 500);
    let inside = |email: &str| bench.fake.employee(email).is_some();
    let there = ["a", "b", "c", "d"].map(|name| inside(&format!("{name}@vendor.example")));
    assert_eq!(there, [false, true, false, true]);
    bench.fake.forward(Duration::from_secs(60));
    assert!(inside("c@vendor.example"));
    assert!(bench.fake.unfired().is_empty());
}

#[tokio::test]
async fn each_fault_spoils_the_answer_in_its_way() {
    let bench = Bench::new().await;
    let faults = [
        (Fault::Status(401), 401, "<![CDATA[20]]>"),
        (Fault::Status(403), 403, "<![CDATA[132]]>"),
        (Fault::Status(405), 405, "<![CDATA[25]]>"),
        (Fault::Status(503), 503, "<html>"),
        (Fault::Html(502), 502, "<html>"),
        (Fault::WrongType, 200, "<employees><![CDATA[7]]></employees>"),
        (Fault::ExtraFields, 200, "<added_without_notice since="),
        (Fault::GraphqlPartial, 200, "</employees>\n<errors>"),
        (Fault::StoreSuspended, 503, "maintenance"),
        (Fault::Redirect("http://evil.example/".to_owned()), 302, ""),
    ];
    for (fault, status, part) in faults {
        bench.fake.inject(On::Reads, fault.clone(), 1);
        let answer = bench.get("employees").await;
        assert_eq!(answer.status, status, "{fault:?}");
        assert!(answer.body.contains(part), "{fault:?}: {}", answer.body);
    }
    bench.fake.inject(On::Reads, Fault::Status(404), 1);
    assert_eq!(bench.get("employees").await.body, "");
    bench.fake.inject(On::Reads, Fault::Oversized(5000), 1);
    assert!(bench.get("employees").await.body.len() > 5000);
    bench.fake.inject(On::Reads, Fault::Truncated, 1);
    assert!(!bench.get("employees").await.body.contains("</prestashop>"));
}

#[tokio::test]
async fn requests_on_their_way_at_once_are_counted() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        bench.get("employees").await;
    }
    assert_eq!(bench.fake.most_in_flight(), 1);
    bench.fake.inject(On::Reads, Fault::Slow(Duration::from_millis(500)), 4);
    let many = futures_util::future::join_all((0..4).map(|_| bench.get("employees"))).await;
    assert!(many.iter().all(|answer| answer.status == 200));
    assert_eq!(bench.fake.most_in_flight(), 4);
}

#[tokio::test]
async fn the_log_has_neither_keys_nor_passwords() {
    let bench = Bench::new().await;
    bench.create(AGENT).await;
    bench.get(&format!("employees?ws_key={KEY}")).await;
    let log = format!("{:?}", bench.fake.requests());
    assert!(log.contains("POST employees") && bench.fake.writes() == 1);
    assert!(!log.contains(KEY) && !log.contains("Passw0rd"));
    assert_eq!(bench.fake.requests()[0].at, bench.clock.now());
}

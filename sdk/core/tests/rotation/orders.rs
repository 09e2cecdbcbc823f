//! Beginning, giving up, and two at once.

use guestpass::grants::Ledger;
use guestpass::rotation::{DriverOptions, RotationQuery, Stage};
use guestpass::{ErrorKind, SinkCopy};

use super::bench::{Bench, olga, request, store, web};
use super::shop::{Fault, kind};

#[tokio::test]
async fn it_may_be_given_up_until_the_new_one_is_in_its_place() {
    let stops = [(Stage::Issuing, "find_issued", vec![Fault::LostAfter]), (Stage::Staged, "verify", vec![])];
    for name in ["by-tag", "unlistable", "caller-made"] {
        for (stage, method, issue) in &stops {
            let bench = Bench::new(name);
            bench.shop().script("issue", issue.clone());
            bench.shop().script(method, [Fault::Refused(ErrorKind::Unavailable)]);
            let id = bench.driver().begin(request()).await.unwrap().id;
            let advanced = bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
            assert_eq!(advanced.rotation.stage, *stage, "{name}");
            let why = Some("wrong day".to_owned());
            bench.driver().abort(id, olga(), why, &DriverOptions::default()).await.unwrap();
            let last = bench.finish().await;
            assert_eq!(last.stage, Stage::Aborted, "{name}");
            assert_eq!(bench.shelf(0).truth(SinkCopy::Live).as_deref(), Some("secret-old"));
            assert_eq!(bench.shelf(0).truth(SinkCopy::Staged), None);
            assert!(bench.shop().works("secret-old"));
            for entry in bench.shop().entries().iter().skip(1) {
                let all = || last.new.iter().chain(&last.orphans);
                let journaled = all().any(|one| one.fate.is_settled() && one.expires_at == entry.dies_at);
                assert!(
                    !bench.shop().works(&entry.secret) || (journaled && entry.dies_at.is_some()),
                    "{name} {stage}: {entry:?}"
                );
            }
            bench.assert_no_secret_written(name).await;
        }
    }
}

#[tokio::test]
async fn a_plan_is_given_up_without_asking_anybody() {
    let bench = Bench::new("guided");
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().abort(id, olga(), None, &DriverOptions::default()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Aborted);
    assert!(bench.driver().begin(request()).await.is_ok(), "the credential is free again");
}

#[tokio::test]
async fn after_that_there_is_only_forward() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    let error = bench.driver().abort(id, olga(), None, &DriverOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("only forward"), "{error}");
    let in_place = Bench::new("in-place");
    in_place.shop().script("verify", [Fault::Refused(ErrorKind::Unavailable)]);
    let id = in_place.driver().begin(request()).await.unwrap().id;
    let advanced = in_place.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Staged);
    let error = in_place.driver().abort(id, olga(), None, &DriverOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("ended the old one"), "{error}");
}

#[tokio::test]
async fn of_two_at_once_one_works() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    let error = bench.driver().begin(request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let (one, other) = (bench.driver(), bench.driver());
    let options = DriverOptions::default();
    let (one, other) = tokio::join!(one.advance(id, None, &options), other.advance(id, None, &options));
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(won.unwrap().rotation.stage, Stage::Promoted);
    if let Err(error) = lost {
        assert!(error.is_stale(), "{error}");
    }
    assert_eq!(bench.shop().calls("issue"), 1);
}

#[tokio::test]
async fn a_plan_writes_nothing_and_sends_nothing() {
    let bench = Bench::new("unlistable");
    let plan = bench.driver().plan(&request()).await.unwrap();
    assert!(plan.steps.len() >= 8, "{:?}", plan.steps);
    assert_eq!(plan.dependents, [store()]);
    let mut short = request();
    short.lifetime = Some(std::time::Duration::from_secs(5 * 86_400));
    let of_short = bench.driver().plan(&short).await.unwrap();
    assert!(
        of_short.steps.iter().any(|step| step == "It dies by itself after 5 days."),
        "{:?}",
        of_short.steps
    );
    assert!(plan.requests > 4);
    assert_eq!(bench.ledger.rotations(&RotationQuery::new(), None, 10).await.unwrap(), []);
    assert!(bench.consumer.steps().is_empty());
    assert_eq!(bench.shop().calls("inspect"), 0);
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_written() {
    let bench = Bench::new("in-place");
    let mut asked = request();
    asked.allow_downtime = false;
    let error = bench.driver().begin(asked.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(
        bench.driver().plan(&asked).await.unwrap().warnings.iter().any(|warning| warning.contains("refused"))
    );
    let mut asked = request();
    asked.sinks = vec!["nowhere".to_owned()];
    assert_eq!(bench.driver().begin(asked).await.unwrap_err().kind(), ErrorKind::Config);
    let mut asked = request();
    asked.lifetime = Some(std::time::Duration::from_secs(60));
    assert_eq!(bench.driver().begin(asked).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    let mut asked = request();
    asked.credential = guestpass::CredentialName::new("unknown").unwrap();
    let error = bench.driver().begin(asked).await.unwrap_err();
    assert!(error.to_string().contains(web().as_str()), "{error}");
    assert!(bench.last().await.is_none());
    let _ = kind("by-tag");
}

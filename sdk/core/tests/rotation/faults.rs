//! Whatever goes wrong ends in a state that says what is live and what comes next.

use std::time::Duration;

use guestpass::rotation::{DriverOptions, Fate, Stage, WaitsFor};
use guestpass::{Clock, ErrorKind, Held, Right, SinkCopy};

use super::bench::{Bench, DRAIN, olga, request, web};
use super::shop::{Fault, kind};

fn patient() -> DriverOptions {
    let mut options = DriverOptions::default();
    options.patience = Duration::from_secs(86_400);
    options
}

#[tokio::test]
async fn a_secret_that_no_sink_takes_is_given_back() {
    for name in ["by-tag", "unlistable", "expiring"] {
        let bench = Bench::new(name);
        let id = bench.driver().begin(request()).await.unwrap().id;
        for index in [0, 1] {
            bench.shelf(index).fail(&["stage"]);
        }
        let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
        let secret = advanced.unsaved.clone().expect("the secret");
        assert_eq!(advanced.rotation.stage, Stage::Issued);
        assert!(advanced.rotation.trouble.as_ref().unwrap().reason.contains("shelf-0"));
        assert!(!format!("{advanced:?}").contains(secret.expose()));
        for index in [0, 1] {
            bench.shelf(index).fail(&[]);
        }
        bench.driver().advance(id, Some(secret.clone()), &patient()).await.unwrap();
        let last = bench.finish().await;
        bench.assert_sound(&last, name).await;
        assert_eq!(bench.shelf(1).truth(SinkCopy::Live).as_deref(), Some(secret.expose()));
        assert_eq!(bench.shop().calls("issue"), 1);
        assert_eq!(bench.consumer.refused(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_secret_that_nobody_kept_is_ended_and_another_one_made() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    for index in [0, 1] {
        bench.shelf(index).fail(&["stage"]);
    }
    let unsaved = bench.driver().advance(id, None, &patient()).await.unwrap().unsaved;
    assert!(unsaved.is_some());
    for index in [0, 1] {
        bench.shelf(index).fail(&[]);
    }
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Done, "{}", advanced.rotation.summary());
    assert!(!advanced.warnings.is_empty());
    assert_eq!(advanced.rotation.orphans.len(), 1);
    assert!(matches!(advanced.rotation.orphans[0].fate, Fate::Dead { .. }));
    assert_eq!(bench.shop().calls("issue"), 2);
    bench.assert_sound(&advanced.rotation, "nobody kept it").await;
}

#[tokio::test]
async fn what_one_sink_took_is_copied_to_the_others() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.shelf(1).fail(&["stage"]);
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Issued);
    assert!(advanced.unsaved.is_none());
    bench.shelf(1).fail(&[]);
    let last = bench.finish().await;
    assert_eq!(bench.shop().calls("issue"), 1);
    bench.assert_sound(&last, "copied").await;
}

#[tokio::test]
async fn nothing_is_sent_while_a_sink_is_down() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.shelf(1).fail(&["probe"]);
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Planned);
    assert_eq!(advanced.rotation.trouble.as_ref().unwrap().kind, "unavailable");
    assert!(advanced.rotation.due_at.is_some_and(|due| due > bench.clock.now()));
    assert_eq!(bench.shop().calls("issue"), 0);
    let facts = bench.facts().await;
    bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(bench.facts().await, facts, "the same trouble is told once");
    assert_eq!(bench.last().await.unwrap().trouble.unwrap().times, 2);
}

#[tokio::test]
async fn a_ledger_that_fails_after_the_answer_loses_no_secret() {
    for (name, shelves_up) in
        [("by-tag", true), ("unlistable", true), ("by-tag", false), ("unlistable", false)]
    {
        let bench = Bench::new(name);
        let id = bench.driver().begin(request()).await.unwrap().id;
        bench.ledger.tap().fail_at(Some(Stage::Issued));
        if !shelves_up {
            bench.shelf(0).fail(&["stage"]);
            bench.shelf(1).fail(&["stage"]);
        }
        let outcome = bench.driver().advance(id, None, &patient()).await;
        bench.ledger.tap().fail_at(None);
        bench.shelf(0).fail(&[]);
        bench.shelf(1).fail(&[]);
        let handed = match outcome {
            Err(error) => {
                assert!(shelves_up, "{error}");
                None
            }
            Ok(advanced) => {
                assert!(!shelves_up && !advanced.warnings.is_empty());
                assert_eq!(advanced.rotation.stage, Stage::Issuing);
                Some(advanced.unsaved.expect("the secret"))
            }
        };
        let advanced = bench.driver().advance(id, handed, &patient()).await.unwrap();
        assert_eq!(advanced.rotation.stage, Stage::Done, "{name} {}", advanced.rotation.summary());
        assert_eq!(bench.shop().calls("issue"), 1, "{name}");
        assert!(advanced.rotation.orphans.is_empty());
        bench.assert_sound(&advanced.rotation, name).await;
    }
}

#[tokio::test]
async fn a_new_one_that_is_refused_is_given_up() {
    for name in ["by-tag", "unlistable", "caller-made"] {
        for kind in [ErrorKind::Unauthenticated, ErrorKind::Conflict] {
            let bench = Bench::new(name);
            bench.shop().script("verify", [Fault::Refused(kind)]);
            bench.driver().begin(request()).await.unwrap();
            let last = bench.finish().await;
            assert_eq!(last.stage, Stage::Aborted);
            assert!(last.trouble.as_ref().unwrap().reason.contains("refused"), "it says why");
            assert!(last.new.as_ref().unwrap().fate.is_settled());
            assert_eq!(bench.shelf(0).truth(SinkCopy::Live).as_deref(), Some("secret-old"));
            assert_eq!(bench.shelf(0).truth(SinkCopy::Staged), None);
            let working: Vec<_> = bench
                .shop()
                .entries()
                .into_iter()
                .filter(|entry| bench.shop().works(&entry.secret))
                .collect();
            assert_eq!(working.len(), 1, "{name}: {working:?}");
        }
    }
}

#[tokio::test]
async fn a_new_one_may_show_late() {
    for shelves in [[true], [false]] {
        let info = kind("by-tag").visible_after(Duration::from_secs(80));
        let bench = Bench::of(info, &shelves);
        bench.shop().hide_new_until(bench.clock.now() + Duration::from_secs(60));
        bench.driver().begin(request()).await.unwrap();
        let last = bench.finish().await;
        bench.assert_sound(&last, "late").await;
        assert_eq!(bench.shop().calls("issue"), 1);
        assert!(bench.shop().calls("verify") > 3);
    }
}

#[tokio::test]
async fn a_right_that_would_be_lost_stops_it() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.shop().script("verify", [Fault::Refused(ErrorKind::Unavailable)]);
    bench.driver().advance(id, None, &patient()).await.unwrap();
    let made = bench.shop().entries()[1].id.clone();
    bench.shop().change(&made, |entry, _| entry.rights[1] = Right::new("write", Held::No));
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Staged);
    assert_eq!(advanced.rotation.trouble.as_ref().unwrap().lost_rights, ["write"]);
    bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(bench.last().await.unwrap().stage, Stage::Staged, "asking again changes nothing");
    bench.driver().allow_loss(id, &["read".to_owned()], olga()).await.unwrap();
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Staged, "another right was named");
    bench.driver().allow_loss(id, &["write".to_owned()], olga()).await.unwrap();
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Done);
    bench.assert_sound(&advanced.rotation, "loss").await;
}

#[tokio::test]
async fn a_retirement_that_is_refused_is_tried_again() {
    let bench = Bench::new("by-tag");
    bench.shop().script("retire", [Fault::Refused(ErrorKind::PermissionDenied), Fault::LostBefore]);
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Retiring);
    assert!(advanced.rotation.trouble.is_some());
    assert!(bench.shop().works("secret-old"));
    let last = bench.finish().await;
    assert!(bench.shop().is_played());
    bench.assert_sound(&last, "refused").await;
}

#[tokio::test]
async fn the_old_one_stays_while_the_new_one_is_not_sound() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Promoted);
    assert!(matches!(advanced.rotation.waits_for, Some(WaitsFor::Time { .. })));
    bench.clock.advance(DRAIN);
    // Somebody puts something else into the live place.
    let promoted = bench.shelf(1).truth(SinkCopy::Live).unwrap();
    bench.shelf(1).overwrite("something else");
    for _ in 0..5 {
        let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
        assert!(advanced.rotation.trouble.as_ref().unwrap().reason.contains("shelf-1"));
        assert!(bench.shop().works("secret-old"));
    }
    bench.shelf(1).overwrite(&promoted);
    // Somebody deletes the new one at the platform.
    let made = bench.shop().entries()[1].clone();
    bench.shop().delete(&made.id);
    for _ in 0..5 {
        let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
        assert_eq!(advanced.rotation.stage, Stage::Promoted);
        assert_eq!(advanced.rotation.trouble.as_ref().unwrap().kind, "unauthenticated");
        assert!(bench.shop().works("secret-old"));
    }
    assert_eq!(bench.shop().calls("retire"), 0);
    bench.shop().change(&made.id, |entry, _| entry.dies_at = None);
    let last = bench.finish().await;
    bench.assert_sound(&last, "sound again").await;
}

#[tokio::test]
async fn a_clock_set_back_only_lengthens_and_one_set_forward_ends_nothing_untried() {
    let bench = Bench::new("by-tag");
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    bench.clock.jump(-86_400);
    bench.clock.advance(DRAIN);
    let advanced = bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Promoted);
    assert!(bench.shop().works("secret-old"));
    let tried = bench.shop().calls("verify");
    bench.clock.jump(10 * 86_400);
    let last = bench.finish().await;
    assert!(bench.shop().calls("verify") > tried);
    bench.assert_sound(&last, "clock").await;
}

#[tokio::test]
async fn after_three_lost_answers_there_is_a_pause() {
    for name in ["by-tag", "unlistable"] {
        let bench = Bench::new(name);
        bench.shop().script("issue", [Fault::LostAfter, Fault::LostAfter, Fault::LostAfter]);
        let id = bench.driver().begin(request()).await.unwrap().id;
        let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
        assert_eq!(advanced.rotation.stage, Stage::Planned);
        assert_eq!(advanced.rotation.orphans.len(), 3);
        let pause = advanced.rotation.due_at.unwrap().duration_since(bench.clock.now());
        assert!(pause.as_secs() >= 3600, "{pause}");
        let tags: std::collections::HashSet<_> =
            advanced.rotation.orphans.iter().map(|orphan| orphan.tag.clone().unwrap()).collect();
        assert_eq!(tags.len(), 3);
        let last = bench.finish().await;
        bench.assert_sound(&last, name).await;
    }
}

#[tokio::test]
async fn an_order_that_is_refused_makes_nothing() {
    let bench = Bench::new("caller-made");
    bench
        .shop()
        .script("issue", [Fault::Refused(ErrorKind::SeatLimit), Fault::Refused(ErrorKind::InvalidRequest)]);
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!((advanced.rotation.stage, advanced.rotation.new), (Stage::Planned, None));
    assert_eq!(advanced.rotation.trouble.unwrap().kind, "seat_limit");
    let error = bench.driver().advance(id, None, &patient()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let last = bench.finish().await;
    assert!(last.orphans.is_empty());
    bench.assert_sound(&last, "refused").await;
}

#[tokio::test]
async fn a_dead_old_one_keeps_nobody_from_a_new_one() {
    let bench = Bench::new("by-tag");
    bench.shop().delete("id-0");
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
    assert!(matches!(advanced.rotation.old.as_ref().unwrap().fate, Fate::Dead { .. }));
    bench.assert_sound(&advanced.rotation, "dead before").await;
}

#[tokio::test]
async fn an_end_that_does_not_come_is_said_after_a_day_and_never_done() {
    let bench = Bench::new("by-tag");
    bench.shop().script("retire", [Fault::None]);
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    bench.clock.advance(DRAIN);
    bench.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    assert_eq!(bench.last().await.unwrap().stage, Stage::Done);

    let stubborn = Bench::new("unlistable");
    let id = stubborn.driver().begin(request()).await.unwrap().id;
    let advanced = stubborn.driver().advance(id, None, &patient()).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Done, "patience covers an hour's schedule");
    let again = Bench::new("unlistable");
    let id = again.driver().begin(request()).await.unwrap().id;
    again.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    again.clock.advance(DRAIN);
    again.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
    again.shop().change("id-0", |entry, _| entry.dies_at = None);
    for _ in 0..40 {
        let due = again.last().await.unwrap().due_at.unwrap();
        let wait = Duration::try_from(due.duration_since(again.clock.now())).unwrap_or_default();
        again.clock.advance(wait);
        let advanced = again.driver().advance(id, None, &DriverOptions::default()).await.unwrap();
        assert_eq!(advanced.rotation.stage, Stage::Retiring);
    }
    let last = again.last().await.unwrap();
    assert!(last.trouble.as_ref().unwrap().reason.contains("a day after"));
    assert_eq!(again.shop().calls("retire"), 1);
    assert_eq!(last.credential, web());
}

#[tokio::test]
async fn a_sink_that_is_down_for_a_while_costs_time_alone() {
    for name in ["by-tag", "unlistable", "caller-made", "in-place", "expiring"] {
        for method in ["probe", "stage", "promote", "discard", "read_back"] {
            let bench = Bench::new(name);
            let id = bench.driver().begin(request()).await.unwrap().id;
            bench.shelf(1).fail(&[method]);
            for _ in 0..3 {
                let advanced = bench.driver().advance(id, None, &patient()).await.unwrap();
                let reason = &advanced.rotation.trouble.as_ref().expect("trouble").reason;
                assert!(reason.contains("shelf-1"), "{name} {method}: {reason}");
                assert!(advanced.unsaved.is_none() && !advanced.rotation.stage.is_over());
            }
            bench.shelf(1).fail(&[]);
            let last = bench.finish().await;
            bench.assert_sound(&last, method).await;
            assert_eq!(bench.shop().calls("issue"), 1, "{name} {method}");
            assert!(last.orphans.is_empty(), "{name} {method}");
            if name != "in-place" {
                assert_eq!(bench.consumer.refused(), Vec::<String>::new(), "{name} {method}");
            }
        }
    }
}

//! What changes at stores without us is told once, and ends what it has ended.

use std::sync::Mutex;

use guestpass::grants::{Cause, Drifted, Ledger, Phase, SweepOptions, SweepReport, Watcher};
use guestpass::review::Reading;
use guestpass::{Operation, StoreHandle};
use guestpass_testkit::conformance::Denial;

use crate::desk::{DAY, Desk, HOUR, MINUTE, everywhere, store, where_native};

impl Desk {
    async fn look(&self) -> SweepReport {
        let options = SweepOptions::default().looking_for_drift_every(DAY);
        self.engine.sweep(&options, &()).await.unwrap()
    }

    /// Which findings about the guest were told, by the kind of the fact.
    async fn told(&self, fact: &str) -> Vec<String> {
        let facts = self.facts(fact).await;
        let about_guest =
            facts.iter().filter(|fact| fact.person.as_ref().is_some_and(|person| person.as_str() == "gina"));
        let kinds = about_guest.map(|fact| fact.detail["finding"].as_str().unwrap().to_owned());
        // What a platform does not tell is told of as well.
        kinds.filter(|kind| kind != "not_comparable").collect()
    }
}

#[tokio::test]
async fn what_appears_is_told_once_and_what_is_gone_too() {
    where_native(Operation::List, async |desk| {
        let report = desk.look().await;
        assert_eq!((report.looked_at, report.unreadable), (1, 0));
        desk.merchant_lets_in();
        assert_eq!(desk.look().await.looked_at, 0, "a day has not passed");
        let requests = desk.subject.world.requests().len();
        desk.look().await;
        assert_eq!(desk.subject.world.requests().len(), requests);
        for _ in 0..3 {
            desk.subject.clock.advance(DAY + HOUR);
            assert_eq!(desk.look().await.looked_at, 1);
        }
        assert_eq!(desk.told("finding_appeared").await, ["ours_without_grant"]);
        let gone = desk.facts("finding_gone").await;
        assert!(gone.is_empty(), "{gone:?}");
        desk.subject.world.merchant_removes(&desk.guest());
        desk.subject.clock.advance(DAY + HOUR);
        assert_eq!(desk.look().await.appeared, 0);
        let gone = desk.facts("finding_gone").await;
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0].detail["finding"], "ours_without_grant");
        desk.finish();
    })
    .await;
}

/// The grant's own watch would have come hours later.
#[tokio::test]
async fn who_was_taken_out_by_somebody_else_has_no_grant_any_more() {
    where_native(Operation::List, async |desk| {
        let grant = desk.let_in(desk.wish_for(90 * DAY)).await;
        desk.look().await;
        // Until then Wix does not tell whether they are out, or invited as before.
        desk.subject.let_invitations_lapse();
        // The watch has just been.
        desk.sweep().await;
        desk.subject.world.merchant_removes(&desk.guest());
        desk.subject.clock.advance(MINUTE);
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        desk.look().await;
        let ended = desk.grant(grant.id).await;
        assert_eq!((ended.phase, ended.end.unwrap().cause), (Phase::Ended, Cause::Drift));
        assert_eq!(desk.told("finding_appeared").await, ["grant_without_person"]);
        desk.finish();
    })
    .await;
}

/// Told of looks.
#[derive(Default)]
struct Heard(Mutex<Vec<(StoreHandle, Reading)>>);

impl Watcher for Heard {
    fn drifted(&self, drifted: &Drifted) {
        self.0.lock().unwrap().push((drifted.store.clone(), drifted.reading.clone()));
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_changes_nothing_that_is_known() {
    where_native(Operation::List, async |desk| {
        desk.merchant_lets_in();
        desk.look().await;
        let known = desk.ledger.last_look(&store()).await.unwrap().unwrap();
        assert!(!known.known.is_empty());
        desk.subject.world.inject(
            guestpass_testkit::On::Reads,
            guestpass_testkit::Fault::Status(503),
            10_000,
        );
        let options = SweepOptions::default().looking_for_drift_every(DAY);
        let heard = Heard::default();
        for _ in 0..2 {
            desk.subject.clock.advance(DAY + HOUR);
            let report = desk.engine.sweep(&options, &heard).await.unwrap();
            assert_eq!((report.looked_at, report.unreadable, report.appeared), (0, 1, 0));
        }
        let heard = heard.0.into_inner().unwrap();
        assert!(matches!(&heard[..], [(of, Reading::Failed { .. }), _] if *of == store()), "{heard:?}");
        let last = desk.ledger.last_look(&store()).await.unwrap().unwrap();
        assert_eq!((&last.known, last.looked_at), (&known.known, known.looked_at));
        assert!(last.due_at <= desk.later(HOUR), "it is looked at again soon");
        assert_eq!(desk.facts("drift_unreadable").await.len(), 1, "told once");
        assert_eq!(desk.facts("finding_gone").await, []);
    })
    .await;
}

/// Losing the right to list is no reason to tell that everybody is gone.
#[tokio::test]
async fn a_refused_listing_changes_no_grant() {
    where_native(Operation::List, async |desk| {
        let grant = desk.let_in(desk.wish_for(30 * DAY)).await;
        desk.look().await;
        desk.subject.world.take_rights_away(Denial::Status);
        desk.subject.clock.advance(DAY + HOUR);
        desk.look().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        assert_eq!(desk.told("finding_appeared").await, [""; 0]);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn nobody_looks_who_was_not_asked_to_and_two_hosts_look_once() {
    everywhere(async |desk| {
        desk.sweep().await;
        assert_eq!(desk.ledger.last_look(&store()).await.unwrap(), None);
        let options = SweepOptions::default().looking_for_drift_every(DAY);
        let other = desk.another_host();
        let (one, two) =
            futures_util::future::join(desk.engine.sweep(&options, &()), other.sweep(&options, &())).await;
        assert_eq!(one.unwrap().looked_at + two.unwrap().looked_at, 1);
        desk.finish();
    })
    .await;
}

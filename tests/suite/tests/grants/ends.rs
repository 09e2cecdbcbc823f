//! Ends that do not come as planned.

use guestpass::grants::{Cause, Ledger, Phase, StepKind, SweepOptions, TroubleKind};
use guestpass::{Operation, Proof};

use crate::desk::{DAY, Desk, HOUR, MINUTE, VAULT, boss, everywhere, handle, store, where_native};

#[tokio::test]
async fn whoever_was_taken_out_by_others_is_noticed() {
    // Where invitations cannot be seen, one that was sent may still be open: who left shows once it has ended.
    where_native(Operation::ObserveInvitation, async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        desk.subject.world.merchant_removes(&desk.guest());
        let writes = desk.subject.world.writes();
        desk.sweep_after(8 * HOUR).await;
        let ended = desk.grant(grant.id).await;
        assert_eq!(ended.phase, Phase::Ended);
        let end = ended.end.unwrap();
        assert_eq!(end.cause, Cause::Drift);
        assert!(matches!(end.proof, Some(Proof::Listed { .. })), "{:?}", end.proof);
        assert_eq!(desk.subject.world.writes(), writes);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_dead_credential_is_told_with_steps_and_not_hammered() {
    where_native(Operation::Observe, async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * HOUR)).await;
        desk.subject.world.revoke_credential();
        let before = desk.subject.world.requests().len();
        desk.subject.clock.advance(3 * HOUR);
        for _ in 0..11 {
            desk.sweep_after(5 * MINUTE).await;
        }
        let asked = desk.subject.world.requests().len() - before;
        assert!(asked <= 3, "{asked} requests in the first hour with a dead credential");
        for _ in 0..48 {
            desk.sweep_after(30 * MINUTE).await;
        }
        let asked = desk.subject.world.requests().len() - before;
        assert!(asked <= 26 * 4, "{asked} requests in a day with a dead credential");
        let closing = desk.grant(grant.id).await;
        assert_eq!(closing.phase, Phase::Closing, "the debt is kept");
        let holding = desk.ledger.holding(&store(), &grant.place.subject).await.unwrap().unwrap();
        assert!(
            holding.has(TroubleKind::AuthorityLost) && holding.has(TroubleKind::RemovalLate),
            "{holding:?}"
        );
        let step = desk.open_step(StepKind::Exit).await.expect("the merchant is told what to do");
        assert!(step.manual.as_ref().unwrap().message.is_some());
        desk.subject.world.merchant_removes(&desk.guest());
        desk.engine.step_done(step.id, &boss(), "the merchant says so").await.unwrap();
        let ended = desk.grant(grant.id).await;
        assert_eq!(ended.phase, Phase::Ended);
        assert!(matches!(ended.end.unwrap().proof, Some(Proof::Attested { .. })));
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_store_that_left_the_configuration_keeps_its_debt() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        let gone = std::mem::take(&mut *desk.known.stores.lock().unwrap());
        let before = desk.subject.world.requests().len();
        desk.sweep_after(3 * HOUR).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Closing);
        let holding = desk.ledger.holding(&store(), &grant.place.subject).await.unwrap().unwrap();
        assert!(holding.has(TroubleKind::StoreUnknown));
        assert_eq!(desk.subject.world.requests().len(), before);
        *desk.known.stores.lock().unwrap() = gone;
        desk.sweep_after(2 * HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        desk.finish();
    })
    .await;
}

/// Somebody who left the configuration is taken out all the same, by what the ledger kept of them.
#[tokio::test]
async fn whoever_left_our_company_is_still_taken_out() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        desk.known.people.lock().unwrap().clear();
        desk.sweep_after(3 * HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        desk.finish();
    })
    .await;
}

/// Whoever has another address by now is proven out under the one that was invited.
#[tokio::test]
async fn a_changed_address_hides_nobody() {
    where_native(Operation::Remove, async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        let mut gina = desk.subject.guest();
        gina.email = "gina.married@vendor.example".parse().unwrap();
        desk.known.people.lock().unwrap().insert(handle("gina"), gina);
        // What is written down of them now does not replace what was.
        let later = desk.wish_for(DAY).starting(desk.later(10 * HOUR)).delivering_to(VAULT);
        desk.engine.request(later).await.unwrap();
        desk.sweep_after(3 * HOUR).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_platform_that_fails_is_tried_again_and_the_delay_is_told() {
    where_native(Operation::Remove, async |desk| {
        use guestpass_testkit::{Fault, On};
        let grant = desk.let_in(desk.wish()).await;
        desk.subject.world.inject(On::AnyRequest, Fault::Status(503), 4000);
        desk.sweep_after(2 * HOUR).await;
        let mut passes = 0;
        while desk.grant(grant.id).await.phase == Phase::Closing && passes < 20 {
            desk.sweep_after(HOUR).await;
            passes += 1;
        }
        let holding = desk.ledger.holding(&store(), &grant.place.subject).await.unwrap().unwrap();
        assert!(holding.has(TroubleKind::RemovalLate) && holding.has(TroubleKind::StoreUnavailable));
        assert!(desk.is_inside());
    })
    .await;
}

/// Ends are points in time: a clock that goes back neither ends anything twice nor opens it again.
#[tokio::test]
async fn a_clock_that_was_set_back_changes_nothing() {
    use guestpass::grants::Engine;
    use guestpass::{Clock, Environment, MemoryCoordination};
    use guestpass_testkit::ManualClock;
    use std::sync::Arc;
    where_native(Operation::Remove, async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        desk.sweep_after(3 * HOUR).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        let removals = desk.subject.world.removals(&desk.guest());
        let ended = desk.grant(grant.id).await;
        let early: Arc<dyn Clock> = Arc::new(ManualClock::new());
        let env = Environment::new(
            desk.subject.env.transport().clone(),
            early,
            Arc::new(MemoryCoordination::new()),
        );
        let engine = Engine::new(desk.ledger.clone(), desk.known.clone(), env.clone());
        engine.sweep(&SweepOptions::default(), &()).await.unwrap();
        engine.settle(&grant.place, &env.call()).await.unwrap();
        assert_eq!(desk.grant(grant.id).await, ended);
        assert_eq!(desk.subject.world.removals(&desk.guest()), removals);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn what_was_given_by_hand_has_a_step_of_its_own() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish().with_also("SFTP account")).await;
        let kind = StepKind::Obligation { grant: grant.id, index: 0 };
        assert_eq!(desk.open_step(kind.clone()).await, None);
        desk.sweep_after(3 * HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        let step = desk.open_step(kind).await.expect("a step of its own");
        assert!(step.manual.as_ref().unwrap().title.contains("SFTP account"));
        desk.engine.step_done(step.id, &boss(), "deleted").await.unwrap();
        let also = desk.grant(grant.id).await.also;
        assert!(matches!(also[0].ended, Some(Proof::Attested { .. })));
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_record_closed_by_force_is_never_called_proven() {
    everywhere(async |desk: Desk| {
        let grant = desk.let_in(desk.wish()).await;
        assert_eq!(
            desk.engine.force_close(grant.id, &boss(), " ").await.unwrap_err().field(),
            Some("reason")
        );
        let closed = desk.engine.force_close(grant.id, &boss(), "the store is gone").await.unwrap();
        assert_eq!(closed.phase, Phase::ForceClosed);
        assert_eq!(closed.end.unwrap().proof, None);
        let before = desk.subject.world.writes();
        desk.sweep_after(3 * HOUR).await;
        assert_eq!(desk.subject.world.writes(), before);
        desk.finish();
    })
    .await;
}

/// A grant of an older version has no baseline: whoever was there perhaps before it is not ours to remove, and the end
/// stays owed until somebody has decided.
#[tokio::test]
async fn a_grant_without_a_baseline_is_ended_by_a_human() {
    use guestpass::grants::{Commit, Move};
    where_native(Operation::Remove, async |desk| {
        desk.merchant_lets_in();
        let mut grant = desk.engine.request(desk.wish()).await.unwrap();
        grant.make(Move::Start).unwrap();
        grant.make(Move::Inside).unwrap();
        desk.ledger.commit(Commit::new().grant(grant.clone())).await.unwrap();
        desk.sweep_after(3 * HOUR).await;
        assert!(desk.is_inside());
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Closing);
        let step = desk.open_step(StepKind::Decision).await.expect("a human is asked");
        desk.subject.world.merchant_removes(&desk.guest());
        desk.engine.step_done(step.id, &boss(), "taken out").await.unwrap();
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        desk.finish();
    })
    .await;
}

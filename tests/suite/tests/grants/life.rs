//! From the wish to the proof.

use guestpass::grants::audit::Head;
use guestpass::grants::{Cause, Phase, StepKind, verify};
use guestpass::{Operation, Proof};

use crate::desk::{DAY, Desk, HOUR, MINUTE, boss, everywhere, store};

fn is_proven(desk: &Desk, proof: Option<&Proof>) {
    match proof {
        Some(Proof::Attested { who, note, .. }) => {
            assert!(!desk.subject.does(Operation::Observe), "what can be looked at is not attested");
            assert_eq!((who.as_str(), note.as_str()), ("boss", "the merchant says so"));
        }
        Some(Proof::Listed { evidence } | Proof::Disabled { evidence }) => {
            assert!(evidence.complete && desk.subject.does(Operation::Observe));
        }
        other => panic!("proven, not {other:?}"),
    }
}

#[tokio::test]
async fn access_opens_and_ends_with_a_proof() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        desk.sweep_after(2 * HOUR).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        let ended = desk.grant(grant.id).await;
        assert_eq!(ended.phase, Phase::Ended);
        let end = ended.end.unwrap();
        assert_eq!(end.cause, Cause::Expired);
        is_proven(&desk, end.proof.as_ref());
        assert!(desk.living().await.is_empty());
        let events = desk.events().await;
        assert_eq!(events.first().map(String::as_str), Some("grant_requested"));
        assert!(
            events.contains(&"baseline_recorded".to_owned()) && events.contains(&"access_ended".to_owned())
        );
        assert!(verify(&*desk.ledger, Head::empty(store()), &[]).await.unwrap().is_sound());
        // Nothing is left to do: no further pass asks anything of the store.
        let before = desk.subject.world.requests().len();
        desk.sweep_after(30 * DAY).await;
        assert_eq!(desk.subject.world.requests().len(), before);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_later_start_sends_nothing_before() {
    everywhere(async |desk| {
        let wish = desk.wish_with_vault().starting(desk.later(HOUR));
        let grant = desk.engine.request(wish).await.unwrap();
        desk.settle(&grant).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Requested);
        desk.sweep_after(30 * MINUTE).await;
        assert!(desk.subject.world.requests().is_empty());
        desk.sweep_after(31 * MINUTE).await;
        desk.people_let_in().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_moved_is_kept() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        desk.engine.extend(grant.id, desk.later(5 * HOUR), &boss(), Some("not done yet")).await.unwrap();
        desk.sweep_after(3 * HOUR).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        assert!(desk.is_inside());
        desk.sweep_after(3 * HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_revoked_grant_ends_now() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        let revoked = desk.engine.revoke(grant.id, &boss(), Some("enough")).await.unwrap();
        assert_eq!(revoked.phase, Phase::Closing);
        desk.settle(&grant).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        let end = desk.grant(grant.id).await.end.unwrap();
        assert_eq!(
            (end.cause, end.by, end.reason.as_deref()),
            (Cause::Revoked, Some(boss()), Some("enough"))
        );
        is_proven(&desk, end.proof.as_ref());
        desk.finish();
    })
    .await;
}

/// An invitation that nobody answered, a step that nobody took: proven unused.
#[tokio::test]
async fn what_nobody_answers_lapses_and_is_proven_unused() {
    everywhere(async |desk| {
        desk.known.policy.lock().unwrap().patience = Some(HOUR);
        let wish = desk.wish_for(9 * HOUR);
        let grant = desk.engine.request(wish).await.unwrap();
        desk.settle(&grant).await;
        if desk.grant(grant.id).await.phase == Phase::Active {
            // Nobody has to answer anything here, so nothing lapses.
            desk.sweep_after(2 * HOUR).await;
            assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
            return;
        }
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Awaiting);
        desk.sweep_after(2 * HOUR).await;
        desk.people_take_out().await;
        let lapsed = desk.grant(grant.id).await;
        assert_eq!(lapsed.phase, Phase::NeverOpened, "{:?}", desk.open_steps().await);
        let end = lapsed.end.unwrap();
        assert_eq!(end.cause, Cause::Lapsed);
        is_proven(&desk, end.proof.as_ref());
        assert!(!desk.is_inside());
        assert_eq!(desk.open_step(StepKind::Entry).await, None);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_or_declined_grant_is_proven_unused() {
    everywhere(async |desk| {
        for withdraw in [true, false] {
            let grant = desk.engine.request(desk.wish()).await.unwrap();
            desk.settle(&grant).await;
            if desk.grant(grant.id).await.phase == Phase::Active {
                // Whoever is inside at once has used it: it is revoked, not taken back.
                let error = desk.engine.withdraw(grant.id, &boss(), None).await.unwrap_err();
                assert_eq!(error.kind(), guestpass::ErrorKind::Conflict, "{error}");
                return;
            }
            let ending = if withdraw {
                desk.engine.withdraw(grant.id, &boss(), None).await
            } else {
                desk.engine.decline(grant.id, &boss(), Some("no")).await
            };
            assert_eq!(ending.unwrap().phase, Phase::Closing);
            desk.settle(&grant).await;
            desk.people_take_out().await;
            let ended = desk.grant(grant.id).await;
            assert_eq!(ended.phase, Phase::NeverOpened);
            is_proven(&desk, ended.end.unwrap().proof.as_ref());
            assert!(!desk.is_inside());
        }
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_pause_takes_the_access_away_and_its_end_brings_it_back() {
    everywhere(async |desk| {
        let wish = desk.wish_for(9 * DAY);
        let grant = desk.let_in(wish).await;
        desk.engine.suspend(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Suspended);
        let step = desk.open_step(StepKind::Pause).await;
        assert_eq!(step.is_none(), !desk.is_inside(), "off, or asked for: {step:?}");
        if let Some(step) = &step {
            desk.engine.step_done(step.id, &boss(), "off").await.unwrap();
            desk.settle(&grant).await;
        }
        desk.engine.resume(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        match desk.open_step(StepKind::Pause).await {
            Some(step) => drop(desk.engine.step_done(step.id, &boss(), "on").await.unwrap()),
            None => desk.people_let_in().await,
        }
        desk.sweep_after(20 * MINUTE).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        assert!(desk.is_inside());
        desk.engine.revoke(grant.id, &boss(), None).await.unwrap();
        desk.settle(&grant).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        desk.finish();
    })
    .await;
}

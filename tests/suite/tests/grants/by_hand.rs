//! Steps that people take.

use guestpass::grants::{Phase, StepEnd, StepKind};
use guestpass::{ErrorKind, Operation, Proof, StepCheck};

use crate::desk::{DAY, HOUR, boss, everywhere, where_native};

#[tokio::test]
async fn a_step_is_opened_once_and_its_word_is_recorded_as_said() {
    everywhere(async |desk| {
        if desk.subject.does(Operation::Invite) {
            return;
        }
        let grant = desk.engine.request(desk.wish_for(DAY)).await.unwrap();
        for _ in 0..3 {
            desk.settle(&grant).await;
        }
        let steps = desk.open_steps().await;
        assert_eq!(steps.len(), 1, "{steps:?}");
        let step = steps.into_iter().next().unwrap();
        assert_eq!(step.kind, StepKind::Entry);
        desk.subject.world.people_let_in(&desk.guest());
        let done = desk.engine.step_done(step.id, &boss(), "by phone").await.unwrap();
        let Some(StepEnd::Done { proof: Proof::Attested { who, note, at } }) = done.closed else {
            panic!("recorded as said, not {:?}", done.closed)
        };
        assert_eq!((who.as_str(), note.as_str(), at), ("boss", "by phone", desk.now()));
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        let again = desk.engine.step_done(step.id, &boss(), "again").await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::Conflict);
        desk.finish();
    })
    .await;
}

/// What can be looked at is not believed: a removal that nobody made stays owed.
#[tokio::test]
async fn a_word_about_an_exit_does_not_stand_in_for_a_look() {
    where_native(Operation::Observe, async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        desk.sweep_after(3 * HOUR).await;
        let Some(step) = desk.open_step(StepKind::Exit).await else { return };
        assert!(matches!(step.manual.as_ref().unwrap().check, StepCheck::Observe(_)));
        let checked = desk.engine.step_check(step.id, &desk.subject.call()).await.unwrap();
        assert_eq!(checked.closed, None, "a look shows that it was not done");
        desk.engine.step_done(step.id, &boss(), "done, really").await.unwrap();
        desk.sweep_after(HOUR).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Closing);
        let step = desk.open_step(StepKind::Exit).await.expect("asked for again");
        desk.subject.world.merchant_removes(&desk.guest());
        let checked = desk.engine.step_check(step.id, &desk.subject.call()).await.unwrap();
        assert!(matches!(checked.closed, Some(StepEnd::Done { proof: Proof::Listed { .. } })));
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_role_that_was_set_by_hand_is_seen() {
    where_native(Operation::Invite, async |desk| {
        let grant = desk.let_in(desk.wish_for(DAY)).await;
        let Some(step) = desk.open_step(StepKind::FollowUp).await else { return };
        let permissions = desk.subject.world.ordinary_permissions();
        let checked = desk.engine.step_check(step.id, &desk.subject.call()).await.unwrap();
        assert_eq!(checked.closed, None);
        desk.subject.world.merchant_sets_permissions(&desk.guest(), &permissions);
        let checked = desk.engine.step_check(step.id, &desk.subject.call()).await.unwrap();
        assert!(matches!(checked.closed, Some(StepEnd::Done { .. })), "{:?}", grant.role);
        desk.finish();
    })
    .await;
}

//! Answers that never came, and processes that never came back.

use guestpass::Operation;
use guestpass::grants::{Checkpoint, Durable, Moment, Phase};
use guestpass_testkit::{Fault, On};

use crate::desk::{DAY, Desk, HOUR, MINUTE, where_native};

fn sees_invitations(desk: &Desk) -> bool {
    desk.subject.does(Operation::ObserveInvitation)
}

/// The platform did it, and nobody heard: there is one invitation, and it ends.
#[tokio::test]
async fn a_lost_answer_to_an_invitation_is_settled() {
    where_native(Operation::Invite, async |desk| {
        desk.subject.world.inject(On::Writes, Fault::LostAnswer, 1);
        let grant = desk.engine.request(desk.wish_for(3 * DAY)).await.unwrap();
        desk.settle(&grant).await;
        for _ in 0..5 {
            desk.sweep_after(20 * MINUTE).await;
        }
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 1);
        desk.subject.world.person_accepts(&desk.guest());
        desk.sweep_after(2 * HOUR).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        desk.sweep_after(3 * DAY).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 1);
        desk.finish();
    })
    .await;
}

/// The request never arrived: it is sent again, once that is proven.
#[tokio::test]
async fn an_invitation_that_never_arrived_is_sent_again_where_a_look_can_tell() {
    where_native(Operation::Invite, async |desk| {
        desk.subject.world.inject(On::Writes, Fault::ConnectionReset, 1);
        let grant = desk.engine.request(desk.wish_for(3 * DAY)).await.unwrap();
        desk.settle(&grant).await;
        for _ in 0..5 {
            desk.sweep_after(20 * MINUTE).await;
        }
        let expected = usize::from(sees_invitations(&desk));
        assert_eq!(desk.subject.world.invitations(&desk.guest()), expected);
        desk.finish();
    })
    .await;
}

/// It arrives late: nothing is sent again before that could have shown.
#[tokio::test]
async fn a_late_invitation_is_waited_for() {
    where_native(Operation::ObserveInvitation, async |desk| {
        if !desk.subject.does(Operation::Invite) {
            return;
        }
        let after = MINUTE;
        desk.subject.world.inject(On::Writes, Fault::LateCommit { after }, 1);
        let grant = desk.engine.request(desk.wish_for(DAY)).await.unwrap();
        let hurried = desk.subject.call().with_timeout(MINUTE / 2);
        let settled = desk.engine.settle(&grant.place, &hurried).await.unwrap();
        assert_eq!(settled.standing, guestpass::grants::Standing::Unfinished);
        desk.forget();
        desk.settle(&grant).await;
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 1);
        // Where a password came with the lost answer, there is a new one.
        let passwords = usize::from(desk.subject.does(Operation::ResetPassword));
        assert_eq!(desk.subject.world.writes(), 1 + passwords, "nothing was sent again");
        let phase = desk.grant(grant.id).await.phase;
        assert!(matches!(phase, Phase::Awaiting | Phase::Active), "{phase}");
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_to_a_removal_is_proven() {
    where_native(Operation::Remove, async |desk| {
        for fault in [Fault::LostAnswer, Fault::ConnectionReset] {
            let grant = desk.let_in(desk.wish()).await;
            desk.subject.world.inject(On::Writes, fault, 1);
            desk.sweep_after(2 * HOUR).await;
            for _ in 0..3 {
                desk.sweep_after(15 * MINUTE).await;
            }
            assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
            assert!(!desk.is_inside());
        }
        desk.finish();
    })
    .await;
}

/// Lets the work be dropped at one point, as a process that dies would.
#[derive(Debug)]
struct DiesAt(Durable, Moment);

impl Checkpoint for DiesAt {
    fn at(&self, step: Durable, moment: Moment) {
        if (step, moment) == (self.0, self.1) {
            std::panic::panic_any("the process dies here");
        }
    }
}

const STEPS: [Durable; 7] = [
    Durable::Time,
    Durable::Look,
    Durable::Intent,
    Durable::Invite,
    Durable::Remove,
    Durable::Outcome,
    Durable::Schedule,
];

/// Wherever a process dies, another one goes on: one invitation at most, and the access ends.
#[tokio::test]
async fn wherever_a_process_dies_another_one_goes_on() {
    use std::sync::Arc;
    for (step, moment) in STEPS.into_iter().flat_map(|step| [(step, Moment::Before), (step, Moment::After)]) {
        where_native(Operation::Invite, async |desk| {
            println!("dying {moment:?} {step:?}");
            let mortal = desk.another_host().with_checkpoint(Arc::new(DiesAt(step, moment)));
            let grant = desk.engine.request(desk.wish_for(DAY)).await.unwrap();
            dies_in(mortal.clone(), &desk, &grant).await;
            for _ in 0..4 {
                desk.sweep_after(20 * MINUTE).await;
            }
            let invitations = desk.subject.world.invitations(&desk.guest());
            assert!(invitations <= 1, "{invitations} invitations");
            if sees_invitations(&desk) {
                assert_eq!(invitations, 1);
            }
            if invitations == 1 {
                desk.subject.world.person_accepts(&desk.guest());
            }
            desk.subject.clock.advance(2 * DAY);
            dies_in(mortal, &desk, &grant).await;
            for _ in 0..6 {
                desk.sweep_after(2 * HOUR).await;
            }
            assert!(!desk.is_inside());
            let ended = desk.grant(grant.id).await;
            if sees_invitations(&desk) || invitations == 1 {
                assert!(matches!(ended.phase, Phase::Ended | Phase::NeverOpened), "{ended:?}");
            } else {
                assert!(ended.phase.is_owed() || ended.phase.is_over());
            }
            desk.finish();
        })
        .await;
    }
}

async fn dies_in(mortal: guestpass::grants::Engine, desk: &Desk, grant: &guestpass::grants::Grant) {
    let (place, cx) = (grant.place.clone(), desk.subject.call());
    // Whether it gets to the point where it dies is not the same on every platform.
    let _ = tokio::spawn(async move { mortal.settle(&place, &cx).await.map(drop) }).await;
    desk.forget();
    // Its lease lapses.
    desk.subject.clock.advance(10 * MINUTE);
}

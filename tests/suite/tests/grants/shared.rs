//! Several grants of one subject, and people who were there before us.

use guestpass::grants::{Cause, Former, GrantRequest, Ledger, Phase, StepKind};
use guestpass::{AccessState, Change, Operation, Person, Proof, RoleSpec, Told};

use crate::desk::{DAY, Desk, HOUR, boss, everywhere, handle, store, where_native};

/// Two people of ours behind one team mailbox.
fn add_colleague(desk: &Desk) {
    let mut colleague = desk.subject.guest();
    colleague.handle = handle("gus");
    colleague.shared = true;
    desk.known.people.lock().unwrap().insert(handle("gus"), colleague);
}

fn wish_of(desk: &Desk, person: &str, hours: u32) -> GrantRequest {
    GrantRequest::new(store(), handle(person), desk.later(HOUR * hours)).with_role("support")
}

#[tokio::test]
async fn the_last_grant_of_a_shared_mailbox_ends_the_access() {
    everywhere(async |desk| {
        add_colleague(&desk);
        let first = desk.let_in(wish_of(&desk, "gina", 2)).await;
        let writes = desk.subject.world.writes();
        let second = desk.engine.request(wish_of(&desk, "gus", 9)).await.unwrap();
        desk.settle(&second).await;
        assert_eq!(desk.grant(second.id).await.phase, Phase::Active, "who is inside is inside");
        assert_eq!(desk.subject.world.writes(), writes);
        desk.sweep_after(3 * HOUR).await;
        assert_eq!(desk.grant(first.id).await.phase, Phase::Ended);
        assert_eq!(desk.grant(second.id).await.phase, Phase::Active);
        assert!(desk.is_inside());
        assert_eq!(desk.subject.world.writes(), writes, "the earlier end takes nothing from the later one");
        desk.sweep_after(9 * HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(second.id).await.phase, Phase::Ended);
        assert!(!desk.is_inside());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn an_earlier_end_brings_the_highest_remaining_role() {
    everywhere(async |desk| {
        let low = desk.let_in(desk.wish_for(3 * DAY)).await;
        for step in desk.open_steps().await {
            // The role that was set by hand with the entry.
            desk.engine.step_done(step.id, &boss(), "set").await.unwrap();
        }
        let high = desk.engine.request(desk.wish_for(DAY).with_role("lead")).await.unwrap();
        desk.settle(&high).await;
        let role = async || {
            let holding = desk.ledger.holding(&store(), &high.place.subject).await.unwrap();
            holding.unwrap().role
        };
        assert_eq!(role().await.as_deref(), Some("lead"));
        assert_eq!(desk.grant(high.id).await.phase, Phase::Active);
        let by_hand = !desk.subject.does(Operation::SetRole);
        assert_eq!(desk.open_step(StepKind::FollowUp).await.is_some(), by_hand);
        for step in desk.open_steps().await {
            desk.engine.step_done(step.id, &boss(), "set").await.unwrap();
        }
        desk.sweep_after(2 * DAY).await;
        assert_eq!(role().await.as_deref(), Some("support"));
        if by_hand {
            assert_eq!(desk.grant(high.id).await.phase, Phase::Closing, "nobody has taken the role away yet");
            let step = desk.open_step(StepKind::FollowUp).await.expect("a step that takes it away");
            desk.engine.step_done(step.id, &boss(), "set back").await.unwrap();
            desk.sweep_after(HOUR).await;
        }
        assert_eq!(desk.grant(high.id).await.phase, Phase::Ended);
        assert_eq!(desk.grant(low.id).await.phase, Phase::Active);
        assert!(desk.is_inside());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn of_roles_that_nobody_ranked_the_present_one_stays_and_a_human_decides() {
    everywhere(async |desk| {
        for (_, rank) in desk.known.roles.lock().unwrap().values_mut() {
            *rank = None;
        }
        let first = desk.let_in(desk.wish_for(DAY)).await;
        let second = desk.engine.request(desk.wish_for(3 * DAY).with_role("lead")).await.unwrap();
        desk.settle(&second).await;
        let role = async || {
            let holding = desk.ledger.holding(&store(), &second.place.subject).await.unwrap();
            holding.unwrap().role
        };
        assert_eq!(role().await.as_deref(), Some("support"));
        assert_eq!(desk.open_step(StepKind::Decision).await, None);
        desk.engine.revoke(first.id, &boss(), None).await.unwrap();
        desk.settle(&first).await;
        // One role is left: that one is right.
        assert_eq!(role().await.as_deref(), Some("lead"));
        assert!(desk.is_inside());
        desk.finish();
    })
    .await;
}

/// Whoever was inside before us is inside after us.
#[tokio::test]
async fn whoever_was_there_before_us_stays_and_gets_their_role_back() {
    where_native(Operation::Observe, async |desk| {
        desk.merchant_lets_in();
        let permissions = desk.subject.world.ordinary_permissions();
        desk.subject.world.merchant_sets_permissions(&desk.guest(), &permissions);
        let before = desk.subject.world.inside();
        let grant = desk.engine.request(desk.wish()).await.unwrap();
        desk.settle(&grant).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active, "{:?}", desk.open_steps().await);
        let holding = desk.ledger.holding(&store(), &grant.place.subject).await.unwrap().unwrap();
        assert!(matches!(holding.former, Some(Former::Present { .. })), "{holding:?}");
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 0);
        desk.sweep_after(3 * HOUR).await;
        if let Some(step) = desk.open_step(StepKind::Exit).await {
            // The role is brought back by hand.
            desk.engine.step_done(step.id, &boss(), "as before").await.unwrap();
            desk.sweep_after(HOUR).await;
        }
        let ended = desk.grant(grant.id).await;
        assert_eq!(ended.phase, Phase::Ended, "{:?} {:?}", desk.open_steps().await, desk.events().await);
        let proof = ended.end.unwrap().proof;
        assert!(matches!(proof, Some(Proof::Restored { .. } | Proof::Attested { .. })), "{proof:?}");
        assert_eq!(desk.subject.world.inside(), before);
        assert_eq!(desk.subject.world.removals(&desk.guest()), 0);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn found_access_is_made_into_a_grant_and_ends_like_one() {
    everywhere(async |desk| {
        if desk.subject.does(Operation::Observe) {
            let error = desk.engine.adopt(desk.wish(), &desk.subject.call()).await.unwrap_err();
            assert_eq!(error.kind(), guestpass::ErrorKind::NotFound);
        }
        desk.merchant_lets_in();
        let grant = desk.engine.adopt(desk.wish(), &desk.subject.call()).await.unwrap();
        assert!(grant.adopted && grant.phase == Phase::Active);
        desk.sweep_after(3 * HOUR).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        let ended = desk.grant(grant.id).await;
        assert_eq!(ended.phase, Phase::Ended);
        assert_eq!(ended.end.unwrap().cause, Cause::Expired);
        desk.finish();
    })
    .await;
}

/// Ids and addresses beside the first one belong to the same person.
#[tokio::test]
async fn a_second_address_is_the_same_person() {
    where_native(Operation::Remove, async |desk| {
        let second: guestpass::Email = "gina@old-agency.example".parse().unwrap();
        desk.subject.world.merchant_adds(&second);
        let mut gina: Person = desk.subject.guest().with_other_email(second.clone());
        if let Some(account) = desk.subject.world.account(&second) {
            gina.accounts.insert(desk.subject.factory.id().clone(), account);
        }
        desk.known.people.lock().unwrap().insert(handle("gina"), gina);
        let mut wish = desk.wish();
        wish.role = None;
        let grant = desk.engine.request(wish).await.unwrap();
        desk.settle(&grant).await;
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 0, "they are inside already");
        desk.sweep_after(3 * HOUR).await;
        assert!(desk.subject.world.is_inside(&second), "and were before us");
        desk.finish();
    })
    .await;
}

/// Who was switched off before us is switched off after us, and has the role that they had.
#[tokio::test]
async fn whoever_was_switched_off_before_us_is_so_again() {
    where_native(Operation::SetActive, async |desk| {
        desk.merchant_lets_in();
        let (provider, cx) = (desk.subject.connect(), desk.subject.call());
        let target = desk.subject.target();
        let former = RoleSpec::new("former").with_platform_role("4");
        provider.change(&target, &Change::SetRole(former), &cx).await.unwrap();
        provider.change(&target, &Change::SetActive(false), &cx).await.unwrap();
        assert!(!desk.is_inside());

        let grant = desk.let_in(desk.wish()).await;
        let inside = provider.observe(&target, &cx).await.unwrap();
        assert_eq!(inside.state.account().unwrap().roles, Told::Known(vec!["5".to_owned()]));
        desk.sweep_after(3 * HOUR).await;
        let ended = desk.grant(grant.id).await;
        assert_eq!(ended.phase, Phase::Ended);
        let proof = ended.end.unwrap().proof;
        assert!(matches!(proof, Some(Proof::Disabled { .. } | Proof::Restored { .. })), "{proof:?}");
        let after = provider.observe(&target, &cx).await.unwrap();
        let AccessState::Suspended { account } = after.state else { panic!("off, not {:?}", after.state) };
        assert_eq!(account.roles, Told::Known(vec!["4".to_owned()]));
        desk.finish();
    })
    .await;
}

//! Orders that make no sense are refused before anything is written, and rules are kept.

use guestpass::grants::{GrantRequest, Ledger, Phase, Principal};
use guestpass::{ErrorKind, StoreHandle};

use crate::desk::{DAY, Desk, HOUR, boss, everywhere, handle, store};

async fn refused(desk: &Desk, wish: GrantRequest, field: &str) {
    let error = desk.engine.request(wish).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some(field)), "{error}");
}

#[tokio::test]
async fn nonsense_is_refused_before_anything_is_written() {
    everywhere(async |desk| {
        let past = desk.now().saturating_sub(HOUR).unwrap();
        refused(&desk, GrantRequest::new(store(), handle("gina"), past), "ends_at").await;
        refused(&desk, desk.wish().starting(desk.later(3 * HOUR)), "ends_at").await;
        let elsewhere = StoreHandle::new("nowhere").unwrap();
        refused(&desk, GrantRequest::new(elsewhere, handle("gina"), desk.later(HOUR)), "store").await;
        refused(&desk, GrantRequest::new(store(), handle("nobody"), desk.later(HOUR)), "person").await;
        refused(&desk, desk.wish().with_role("emperor"), "role").await;
        refused(&desk, desk.wish().delivering_to("nowhere"), "deliver_to").await;
        {
            let mut policy = desk.known.policy.lock().unwrap();
            policy.longest = Some(HOUR);
            policy.needs_ticket = true;
        }
        refused(&desk, desk.wish(), "ends_at").await;
        refused(&desk, desk.wish_for(HOUR), "ticket").await;
        assert!(desk.living().await.is_empty() && desk.events().await.is_empty());
        assert_eq!(desk.ledger.person(&handle("gina")).await.unwrap(), None);
        assert!(desk.subject.world.requests().is_empty());
        desk.engine.request(desk.wish_for(HOUR).for_ticket("4711")).await.unwrap();
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn what_needs_approval_waits_for_it_and_nobody_known_approves_their_own() {
    everywhere(async |desk| {
        {
            let mut policy = desk.known.policy.lock().unwrap();
            policy.needs_approval = true;
            policy.separate_approver = true;
        }
        let sam = Principal::authenticated("sam");
        let grant = desk.engine.request(desk.wish_with_vault().requested_by(sam.clone())).await.unwrap();
        desk.settle(&grant).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Requested);
        assert!(desk.subject.world.requests().is_empty());
        let error = desk.engine.approve(grant.id, &sam).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        // Two words that nobody checked prove nothing, either way.
        let approved = desk.engine.approve(grant.id, &Principal::stated("sam")).await.unwrap();
        assert_eq!(approved.approved_by, Some(Principal::stated("sam")));
        desk.settle(&grant).await;
        desk.people_let_in().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
        let late = desk.engine.approve(grant.id, &boss()).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn what_nobody_approved_ends_unopened() {
    everywhere(async |desk| {
        desk.known.policy.lock().unwrap().needs_approval = true;
        let grant = desk.engine.request(desk.wish_with_vault()).await.unwrap();
        desk.sweep_after(DAY).await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::NeverOpened);
        let other = desk.engine.request(desk.wish_with_vault()).await.unwrap();
        let declined = desk.engine.decline(other.id, &boss(), Some("no")).await.unwrap();
        assert_eq!(declined.phase, Phase::NeverOpened);
        assert!(desk.subject.world.requests().is_empty());
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn an_order_about_what_is_over_is_refused() {
    everywhere(async |desk| {
        let grant = desk.engine.request(desk.wish()).await.unwrap();
        desk.engine.withdraw(grant.id, &boss(), None).await.unwrap();
        for error in [
            desk.engine.revoke(grant.id, &boss(), None).await.unwrap_err(),
            desk.engine.extend(grant.id, desk.later(DAY), &boss(), None).await.unwrap_err(),
            desk.engine.resume(grant.id, &boss(), None).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
        desk.finish();
    })
    .await;
}

//! Tokens for shoppers.

use guestpass::rotation::{Death, FoundIssued, RetireOutcome};
use guestpass::{ErrorKind, Proof};
use guestpass_testkit::fakes::Verdict;
use guestpass_testkit::fakes::bigcommerce::StorefrontTokenKind;
use guestpass_testkit::{Fault, On};

use super::*;

#[tokio::test]
async fn a_new_one_works_beside_the_old_one_which_is_dead_in_the_end() {
    for kind in [PRIVATE, IMPERSONATION] {
        let scene = Scene::new().await;
        let (slot, cx, rotator) = (token_slot(kind), scene.cx(), scene.rotator());
        let old = scene.issue(&slot).await;
        let old = rotator.inspect(&slot, &old, &cx).await.unwrap();
        let new = scene.issue(&slot).await;
        let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
        assert!(verified.untried.is_none() && verified.warnings.is_empty(), "{verified:?}");
        assert!([&old, &new].iter().all(|token| scene.fake.storefront_token_works(text(token))));

        assert_eq!(rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap(), RetireOutcome::Accepted);
        assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive, "it is scheduled");
        scene.fake.forward(Duration::from_secs(5));
        let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
        assert!(matches!(death, Death::Dead { proof: Proof::CredentialDead { .. } }), "{death:?}");
        assert!(!scene.fake.storefront_token_works(text(&old)));
        assert!(scene.fake.storefront_token_works(text(&new)));
        let error = rotator.inspect(&slot, &old, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        let minted = scene.fake.storefront_tokens(scene.hash());
        assert_eq!(minted.len(), 2);
        assert_eq!(minted[1].expires_at, scene.in_days(30).as_second());
        assert_eq!(minted[1].channel_ids, [1]);
    }
}

#[tokio::test]
async fn a_token_for_browsers_is_put_in_place_untried_and_says_so() {
    let scene = Scene::new().await;
    let (slot, cx, rotator) = (token_slot(STOREFRONT), scene.cx(), scene.rotator());
    let old = scene.issue(&slot).await;
    let old = rotator.inspect(&slot, &old, &cx).await.unwrap();
    let new = scene.issue(&slot).await;
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert!(verified.untried.unwrap().contains("2026-06-30"));
    assert_eq!(held(&verified.rights, "server-to-server"), Some(Held::No));
    assert!(verified.warnings[0].contains("private-token"), "{:?}", verified.warnings);
    assert!(scene.fake.storefront_token_works(text(&new)), "a browser may use it");

    assert_eq!(rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap(), RetireOutcome::Accepted);
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::DiesAt { at: old.expires_at.unwrap() }, "a refusal proves nothing before that");
    scene.clock.advance(DAY * 31);
    let cx = scene.cx();
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::DiesAt { at: old.expires_at.unwrap() }, "our own clock proves nothing either");
    let again = rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AtExpiry { at: old.expires_at });
    assert_eq!(rotator.inspect(&slot, &old, &cx).await.unwrap().rights, []);
}

#[tokio::test]
async fn a_token_that_serves_servers_shows_what_its_successor_lacks_and_can_be_proven_dead() {
    let scene = Scene::new().await;
    let (slot, cx, rotator) = (token_slot(STOREFRONT), scene.cx(), scene.rotator());
    let made: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let end = scene.in_days(400);
    let old = scene.fake.add_storefront_token(scene.hash(), StorefrontTokenKind::Storefront, made, end);
    let old = rotator.inspect(&slot, &holding(&old), &cx).await.unwrap();
    assert_eq!(held(&old.rights, "server-to-server"), Some(Held::Yes));
    assert_eq!(old.expires_at, Some(end), "nobody told, but the token says so");
    let new = scene.issue(&slot).await;
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert_eq!(held(&verified.rights, "server-to-server"), Some(Held::No));

    rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap();
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.fake.forward(Duration::from_secs(5));
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { .. }), "it worked here before: {death:?}");
    // Once the rule holds for all, a refusal proves nothing any more.
    scene.clock.advance(DAY * 150);
    let cx = scene.cx();
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::DiesAt { at: end });
}

#[tokio::test]
async fn where_the_rule_is_not_enforced_a_token_for_browsers_is_tried() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.servers_need_private_tokens = false);
    let (slot, cx, rotator) = (token_slot(STOREFRONT), scene.cx(), scene.rotator());
    let new = scene.issue(&slot).await;
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert_eq!(verified.untried, None);
    assert_eq!(held(&verified.rights, "server-to-server"), Some(Held::Yes));
}

#[tokio::test]
async fn a_lost_answer_is_not_sent_again_and_nothing_can_look_for_it() {
    for kind in [STOREFRONT, PRIVATE, IMPERSONATION] {
        for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(500), Fault::EmptyBody, Fault::Truncated] {
            let scene = Scene::new().await;
            let slot = token_slot(kind);
            scene.fake.inject(On::Writes, fault.clone(), 1);
            let error = scene.order(&slot, Some(scene.in_days(30))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}");
            assert_eq!(scene.fake.storefront_tokens(scene.hash()).len(), 1, "{fault:?}");
            let tag = Tag::random();
            let found = scene.rotator().find_issued(&IssueOrder::new(&slot, &tag), &scene.cx()).await;
            assert!(matches!(found.unwrap(), FoundIssued::CannotLook));
            assert_eq!(scene.fake.writes(), 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_lost_revocation_may_be_asked_for_again_however_that_is_answered() {
    for second in [Verdict::Error, Verdict::Success] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.second_revocation = second);
        let (slot, cx, rotator) = (token_slot(PRIVATE), scene.cx(), scene.rotator());
        let old = scene.issue(&slot).await;
        scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
        let error = rotator.retire(&slot, &old, None, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert_eq!(scene.fake.writes(), 2, "it was sent once");
        scene.fake.forward(Duration::from_secs(5));
        let again = rotator.retire(&slot, &old, None, &cx).await.unwrap();
        let wanted = match second {
            Verdict::Success => RetireOutcome::Accepted,
            Verdict::Error => RetireOutcome::AlreadyGone,
        };
        assert_eq!(again, wanted);
        let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
        assert!(matches!(death, Death::Dead { .. }), "{death:?}");
    }
}

#[tokio::test]
async fn one_that_cannot_be_revoked_dies_at_its_end() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.impersonation_revocable = false);
    let (slot, cx, rotator) = (token_slot(IMPERSONATION), scene.cx(), scene.rotator());
    let old = scene.issue(&slot).await;
    let outcome = rotator.retire(&slot, &old, None, &cx).await.unwrap();
    assert_eq!(outcome, RetireOutcome::AtExpiry { at: old.expires_at });
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    scene.clock.advance(DAY * 30);
    let cx = scene.cx();
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { .. }), "{death:?}");
    // Expired and unknown to the platform: nothing more is to be done.
    assert_eq!(rotator.retire(&slot, &old, None, &cx).await.unwrap(), RetireOutcome::AlreadyGone);
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_leaves_its_end_or_a_step() {
    let scene = Scene::new().await;
    let (slot, cx, rotator) = (token_slot(PRIVATE), scene.cx(), scene.rotator());
    let mut old = Credential::new();
    let error = rotator.inspect(&slot, &old, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let RetireOutcome::ActionRequired(step) = rotator.retire(&slot, &old, None, &cx).await.unwrap() else {
        panic!("somebody must act");
    };
    assert!(step.to_string().contains("Sf-Api-Token"), "{step}");
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::CannotTell { .. }), "{death:?}");
    old.expires_at = Some(scene.in_days(3));
    let outcome = rotator.retire(&slot, &old, None, &cx).await.unwrap();
    assert_eq!(outcome, RetireOutcome::AtExpiry { at: old.expires_at });
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::DiesAt { at: scene.in_days(3) });
    assert_eq!(scene.fake.requests().len(), 0);
}

#[tokio::test]
async fn a_new_one_that_has_not_arrived_yet_is_refused_for_now() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.storefront_token_delay = Duration::from_secs(20));
    let (slot, cx, rotator) = (token_slot(PRIVATE), scene.cx(), scene.rotator());
    let new = scene.issue(&slot).await;
    let error = rotator.verify(&slot, &new, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    let info = rotator.kinds().into_iter().find(|info| info.kind == slot.kind).unwrap();
    assert!(info.visible_after >= Duration::from_secs(20));
    scene.fake.forward(Duration::from_secs(20));
    rotator.verify(&slot, &new, &cx).await.unwrap();
}

#[tokio::test]
async fn a_token_of_another_store_is_found_out() {
    let scene = Scene::new().await;
    let (slot, cx, rotator) = (token_slot(PRIVATE), scene.cx(), scene.rotator());
    let other = scene.fake.add_storefront_token(
        "demo2outlet",
        StorefrontTokenKind::Private,
        scene.now(),
        scene.in_days(9),
    );
    let error = rotator.verify(&slot, &holding(&other), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let error = rotator.inspect(&slot, &holding(&other), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    // At the address of this store alone it is refused outright.
    let here = slot
        .with_text("storefront_url", format!("{}/storefronts/{}/graphql", scene.fake.uri(), scene.hash()));
    let error = rotator.verify(&here, &holding(&other), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

#[tokio::test]
async fn a_private_token_that_may_not_read_the_shop_is_alive_all_the_same() {
    for as_401 in [false, true] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.storefront_errors_as_401 = as_401);
        let slot = slot(PRIVATE).with_text("channel_id", "1").with_text("scopes", "B2B");
        let (cx, rotator) = (scene.cx(), scene.rotator());
        let new = scene.issue(&slot).await;
        let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
        let shop = held(&verified.rights, "Unauthenticated");
        // Where every error is a 401, no code tells that it is the scope that is missing.
        assert_eq!(shop, Some(if as_401 { Held::NotProvable } else { Held::No }));
        assert_eq!(held(&verified.rights, "B2B"), Some(Held::NotProvable));
        assert_eq!(rotator.confirm_retired(&slot, &new, &cx).await.unwrap(), Death::Alive);
    }
}

#[tokio::test]
async fn a_platform_that_fails_says_nothing_about_a_token() {
    let scene = Scene::new().await;
    let (slot, rotator) = (token_slot(PRIVATE), scene.rotator());
    let new = scene.issue(&slot).await;
    for (fault, kind) in [
        (Fault::Status(503), ErrorKind::Unavailable),
        (Fault::Html(403), ErrorKind::PermissionDenied),
        (Fault::Redirect("https://elsewhere.example/".to_owned()), ErrorKind::Protocol),
        (Fault::WrongType, ErrorKind::Protocol),
    ] {
        scene.fake.inject(On::Operation("storefront/graphql".to_owned()), fault.clone(), 10);
        let cx = scene.cx().failing_fast();
        let error = rotator.confirm_retired(&slot, &new, &cx).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}: {error}");
        assert_eq!(error.remedy().contains("storefront_url"), kind != ErrorKind::Unavailable, "{error}");
        while !scene.fake.unfired().is_empty() {
            let _ = rotator.confirm_retired(&slot, &new, &scene.cx().failing_fast()).await;
        }
    }
}

#[tokio::test]
async fn both_forms_of_the_answer_are_read() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.storefront_token_bare = true);
    let new = scene.issue(&token_slot(PRIVATE)).await;
    assert!(scene.fake.storefront_token_works(text(&new)));
}

#[tokio::test]
async fn the_rule_for_servers_may_show_as_a_403_and_proves_nothing_either() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.server_refusal_status = 403);
    let (slot, cx, rotator) = (token_slot(STOREFRONT), scene.cx(), scene.rotator());
    let old = rotator.inspect(&slot, &scene.issue(&slot).await, &cx).await.unwrap();
    let verified = rotator.verify(&slot, &scene.issue(&slot).await, &cx).await.unwrap();
    assert!(verified.untried.is_some());
    rotator.retire(&slot, &old, None, &cx).await.unwrap();
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::DiesAt { at: old.expires_at.unwrap() });
}

#[tokio::test]
async fn a_token_for_browsers_that_is_revoked_twice_dies_at_its_end_at_the_latest() {
    let scene = Scene::new().await;
    let (slot, cx, rotator) = (token_slot(STOREFRONT), scene.cx(), scene.rotator());
    let old = scene.issue(&slot).await;
    assert_eq!(rotator.retire(&slot, &old, None, &cx).await.unwrap(), RetireOutcome::Accepted);
    // The platform says that it knows no such token, and so it would of one that it cannot revoke.
    let again = rotator.retire(&slot, &old, None, &cx).await.unwrap();
    assert_eq!(again, RetireOutcome::AtExpiry { at: old.expires_at });
}

//! Taking somebody out, and who stays.

use crate::common::*;
use guestpass::{AccessProviderExt, Baseline, ErrorKind, Proof, RemovalResult, RemovalScope, RemoveRequest};
use guestpass_testkit::{Fault, On};

#[tokio::test]
async fn a_removal_switches_off_and_nobody_knows_the_password() {
    for version in [V1_6, V8, V9_0] {
        let scene = Scene::of(version).await;
        let shop = scene.shop();
        let entry = granted(shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap().result);
        let before = scene.fields(GINA).await;
        let removal = RemoveRequest::new(target(GINA)).with_baseline(Baseline::Absent);
        let report = shop.ensure_removed(&removal, &scene.cx()).await.unwrap();
        assert!(matches!(report.result, RemovalResult::Removed(Proof::Disabled { .. })), "{report:?}");
        assert!(!scene.gina_now().active);
        assert_ne!(scene.fake.password_of(GINA), password(&entry), "{version:?}");
        assert_eq!(changed(&before, &scene.fields(GINA).await), ["passwd", "active"], "{version:?}");
        let [step] = report.residual.as_slice() else { panic!("what is left: {:?}", report.residual) };
        assert!(step.to_string().contains("UNVERIFIED"), "{step}");
        assert_eq!(scene.fake.writes(), 2);
    }
}

#[tokio::test]
async fn a_deletion_is_proven_by_absence() {
    let scene = Scene::new().await;
    let shop = scene.shop();
    shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap();
    let removal = RemoveRequest::new(target(GINA)).with_baseline(Baseline::Absent).deleting();
    let report = shop.ensure_removed(&removal, &scene.cx()).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(Proof::Listed { .. })), "{report:?}");
    assert!(scene.fake.employee(GINA).is_none());
    let again = shop.ensure_removed(&removal, &scene.cx()).await.unwrap();
    assert!(matches!(again.result, RemovalResult::AlreadyAbsent(Proof::Listed { .. })), "{again:?}");
}

#[tokio::test]
async fn a_deletion_that_somebody_else_did_first_is_done() {
    let scene = Scene::new().await;
    let shop = scene.shop();
    shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap();
    scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
    let removal = RemoveRequest::new(target(GINA)).with_baseline(Baseline::Absent).deleting();
    let report = shop.ensure_removed(&removal, &scene.cx()).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(Proof::Listed { .. })), "{report:?}");
    let error = shop.remove(&removal, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn an_account_that_was_off_may_still_be_deleted() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    scene.fake.set_active(GINA, false);
    let removal = RemoveRequest::new(target(GINA)).deleting();
    let report = scene.shop().ensure_removed(&removal, &scene.cx()).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(Proof::Listed { .. })), "{report:?}");
}

#[tokio::test]
async fn a_super_admin_goes_only_when_named_or_ours() {
    for delete in [false, true] {
        let scene = Scene::new().await;
        let shop = scene.shop();
        let removal = || {
            let removal = RemoveRequest::new(target(GINA));
            if delete { removal.deleting() } else { removal }
        };
        let inside = || scene.fake.employee(GINA).is_some_and(|gina| gina.active);
        for (allowed, request) in [
            (false, removal()),
            (false, removal().with_baseline(Baseline::Present)),
            (true, removal().with_baseline(Baseline::Absent)),
            (true, removal().allowing_privileged()),
        ] {
            if !inside() {
                if scene.fake.employee(GINA).is_some() {
                    scene.fake.remove_employee(GINA);
                }
                scene.fake.add_employee(GINA, "Gina", "Guest", 1);
            }
            let writes = scene.fake.writes();
            match shop.ensure_removed(&request, &scene.cx()).await {
                Ok(_) => assert!(allowed && !inside(), "{request:?}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
                    assert!(!allowed && inside() && scene.fake.writes() == writes, "{request:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_last_super_admin_who_can_sign_in_never_goes() {
    let scene = Scene::new().await;
    let owner = scene.seed.owner_email.clone();
    // Another one who is switched off does not count.
    scene.fake.add_employee(GINA, "Gina", "Guest", 1);
    scene.fake.set_active(GINA, false);
    for removal in [RemoveRequest::new(target(&owner)), RemoveRequest::new(target(&owner)).deleting()] {
        for removal in [
            removal.clone(),
            removal.clone().allowing_privileged(),
            removal.clone().with_baseline(Baseline::Absent),
            removal.allowing_privileged().with_baseline(Baseline::Absent),
        ] {
            let error = scene.shop().ensure_removed(&removal, &scene.cx()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            let error = scene.shop().remove(&removal, &scene.cx()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        }
    }
    assert_eq!(scene.fake.writes(), 0);
    assert!(scene.fake.employee(&owner).unwrap().active);
}

#[tokio::test]
async fn somebody_who_was_promoted_meanwhile_is_left_alone() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    let shop = scene.shop();
    let look = shop.observe(&target(GINA), &scene.cx()).await.unwrap();
    scene.fake.set_profile(GINA, 1);
    for removal in [RemoveRequest::new(target(GINA)), RemoveRequest::new(target(GINA)).deleting()] {
        let removal = removal.with_seen(look.state.account().unwrap().clone());
        let error = shop.remove(&removal, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    }
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn only_a_shop_is_left_at_once() {
    let scene = Scene::new().await;
    let removal = RemoveRequest::new(target(GINA)).with_scope(RemovalScope::Account);
    let error = scene.shop().remove(&removal, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(scene.wire.sent().is_empty());
}

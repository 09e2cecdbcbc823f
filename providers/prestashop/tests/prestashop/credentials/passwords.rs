//! Passwords of employees.

use guestpass::ErrorKind;
use guestpass::rotation::{Credential, Find, FoundIssued, Overlap, Retire, RetireOutcome, Tag, Verify};
use guestpass_testkit::{Fault, On};

use super::*;
use crate::common::{GINA, Scene, V1_6, V8, V9_0, changed};

const KIND: &str = "employee-password";

async fn scene() -> (Scene, u64) {
    let scene = Scene::new().await;
    let id = scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    (scene, id)
}

fn of_gina() -> guestpass::rotation::CredentialSlot {
    slot(KIND).with_text("employee", GINA)
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one_and_nothing_else_changes() {
    for version in [V1_6, V8, V9_0] {
        let scene = Scene::of(version).await;
        let id = scene.fake.add_employee(GINA, "Gina", "Guest", 5);
        let (shop, cx, tag) = (scene.shop(), scene.cx(), Tag::random());
        let rotator = shop.credentials().unwrap();
        for slot in [of_gina(), slot(KIND).with_text("employee", id.to_string())] {
            let (before, former) = (scene.fields(GINA).await, scene.fake.password_of(GINA));
            let old = rotator.inspect(&slot, &Credential::new(), &cx).await.unwrap();
            assert_eq!(old.id, Some(id.to_string()));
            let ours = rotator.make_secret(&slot).unwrap();
            let mut order = order(&slot, &tag, Some(&old));
            order.secret = Some(&ours);
            let made = issued(rotator.issue(&order, &cx).await.unwrap());
            assert_eq!(scene.fake.password_of(GINA).as_deref(), Some(ours.expose()));
            assert_ne!(scene.fake.password_of(GINA), former);
            assert_eq!(changed(&before, &scene.fields(GINA).await), ["passwd"]);
            let verified = rotator.verify(&slot, &credential(&made, &tag, Some(&ours)), &cx).await.unwrap();
            assert!(verified.untried.is_some(), "nothing signs in by API");
            let retired = rotator.retire(&slot, &old, None, &cx).await.unwrap();
            assert_eq!(retired, RetireOutcome::AlreadyGone);
            assert!(is_dead(&rotator.confirm_retired(&slot, &old, &cx).await.unwrap()));
            tells_no_secret(&scene, &[&old, &made, &verified, &rotator]);
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_hash_or_by_setting_the_same_one_again() {
    for fault in [Fault::LostAnswer, Fault::ConnectionReset, Fault::StatusAfterCommit(500), Fault::Truncated]
    {
        let (scene, _) = scene().await;
        let (slot, tag, cx) = (of_gina(), Tag::random(), scene.cx());
        scene.fake.inject(On::Operation("PUT employees".to_owned()), fault.clone(), 1);
        let shop = scene.shop();
        let rotator = shop.credentials().unwrap();
        let ours = rotator.make_secret(&slot).unwrap();
        let mut order = order(&slot, &tag, None);
        order.secret = Some(&ours);
        let error = rotator.issue(&order, &cx).await.unwrap_err();
        assert!(
            error.is_outcome_unknown() && !explained(&error).contains(ours.expose()),
            "{fault:?}: {error}"
        );
        let is_set = scene.fake.password_of(GINA).as_deref() == Some(ours.expose());
        // Another process knows nothing of the hash before.
        let elsewhere = scene.shop();
        let look = elsewhere.credentials().unwrap().find_issued(&order, &cx).await.unwrap();
        assert!(matches!(look, FoundIssued::Nothing), "{fault:?}");
        let look = rotator.find_issued(&order, &cx).await.unwrap();
        assert_eq!(matches!(look, FoundIssued::Found(_)), is_set, "{fault:?}");
        if !is_set {
            issued(rotator.issue(&order, &cx).await.unwrap());
        }
        issued(elsewhere.credentials().unwrap().issue(&order, &cx).await.unwrap());
        assert_eq!(scene.fake.password_of(GINA).as_deref(), Some(ours.expose()), "{fault:?}");
        assert!(scene.fake.unfired().is_empty());
    }
}

#[tokio::test]
async fn super_admins_are_left_alone_unless_named_and_the_last_one_always() {
    let (scene, _) = scene().await;
    let (shop, cx, tag) = (scene.shop(), scene.cx(), Tag::random());
    let rotator = shop.credentials().unwrap();
    let owner = scene.seed.owner_email.clone();
    let before = scene.fake.password_of(&owner);
    let plain = slot(KIND).with_text("employee", &owner);
    let allowed = plain.clone().with_text("allow_privileged", "true");
    let ours = rotator.make_secret(&allowed).unwrap();
    let refused = async |slot: &CredentialSlot| {
        let mut order = order(slot, &tag, None);
        order.secret = Some(&ours);
        rotator.issue(&order, &cx).await.unwrap_err().kind()
    };
    let error = rotator.inspect(&plain, &Credential::new(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(refused(&plain).await, ErrorKind::PermissionDenied);
    assert_eq!(refused(&allowed).await, ErrorKind::PermissionDenied, "the only one");
    assert_eq!(scene.fake.password_of(&owner), before);
    scene.fake.add_employee("second@merchant.example", "Second", "Owner", 1);
    let mut order = order(&allowed, &tag, None);
    order.secret = Some(&ours);
    issued(rotator.issue(&order, &cx).await.unwrap());
    assert_eq!(scene.fake.password_of(&owner).as_deref(), Some(ours.expose()));
}

#[tokio::test]
async fn an_employee_who_is_not_there_or_switched_off_is_a_mistake_and_not_a_dead_password() {
    let (scene, _) = scene().await;
    let (shop, cx) = (scene.shop(), scene.cx());
    let rotator = shop.credentials().unwrap();
    let inspected =
        async |slot: CredentialSlot| rotator.inspect(&slot, &Credential::new(), &cx).await.unwrap_err();
    let nobody = inspected(slot(KIND).with_text("employee", "99")).await;
    assert_eq!((nobody.kind(), nobody.field()), (ErrorKind::Config, Some("employee")));
    assert_eq!(inspected(slot(KIND)).await.field(), Some("employee"), "it is needed");
    let odd = inspected(of_gina().with_text("allow_privileged", "perhaps")).await;
    assert_eq!(odd.field(), Some("allow_privileged"));
    scene.fake.set_active(GINA, false);
    assert_eq!(inspected(of_gina()).await.kind(), ErrorKind::Conflict);
    // Once the new one is set there is no way back, so the same is told and stops nothing.
    let one = Credential::new();
    let warned = rotator.verify(&of_gina(), &one, &cx).await.unwrap().warnings;
    assert!(warned.iter().any(|warning| warning.contains("switched off")), "{warned:?}");
    assert!(is_dead(&rotator.confirm_retired(&of_gina(), &one, &cx).await.unwrap()));
    let gone = slot(KIND).with_text("employee", "99");
    assert_eq!(rotator.verify(&gone, &one, &cx).await.unwrap().warnings.len(), 1);
    assert!(is_dead(&rotator.confirm_retired(&gone, &one, &cx).await.unwrap()));
    scene.fake.set_active(GINA, true);
    scene.fake.add_employee(GINA, "Gina", "Double", 5);
    assert_eq!(inspected(of_gina()).await.kind(), ErrorKind::Conflict, "two of one address");
}

#[tokio::test]
async fn the_kind_says_that_the_old_one_ends_at_once() {
    let (scene, _) = scene().await;
    let shop = scene.shop();
    let info = kind_of(shop.credentials().unwrap(), KIND);
    assert_eq!(
        (info.find, info.retire, info.overlap),
        (Find::CallerMade, Retire::Replaced, Overlap::InPlace)
    );
    assert!(matches!(info.verify, Verify::NotPossible(_)));
}

//! Changing what somebody has, and nothing else of theirs.

use crate::common::*;
use guestpass::{Change, ChangeOutcome, ErrorKind, RoleSpec};
use guestpass_testkit::{Fault, On};

const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

fn sales() -> Change {
    Change::SetRole(RoleSpec::new("seller").with_platform_role("4"))
}

#[tokio::test]
async fn a_change_leaves_every_other_field_as_it_was() {
    for version in [V1_6, V8, V9_0] {
        for (change, fields) in [
            (Change::SetActive(false), vec!["active"]),
            (sales(), vec!["id_profile"]),
            (Change::ResetPassword, vec!["passwd"]),
        ] {
            let scene = Scene::of(version).await;
            scene.fake.add_employee(GINA, "Gi&na", "O'Guest", 5);
            if version != V1_6 {
                scene.fake.set_reset_token(GINA, TOKEN);
            }
            let before = scene.fields(GINA).await;
            scene.shop().change(&target(GINA), &change, &scene.cx()).await.unwrap();
            assert_eq!(changed(&before, &scene.fields(GINA).await), fields, "{version:?} {change:?}");
            assert_eq!(scene.fake.writes(), 1);
        }
    }
}

#[tokio::test]
async fn who_is_suspended_and_resumed_keeps_the_password() {
    let scene = Scene::new().await;
    let id = scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    let known = scene.fake.password_of(GINA);
    for active in [false, true, true] {
        let outcome =
            scene.shop().change(&account(id), &Change::SetActive(active), &scene.cx()).await.unwrap();
        assert_eq!(outcome, ChangeOutcome::Accepted);
        assert_eq!(scene.gina_now().active, active);
    }
    assert_eq!(scene.fake.password_of(GINA), known);
    assert_eq!(scene.fake.writes(), 2, "what is so already is not written");
}

#[tokio::test]
async fn a_new_password_is_told_once_and_works() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    let outcome = scene.shop().change(&target(GINA), &Change::ResetPassword, &scene.cx()).await.unwrap();
    let ChangeOutcome::Renewed(entry) = outcome else { panic!("renewed, not {outcome:?}") };
    assert_eq!(password(&entry), scene.fake.password_of(GINA));
    assert!(!format!("{entry:?}").contains(&password(&entry).unwrap()));
}

#[tokio::test]
async fn super_admin_is_given_on_an_explicit_word_only() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    let boss = RoleSpec::new("boss").with_platform_role("SuperAdmin");
    let error =
        scene.shop().change(&target(GINA), &Change::SetRole(boss.clone()), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(scene.wire.sent().is_empty());
    let named = Change::SetRole(boss.allowing_privileged());
    scene.shop().change(&target(GINA), &named, &scene.cx()).await.unwrap();
    assert_eq!(scene.gina_now().profile, 1);
}

#[tokio::test]
async fn the_last_super_admin_is_neither_switched_off_nor_demoted_nor_shut_out() {
    let scene = Scene::new().await;
    let owner = scene.seed.owner_email.clone();
    for change in [Change::SetActive(false), sales(), Change::ResetPassword] {
        let error = scene.shop().change(&target(&owner), &change, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{change:?}: {error}");
    }
    assert_eq!(scene.fake.writes(), 0);
    scene.fake.add_employee(GINA, "Gina", "Guest", 1);
    scene.shop().change(&target(&owner), &Change::SetActive(false), &scene.cx()).await.unwrap();
    assert!(!scene.fake.employee(&owner).unwrap().active, "one is left");
    let error = scene.shop().change(&target(GINA), &sales(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn a_change_is_never_sent_twice() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(500), Fault::Html(403), Fault::EmptyBody] {
        scene.fake.inject(On::Writes, fault.clone(), 1);
        let writes = scene.fake.writes();
        let error =
            scene.shop().change(&target(GINA), &Change::ResetPassword, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}");
        assert_eq!(scene.fake.writes(), writes + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_show_the_change_settles_nothing() {
    let scene = Scene::new().await;
    let id = scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    scene.wire.instead(move |request| {
        let unchanged = format!(
            "<prestashop><employee><id>{id}</id><email>{GINA}</email><active>1</active><id_profile>5</id_profile>\
             </employee></prestashop>"
        );
        (request.method() == "PUT").then_some((200, unchanged))
    });
    for change in [Change::SetActive(false), sales()] {
        let error = scene.shop().change(&target(GINA), &change, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{change:?}: {error}");
    }
}

#[tokio::test]
async fn who_is_not_there_cannot_be_changed() {
    let scene = Scene::new().await;
    let error = scene.shop().change(&target(GINA), &Change::SetActive(false), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    scene.fake.add_employee(GINA, "Gina", "Double", 5);
    let error = scene.shop().change(&target(GINA), &Change::SetActive(false), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let one = scene.fake.employees().last().unwrap().id;
    scene.shop().change(&account(one), &Change::SetActive(false), &scene.cx()).await.unwrap();
    assert_eq!(scene.fake.writes(), 1);
}

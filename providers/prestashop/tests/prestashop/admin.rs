//! The Admin API of PrestaShop 9: profiles that are looked up, and made.

use std::time::Duration;

use guestpass::{
    AccessProviderExt, Assignable, ErrorKind, Held, InviteOutcome, InviteRequest, InviteResult, RoleSpec,
};
use guestpass_testkit::fakes::prestashop::ApiModule;
use guestpass_testkit::{Fault, On};

use crate::common::*;

fn night_shift() -> InviteRequest {
    invitation().with_role(RoleSpec::new("night shift").with_permissions(["Orders: view"]))
}

/// How often profiles were made.
fn made(scene: &Scene) -> usize {
    scene.wire.sent().iter().filter(|sent| sent.method == "POST" && sent.uri.contains("/profiles")).count()
}

#[tokio::test]
async fn a_profile_is_made_and_its_rights_are_left_to_a_human() {
    let scene = Scene::new().await;
    let shop = scene.connect(scene.with_admin_api());
    let entry = granted(shop.ensure_invited(&night_shift(), &scene.cx()).await.unwrap().result);
    let profile = scene.gina_now().profile;
    assert!(profile > 5, "a new one");
    let [step] = entry.follow_ups.as_slice() else { panic!("one step: {:?}", entry.follow_ups) };
    let text = step.to_string();
    assert!(text.contains("Tick: Orders: view") && text.contains(&format!("number {profile}")), "{text}");
    assert_eq!(password(&entry), scene.fake.password_of(GINA));

    // Later, in another process, the state says which profile it was.
    let state = entry.state.unwrap();
    scene.fake.remove_employee(GINA);
    let again = scene.connect(scene.with_admin_api());
    let request = night_shift().with_state(state.clone());
    let entry = granted(again.ensure_invited(&request, &scene.cx()).await.unwrap().result);
    assert_eq!((scene.gina_now().profile, entry.state.as_ref()), (profile, Some(&state)));
    assert_eq!(made(&scene), 1);
    // And so it does without the Admin API.
    let report = scene.shop().ensure_invited(&request, &scene.cx()).await.unwrap();
    let InviteResult::AlreadyThere(entry) = report.result else { panic!("already there") };
    assert_eq!((entry.follow_ups.len(), entry.state), (1, Some(state)));
}

#[tokio::test]
async fn a_profile_that_was_made_for_another_role_is_not_used() {
    let scene = Scene::new().await;
    let shop = || scene.connect(scene.with_admin_api());
    let entry = granted(shop().ensure_invited(&night_shift(), &scene.cx()).await.unwrap().result);
    let first = scene.gina_now().profile;
    scene.fake.remove_employee(GINA);
    let day_shift = RoleSpec::new("day shift").with_permissions(["Orders: edit"]);
    let request = invitation().with_role(day_shift).with_state(entry.state.unwrap());
    granted(shop().ensure_invited(&request, &scene.cx()).await.unwrap().result);
    assert_ne!(scene.gina_now().profile, first);
    assert_eq!(made(&scene), 2);
}

#[tokio::test]
async fn a_lost_answer_to_making_a_profile_lets_nobody_in() {
    for fault in [Fault::LostAnswer, Fault::ConnectionReset, Fault::StatusAfterCommit(500), Fault::Truncated]
    {
        let scene = Scene::new().await;
        scene.fake.inject(On::Operation("POST profiles".to_owned()), fault.clone(), 1);
        let shop = scene.connect(scene.with_admin_api());
        let outcome = shop.invite(&night_shift(), &scene.cx()).await.unwrap();
        let InviteOutcome::ActionRequired(step) = outcome else { panic!("by hand, not {outcome:?}") };
        assert!(step.to_string().contains("If it is not there"), "{step}");
        assert!(scene.fake.employee(GINA).is_none(), "{fault:?}");
        assert_eq!(made(&scene), 1, "{fault:?}: never sent again");
        assert!(scene.fake.unfired().is_empty());
    }
}

#[tokio::test]
async fn a_profile_outlives_a_lost_answer_to_making_the_employee() {
    let scene = Scene::new().await;
    scene.fake.inject(On::Operation("POST employees".to_owned()), Fault::LostAnswer, 1);
    let shop = scene.connect(scene.with_admin_api());
    let entry = granted(shop.ensure_invited(&night_shift(), &scene.cx()).await.unwrap().result);
    assert!(entry.state.is_some() && entry.follow_ups.len() == 1, "{entry:?}");
    assert_eq!(password(&entry), scene.fake.password_of(GINA));

    let scene = Scene::new().await;
    scene.fake.inject(On::Operation("POST employees".to_owned()), Fault::ConnectionReset, 1);
    let shop = scene.connect(scene.with_admin_api());
    let error = shop.invite(&night_shift(), &scene.cx()).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.state().is_some(), "{error}");
    granted(shop.ensure_invited(&night_shift(), &scene.cx()).await.unwrap().result);
    assert_eq!(made(&scene), 1, "the connection remembers it");
}

#[tokio::test]
async fn who_is_not_let_in_gets_no_profile_made() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    let shop = scene.connect(scene.with_admin_api());
    let error = shop.invite(&night_shift(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    scene.fake.set_profile(GINA, 1);
    scene.fake.set_active(GINA, false);
    let error = shop.invite(&night_shift(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(made(&scene), 0);
}

#[tokio::test]
async fn a_module_that_knows_no_profiles_leaves_a_step() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.api_module = ApiModule::V0_2);
    let shop = scene.connect(scene.with_admin_api());
    let error = shop.invite(&night_shift(), &scene.cx()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unsupported, Some("invalid_scope")), "{error}");
    assert!(error.remedy().contains("ps_apiresources"));
    assert!(error.manual_step().unwrap().to_string().contains("Orders: view"));
    scene.pause();
    let report = shop.check(&scene.cx()).await.unwrap();
    let held: Vec<_> = report.rights.iter().skip(4).map(|right| right.held.clone()).collect();
    assert_eq!(held, [Held::No, Held::No]);
    assert!(report.warnings.iter().any(|warning| warning.contains("0.6")), "{report:?}");
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named() {
    let scene = Scene::new().await;
    scene.fake.add_api_client("reader", "readers-secret", &["profile_read"]);
    let settings = scene
        .settings()
        .with_text("admin_client_id", "reader")
        .with_secret("admin_client_secret", secret("readers-secret"));
    let shop = scene.connect(settings.clone());
    let report = shop.check(&scene.cx()).await.unwrap();
    let held: Vec<_> = report.rights.iter().skip(4).map(|right| right.held.clone()).collect();
    assert_eq!(held, [Held::Yes, Held::No]);
    let error = shop.invite(&night_shift(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.manual_step().is_some() && error.remedy().contains("profile_write"));
    let wrong = scene.connect(settings.with_secret("admin_client_secret", secret("another")));
    let error = wrong.check(&scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(error.remedy().contains("admin_client_secret"));
}

#[tokio::test]
async fn names_of_profiles_come_from_the_shop() {
    let scene = Scene::new().await;
    scene.fake.add_profile(7, "Catalogue team");
    let profiles = "5=Ours, 7=Catalogue, 99=Gone";
    let shop = scene.connect(scene.with_admin_api().with_text("profiles", profiles));
    let roles = shop.list_roles(&scene.cx()).await.unwrap();
    let told: Vec<_> = roles
        .iter()
        .map(|role| {
            (role.id.as_str(), role.name.as_str(), role.privileged, role.assignable == Assignable::ByApi)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("1", "SuperAdmin", true, true),
            ("5", "Support", false, true),
            ("7", "Catalogue team", false, true),
            ("99", "Gone", false, false),
        ]
    );
    let without = scene.connect(scene.settings().with_text("profiles", profiles));
    let names: Vec<_> =
        without.list_roles(&scene.cx()).await.unwrap().into_iter().map(|role| role.name).collect();
    assert_eq!(names, ["SuperAdmin", "Ours", "Catalogue", "Gone"]);
}

#[tokio::test]
async fn each_token_is_for_one_scope_and_is_kept_while_it_lives() {
    let scene = Scene::new().await;
    let shop = scene.connect(scene.with_admin_api().with_text("profiles", "5=Support"));
    let asked = || {
        let sent = scene.wire.sent().into_iter().filter(|sent| sent.uri.ends_with("/access_token"));
        sent.map(|sent| sent.body).collect::<Vec<_>>()
    };
    shop.list_roles(&scene.cx()).await.unwrap();
    shop.list_roles(&scene.cx()).await.unwrap();
    assert_eq!(asked().len(), 1);
    assert!(asked()[0].contains("scope=profile_read") && !asked()[0].contains("profile_write"));
    scene.clock.advance(Duration::from_secs(2 * 3600));
    shop.list_roles(&scene.cx()).await.unwrap();
    assert_eq!(asked().len(), 2, "the first one has ended");
    assert!(scene.fake.requests().iter().all(|request| request.status == Some(200)), "and was not tried");
    shop.ensure_invited(&night_shift(), &scene.cx()).await.unwrap();
    assert!(asked()[2].contains("scope=profile_write") && !asked()[2].contains("profile_read"));
}

#[tokio::test]
async fn tokens_may_come_from_a_server_elsewhere() {
    let scene = Scene::new().await;
    scene.fake.add_external_client("keycloak-client", "elsewhere-secret", &["profile_read", "profile_write"]);
    let settings = scene
        .settings()
        .with_text("profiles", "5=Support")
        .with_text("admin_client_id", "keycloak-client")
        .with_text("admin_token_url", scene.fake.external_token_url())
        .with_secret("admin_client_secret", secret("elsewhere-secret"));
    let shop = scene.connect(settings);
    assert_eq!(shop.list_roles(&scene.cx()).await.unwrap()[1].name, "Support");
    granted(shop.ensure_invited(&night_shift(), &scene.cx()).await.unwrap().result);
    let token_addresses: Vec<_> =
        scene.wire.sent().into_iter().map(|sent| sent.uri).filter(|uri| uri.contains("token")).collect();
    assert!(
        token_addresses.len() == 2
            && token_addresses.iter().all(|uri| *uri == scene.fake.external_token_url())
    );
}

#[tokio::test]
async fn a_shop_without_the_admin_api_is_managed_all_the_same() {
    for version in [V1_6, V8] {
        let scene = Scene::of(version).await;
        let shop = scene.connect(scene.with_admin_api());
        let report = shop.check(&scene.cx()).await.unwrap();
        assert!(report.warnings.iter().any(|warning| warning.contains("no Admin API")), "{report:?}");
        granted(shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap().result);
        let error = shop.invite(&night_shift(), &scene.cx()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Conflict), "{error}");
    }
}

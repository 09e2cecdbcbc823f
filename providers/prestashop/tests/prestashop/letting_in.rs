//! Letting somebody in: new, again, or not at all.

use crate::common::*;
use guestpass::{
    AccessProviderExt, ErrorKind, InviteOutcome, InviteRequest, InviteResult, Person, PersonHandle, RoleSpec,
};
use guestpass_testkit::{Fault, On};

#[tokio::test]
async fn a_new_employee_can_sign_in_with_what_is_handed_over() {
    for version in [V1_6, V8, V9_0] {
        let scene = Scene::of(version).await;
        let settings = scene.settings().with_text("back_office_url", "https://shop.example/admin4711/");
        let report = scene.connect(settings).ensure_invited(&invitation(), &scene.cx()).await.unwrap();
        let entry = granted(report.result);
        let gina = scene.gina_now();
        assert!(gina.active && gina.profile == 5, "{gina:?}");
        assert_eq!((gina.email.as_str(), gina.first.as_str(), gina.last.as_str()), (GINA, "Gina", "Guest"));
        assert_eq!(entry.account.as_ref().unwrap().as_str(), gina.id.to_string());
        assert_eq!(password(&entry), scene.fake.password_of(GINA), "{version:?}");
        assert!((24..=72).contains(&password(&entry).unwrap().len()));
        let note = entry.note.unwrap();
        assert_eq!(note.login_url.as_deref(), Some("https://shop.example/admin4711/"));
        assert_eq!(note.login, GINA);
        assert!(entry.follow_ups.is_empty() && entry.state.is_none());
        assert_eq!(scene.fake.admissions(GINA), 1);
    }
}

#[tokio::test]
async fn a_new_employee_is_sent_whole_in_xml() {
    for (version, optin) in [(V1_6, true), (V8, false), (V9_0, false)] {
        let scene = Scene::of(version).await;
        scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap();
        let [post] = scene.wire.with_method("POST").try_into().unwrap();
        for field in [
            "<id_lang>1</id_lang>",
            "<lastname>Guest</lastname>",
            "<firstname>Gina</firstname>",
            "<id_profile>5</id_profile>",
            "<active>1</active>",
            "<default_tab>1</default_tab>",
            "<bo_theme>default</bo_theme>",
            "<bo_menu>1</bo_menu>",
        ] {
            assert!(post.body.contains(field), "{version:?}: {field}");
        }
        assert_eq!(post.body.contains("<optin>0</optin>"), optin, "{version:?}: nobody tells prestashop.com");
        assert!(post.headers.iter().any(|header| header == "content-type: \"application/xml\""));
    }
}

#[tokio::test]
async fn without_its_address_the_note_says_whom_to_ask_for_the_back_office() {
    let scene = Scene::new().await;
    let entry = granted(scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap().result);
    let note = entry.note.unwrap();
    assert!(note.login_url.is_none() && note.steps[0].contains("random name"), "{note:?}");
}

#[tokio::test]
async fn names_and_addresses_keep_to_what_the_version_takes() {
    let long = "Maximiliane-Wilhelmina-Theodora-Friederike";
    let named =
        || Person::new(PersonHandle::new("max").unwrap(), GINA.parse().unwrap()).with_name(long, "<b>0</b>");
    for (version, kept) in [(V1_6, 32), (V9_0, long.len())] {
        let scene = Scene::of(version).await;
        let request = InviteRequest::new(named()).with_role(support());
        scene.shop().ensure_invited(&request, &scene.cx()).await.unwrap();
        let gina = scene.gina_now();
        assert_eq!((gina.first.as_str(), gina.last.as_str()), (&long[..kept], "b /b"), "{version:?}");
    }
    let address = format!("gina@{}.example", vec!["a".repeat(40); 4].join("."));
    let far = Person::new(PersonHandle::new("gina").unwrap(), address.parse().unwrap());
    let scene = Scene::of(V1_6).await;
    let request = InviteRequest::new(far).with_role(support());
    let error = scene.shop().ensure_invited(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn the_language_is_the_one_that_is_set_or_the_super_admins() {
    let scene = Scene::new().await;
    let shop = scene.connect(scene.settings().with_text("language_id", "7"));
    shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap();
    assert!(scene.wire.with_method("POST")[0].body.contains("<id_lang>7</id_lang>"));
}

#[tokio::test]
async fn a_profile_may_be_named_where_the_settings_list_it() {
    let scene = Scene::new().await;
    let shop = scene.connect(scene.settings().with_text("profiles", "4=Sales, 5=Support"));
    let role = RoleSpec::new("seller").with_platform_role("sales");
    shop.ensure_invited(&invitation().with_role(role), &scene.cx()).await.unwrap();
    assert_eq!(scene.gina_now().profile, 4);
}

#[tokio::test]
async fn somebody_who_was_switched_off_is_let_in_again_by_one_write() {
    for version in [V1_6, V8, V9_0] {
        let scene = Scene::of(version).await;
        let id = scene.fake.add_employee("gina.guest@VENDOR.example", "Gina", "Former", 4);
        scene.fake.set_active(GINA, false);
        let former = scene.fake.password_of(GINA);
        let report = scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap();
        let entry = granted(report.result);
        let gina = scene.gina_now();
        assert_eq!((gina.id, gina.profile, gina.active), (id, 5, true), "{version:?}");
        assert_eq!(gina.last, "Former", "what is theirs stays theirs");
        assert_eq!(password(&entry), scene.fake.password_of(GINA));
        assert_ne!(scene.fake.password_of(GINA), former);
        assert_eq!(entry.note.unwrap().login, "gina.guest@VENDOR.example");
        assert_eq!(scene.fake.writes(), 1);
    }
}

#[tokio::test]
async fn somebody_who_is_inside_is_left_alone() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 4);
    let error = scene.shop().invite(&invitation(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let report = scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap();
    let InviteResult::AlreadyThere(entry) = report.result else { panic!("already there") };
    assert!(entry.secret.is_none());
    let [step] = entry.follow_ups.as_slice() else { panic!("another profile: {:?}", entry.follow_ups) };
    assert!(step.to_string().contains("profile 5"), "{step}");
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn several_of_one_person_are_for_a_human_to_tell_apart() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 4);
    scene.fake.add_employee("gina@old-agency.example", "Gina", "Guest", 4);
    let both = gina().with_other_email("gina@old-agency.example".parse().unwrap());
    let request = InviteRequest::new(both).with_role(support());
    let error = scene.shop().invite(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let error = scene.shop().ensure_invited(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn who_comes_second_goes_again() {
    let scene = Scene::new().await;
    let rival = scene.fake.clone();
    scene.wire.after("POST", "/api/employees", move || _ = rival.add_employee(GINA, "Gina", "Rival", 4));
    let error = scene.shop().invite(&invitation(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains("ours was deleted"), "{error}");
    let left: Vec<_> = scene.fake.employees().into_iter().filter(|e| e.email == GINA).collect();
    assert_eq!(left.iter().map(|e| e.last.as_str()).collect::<Vec<_>>(), ["Rival"]);
}

#[tokio::test]
async fn who_comes_second_and_cannot_go_again_is_named() {
    for fault in [Fault::LostAnswer, Fault::ConnectionReset, Fault::Status(403)] {
        let scene = Scene::new().await;
        let rival = scene.fake.clone();
        scene.wire.after("POST", "/api/employees", move || _ = rival.add_employee(GINA, "Gina", "Rival", 4));
        scene.fake.inject(On::Operation("DELETE employees".to_owned()), fault.clone(), 1);
        let ours = scene.fake.employees().last().unwrap().id + 1;
        let error = scene.shop().invite(&invitation(), &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains(&format!("employee {ours}, may be left")), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn a_lost_answer_ends_with_a_password_that_works() {
    for was_there in [false, true] {
        let scene = Scene::new().await;
        if was_there {
            scene.fake.add_employee(GINA, "Gina", "Guest", 4);
            scene.fake.set_active(GINA, false);
        }
        scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
        let report = scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap();
        let entry = granted(report.result);
        assert!(password(&entry).is_some());
        assert_eq!(password(&entry), scene.fake.password_of(GINA), "was there: {was_there}");
        assert_eq!((scene.fake.admissions(GINA), scene.fake.writes()), (1, 2));
        assert_eq!(scene.gina_now().profile, 5);
        assert!(scene.fake.unfired().is_empty());
    }
}

#[tokio::test]
async fn a_former_super_admin_is_let_in_only_on_an_explicit_word() {
    let scene = Scene::new().await;
    scene.fake.add_employee(GINA, "Gina", "Guest", 1);
    scene.fake.set_active(GINA, false);
    let error = scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(scene.fake.writes(), 0);
    let allowed = invitation().with_role(support().allowing_privileged());
    granted(scene.shop().ensure_invited(&allowed, &scene.cx()).await.unwrap().result);
    assert_eq!((scene.gina_now().profile, scene.gina_now().active), (5, true));
}

#[tokio::test]
async fn who_changed_between_the_looks_is_left_alone() {
    for (promoted, kind) in [(true, ErrorKind::PermissionDenied), (false, ErrorKind::Conflict)] {
        let scene = Scene::new().await;
        scene.fake.add_employee(GINA, "Gina", "Guest", 5);
        scene.fake.set_active(GINA, false);
        let merchant = scene.fake.clone();
        scene.wire.after("GET", "limit=", move || match promoted {
            true => merchant.set_profile(GINA, 1),
            false => merchant.set_active(GINA, true),
        });
        let error = scene.shop().invite(&invitation(), &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(scene.fake.writes(), 0);
    }
}

#[tokio::test]
async fn a_profile_that_does_not_exist_yet_is_a_step_and_nothing_is_sent() {
    let scene = Scene::new().await;
    let role = RoleSpec::new("night shift").with_permissions(["Orders: view", "Catalogue: edit"]);
    let outcome = scene.shop().invite(&invitation().with_role(role), &scene.cx()).await.unwrap();
    let InviteOutcome::ActionRequired(step) = outcome else { panic!("by hand, not {outcome:?}") };
    let text = step.to_string();
    for part in
        ["night shift", "Orders: view, Catalogue: edit", "Advanced Parameters > Team > Profiles", "number"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(scene.wire.sent().is_empty());
}

//! The shop itself: addresses, keys, versions, firewalls, and what shows of secrets.

use futures_util::future::join_all;
use guestpass::{
    AccessProviderExt, AccessState, Baseline, Change, ErrorKind, Held, InviteResult, ProviderFactory,
    RemoveRequest, Support,
};
use guestpass_testkit::{Fault, On};

use crate::common::*;

#[tokio::test]
async fn only_safe_requests_in_xml_are_sent_and_nothing_secret_is_asked_for() {
    for version in [V1_6, V8, V9_0] {
        let scene = Scene::of(version).await;
        let shop = scene.shop();
        shop.check(&scene.cx()).await.unwrap();
        shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap();
        shop.change(&target(GINA), &Change::ResetPassword, &scene.cx()).await.unwrap();
        let removal = RemoveRequest::new(target(GINA)).with_baseline(Baseline::Absent);
        shop.ensure_removed(&removal, &scene.cx()).await.unwrap();
        shop.ensure_removed(&removal.deleting(), &scene.cx()).await.unwrap();
        for sent in scene.wire.sent() {
            assert!(["GET", "POST", "PUT", "DELETE"].contains(&sent.method.as_str()), "{sent:?}");
            for never in ["JSON", "json", "display=full", "ws_key", &scene.seed.key] {
                assert!(!sent.uri.contains(never) && !sent.body.contains(never), "{version:?}: {never}");
            }
            let is_list = sent.method == "GET" && sent.uri.contains("display=");
            assert!(!is_list || (sent.uri.contains("limit=") && sent.uri.contains("id_ASC")), "{}", sent.uri);
            assert!(sent.headers.contains(&"authorization: Sensitive".to_owned()));
        }
        assert!(!scene.wire.with_method("DELETE").is_empty());
    }
}

#[tokio::test]
async fn at_most_two_requests_are_under_way_at_one_shop() {
    let scene = Scene::new().await;
    let shops = [scene.shop(), scene.connect(scene.with_admin_api())];
    let gina = target(GINA);
    let cx = scene.cx();
    let looks = join_all((0..12).map(|number| shops[number % 2].observe(&gina, &cx))).await;
    assert!(looks.iter().all(|look| look.as_ref().unwrap().state == AccessState::Absent));
    let roles = join_all((0..4).map(|_| shops[1].list_roles(&cx))).await;
    assert!(roles.iter().all(Result::is_ok));
    assert_eq!(scene.fake.most_in_flight(), 2);
}

#[tokio::test]
async fn another_address_than_the_shops_own_is_told_with_the_right_one() {
    for status in [301, 302] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.redirect_status = status);
        scene.fake.set_main_domain(Some("www.shop.example"));
        for error in [
            scene.shop().check(&scene.cx()).await.unwrap_err(),
            scene.shop().observe(&target(GINA), &scene.cx()).await.unwrap_err(),
            scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
            assert!(error.to_string().contains("points to www.shop.example/"), "{error}");
            assert!(error.remedy().contains("`url`") && !error.to_string().contains('?'), "{error}");
        }
        assert_eq!(scene.fake.writes(), 0);
    }
}

#[tokio::test]
async fn a_web_server_that_keeps_the_key_to_itself_is_recognised() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.strips_authorization = true);
    let error = scene.shop().check(&scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.remedy().contains("CGIPassAuth On") && error.remedy().contains("SetEnvIf"), "{error}");
    assert_eq!(scene.fake.requests().len(), 1);
}

#[tokio::test]
async fn a_webservice_that_is_off_is_not_asked_again() {
    let scene = Scene::new().await;
    scene.fake.set_webservice(false);
    let error = scene.shop().observe(&target(GINA), &scene.cx()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.code()),
        (ErrorKind::Config, Some(503), Some("22")),
        "{error}"
    );
    assert_eq!(scene.fake.requests().len(), 1);
}

#[tokio::test]
async fn what_is_no_key_is_never_sent() {
    for bad in ["short", "FAKEDEMOKEYFAKEDEMOKEYFAKEDEMOKEY", "FAKEDEMOKEYFAKEDEMOKEYFAKEDEM KE", ""] {
        let scene = Scene::new().await;
        let shop = scene.connect(scene.settings().with_secret("key", secret(bad)));
        let error = shop.check(&scene.cx()).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some("key")), "{error}");
        assert!(bad.is_empty() || !format!("{error} {error:?}").contains(bad));
        assert!(scene.wire.sent().is_empty());
    }
}

#[tokio::test]
async fn a_check_names_the_shop_and_the_rights_that_are_missing() {
    let scene = Scene::new().await;
    let report = scene.shop().check(&scene.cx()).await.unwrap();
    assert!(
        report.facts.iter().any(|(label, value)| label == "PrestaShop" && value == "9.0.3"),
        "{report:?}"
    );
    assert!(report.rights.iter().all(|right| right.held == Held::Yes) && report.rights.len() == 4);
    assert!(report.warnings.iter().any(|warning| warning.contains("as good as a super-admin")));

    scene.fake.set_key_permissions(&scene.seed.key, &[("employees", &["GET", "PUT"])]);
    let report = scene.shop().check(&scene.cx()).await.unwrap();
    let held: Vec<_> =
        report.rights.iter().map(|right| (right.name.as_str(), right.held == Held::Yes)).collect();
    let expected = [("GET", true), ("POST", false), ("PUT", true), ("DELETE", false)];
    assert_eq!(held, expected.map(|(method, held)| (&*format!("employees: {method}").leak(), held)));
    assert!(report.warnings.iter().any(|warning| warning.contains("lacks POST")), "{report:?}");

    scene.fake.set_key_permissions(&scene.seed.key, &[("languages", &["GET"])]);
    let report = scene.shop().check(&scene.cx()).await.unwrap();
    assert!(report.rights.iter().all(|right| right.held == Held::No), "{report:?}");
    assert!(!report.warnings.iter().any(|warning| warning.contains("super-admin")));
}

#[tokio::test]
async fn a_key_of_another_shop_is_told_apart_from_a_dead_one() {
    let scene = Scene::new().await;
    scene.fake.add_shop(2, "/second/");
    scene.fake.set_key_shops(&scene.seed.key, &[2]);
    let error = scene.shop().check(&scene.cx()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("132")), "{error}");
    assert!(error.remedy().contains("`shop_id`"));
}

#[tokio::test]
async fn a_shop_of_several_is_named_on_every_request() {
    let scene = Scene::new().await;
    scene.fake.add_shop(2, "/second/");
    scene.fake.set_key_shops(&scene.seed.key, &[1, 2]);
    scene.fake.set_employee_shops(&scene.seed.owner_email, &[1, 2]);
    let shop = scene.connect(scene.settings().with_text("shop_id", "2"));
    shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap();
    assert!(scene.gina_now().shops.contains(&2), "{:?}", scene.gina_now());
    let removal = RemoveRequest::new(target(GINA)).with_baseline(Baseline::Absent);
    shop.ensure_removed(&removal, &scene.cx()).await.unwrap();
    assert!(!scene.gina_now().active);
    assert!(scene.wire.sent().iter().all(|sent| sent.uri.contains("id_shop=2")));
    scene.pause();
    let elsewhere = scene.connect(scene.settings().with_text("shop_id", "99"));
    let error = elsewhere.check(&scene.cx()).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Protocol && error.remedy().contains("`shop_id`"), "{error}");
    let group = scene.connect(scene.settings().with_text("shop_group_id", "1"));
    group.observe(&target(GINA), &scene.cx()).await.unwrap();
    assert!(scene.wire.sent().last().unwrap().uri.contains("id_group_shop=1"));
}

#[tokio::test]
async fn a_firewall_is_told_and_can_be_passed() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.firewall_blocks_methods = true);
    scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    let off = Change::SetActive(false);
    let error = scene.shop().change(&target(GINA), &off, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "a firewall may refuse the way back: {error}");
    let shop = scene.connect(scene.settings().with_text("method_override", "true"));
    shop.change(&target(GINA), &off, &scene.cx()).await.unwrap();
    shop.ensure_removed(&RemoveRequest::new(target(GINA)).deleting(), &scene.cx()).await.unwrap();
    assert!(scene.fake.employee(GINA).is_none());
    assert!(scene.wire.sent().iter().any(|sent| sent.uri.contains("ps_method=DELETE")));
}

#[tokio::test]
async fn a_shop_that_quotes_the_request_gives_no_password_away() {
    let scene = Scene::new().await;
    scene.wire.instead(|request| {
        if request.method() != "POST" {
            return None;
        }
        let quoted = String::from_utf8_lossy(request.body()).replace('<', "&lt;");
        let errors: String = [3, 127]
            .map(|code| {
                format!("<error><code>{code}</code><message>Original XML : {quoted}</message></error>")
            })
            .concat();
        Some((500, format!("<prestashop><errors>{errors}</errors></prestashop>")))
    });
    let error = scene.shop().ensure_invited(&invitation(), &scene.cx()).await.unwrap_err();
    let sent = scene.wire.with_method("POST").pop().unwrap().body;
    let password = sent.split("<passwd>").nth(1).unwrap().split('<').next().unwrap();
    assert!(password.len() >= 24);
    let shown = format!("{error} {error:?} {:?}", error.vendor_message());
    assert!(!shown.contains(password) && !shown.contains("Original"), "{shown}");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Internal, Some("127")), "{error}");
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let scene = Scene::new().await;
    scene.fake.set_reset_token(&scene.seed.owner_email, "0123456789abcdef0123456789abcdef01234567");
    let shop = scene.connect(scene.with_admin_api().with_text("profiles", "5=Support"));
    let report = shop.ensure_invited(&invitation(), &scene.cx()).await.unwrap();
    shop.list_roles(&scene.cx()).await.unwrap();
    let InviteResult::Granted(entry) = &report.result else { panic!("let in") };
    let mut shown = format!("{shop:?} {report:?} {} ", serde_json::to_string(entry).unwrap());
    for fault in [Fault::StatusAfterCommit(500), Fault::Truncated, Fault::WrongType, Fault::Html(403)] {
        scene.fake.inject(On::AnyRequest, fault, 1);
        let removal = RemoveRequest::new(target(GINA)).with_baseline(Baseline::Absent);
        match shop.ensure_removed(&removal, &scene.cx()).await {
            Ok(report) => shown.push_str(&format!("{report:?}")),
            Err(error) => shown.push_str(&format!("{error} {error:?} {:?}", error.vendor_message())),
        }
    }
    assert_eq!(scene.secrets_in(&shown), Vec::<String>::new());
    assert!(scene.fake.secrets().contains(&entry.secret.as_ref().unwrap().expose().to_owned()));
}

#[tokio::test]
async fn an_employee_of_another_shop_is_absent_here() {
    let scene = Scene::new().await;
    let id = scene.fake.add_employee(GINA, "Gina", "Guest", 5);
    scene.fake.add_shop(2, "/second/");
    scene.fake.set_employee_shops(GINA, &[2]);
    for gina in [target(GINA), account(id)] {
        let look = scene.shop().observe(&gina, &scene.cx()).await.unwrap();
        assert_eq!(look.state, AccessState::Absent);
    }
}

#[tokio::test]
async fn what_is_possible_is_told_with_its_costs() {
    let factory = guestpass_prestashop::factory();
    for (operation, capability) in factory.capabilities().iter() {
        assert!(!capability.reason.is_empty(), "{operation}");
        let does = matches!(capability.support, Support::Native | Support::Emulated);
        assert!(does || capability.requests == 0, "{operation}");
    }
}

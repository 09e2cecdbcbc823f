//! What is particular to Shopify: the subject, the merchant's steps, plans, versions, throttles, settings.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Scene, email, stored};
use futures_util::TryStreamExt;
use guestpass::{
    AccessProviderExt, AccessState, AccountKind, Actor, Baseline, Change, ChangeOutcome, ErrorKind,
    FixedSecret, Held, InviteOutcome, InviteRequest, InviteResult, ListQuery, Operation, Person,
    PersonHandle, Proof, ProviderFactory, RemovalResult, RemovalScope, RemoveOutcome, RemoveRequest,
    RoleSpec, StepCheck, StoreHandle, StoreSettings, Support, Target, Told, UnknownReason,
};
use guestpass_testkit::fakes::shopify::{BucketSize, StaffKind};
use guestpass_testkit::{Fault, On};

fn sam() -> InviteRequest {
    let sam = Person::new(PersonHandle::new("sam").unwrap(), email("sam@vendor.example"));
    InviteRequest::new(sam)
        .with_role(RoleSpec::new("support").with_permissions(["orders", "products"]))
        .because("ticket 4711")
}

fn sam_on_shopify() -> Target {
    sam().target(&guestpass_shopify::ID)
}

#[tokio::test]
async fn an_organisation_is_let_in_by_humans_and_seen_by_its_address() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_token()), scene.cx());
    let report = store.ensure_invited(&sam(), &cx).await.unwrap();
    assert_eq!(report.baseline(), Baseline::Absent);
    let InviteResult::ActionRequired(step) = report.result else { panic!("{:?}", report.result) };
    let actors: Vec<_> = step.instructions.iter().map(|instruction| instruction.actor).collect();
    assert_eq!(actors.first(), Some(&Actor::Merchant), "the merchant gives the code");
    assert_eq!(actors.last(), Some(&Actor::Merchant), "the merchant accepts");
    let form = step.instructions.iter().find(|one| one.actor == Actor::Operator).unwrap();
    let link = form.link.as_ref().unwrap();
    let shop = &scene.seed.shop;
    assert_eq!(
        link.url,
        format!("https://dev.shopify.com/dashboard/1003/stores/collaborations/new?store_url={shop}")
    );
    assert!(!link.verified, "that the store is filled in is not documented");
    assert_eq!(form.exact_words.as_deref(), Some(shop.as_str()));
    let ticked: Vec<_> = step.instructions.iter().flat_map(|one| one.permissions.clone()).collect();
    assert_eq!(ticked, ["orders", "products"]);
    assert!(step.to_string().contains("ticket 4711"));

    let fake = &scene.fake;
    fake.request_access("1003", shop, Some(&scene.seed.request_code), &["orders"]).unwrap();
    let look = store.observe(&sam_on_shopify(), &cx).await.unwrap();
    assert!(matches!(look.state, AccessState::Invited { .. }), "{look:?}");
    fake.approve("1003", shop, None);
    let look = store.wait_until_active(&sam_on_shopify(), &cx).await.unwrap();
    let account = look.state.account().unwrap();
    assert_eq!(account.email, Told::Known(email(&scene.seed.new_organisation_email)));
    let again = store.ensure_invited(&sam(), &cx).await.unwrap();
    let InviteResult::AlreadyThere(entry) = again.result else { panic!("{:?}", again.result) };
    assert!(entry.note.is_some() && entry.follow_ups.len() == 1, "permissions cannot be seen here");

    let removal = RemoveRequest::new(sam_on_shopify()).with_baseline(Baseline::Absent);
    let report = store.ensure_removed(&removal, &cx).await.unwrap();
    let RemovalResult::ActionRequired(step) = report.result else { panic!("{:?}", report.result) };
    assert!(step.instructions.iter().all(|one| one.actor == Actor::Merchant));
    assert!(step.reason.contains("UNVERIFIED") && step.reason.contains("90 days"));
    fake.remove_collaborator("1003", shop);
    let report = store.ensure_removed(&removal, &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::AlreadyAbsent(Proof::Listed { .. })), "{report:?}");
    assert_eq!(fake.writes(), 0);
}

#[tokio::test]
async fn an_installed_app_needs_no_code_and_no_code_is_ever_in_a_link() {
    let scene = Scene::new().await;
    for (installed, asks) in [("true", false), ("false", true)] {
        let store = scene.connect(scene.with_token().with_text("app_installed", installed));
        let InviteOutcome::ActionRequired(step) = store.invite(&sam(), &scene.cx()).await.unwrap() else {
            panic!("by hand")
        };
        let merchant_first = step.instructions.first().unwrap().actor == Actor::Merchant;
        assert_eq!(merchant_first, asks);
        assert_eq!(step.message.unwrap().body.contains("code"), asks);
        for link in step.instructions.iter().filter_map(|one| one.link.as_ref()) {
            assert!(
                link.url.starts_with("https://") && !link.url.contains("code") && !link.verified,
                "{link:?}"
            );
        }
    }
    assert!(scene.fake.requests().is_empty(), "nothing is sent");
}

#[tokio::test]
async fn owner_and_staff_are_not_taken_out_and_privileges_not_asked_for() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_token()), scene.cx());
    for address in [&scene.seed.owner_email, &scene.seed.staff_email] {
        let removal = RemoveRequest::new(Target::email(email(address)));
        let error = store.remove(&removal, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{address}: {error}");
        let error = store.ensure_removed(&removal, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{address}: {error}");
    }
    let ours = RemoveRequest::new(Target::email(email(&scene.seed.organisation_email)));
    assert!(matches!(store.remove(&ours, &cx).await, Ok(RemoveOutcome::ActionRequired(_))));
    let wide = ours.with_scope(RemovalScope::Account);
    assert_eq!(store.remove(&wide, &cx).await.unwrap_err().kind(), ErrorKind::Unsupported);

    let boss = RoleSpec::new("boss").with_permissions(["staff_management"]);
    let request = sam().with_role(boss.clone());
    assert_eq!(store.invite(&request, &cx).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    let change = Change::SetRole(boss.clone());
    assert_eq!(
        store.change(&sam_on_shopify(), &change, &cx).await.unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
    assert!(store.invite(&sam().with_role(boss.allowing_privileged()), &cx).await.is_ok());
    for named in ["Store owner", "staff", "Support Hero"] {
        let role = RoleSpec::new("x").with_platform_role(named).allowing_privileged();
        let error = store.invite(&sam().with_role(role), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{named}: {error}");
    }
}

#[tokio::test]
async fn kinds_and_states_are_told_and_legacy_users_add_permissions() {
    let scene = Scene::new().await;
    let shop = &scene.seed.shop;
    scene.fake.add_staff(shop, StaffKind::Restricted, "rita@merchant.example", "Rita", "R");
    scene.fake.set_second_factor(shop, &scene.seed.staff_email, true);
    let cx = scene.cx();
    let listed = |settings| {
        let store = scene.connect(settings);
        let cx = cx.clone();
        async move { store.list(ListQuery::new(), &cx).try_collect::<Vec<_>>().await.unwrap() }
    };
    let plain = listed(scene.with_token()).await;
    let kind = |address: &str| {
        let known = Told::Known(email(address));
        plain.iter().find(|account| account.email == known).unwrap().kind
    };
    assert_eq!(kind(&scene.seed.owner_email), Told::Known(AccountKind::Owner));
    assert_eq!(kind(&scene.seed.staff_email), Told::Known(AccountKind::Staff));
    assert_eq!(kind("rita@merchant.example"), Told::Known(AccountKind::Staff));
    assert_eq!(kind(&scene.seed.organisation_email), Told::Known(AccountKind::Collaborator));
    assert_eq!(kind(&scene.seed.requesting_email), Told::Known(AccountKind::Collaborator));
    assert!(plain.iter().all(|account| account.permissions == Told::NotTold));

    let rich = listed(scene.with_token().with_text("staff_permissions", "rest")).await;
    let of = |address: &str| {
        let known = Told::Known(email(address));
        rich.iter().find(|account| account.email == known).unwrap().clone()
    };
    let agency = of(&scene.seed.organisation_email);
    assert_eq!(agency.permissions, Told::Known(vec!["orders".to_owned(), "products".to_owned()]));
    assert_eq!(of(&scene.seed.staff_email).second_factor, Told::Known(true));
    assert!(of(&scene.seed.owner_email).privileged.contains(&"staff_management".to_owned()));
}

#[tokio::test]
async fn legacy_users_are_read_over_all_their_pages() {
    let scene = Scene::new().await;
    for number in 0..260 {
        let address = format!("staff{number:03}@merchant.example");
        scene.fake.add_staff(&scene.seed.shop, StaffKind::Regular, &address, "S", "T");
    }
    let store = scene.connect(scene.with_token().with_text("staff_permissions", "rest"));
    let cx = scene.cx();
    let target = Target::email(email("staff259@merchant.example"));
    let look = store.observe(&target, &cx).await.unwrap();
    assert_eq!(look.evidence.pages, 3);
    assert!(look.state.account().unwrap().permissions.known().is_some(), "{look:?}");
}

#[tokio::test]
async fn a_plan_that_hides_its_people_is_told_with_a_remedy() {
    let scene = Scene::new().await;
    let settings = scene
        .settings_of(&scene.seed.basic_shop)
        .with_secret("access_token", Arc::new(FixedSecret::new(scene.seed.basic_token.clone().into())));
    let (store, cx) = (scene.connect(settings.clone()), scene.cx());
    assert_eq!(store.capabilities().support(Operation::List), Support::Native, "nobody has looked yet");
    let report = store.check(&cx).await.unwrap();
    assert!(
        report.rights.iter().any(|right| right.name == "read_users" && right.held == Held::No),
        "{report:?}"
    );
    assert!(report.warnings.iter().any(|warning| warning.contains("Advanced or Plus")), "{report:?}");
    for store in [store, scene.connect(settings)] {
        for operation in [Operation::List, Operation::Observe, Operation::ObserveInvitation] {
            assert_eq!(store.capabilities().support(operation), Support::Manual, "{operation}");
        }
    }
    let store = scene.connect(
        scene
            .settings_of(&scene.seed.basic_shop)
            .with_secret("access_token", Arc::new(FixedSecret::new(scene.seed.basic_token.clone().into()))),
    );
    let look = store.observe(&sam_on_shopify(), &cx).await.unwrap();
    let AccessState::Unknown { reason: UnknownReason::Denied(why) } = look.state else { panic!("{look:?}") };
    assert!(why.contains("Shopify Support"), "{why}");
    let error = store.list_page(&ListQuery::new(), None, &cx).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("ACCESS_DENIED")));
    assert!(error.manual_step().is_some());
    let removal = RemoveRequest::new(sam_on_shopify());
    let report = store.ensure_removed(&removal, &cx).await.unwrap();
    let RemovalResult::ActionRequired(step) = report.result else { panic!("a denied look is no proof") };
    assert!(matches!(step.check, StepCheck::Attest(_)), "nobody can look here: {:?}", step.check);
}

#[tokio::test]
async fn a_token_of_another_store_is_a_conflict() {
    let scene = Scene::new().await;
    let settings = StoreSettings::new(StoreHandle::new("demo").unwrap())
        .with_text("shop", "another.myshopify.com")
        .with_text("api_url", scene.fake.uri())
        .with_secret("access_token", Arc::new(FixedSecret::new(scene.seed.token.clone().into())));
    let store = scene.connect(settings);
    let error = store.check(&scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let scopes = ["read_products".to_owned()];
    let grant =
        store.api_access().unwrap().grant_api_access(&scopes, Duration::from_secs(60), &scene.cx()).await;
    assert_eq!(grant.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn a_version_that_is_no_longer_served_is_reported() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token().with_text("api_version", "2025-07"));
    let report = store.check(&scene.cx()).await.unwrap();
    assert!(report.warnings.iter().any(|warning| warning.contains("2025-10 answered instead")), "{report:?}");
    scene.fake.clear_requests();
    let newest = scene.connect(scene.with_token()).check(&scene.cx()).await.unwrap();
    assert!(newest.facts.contains(&("API version".to_owned(), "2026-10".to_owned())), "{newest:?}");
    assert!(scene.fake.requests().iter().all(|request| request.path.contains("/admin/api/2026-10/")));
    let future = scene.connect(scene.with_token().with_text("api_version", "2031-01"));
    assert!(future.check(&scene.cx()).await.is_err());
}

#[tokio::test]
async fn a_throttle_waits_for_the_points_and_later_requests_wait_too() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.bucket = Some(BucketSize { maximum: 150, restore_rate: 10 }));
    let (store, cx) = (scene.connect(scene.with_token()), scene.cx());
    for _ in 0..4 {
        store.observe(&sam_on_shopify(), &cx).await.unwrap();
    }
    let refused = scene.fake.requests().iter().filter(|request| request.throttled).count();
    assert_eq!(refused, 0, "the cost block is believed before the platform has to refuse");
    scene.clock.advance(Duration::from_secs(600));
    scene.fake.quirks(|quirks| quirks.bucket = Some(BucketSize { maximum: 100, restore_rate: 10 }));
    let impatient = scene.cx().failing_fast();
    let error = store.observe(&sam_on_shopify(), &impatient).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::RateLimited, Some("THROTTLED")), "{error}");
}

#[tokio::test]
async fn partial_answers_prove_nothing() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_token()), scene.cx());
    scene.fake.inject(On::Reads, Fault::GraphqlPartial, 1);
    let look = store.observe(&sam_on_shopify(), &cx).await.unwrap();
    assert!(matches!(look.state, AccessState::Unknown { reason: UnknownReason::Incomplete(_) }), "{look:?}");
    assert!(!look.evidence.complete);
    scene.fake.inject(On::Reads, Fault::GraphqlPartial, 1);
    let listed: Result<Vec<_>, _> = store.list(ListQuery::new(), &cx).try_collect().await;
    assert!(listed.unwrap_err().to_string().contains("incomplete"));
}

#[tokio::test]
async fn every_change_is_a_step_and_none_is_sent() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_token()), scene.cx());
    for change in [
        Change::Resend,
        Change::CancelInvitation,
        Change::SetActive(true),
        Change::SetActive(false),
        Change::SetRole(RoleSpec::new("support").with_permissions(["orders"])),
    ] {
        let outcome = store.change(&sam_on_shopify(), &change, &cx).await.unwrap();
        let ChangeOutcome::ActionRequired(step) = outcome else { panic!("{change:?}") };
        assert!(!step.reason.is_empty() && step.instructions.len() >= 2, "{change:?}");
    }
    assert!(scene.fake.requests().is_empty());
}

/// A bad value, the setting that the error names, and a word of the remedy.
#[tokio::test]
async fn bad_settings_are_refused_with_field_and_remedy() {
    let scene = Scene::new().await;
    let base = || scene.with_token();
    let fixed = || Arc::new(FixedSecret::new("hush".to_owned().into()));
    let without = |name: &str| {
        let mut settings = base();
        settings.values.remove(name);
        settings
    };
    let app = |settings: StoreSettings| {
        settings.with_text("client_id", "app").with_secret("client_secret", fixed())
    };
    for (settings, field, remedy) in [
        (base().with_text("shop", "acme.example"), "shop", "NAME.myshopify.com"),
        (base().with_text("shop", "acme.myshopify.com.evil.example"), "shop", "NAME.myshopify.com"),
        (base().with_text("api_url", "https://evil.example"), "api_url", "leave it out"),
        (base().with_text("api_url", "http://acme.myshopify.com"), "api_url", "https"),
        (base().with_text("api_version", "2026-11"), "api_version", "quarter"),
        (base().with_text("api_version", "unstable"), "api_version", "quarter"),
        (base().with_text("organisation_email", "nobody"), "organisation_email", "name@domain.tld"),
        (base().with_text("organisation_id", "12/../3"), "organisation_id", "number"),
        (base().with_text("app_installed", "yes"), "app_installed", "true or false"),
        (base().with_text("staff_permissions", "soap"), "staff_permissions", "rest"),
        (without("access_token"), "access_token", "merchant"),
        (without("access_token").with_text("client_id", "app"), "client_secret", "client_id"),
        (without("access_token").with_secret("client_secret", fixed()), "client_id", "client_secret"),
        (base().with_secret("refresh_token", stored("hush")), "refresh_token", "client_id"),
        (app(base()).with_secret("refresh_token", fixed()), "refresh_token", "file:PATH"),
        (app(without("access_token")).with_text("client_id", "a b"), "client_id", "settings"),
    ] {
        let error = guestpass_shopify::factory().connect(settings, &scene.env).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some(field)), "{error}");
        assert!(error.remedy().contains(remedy), "{error}");
        assert!(!error.to_string().contains("hush"));
    }
    // An app may stand beside a token that never expires: it is what that token can be exchanged with.
    guestpass_shopify::factory().connect(app(base()), &scene.env).unwrap();
    assert!(scene.fake.requests().is_empty());
}

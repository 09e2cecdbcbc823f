//! Delegate tokens: fewer scopes, for a while, and proven dead.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

mod common;

use std::time::Duration;

use common::{Place, Scene};
use guestpass::{ApiGrant, ErrorKind, OneTimeSecret, Operation, Proof, Result, Retry, Support};
use guestpass_testkit::fakes::shopify::{TokenKind, Verdict};
use guestpass_testkit::{Fault, On, ThrottleShape};

const TEN_MINUTES: Duration = Duration::from_secs(600);

async fn grant(
    scene: &Scene,
    store: &dyn guestpass::AccessProvider,
    scope: &str,
    life: Duration,
) -> Result<ApiGrant> {
    store.api_access().unwrap().grant_api_access(&[scope.to_owned()], life, &scene.cx()).await
}

fn delegates(scene: &Scene) -> usize {
    let tokens = scene.fake.tokens(&scene.seed.shop);
    tokens.iter().filter(|token| token.kind == TokenKind::Delegate && token.alive).count()
}

#[tokio::test]
async fn a_delegate_lives_its_time_and_is_proven_dead() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    assert_eq!(store.capabilities().support(Operation::GrantApiAccess), Support::Native);
    let began = scene.fake.now();
    let granted = grant(&scene, &*store, "read_products", TEN_MINUTES).await.unwrap();
    assert_eq!(granted.scopes, ["read_products"]);
    assert_eq!(granted.expires_at, began + TEN_MINUTES, "counted from before the request");
    assert!(!format!("{granted:?}").contains(granted.token.expose()));
    assert!(scene.fake.is_alive(granted.token.expose()));

    let access = store.api_access().unwrap();
    for _ in 0..2 {
        let proof = access.end_api_access(&granted.token, &scene.cx()).await.unwrap();
        let Proof::CredentialDead { evidence } = proof else { panic!("{proof:?}") };
        assert!(evidence.complete && !evidence.request_ids.is_empty());
        assert!(!scene.fake.is_alive(granted.token.expose()));
    }
    let brief = grant(&scene, &*store, "read_products", Duration::from_secs(1)).await.unwrap();
    scene.clock.advance(Duration::from_secs(2));
    assert!(!scene.fake.is_alive(brief.token.expose()));
    assert!(access.end_api_access(&brief.token, &scene.cx()).await.is_ok(), "dead already");
}

#[tokio::test]
async fn what_the_parent_does_not_have_is_not_asked_for() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    for (scopes, life) in [
        (vec!["write_themes".to_owned()], TEN_MINUTES),
        (vec!["read_everything".to_owned()], TEN_MINUTES),
        (Vec::new(), TEN_MINUTES),
        (vec!["read_products".to_owned()], Duration::ZERO),
        (vec!["read_products".to_owned()], Duration::from_millis(999)),
        (vec!["read_products".to_owned()], Duration::MAX),
    ] {
        let error =
            store.api_access().unwrap().grant_api_access(&scopes, life, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{scopes:?} {life:?}: {error}");
        assert!(error.store().is_some());
    }
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn a_delegate_does_not_outlive_its_parent() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_app());
    let day = Duration::from_secs(86_399);
    let error = grant(&scene, &*store, "read_products", day + Duration::from_secs(60)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert_eq!(error.code(), None, "refused before it was sent");
    scene.clock.advance(day / 2);
    grant(&scene, &*store, "read_products", day - Duration::from_secs(1)).await.unwrap();
    let refresh = Place::holding(&scene.seed.refresh_token);
    let expiring = scene.connect(scene.with_app().with_secret("refresh_token", refresh.source()));
    let two_hours = Duration::from_secs(7200);
    assert_eq!(
        grant(&scene, &*expiring, "read_products", two_hours).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
    grant(&scene, &*expiring, "read_products", TEN_MINUTES).await.unwrap();
}

#[tokio::test]
async fn a_parent_with_a_refresh_token_may_be_refused() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.delegate_of_expiring = Verdict::Error);
    let refresh = Place::holding(&scene.seed.refresh_token);
    let store = scene.connect(scene.with_app().with_secret("refresh_token", refresh.source()));
    assert!(store.capabilities().get(Operation::GrantApiAccess).unproven.is_some());
    let error = grant(&scene, &*store, "read_products", TEN_MINUTES).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unsupported, Some("REFRESH_TOKEN")), "{error}");
    assert!(error.remedy().contains("client_secret"), "{error}");
}

#[tokio::test]
async fn a_lost_creation_is_not_repeated_and_says_how_long_a_stray_token_may_live() {
    for fault in [
        Fault::LostAnswer,
        Fault::StatusAfterCommit(502),
        Fault::Truncated,
        Fault::EmptyBody,
        Fault::GraphqlPartial,
    ] {
        let scene = Scene::new().await;
        let store = scene.connect(scene.with_token());
        scene.fake.inject(On::Writes, fault.clone(), 1);
        let error = grant(&scene, &*store, "read_products", TEN_MINUTES).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::OutcomeUnknown, Retry::SettleFirst),
            "{fault:?}"
        );
        let end = (scene.fake.now() + TEN_MINUTES).to_string();
        assert!(error.remedy().contains(&end), "{fault:?}: {error}");
        assert_eq!((delegates(&scene), scene.fake.writes()), (1, 1), "{fault:?}");
        scene.clock.advance(TEN_MINUTES);
        assert_eq!(delegates(&scene), 0, "and no longer");
    }
}

#[tokio::test]
async fn throttled_writes_are_sent_again_and_done_once() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    scene.fake.inject(On::Writes, Fault::Throttled(ThrottleShape::AllHeaders), 1);
    let before = scene.clock.elapsed();
    let granted = grant(&scene, &*store, "read_products", TEN_MINUTES).await.unwrap();
    assert!(scene.clock.elapsed() - before >= Duration::from_secs(5), "the bucket's own time is waited for");
    assert_eq!(delegates(&scene), 1);
    scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
    store.api_access().unwrap().end_api_access(&granted.token, &scene.cx()).await.unwrap();
    assert_eq!(delegates(&scene), 0);
}

#[tokio::test]
async fn a_token_that_still_works_is_never_called_dead() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let access = store.api_access().unwrap();
    let own = OneTimeSecret::new(scene.seed.token.clone().into());
    let error = access.end_api_access(&own, &scene.cx()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::InvalidRequest, Some("CAN_ONLY_DELETE_DELEGATE_TOKENS"))
    );
    assert!(scene.fake.is_alive(&scene.seed.token));

    let granted = grant(&scene, &*store, "read_products", TEN_MINUTES).await.unwrap();
    scene.fake.inject(On::Operation("shop".to_owned()), Fault::Status(404), 1);
    let error = access.end_api_access(&granted.token, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "only a 401 proves a token dead");
}

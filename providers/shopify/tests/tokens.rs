//! Access tokens that are fetched and renewed: one at a time, written back first, never lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Place, Scene, email};
use futures_util::future::join_all;
use guestpass::{Environment, ErrorKind, FileCoordination, Result, StoreSettings, Target};
use guestpass_testkit::fakes::shopify::{OauthErrors, RepeatedRefresh};
use guestpass_testkit::{Fault, On};

const HOUR: Duration = Duration::from_secs(3600);

/// The places of an expiring token.
struct Pair {
    access: Place,
    refresh: Place,
}

impl Pair {
    fn of(scene: &Scene) -> Self {
        Self {
            access: Place::holding(&scene.seed.expiring_token),
            refresh: Place::holding(&scene.seed.refresh_token),
        }
    }

    /// The settings as one process has them.
    fn settings(&self, scene: &Scene) -> StoreSettings {
        scene
            .with_app()
            .with_secret("access_token", self.access.source())
            .with_secret("refresh_token", self.refresh.source())
    }
}

async fn look(scene: &Scene, store: &dyn guestpass::AccessProvider) -> Result<guestpass::Observation> {
    store.observe(&Target::email(email("sam@vendor.example")), &scene.cx()).await
}

#[tokio::test]
async fn processes_that_share_a_folder_refresh_once() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new().await;
    let pair = Pair::of(&scene);
    scene.clock.advance(HOUR + Duration::from_secs(1));
    let stores: Vec<_> = (0..6)
        .map(|_| {
            let env: Environment =
                scene.env.clone().with_coordination(Arc::new(FileCoordination::new(folder.path())));
            scene.connect_in(pair.settings(&scene), &env)
        })
        .collect();
    let looks = join_all(stores.iter().map(|store| look(&scene, &**store))).await;
    assert!(looks.iter().all(Result::is_ok), "{looks:?}");
    assert_eq!(scene.grants("refresh_token"), 1, "whoever comes later takes what the first one stored");
    assert!(scene.fake.is_alive(&pair.access.text()));
    assert_ne!(pair.refresh.text(), scene.seed.refresh_token);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let scene = Scene::new().await;
    let pair = Pair::of(&scene);
    let store = scene.connect(pair.settings(&scene));
    scene.clock.advance(HOUR);
    look(&scene, &*store).await.unwrap();
    assert_eq!(scene.grants("refresh_token"), 1);
    scene.clock.advance(HOUR - Duration::from_secs(200));
    look(&scene, &*store).await.unwrap();
    assert_eq!(scene.grants("refresh_token"), 1, "it lives long enough");
    scene.clock.advance(Duration::from_secs(100));
    scene.fake.clear_requests();
    look(&scene, &*store).await.unwrap();
    assert_eq!(scene.grants("refresh_token"), 1);
    assert!(
        scene.fake.requests().iter().all(|request| request.status == Some(200)),
        "no request was refused first"
    );
}

#[tokio::test]
async fn a_lost_refresh_answer_is_asked_for_again_with_the_same_token() {
    for repeated in [RepeatedRefresh::NewPair, RepeatedRefresh::SamePair] {
        for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(520), Fault::StatusAfterCommit(503)] {
            let scene = Scene::new().await;
            scene.fake.quirks(|quirks| quirks.repeated_refresh = repeated);
            let pair = Pair::of(&scene);
            scene.clock.advance(HOUR);
            scene.fake.inject(On::Operation("refresh_token".to_owned()), fault.clone(), 1);
            let store = scene.connect(pair.settings(&scene));
            look(&scene, &*store).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert_eq!(scene.grants("refresh_token"), 2, "{fault:?}");
            scene.clock.advance(HOUR);
            look(&scene, &*store)
                .await
                .unwrap_or_else(|error| panic!("what was stored is good, {fault:?}: {error}"));
            assert!(scene.fake.unfired().is_empty());
        }
    }
}

#[tokio::test]
async fn a_pair_that_cannot_be_written_back_is_kept_and_not_used() {
    let scene = Scene::new().await;
    let pair = Pair::of(&scene);
    let store = scene.connect(pair.settings(&scene));
    scene.clock.advance(HOUR);
    look(&scene, &*store).await.unwrap();
    let (stored, in_use) = (pair.refresh.text(), pair.access.text());

    pair.refresh.set_writable(false);
    scene.clock.advance(HOUR - Duration::from_secs(60));
    look(&scene, &*store).await.unwrap();
    assert_eq!(scene.grants("refresh_token"), 2);
    assert_eq!((pair.refresh.text(), pair.access.text()), (stored.clone(), in_use), "the old token works on");

    scene.clock.advance(Duration::from_secs(120));
    let error = look(&scene, &*store).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains("written back"), "{error}");
    assert_eq!(
        (scene.grants("refresh_token"), pair.refresh.text()),
        (2, stored.clone()),
        "the new pair is kept"
    );

    // Another process stands on what is stored: it is good, because nobody used the new pair.
    let elsewhere = Place::holding(&stored);
    let other = scene.with_app().with_secret("refresh_token", elsewhere.source());
    look(&scene, &*scene.connect(other)).await.unwrap();

    pair.refresh.set_writable(true);
    let scene = Scene::new().await;
    let pair = Pair::of(&scene);
    let store = scene.connect(pair.settings(&scene));
    scene.clock.advance(HOUR);
    pair.refresh.set_writable(false);
    assert!(look(&scene, &*store).await.is_err());
    pair.refresh.set_writable(true);
    look(&scene, &*store).await.unwrap();
    assert_eq!(scene.grants("refresh_token"), 1, "the kept pair is written back, not fetched anew");
    assert_ne!(pair.refresh.text(), scene.seed.refresh_token);
}

#[tokio::test]
async fn an_access_token_that_cannot_be_written_back_does_not_bring_the_old_one_back() {
    let scene = Scene::new().await;
    let pair = Pair::of(&scene);
    pair.access.set_writable(false);
    let store = scene.connect(pair.settings(&scene));
    for rounds in 1..=3 {
        scene.clock.advance(HOUR);
        look(&scene, &*store).await.unwrap();
        assert_eq!(scene.grants("refresh_token"), rounds);
        let refused = scene.fake.requests().iter().filter(|request| request.status == Some(401)).count();
        assert_eq!(refused, 1, "the stored token was tried once, and not again");
    }
    assert_eq!(pair.access.text(), scene.seed.expiring_token);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_a_dead_refresh_token_says_what_to_do() {
    for errors in [OauthErrors::AsSeen, OauthErrors::Html, OauthErrors::AsAccepted] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.oauth_errors = errors);
        let pair = Pair::of(&scene);
        let store = scene.connect(pair.settings(&scene));
        scene.fake.revoke_token(&scene.seed.expiring_token);
        look(&scene, &*store).await.unwrap();
        assert_eq!(scene.grants("refresh_token"), 1);
        scene.fake.revoke_token(&pair.access.text());
        scene.fake.revoke_token(&pair.refresh.text());
        let error = look(&scene, &*store).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Unauthenticated, Some("invalid_request")),
            "{error}"
        );
        assert!(error.remedy().contains("authorise the app"), "{error}");
        assert_eq!(scene.grants("refresh_token"), 2);
    }
}

#[tokio::test]
async fn a_life_that_is_not_told_is_no_reason_to_fail() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.omit_expires_in = true);
    let pair = Pair::of(&scene);
    let store = scene.connect(pair.settings(&scene));
    for rounds in 1..=2 {
        scene.clock.advance(HOUR);
        look(&scene, &*store).await.unwrap();
        assert_eq!(scene.grants("refresh_token"), rounds, "used until it is refused");
    }
}

#[tokio::test]
async fn client_credentials_are_fetched_once_a_day() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_app());
    for _ in 0..3 {
        look(&scene, &*store).await.unwrap();
    }
    assert_eq!(scene.grants("client_credentials"), 1);
    scene.clock.advance(24 * HOUR);
    look(&scene, &*store).await.unwrap();
    assert_eq!(scene.grants("client_credentials"), 2);
    assert!(scene.fake.requests().iter().all(|request| request.status == Some(200)));
}

#[tokio::test]
async fn wrong_apps_are_told_apart() {
    let scene = Scene::new().await;
    let failure = |settings: StoreSettings| {
        let store = scene.connect(settings);
        let cx = scene.cx();
        async move { store.check(&cx).await.unwrap_err() }
    };
    let error = failure(scene.with_app().with_text("client_id", "nobody")).await;
    assert_eq!(error.code(), Some("application_cannot_be_found"), "{error}");
    let wrong = scene.with_app().with_secret("client_secret", common::stored("wrong"));
    let error = failure(wrong).await;
    assert_eq!(error.code(), Some("invalid_request"), "{error}");
    scene.fake.set_merchant(&scene.seed.shop, "somebody else");
    let error = failure(scene.with_app()).await;
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::PermissionDenied, Some("shop_not_permitted")),
        "{error}"
    );
    scene.fake.set_merchant(&scene.seed.shop, "merchant");
    scene.fake.uninstall(&scene.seed.shop, &scene.seed.client_id);
    let error = failure(scene.with_app()).await;
    assert_eq!(error.code(), Some("app_not_installed"), "{error}");
}

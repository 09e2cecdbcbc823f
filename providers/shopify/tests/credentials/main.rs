//! Rotating credentials, against what is really so behind the fake.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set-up that fails is a failed test"
)]

mod client_secret;
#[path = "../common/mod.rs"]
mod common;
mod offline_token;
mod storefront_token;

use common::Scene;
use common::rotation::{as_credential, issue, knowing, order, rights, rotator, slot};
use guestpass::rotation::Credential;

#[tokio::test]
async fn kinds_say_what_is_possible_and_other_kinds_are_refused() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_token());
    let kinds = rotator(&store).kinds();
    let names: Vec<_> = kinds.iter().map(|info| info.kind.as_str().to_owned()).collect();
    assert_eq!(names, ["storefront-token", "offline-token", "client-secret"]);
    let guided: Vec<_> = kinds.iter().map(|info| (info.is_guided(), info.is_in_place())).collect();
    assert_eq!(guided, [(false, false), (false, true), (true, false)]);
    let unheard = slot("password");
    let error = rotator(&store).inspect(&unheard, &Credential::new(), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), guestpass::ErrorKind::Unsupported, "{error}");
    assert!(rotator(&store).make_secret(&unheard).is_err());
    assert!(scene.fake.requests().is_empty());
    assert!(scene.connect(scene.settings_of(&scene.seed.shop).merchant_held()).credentials().is_none());
}

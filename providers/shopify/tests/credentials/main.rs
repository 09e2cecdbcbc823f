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
mod secrecy;
mod storefront_token;

use std::sync::Arc;

use common::Scene;
use guestpass::rotation::{
    Credential, CredentialKind, CredentialName, CredentialRotator, CredentialSlot, IssueOrder, IssueOutcome,
    NewCredential, Tag,
};
use guestpass::{AccessProvider, Held, OneTimeSecret, Result};

fn slot(kind: &'static str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new("one").unwrap(), CredentialKind::from_static(kind))
}

fn secret(text: &str) -> OneTimeSecret {
    OneTimeSecret::new(text.to_owned().into())
}

fn knowing(text: &str) -> Credential {
    Credential::new().with_secret(secret(text))
}

fn rotator(store: &Arc<dyn AccessProvider>) -> &dyn CredentialRotator {
    store.credentials().unwrap()
}

/// What an order makes, where it is made by a call.
async fn issue(
    scene: &Scene,
    store: &Arc<dyn AccessProvider>,
    slot: &CredentialSlot,
    tag: &Tag,
    old: Option<&Credential>,
) -> Result<NewCredential> {
    match rotator(store).issue(&order(slot, tag, old), &scene.cx()).await? {
        IssueOutcome::Issued(made) => Ok(made),
        other => panic!("{other:?}"),
    }
}

fn order<'a>(slot: &'a CredentialSlot, tag: &'a Tag, old: Option<&'a Credential>) -> IssueOrder<'a> {
    let mut order = IssueOrder::new(slot, tag);
    order.old = old;
    order
}

/// What was made, as it is handed to later calls.
fn as_credential(made: &NewCredential, tag: &Tag) -> Credential {
    let mut credential = Credential::new();
    credential.id.clone_from(&made.id);
    credential.tag = Some(tag.clone());
    credential.secret.clone_from(&made.secret);
    credential.expires_at = made.expires_at;
    credential
}

/// The rights that are held, or that are not.
fn rights(rights: &[guestpass::Right], held: &Held) -> Vec<String> {
    rights.iter().filter(|right| right.held == *held).map(|right| right.name.clone()).collect()
}

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

//! What tests of rotations share.

#![allow(clippy::panic, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::rotation::{
    Credential, CredentialKind, CredentialName, CredentialRotator, CredentialSlot, IssueOrder, IssueOutcome,
    NewCredential, Tag,
};
use guestpass::{AccessProvider, Held, OneTimeSecret, Result};

use super::Scene;

pub(crate) fn slot(kind: &'static str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new("one").unwrap(), CredentialKind::from_static(kind))
}

pub(crate) fn secret(text: &str) -> OneTimeSecret {
    OneTimeSecret::new(text.to_owned().into())
}

pub(crate) fn knowing(text: &str) -> Credential {
    Credential::new().with_secret(secret(text))
}

pub(crate) fn rotator(store: &Arc<dyn AccessProvider>) -> &dyn CredentialRotator {
    store.credentials().unwrap()
}

/// What an order makes, where it is made by a call.
pub(crate) async fn issue(
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

pub(crate) fn order<'a>(
    slot: &'a CredentialSlot,
    tag: &'a Tag,
    old: Option<&'a Credential>,
) -> IssueOrder<'a> {
    let mut order = IssueOrder::new(slot, tag);
    order.old = old;
    order
}

/// What was made, as it is handed to later calls.
pub(crate) fn as_credential(made: &NewCredential, tag: &Tag) -> Credential {
    let mut credential = Credential::new();
    credential.id.clone_from(&made.id);
    credential.tag = Some(tag.clone());
    credential.secret.clone_from(&made.secret);
    credential.expires_at = made.expires_at;
    credential
}

/// The rights that are held, or that are not.
pub(crate) fn rights(rights: &[guestpass::Right], held: &Held) -> Vec<String> {
    rights.iter().filter(|right| right.held == *held).map(|right| right.name.clone()).collect()
}

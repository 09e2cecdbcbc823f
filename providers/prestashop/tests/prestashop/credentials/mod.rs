//! Rotation of what a shop lets programs and people in with.

mod clients;
mod keys;
mod passwords;

use std::sync::{Arc, Mutex};

use guestpass::rotation::{
    Credential, CredentialKind, CredentialName, CredentialRotator, CredentialSlot, Death, FoundIssued,
    IssueOrder, IssueOutcome, NewCredential, RetireOutcome, Tag,
};
use guestpass::{Error, Held, ManualStep, Right};
use guestpass::{LoadedSecret, OneTimeSecret};

fn slot(kind: &'static str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new("ours").unwrap(), CredentialKind::from_static(kind))
}

fn secret(text: &str) -> OneTimeSecret {
    OneTimeSecret::new(text.to_owned().into())
}

fn known(text: &str) -> Credential {
    Credential::new().with_secret(secret(text))
}

/// What was made, as the driver hands it on.
fn credential(made: &NewCredential, tag: &Tag, ours: Option<&OneTimeSecret>) -> Credential {
    let mut credential = Credential::new();
    credential.id.clone_from(&made.id);
    credential.tag = Some(tag.clone());
    credential.secret = made.secret.clone().or(ours.cloned());
    credential
}

fn issued(outcome: IssueOutcome) -> NewCredential {
    let IssueOutcome::Issued(made) = outcome else { panic!("issued, not {outcome:?}") };
    made
}

fn found(outcome: FoundIssued) -> NewCredential {
    let FoundIssued::Found(all) = outcome else { panic!("found, not {outcome:?}") };
    let [one] = all.as_slice() else { panic!("one, not {all:?}") };
    one.clone()
}

fn step(outcome: IssueOutcome) -> ManualStep {
    let IssueOutcome::ActionRequired(step) = outcome else { panic!("by hand, not {outcome:?}") };
    step
}

fn names(rights: &[Right], wanted: Held) -> Vec<&str> {
    rights.iter().filter(|right| right.held == wanted).map(|right| right.name.as_str()).collect()
}

fn kind_of(rotator: &dyn CredentialRotator, kind: &str) -> guestpass::rotation::KindInfo {
    rotator.kinds().into_iter().find(|info| info.kind.as_str() == kind).unwrap()
}

fn dies_at(death: Death) -> guestpass::Timestamp {
    let Death::DiesAt { at } = death else { panic!("dies at a time, not {death:?}") };
    at
}

fn is_dead(death: &Death) -> bool {
    matches!(death, Death::Dead { .. })
}

/// A place for a secret that is read anew when its value was refused, as a sink's file is.
fn place_of(text: &str) -> (Arc<Mutex<String>>, Arc<LoadedSecret>) {
    let place = Arc::new(Mutex::new(text.to_owned()));
    let reader = place.clone();
    let source = LoadedSecret::new(move || {
        let text = reader.lock().unwrap().clone();
        Box::pin(async move { Ok(text.into()) })
    });
    (place, Arc::new(source))
}

/// Nothing that a rotation says may hold a secret.
fn tells_no_secret(scene: &crate::common::Scene, said: &[&dyn std::fmt::Debug]) {
    for text in said.iter().map(|said| format!("{said:?}")) {
        assert_eq!(scene.secrets_in(&text), Vec::<String>::new(), "{text}");
    }
}

fn explained(error: &Error) -> String {
    format!("{error} {error:?} {}", error.remedy())
}

fn order<'a>(slot: &'a CredentialSlot, tag: &'a Tag, old: Option<&'a Credential>) -> IssueOrder<'a> {
    let mut order = IssueOrder::new(slot, tag);
    order.old = old;
    order
}

fn accepted(outcome: &RetireOutcome) -> bool {
    *outcome == RetireOutcome::Accepted
}

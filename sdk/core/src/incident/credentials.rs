//! How a credential stands, from its rotation's record.

use super::record::{Incident, IncidentCredential, RotationWay};
use super::report::{CredentialReport, CredentialState, MustAct};
use super::rotating::may_begin;
use super::standing::Standing;
use crate::error::Result;
use crate::grants::Ledger;
use crate::model::StoreHandle;
use crate::rotation::{Fate, Rotation, Stage, WaitsFor};

pub(super) async fn credential_report(
    ledger: &dyn Ledger,
    incident: &Incident,
    store: &StoreHandle,
    credential: &IncidentCredential,
) -> Result<CredentialReport> {
    let linked = match credential.rotation {
        Some(id) => ledger.rotation(id).await?,
        None => None,
    };
    let (replaces, rotation) = match linked {
        Some(linked) if linked.stage != Stage::Aborted => (true, Some(linked)),
        // One may have begun, and whoever began it died before writing down that it did.
        linked => match Standing::of(ledger, incident, store, credential).await? {
            Standing::Replaces(rotation) => (true, Some(rotation)),
            Standing::Precedes(earlier) => (false, Some(earlier)),
            Standing::Nothing => (linked.is_some(), linked),
        },
    };
    let must_act = rotation.as_ref().and_then(|rotation| match &rotation.waits_for {
        Some(WaitsFor::Person { step, .. }) => Some(MustAct::of(rotation.id, Some((**step).clone()))),
        _ => None,
    });
    Ok(CredentialReport {
        name: credential.name.clone(),
        kind: credential.kind.clone(),
        way: credential.way.clone(),
        rotation: rotation.as_ref().filter(|_| replaces).map(|rotation| rotation.id),
        state: state(incident, credential, rotation.as_ref(), replaces),
        must_act,
    })
}

fn state(
    incident: &Incident,
    credential: &IncidentCredential,
    rotation: Option<&Rotation>,
    replaces: bool,
) -> CredentialState {
    if let Some(proof) = &credential.word {
        return CredentialState::Attested { proof: proof.clone() };
    }
    if let (Some(rotation), true) = (rotation, replaces) {
        return of_rotation(rotation);
    }
    if let RotationWay::ByHand { reason } = &credential.way {
        return CredentialState::ByHand { reason: reason.clone() };
    }
    if !may_begin(incident, credential) {
        return CredentialState::NeedsConsent;
    }
    let waits = || match rotation {
        Some(_) => "a rotation that began before the incident is finished first".to_owned(),
        None => "the removals come first".to_owned(),
    };
    CredentialState::NotBegun { reason: credential.trouble.clone().unwrap_or_else(waits) }
}

fn of_rotation(rotation: &Rotation) -> CredentialState {
    if rotation.stage == Stage::Done {
        let ended = rotation.ended_at.unwrap_or(rotation.created_at);
        return match rotation.old.as_ref().map(|old| &old.fate) {
            Some(Fate::Dead { proof }) => {
                CredentialState::Dead { at: proof.at(), proof: Some(proof.clone()) }
            }
            Some(Fate::DiesAt { at }) => CredentialState::DiesAt { at: *at },
            Some(Fate::NeverMade { at }) => CredentialState::Dead { at: *at, proof: None },
            None => CredentialState::Dead { at: ended, proof: None },
            Some(_) => in_work(rotation),
        };
    }
    if rotation.stage == Stage::Aborted {
        let reason = "its rotation was given up; continue the incident to begin another one".to_owned();
        return CredentialState::NotBegun { reason };
    }
    in_work(rotation)
}

fn in_work(rotation: &Rotation) -> CredentialState {
    let trouble = rotation.trouble.as_ref().map(|trouble| trouble.reason.clone());
    let waits_for = rotation.waits_for.as_ref().map(|waits_for| match waits_for {
        WaitsFor::Person { step, .. } => format!("a person: {}", step.title),
        WaitsFor::Time { until, why } => format!("{until:.0}: {why}"),
    });
    CredentialState::InWork { stage: rotation.stage, waits_for: waits_for.or(trouble) }
}

//! A rotation, as machines see it.

mod text;
mod words;

use guestpass::rotation::{
    Carrying, Dependent, Fate, HumanPart, Minted, Rotation, RotationTrouble, Stage, WaitsFor,
};
use guestpass::{Held, Right, Timestamp};
use serde::Serialize;

use super::{ProofView, StepView, Who};
pub(crate) use words::happened;
use words::{live, next};

/// A rotation.
#[derive(Debug, Serialize)]
pub(crate) struct RotationView {
    pub(crate) id: String,
    pub(crate) store: String,
    platform: String,
    pub(crate) credential: String,
    kind: String,
    stage: Stage,
    /// What works now, in a few words.
    live: String,
    /// What comes next, and who does it.
    pub(crate) next: String,
    old: Option<MintedView>,
    new: Option<MintedView>,
    orphans: Vec<MintedView>,
    sinks: Vec<String>,
    drain_seconds: u64,
    drain_until: Option<Timestamp>,
    lifetime_seconds: Option<u64>,
    may_lose: Vec<String>,
    dependents: Vec<DependentView>,
    /// Why the new one was not tried, where it cannot be.
    untried: Option<String>,
    waits_for: Option<WaitView>,
    trouble: Option<RotationTroubleView>,
    attempts: u32,
    due_at: Option<Timestamp>,
    requested_by: Who,
    reason: Option<String>,
    ticket: Option<String>,
    created_at: Timestamp,
    promoted_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

/// A credential that the rotation found or made.
#[derive(Debug, Serialize)]
struct MintedView {
    id: Option<String>,
    tag: Option<String>,
    rights: Vec<RightView>,
    made_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    /// `live`, `possible`, `retiring`, `dead`, `dies_at` or `never_made`.
    fate: &'static str,
    /// Since when, or at which time.
    fate_at: Option<Timestamp>,
    proof: Option<ProofView>,
}

#[derive(Debug, Serialize)]
struct RightView {
    name: String,
    held: &'static str,
}

#[derive(Debug, Serialize)]
struct DependentView {
    store: String,
    state: &'static str,
    reason: Option<String>,
    what: Vec<String>,
}

/// What it waits for.
#[derive(Debug, Serialize)]
struct WaitView {
    #[serde(rename = "for")]
    purpose: &'static str,
    /// Which part a person does.
    part: Option<HumanPart>,
    step: Option<StepView>,
    until: Option<Timestamp>,
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct RotationTroubleView {
    kind: String,
    reason: String,
    since: Timestamp,
    times: u32,
    lost_rights: Vec<String>,
}

impl From<&Rotation> for RotationView {
    fn from(rotation: &Rotation) -> Self {
        Self {
            id: rotation.id.to_string(),
            store: rotation.store.to_string(),
            platform: rotation.platform.to_string(),
            credential: rotation.credential.to_string(),
            kind: rotation.kind.to_string(),
            stage: rotation.stage,
            live: live(rotation),
            next: next(rotation),
            old: rotation.old.as_ref().map(MintedView::from),
            new: rotation.new.as_ref().map(MintedView::from),
            orphans: rotation.orphans.iter().map(MintedView::from).collect(),
            sinks: rotation.sinks.clone(),
            drain_seconds: rotation.drain.as_secs(),
            drain_until: rotation.drain_until,
            lifetime_seconds: rotation.lifetime.map(|lifetime| lifetime.as_secs()),
            may_lose: rotation.may_lose.clone(),
            dependents: rotation.dependents.iter().map(DependentView::from).collect(),
            untried: rotation.untried.clone(),
            waits_for: rotation.waits_for.as_ref().map(WaitView::from),
            trouble: rotation.trouble.as_ref().map(RotationTroubleView::from),
            attempts: rotation.attempts,
            due_at: rotation.due_at,
            requested_by: Who::from(&rotation.requested_by),
            reason: rotation.reason.clone(),
            ticket: rotation.ticket.clone(),
            created_at: rotation.created_at,
            promoted_at: rotation.promoted_at,
            ended_at: rotation.ended_at,
        }
    }
}

impl From<&Minted> for MintedView {
    fn from(minted: &Minted) -> Self {
        let (fate, fate_at, proof) = match &minted.fate {
            Fate::Live => ("live", None, None),
            Fate::Possible => ("possible", None, None),
            Fate::Retiring { since } => ("retiring", Some(*since), None),
            Fate::Dead { proof } => ("dead", Some(proof.at()), Some(ProofView::from(proof))),
            Fate::DiesAt { at } => ("dies_at", Some(*at), None),
            Fate::NeverMade { at } => ("never_made", Some(*at), None),
            // A fate that only a newer core knows.
            _ => ("other", None, None),
        };
        Self {
            id: minted.id.clone(),
            tag: minted.tag.as_ref().map(ToString::to_string),
            rights: minted.rights.iter().map(RightView::from).collect(),
            made_at: minted.made_at,
            expires_at: minted.expires_at,
            fate,
            fate_at,
            proof,
        }
    }
}

impl From<&Right> for RightView {
    fn from(right: &Right) -> Self {
        let held = match right.held {
            Held::Yes => "yes",
            Held::No => "no",
            _ => "not_provable",
        };
        Self { name: right.name.clone(), held }
    }
}

impl From<&Dependent> for DependentView {
    fn from(dependent: &Dependent) -> Self {
        let (state, reason) = match &dependent.state {
            Carrying::Pending => ("pending", None),
            Carrying::Refreshed => ("refreshed", None),
            Carrying::Verified => ("verified", None),
            Carrying::Gone { reason } => ("gone", Some(reason.clone())),
            Carrying::Failed { reason } => ("failed", Some(reason.clone())),
            _ => ("other", None),
        };
        Self { store: dependent.store.to_string(), state, reason, what: dependent.what.clone() }
    }
}

impl From<&WaitsFor> for WaitView {
    fn from(waits: &WaitsFor) -> Self {
        match waits {
            WaitsFor::Person { part, step } => Self {
                purpose: "person",
                part: Some(*part),
                step: Some(StepView::from(step.as_ref())),
                until: None,
                why: None,
            },
            WaitsFor::Time { until, why } => {
                Self { purpose: "time", part: None, step: None, until: Some(*until), why: Some(why.clone()) }
            }
            _ => Self { purpose: "other", part: None, step: None, until: None, why: None },
        }
    }
}

impl From<&RotationTrouble> for RotationTroubleView {
    fn from(trouble: &RotationTrouble) -> Self {
        Self {
            kind: trouble.kind.clone(),
            reason: trouble.reason.clone(),
            since: trouble.since,
            times: trouble.times,
            lost_rights: trouble.lost_rights.clone(),
        }
    }
}

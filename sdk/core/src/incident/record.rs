//! The record of one incident: no secret, no name and no address.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::grants::{Found, GrantId, OffboardState, OffboardingId, Phase, Place, Principal};
use crate::model::{CredentialName, PersonHandle, Proof, StoreHandle};
use crate::record_id::record_id;
use crate::rotation::{CredentialKind, RotationId};

record_id!(
    /// The id of an incident. Later ids sort after earlier ones.
    IncidentId,
    by_time,
    "an incident",
    "incidents"
);

/// The record of one incident: a person whose access must end everywhere, and whatever they may have seen must change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// Whose access it is about.
    pub person: PersonHandle,
    /// Who opened it.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// When it was opened, in UTC: nothing was sent before that.
    pub opened_at: Timestamp,
    /// When nothing more was open, in UTC.
    pub finished_at: Option<Timestamp>,
    /// The record of the removals.
    pub offboarding: OffboardingId,
    /// The credentials of which stores are replaced.
    pub scope: RotationScope,
    /// Whether credentials may be replaced although whoever uses them is refused for a while.
    pub allow_downtime: bool,
    /// How many stores it is about.
    pub stores: u32,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

/// The credentials of which stores an incident replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RotationScope {
    /// Of those where the person was inside, or had access by a grant at any time.
    #[default]
    Exposed,
    /// Of every store.
    Everywhere,
    /// Of none.
    Nowhere,
}

/// One store of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidentStore {
    /// The incident.
    pub incident: IncidentId,
    /// Its number in the incident, from 1.
    pub number: u32,
    /// Which subject, where.
    pub place: Place,
    /// The last event of the store when the incident was opened: what follows belongs to it or happened meanwhile.
    pub chain: u64,
    /// The grants that were not over then.
    pub grants: Vec<OpenGrant>,
    /// Whether a grant that was over had let them in before.
    pub had_access: bool,
    /// How far the removal is.
    pub state: OffboardState,
    /// Whether something that takes them out is still to be sent.
    pub unsent: bool,
    /// What the first look showed, before anything was sent.
    pub found: Option<Found>,
    /// The credentials of the store.
    pub credentials: Vec<IncidentCredential>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

impl IncidentStore {
    /// Whether the person may have seen what this store keeps secret.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.had_access
            || self.grants.iter().any(|grant| grant.phase.is_owed())
            || self.found.as_ref().is_some_and(Found::is_inside)
    }

    /// Whether they are out, with proof or by somebody's word.
    #[must_use]
    pub fn is_out(&self) -> bool {
        matches!(self.state, OffboardState::Out { .. })
    }
}

/// A grant as it was when an incident was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenGrant {
    /// Which.
    pub id: GrantId,
    /// With which of our roles.
    pub role: Option<String>,
    /// Where it stood.
    pub phase: Phase,
    /// Since when, in UTC.
    pub since: Timestamp,
    /// Until when it was meant to last, in UTC.
    pub until: Timestamp,
}

/// One credential that an incident replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidentCredential {
    /// Our name for it.
    pub name: CredentialName,
    /// What it is.
    pub kind: CredentialKind,
    /// How it is replaced.
    pub way: RotationWay,
    /// Other stores that depend on it.
    #[serde(default)]
    pub dependents: Vec<StoreHandle>,
    /// The rotation that replaces it.
    pub rotation: Option<RotationId>,
    /// A rotation that had made its new credential before the incident, so that another one follows it.
    pub earlier: Option<RotationId>,
    /// Why nothing could be begun, the last time it was tried.
    pub trouble: Option<String>,
    /// Somebody's word that it was replaced by hand.
    pub word: Option<Proof>,
}

/// How a credential is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum RotationWay {
    /// By calls; the old one lives until the new one is in its place.
    Automatic,
    /// A human makes the new one, guided by steps.
    Guided,
    /// The new one ends the old one at once: only where downtime is allowed.
    InPlace,
    /// A human must do all of it, unguided.
    ByHand {
        /// Why.
        reason: String,
    },
}

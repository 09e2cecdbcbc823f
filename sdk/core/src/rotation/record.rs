//! The record of one rotation. It holds no secret.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::credential::{CredentialName, Fingerprint, Tag};
use super::kind::CredentialKind;
use crate::Timestamp;
use crate::error::ErrorKind;
use crate::grants::{LeaseKey, Principal};
use crate::model::{ContentionKey, ManualStep, Proof, ProviderId, StoreHandle};
use crate::provider::Right;
use crate::record_id::record_id;

record_id!(
    /// The id of a rotation. Later ids sort after earlier ones.
    RotationId,
    by_time,
    "a rotation",
    "rotations"
);

/// The record of one rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rotation {
    /// Its id.
    pub id: RotationId,
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// Which of its credentials.
    pub credential: CredentialName,
    /// What that is.
    pub kind: CredentialKind,
    /// Whether making the new one ends the old one.
    #[serde(default)]
    pub in_place: bool,
    /// How far it is.
    pub stage: Stage,
    /// Our mark on the new one; another one for every attempt to make it.
    pub tag: Tag,
    /// The one in use when the rotation began; `None` where there was none.
    pub old: Option<Minted>,
    /// The new one, from the moment at which it may exist.
    pub new: Option<Minted>,
    /// Others that this rotation may have made: answers that were lost, secrets that nobody knows.
    pub orphans: Vec<Minted>,
    /// Where the new one goes: names of sinks.
    pub sinks: Vec<String>,
    /// How long whoever uses it has to take the new one.
    pub drain: Duration,
    /// Until when that is, in UTC, once the new one is in its place.
    pub drain_until: Option<Timestamp>,
    /// How long the new one is to live, where that can be chosen.
    pub lifetime: Option<Duration>,
    /// Rights of the old one that the new one may lack.
    pub may_lose: Vec<String>,
    /// Every store that depends on the credential, the own one among them.
    pub dependents: Vec<Dependent>,
    /// Why the new one was put in its place without having been tried, where it cannot be.
    pub untried: Option<String>,
    /// What it waits for.
    pub waits_for: Option<WaitsFor>,
    /// What went wrong last; `None` once it has gone on.
    pub trouble: Option<RotationTrouble>,
    /// When the last request left whose answer is not known, in UTC.
    pub sent_at: Option<Timestamp>,
    /// How often a new one was asked for.
    pub attempts: u32,
    /// When somebody should go on with it, in UTC; `None` when it is over or waits for a person alone.
    pub due_at: Option<Timestamp>,
    /// Who asked for it.
    pub requested_by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// When it was asked for, in UTC.
    pub created_at: Timestamp,
    /// When the new one was in its place, in UTC.
    pub promoted_at: Option<Timestamp>,
    /// When it was over, in UTC.
    pub ended_at: Option<Timestamp>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

impl Rotation {
    /// What is leased while somebody works on it: one credential of one store.
    #[must_use]
    pub fn lease_key(&self) -> LeaseKey {
        Self::key_of(&self.platform, &self.store, &self.credential)
    }

    /// What is leased while somebody works on a credential.
    #[must_use]
    pub fn key_of(platform: &ProviderId, store: &StoreHandle, credential: &CredentialName) -> LeaseKey {
        // Two names of at most 64 characters are within what a key may hold.
        LeaseKey::new(platform.clone(), ContentionKey::of_rotation(store, credential))
    }
}

/// How far a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// It is written down; no new credential can exist.
    Planned,
    /// A new credential may exist: it was asked for, and the answer is not written down.
    Issuing,
    /// A new credential exists; its secret is not safe in every sink yet.
    Issued,
    /// The new secret is safe beside the old one in every sink.
    Staged,
    /// The new one works, for the right store, with the rights it should have.
    Verified,
    /// The new one is being put in the old one's place: from here on there is only forward.
    Promoting,
    /// The new one is in its place everywhere. What depends on the old one is taken along, and its users get their time.
    Promoted,
    /// The old one's end was asked for, or may have been.
    Retiring,
    /// The old one is dead, or it is written down when it dies.
    Done,
    /// It was given up before the new one was in its place; the new one is being ended.
    Aborting,
    /// It was given up, and what it made is dead, or it is written down when it dies.
    Aborted,
}

impl Stage {
    /// Every stage, in the order of a rotation that succeeds, then those of one that is given up.
    pub const ALL: [Self; 11] = [
        Self::Planned,
        Self::Issuing,
        Self::Issued,
        Self::Staged,
        Self::Verified,
        Self::Promoting,
        Self::Promoted,
        Self::Retiring,
        Self::Done,
        Self::Aborting,
        Self::Aborted,
    ];

    /// Its stable name in machine output, in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Issuing => "issuing",
            Self::Issued => "issued",
            Self::Staged => "staged",
            Self::Verified => "verified",
            Self::Promoting => "promoting",
            Self::Promoted => "promoted",
            Self::Retiring => "retiring",
            Self::Done => "done",
            Self::Aborting => "aborting",
            Self::Aborted => "aborted",
        }
    }

    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Aborted)
    }

    /// Whether it may still be given up.
    #[must_use]
    pub fn may_abort(self) -> bool {
        matches!(self, Self::Planned | Self::Issuing | Self::Issued | Self::Staged | Self::Verified)
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A credential as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Minted {
    /// The platform's id of it, where it has one.
    pub id: Option<String>,
    /// Our mark on it, if we made it.
    pub tag: Option<Tag>,
    /// By what its secret is recognised, where it is known.
    pub fingerprint: Option<Fingerprint>,
    /// What it may do, as far as the platform told.
    pub rights: Vec<Right>,
    /// When it was made, or asked for, in UTC, where that is known.
    pub made_at: Option<Timestamp>,
    /// When it dies by itself, in UTC.
    pub expires_at: Option<Timestamp>,
    /// What has become of it.
    pub fate: Fate,
}

impl Minted {
    /// One of which nothing but its fate is known yet.
    #[must_use]
    pub fn new(fate: Fate) -> Self {
        Self {
            id: None,
            tag: None,
            fingerprint: None,
            rights: Vec::new(),
            made_at: None,
            expires_at: None,
            fate,
        }
    }
}

/// What has become of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum Fate {
    /// It exists.
    Live,
    /// It may exist: it was asked for, and nobody saw the answer.
    Possible,
    /// Its end was asked for.
    Retiring {
        /// When, in UTC.
        since: Timestamp,
    },
    /// It is dead.
    Dead {
        /// How we know.
        proof: Proof,
    },
    /// It dies, or what was minted with it, at this time at the latest, and nothing ends it earlier.
    DiesAt {
        /// In UTC.
        at: Timestamp,
    },
    /// A complete look shows that it was never made.
    NeverMade {
        /// When that was seen, in UTC.
        at: Timestamp,
    },
}

impl Fate {
    /// Whether nothing more is to be done about it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Dead { .. } | Self::DiesAt { .. } | Self::NeverMade { .. })
    }
}

/// A store that depends on the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dependent {
    /// The store.
    pub store: StoreHandle,
    /// How far it is.
    pub state: Carrying,
    /// What was taken along, in one sentence each.
    pub what: Vec<String>,
}

impl Dependent {
    /// A store on which nothing was taken along yet.
    #[must_use]
    pub fn new(store: StoreHandle) -> Self {
        Self { store, state: Carrying::Pending, what: Vec::new() }
    }
}

/// How far a store is that depends on the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum Carrying {
    /// Not begun.
    Pending,
    /// Done, and not seen yet.
    Refreshed,
    /// Everything there depends on the new one, and that was seen.
    Verified,
    /// The store has left.
    Gone {
        /// How that shows.
        reason: String,
    },
    /// It did not work, and is tried again.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Carrying {
    /// Whether the old one may end, as far as this store is concerned.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self, Self::Verified | Self::Gone { .. })
    }
}

/// What a rotation waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "for")]
#[non_exhaustive]
pub enum WaitsFor {
    /// Somebody does this.
    Person {
        /// Which part of the rotation it is.
        part: HumanPart,
        /// What to do.
        step: Box<ManualStep>,
    },
    /// This time passes.
    Time {
        /// Until then, in UTC.
        until: Timestamp,
        /// What for, in one clause.
        why: String,
    },
}

/// Which part of a rotation a human does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HumanPart {
    /// Making the new one, and handing it in.
    Issue,
    /// Taking something along that no API takes.
    CarryOver,
    /// Ending the old one.
    Retire,
    /// Ending a new one that was given up, or one that got lost.
    CleanUp,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RotationTrouble {
    /// The kind of the error, as [`ErrorKind::as_str`] names it.
    pub kind: String,
    /// What happened and what comes next, in one line.
    pub reason: String,
    /// Since when, in UTC.
    pub since: Timestamp,
    /// How often in a row.
    pub times: u32,
    /// Rights that the new one lacks and that nobody has agreed to lose.
    pub lost_rights: Vec<String>,
}

impl RotationTrouble {
    /// Trouble of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind, reason: impl Into<String>, since: Timestamp) -> Self {
        Self {
            kind: kind.as_str().to_owned(),
            reason: reason.into(),
            since,
            times: 1,
            lost_rights: Vec::new(),
        }
    }
}

/// Which rotations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RotationQuery {
    /// Of this store.
    pub store: Option<StoreHandle>,
    /// Of this credential.
    pub credential: Option<CredentialName>,
    /// Only those that are not over.
    pub open: bool,
    /// Only those that somebody should go on with at this time.
    pub due_by: Option<Timestamp>,
}

impl RotationQuery {
    /// All of them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of one credential.
    #[must_use]
    pub fn of(store: &StoreHandle, credential: &CredentialName) -> Self {
        Self { store: Some(store.clone()), credential: Some(credential.clone()), ..Self::default() }
    }

    /// Only those of this store.
    #[must_use]
    pub fn on(mut self, store: &StoreHandle) -> Self {
        self.store = Some(store.clone());
        self
    }

    /// Only those that are not over.
    #[must_use]
    pub fn only_open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Only those that somebody should go on with at this time.
    #[must_use]
    pub fn due_by(mut self, now: Timestamp) -> Self {
        self.due_by = Some(now);
        self
    }
}

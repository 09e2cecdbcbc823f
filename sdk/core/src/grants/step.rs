//! Manual steps that a ledger remembers until somebody takes them.

use serde::{Deserialize, Serialize};

use super::grant::GrantId;
use super::subject::Place;
use crate::Timestamp;
use crate::model::{ManualStep, PersonHandle, Proof};
use crate::record_id::record_id;

record_id!(
    /// The id of a remembered step.
    StepId,
    at_random,
    "a step",
    "steps"
);

/// What a step is for, and so what happens when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// Letting the subject in: done means inside.
    Entry,
    /// Something that follows an entry, for example setting the role.
    FollowUp,
    /// Switching off or on again.
    Pause,
    /// Taking the subject out, or bringing back what was there: done means out.
    Exit,
    /// Taking away something that a grant brought along by hand.
    Obligation {
        /// The grant.
        grant: GrantId,
        /// Which of its obligations, counted from 0.
        index: usize,
    },
    /// What a removal does not cover and somebody must look at.
    Residual,
    /// A human must decide, because several accounts match or nobody knows what was there before us.
    Decision,
}

/// A manual step that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Where.
    pub place: Place,
    /// About whom.
    pub person: PersonHandle,
    /// What for.
    pub kind: StepKind,
    /// What to do; `None` once the person's data was erased.
    pub manual: Option<ManualStep>,
    /// When it was opened, in UTC.
    pub opened_at: Timestamp,
    /// How and when it was closed; `None` while it is open. Steps that are no longer needed are closed as superseded.
    pub closed: Option<StepEnd>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

/// How a step was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
#[non_exhaustive]
pub enum StepEnd {
    /// A look shows that it was done, or somebody said so.
    Done {
        /// How we know.
        proof: Proof,
    },
    /// Nobody needs it any more.
    Superseded {
        /// When that was found, in UTC.
        at: Timestamp,
    },
}

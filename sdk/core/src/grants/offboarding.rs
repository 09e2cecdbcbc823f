//! The record of taking one person out of every store.

use serde::{Deserialize, Serialize};

use super::grant::Principal;
use crate::Timestamp;
use crate::model::{PersonHandle, Proof, ProviderId, StoreHandle};
use crate::record_id::record_id;

record_id!(
    /// The id of an offboarding.
    OffboardingId,
    at_random,
    "an offboarding",
    "offboardings"
);

/// The record of taking one person out of every store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Offboarding {
    /// Its id.
    pub id: OffboardingId,
    /// Who goes.
    pub person: PersonHandle,
    /// Who said so.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// When it began, in UTC.
    pub began_at: Timestamp,
    /// When the last store was settled, in UTC.
    pub finished_at: Option<Timestamp>,
    /// Every store that was configured when it began.
    pub stores: Vec<OffboardedStore>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

/// One store of an offboarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OffboardedStore {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// How far it is.
    pub state: OffboardState,
}

/// How far one store of an offboarding is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum OffboardState {
    /// Not begun.
    Waiting,
    /// Begun, and not proven yet.
    Open {
        /// What is missing, in one sentence.
        reason: String,
    },
    /// They are out.
    Out {
        /// How we know.
        proof: Proof,
    },
}

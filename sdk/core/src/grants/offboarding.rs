//! The record of taking one person out of every store.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::grant::Principal;
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{PersonHandle, Proof, ProviderId, StoreHandle};

/// The id of an offboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OffboardingId(Uuid);

impl OffboardingId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for OffboardingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for OffboardingId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, format!("{text:?} is no id of an offboarding"))
                .with_remedy("copy the id from the list of offboardings")
                .with_source(error)
        })
    }
}

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

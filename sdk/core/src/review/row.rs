//! One store as a review saw it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use crate::Timestamp;
use crate::grants::{GrantId, SubjectKey};
use crate::model::{AccountId, Collaborator, Evidence, PersonHandle, ProviderId, StoreHandle};

/// What a row is about, the same in every review: an account of a store, or a subject whom nobody has seen there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowKey(String);

impl RowKey {
    /// The row of an account.
    #[must_use]
    pub fn account(id: &AccountId) -> Self {
        Self(format!("account:{id}"))
    }

    /// The row of a subject that has no account, as far as anybody knows.
    #[must_use]
    pub fn subject(subject: &SubjectKey) -> Self {
        Self(format!("subject:{subject}"))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One store as a review saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreReview {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// When its reading began, in UTC.
    pub began_at: Timestamp,
    /// How it was read.
    pub reading: Reading,
    /// How long to wait before it is read again, where that failed because the platform's budget is used up.
    pub again_after: Option<Duration>,
    /// Accounts and grants, those with findings first.
    pub rows: Vec<ReviewRow>,
    /// How the grants ended that are over.
    pub ends: Ends,
}

/// How a store was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum Reading {
    /// Everybody was listed.
    Complete {
        /// The listing.
        evidence: Evidence,
    },
    /// Nobody can be listed here: the rows are what people have said.
    Attested {
        /// Why.
        reason: String,
    },
    /// The listing failed or broke off: the rows are what the ledger knows, and prove nobody's absence.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
}

impl Reading {
    /// Whether everybody who is inside has a row.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete { .. })
    }

    /// Its stable name in machine output, in snake case.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "complete",
            Self::Attested { .. } => "attested",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Somebody who is inside, or should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReviewRow {
    /// What it is about.
    pub key: RowKey,
    /// The account as it was listed; `None` for a grant whose person was not seen.
    pub account: Option<Collaborator>,
    /// Who of ours it is.
    pub person: Option<PersonHandle>,
    /// The grants that let them in.
    pub grants: Vec<GrantId>,
    /// The role of ours that these give, the highest one.
    pub role: Option<String>,
    /// Until when, in UTC.
    pub until: Option<Timestamp>,
    /// What somebody should look at.
    pub findings: Vec<Finding>,
}

impl ReviewRow {
    /// A row without findings yet.
    #[must_use]
    pub fn new(key: RowKey) -> Self {
        Self {
            key,
            account: None,
            person: None,
            grants: Vec::new(),
            role: None,
            until: None,
            findings: Vec::new(),
        }
    }
}

/// How the grants of a store ended. What people said is never counted as proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ends {
    /// With a look that shows it.
    pub proven: u64,
    /// With somebody's word.
    pub attested: u64,
    /// Without either: closed by force, or nothing was ever sent.
    pub unproven: u64,
}

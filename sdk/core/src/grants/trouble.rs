//! What stands in the way of a place, beside the phases of its grants.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TroubleKind {
    /// Whether a write was executed is not known, and nothing may be sent before it is.
    Unsettled,
    /// Several accounts match, or nobody looked before the first intent: a human decides.
    Ambiguous,
    /// The access should have ended an hour ago or earlier.
    RemovalLate,
    /// Our credential no longer works while people may be inside.
    AuthorityLost,
    /// The platform or the store does not answer, or has no room in its budget.
    StoreUnavailable,
    /// The store left the configuration while something is owed on it.
    StoreUnknown,
    /// The place where a one-time secret belongs did not take it.
    Undelivered,
}

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Trouble {
    /// What it is.
    pub kind: TroubleKind,
    /// Since when, in UTC.
    pub since: Timestamp,
    /// What happened, in one sentence. Never a secret.
    pub reason: String,
    /// The kind of the error behind it, as [`ErrorKind::as_str`](crate::ErrorKind::as_str) names it; `None` where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Trouble {
    /// Something that began to stand in the way.
    #[must_use]
    pub fn new(kind: TroubleKind, since: Timestamp, reason: impl Into<String>) -> Self {
        Self { kind, since, reason: reason.into(), error: None }
    }
}

//! What a look at a store showed.

use serde::{Deserialize, Serialize};

use super::Collaborator;
use crate::Timestamp;

/// What one look at one subject showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Observation {
    /// What was seen.
    pub state: AccessState,
    /// How it was seen.
    pub evidence: Evidence,
    /// When an invitation that was seen can no longer be accepted, in UTC, where the platform says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<Timestamp>,
}

impl Observation {
    /// A look and its result.
    #[must_use]
    pub fn new(state: AccessState, evidence: Evidence) -> Self {
        Self { state, evidence, lapses_at: None }
    }

    /// The invitation that was seen can be accepted until then.
    #[must_use]
    pub fn lapsing(mut self, at: Option<Timestamp>) -> Self {
        self.lapses_at = at;
        self
    }
}

/// Whether the subject is inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum AccessState {
    /// Not there, in a complete look.
    Absent,
    /// Access was offered and not yet used.
    Invited {
        /// The account, where the platform already lists one.
        account: Option<Box<Collaborator>>,
    },
    /// There, but switched off.
    Suspended {
        /// The account.
        account: Box<Collaborator>,
    },
    /// There.
    Present {
        /// The account.
        account: Box<Collaborator>,
    },
    /// Several accounts match; none is picked.
    Ambiguous {
        /// All of them.
        accounts: Vec<Collaborator>,
    },
    /// The look proves nothing.
    Unknown {
        /// Why.
        reason: UnknownReason,
    },
}

impl AccessState {
    /// The account that was seen, if exactly one was.
    #[must_use]
    pub fn account(&self) -> Option<&Collaborator> {
        match self {
            Self::Invited { account } => account.as_deref(),
            Self::Suspended { account } | Self::Present { account } => Some(account),
            Self::Absent | Self::Ambiguous { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The state's stable name in machine output.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Invited { .. } => "invited",
            Self::Suspended { .. } => "suspended",
            Self::Present { .. } => "present",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Why a look proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnknownReason {
    /// The platform has nothing to read here, or we hold no credential to read it with.
    NotObservable(String),
    /// The platform refused to show it: plan, scope, or right.
    Denied(String),
    /// Not everything could be read, or the numbers do not add up.
    Incomplete(String),
}

impl std::fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotObservable(why) => write!(f, "cannot be read: {why}"),
            Self::Denied(why) => write!(f, "reading was refused: {why}"),
            Self::Incomplete(why) => write!(f, "the reading is incomplete: {why}"),
        }
    }
}

/// How something was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// When the look began, in UTC.
    pub began_at: Timestamp,
    /// How many pages were read.
    pub pages: u32,
    /// Whether everything was read and adds up.
    pub complete: bool,
    /// The platform's ids of the requests, to quote to its support.
    pub request_ids: Vec<String>,
    /// Whether the conclusion was drawn by comparison with who was there before us, because the platform does not tell
    /// whose account is whose.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_comparison: bool,
}

impl Evidence {
    /// A look that began at this time and has read nothing yet.
    #[must_use]
    pub fn begun(began_at: Timestamp) -> Self {
        Self { began_at, pages: 0, complete: false, request_ids: Vec::new(), by_comparison: false }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// How we know that an access has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
#[non_exhaustive]
pub enum Proof {
    /// A complete listing, begun after the removal was sent, does not hold the subject.
    Listed {
        /// The listing.
        evidence: Evidence,
    },
    /// A credential was used and refused, begun after its end was sent.
    CredentialDead {
        /// The attempt.
        evidence: Evidence,
    },
    /// The account is still there, switched off, and its password was replaced by one that nobody knows; the look that
    /// says so began after that was sent.
    Disabled {
        /// The look.
        evidence: Evidence,
    },
    /// What was there before us is there again: the former role, or an account that was switched off. Or, where other
    /// grants go on, what they give. Or, for a step, what it was to bring about.
    Restored {
        /// The look.
        evidence: Evidence,
    },
    /// Somebody says so, because the platform cannot be read. Closed, but never shown as proven.
    Attested {
        /// Who says so.
        who: String,
        /// When they said it, in UTC.
        at: Timestamp,
        /// In which words.
        note: String,
    },
    /// The invitation has ended, and a complete listing holds nobody who was not there before it. Which account the
    /// subject would have used is not known.
    BaselineEqual {
        /// The listing.
        evidence: Evidence,
    },
}

impl Proof {
    /// The proof that a look which found nobody gives.
    #[must_use]
    pub fn of_absence(evidence: Evidence) -> Self {
        if evidence.by_comparison { Self::BaselineEqual { evidence } } else { Self::Listed { evidence } }
    }

    /// Since when we know, in UTC.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Listed { evidence }
            | Self::CredentialDead { evidence }
            | Self::Disabled { evidence }
            | Self::Restored { evidence }
            | Self::BaselineEqual { evidence } => evidence.began_at,
            Self::Attested { at, .. } => *at,
        }
    }
}

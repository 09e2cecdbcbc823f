//! What a review finds, besides that somebody is inside.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::model::AccountId;

/// Something about a row that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum Finding {
    /// Somebody of ours is inside, and no grant says why.
    OursWithoutGrant {
        /// Whether they were there before our first grant.
        before_us: bool,
    },
    /// A grant says that somebody is inside, and a complete listing does not show them.
    GrantWithoutPerson,
    /// They may do more than the grant's role says.
    BeyondGrant {
        /// What more, as the platform writes it.
        rights: Vec<String>,
    },
    /// What they may do cannot be compared with the grant's role.
    NotComparable {
        /// Why.
        reason: String,
    },
    /// They may grant access, move money or take data out, or the store is theirs.
    Privileged {
        /// By which rights, as the platform writes them; none where the whole account is privileged.
        rights: Vec<String>,
    },
    /// They have not signed in for a long time.
    Dormant {
        /// When they last did, in UTC; `None` means never.
        last_login: Option<Timestamp>,
    },
    /// The same person has another account here.
    Duplicate {
        /// The other one.
        of: AccountId,
    },
    /// Several people read this mailbox.
    SharedMailbox,
    /// What a removal of theirs does not cover: a step that is open, something by hand that a grant brought along.
    Residual {
        /// What it is.
        what: String,
    },
    /// The platform does not show it; it is known from what was kept.
    Unconfirmed,
}

impl Finding {
    /// Its stable name in machine output, in snake case.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OursWithoutGrant { .. } => "ours_without_grant",
            Self::GrantWithoutPerson => "grant_without_person",
            Self::BeyondGrant { .. } => "beyond_grant",
            Self::NotComparable { .. } => "not_comparable",
            Self::Privileged { .. } => "privileged",
            Self::Dormant { .. } => "dormant",
            Self::Duplicate { .. } => "duplicate",
            Self::SharedMailbox => "shared_mailbox",
            Self::Residual { .. } => "residual",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OursWithoutGrant { before_us: true } => {
                f.write_str("inside without a grant, and was before us")
            }
            Self::OursWithoutGrant { before_us: false } => f.write_str("inside without a grant"),
            Self::GrantWithoutPerson => f.write_str("has a grant and is not inside"),
            Self::BeyondGrant { rights } => write!(f, "may do more than the grant: {}", rights.join(", ")),
            Self::NotComparable { reason } => write!(f, "not comparable with the grant: {reason}"),
            Self::Privileged { rights } if rights.is_empty() => f.write_str("privileged"),
            Self::Privileged { rights } => write!(f, "privileged: {}", rights.join(", ")),
            Self::Dormant { last_login: Some(at) } => {
                write!(f, "has not signed in since {}", at.strftime("%Y-%m-%d"))
            }
            Self::Dormant { last_login: None } => f.write_str("has never signed in"),
            Self::Duplicate { of } => write!(f, "another account of the same person: {of}"),
            Self::SharedMailbox => f.write_str("several people read this mailbox"),
            Self::Residual { what } => write!(f, "left to look after: {what}"),
            Self::Unconfirmed => f.write_str("the platform does not show it"),
        }
    }
}

//! What is known of one subject on one store: everything its grants have in common.

use serde::{Deserialize, Serialize};

use super::subject::Place;
use super::trouble::{Trouble, TroubleKind};
use crate::Timestamp;
use crate::error::ErrorKind;
use crate::model::{AccountId, Evidence, PersonHandle, ProviderState};

/// What a complete look showed of a subject before our first intent. Ending the last grant brings it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "was")]
#[non_exhaustive]
pub enum Former {
    /// Not there: whatever is there now is ours.
    Absent {
        /// The look.
        evidence: Evidence,
    },
    /// There, switched off.
    Suspended {
        /// With these roles of the platform, as far as it tells them.
        roles: Vec<String>,
        /// With these permissions, as far as the platform tells them.
        #[serde(default)]
        permissions: Vec<String>,
        /// The look.
        evidence: Evidence,
    },
    /// There.
    Present {
        /// With these roles of the platform, as far as it tells them.
        roles: Vec<String>,
        /// With these permissions, as far as the platform tells them.
        permissions: Vec<String>,
        /// The look.
        evidence: Evidence,
    },
    /// Nothing could be looked at: a human decides what was ours. Where a merchant lets people in by hand, they say so.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// A write that may have left and whose outcome is not written down yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// What it is to do.
    pub kind: IntentKind,
    /// When it was written down, in UTC: the write began after that.
    pub since: Timestamp,
    /// Whether a one-time secret may have come with its answer, so that a new one is needed if nobody got it.
    pub makes_secret: bool,
    /// The role of ours that it gives, by name.
    #[serde(default)]
    pub role: Option<String>,
}

/// What a write is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntentKind {
    /// Let the subject in.
    Invite,
    /// Give another role.
    SetRole,
    /// Switch the account on or off.
    SetActive,
    /// Take the subject out.
    Remove,
    /// Make a new password.
    ResetPassword,
}

/// Somebody's word that a subject has to go whatever was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Eviction {
    /// Who says so.
    pub by: super::grant::Principal,
    /// Since when, in UTC.
    pub since: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// How far it is to give the role again, because somebody said that the subject may do too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reset {
    /// It was ordered.
    Ordered,
    /// People were asked to do it by hand.
    Asked,
}

/// What is known of one subject on one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Holding {
    /// Which subject, where.
    pub place: Place,
    /// Through whom of ours the subject is addressed.
    pub person: PersonHandle,
    /// What was there before us; `None` until somebody looked.
    pub former: Option<Former>,
    /// The account, where a look has shown it.
    pub account: Option<AccountId>,
    /// What the provider asked us to keep.
    pub state: Option<ProviderState>,
    /// The role of ours that was last set or seen, by name.
    pub role: Option<String>,
    /// The role is to be given again, and nothing beyond it.
    #[serde(default)]
    pub reset: Option<Reset>,
    /// A write that may have left.
    pub intent: Option<Intent>,
    /// The subject has to go whatever was there before.
    pub eviction: Option<Eviction>,
    /// Whether we had the access switched off for a while, or asked for it.
    #[serde(default)]
    pub paused: bool,
    /// What stands in the way.
    pub troubles: Vec<Trouble>,
    /// How often the present goal was tried without success, and since when.
    pub tries: Tries,
    /// When the place was last looked at, in UTC.
    pub seen_at: Option<Timestamp>,
    /// When there is something to do here next, in UTC: a grant starts or ends, a try or a look is due. `None` when nothing
    /// ever is.
    pub due_at: Option<Timestamp>,
    /// Whether what is to do is to take somebody out.
    pub removing: bool,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

/// Attempts at one goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tries {
    /// How many failed.
    pub failed: u32,
    /// When the first one began, in UTC.
    pub since: Option<Timestamp>,
}

impl Holding {
    /// A place about which nothing is known yet.
    #[must_use]
    pub fn new(place: Place, person: PersonHandle) -> Self {
        Self {
            place,
            person,
            former: None,
            account: None,
            state: None,
            role: None,
            reset: None,
            intent: None,
            eviction: None,
            paused: false,
            troubles: Vec::new(),
            tries: Tries::default(),
            seen_at: None,
            due_at: None,
            removing: false,
            revision: 0,
        }
    }

    /// Notes what stands in the way; what did already keeps its beginning.
    pub fn trouble(&mut self, kind: TroubleKind, now: Timestamp, reason: impl Into<String>) {
        let reason = reason.into();
        match self.troubles.iter_mut().find(|known| known.kind == kind) {
            Some(known) => known.reason = reason,
            None => self.troubles.push(Trouble::new(kind, now, reason)),
        }
    }

    /// Notes which error is behind a trouble.
    pub fn blame(&mut self, kind: TroubleKind, error: ErrorKind) {
        if let Some(known) = self.troubles.iter_mut().find(|known| known.kind == kind) {
            known.error = Some(error.as_str().to_owned());
        }
    }

    /// Whether an error of this kind is behind a trouble.
    #[must_use]
    pub fn blames(&self, error: ErrorKind) -> bool {
        self.troubles.iter().any(|trouble| trouble.error.as_deref() == Some(error.as_str()))
    }

    /// Takes a trouble away. Gives whether it was there.
    pub fn clear(&mut self, kind: TroubleKind) -> bool {
        let before = self.troubles.len();
        self.troubles.retain(|trouble| trouble.kind != kind);
        self.troubles.len() != before
    }

    /// Whether this stands in the way.
    #[must_use]
    pub fn has(&self, kind: TroubleKind) -> bool {
        self.troubles.iter().any(|trouble| trouble.kind == kind)
    }
}

//! The record of taking one person out of every store.

use serde::{Deserialize, Serialize};

use super::grant::Principal;
use crate::Timestamp;
use crate::model::{AccountId, AccountKind, Observation, PersonHandle, Proof, ProviderId, StoreHandle, Told};
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
    /// What the first look showed, before anything was sent; `None` until somebody looked, and where nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// Whether something that takes them out is still to be sent, so that other work should wait.
    #[serde(default)]
    pub unsent: bool,
}

/// Somebody as a look showed them, without name and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Found {
    /// What was seen, as [`AccessState::name`](crate::AccessState::name) names it.
    pub state: String,
    /// When the look began, in UTC.
    pub at: Timestamp,
    /// The account, if exactly one was seen.
    pub account: Option<AccountId>,
    /// Its roles, by the platform's name or id, as far as it tells them.
    pub roles: Vec<String>,
    /// Its permissions, as far as the platform tells them.
    pub permissions: Vec<String>,
    /// Those that let somebody grant access, move money or take data out.
    pub privileged: Vec<String>,
    /// Whether the store is theirs.
    pub owner: bool,
}

impl OffboardedStore {
    /// A store at which nothing has begun.
    #[must_use]
    pub fn waiting(platform: ProviderId, store: StoreHandle) -> Self {
        Self { platform, store, state: OffboardState::Waiting, found: None, unsent: true }
    }
}

impl Found {
    /// What a look showed.
    #[must_use]
    pub fn of(look: &Observation) -> Self {
        let account = look.state.account();
        let known = |told: &Told<Vec<String>>| told.known().cloned().unwrap_or_default();
        Self {
            state: look.state.name().to_owned(),
            at: look.evidence.began_at,
            account: account.map(|account| account.id.clone()),
            roles: account.map(|account| known(&account.roles)).unwrap_or_default(),
            permissions: account.map(|account| known(&account.permissions)).unwrap_or_default(),
            privileged: account.map(|account| account.privileged.clone()).unwrap_or_default(),
            owner: account.is_some_and(|account| account.kind == Told::Known(AccountKind::Owner)),
        }
    }

    /// Whether they could get in, or nobody can say that they could not.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.state != "absent"
    }

    /// Whether they could grant access, move money or take data out.
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.owner || !self.privileged.is_empty()
    }
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

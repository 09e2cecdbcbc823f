//! Reviews as the ledger keeps them: no name and no address, so that nothing of them has to be erased.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::row::{Ends, Reading, ReviewRow, RowKey, StoreReview};
use crate::Timestamp;
use crate::grants::{GrantId, Principal};
use crate::model::{AccountId, PersonHandle, ProviderId, Status, StoreHandle};
use crate::record_id::record_id;

record_id!(
    /// The id of a review. Later ids sort after earlier ones.
    ReviewId,
    by_time,
    "a review",
    "reviews"
);

/// One pass over stores: who was inside, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// Who asked for it.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// When it began, in UTC.
    pub began_at: Timestamp,
    /// When the last store was read, in UTC; `None` while it goes on, or when it was interrupted.
    pub finished_at: Option<Timestamp>,
    /// Every store that it is about.
    pub stores: Vec<ReviewedStore>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

/// One store of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReviewedStore {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// When its reading began, in UTC; `None` while it waits.
    pub began_at: Option<Timestamp>,
    /// How it was read.
    pub reading: Option<Reading>,
    /// The number of its first row: they follow each other.
    #[serde(default)]
    pub first_row: u32,
    /// How many rows it has.
    pub rows: u32,
    /// How many findings of each kind.
    pub findings: BTreeMap<String, u32>,
    /// How the grants ended that are over.
    pub ends: Ends,
}

/// A row as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeptRow {
    /// The review.
    pub review: ReviewId,
    /// Its number in the review, from 1: how people name it.
    pub number: u32,
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// What it is about, the same in every review.
    pub key: RowKey,
    /// The account; `None` for a grant whose person was not seen.
    pub account: Option<AccountId>,
    /// Who of ours it is.
    pub person: Option<PersonHandle>,
    /// Whether it can get in, in snake case: `active`, `suspended`, `pending`, `unknown`.
    pub status: Option<String>,
    /// Roles, by the platform's name or id, as far as it tells them.
    pub roles: Vec<String>,
    /// Permissions, as far as the platform tells them.
    pub permissions: Vec<String>,
    /// The grants that let them in.
    pub grants: Vec<GrantId>,
    /// The role of ours that these give.
    pub role: Option<String>,
    /// Until when, in UTC.
    pub until: Option<Timestamp>,
    /// What somebody should look at.
    pub findings: Vec<Finding>,
    /// What somebody decided.
    pub decision: Option<Decision>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

impl KeptRow {
    /// What is kept of a row: neither name nor address.
    pub(super) fn of(review: ReviewId, number: u32, store: &StoreReview, row: &ReviewRow) -> Self {
        let account = row.account.as_ref();
        let told = |words: &crate::model::Told<Vec<String>>| words.known().cloned().unwrap_or_default();
        Self {
            review,
            number,
            platform: store.platform.clone(),
            store: store.store.clone(),
            key: row.key.clone(),
            account: account.map(|account| account.id.clone()),
            person: row.person.clone(),
            status: account.map(|account| status(&account.status).to_owned()),
            roles: account.map(|account| told(&account.roles)).unwrap_or_default(),
            permissions: account.map(|account| told(&account.permissions)).unwrap_or_default(),
            grants: row.grants.clone(),
            role: row.role.clone(),
            until: row.until,
            findings: row.findings.clone(),
            decision: None,
            revision: 0,
        }
    }
}

fn status(status: &Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Pending => "pending",
        Status::Unknown(_) => "unknown",
    }
}

/// What somebody decided about a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: Principal,
    /// When, in UTC.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// What can be decided about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It is right as it is.
    Keep,
    /// They go.
    Revoke,
    /// They keep what the grant's role says, and nothing more.
    Reduce,
}

impl Verdict {
    /// Its stable name in machine output, in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Revoke => "revoke",
            Self::Reduce => "reduce",
        }
    }
}

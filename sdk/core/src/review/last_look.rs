//! What the last look for drift has shown of a store, so that the next one can tell what is new.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::row::RowKey;
use crate::Timestamp;
use crate::model::{ProviderId, StoreHandle};

/// What the last look for drift has shown of a store. Holds no name and no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastLook {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// When the last look that showed everybody began, in UTC; `None` before the first one.
    pub looked_at: Option<Timestamp>,
    /// When the next one is due, in UTC. Whoever looks moves it on first, so that nobody else looks too.
    pub due_at: Timestamp,
    /// Why the last try showed nothing.
    pub failed: Option<String>,
    /// Since when looks are put off, because the platform's budget or our time was used up, in UTC.
    #[serde(default)]
    pub put_off_since: Option<Timestamp>,
    /// What was found.
    pub known: BTreeSet<KnownFinding>,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

/// A finding that was told already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KnownFinding {
    /// About whom.
    pub key: RowKey,
    /// Which, by [`Finding::kind`](super::Finding::kind).
    pub kind: String,
}

impl LastLook {
    /// A store at which nobody has looked yet.
    #[must_use]
    pub fn new(platform: ProviderId, store: StoreHandle, due_at: Timestamp) -> Self {
        Self {
            platform,
            store,
            looked_at: None,
            due_at,
            failed: None,
            put_off_since: None,
            known: BTreeSet::new(),
            revision: 0,
        }
    }
}

impl KnownFinding {
    /// A finding of this kind about this row.
    #[must_use]
    pub fn new(key: RowKey, kind: impl Into<String>) -> Self {
        Self { key, kind: kind.into() }
    }
}

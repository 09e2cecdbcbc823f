//! What happened, written down for ever: one hash chain for each store.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::grant::{GrantId, Principal};
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{PersonHandle, Proof, ProviderId, StoreHandle};

/// What is to be written down. Never a secret; people by handle alone, so that names and addresses can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fact {
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// What happened, in snake case, for example `grant_requested`, `invite_sent`, `access_ended`.
    pub kind: String,
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// Who did it; nobody where time or the platform did.
    pub actor: Option<Principal>,
    /// About whom.
    pub person: Option<PersonHandle>,
    /// About which grant.
    pub grant: Option<GrantId>,
    /// The role of ours before.
    pub role_before: Option<String>,
    /// The role of ours after.
    pub role_after: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// How it came out, in snake case, for example the phase after it or the kind of an error.
    pub outcome: Option<String>,
    /// How we know.
    pub proof: Option<Proof>,
    /// Whatever else belongs to it.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
}

impl Fact {
    /// Something that happened on a store.
    #[must_use]
    pub fn new(at: Timestamp, kind: impl Into<String>, platform: ProviderId, store: StoreHandle) -> Self {
        Self {
            at,
            kind: kind.into(),
            platform,
            store,
            actor: None,
            person: None,
            grant: None,
            role_before: None,
            role_after: None,
            reason: None,
            ticket: None,
            outcome: None,
            proof: None,
            detail: serde_json::Value::Null,
        }
    }
}

/// A fact in the chain of its store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// The hash of the event before it; of the first one, [`Event::GENESIS`].
    pub previous: String,
    /// SHA-256 over `previous`, `seq` and the fact as it was first written, as hexadecimal digits.
    pub hash: String,
    /// The fact as it was first written, in JSON. Kept as text, so that a newer program verifies what an older one wrote.
    pub written: String,
}

/// The end of a store's chain, to be kept elsewhere: with it, cutting and rewriting show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// The store.
    pub store: StoreHandle,
    /// How many events the chain holds.
    pub seq: u64,
    /// The hash of the last one.
    pub hash: String,
}

impl Head {
    /// The end of a chain.
    #[must_use]
    pub fn new(store: StoreHandle, seq: u64, hash: impl Into<String>) -> Self {
        Self { store, seq, hash: hash.into() }
    }

    /// The end of a chain that holds nothing yet.
    #[must_use]
    pub fn empty(store: StoreHandle) -> Self {
        Self::new(store, 0, Event::GENESIS)
    }
}

impl Event {
    /// What the first event of a chain follows.
    pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    /// The event that a fact becomes at the end of a chain.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the fact cannot be written as JSON.
    pub fn after(head: &Head, fact: &Fact) -> Result<Self> {
        let written = serde_json::to_string(fact).map_err(|error| {
            Error::new(ErrorKind::Internal, "an event could not be written").with_source(error)
        })?;
        let seq = head.seq.saturating_add(1);
        let hash = hash(&head.hash, seq, &written);
        Ok(Self { seq, previous: head.hash.clone(), hash, written })
    }

    /// An event as a ledger has kept it.
    #[must_use]
    pub fn from_kept(seq: u64, previous: String, hash: String, written: String) -> Self {
        Self { seq, previous, hash, written }
    }

    /// The fact.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the kept text is no fact: the ledger is damaged, or a newer program wrote it.
    pub fn fact(&self) -> Result<Fact> {
        serde_json::from_str(&self.written).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("event {} of the ledger cannot be read", self.seq))
                .with_remedy("use the newest program; if it is, verify the ledger")
                .with_source(error)
        })
    }

    /// Whether this event follows that end of the chain, unchanged.
    #[must_use]
    pub fn follows(&self, head: &Head) -> bool {
        self.seq == head.seq.saturating_add(1)
            && self.previous == head.hash
            && self.hash == hash(&self.previous, self.seq, &self.written)
    }
}

fn hash(previous: &str, seq: u64, written: &str) -> String {
    let mut sha = Sha256::new();
    for part in [previous, "\n", &seq.to_string(), "\n", written] {
        sha.update(part.as_bytes());
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(kind: &str) -> Fact {
        let store = StoreHandle::new("acme").unwrap();
        Fact::new(Timestamp::UNIX_EPOCH, kind, ProviderId::from_static("shop"), store)
    }

    #[test]
    fn a_chain_shows_every_edit() {
        let start = Head::empty(StoreHandle::new("acme").unwrap());
        let first = Event::after(&start, &fact("grant_requested")).unwrap();
        let head = Head::new(start.store.clone(), first.seq, first.hash.clone());
        let second = Event::after(&head, &fact("access_ended")).unwrap();
        assert!(first.follows(&start) && second.follows(&head) && !second.follows(&start));
        assert_eq!(second.fact().unwrap(), fact("access_ended"));
        let rewritten = Event { written: second.written.replace("ended", "never"), ..second.clone() };
        assert!(!rewritten.follows(&head));
        let renumbered = Event { seq: 3, ..second };
        assert!(!renumbered.follows(&head));
    }
}

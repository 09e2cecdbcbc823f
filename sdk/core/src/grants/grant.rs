//! The record of one person's temporary access to one store.

use serde::{Deserialize, Serialize};

use super::phase::{Move, Phase};
use super::subject::Place;
use crate::Timestamp;
use crate::error::Result;
use crate::model::{PersonHandle, Proof};
use crate::record_id::record_id;

record_id!(
    /// The id of a grant. Later ids sort after earlier ones.
    GrantId,
    by_time,
    "a grant",
    "grants"
);

/// Somebody who acts on grants, as the embedding program names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Principal {
    /// Who.
    pub name: String,
    /// Whether the embedding program has made sure that it is them. What a command line says is only stated.
    pub authenticated: bool,
}

impl Principal {
    /// Somebody, by their own word.
    #[must_use]
    pub fn stated(name: impl Into<String>) -> Self {
        Self { name: name.into(), authenticated: false }
    }

    /// Somebody whose identity the embedding program has made sure of.
    #[must_use]
    pub fn authenticated(name: impl Into<String>) -> Self {
        Self { name: name.into(), authenticated: true }
    }
}

/// Why a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Its time was over.
    Expired,
    /// Somebody ended it earlier.
    Revoked,
    /// Whoever asked for it took it back.
    Withdrawn,
    /// It was not approved, or whoever was asked said no.
    Declined,
    /// Nobody answered the invitation or took the step in time.
    Lapsed,
    /// Its person left.
    Offboarded,
    /// Somebody else took the person out.
    Drift,
    /// Somebody closed the record without a proof.
    Forced,
}

/// How a grant ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct End {
    /// Why.
    pub cause: Cause,
    /// When its ending began, in UTC.
    pub since: Timestamp,
    /// Who ended it; nobody where time did.
    pub by: Option<Principal>,
    /// In which words, where somebody gave any.
    pub reason: Option<String>,
    /// How we know that it is over, and since when we know; `None` until it is, and for ever where the record was closed
    /// by force, nothing was ever sent, or the access goes on for another grant and nobody can look.
    pub proof: Option<Proof>,
}

/// Something by hand that a grant brings along, for example an SFTP account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Obligation {
    /// What it is.
    pub what: String,
    /// When somebody said that it was taken away, and who.
    pub ended: Option<Proof>,
}

/// The record of one person's temporary access to one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Where.
    pub place: Place,
    /// Who of ours.
    pub person: PersonHandle,
    /// With which of our roles; without one, the platform's own starting rights apply.
    pub role: Option<String>,
    /// The role's rank: of two grants the higher one decides.
    pub rank: Option<i64>,
    /// Why, in words the merchant may read.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// Who asked for it.
    pub requested_by: Principal,
    /// Whether somebody must approve it before it begins.
    pub needs_approval: bool,
    /// Who approved it.
    pub approved_by: Option<Principal>,
    /// When it begins, in UTC.
    pub starts_at: Timestamp,
    /// When it ends, in UTC.
    pub ends_at: Timestamp,
    /// When somebody should look whether it is still right, in UTC.
    pub review_at: Option<Timestamp>,
    /// For which of these times it was announced that nobody has looked, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_told: Option<Timestamp>,
    /// Where its one-time secret goes: the name of a sink.
    pub deliver_to: Option<String>,
    /// What else it brings along, by hand.
    pub also: Vec<Obligation>,
    /// Whether access that was found was made into this grant.
    pub adopted: bool,
    /// Where it stands.
    pub phase: Phase,
    /// Whether the person was ever seen inside, or somebody said so.
    pub was_active: bool,
    /// How it ended, from the moment its ending began.
    pub end: Option<End>,
    /// When it was asked for, in UTC.
    pub created_at: Timestamp,
    /// How often the ledger has stored it; 0 before the first time.
    pub revision: u64,
}

impl Grant {
    /// Makes a move, as the table of phases says.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) where the move makes no sense; nothing has changed then.
    pub fn make(&mut self, happens: Move) -> Result<()> {
        self.phase = self.phase.after(happens)?;
        self.was_active |= self.phase == Phase::Active;
        Ok(())
    }

    /// Whether it may begin now.
    #[must_use]
    pub fn may_start(&self, now: Timestamp) -> bool {
        let approved = !self.needs_approval || self.approved_by.is_some();
        self.phase == Phase::Requested && approved && self.starts_at <= now && now < self.ends_at
    }

    /// Whether its time is over and its ending has not begun.
    #[must_use]
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.ends_at <= now && !self.phase.is_over() && self.phase != Phase::Closing
    }
}

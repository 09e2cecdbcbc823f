//! What is known about one person on one store.

use std::time::Duration;

use crate::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::grants::{Grant, Holding, Phase, Step};
use crate::model::{AccessState, Collaborator, CredentialName, Observation, PersonHandle};
use crate::rotation::RotationId;

/// What is known about one person on one store, for [`decide`](super::decide).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Facts {
    /// When it was read, in UTC.
    pub now: Timestamp,
    /// About whom.
    pub person: PersonHandle,
    /// What a look shows.
    pub look: Looked,
    /// Whether our credential works.
    pub check: Checked,
    /// Grants of the subject that are not over, those of others who come in as the same subject among them.
    pub grants: Vec<Grant>,
    /// The last grant of the person that is over.
    pub past: Option<Grant>,
    /// What is known of the place.
    pub holding: Option<Holding>,
    /// Its open steps.
    pub steps: Vec<Step>,
    /// How long an invitation may stay unanswered.
    pub patience: Option<Duration>,
    /// When the invitation that is open was sent, in UTC.
    pub invited_at: Option<Timestamp>,
    /// Other accounts of the person here.
    pub others: Vec<Collaborator>,
    /// How their rights differ from the grant's role, in one clause.
    pub wrong_role: Option<String>,
    /// What only the live store can show about letting people in: plan, scopes.
    pub unproven: Option<String>,
    /// Why the plan or the scopes of a store of which we hold a key hide who is inside, where they do.
    pub hidden: Option<String>,
    /// Credentials of the store that were not replaced since the person was inside.
    pub kept_credentials: Vec<KeptCredential>,
}

/// A credential that was in use while somebody was inside, and still is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptCredential {
    /// Which.
    pub name: CredentialName,
    /// Until when they were inside, in UTC.
    pub inside_until: Timestamp,
    /// The rotation that is to replace it and is not finished.
    pub under_way: Option<RotationId>,
}

impl KeptCredential {
    /// A credential that nobody is replacing.
    #[must_use]
    pub fn new(name: CredentialName, inside_until: Timestamp) -> Self {
        Self { name, inside_until, under_way: None }
    }
}

/// What a look shows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Looked {
    /// This.
    Seen(Observation),
    /// Nothing can be looked at here.
    CannotLook {
        /// Why.
        reason: String,
    },
    /// No look was possible now.
    Failed(Failure),
    /// The store is not configured.
    NoStore,
}

/// Whether our credential works.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Checked {
    /// It does; what deserves attention.
    Alive {
        /// In one sentence each.
        warnings: Vec<String>,
        /// Rights that it does not have, as the platform names them.
        missing: Vec<String>,
    },
    /// It could not be tried, or does not work.
    Failed(Failure),
    /// There is none.
    NotAsked,
}

/// An error, as far as an explanation needs it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure {
    /// Its kind.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// What to do next.
    pub remedy: String,
}

impl Failure {
    /// What an error says.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        Self { kind: error.kind(), message: error.message().to_owned(), remedy: error.remedy().to_owned() }
    }
}

impl Facts {
    /// Facts about a person of whom nothing is known on a store.
    #[must_use]
    pub fn new(now: Timestamp, person: PersonHandle, look: Looked) -> Self {
        Self {
            now,
            person,
            look,
            check: Checked::NotAsked,
            grants: Vec::new(),
            past: None,
            holding: None,
            steps: Vec::new(),
            patience: None,
            invited_at: None,
            others: Vec::new(),
            wrong_role: None,
            unproven: None,
            hidden: None,
            kept_credentials: Vec::new(),
        }
    }

    /// What the look showed, where there was one.
    pub(super) fn seen(&self) -> Option<&AccessState> {
        match &self.look {
            Looked::Seen(look) => Some(&look.state),
            _ => None,
        }
    }

    /// Whether somebody was asked in and has not answered, as far as a look shows it or the ledger says.
    pub(super) fn waits_for_an_answer(&self) -> bool {
        let awaits = || self.grants.iter().any(|grant| grant.phase == Phase::Awaiting);
        match self.seen() {
            Some(AccessState::Invited { .. }) => true,
            Some(AccessState::Unknown { .. }) | None => awaits(),
            Some(_) => false,
        }
    }
}

//! What is known about one person on one store.

use std::time::Duration;

use crate::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::grants::{Grant, Holding, Step};
use crate::model::{Collaborator, CredentialName, Observation, PersonHandle};

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
    /// Other accounts of the person here.
    pub others: Vec<Collaborator>,
    /// How their rights differ from the grant's role, in one clause.
    pub wrong_role: Option<String>,
    /// What only the live store can show about letting people in: plan, scopes.
    pub unproven: Option<String>,
    /// Credentials of the store that were not replaced since the person was inside.
    pub kept_credentials: Vec<CredentialName>,
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
            others: Vec::new(),
            wrong_role: None,
            unproven: None,
            kept_credentials: Vec::new(),
        }
    }
}

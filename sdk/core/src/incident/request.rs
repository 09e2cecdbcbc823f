//! What a responder is asked for, and what it tells.

use std::time::Duration;

use super::record::{Incident, IncidentStore, RotationScope};
use crate::error::Error;
use crate::grants::{OffboardedStore, Principal};
use crate::model::{CredentialName, PersonHandle, StoreHandle};
use crate::rotation::Advanced;

/// An order to open an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncidentRequest {
    /// Whose access must end.
    pub person: PersonHandle,
    /// Who says so.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// The credentials of which stores are replaced.
    pub scope: RotationScope,
    /// Whether credentials may be replaced although whoever uses them is refused for a while.
    pub allow_downtime: bool,
}

impl IncidentRequest {
    /// Out everywhere, and every credential replaced that can be without downtime, where they had access.
    #[must_use]
    pub fn new(person: PersonHandle, by: Principal) -> Self {
        Self { person, by, reason: None, ticket: None, scope: RotationScope::Exposed, allow_downtime: false }
    }

    /// For this reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// For this ticket.
    #[must_use]
    pub fn for_ticket(mut self, ticket: impl Into<String>) -> Self {
        self.ticket = Some(ticket.into());
        self
    }

    /// Replacing the credentials of these stores.
    #[must_use]
    pub fn replacing(mut self, scope: RotationScope) -> Self {
        self.scope = scope;
        self
    }

    /// Even where whoever uses a credential is refused for a while.
    #[must_use]
    pub fn allowing_downtime(mut self) -> Self {
        self.allow_downtime = true;
        self
    }
}

/// What an order to open an incident would write down.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncidentPlan {
    /// The incident that it would go on with instead, because that one is not finished.
    pub goes_on_with: Option<Incident>,
    /// Every store, before anybody has looked; as they were kept, of an incident that it goes on with.
    pub stores: Vec<IncidentStore>,
}

/// How much time one call takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseOptions {
    /// How long all removals together may take, waits for budgets included.
    pub removals: Duration,
    /// How long one rotation may take.
    pub rotation: Duration,
    /// How long a rotation may wait by itself, for example until its users have taken the new credential.
    pub patience: Duration,
    /// On how many contention keys credentials are replaced at once.
    pub parallel: usize,
}

impl Default for ResponseOptions {
    fn default() -> Self {
        Self {
            removals: Duration::from_secs(600),
            rotation: Duration::from_secs(120),
            patience: Duration::ZERO,
            parallel: 8,
        }
    }
}

/// Told of results as they come.
pub trait IncidentWatcher: Send + Sync {
    /// The removal from one store has got this far.
    fn offboarded(&self, _store: &OffboardedStore) {}

    /// A rotation was taken further. What it gives back as [unsaved](Advanced::unsaved) is told only here.
    fn advanced(&self, _advanced: &Advanced) {}

    /// Nothing could be done about a credential now.
    fn failed(&self, _store: &StoreHandle, _credential: &CredentialName, _error: &Error) {}

    /// Whether the work goes on with the next store or credential. Once somebody has said no, what is under way is
    /// finished, and the rest waits for the next call.
    fn goes_on(&self) -> bool {
        true
    }
}

/// Watches nothing. A new secret that no sink takes is lost, and its rotation waits until somebody hands one in.
impl IncidentWatcher for () {}

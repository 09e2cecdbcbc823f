//! What the engine is asked for.

use std::time::Duration;

use crate::Timestamp;
use crate::grants::grant::Principal;
use crate::grants::offboarding::OffboardingId;
use crate::model::{PersonHandle, StoreHandle};
use crate::review::ReviewRules;

/// A wish for temporary access.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrantRequest {
    /// Where.
    pub store: StoreHandle,
    /// Who of ours.
    pub person: PersonHandle,
    /// With which of our roles; without one, the platform's own starting rights apply.
    pub role: Option<String>,
    /// When it begins, in UTC; at once if not given or past.
    pub starts_at: Option<Timestamp>,
    /// When it ends, in UTC.
    pub ends_at: Timestamp,
    /// Why, in words the merchant may read.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// Who asks for it.
    pub requested_by: Option<Principal>,
    /// When somebody should look whether it is still right, in UTC; if not given, as the rules say.
    pub review_at: Option<Timestamp>,
    /// Where its one-time secret goes: the name of a sink.
    pub deliver_to: Option<String>,
    /// What else it brings along, by hand, for example an SFTP account.
    pub also: Vec<String>,
}

impl GrantRequest {
    /// Somebody on a store, from now until then.
    #[must_use]
    pub fn new(store: StoreHandle, person: PersonHandle, ends_at: Timestamp) -> Self {
        Self {
            store,
            person,
            role: None,
            starts_at: None,
            ends_at,
            reason: None,
            ticket: None,
            requested_by: None,
            review_at: None,
            deliver_to: None,
            also: Vec::new(),
        }
    }

    /// With this role of ours.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// From then on.
    #[must_use]
    pub fn starting(mut self, at: Timestamp) -> Self {
        self.starts_at = Some(at);
        self
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

    /// Asked for by this one.
    #[must_use]
    pub fn requested_by(mut self, who: Principal) -> Self {
        self.requested_by = Some(who);
        self
    }

    /// With its one-time secret going to this sink.
    #[must_use]
    pub fn delivering_to(mut self, sink: impl Into<String>) -> Self {
        self.deliver_to = Some(sink.into());
        self
    }

    /// With something by hand that it brings along.
    #[must_use]
    pub fn with_also(mut self, what: impl Into<String>) -> Self {
        self.also.push(what.into());
        self
    }
}

/// A wish to take somebody out of every store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OffboardRequest {
    /// Who goes.
    pub person: PersonHandle,
    /// Who says so.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// Only these stores; all of them if empty.
    pub stores: Vec<StoreHandle>,
    /// Under this id, so that whoever asks once more goes on with it; a new one if not given.
    pub id: Option<OffboardingId>,
}

impl OffboardRequest {
    /// Somebody goes, out of every store.
    #[must_use]
    pub fn new(person: PersonHandle, by: Principal) -> Self {
        Self { person, by, reason: None, stores: Vec::new(), id: None }
    }

    /// For this reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Under this id.
    #[must_use]
    pub fn under(mut self, id: OffboardingId) -> Self {
        self.id = Some(id);
        self
    }
}

/// How much one pass does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepOptions {
    /// How many keys at most.
    pub keys: u32,
    /// How many places of one key at most.
    pub places: u32,
    /// How many keys at once.
    pub parallel: usize,
    /// How long the work on one place may take.
    pub timeout: Duration,
    /// Looks who is inside every store this often, and notes what was not there the last time; never without. A store
    /// whose platform asks for a slower pace keeps that.
    pub drift_every: Option<Duration>,
    /// What counts as a finding then.
    pub drift_rules: ReviewRules,
}

impl Default for SweepOptions {
    fn default() -> Self {
        Self {
            keys: 1_000,
            places: 100,
            parallel: 8,
            timeout: Duration::from_secs(600),
            drift_every: None,
            drift_rules: ReviewRules::default(),
        }
    }
}

impl SweepOptions {
    /// With looks for drift this often.
    #[must_use]
    pub fn looking_for_drift_every(mut self, time: Duration) -> Self {
        self.drift_every = Some(time);
        self
    }
}

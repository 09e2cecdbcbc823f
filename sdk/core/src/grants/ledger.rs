//! Where grants and rotations are remembered.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::audit::{Event, Fact, Head};
use super::grant::{Grant, GrantId};
use super::holding::Holding;
use super::offboarding::{Offboarding, OffboardingId};
use super::phase::Phase;
use super::step::{Step, StepId};
use super::subject::{Place, SubjectKey};
use crate::Timestamp;
use crate::error::Result;
use crate::incident::{Incident, IncidentId, IncidentStore};
use crate::model::{ContentionKey, Email, PersonHandle, ProviderId, StoreHandle};
use crate::review::{KeptRow, LastLook, Review, ReviewId};
use crate::rotation::{Rotation, RotationId, RotationQuery};

/// Remembers grants, what is known of places, steps, rotations, people and events.
///
/// [`commit`](Self::commit) is the only way to change any of it: everything in one [`Commit`] becomes durable together,
/// or nothing does. Everybody writes with the revision they have read; who comes second gets
/// [`Conflict`](crate::ErrorKind::Conflict) with [`is_stale`](crate::Error::is_stale) and reads again. No transaction
/// outlives a call, so none is open while a platform is asked. Times come from the caller's clock, never from the ledger's
/// own.
///
/// # Errors
/// Every method: [`Unavailable`](crate::ErrorKind::Unavailable) when the ledger cannot be reached or written,
/// [`Internal`](crate::ErrorKind::Internal) when what it holds cannot be read. Nothing is then to be sent to a store.
#[async_trait]
pub trait Ledger: Debug + Send + Sync + 'static {
    /// Makes a change durable, all of it or nothing.
    async fn commit(&self, change: Commit) -> Result<()>;

    /// The grant of this id.
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>>;

    /// Grants that match, in the order of their ids, after the given one; at most `limit`.
    async fn grants(&self, query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>>;

    /// What is known of a subject on a store.
    async fn holding(&self, store: &StoreHandle, subject: &SubjectKey) -> Result<Option<Holding>>;

    /// Keys under which something is due at this time, the ones with removals first and then the longest due; at most
    /// `limit`. Those under somebody's unexpired lease are left out.
    async fn due_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<DueKey>>;

    /// What is due under a key, removals first and then the longest due; at most `limit`.
    async fn due_holdings(&self, key: &LeaseKey, now: Timestamp, limit: u32) -> Result<Vec<Holding>>;

    /// Takes the lease of a key until `now + ttl`, if nobody holds it: its fence is higher than every earlier one of the
    /// key. Whoever holds it already takes it anew, with a higher fence.
    async fn claim(
        &self,
        key: &LeaseKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>>;

    /// Keeps a lease until `now + ttl`. Gives whether it is still held: if not, somebody else has it.
    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<bool>;

    /// Gives a lease back, if it is still held.
    async fn release(&self, lease: &Lease) -> Result<()>;

    /// The step of this id.
    async fn step(&self, id: StepId) -> Result<Option<Step>>;

    /// Steps that match, in the order of their ids, after the given one; at most `limit`.
    async fn steps(&self, query: &StepQuery, after: Option<StepId>, limit: u32) -> Result<Vec<Step>>;

    /// The offboarding of this id.
    async fn offboarding(&self, id: OffboardingId) -> Result<Option<Offboarding>>;

    /// The offboardings of a person, or of everybody, the newest first; at most `limit`.
    async fn offboardings(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Offboarding>>;

    /// The rotation of this id.
    async fn rotation(&self, id: RotationId) -> Result<Option<Rotation>>;

    /// Rotations that match, in the order of their ids, after the given one; at most `limit`.
    async fn rotations(
        &self,
        query: &RotationQuery,
        after: Option<RotationId>,
        limit: u32,
    ) -> Result<Vec<Rotation>>;

    /// The review of this id.
    async fn review(&self, id: ReviewId) -> Result<Option<Review>>;

    /// Reviews, the newest first; at most `limit`.
    async fn reviews(&self, limit: u32) -> Result<Vec<Review>>;

    /// Rows of a review, in the order of their numbers, after this number (0 for all); at most `limit`.
    async fn review_rows(&self, review: ReviewId, after: u32, limit: u32) -> Result<Vec<KeptRow>>;

    /// What the last look for drift has shown of a store.
    async fn last_look(&self, store: &StoreHandle) -> Result<Option<LastLook>>;
    /// The incident of this id.
    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>>;

    /// The incidents of a person, or of everybody, the newest first; at most `limit`.
    async fn incidents(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Incident>>;

    /// Stores of an incident, in the order of their numbers, after this number (0 for all); at most `limit`.
    async fn incident_stores(
        &self,
        incident: IncidentId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<IncidentStore>>;

    /// Name and addresses of a person, unless they were erased.
    async fn person(&self, handle: &PersonHandle) -> Result<Option<PersonRecord>>;

    /// Forgets name and addresses of a person, and the texts of their steps; whoever has read such a step before must read
    /// it again. Grants and events stay, by handle. Gives whether there was anything.
    async fn erase(&self, handle: &PersonHandle) -> Result<bool>;

    /// The events of a store after this one, in their order; at most `limit`. The first one follows the
    /// [`checkpoint`](Self::checkpoint).
    async fn events(&self, store: &StoreHandle, after: u64, limit: u32) -> Result<Vec<Event>>;

    /// The last event of a store that was pruned: its chain is verified from there. `None` while the chain is whole.
    async fn checkpoint(&self, store: &StoreHandle) -> Result<Option<Head>>;

    /// The ends of all chains, in the order of their stores.
    async fn heads(&self) -> Result<Vec<Head>>;
}

/// A change that becomes durable as a whole.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Commit {
    /// The lease under which it is made. When somebody else has it by now, nothing is written.
    pub lease: Option<Lease>,
    /// Grants, each with the revision that was read; 0 for a new one.
    pub grants: Vec<Grant>,
    /// Places, each with the revision that was read; 0 for a new one.
    pub holdings: Vec<Holding>,
    /// Steps, each with the revision that was read; 0 for a new one.
    pub steps: Vec<Step>,
    /// Offboardings, each with the revision that was read; 0 for a new one.
    pub offboardings: Vec<Offboarding>,
    /// Rotations, each with the revision that was read; 0 for a new one. A second one of a credential that has one which is
    /// not over is stale.
    pub rotations: Vec<Rotation>,
    /// Reviews, each with the revision that was read; 0 for a new one.
    pub reviews: Vec<Review>,
    /// Reviews whose rows after this number are forgotten, before any row of this change is written.
    pub cut_reviews: Vec<(ReviewId, u32)>,
    /// Rows of reviews, each with the revision that was read; 0 for a new one.
    pub review_rows: Vec<KeptRow>,
    /// Looks for drift, each with the revision that was read; 0 for a new one.
    pub last_looks: Vec<LastLook>,
    /// Incidents, each with the revision that was read; 0 for a new one.
    pub incidents: Vec<Incident>,
    /// Stores of incidents, each with the revision that was read; 0 for a new one.
    pub incident_stores: Vec<IncidentStore>,
    /// Names and addresses, in place of what was known.
    pub people: Vec<PersonRecord>,
    /// What happened, appended to the chains of its stores.
    pub facts: Vec<Fact>,
}

impl Commit {
    /// A change of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Made under this lease.
    #[must_use]
    pub fn under(lease: &Lease) -> Self {
        Self { lease: Some(lease.clone()), ..Self::default() }
    }

    /// With this grant.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// With this place.
    #[must_use]
    pub fn holding(mut self, holding: Holding) -> Self {
        self.holdings.push(holding);
        self
    }

    /// With this step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// With this rotation.
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        self.rotations.push(rotation);
        self
    }

    /// With this fact.
    #[must_use]
    pub fn fact(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }
}

/// What is leased: a platform's contention key, so that no store is worked on by two at once; or one credential of a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeaseKey {
    /// The platform.
    pub platform: ProviderId,
    /// What work on it competes for.
    pub contention: ContentionKey,
}

impl LeaseKey {
    /// The key of a place.
    #[must_use]
    pub fn of(place: &Place) -> Self {
        Self { platform: place.platform.clone(), contention: place.contention.clone() }
    }

    /// The key of a platform and what competes on it.
    #[must_use]
    pub fn new(platform: ProviderId, contention: ContentionKey) -> Self {
        Self { platform, contention }
    }
}

/// The right to work under a key for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The key.
    pub key: LeaseKey,
    /// Who has it.
    pub owner: String,
    /// Higher with every lease of the key: a write with a lower one is refused.
    pub fence: u64,
    /// Until when, in UTC.
    pub until: Timestamp,
    /// When the lease before it ended without being given back, in UTC: its owner may have died, and a request of theirs
    /// may still be on its way. Nothing is to be sent before the platform's settling time has passed since then.
    pub taken_over_at: Option<Timestamp>,
}

impl Lease {
    /// A lease.
    #[must_use]
    pub fn new(key: LeaseKey, owner: impl Into<String>, fence: u64, until: Timestamp) -> Self {
        Self { key, owner: owner.into(), fence, until, taken_over_at: None }
    }
}

/// A key under which something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DueKey {
    /// The key.
    pub key: LeaseKey,
    /// How many removals are due under it.
    pub removals: u32,
    /// How many places are due under it.
    pub places: u32,
    /// Since when the longest due one is, in UTC.
    pub since: Timestamp,
}

impl DueKey {
    /// A key with what is due under it.
    #[must_use]
    pub fn new(key: LeaseKey, removals: u32, places: u32, since: Timestamp) -> Self {
        Self { key, removals, places, since }
    }
}

/// Which grants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GrantQuery {
    /// Of this store.
    pub store: Option<StoreHandle>,
    /// Of this subject.
    pub subject: Option<SubjectKey>,
    /// Of this person.
    pub person: Option<PersonHandle>,
    /// In one of these phases; empty means any.
    pub phases: Vec<Phase>,
}

impl GrantQuery {
    /// All of them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those of a place that are not over.
    #[must_use]
    pub fn living(place: &Place) -> Self {
        Self { store: Some(place.store.clone()), subject: Some(place.subject.clone()), ..Self::default() }
            .not_over()
    }

    /// Only those that are not over.
    #[must_use]
    pub fn not_over(mut self) -> Self {
        self.phases = Phase::ALL.into_iter().filter(|phase| !phase.is_over()).collect();
        self
    }
}

/// Which steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StepQuery {
    /// Of this store.
    pub store: Option<StoreHandle>,
    /// Of this subject.
    pub subject: Option<SubjectKey>,
    /// About this person.
    pub person: Option<PersonHandle>,
    /// Only those that are open.
    pub open: bool,
}

impl StepQuery {
    /// All of them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the open ones.
    #[must_use]
    pub fn only_open(mut self) -> Self {
        self.open = true;
        self
    }

    /// The open ones of a place.
    #[must_use]
    pub fn open_at(place: &Place) -> Self {
        Self {
            store: Some(place.store.clone()),
            subject: Some(place.subject.clone()),
            person: None,
            open: true,
        }
    }
}

/// Name and addresses of a person, kept apart from everything else so that they can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PersonRecord {
    /// Our name for them.
    pub handle: PersonHandle,
    /// The address an invitation goes to, and further ones under which a store may know them.
    pub emails: Vec<Email>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Their accounts, by platform.
    pub accounts: std::collections::BTreeMap<ProviderId, crate::model::AccountId>,
    /// Whether the address is a team's mailbox.
    pub shared: bool,
}

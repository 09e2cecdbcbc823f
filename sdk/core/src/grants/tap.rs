//! A ledger with somebody who hears of every change before and after it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::audit::{Event, Head};
use super::grant::{Grant, GrantId};
use super::holding::Holding;
use super::ledger::{Commit, DueKey, GrantQuery, Lease, LeaseKey, Ledger, PersonRecord, StepQuery};
use super::offboarding::{Offboarding, OffboardingId};
use super::step::{Step, StepId};
use super::subject::SubjectKey;
use crate::Timestamp;
use crate::error::Result;
use crate::incident::{Incident, IncidentId, IncidentStore};
use crate::model::{PersonHandle, StoreHandle};
use crate::review::{KeptRow, LastLook, Review, ReviewId};
use crate::rotation::{Rotation, RotationId, RotationQuery};

/// Hears of every change of a ledger, for example to show what happens as it happens.
pub trait Tap: Debug + Send + Sync + 'static {
    /// A change is about to be made.
    ///
    /// # Errors
    /// Whatever keeps it from being made: nothing is written then.
    fn before(&self, change: &Commit) -> Result<()>;

    /// A change is durable.
    fn after(&self, change: &Commit);
}

/// A ledger with a [`Tap`] in front of it. Everything else goes straight to the ledger behind it.
#[derive(Debug)]
pub struct TappedLedger<T> {
    inner: Arc<dyn Ledger>,
    tap: T,
}

impl<T: Tap> TappedLedger<T> {
    /// Puts a tap in front of a ledger.
    #[must_use]
    pub fn new(inner: Arc<dyn Ledger>, tap: T) -> Self {
        Self { inner, tap }
    }

    /// The tap.
    #[must_use]
    pub fn tap(&self) -> &T {
        &self.tap
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<T: Tap> Ledger for TappedLedger<T> {
    async fn commit(&self, change: Commit) -> Result<()> {
        self.tap.before(&change)?;
        self.inner.commit(change.clone()).await?;
        self.tap.after(&change);
        Ok(())
    }

    async fn grant(&self, id: GrantId) -> Result<Option<Grant>> {
        self.inner.grant(id).await
    }

    async fn grants(&self, query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>> {
        self.inner.grants(query, after, limit).await
    }

    async fn holding(&self, store: &StoreHandle, subject: &SubjectKey) -> Result<Option<Holding>> {
        self.inner.holding(store, subject).await
    }

    async fn due_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<DueKey>> {
        self.inner.due_keys(now, limit).await
    }

    async fn due_holdings(&self, key: &LeaseKey, now: Timestamp, limit: u32) -> Result<Vec<Holding>> {
        self.inner.due_holdings(key, now, limit).await
    }

    async fn claim(
        &self,
        key: &LeaseKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        self.inner.claim(key, owner, now, ttl).await
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<bool> {
        self.inner.renew(lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        self.inner.release(lease).await
    }

    async fn step(&self, id: StepId) -> Result<Option<Step>> {
        self.inner.step(id).await
    }

    async fn steps(&self, query: &StepQuery, after: Option<StepId>, limit: u32) -> Result<Vec<Step>> {
        self.inner.steps(query, after, limit).await
    }

    async fn offboarding(&self, id: OffboardingId) -> Result<Option<Offboarding>> {
        self.inner.offboarding(id).await
    }

    async fn offboardings(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Offboarding>> {
        self.inner.offboardings(person, limit).await
    }

    async fn rotation(&self, id: RotationId) -> Result<Option<Rotation>> {
        self.inner.rotation(id).await
    }

    async fn rotations(
        &self,
        query: &RotationQuery,
        after: Option<RotationId>,
        limit: u32,
    ) -> Result<Vec<Rotation>> {
        self.inner.rotations(query, after, limit).await
    }

    async fn review(&self, id: ReviewId) -> Result<Option<Review>> {
        self.inner.review(id).await
    }

    async fn reviews(&self, limit: u32) -> Result<Vec<Review>> {
        self.inner.reviews(limit).await
    }

    async fn review_rows(&self, review: ReviewId, after: u32, limit: u32) -> Result<Vec<KeptRow>> {
        self.inner.review_rows(review, after, limit).await
    }

    async fn last_look(&self, store: &StoreHandle) -> Result<Option<LastLook>> {
        self.inner.last_look(store).await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>> {
        self.inner.incident(id).await
    }

    async fn incidents(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Incident>> {
        self.inner.incidents(person, limit).await
    }

    async fn incident_stores(&self, id: IncidentId, after: u32, limit: u32) -> Result<Vec<IncidentStore>> {
        self.inner.incident_stores(id, after, limit).await
    }

    async fn person(&self, handle: &PersonHandle) -> Result<Option<PersonRecord>> {
        self.inner.person(handle).await
    }

    async fn erase(&self, handle: &PersonHandle) -> Result<bool> {
        self.inner.erase(handle).await
    }

    async fn events(&self, store: &StoreHandle, after: u64, limit: u32) -> Result<Vec<Event>> {
        self.inner.events(store, after, limit).await
    }

    async fn checkpoint(&self, store: &StoreHandle) -> Result<Option<Head>> {
        self.inner.checkpoint(store).await
    }

    async fn heads(&self) -> Result<Vec<Head>> {
        self.inner.heads().await
    }
}

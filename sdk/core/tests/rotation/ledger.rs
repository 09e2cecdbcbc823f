//! A ledger in memory that can fail.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::grants::audit::{Event, Head};
use guestpass::grants::*;
use guestpass::incident::{Incident, IncidentId, IncidentStore};
use guestpass::review::{KeptRow, LastLook, Review, ReviewId};
use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{Error, ErrorKind, PersonHandle, Result, StoreHandle, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct Shaky {
    pub(crate) inner: MemoryLedger,
    fails_at: Mutex<Option<guestpass::rotation::Stage>>,
}

impl Shaky {
    /// No rotation can be written any more that is at this stage.
    pub(crate) fn fail_at(&self, stage: Option<guestpass::rotation::Stage>) {
        *self.fails_at.lock().unwrap() = stage;
    }
}

#[async_trait]
impl Ledger for Shaky {
    async fn commit(&self, change: Commit) -> Result<()> {
        let fails_at = *self.fails_at.lock().unwrap();
        if change.rotations.iter().any(|rotation| Some(rotation.stage) == fails_at) {
            return Err(Error::new(ErrorKind::Unavailable, "the ledger is away"));
        }
        self.inner.commit(change).await
    }
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>> {
        self.inner.grant(id).await
    }
    async fn grants(&self, query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>> {
        self.inner.grants(query, after, limit).await
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

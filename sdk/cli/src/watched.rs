//! A ledger that tells of every rotation as it is written down, so that each step can be shown when it has happened.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::grants::audit::{Event, Head};
use guestpass::grants::{
    Commit, DueKey, Grant, GrantId, GrantQuery, Holding, Lease, LeaseKey, Ledger, Offboarding, OffboardingId,
    PersonRecord, Step, StepId, StepQuery, SubjectKey,
};
use guestpass::incident::{Incident, IncidentId, IncidentStore};
use guestpass::review::{KeptRow, LastLook, Review, ReviewId};
use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{PersonHandle, Result, StoreHandle, Timestamp};
use tokio::sync::mpsc::UnboundedSender;

/// The ledger behind it, and who is told.
#[derive(Debug)]
pub(crate) struct Watched {
    ledger: Arc<dyn Ledger>,
    tell: UnboundedSender<Rotation>,
}

impl Watched {
    /// Tells of what is written to this ledger.
    pub(crate) fn new(ledger: Arc<dyn Ledger>, tell: UnboundedSender<Rotation>) -> Self {
        Self { ledger, tell }
    }
}

#[async_trait]
impl Ledger for Watched {
    async fn commit(&self, change: Commit) -> Result<()> {
        let rotations = change.rotations.clone();
        self.ledger.commit(change).await?;
        for rotation in rotations {
            // Whoever asked may have gone; the work goes on.
            let _ = self.tell.send(rotation);
        }
        Ok(())
    }

    async fn grant(&self, id: GrantId) -> Result<Option<Grant>> {
        self.ledger.grant(id).await
    }

    async fn grants(&self, query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>> {
        self.ledger.grants(query, after, limit).await
    }

    async fn holding(&self, store: &StoreHandle, subject: &SubjectKey) -> Result<Option<Holding>> {
        self.ledger.holding(store, subject).await
    }

    async fn due_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<DueKey>> {
        self.ledger.due_keys(now, limit).await
    }

    async fn due_holdings(&self, key: &LeaseKey, now: Timestamp, limit: u32) -> Result<Vec<Holding>> {
        self.ledger.due_holdings(key, now, limit).await
    }

    async fn claim(
        &self,
        key: &LeaseKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        self.ledger.claim(key, owner, now, ttl).await
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<bool> {
        self.ledger.renew(lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        self.ledger.release(lease).await
    }

    async fn step(&self, id: StepId) -> Result<Option<Step>> {
        self.ledger.step(id).await
    }

    async fn steps(&self, query: &StepQuery, after: Option<StepId>, limit: u32) -> Result<Vec<Step>> {
        self.ledger.steps(query, after, limit).await
    }

    async fn offboarding(&self, id: OffboardingId) -> Result<Option<Offboarding>> {
        self.ledger.offboarding(id).await
    }

    async fn offboardings(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Offboarding>> {
        self.ledger.offboardings(person, limit).await
    }

    async fn rotation(&self, id: RotationId) -> Result<Option<Rotation>> {
        self.ledger.rotation(id).await
    }

    async fn rotations(
        &self,
        query: &RotationQuery,
        after: Option<RotationId>,
        limit: u32,
    ) -> Result<Vec<Rotation>> {
        self.ledger.rotations(query, after, limit).await
    }

    async fn review(&self, id: ReviewId) -> Result<Option<Review>> {
        self.ledger.review(id).await
    }

    async fn reviews(&self, limit: u32) -> Result<Vec<Review>> {
        self.ledger.reviews(limit).await
    }

    async fn review_rows(&self, review: ReviewId, after: u32, limit: u32) -> Result<Vec<KeptRow>> {
        self.ledger.review_rows(review, after, limit).await
    }

    async fn last_look(&self, store: &StoreHandle) -> Result<Option<LastLook>> {
        self.ledger.last_look(store).await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>> {
        self.ledger.incident(id).await
    }

    async fn incidents(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Incident>> {
        self.ledger.incidents(person, limit).await
    }

    async fn incident_stores(&self, id: IncidentId, after: u32, limit: u32) -> Result<Vec<IncidentStore>> {
        self.ledger.incident_stores(id, after, limit).await
    }

    async fn person(&self, handle: &PersonHandle) -> Result<Option<PersonRecord>> {
        self.ledger.person(handle).await
    }

    async fn erase(&self, handle: &PersonHandle) -> Result<bool> {
        self.ledger.erase(handle).await
    }

    async fn events(&self, store: &StoreHandle, after: u64, limit: u32) -> Result<Vec<Event>> {
        self.ledger.events(store, after, limit).await
    }

    async fn checkpoint(&self, store: &StoreHandle) -> Result<Option<Head>> {
        self.ledger.checkpoint(store).await
    }

    async fn heads(&self) -> Result<Vec<Head>> {
        self.ledger.heads().await
    }
}

//! Several hosts on one ledger, and a ledger that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use guestpass::grants::audit::{Event, Head};
use guestpass::grants::{
    Checkpoint, Commit, DueKey, Durable, Engine, Grant, GrantId, GrantQuery, Holding, Lease, LeaseKey,
    Ledger, MemoryLedger, Moment, Offboarding, OffboardingId, PersonRecord, Phase, Standing, Step, StepId,
    StepQuery, SubjectKey, SweepOptions,
};
use guestpass::incident::{Incident, IncidentId, IncidentStore};
use guestpass::review::{KeptRow, Review, ReviewId};
use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{Error, ErrorKind, Operation, PersonHandle, Result, StoreHandle, Timestamp};

use crate::desk::{DAY, Desk, HOUR, MINUTE, boss, everywhere, where_native};

/// Two processes grant the same subject at once: both count, and there is one invitation.
#[tokio::test]
async fn two_hosts_invite_once() {
    where_native(Operation::Invite, async |desk| {
        let other = desk.another_host();
        let (one, two) = tokio::join!(
            desk.engine.request(desk.wish_for(DAY)),
            other.request(desk.wish_for(DAY).with_role("lead")),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        let (cx, options) = (desk.subject.call(), SweepOptions::default());
        let (first, second, ..) = tokio::join!(
            desk.engine.settle(&one.place, &cx),
            other.settle(&two.place, &cx),
            desk.engine.settle(&two.place, &cx),
            other.sweep(&options, &()),
        );
        assert!(first.unwrap().standing == Standing::Busy || second.unwrap().standing == Standing::Busy);
        desk.sweep_after(HOUR).await;
        assert_eq!(desk.subject.world.invitations(&desk.guest()), 1);
        assert_eq!(desk.living().await.len(), 2, "both are counted");
        desk.finish();
    })
    .await;
}

/// Whoever takes over from a host that died waits until what that one sent has shown.
#[tokio::test]
async fn a_takeover_waits_before_it_sends() {
    where_native(Operation::Invite, async |desk| {
        let grant = desk.engine.request(desk.wish_for(DAY)).await.unwrap();
        let key = LeaseKey::of(&grant.place);
        desk.ledger.claim(&key, "dead", desk.now(), MINUTE).await.unwrap().unwrap();
        assert_eq!(desk.settle(&grant).await.standing, Standing::Busy);
        desk.subject.clock.advance(MINUTE);
        let before = desk.now();
        let hurried = desk.subject.call().with_timeout(MINUTE / 2);
        let settled = desk.engine.settle(&grant.place, &hurried).await.unwrap();
        assert_eq!(settled.standing, Standing::Busy, "no time to wait for it");
        assert!(desk.subject.world.requests().is_empty());
        desk.settle(&grant).await;
        let sent = desk.subject.world.requests().first().expect("then it goes on").at;
        let waited = sent.duration_since(before);
        let settle_after = desk.subject.connect().connection().settle_after();
        assert!(waited.unsigned_abs() >= settle_after, "{waited:?}");
        desk.finish();
    })
    .await;
}

/// A ledger that stops taking commits.
#[derive(Debug)]
struct FullDisk {
    inner: Arc<MemoryLedger>,
    full: AtomicBool,
}

#[async_trait]
impl Ledger for FullDisk {
    async fn commit(&self, change: Commit) -> Result<()> {
        if self.full.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the disk is full"));
        }
        self.inner.commit(change).await
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
        ttl: std::time::Duration,
    ) -> Result<Option<Lease>> {
        self.inner.claim(key, owner, now, ttl).await
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: std::time::Duration) -> Result<bool> {
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

    async fn last_look(&self, store: &StoreHandle) -> Result<Option<guestpass::review::LastLook>> {
        self.inner.last_look(store).await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>> {
        self.inner.incident(id).await
    }

    async fn incidents(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Incident>> {
        self.inner.incidents(person, limit).await
    }

    async fn incident_stores(
        &self,
        incident: IncidentId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<IncidentStore>> {
        self.inner.incident_stores(incident, after, limit).await
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

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_written_down() {
    everywhere(async |desk: Desk| {
        let ledger = Arc::new(FullDisk { inner: desk.ledger.clone(), full: AtomicBool::new(false) });
        let engine = Engine::new(ledger.clone(), desk.known.clone(), desk.subject.env.clone());
        let grant = engine.request(desk.wish_for(DAY)).await.unwrap();
        ledger.full.store(true, Ordering::SeqCst);
        assert!(engine.request(desk.wish()).await.is_err());
        assert!(engine.settle(&grant.place, &desk.subject.call()).await.is_err());
        let report = engine.sweep(&SweepOptions::default(), &()).await.unwrap();
        assert_eq!(report.failed, 1);
        assert_eq!(desk.subject.world.writes(), 0);
        assert!(!desk.is_inside());
        ledger.full.store(false, Ordering::SeqCst);
        engine.settle(&grant.place, &desk.subject.call()).await.unwrap();
        desk.people_let_in().await;
        engine.revoke(grant.id, &boss(), None).await.unwrap();
        ledger.full.store(true, Ordering::SeqCst);
        let writes = desk.subject.world.writes();
        assert!(engine.settle(&grant.place, &desk.subject.call()).await.is_err());
        assert_eq!(desk.subject.world.writes(), writes);
        ledger.full.store(false, Ordering::SeqCst);
        desk.sweep_after(HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        desk.finish();
    })
    .await;
}

/// A worker goes on by itself until it is stopped, and another one beside it changes nothing.
#[tokio::test]
async fn workers_end_what_is_due() {
    where_native(Operation::Remove, async |desk| {
        let grant = desk.let_in(desk.wish()).await;
        desk.subject.clock.advance(3 * HOUR);
        let other = desk.another_host();
        let options = SweepOptions::default();
        let pause = std::time::Duration::ZERO;
        let over = async || {
            while !desk.grant(grant.id).await.phase.is_over() {
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(
            desk.engine.sweep_every(pause, &options, &(), over()),
            other.sweep_every(pause, &options, &(), over()),
        );
        assert!(!desk.is_inside());
        assert_eq!(desk.subject.world.removals(&desk.guest()), 1);
        desk.finish();
    })
    .await;
}

/// Takes the lease away right after an intent was written down.
#[derive(Debug)]
struct Thief(Arc<MemoryLedger>, LeaseKey, Timestamp);

impl Checkpoint for Thief {
    fn at(&self, step: Durable, moment: Moment) {
        if (step, moment) == (Durable::Intent, Moment::After) {
            let mut claim = self.0.claim(&self.1, "thief", self.2, MINUTE);
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Ok(Some(_))) = claim.as_mut().poll(&mut cx) else {
                panic!("a ledger in memory answers at once, and the lease has lapsed by then")
            };
        }
    }
}

#[tokio::test]
async fn whoever_has_lost_the_lease_sends_nothing() {
    where_native(Operation::Invite, async |desk| {
        let grant = desk.engine.request(desk.wish_for(DAY)).await.unwrap();
        let thief = Thief(desk.ledger.clone(), LeaseKey::of(&grant.place), desk.later(HOUR));
        let robbed = desk.another_host().with_checkpoint(Arc::new(thief));
        let error = robbed.settle(&grant.place, &desk.subject.call()).await.unwrap_err();
        assert!(error.is_stale(), "{error}");
        assert_eq!(desk.subject.world.writes(), 0);
        desk.finish();
    })
    .await;
}

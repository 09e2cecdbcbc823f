//! Several hosts on one ledger, and a ledger that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use guestpass::grants::{
    Checkpoint, Commit, Durable, Engine, LeaseKey, Ledger, MemoryLedger, Moment, Phase, Standing,
    SweepOptions, Tap, TappedLedger,
};
use guestpass::{Error, ErrorKind, Operation, Result, Timestamp};

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

/// Keeps changes from being written.
#[derive(Debug, Default)]
struct FullDisk(AtomicBool);

impl Tap for FullDisk {
    fn before(&self, _change: &Commit) -> Result<()> {
        if self.0.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the disk is full"));
        }
        Ok(())
    }

    fn after(&self, _change: &Commit) {}
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_written_down() {
    everywhere(async |desk: Desk| {
        let ledger = Arc::new(TappedLedger::new(desk.ledger.clone(), FullDisk::default()));
        let engine = Engine::new(ledger.clone(), desk.known.clone(), desk.subject.env.clone());
        let grant = engine.request(desk.wish_for(DAY)).await.unwrap();
        ledger.tap().0.store(true, Ordering::SeqCst);
        assert!(engine.request(desk.wish()).await.is_err());
        assert!(engine.settle(&grant.place, &desk.subject.call()).await.is_err());
        let report = engine.sweep(&SweepOptions::default(), &()).await.unwrap();
        assert_eq!(report.failed, 1);
        assert_eq!(desk.subject.world.writes(), 0);
        assert!(!desk.is_inside());
        ledger.tap().0.store(false, Ordering::SeqCst);
        engine.settle(&grant.place, &desk.subject.call()).await.unwrap();
        desk.people_let_in().await;
        engine.revoke(grant.id, &boss(), None).await.unwrap();
        ledger.tap().0.store(true, Ordering::SeqCst);
        let writes = desk.subject.world.writes();
        assert!(engine.settle(&grant.place, &desk.subject.call()).await.is_err());
        assert_eq!(desk.subject.world.writes(), writes);
        ledger.tap().0.store(false, Ordering::SeqCst);
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

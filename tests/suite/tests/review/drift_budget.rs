//! Looks for drift on one BigCommerce account, whose stores share seventy requests an hour: they keep nobody waiting.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use guestpass::grants::{
    Drifted, Engine, GrantId, GrantRequest, Ledger, Phase, SweepOptions, SweepReport, Watcher,
};
use guestpass::review::Reading;
use guestpass::{Clock, PersonHandle, StoreHandle};
use guestpass_testkit::{Fault, On, ThrottleShape};

use crate::desk::{DAY, HOUR, MINUTE, boss};
use crate::runs::{Account, PAGES, STORES, account, account_of, shop};

/// What others may use of an account's hour.
const ORDINARY: usize = 60;
const GINA: &str = "gina@vendor.example";

impl Account {
    fn engine(&self) -> Engine {
        Engine::new(self.ledger.clone(), self.directory.clone(), self.env.clone())
    }

    async fn sweep(&self, watcher: &dyn Watcher) -> SweepReport {
        self.engine().sweep(&looking(), watcher).await.unwrap()
    }

    /// Somebody else reads the account: so many of its requests are gone.
    async fn read_by_others(&self, times: usize) {
        for _ in 0..times {
            self.run().await;
            self.clock.advance(Duration::from_secs(1));
        }
    }

    async fn adopt(&self, number: usize, length: Duration) -> GrantId {
        let now = self.clock.now();
        let end = now.saturating_add(length).unwrap();
        self.fake.accept(&self.hashes[number], GINA);
        let gina = PersonHandle::new("gina").unwrap();
        let request = GrantRequest::new(shop(number), gina, end).requested_by(boss());
        // One reading shows all who are adopted together.
        let cx = self.env.call().with_looks_since(now);
        self.engine().adopt(request, &cx).await.unwrap().id
    }

    async fn phase(&self, grant: GrantId) -> Phase {
        self.ledger.grant(grant).await.unwrap().unwrap().phase
    }

    async fn told(&self, number: usize, kind: &str) -> usize {
        let events = self.ledger.events(&shop(number), 0, 1000).await.unwrap();
        events.iter().filter(|event| event.fact().unwrap().kind == kind).count()
    }
}

fn looking() -> SweepOptions {
    SweepOptions::default().looking_for_drift_every(DAY)
}

/// Which stores were read, and which could not be.
#[derive(Default)]
struct Heard {
    read: Mutex<BTreeSet<StoreHandle>>,
    unread: Mutex<BTreeSet<StoreHandle>>,
}

impl Heard {
    fn read(&self) -> usize {
        self.read.lock().unwrap().len()
    }
}

impl Watcher for Heard {
    fn drifted(&self, drifted: &Drifted) {
        let heard = match &drifted.reading {
            Reading::Failed { .. } => &self.unread,
            _ => &self.read,
        };
        heard.lock().unwrap().insert(drifted.store.clone());
    }
}

#[tokio::test]
async fn every_store_of_an_account_is_looked_at_each_day_by_passes_that_do_not_wait() {
    let account = account(&[7, 190]).await;
    for day in 1..=2 {
        let heard = Heard::default();
        let before = account.clock.elapsed();
        let report = account.sweep(&heard).await;
        assert_eq!((report.looked_at, report.put_off, heard.read()), (STORES as u64, 0, STORES));
        assert!(account.clock.elapsed() - before < MINUTE, "nothing waited");
        assert_eq!(account.metered(), day * PAGES, "one reading serves all");
        for _ in 0..23 {
            account.clock.advance(HOUR);
            assert_eq!(account.sweep(&()).await.looked_at, 0);
        }
        assert_eq!(account.metered(), day * PAGES);
        account.clock.advance(HOUR);
    }
    assert_eq!((account.told(190, "finding_appeared").await, account.told(8, "finding_gone").await), (1, 0));
}

#[tokio::test]
async fn a_look_without_room_in_the_budget_waits_for_another_pass() {
    let account = account(&[]).await;
    account.read_by_others(3).await;
    assert_eq!(account.metered(), ORDINARY);
    let before = account.clock.elapsed();
    let report = account.sweep(&()).await;
    assert_eq!((report.looked_at, report.unreadable, report.put_off), (0, 0, STORES as u64));
    assert_eq!((account.clock.elapsed(), account.metered()), (before, ORDINARY), "it neither waits nor asks");
    account.clock.advance(30 * MINUTE);
    let report = account.sweep(&()).await;
    assert_eq!((report.looked_at, report.put_off), (0, 0), "nor does it come back at once");
    account.clock.advance(31 * MINUTE);
    assert_eq!(account.sweep(&()).await.looked_at, STORES as u64);
    assert_eq!(account.told(3, "drift_unreadable").await, 0);
}

/// Half of a reading is no reason to spend what becomes free, request by request.
#[tokio::test]
async fn what_there_is_no_room_for_all_day_is_told_and_costs_little() {
    let account = account(&[]).await;
    account.fake.inject(On::Reads, Fault::Throttled(ThrottleShape::AllHeaders), 1_000_000);
    let heard = Heard::default();
    let mut unreadable = 0;
    for _ in 0..40 {
        let report = account.sweep(&heard).await;
        assert_eq!(report.looked_at, 0);
        unreadable += report.unreadable;
        account.clock.advance(HOUR);
    }
    assert_eq!((heard.read(), heard.unread.lock().unwrap().len()), (0, STORES));
    assert_eq!(unreadable, STORES as u64, "each once");
    assert!(account.metered() < 8 * PAGES, "{}", account.metered());
    for number in [0, 100, 198] {
        assert_eq!(account.told(number, "drift_unreadable").await, 1);
    }
}

#[tokio::test]
async fn a_look_leaves_room_for_somebody_who_goes_soon() {
    let account = account(&[150]).await;
    assert_eq!(account.sweep(&()).await.looked_at, STORES as u64);
    account.clock.advance(DAY);
    let grant = account.adopt(150, 30 * MINUTE).await;
    account.read_by_others(1).await;
    let before = account.metered();
    assert_eq!(account.sweep(&()).await.looked_at, 0);
    assert_eq!(account.metered(), before);
    account.clock.advance(31 * MINUTE);
    let report = account.sweep(&()).await;
    assert_eq!(account.phase(grant).await, Phase::Ended, "nobody is late");
    assert!(!account.fake.is_member(&account.hashes[150], GINA));
    assert_eq!(report.unfinished, 0);
    account.clock.advance(2 * HOUR);
    let later = account.sweep(&()).await;
    assert_eq!(report.looked_at + later.looked_at, STORES as u64, "and then it looks");
}

/// Somebody goes every hour of the day.
#[tokio::test]
async fn a_busy_account_is_looked_at_all_the_same() {
    let account = account_of(100, &(0..12).collect::<Vec<_>>()).await;
    assert_eq!(account.sweep(&()).await.looked_at, 100);
    account.clock.advance(DAY);
    for number in 0..12 {
        account.adopt(number, u32::try_from(number + 1).unwrap() * 50 * MINUTE).await;
    }
    let mut waited = Duration::ZERO;
    while account.sweep(&()).await.looked_at == 0 {
        account.clock.advance(10 * MINUTE);
        waited += 10 * MINUTE;
        assert!(waited <= DAY / 4 + HOUR, "no look comes");
    }
    assert!(waited >= DAY / 4, "it waited for those who go: {waited:?}");
}

/// More pages than an hour allows. Passes of their own have that much time.
#[tokio::test]
async fn an_account_too_large_for_an_hour_is_read_by_whoever_may_wait_for_the_next_one() {
    const MANY: usize = 650;
    let account = account_of(MANY, &[3, 640]).await;
    let heard = Heard::default();
    let mut patient = looking();
    patient.timeout = 90 * MINUTE;
    let report = account.engine().look_for_drift(&patient, &heard).await.unwrap();
    assert_eq!((report.looked_at, report.put_off, heard.read()), (MANY as u64, 0, MANY));
    assert_eq!(account.told(640, "finding_appeared").await, 1);
    assert!(account.metered() > ORDINARY && account.clock.elapsed() > 59 * MINUTE, "it had to wait");
}

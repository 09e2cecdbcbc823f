//! As many stores as one review may have.

use std::sync::Arc;

use guestpass::grants::{Commit, Engine, GrantRequest, Ledger, MemoryLedger, Phase, StaticDirectory};
use guestpass::review::{Reading, ReviewRequest, Reviewer};
use guestpass::{
    Environment, ErrorKind, MemoryCoordination, Person, PersonHandle, Registry, StoreHandle, StoreSettings,
};
use guestpass_ledger::SqlLedger;
use guestpass_testkit::ManualClock;

use crate::desk::{DAY, boss, handle};

/// More are refused.
const MOST: usize = 2_000;
/// How often the record of a large review is written, besides at first: it holds all stores, so that writing it for each of
/// them would take minutes.
const WRITES: u64 = 50;

fn shop(number: usize) -> StoreHandle {
    StoreHandle::new(format!("store-{number}")).unwrap()
}

fn directory(stores: usize, env: &Environment) -> Arc<StaticDirectory> {
    let mut directory = StaticDirectory::new(Registry::new().with(guestpass_wix::factory()), env.clone());
    for number in 0..stores {
        let site = format!("c2f6a0b8-3d5e-4f21-8a47-{number:012x}");
        let settings = StoreSettings::new(shop(number)).with_text("site_id", site).merchant_held();
        directory = directory.with_store("wix", settings).unwrap();
    }
    let email = "gina@vendor.example".parse().unwrap();
    Arc::new(directory.with_person(Person::new(PersonHandle::new("gina").unwrap(), email)))
}

/// Somebody is inside every store, on the merchants' word.
async fn let_in(directory: &Arc<StaticDirectory>, env: &Environment, ledger: &dyn Ledger) {
    let draft = Arc::new(MemoryLedger::new());
    let engine = Engine::new(draft.clone(), directory.clone(), env.clone());
    let until = env.clock().now().saturating_add(DAY).unwrap();
    let mut change = Commit::new();
    for number in 0..MOST {
        let mut grant = engine.request(GrantRequest::new(shop(number), handle("gina"), until)).await.unwrap();
        let holding = draft.holding(&grant.place.store, &grant.place.subject).await.unwrap();
        let mut holding = holding.unwrap();
        (grant.phase, grant.revision, holding.revision) = (Phase::Active, 0, 0);
        change = change.grant(grant).holding(holding);
    }
    ledger.commit(change).await.unwrap();
}

#[tokio::test]
async fn two_thousand_stores_are_reviewed() {
    let clock = Arc::new(ManualClock::new());
    let transport = Arc::new(guestpass::http::ReqwestTransport::new().unwrap());
    let env = Environment::new(transport, clock, Arc::new(MemoryCoordination::new()));
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqlLedger::open_sqlite(folder.path().join("ledger")).await.unwrap();
    let ledger: Arc<dyn Ledger> = Arc::new(ledger);
    let stores = directory(MOST, &env);
    let_in(&stores, &env, &*ledger).await;
    let reviewer = Reviewer::new(ledger.clone(), stores, env.clone());
    let cx = env.call().with_timeout(DAY);
    let review = reviewer.run(ReviewRequest::new(boss()), &cx, &()).await.unwrap();
    let size = serde_json::to_string(&review).unwrap().len();
    assert!(review.finished_at.is_some());
    assert_eq!(review.revision, 1 + WRITES);
    assert!(size < 1 << 20, "the record has {size} bytes");
    let rows: Vec<_> = review.stores.iter().map(|store| (store.first_row, store.rows)).collect();
    assert!(review.stores.iter().all(|store| matches!(store.reading, Some(Reading::Attested { .. }))));
    let mut numbers: Vec<_> = rows.iter().map(|(first, count)| (*first, *count)).collect();
    numbers.sort_unstable();
    let right = (1..=u32::try_from(MOST).unwrap()).map(|number| (number, 1));
    assert_eq!(numbers, right.collect::<Vec<_>>());
    let kept = ledger.review_rows(review.id, 0, u32::try_from(2 * MOST).unwrap()).await.unwrap();
    assert_eq!(kept.len(), MOST);
    for row in kept {
        let store = review.stores.iter().find(|store| store.store == row.store).unwrap();
        assert_eq!((row.number, row.grants.len()), (store.first_row, 1));
    }
    let events = ledger.events(&shop(MOST - 1), 0, 10).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.fact().unwrap().kind == "store_reviewed").count(), 1);

    let more = Reviewer::new(ledger, directory(MOST + 1, &env), env.clone());
    let refused = more.run(ReviewRequest::new(boss()), &cx, &()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidRequest);
}

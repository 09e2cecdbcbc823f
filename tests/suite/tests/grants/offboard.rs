//! Somebody leaves: out of every store, with one entry and one proof for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use guestpass::grants::{
    Cause, Engine, Ledger, MemoryLedger, OffboardRequest, OffboardState, OffboardedStore, Phase, StepKind,
    Watcher,
};
use guestpass::{
    Clock, Environment, FixedSecret, MemoryCoordination, Operation, Person, PersonHandle, Proof, Registry,
    StoreHandle, StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;

use crate::desk::{DAY, HOUR, boss, everywhere, handle, where_native};

/// Counts what it is told.
#[derive(Debug, Default)]
struct Told(Mutex<HashMap<StoreHandle, usize>>);

impl Watcher for Told {
    fn offboarded(&self, store: &OffboardedStore) {
        *self.0.lock().unwrap().entry(store.store.clone()).or_default() += 1;
    }
}

#[tokio::test]
async fn whoever_leaves_is_out_everywhere_even_where_they_were_before_us() {
    where_native(Operation::Remove, async |desk| {
        desk.merchant_lets_in();
        let grant = desk.engine.request(desk.wish_for(3 * DAY)).await.unwrap();
        desk.settle(&grant).await;
        let told = Told::default();
        let order = OffboardRequest::new(handle("gina"), boss()).because("left the company");
        let record = desk.engine.offboard(order, &desk.subject.call(), &told).await.unwrap();
        assert!(!desk.is_inside());
        assert!(record.finished_at.is_some(), "{record:?}");
        let OffboardState::Out { proof } = &record.stores[0].state else { panic!("{record:?}") };
        assert!(matches!(proof, Proof::Listed { .. } | Proof::Disabled { .. }), "{proof:?}");
        let ended = desk.grant(grant.id).await;
        assert!(ended.phase.is_over());
        assert_eq!(ended.end.unwrap().cause, Cause::Offboarded);
        assert_eq!(told.0.lock().unwrap().len(), 1);
        desk.finish();
    })
    .await;
}

#[tokio::test]
async fn where_people_take_out_the_record_waits_for_them() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        let order = OffboardRequest::new(handle("gina"), boss());
        let record = desk.engine.offboard(order, &desk.subject.call(), &()).await.unwrap();
        if record.finished_at.is_none() {
            assert!(matches!(record.stores[0].state, OffboardState::Open { .. }));
            assert!(desk.open_step(StepKind::Exit).await.is_some());
            assert_eq!(desk.grant(grant.id).await.phase, Phase::Closing);
        }
        desk.people_take_out().await;
        let record = desk.engine.continue_offboarding(record.id, &desk.subject.call(), &()).await.unwrap();
        assert!(record.finished_at.is_some(), "{record:?}");
        assert!(!desk.is_inside());
        assert!(desk.grant(grant.id).await.phase.is_over());
        assert_eq!(desk.open_step(StepKind::Exit).await, None);
        desk.finish();
    })
    .await;
}

/// The demonstration account has two stores, of which one is configured.
const STORES: usize = 49;
const PAGES: usize = 5;

/// An account with fifty stores and the desk of somebody who works in some of them.
async fn account(inside: &[usize]) -> (FakeBigCommerce, Engine, Arc<MemoryLedger>, Environment, Vec<String>) {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    let fake = FakeBigCommerce::start(clock.clone()).await;
    let seed = fake.seed_demo();
    let transport = Arc::new(guestpass::http::ReqwestTransport::new().unwrap());
    let env = Environment::new(transport, clock, Arc::new(MemoryCoordination::new()));
    let registry = Registry::new().with(guestpass_bigcommerce::factory());
    let mut directory = guestpass::grants::StaticDirectory::new(registry, env.clone());
    let mut hashes = vec![seed.store_hash.clone()];
    for number in 1..STORES {
        let hash = format!("store{number}");
        fake.add_store(&seed.account_uuid, &hash, &format!("Store {number}"), &seed.owner_email);
        fake.add_store_token(&hash, &format!("token-{number}"), &["store_v2_information_read_only"]);
        hashes.push(hash);
    }
    for (number, hash) in hashes.iter().enumerate() {
        let token = if number == 0 { seed.store_token.clone() } else { format!("token-{number}") };
        let settings = StoreSettings::new(StoreHandle::new(format!("shop-{number}")).unwrap())
            .with_text("store_hash", hash)
            .with_text("account_uuid", &seed.account_uuid)
            .with_text("api_url", fake.uri())
            .with_secret("account_token", Arc::new(FixedSecret::new(seed.account_token.clone().into())))
            .with_secret("store_token", Arc::new(FixedSecret::new(token.into())));
        directory = directory.with_store("bigcommerce", settings).unwrap();
    }
    let gina = Person::new(PersonHandle::new("gina").unwrap(), "gina@vendor.example".parse().unwrap());
    for number in inside {
        fake.add_user(&hashes[*number], gina.email.as_str(), "Gina", "Guest");
    }
    fake.clear_requests();
    let ledger = Arc::new(MemoryLedger::new());
    let engine = Engine::new(ledger.clone(), Arc::new(directory.with_person(gina)), env.clone());
    (fake, engine, ledger, env, hashes)
}

fn metered(fake: &FakeBigCommerce) -> usize {
    fake.requests().iter().filter(|request| request.path.starts_with("/accounts/")).count()
}

#[tokio::test]
async fn one_reading_serves_all_stores_of_an_account() {
    let (fake, engine, _, env, _) = account(&[]).await;
    let cx = env.call().with_timeout(HOUR);
    let order = OffboardRequest::new(handle("gina"), boss());
    let record = engine.offboard(order, &cx, &()).await.unwrap();
    assert!(record.finished_at.is_some());
    assert_eq!(record.stores.len(), STORES);
    assert!(record.stores.iter().all(|store| matches!(store.state, OffboardState::Out { .. })));
    assert_eq!(metered(&fake), PAGES, "ten stores at once");
}

/// Two readings of the account, and one removal for each store: far from the seventy requests of an hour.
#[tokio::test]
async fn removals_from_one_account_are_proven_together() {
    let inside: Vec<usize> = (0..STORES).step_by(3).collect();
    let (fake, engine, _, env, hashes) = account(&inside).await;
    let cx = env.call().with_timeout(HOUR);
    let record = engine.offboard(OffboardRequest::new(handle("gina"), boss()), &cx, &()).await.unwrap();
    assert!(hashes.iter().all(|hash| !fake.is_member(hash, "gina@vendor.example")));
    for store in &record.stores {
        let OffboardState::Out { proof: Proof::Listed { evidence } } = &store.state else {
            panic!("proven, not {store:?}")
        };
        assert!(evidence.complete);
    }
    for number in &inside {
        assert_eq!(fake.removals(&hashes[*number], "gina@vendor.example"), 1);
    }
    assert_eq!(metered(&fake), 2 * PAGES + inside.len());
}

/// Whoever stops in the middle goes on where it stopped.
#[tokio::test]
async fn an_interrupted_offboarding_goes_on() {
    let inside = [3, 7, 11];
    let (fake, engine, ledger, env, hashes) = account(&inside).await;
    let hurried = env.call().with_timeout(std::time::Duration::from_millis(1));
    fake.inject(guestpass_testkit::On::Writes, guestpass_testkit::Fault::Status(503), 1);
    drop(engine.offboard(OffboardRequest::new(handle("gina"), boss()), &hurried, &()).await);
    let record = ledger.offboardings(Some(&handle("gina")), 1).await.unwrap().remove(0);
    let cx = env.call().with_timeout(HOUR);
    let record = engine.continue_offboarding(record.id, &cx, &()).await.unwrap();
    assert!(record.finished_at.is_some(), "{record:?}");
    assert!(hashes.iter().all(|hash| !fake.is_member(hash, "gina@vendor.example")));
}

/// A reading that began before the look was asked for answers no look.
#[tokio::test]
async fn an_earlier_reading_answers_only_whoever_accepts_it() {
    let (fake, engine, _, env, hashes) = account(&[]).await;
    let provider = engine.directory().connect(&StoreHandle::new("shop-3").unwrap()).unwrap().unwrap();
    let gina = engine.directory().person(&handle("gina")).unwrap().on(provider.connection().provider());
    let began = env.clock().now();
    let accepting = env.call().with_looks_since(began);
    assert_eq!(provider.observe(&gina, &accepting).await.unwrap().state.name(), "absent");
    fake.add_user(&hashes[3], "gina@vendor.example", "Gina", "Guest");
    env.clock().sleep(std::time::Duration::from_secs(1), guestpass::Wait::Backoff).await;
    let before = metered(&fake);
    assert_eq!(provider.observe(&gina, &accepting).await.unwrap().state.name(), "absent");
    assert_eq!(metered(&fake), before);
    let later = env.call().with_looks_since(env.clock().now());
    assert_eq!(provider.observe(&gina, &later).await.unwrap().state.name(), "invited");
    assert_eq!(provider.observe(&gina, &env.call()).await.unwrap().state.name(), "invited");
}

//! Many grants that end at once: nothing is lost, no budget is overrun, and several processes share the work.
//!
//! `GUESTPASS_SCALE=10000/500` runs it with so many grants in so many stores.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set-up that fails is a failed test"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use guestpass::StoreHandle;
use guestpass::grants::audit::Head;
use guestpass::grants::{GrantId, Ledger, Phase, verify};
use guestpass_suite::crowd::Crowd;
use guestpass_suite::setup::Setup;
use guestpass_suite::worker::{Job, Order, Place, Worker};
use guestpass_testkit::postgres::Database;

/// How many grants in how many stores.
fn size() -> (usize, usize) {
    let text = std::env::var("GUESTPASS_SCALE").unwrap_or_else(|_| "1000/50".to_owned());
    let (grants, stores) = text.split_once('/').expect("grants/stores");
    (grants.parse().unwrap(), stores.parse().unwrap())
}

/// Lets so many processes sweep until nothing is due. Gives what each of them has settled.
fn sweep(setup: &Setup, processes: usize) -> Vec<Vec<Place>> {
    let order = Order { setup: setup.clone(), job: Job::SweepAll, hold_at: None };
    let program = Path::new(env!("CARGO_BIN_EXE_guestpass-suite-worker"));
    let workers: Vec<_> = (0..processes).map(|_| Worker::start(program, &order).unwrap()).collect();
    let follow = |mut worker: Worker| {
        let (told, _) = worker.follow().unwrap();
        assert!(worker.finish().unwrap());
        told.iter().map(|told| told.place().unwrap()).collect()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = workers.into_iter().map(|worker| scope.spawn(move || follow(worker))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

async fn all_end(ledger_url: &str, folder: &Path, processes: usize) {
    let (grants, stores) = size();
    let (crowd, setup) = Crowd::start(folder, ledger_url, stores, grants / stores).await.unwrap();
    let host = setup.open().await.unwrap();
    let ids = crowd.grant(&setup, &*host.ledger).await.unwrap();
    assert_eq!(ids.len(), grants / stores * stores);
    assert!(crowd.inside() > 0);
    crowd.let_time_pass();

    let settled = sweep(&setup, processes);
    nobody_is_in_the_way_of_another(&settled);
    memory_is_flat(&settled);
    crowd.merchants_act();
    host.clock.advance(std::time::Duration::from_secs(20 * 60));
    sweep(&setup, processes);

    assert_eq!(crowd.inside(), 0);
    every_grant_ended_once(&*host.ledger, &ids).await;
    for spent in crowd.spent() {
        assert!(spent.peak <= spent.limit, "{spent:?}");
        // Whoever else works may move the time while a request is on its way, so that it comes too close to the next one.
        assert!(spent.refused * 10 <= spent.requests, "{spent:?}");
    }
    tell(&crowd, &settled, grants, stores);
}

/// What competes is worked on by one process alone.
fn nobody_is_in_the_way_of_another(settled: &[Vec<Place>]) {
    let mut workers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (worker, places) in settled.iter().enumerate() {
        assert!(!places.is_empty(), "worker {worker} had nothing to do");
        for place in places {
            let known = workers.entry(&place.store).or_default();
            if !known.contains(&worker) {
                known.push(worker);
            }
        }
    }
    let shared: Vec<_> = workers.iter().filter(|(_, workers)| workers.len() > 1).collect();
    assert!(shared.is_empty(), "two worked on the same store: {shared:?}");
}

/// Late in the work, a process uses little more memory than early in it.
fn memory_is_flat(settled: &[Vec<Place>]) {
    for places in settled {
        let (early, late) = (places[places.len() / 10].memory, places[places.len() - 1].memory);
        assert!(late < early + 32 * 1024, "{early} kB became {late} kB");
    }
}

async fn every_grant_ended_once(ledger: &dyn Ledger, ids: &[GrantId]) {
    let mut stores: BTreeMap<StoreHandle, usize> = BTreeMap::new();
    for id in ids {
        let grant = ledger.grant(*id).await.unwrap().unwrap();
        assert_eq!(grant.phase, Phase::Ended, "{grant:?}");
        assert!(grant.end.unwrap().proof.is_some());
        *stores.entry(grant.place.store).or_default() += 1;
    }
    for (store, grants) in stores {
        let events = ledger.events(&store, 0, 10_000).await.unwrap();
        let ended = events.iter().filter(|event| event.fact().unwrap().kind == "access_ended");
        assert_eq!(ended.count(), grants, "on {store}");
        assert!(verify(ledger, Head::empty(store), &[]).await.unwrap().is_sound());
    }
}

fn tell(crowd: &Crowd, settled: &[Vec<Place>], grants: usize, stores: usize) {
    let mut lines = format!("{grants} grants in {stores} stores, {} processes\n", settled.len());
    for places in settled {
        let memory = |at: usize| places[at].memory / 1024;
        let (early, late) = (memory(places.len() / 10), memory(places.len() - 1));
        lines += &format!("  a process: {} places, {early} MB early, {late} MB late\n", places.len());
    }
    for spent in crowd.spent() {
        lines += &format!("  {spent:?}\n");
    }
    // Not `println!`: the words of tests that pass are not shown.
    let _ = write!(std::io::stderr(), "{lines}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_process_ends_everything_that_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ledger").display());
    Box::pin(all_end(&url, folder.path(), 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_processes_share_the_work() {
    let Some(database) = Database::make() else { return };
    let folder = tempfile::tempdir().unwrap();
    Box::pin(all_end(&database.url(), folder.path(), 2)).await;
}

//! Nothing is sent to a store while the ledger cannot be written: its disk is full, or it cannot be reached.

use std::fs;
use std::sync::Arc;

use guestpass::grants::{OffboardRequest, SweepOptions};
use guestpass_ledger::SqlLedger;
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::{Job, Order, Told, Worker, boss};

use crate::case::{Before, Case, DAY, Ledgers, Scene, guest};
use crate::kills::{LEASE, Then, recover_opening};
use crate::worker;

/// What the disk gets more of from one try to the next.
const MORE: u64 = 4096;

fn case(platform: Platform) -> Case {
    Case { platform, merchant_held: false, before: Before::Absent }
}

/// Whether a step of the ledger failed, and whether something was sent after that.
fn failed_and_sent(steps: &[Told]) -> (bool, bool) {
    let mut pending: Option<String> = None;
    let mut sent_after = false;
    for step in steps {
        let step = step.to_string();
        match step.strip_suffix(" After") {
            Some(done) => {
                if pending.as_deref() == Some(done) {
                    pending = None;
                }
            }
            None => {
                let is_write =
                    ["Invite", "Change", "Password", "Remove"].iter().any(|kind| step.starts_with(kind));
                sent_after |= is_write && pending.is_some();
                pending = step.strip_suffix(" Before").map(str::to_owned);
            }
        }
    }
    (pending.is_some(), sent_after)
}

async fn disk_full(platform: Platform) {
    let mut failures = 0;
    for room in 0.. {
        println!("{platform:?} with room for {room} more pages");
        let scene = Scene::new(case(platform), Ledgers::Sqlite).await;
        let log = scene.setup.ledger.trim_start_matches("sqlite:").to_owned() + "-wal";
        let size = fs::metadata(log).unwrap().len() + room * MORE;
        let order = Order { setup: scene.setup.clone(), job: Job::Open(scene.wish()), hold_at: None };
        let mut worker = Worker::start_with_room(worker(), &order, size).unwrap();
        let (steps, _) = worker.follow().unwrap();
        if worker.finish().unwrap() {
            assert!(failures > 3, "only {failures} writes failed");
            return;
        }
        let (failed, sent_after) = failed_and_sent(&steps);
        failures += usize::from(failed);
        assert!(!sent_after, "{steps:?}");
        scene.what_may_exist_is_owed().await;
        Box::pin(recover_opening(&scene, Then::Opens)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn with_a_full_disk_nothing_is_sent_that_is_not_written_down() {
    for platform in [Platform::BigCommerce, Platform::Prestashop, Platform::Shopify, Platform::Wix] {
        Box::pin(disk_full(platform)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_the_ledger_nothing_is_asked_or_sent() {
    for platform in [Platform::BigCommerce, Platform::Prestashop, Platform::Shopify, Platform::Wix] {
        let scene = Scene::new(case(platform), Ledgers::Sqlite).await;
        let ledger = SqlLedger::open(&scene.setup.ledger.clone().into()).await.unwrap();
        let host = scene.setup.open_on(Arc::new(ledger.clone())).unwrap();
        let grant = host.engine.request(scene.wish().request().unwrap()).await.unwrap();
        ledger.close().await;
        let cx = host.env.call().with_timeout(DAY / 4);
        assert!(host.engine.settle(&grant.place, &cx).await.is_err());
        assert!(host.engine.sweep(&SweepOptions::default(), &()).await.is_err());
        assert!(host.engine.request(scene.wish().request().unwrap()).await.is_err());
        assert!(host.engine.revoke(grant.id, &boss(), None).await.is_err());
        let offboard = OffboardRequest::new(guest(), boss());
        assert!(Box::pin(host.engine.offboard(offboard, &cx, &())).await.is_err());
        assert!(scene.stage.world().requests().is_empty());
        scene.pass(LEASE).await;
        scene.until_inside().await;
    }
}

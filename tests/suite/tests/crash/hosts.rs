//! Two processes on one ledger: both grant the same person, at once and one within the other.

use guestpass::grants::Phase;
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::{Job, Order, Worker, boss};
use guestpass_testkit::postgres::Database;

use crate::case::{Before, Case, Ledgers, MINUTE, Scene};
use crate::kills::LEASE;
use crate::worker;

const PLATFORMS: [Platform; 4] =
    [Platform::BigCommerce, Platform::Prestashop, Platform::Shopify, Platform::Wix];

fn case(platform: Platform) -> Case {
    Case { platform, merchant_held: false, before: Before::Absent }
}

fn granting(scene: &Scene, hold_at: Option<usize>) -> Worker {
    let order = Order { setup: scene.setup.clone(), job: Job::Open(scene.wish()), hold_at };
    Worker::start(worker(), &order).unwrap()
}

async fn both_at_once(ledgers: Ledgers) {
    for platform in PLATFORMS {
        println!("{platform:?} on {ledgers:?}");
        let scene = Scene::new(case(platform), ledgers).await;
        let mut both = [granting(&scene, Some(0)), granting(&scene, Some(0))];
        for one in &mut both {
            assert!(one.follow().unwrap().1);
        }
        for one in &mut both {
            one.go_on().unwrap();
        }
        for mut one in both {
            one.follow().unwrap();
            assert!(one.finish().unwrap());
        }
        assert_eq!(scene.living().await.len(), 2, "both are counted");
        Box::pin(they_end_one_by_one(&scene)).await;
    }
}

/// The access outlives the first of them, and not the second.
async fn they_end_one_by_one(scene: &Scene) {
    scene.pass(LEASE).await;
    scene.until_inside().await;
    scene.at_most_one_invitation();
    let [first, second] = scene.living().await.try_into().unwrap();
    scene.host.engine.revoke(first.id, &boss(), None).await.unwrap();
    scene.pass(20 * MINUTE).await;
    if scene.stage.ways_in() == 0 {
        // Nobody can look whether the invitation left, so nobody sent another one.
        scene.host.engine.revoke(second.id, &boss(), None).await.unwrap();
        return scene.until_over().await;
    }
    let ended = scene.host.ledger.grant(first.id).await.unwrap().unwrap();
    assert_eq!(ended.phase, Phase::Ended, "{}", scene.state().await);
    assert_eq!(scene.stage.ways_in(), 1);
    scene.host.engine.revoke(second.id, &boss(), None).await.unwrap();
    scene.until_over().await;
    assert_eq!(scene.stage.ways_in(), 0);
}

/// A process sleeps at a step for longer than its lease lasts, another one does everything meanwhile, and the first wakes up.
/// Right before a request leaves nobody can stop the sleeper: these steps are left out.
async fn one_within_the_other(platform: Platform, ledgers: Ledgers) {
    let scene = Scene::new(case(platform), ledgers).await;
    let steps = granting(&scene, None).follow().unwrap().0;
    for (number, step) in steps.iter().enumerate().filter(|(_, step)| !step.is_write()) {
        println!("{platform:?} on {ledgers:?} sleeps at {number} {step}");
        let scene = Scene::new(case(platform), ledgers).await;
        let mut sleeper = granting(&scene, Some(number));
        assert!(sleeper.follow().unwrap().1);
        scene.host.clock.advance(LEASE);
        Job::Open(scene.wish()).run(&scene.host).await.unwrap();
        scene.pass(MINUTE).await;
        sleeper.go_on().unwrap();
        sleeper.follow().unwrap();
        // Whoever has lost the lease may say so.
        let _ = sleeper.finish().unwrap();
        assert_eq!(scene.living().await.len(), 2, "both are counted");
        Box::pin(they_end_one_by_one(&scene)).await;
    }
}

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn two_processes_grant_the_same_person_at_once() {
        both_at_once(Ledgers::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_process_that_slept_through_its_lease_sends_nothing_twice() {
        for platform in PLATFORMS {
            Box::pin(one_within_the_other(platform, Ledgers::Sqlite)).await;
        }
    }
}

mod postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn two_processes_grant_the_same_person_at_once() {
        if Database::make().is_some() {
            both_at_once(Ledgers::Postgres).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_process_that_slept_through_its_lease_sends_nothing_twice() {
        if Database::make().is_some() {
            for platform in PLATFORMS {
                Box::pin(one_within_the_other(platform, Ledgers::Postgres)).await;
            }
        }
    }
}

//! A process that dies at any durable step leaves behind what the next one needs.

use std::time::Duration;

use guestpass::rotation::DriverOptions;

use super::bench::{Bench, request};
use super::shop::{Fault, kinds};

type Prepare = fn(&Bench);

/// Begins and goes on until it rests, or dies.
async fn work(bench: &Bench) -> bool {
    let driver = bench.driver();
    let open = bench.open().await;
    let work = tokio::spawn(async move {
        let rotation = match open {
            Some(open) => open,
            None => driver.begin(request()).await.unwrap(),
        };
        // One that another process has died over is free after a while.
        let _ = driver.advance(rotation.id, None, &DriverOptions::default()).await;
    });
    match work.await {
        Ok(()) => true,
        Err(error) => {
            let died = error.into_panic();
            if !died.is::<super::bench::Killed>() {
                std::panic::resume_unwind(died);
            }
            false
        }
    }
}

/// The whole life with deaths at these steps, counted over all processes. Gives how many steps there were.
async fn live_through(
    info: &guestpass::rotation::KindInfo,
    shelves: &[bool],
    prepare: Prepare,
    deaths: &[usize],
) -> usize {
    let bench = Bench::of(info.clone(), shelves);
    prepare(&bench);
    let story = format!("{} {shelves:?}, dead at {deaths:?}", info.kind);
    for death in deaths {
        bench.die_at(Some(*death));
        // Until it dies, or is over.
        for _ in 0..60 {
            let is_over = bench.last().await.is_some_and(|last| last.stage.is_over());
            if is_over || !work(&bench).await {
                break;
            }
            let due = bench.open().await.and_then(|open| open.due_at).unwrap_or_else(|| bench_now(&bench));
            let wait = Duration::try_from(due.duration_since(bench_now(&bench))).unwrap_or_default();
            bench.clock.advance(wait.max(Duration::from_secs(1)));
            if bench.open().await.is_some_and(|open| open.due_at.is_none()) {
                break;
            }
        }
        bench.die_at(None);
        bench.clock.advance(Duration::from_secs(301));
    }
    if bench.last().await.is_none() {
        bench.driver().begin(request()).await.unwrap();
    }
    let last = bench.finish().await;
    bench.assert_sound(&last, &story).await;
    if !info.is_in_place() {
        assert_eq!(bench.consumer.refused(), Vec::<String>::new(), "{story}");
    }
    bench.consumer.steps().len()
}

fn bench_now(bench: &Bench) -> guestpass::Timestamp {
    use guestpass::Clock;
    bench.clock.now()
}

fn undisturbed(_: &Bench) {}

fn lost_answer(bench: &Bench) {
    bench.shop().script("issue", [Fault::LostAfter]);
}

fn lost_order(bench: &Bench) {
    bench.shop().script("issue", [Fault::LostBefore]);
}

fn done_twice(bench: &Bench) {
    bench.shop().script("issue", [Fault::LostTwice]);
}

fn lost_retirement(bench: &Bench) {
    bench.shop().script("retire", [Fault::LostAfter, Fault::LostBefore]);
}

const STORIES: [Prepare; 5] = [undisturbed, lost_answer, lost_order, done_twice, lost_retirement];

#[tokio::test]
async fn every_kind_survives_a_death_at_every_step() {
    for info in kinds() {
        for prepare in STORIES {
            let steps = live_through(&info, &[true, true], prepare, &[]).await;
            assert!(steps >= 20, "{}: {steps}", info.kind);
            for death in 1..=steps {
                live_through(&info, &[true, true], prepare, &[death]).await;
            }
        }
    }
}

#[tokio::test]
async fn every_kind_survives_two_deaths() {
    for info in kinds() {
        let steps = live_through(&info, &[true], undisturbed, &[]).await;
        for first in 1..=steps {
            for second in first + 1..=first + 12 {
                live_through(&info, &[true], undisturbed, &[first, second]).await;
            }
        }
    }
}

#[tokio::test]
async fn sinks_that_give_nothing_back_cost_attempts_and_nothing_else() {
    for info in kinds() {
        for shelves in [&[false][..], &[false, true], &[true, false]] {
            for prepare in [undisturbed, lost_answer] {
                let steps = live_through(&info, shelves, prepare, &[]).await;
                for death in 1..=steps {
                    live_through(&info, shelves, prepare, &[death]).await;
                }
            }
        }
    }
}

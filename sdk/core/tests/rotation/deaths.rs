//! A process that dies at any durable step leaves behind what the next one needs.

use std::sync::Arc;
use std::time::Duration;

use guestpass::rotation::{KindInfo, Rotation};

use super::bench::{Bench, Killed, request};
use super::shop::{Fault, kinds};

type Prepare = fn(&Bench);

/// The whole life with deaths at these steps, counted over all processes. Gives how many steps there were.
async fn live_through(info: &KindInfo, shelves: &[bool], prepare: Prepare, deaths: &[usize]) -> usize {
    let bench = Arc::new(Bench::of(info.clone(), shelves));
    prepare(&bench);
    let story = format!("{} {shelves:?}, dead at {deaths:?}", info.kind);
    for death in deaths {
        bench.die_at(Some(*death));
        if let Some(last) = live(&bench).await {
            assert!(last.stage.is_over(), "{story}");
            break;
        }
        bench.die_at(None);
        bench.clock.advance(Duration::from_secs(301));
    }
    bench.die_at(None);
    let last = live(&bench).await.expect("nobody dies any more");
    bench.assert_sound(&last, &story).await;
    if !info.is_in_place() {
        assert_eq!(bench.consumer.refused(), Vec::<String>::new(), "{story}");
    }
    bench.consumer.steps().len()
}

/// One process: begins, unless somebody has, and goes on. Gives the record, unless the process dies.
async fn live(bench: &Arc<Bench>) -> Option<Rotation> {
    let work = bench.clone();
    let life = tokio::spawn(async move {
        if work.last().await.is_none() {
            work.driver().begin(request()).await.unwrap();
        }
        Box::pin(work.finish()).await
    });
    match life.await {
        Ok(last) => Some(last),
        Err(error) => {
            let died = error.into_panic();
            if !died.is::<Killed>() {
                std::panic::resume_unwind(died);
            }
            None
        }
    }
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

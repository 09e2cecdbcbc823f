//! Whoever loses the lease sends nothing more, and whoever has it waits until what was sent has shown.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::Clock;
use guestpass::grants::{Durable, Ledger};
use guestpass::rotation::{DriverOptions, Rotation};

use super::bench::{Bench, request};
use super::shop::{Fault, kind};

fn patient() -> DriverOptions {
    let mut options = DriverOptions::default();
    options.patience = Duration::from_secs(86_400);
    options
}

#[tokio::test]
async fn whoever_loses_the_lease_sends_nothing_more() {
    for name in ["by-tag", "unlistable", "caller-made", "in-place"] {
        let calm = Bench::new(name);
        let id = calm.driver().begin(request()).await.unwrap().id;
        calm.driver().advance(id, None, &patient()).await.unwrap();
        let steps = calm.consumer.steps();
        for (step, (durable, _)) in (1..).zip(&steps).skip(2) {
            let story = format!("{name}, stolen at {step}");
            let bench = Arc::new(Bench::of(kind(name), &[true, true]));
            let rotation = bench.driver().begin(request()).await.unwrap();
            let writes = Arc::new(Mutex::new(None));
            bench.at_step(step, steal(&bench, &rotation, &writes));
            let outcome = bench.driver().advance(rotation.id, None, &patient()).await;
            let at_theft = writes.lock().unwrap().expect("the theft");
            // What was on its way arrives, and nothing after it.
            let on_its_way = matches!(durable, Durable::Issue | Durable::Retire | Durable::CarryOver);
            let more = bench.shop().writes() - at_theft;
            assert!(more <= usize::from(on_its_way), "{story}: {more} more");
            if let Err(error) = &outcome {
                assert!(error.is_stale(), "{story}: {error}");
            }
            bench.clock.advance(Duration::from_secs(301));
            let last = bench.finish().await;
            bench.assert_sound(&last, &story).await;
        }
    }
}

/// Somebody else takes the lease, after the one who has it was silent for too long, and dies.
fn steal(
    bench: &Arc<Bench>,
    rotation: &Rotation,
    writes: &Arc<Mutex<Option<usize>>>,
) -> super::bench::Happening {
    let (bench, key, writes) = (bench.clone(), rotation.lease_key(), writes.clone());
    Box::new(move || {
        bench.clock.advance(Duration::from_secs(301));
        let ttl = Duration::from_secs(300);
        let claim = bench.ledger.claim(&key, "a thief", bench.clock.now(), ttl).now_or_never();
        claim.expect("memory is at hand").unwrap().expect("the lease");
        *writes.lock().unwrap() = Some(bench.shop().writes());
    })
}

#[tokio::test]
async fn whoever_takes_over_waits_until_what_was_sent_has_shown() {
    let bench = Bench::new("by-tag");
    bench.shop().script("issue", [Fault::LostAfter]);
    let rotation = bench.driver().begin(request()).await.unwrap();
    let now = bench.clock.now();
    let ttl = Duration::from_secs(300);
    bench.ledger.claim(&rotation.lease_key(), "somebody who dies", now, ttl).await.unwrap().unwrap();
    let error = bench.driver().advance(rotation.id, None, &patient()).await.unwrap_err();
    assert!(error.is_stale(), "{error}");
    assert_eq!(bench.shop().writes(), 0);
    bench.clock.advance(Duration::from_secs(301));
    bench.driver().advance(rotation.id, None, &DriverOptions::default()).await.unwrap();
    let sent_at = bench.last().await.unwrap().sent_at.expect("an order without an answer");
    let waited = sent_at.duration_since(now).as_secs();
    assert!(waited >= 330, "{waited}");
}

//! Passes over everything: what is due goes on, begins, or is told of.

use std::sync::Mutex;
use std::time::Duration;

use guestpass::rotation::*;
use guestpass::{Clock, Error, StoreHandle};

use super::bench::{Bench, store};

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl RotationWatcher for Seen {
    fn advanced(&self, advanced: &Advanced) {
        self.0.lock().unwrap().push(format!("advanced to {}", advanced.rotation.stage));
    }
    fn due(&self, _: &StoreHandle, status: &CredentialStatus) {
        self.0.lock().unwrap().push(format!("due {}", status.name));
    }
    fn failed(&self, _: &StoreHandle, credential: &CredentialName, error: &Error) {
        self.0.lock().unwrap().push(format!("failed {credential}: {error}"));
    }
}

fn aging(kind: &str, automatic: bool) -> Bench {
    let bench = Bench::new(kind);
    let mut slot = bench.world.slot.lock().unwrap();
    slot.made_at = Some(bench.clock.now());
    slot.rotate_every = Some(30 * DAY);
    slot.automatic = automatic;
    drop(slot);
    bench
}

async fn sweep(bench: &Bench) -> (RotationSweep, Vec<String>) {
    let seen = Seen::default();
    let report = bench.driver().sweep(&DriverOptions::default(), &seen).await.unwrap();
    (report, seen.0.into_inner().unwrap())
}

#[tokio::test]
async fn a_sweep_begins_what_is_too_old_and_goes_on_with_it() {
    let bench = aging("by-tag", true);
    bench.clock.advance(29 * DAY);
    assert_eq!(sweep(&bench).await, (RotationSweep::default(), Vec::new()));
    bench.clock.advance(DAY);
    let (report, seen) = sweep(&bench).await;
    assert_eq!((report.begun, report.waiting), (1, 1), "{seen:?}");
    let (report, seen) = sweep(&bench).await;
    assert_eq!(
        (report, seen.len()),
        (RotationSweep::default(), 0),
        "nothing is due while users are given time"
    );
    bench.clock.advance(Duration::from_secs(3600));
    let (report, seen) = sweep(&bench).await;
    assert_eq!((report.done, report.begun), (1, 0), "{seen:?}");
    let status = bench.driver().credentials(&store()).await.unwrap().remove(0);
    assert!(status.open.is_none() && status.problem.is_none());
    assert!(
        status.made_at.unwrap() > bench.clock.now() - Duration::from_secs(7200),
        "the new one's age counts"
    );
    assert_eq!(bench.last().await.unwrap().requested_by.name, "guestpass sweep");
}

#[tokio::test]
async fn what_is_not_automatic_or_interrupts_is_told_of() {
    for (kind, automatic) in [("by-tag", false), ("in-place", true)] {
        let bench = aging(kind, automatic);
        bench.clock.advance(30 * DAY);
        let (report, seen) = sweep(&bench).await;
        assert_eq!((report.announced, report.begun, seen), (1, 0, vec!["due web".to_owned()]));
        assert!(bench.last().await.is_none());
    }
}

#[tokio::test]
async fn a_guided_one_begins_with_its_step() {
    let bench = aging("guided", true);
    bench.clock.advance(30 * DAY);
    let (report, _) = sweep(&bench).await;
    assert_eq!((report.begun, report.waiting), (1, 1));
    let open = bench.open().await.unwrap();
    assert!(matches!(open.waits_for, Some(WaitsFor::Person { part: HumanPart::Issue, .. })));
    bench.clock.advance(30 * DAY);
    assert_eq!(sweep(&bench).await.0, RotationSweep::default(), "it is begun once");
}

#[tokio::test]
async fn one_that_dies_is_due_before() {
    let bench = Bench::new("unlistable");
    bench.driver().begin(super::bench::request()).await.unwrap();
    bench.finish().await;
    let status = bench.driver().credentials(&store()).await.unwrap().remove(0);
    let life = status.expires_at.unwrap().duration_since(status.made_at.unwrap());
    let until_due = status.due_at.unwrap().duration_since(status.made_at.unwrap());
    assert_eq!(until_due.as_secs(), life.as_secs() * 3 / 4);
}

#[tokio::test]
async fn what_is_wrong_with_a_credential_is_told() {
    let bench = Bench::new("by-tag");
    bench.world.slot.lock().unwrap().sinks = vec!["nowhere".to_owned()];
    let status = bench.driver().credentials(&store()).await.unwrap().remove(0);
    assert!(status.problem.unwrap().contains("nowhere"));
}

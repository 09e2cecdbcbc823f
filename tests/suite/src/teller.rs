//! Tells of every durable step on standard output, and stops at one of them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use guestpass::Result;
use guestpass::grants::{Checkpoint, Commit, Durable, Moment, Tap};

/// What is told when the process stops until it is told to go on.
pub(crate) const HELD: &str = "held";

/// Counts durable steps from 0, and tells of each.
#[derive(Debug)]
pub(crate) struct Teller {
    passed: AtomicUsize,
    hold_at: Option<usize>,
}

impl Teller {
    pub(crate) fn holding_at(hold_at: Option<usize>) -> Self {
        Self { passed: AtomicUsize::new(0), hold_at }
    }

    #[allow(clippy::print_stdout, reason = "this is how the parent learns of it")]
    fn tell(&self, step: impl fmt::Display) {
        let number = self.passed.fetch_add(1, Ordering::Relaxed);
        println!("{step}");
        if self.hold_at == Some(number) {
            println!("{HELD}");
            // Nothing else runs meanwhile: the process has one thread for its tasks.
            let _ = std::io::stdin().read_line(&mut String::new());
        }
    }
}

impl Checkpoint for Teller {
    fn at(&self, step: Durable, moment: Moment) {
        self.tell(format_args!("{step:?} {moment:?}"));
    }
}

/// The records of incidents are steps, too. Of all other commits the engine and the driver tell.
#[derive(Debug, Clone)]
pub(crate) struct Incidents(pub(crate) Arc<Teller>);

impl Incidents {
    fn tell(&self, change: &Commit, moment: Moment) {
        if !change.incidents.is_empty() || !change.incident_stores.is_empty() {
            self.0.tell(format_args!("Incident {moment:?}"));
        }
    }
}

impl Tap for Incidents {
    fn before(&self, change: &Commit) -> Result<()> {
        self.tell(change, Moment::Before);
        Ok(())
    }

    fn after(&self, change: &Commit) {
        self.tell(change, Moment::After);
    }
}

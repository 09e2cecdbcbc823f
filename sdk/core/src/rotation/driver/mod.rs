//! Brings rotations from their plan to their end.

mod begin;
mod carrying;
mod copies;
mod doors;
mod ending;
mod giving_up;
mod ground;
mod issuing;
mod job;
mod leases;
mod lost;
mod old;
mod orders;
mod pace;
mod placing;
mod plan;
mod report;
mod request;
mod staging;
mod status;
mod summary;
mod sweep;
mod writing;

use std::sync::Arc;

use uuid::Uuid;

use crate::Timestamp;
use crate::environment::Environment;
use crate::grants::engine::checkpoint::Unwatched;
use crate::grants::{Checkpoint, Directory, Durable, Ledger, Moment};

pub use report::{Advanced, CredentialStatus, RotationPlan, RotationSweep, RotationWatcher};
pub use request::{DriverOptions, RotationRequest};

/// Brings rotations from their plan to their end.
///
/// [`begin`](Self::begin) writes a rotation down, and [`advance`](Self::advance) takes it as far as it goes now: until it is
/// over, waits for a person or for time, or something is in its way. A [`sweep`](Self::sweep) does so wherever something is
/// due. Several drivers, in as many processes, may work on one ledger: whoever works on a credential holds its lease.
///
/// What is sent was written down before, and what came out of it is written down after. A process that dies at any moment
/// leaves behind what the next one needs to go on:
///
/// - until the new credential is in its place, the old one stays as it is, and the rotation may be given up;
/// - from then on there is only forward, and the old one ends after the new one was tried once more;
/// - every credential that was ever made, or may have been, is in the record until it is dead, or until it is written
///   down when it dies;
/// - no secret is in the record. The new one is in its sinks, and where none of them takes it, it is given back as
///   [`Advanced::unsaved`].
#[derive(Debug, Clone)]
pub struct Driver {
    ledger: Arc<dyn Ledger>,
    directory: Arc<dyn Directory>,
    env: Environment,
    owner: String,
    checkpoint: Arc<dyn Checkpoint>,
}

impl Driver {
    /// A driver on this ledger, for the credentials of these stores.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, directory: Arc<dyn Directory>, env: Environment) -> Self {
        let owner = Uuid::new_v4().to_string();
        Self { ledger, directory, env, owner, checkpoint: Arc::new(Unwatched) }
    }

    /// Names the host in its leases, for whoever looks who works on what.
    #[must_use]
    pub fn named(mut self, host: &str) -> Self {
        self.owner = format!("{host}/{}", Uuid::new_v4());
        self
    }

    /// Tells somebody of every durable step.
    #[must_use]
    pub fn with_checkpoint(mut self, checkpoint: Arc<dyn Checkpoint>) -> Self {
        self.checkpoint = checkpoint;
        self
    }

    /// The ledger, to read from.
    #[must_use]
    pub fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    fn now(&self) -> Timestamp {
        self.env.clock().now()
    }

    fn at(&self, step: Durable, moment: Moment) {
        self.checkpoint.at(step, moment);
    }
}

//! Brings grants to life and to their end.

mod act;
mod book;
pub(crate) mod checkpoint;
mod drift;
mod goal;
mod learn;
mod offboard;
mod operations;
pub(crate) mod pace;
mod report;
mod request;
mod reviewed;
mod reviewing;
mod settle;
mod steps;
mod sweep;

use std::sync::Arc;

use uuid::Uuid;

use super::directory::Directory;
use super::ledger::Ledger;
use crate::Timestamp;
use crate::environment::Environment;

pub use checkpoint::{Checkpoint, Durable, Moment};
pub use report::{Drifted, Settled, Standing, SweepReport, Watcher};
pub use request::{GrantRequest, OffboardRequest, SweepOptions};

/// Brings grants to life and to their end.
///
/// Orders ([`request`](Self::request), [`revoke`](Self::revoke) …) are written to the ledger and answer at once; nothing is
/// sent. [`settle`](Self::settle) makes one place as its grants say, and a [`sweep`](Self::sweep) does so wherever something
/// is due. Several engines, in as many processes, may work on one ledger: whoever works on a place holds its lease.
///
/// What is sent was written down before, and so was what the store looked like before it. A process that dies leaves
/// behind what the next one needs to go on.
#[derive(Debug, Clone)]
pub struct Engine {
    ledger: Arc<dyn Ledger>,
    directory: Arc<dyn Directory>,
    env: Environment,
    owner: String,
    checkpoint: Arc<dyn Checkpoint>,
}

impl Engine {
    /// An engine on this ledger, for these stores and people.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, directory: Arc<dyn Directory>, env: Environment) -> Self {
        let owner = Uuid::new_v4().to_string();
        Self { ledger, directory, env, owner, checkpoint: Arc::new(checkpoint::Unwatched) }
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
}

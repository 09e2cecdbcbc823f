//! A ledger that can fail.

use std::sync::Mutex;

use guestpass::grants::{Commit, Tap};
use guestpass::rotation::Stage;
use guestpass::{Error, ErrorKind, Result};

/// What keeps changes from being written.
#[derive(Debug, Default)]
pub(crate) struct Shaky {
    fails_at: Mutex<Option<Stage>>,
}

impl Shaky {
    /// No rotation can be written any more that is at this stage.
    pub(crate) fn fail_at(&self, stage: Option<Stage>) {
        *self.fails_at.lock().unwrap() = stage;
    }
}

impl Tap for Shaky {
    fn before(&self, change: &Commit) -> Result<()> {
        let fails_at = *self.fails_at.lock().unwrap();
        if change.rotations.iter().any(|rotation| Some(rotation.stage) == fails_at) {
            return Err(Error::new(ErrorKind::Unavailable, "the ledger is away"));
        }
        Ok(())
    }

    fn after(&self, _change: &Commit) {}
}

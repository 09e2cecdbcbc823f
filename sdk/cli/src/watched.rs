//! Tells of every rotation as it is written down, so that each step can be shown when it has happened.

use guestpass::Result;
use guestpass::grants::{Commit, Tap};
use guestpass::rotation::Rotation;
use tokio::sync::mpsc::UnboundedSender;

/// Who is told.
#[derive(Debug)]
pub(crate) struct Rotations(pub(crate) UnboundedSender<Rotation>);

impl Tap for Rotations {
    fn before(&self, _change: &Commit) -> Result<()> {
        Ok(())
    }

    fn after(&self, change: &Commit) {
        for rotation in &change.rotations {
            // Whoever asked may have gone; the work goes on.
            let _ = self.0.send(rotation.clone());
        }
    }
}

//! Giving a rotation up: whatever it made is ended, and the old credential stays.

use super::ending::Which;
use super::job::{Job, Step};
use crate::rotation::{Fate, FoundIssued, HumanPart, Stage};
use crate::sink::SinkCopy;

impl Job<'_> {
    /// [`Stage::Aborting`]: ends what was made, or may have been.
    pub(super) async fn give_up(&mut self) -> Step {
        let unanswered = |fate: &Fate| *fate == Fate::Possible;
        if self.rotation.new.as_ref().is_some_and(|new| unanswered(&new.fate)) {
            if let Some(next) = self.let_it_show().await? {
                return Ok(next);
            }
            self.see_what_was_made().await?;
        }
        if let Some(next) = self.end_fully(Which::New, HumanPart::CleanUp).await? {
            return Ok(next);
        }
        if let Some(next) = self.end_orphans().await? {
            return Ok(next);
        }
        self.discard_everywhere(SinkCopy::Staged).await?;
        self.rotation.sent_at = None;
        self.rotation.stage = Stage::Aborted;
        self.note("rotation_aborted");
        self.move_to(Stage::Aborted).await
    }

    /// The answer to the order was lost: finds out what there is to end.
    async fn see_what_was_made(&mut self) -> Step<()> {
        let found = self.find_issued().await?;
        let cannot_look = matches!(found, FoundIssued::CannotLook);
        let secret_is_known = self.new_secret().await?.is_some();
        if !(cannot_look && secret_is_known) {
            // With its secret in hand it can be ended without being listed.
            self.sort(found);
        } else if let Some(new) = &mut self.rotation.new {
            new.fate = Fate::Live;
        }
        self.rotation.sent_at = None;
        self.write().await
    }
}

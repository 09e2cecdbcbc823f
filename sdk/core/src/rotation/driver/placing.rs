//! Putting the new credential in the old one's place. From here on there is only forward.

use super::job::{Job, Step};
use super::pace::later;
use super::writing::add;
use crate::rotation::Stage;

impl Job<'_> {
    /// [`Stage::Verified`]: writes down that the new one goes into its place now.
    pub(super) async fn begin_promotion(&mut self) -> Step {
        if self.new_secret().await?.is_none() && self.reads_back() {
            self.warnings.push("the new secret cannot be read; its sinks have it staged".to_owned());
        }
        for stranger in self.strangers().await? {
            self.warnings.push(format!(
                "what is live in the sink {stranger} is not the credential that is rotated; see whether it still works, and \
                 end it if so"
            ));
            add(self.note("rotation_trouble"), "stranger_in", &stranger);
        }
        self.move_to(Stage::Promoting).await
    }

    /// [`Stage::Promoting`]: puts it in its place in every sink, and sees that it is there.
    pub(super) async fn promote(&mut self) -> Step {
        self.new_secret().await?;
        self.still_ours().await?;
        self.promote_everywhere().await?;
        self.see_live().await?;
        let now = self.now();
        self.rotation.promoted_at = Some(now);
        self.rotation.drain_until = Some(later(now, self.rotation.drain));
        self.note("credential_promoted");
        self.move_to(Stage::Promoted).await
    }
}

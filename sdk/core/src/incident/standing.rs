//! What stands for the replacement of a credential, by the ledger.

use super::record::{Incident, IncidentCredential};
use super::responder::PAGE;
use crate::error::Result;
use crate::grants::Ledger;
use crate::model::StoreHandle;
use crate::rotation::{Rotation, RotationId, RotationQuery, Stage};

/// What stands for the replacement of a credential.
pub(super) enum Standing {
    /// This rotation replaces it.
    Replaces(Rotation),
    /// This one had made its new credential before the incident: another one follows it.
    Precedes(Rotation),
    /// Nothing yet.
    Nothing,
}

impl Standing {
    /// The rotation that counts, whoever began it: its new credential was made after the incident was opened.
    pub(super) async fn of(
        ledger: &dyn Ledger,
        incident: &Incident,
        store: &StoreHandle,
        credential: &IncidentCredential,
    ) -> Result<Self> {
        let query = RotationQuery::of(store, &credential.name);
        let mut after: Option<RotationId> = None;
        let mut last = Self::Nothing;
        loop {
            let page = ledger.rotations(&query, after, PAGE).await?;
            let Some(newest) = page.last() else { return Ok(last) };
            after = Some(newest.id);
            for rotation in page {
                let counts =
                    rotation.created_at >= incident.opened_at || credential.rotation == Some(rotation.id);
                let nothing_made = rotation.new.is_none() && !rotation.stage.is_over();
                if rotation.stage == Stage::Aborted {
                    continue;
                }
                if counts || nothing_made {
                    last = Self::Replaces(rotation);
                } else if !rotation.stage.is_over() {
                    last = Self::Precedes(rotation);
                }
            }
        }
    }
}

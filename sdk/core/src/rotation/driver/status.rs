//! The credentials of a store: how old they are, when they are due, what is under way.

use super::Driver;
use super::ground::info_of;
use super::pace::later;
use crate::Timestamp;
use crate::error::{Error, Result};
use crate::model::{CredentialName, StoreHandle};
use crate::rotation::{CredentialSlot, CredentialStatus, Rotation, RotationQuery, Stage};

const PAGE: u32 = 100;

/// The rotations of one credential, as far as they matter today.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The one that is not over.
    pub(super) open: Option<Rotation>,
    /// The last one that is over.
    pub(super) last: Option<Rotation>,
    /// The last one that put a new credential in its place.
    pub(super) done: Option<Rotation>,
}

impl Driver {
    /// Every credential of a store: what it is, how old, when it is due, what is under way. Reads the ledger alone.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for a store that is not configured, and when the ledger cannot be read.
    pub async fn credentials(&self, store: &StoreHandle) -> Result<Vec<CredentialStatus>> {
        if !self.directory.stores().contains(store) {
            let problem = format!("names {store}, which is not configured");
            return Err(Error::invalid("store", problem, "name one of your stores"));
        }
        let mut all = Vec::new();
        for slot in self.directory.credentials(store) {
            all.push(self.status(store, &slot).await?);
        }
        Ok(all)
    }

    pub(super) async fn status(
        &self,
        store: &StoreHandle,
        slot: &CredentialSlot,
    ) -> Result<CredentialStatus> {
        let history = self.history(store, &slot.name).await?;
        let provider = self.directory.connect(store);
        let info = provider.ok().flatten().and_then(|provider| info_of(&*provider, &slot.kind).ok());
        let new = history.done.as_ref().and_then(|rotation| rotation.new.as_ref());
        let promoted_at = history.done.as_ref().and_then(|rotation| rotation.promoted_at);
        let made_at = new.and_then(|new| new.made_at).or(promoted_at).or(slot.made_at);
        let expires_at = new.and_then(|new| new.expires_at);
        let problem = match self.ground(store, &slot.name, &[]) {
            Err(error) => Some(format!("{}; next: {}", error.message(), error.remedy())),
            Ok(_) if made_at.is_none() && slot.rotate_every.is_some() => Some(
                "nobody knows how old it is, so it is never too old; next: say when it was made, or rotate it once"
                    .to_owned(),
            ),
            Ok(_) => None,
        };
        Ok(CredentialStatus {
            name: slot.name.clone(),
            kind: slot.kind.clone(),
            info,
            sinks: slot.sinks.clone(),
            made_at,
            expires_at,
            rotate_every: slot.rotate_every,
            due_at: due_at(slot, made_at, expires_at),
            automatic: slot.automatic,
            open: history.open,
            last: history.last,
            problem,
        })
    }

    /// What the ledger has of a credential.
    pub(super) async fn history(&self, store: &StoreHandle, credential: &CredentialName) -> Result<History> {
        let query = RotationQuery::of(store, credential);
        let mut history = History::default();
        let mut after = None;
        loop {
            let page = self.ledger.rotations(&query, after, PAGE).await?;
            let was_last = page.len() < PAGE as usize;
            after = page.last().map(|rotation| rotation.id);
            for rotation in page {
                match rotation.stage {
                    Stage::Done => {
                        history.done = Some(rotation.clone());
                        history.last = Some(rotation);
                    }
                    Stage::Aborted => history.last = Some(rotation),
                    _ => history.open = Some(rotation),
                }
            }
            if was_last {
                return Ok(history);
            }
        }
    }
}

/// When a credential is too old, or three quarters of its life are over.
fn due_at(
    slot: &CredentialSlot,
    made_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
) -> Option<Timestamp> {
    let made_at = made_at?;
    let aged = slot.rotate_every.map(|age| later(made_at, age));
    let life = expires_at
        .and_then(|expires_at| std::time::Duration::try_from(expires_at.duration_since(made_at)).ok());
    let dying = life.map(|life| later(made_at, life / 4 * 3));
    aged.into_iter().chain(dying).min()
}

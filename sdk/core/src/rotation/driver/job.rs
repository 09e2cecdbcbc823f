//! The work on one rotation under a lease: one stage after another, each written down.

use std::time::Duration;

use super::ground::Ground;
use super::{Advanced, Driver, DriverOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::grants::audit::Fact;
use crate::grants::{Lease, Principal};
use crate::model::OneTimeSecret;
use crate::rotation::{HumanPart, Rotation, Stage};

/// A rotation goes through a dozen stages, and a few more for each attempt; more would be a circle.
const ROUNDS: usize = 200;

/// Whether there is more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    More,
    Rest,
}

/// What ends the work for now.
#[derive(Debug)]
pub(super) enum Halt {
    /// The ledger cannot be written: nothing more is sent.
    Ledger(Error),
    /// Something is in the way: it is written down, and tried again.
    Trouble(Error),
    /// Rights would be lost that nobody has agreed to lose.
    Loss(Vec<String>),
    /// The caller asked for something that cannot be: nothing changes.
    Refused(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Trouble(error)
    }
}

pub(super) type Step<T = Next> = Result<T, Halt>;

/// The work on one rotation.
pub(super) struct Job<'a> {
    pub(super) driver: &'a Driver,
    pub(super) options: &'a DriverOptions,
    pub(super) lease: &'a Lease,
    pub(super) ground: &'a Ground,
    /// The record as it is to be written next.
    pub(super) rotation: Rotation,
    /// The record as the ledger has it.
    pub(super) kept: Rotation,
    pub(super) facts: Vec<Fact>,
    /// The new secret, while it is known.
    pub(super) secret: Option<OneTimeSecret>,
    /// What the caller handed in, until it is used.
    pub(super) handed: Option<OneTimeSecret>,
    /// Who ordered what is done now.
    pub(super) actor: Option<Principal>,
    pub(super) warnings: Vec<String>,
    /// Why what a human handed in was refused.
    pub(super) refusal: Option<String>,
    /// Whether the new one was tried since it is in its place, by this process.
    pub(super) tried_again: bool,
    pub(super) patience: Duration,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        driver: &'a Driver,
        options: &'a DriverOptions,
        lease: &'a Lease,
        ground: &'a Ground,
        rotation: Rotation,
    ) -> Self {
        Self {
            driver,
            options,
            lease,
            ground,
            kept: rotation.clone(),
            rotation,
            facts: Vec::new(),
            secret: None,
            handed: None,
            actor: None,
            warnings: Vec::new(),
            refusal: None,
            tried_again: false,
            patience: options.patience,
        }
    }

    /// Takes the rotation as far as it goes now.
    pub(super) async fn run(mut self) -> Result<Advanced> {
        let refused = match self.rounds().await {
            Ok(()) => None,
            Err(Halt::Refused(error)) => return Err(error),
            Err(Halt::Ledger(error)) => return self.without_ledger(error).await,
            Err(Halt::Loss(rights)) => self.lost_rights(rights).await.err(),
            Err(Halt::Trouble(error)) => match self.trouble(&error).await {
                Ok(()) if self.is_callers_fault(&error) => return Err(error),
                outcome => outcome.err(),
            },
        };
        match refused {
            Some(Halt::Ledger(error) | Halt::Trouble(error) | Halt::Refused(error)) => {
                self.without_ledger(error).await
            }
            Some(Halt::Loss(_)) | None => self.advanced().await,
        }
    }

    async fn rounds(&mut self) -> Step<()> {
        for _ in 0..ROUNDS {
            if self.rotation.stage.is_over() || self.round().await? == Next::Rest {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Internal, "the rotation goes round in a circle").into())
    }

    async fn round(&mut self) -> Step {
        match self.rotation.stage {
            Stage::Planned => Box::pin(self.make_new()).await,
            Stage::Issuing => Box::pin(self.look_for_lost()).await,
            Stage::Issued => Box::pin(self.stage()).await,
            Stage::Staged => Box::pin(self.verify()).await,
            Stage::Verified => Box::pin(self.begin_promotion()).await,
            Stage::Promoting => Box::pin(self.promote()).await,
            Stage::Promoted => Box::pin(self.carry_over()).await,
            Stage::Retiring => Box::pin(self.retire_old()).await,
            Stage::Aborting => Box::pin(self.give_up()).await,
            Stage::Done | Stage::Aborted => Ok(Next::Rest),
        }
    }

    /// A wrong setting or request before anything was sent is the caller's to correct.
    fn is_callers_fault(&self, error: &Error) -> bool {
        matches!(error.kind(), ErrorKind::Config | ErrorKind::InvalidRequest)
            && self.rotation.stage == Stage::Planned
            && self.rotation.orphans.is_empty()
    }

    async fn advanced(self) -> Result<Advanced> {
        let unsaved = self.unsaved().await;
        Ok(Advanced { rotation: self.kept, unsaved, warnings: self.warnings })
    }

    /// The ledger failed: a new secret is put where it belongs all the same, or given back.
    async fn without_ledger(mut self, error: Error) -> Result<Advanced> {
        let unsaved = match self.kept.stage {
            // Nothing was sent. Only what a human made is worth keeping, and they have the record's word that it is wanted.
            Stage::Planned if self.asked() == Some(HumanPart::Issue) || self.ground.is_guided() => {
                self.secret.clone()
            }
            Stage::Issuing | Stage::Issued | Stage::Staged => {
                if !error.is_stale() {
                    // Whoever goes on finds it there, and the platform tells whether it is the one that was asked for.
                    let _ = self.stage_everywhere().await;
                }
                self.unsaved().await
            }
            _ => None,
        };
        let Some(secret) = unsaved else { return Err(error) };
        self.warnings.push(format!("the ledger could not be written: {error}"));
        Ok(Advanced { rotation: self.kept, unsaved: Some(secret), warnings: self.warnings })
    }

    /// The new secret, while nobody depends on it and no sink can give it back.
    async fn unsaved(&self) -> Option<OneTimeSecret> {
        let needed = matches!(self.kept.stage, Stage::Issuing | Stage::Issued | Stage::Staged);
        let secret = self.secret.clone().filter(|_| needed)?;
        if self.is_kept(&secret).await { None } else { Some(secret) }
    }
}

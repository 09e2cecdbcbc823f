//! Going on with a rotation.

use futures_util::future::{Either, select};

use super::ground::Ground;
use super::job::Job;
use super::pace::{HOUR, later};
use super::{Advanced, Driver, DriverOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::grants::{Commit, Durable, Lease, Moment};
use crate::model::OneTimeSecret;
use crate::rotation::{Rotation, RotationId, RotationTrouble, Stage};

impl Driver {
    /// Takes a rotation as far as it goes now: until it is over, waits for a person or for time, or has something in its
    /// way, which is in the record and not an error. `handed` is what a human made, or what an earlier call gave back as
    /// [unsaved](Advanced::unsaved). May be called at any time, also for one that is over.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) for an id that is not known, [`Conflict`](ErrorKind::Conflict) with
    /// [`is_stale`](Error::is_stale) while somebody else works on the credential,
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when something was handed in that is not wanted; settings that are wrong
    /// before anything was sent; and when the ledger cannot be read or written.
    pub async fn advance(
        &self,
        id: RotationId,
        handed: Option<OneTimeSecret>,
        options: &DriverOptions,
    ) -> Result<Advanced> {
        let rotation = self.rotation(id).await?;
        if rotation.stage.is_over() {
            return match handed {
                Some(_) => Err(unwanted("the rotation is over")),
                None => Ok(Advanced { rotation, unsaved: None, warnings: Vec::new() }),
            };
        }
        let (lease, rotation) = self.open(&rotation, options).await?;
        let advanced = Box::pin(self.advance_under(&lease, rotation, handed, options)).await;
        self.give_back(&lease).await;
        advanced
    }

    async fn advance_under(
        &self,
        lease: &Lease,
        rotation: Rotation,
        handed: Option<OneTimeSecret>,
        options: &DriverOptions,
    ) -> Result<Advanced> {
        let ground = match self.ground_of(&rotation) {
            Ok(ground) => ground,
            Err(error) if rotation.stage == Stage::Planned => return Err(error),
            Err(error) => return self.without_ground(lease, rotation, &error).await,
        };
        let mut job = Job::new(self, options, lease, &ground, rotation);
        if let Some(handed) = handed {
            job.take_in(handed)?;
        }
        self.run(job).await
    }

    /// Works while the lease is kept.
    pub(super) async fn run(&self, job: Job<'_>) -> Result<Advanced> {
        let kept = Box::pin(self.keep(job.lease));
        match select(Box::pin(job.run()), kept).await {
            Either::Left((advanced, _)) => advanced,
            // Somebody else has the lease: the next write to the ledger finds that out.
            Either::Right(((), work)) => work.await,
        }
    }

    pub(super) async fn rotation(&self, id: RotationId) -> Result<Rotation> {
        self.ledger.rotation(id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no rotation {id}"))
                .with_remedy("copy the id from the list of rotations")
        })
    }

    /// Takes the lease, and reads what is known under it.
    pub(super) async fn open(
        &self,
        rotation: &Rotation,
        options: &DriverOptions,
    ) -> Result<(Lease, Rotation)> {
        let at = |error: Error| error.at(&rotation.platform, &rotation.store);
        let lease = self.claim(&rotation.lease_key(), &rotation.store, options).await.map_err(at)?;
        match self.rotation(rotation.id).await {
            Ok(rotation) => Ok((lease, rotation)),
            Err(error) => {
                self.give_back(&lease).await;
                Err(error)
            }
        }
    }

    pub(super) fn ground_of(&self, rotation: &Rotation) -> Result<Ground> {
        self.ground(&rotation.store, &rotation.credential, &rotation.sinks)
    }

    /// What is under way stays so while its store or its settings are not there.
    async fn without_ground(&self, lease: &Lease, mut rotation: Rotation, error: &Error) -> Result<Advanced> {
        let reason = format!("{}; next: {}", error.message(), error.remedy());
        rotation.trouble = Some(RotationTrouble::new(error.kind(), reason, self.now()));
        rotation.due_at = Some(later(self.now(), HOUR));
        self.at(Durable::RotationRecord, Moment::Before);
        self.ledger.commit(Commit::under(lease).rotation(rotation.clone())).await?;
        self.at(Durable::RotationRecord, Moment::After);
        rotation.revision += 1;
        Ok(Advanced { rotation, unsaved: None, warnings: Vec::new() })
    }
}

/// What was handed in has no place.
pub(super) fn unwanted(why: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("this secret is not wanted: {why}"))
        .with_remedy("go on without it, and see that it is ended if it is a credential that works")
}

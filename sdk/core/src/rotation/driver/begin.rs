//! Beginning a rotation: everything is checked that can be without asking anybody, and it is written down.

use super::ground::Ground;
use super::writing::detail;
use super::{Driver, DriverOptions, RotationRequest};
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::audit::Fact;
use crate::grants::{Commit, Durable, Lease, Moment};
use crate::rotation::{Dependent, Rotation, RotationId, Stage, Tag};

impl Driver {
    /// Writes a rotation down. Nothing is sent, and no sink is touched.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) and [`InvalidRequest`](ErrorKind::InvalidRequest) that name what is wrong,
    /// [`Unsupported`](ErrorKind::Unsupported) where the platform rotates nothing,
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) where whoever uses the old one would be refused for a moment and
    /// nobody agreed to that, [`Conflict`](ErrorKind::Conflict) when one of the credential is not over; and when the ledger
    /// cannot be read or written.
    pub async fn begin(&self, request: RotationRequest) -> Result<Rotation> {
        Box::pin(self.begin_unless(request, &|_| false)).await
    }

    /// The same, unless the last one that is done makes another one needless: then that one is given. Whether it does is
    /// asked under the lease, so that two who begin at once begin one.
    pub(crate) async fn begin_unless(
        &self,
        request: RotationRequest,
        needless: &(dyn Fn(&Rotation) -> bool + Send + Sync),
    ) -> Result<Rotation> {
        let ground = self.ground(&request.store, &request.credential, &request.sinks)?;
        let rotation = self.planned(request, &ground)?;
        let at = |error: Error| error.at(&rotation.platform, &rotation.store);
        let lease = self
            .claim(&rotation.lease_key(), &rotation.store, &DriverOptions::default())
            .await
            .map_err(at)?;
        let begun = self.begin_under(&lease, rotation, needless).await;
        self.give_back(&lease).await;
        begun
    }

    async fn begin_under(
        &self,
        lease: &Lease,
        mut rotation: Rotation,
        needless: &(dyn Fn(&Rotation) -> bool + Send + Sync),
    ) -> Result<Rotation> {
        let history = self.history(&rotation.store, &rotation.credential).await?;
        if let Some(open) = history.open {
            let message = format!("a rotation of {} is not over: {}", open.credential, open.id);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy("go on with that one, or abort it")
                .at(&rotation.platform, &rotation.store));
        }
        if let Some(done) = history.done.filter(needless) {
            return Ok(done);
        }
        let mut fact =
            Fact::new(self.now(), "rotation_planned", rotation.platform.clone(), rotation.store.clone());
        fact.actor = Some(rotation.requested_by.clone());
        fact.reason.clone_from(&rotation.reason);
        fact.ticket.clone_from(&rotation.ticket);
        fact.outcome = Some(rotation.stage.as_str().to_owned());
        fact.detail = detail(&rotation);
        self.at(Durable::RotationRecord, Moment::Before);
        self.ledger.commit(Commit::under(lease).rotation(rotation.clone()).fact(fact)).await?;
        self.at(Durable::RotationRecord, Moment::After);
        rotation.revision += 1;
        Ok(rotation)
    }

    /// What is asked for, if it can be had.
    pub(super) fn planned(&self, request: RotationRequest, ground: &Ground) -> Result<Rotation> {
        let at = |error: Error| error.at(ground.provider.connection().provider(), &request.store);
        if ground.info.is_in_place() && !request.allow_downtime {
            return Err(at(downtime(ground)));
        }
        ground.lifetime(request.lifetime).map_err(at)?;
        let now: Timestamp = self.now();
        Ok(Rotation {
            id: RotationId::new(now),
            platform: ground.provider.connection().provider().clone(),
            kind: ground.info.kind.clone(),
            in_place: ground.info.is_in_place(),
            stage: Stage::Planned,
            tag: Tag::random(),
            old: None,
            new: None,
            orphans: Vec::new(),
            sinks: ground.sinks.iter().map(|kept| kept.name.clone()).collect(),
            drain: request.drain.unwrap_or(ground.slot.drain),
            drain_until: None,
            lifetime: request.lifetime.or(ground.slot.lifetime),
            may_lose: request.may_lose,
            dependents: ground.dependents().into_iter().map(Dependent::new).collect(),
            untried: None,
            waits_for: None,
            trouble: None,
            sent_at: None,
            attempts: 0,
            due_at: Some(now),
            requested_by: request.by,
            reason: request.reason,
            ticket: request.ticket,
            created_at: now,
            promoted_at: None,
            ended_at: None,
            revision: 0,
            store: request.store,
            credential: request.credential,
        })
    }
}

/// Only one can live, so there is a moment in which nobody has it.
pub(super) fn downtime(ground: &Ground) -> Error {
    let message = format!(
        "a new {} ends the old one at once, so whoever uses it is refused until they have the new one",
        ground.info.kind
    );
    Error::new(ErrorKind::PermissionDenied, message)
        .with_remedy("allow the downtime, at a time when it does least harm")
}

//! The work on one rotation under a lease: one stage after another, each written down.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::ground::Ground;
use super::leases::LEASE;
use super::pace::{HOUR, UNSAVED, elapsed, failed, later};
use super::{Advanced, Driver, DriverOptions};
use crate::Timestamp;
use crate::call::CallContext;
use crate::clock::Wait;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::grants::audit::Fact;
use crate::grants::{Commit, Durable, Lease, Moment, Principal};
use crate::model::{ManualStep, OneTimeSecret};
use crate::rotation::{HumanPart, Rotation, RotationTrouble, Stage, WaitsFor};

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
    kept: Rotation,
    facts: Vec<Fact>,
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
    patience: Duration,
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

/// Time, requests, and what is written down.
impl Job<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.driver.now()
    }

    pub(super) fn cx(&self) -> CallContext {
        self.driver.env.call().with_timeout(self.options.timeout).with_priority(self.options.priority)
    }

    pub(super) fn at(&self, step: Durable, moment: Moment) {
        self.driver.at(step, moment);
    }

    /// Nothing is sent by somebody who has lost the lease.
    pub(super) async fn still_ours(&self) -> Step<()> {
        match self.driver.ledger.renew(self.lease, self.now(), LEASE).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Halt::Ledger(Error::stale("the lease"))),
            Err(error) => Err(Halt::Ledger(error)),
        }
    }

    /// Writes the record down as it is now.
    pub(super) async fn write(&mut self) -> Step<()> {
        let mut change = Commit::under(self.lease).rotation(self.rotation.clone());
        change.facts = std::mem::take(&mut self.facts);
        self.at(Durable::RotationRecord, Moment::Before);
        self.driver.ledger.commit(change).await.map_err(Halt::Ledger)?;
        self.rotation.revision += 1;
        self.kept = self.rotation.clone();
        self.at(Durable::RotationRecord, Moment::After);
        Ok(())
    }

    /// Writes down that it is a stage further, and that nothing is in its way.
    pub(super) async fn move_to(&mut self, stage: Stage) -> Step {
        self.rotation.stage = stage;
        self.rotation.waits_for = None;
        self.clear_trouble();
        self.rotation.due_at = (!stage.is_over()).then(|| self.now());
        if stage.is_over() {
            self.rotation.ended_at = Some(self.now());
        }
        self.write().await?;
        Ok(Next::More)
    }

    /// A fact about this rotation, written with its next record.
    pub(super) fn note(&mut self, kind: &str) -> &mut Fact {
        let rotation = &self.rotation;
        let mut fact = Fact::new(self.now(), kind, rotation.platform.clone(), rotation.store.clone());
        fact.actor.clone_from(&self.actor);
        fact.ticket.clone_from(&rotation.ticket);
        fact.outcome = Some(rotation.stage.as_str().to_owned());
        fact.detail = detail(rotation);
        self.facts.push(fact);
        let last = self.facts.len().saturating_sub(1);
        // Pushed just now, so it is there.
        #[allow(clippy::indexing_slicing, reason = "the element was pushed in the line before")]
        &mut self.facts[last]
    }

    /// Waits by itself where it may; otherwise writes down until when.
    pub(super) async fn wait(&mut self, until: Timestamp, why: &str) -> Step {
        let now = self.now();
        if until <= now {
            return Ok(Next::More);
        }
        let wait = elapsed(now, until);
        if let Some(left) = self.patience.checked_sub(wait) {
            self.patience = left;
            self.pause(wait).await;
            return Ok(Next::More);
        }
        if self.asked() != Some(HumanPart::CarryOver) {
            self.rotation.waits_for = Some(WaitsFor::Time { until, why: why.to_owned() });
        }
        self.clear_trouble();
        self.rotation.due_at = Some(until);
        self.write().await?;
        Ok(Next::Rest)
    }

    /// Nothing is in its way any more. One that is given up keeps why.
    pub(super) fn clear_trouble(&mut self) {
        if !matches!(self.rotation.stage, Stage::Aborting | Stage::Aborted) {
            self.rotation.trouble = None;
        }
    }

    pub(super) async fn pause(&self, wait: Duration) {
        self.driver.env.clock().sleep(wait, Wait::Backoff).await;
    }

    /// Writes down what somebody has to do. What can be seen is looked at again within the hour.
    pub(super) async fn ask(&mut self, part: HumanPart, step: ManualStep) -> Step {
        let waits = WaitsFor::Person { part, step: Box::new(step) };
        let is_new = self.rotation.waits_for.as_ref() != Some(&waits);
        self.rotation.waits_for = Some(waits);
        self.clear_trouble();
        let is_seen = matches!(part, HumanPart::Retire | HumanPart::CleanUp);
        self.rotation.due_at = is_seen.then(|| later(self.now(), HOUR));
        if is_new {
            add(self.note("rotation_waits"), "for", &part);
        }
        self.write().await?;
        Ok(Next::Rest)
    }

    /// For which part it waits for a person.
    pub(super) fn asked(&self) -> Option<HumanPart> {
        match self.rotation.waits_for {
            Some(WaitsFor::Person { part, .. }) => Some(part),
            _ => None,
        }
    }

    /// Writes down what is in the way, and when it is tried again.
    async fn trouble(&mut self, error: &Error) -> Step<()> {
        let wait = match error.retry() {
            Retry::After(wait) => wait,
            _ => Duration::ZERO,
        };
        let reason = format!("{}; next: {}", error.message(), error.remedy());
        self.stand(RotationTrouble::new(error.kind(), reason, self.now()), wait).await
    }

    async fn lost_rights(&mut self, rights: Vec<String>) -> Step<()> {
        let reason = format!(
            "the new credential lacks rights that the old one has: {}; next: give it those rights, agree to lose them, or \
             abort",
            rights.join(", ")
        );
        let mut trouble = RotationTrouble::new(ErrorKind::PermissionDenied, reason, self.now());
        trouble.lost_rights = rights;
        self.stand(trouble, Duration::ZERO).await
    }

    async fn stand(&mut self, mut trouble: RotationTrouble, at_least: Duration) -> Step<()> {
        let before = self.rotation.trouble.take();
        let same = before.filter(|before| before.kind == trouble.kind && before.reason == trouble.reason);
        if let Some(before) = same {
            trouble.since = before.since;
            trouble.times = before.times.saturating_add(1);
        } else {
            let fact = self.note("rotation_trouble");
            fact.outcome = Some(trouble.kind.clone());
            fact.reason = Some(trouble.reason.clone());
        }
        let mut pause = failed(trouble.times).max(at_least);
        if matches!(self.rotation.waits_for, Some(WaitsFor::Time { .. })) {
            self.rotation.waits_for = None;
        }
        if self.secret.is_some() && self.rotation.stage == Stage::Issued {
            pause = pause.max(UNSAVED);
        }
        self.rotation.trouble = Some(trouble);
        self.rotation.due_at = Some(later(self.now(), pause));
        self.write().await
    }
}

/// By what a fact tells which rotation it is about.
pub(super) fn detail(rotation: &Rotation) -> serde_json::Value {
    json!({ "rotation": rotation.id, "credential": rotation.credential, "kind": rotation.kind })
}

/// Puts something into what a fact tells beside that.
pub(super) fn add(fact: &mut Fact, name: &str, value: &impl Serialize) {
    if let (Some(detail), Ok(value)) = (fact.detail.as_object_mut(), serde_json::to_value(value)) {
        detail.insert(name.to_owned(), value);
    }
}

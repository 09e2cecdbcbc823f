//! What every stage needs: time, requests, and the record as it is written down.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::job::{Halt, Job, Next, Step};
use super::leases::LEASE;
use super::pace::{HOUR, UNSAVED, elapsed, failed, later};
use crate::Timestamp;
use crate::call::CallContext;
use crate::clock::Wait;
use crate::error::{Error, ErrorKind, Retry};
use crate::grants::audit::Fact;
use crate::grants::{Commit, Durable, Moment};
use crate::model::ManualStep;
use crate::rotation::{HumanPart, Rotation, RotationTrouble, Stage, WaitsFor};

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
        for fact in &mut change.facts {
            fact.outcome.get_or_insert_with(|| self.rotation.stage.as_str().to_owned());
        }
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

    /// A fact about this rotation, written with its next record; unless it says otherwise, it led to that record's stage.
    pub(super) fn note(&mut self, kind: &str) -> &mut Fact {
        let rotation = &self.rotation;
        let mut fact = Fact::new(self.now(), kind, rotation.platform.clone(), rotation.store.clone());
        fact.actor.clone_from(&self.actor);
        fact.ticket.clone_from(&rotation.ticket);
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
    pub(super) async fn trouble(&mut self, error: &Error) -> Step<()> {
        let wait = match error.retry() {
            Retry::After(wait) => wait,
            _ => Duration::ZERO,
        };
        let reason = format!("{}; next: {}", error.message(), error.remedy());
        self.stand(RotationTrouble::new(error.kind(), reason, self.now()), wait).await
    }

    pub(super) async fn lost_rights(&mut self, rights: Vec<String>) -> Step<()> {
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

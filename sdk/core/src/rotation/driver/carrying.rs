//! Taking along what depends on the old credential, and giving its users their time.

use std::sync::Arc;
use std::time::Duration;

use super::ending::Which;
use super::job::{Halt, Job, Next, Step};
use super::pace::later;
use super::writing::add;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::{Durable, Moment};
use crate::model::{ManualStep, StoreHandle};
use crate::provider::AccessProvider;
use crate::rotation::{Carried, CarryOver, Carrying, Credential, Fate, HumanPart, Stage, WaitsFor};

/// What was done at a store is looked for again after this time at the earliest.
const SEEN_AFTER: Duration = Duration::from_secs(10);

impl Job<'_> {
    /// [`Stage::Promoted`]: takes everything along, waits for the users, and tries the new one once more.
    pub(super) async fn carry_over(&mut self) -> Step {
        if let Some(next) = Box::pin(self.carry_all()).await? {
            return Ok(next);
        }
        if self.asked() == Some(HumanPart::CarryOver) {
            return Ok(Next::Rest);
        }
        Box::pin(self.tidy()).await?;
        let until = self.rotation.drain_until.unwrap_or_else(|| self.now());
        if until > self.now() {
            return self.wait(until, "whoever uses the old credential gets time to take the new one").await;
        }
        self.try_again_in_place().await?;
        self.move_to(Stage::Retiring).await
    }

    /// Every dependent store once; gives what to do next unless all are safe.
    async fn carry_all(&mut self) -> Step<Option<Next>> {
        if self.rotation.dependents.iter().all(|dependent| dependent.state.is_safe()) {
            return Ok(None);
        }
        let Some(new) = self.rotation.new.clone() else {
            return Err(Error::new(ErrorKind::Internal, "the record holds no new credential").into());
        };
        self.new_secret().await?;
        let new = self.credential(&new).await?;
        let old = self.old_credential().await?;
        for index in 0..self.rotation.dependents.len() {
            self.carry_one(index, old.as_ref(), &new).await?;
        }
        let states = || self.rotation.dependents.iter().map(|dependent| (&dependent.store, &dependent.state));
        let failed = states().find_map(|(store, state)| match state {
            Carrying::Failed { reason } => {
                Some(format!("{store} does not depend on the new credential yet: {reason}"))
            }
            _ => None,
        });
        if let Some(reason) = failed {
            let error = Error::new(ErrorKind::Unavailable, reason)
                .with_remedy("it is tried again; the old credential is not ended before every store is safe");
            return Err(error.into());
        }
        if states().any(|(_, state)| !state.is_safe()) {
            let until = later(self.now(), self.ground.settle_after().max(SEEN_AFTER));
            return self.wait(until, "what was taken along must show").await.map(Some);
        }
        Ok(None)
    }

    async fn carry_one(&mut self, index: usize, old: Option<&Credential>, new: &Credential) -> Step<()> {
        let Some(dependent) = self.rotation.dependents.get(index).filter(|one| !one.state.is_safe()).cloned()
        else {
            return Ok(());
        };
        self.still_ours().await?;
        self.at(Durable::CarryOver, Moment::Before);
        let carried = self.carry_at(&dependent.store, old, new).await;
        self.at(Durable::CarryOver, Moment::After);
        let mut left = Vec::new();
        let (state, what) = match carried {
            Ok(Carried::Verified { what, left: steps }) => {
                left = steps;
                (Carrying::Verified, what)
            }
            Ok(Carried::Refreshed) => (Carrying::Refreshed, Vec::new()),
            Ok(Carried::Gone { reason }) => (Carrying::Gone { reason }, Vec::new()),
            Err(error) => {
                let reason = format!("{}; next: {}", error.message(), error.remedy());
                (Carrying::Failed { reason }, Vec::new())
            }
        };
        let fact = self.note("credential_carried_over");
        fact.outcome = Some(name_of(&state).to_owned());
        add(fact, "dependent", &dependent.store);
        add(fact, "what", &what);
        if let Some(one) = self.rotation.dependents.get_mut(index) {
            one.state = state;
            one.what.extend(what);
        }
        self.leave(left);
        self.write().await
    }

    async fn carry_at(
        &self,
        store: &StoreHandle,
        old: Option<&Credential>,
        new: &Credential,
    ) -> Result<Carried> {
        let change = CarryOver::new(&self.ground.slot, old, new);
        if *store == self.rotation.store {
            return self.ground.rotator()?.carry_over(&change, &self.cx()).await;
        }
        let connected: Option<Arc<dyn AccessProvider>> = self.driver.directory.connect(store)?;
        let unknown = || {
            Error::new(ErrorKind::NotFound, format!("{store} is not configured, or rotates nothing"))
                .with_remedy("configure the store, or take it out of the credential's dependents")
        };
        let provider = connected.ok_or_else(unknown)?;
        provider.credentials().ok_or_else(unknown)?.carry_over(&change, &self.cx()).await
    }

    /// What people must take along is one step, however many stores it is about.
    fn leave(&mut self, left: Vec<ManualStep>) {
        for step in left {
            match &mut self.rotation.waits_for {
                Some(WaitsFor::Person { part: HumanPart::CarryOver, step: known }) => {
                    known.title = format!("{}; {}", known.title, step.title);
                    known.instructions.extend(step.instructions);
                }
                waits_for => {
                    *waits_for = Some(WaitsFor::Person { part: HumanPart::CarryOver, step: Box::new(step) });
                    add(self.note("rotation_waits"), "for", &HumanPart::CarryOver);
                }
            }
        }
        if self.asked() == Some(HumanPart::CarryOver)
            && self.rotation.dependents.iter().all(|one| one.state.is_safe())
        {
            self.rotation.due_at = None;
        }
    }

    /// Tries to end what got lost on the way; whatever does not work now is done at the end.
    pub(super) async fn tidy(&mut self) -> Step<()> {
        if self.ground.info.is_in_place() {
            return Ok(());
        }
        for index in 0..self.rotation.orphans.len() {
            let fate = self.rotation.orphans.get(index).map(|orphan| &orphan.fate);
            if !matches!(fate, Some(Fate::Live | Fate::Possible)) {
                continue;
            }
            match Box::pin(self.end(Which::Orphan(index))).await {
                Ok(_) | Err(Halt::Trouble(_)) => {}
                Err(halt) => return Err(halt),
            }
        }
        Ok(())
    }
}

fn name_of(state: &Carrying) -> &'static str {
    match state {
        Carrying::Pending => "pending",
        Carrying::Refreshed => "refreshed",
        Carrying::Verified => "verified",
        Carrying::Gone { .. } => "gone",
        Carrying::Failed { .. } => "failed",
    }
}

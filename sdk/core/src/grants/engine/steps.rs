//! Steps that people take.

use super::book::Book;
use super::goal::Goal;
use super::settle::Way;
use super::{Durable, Engine};
use crate::Timestamp;
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::grant::Principal;
use crate::grants::phase::{Move, Phase};
use crate::grants::step::{Step, StepEnd, StepId, StepKind};
use crate::grants::trouble::TroubleKind;
use crate::model::{Proof, StepCheck};

impl Engine {
    /// Somebody says that a step was done. Recorded as said, in these words; nothing is sent and nobody looks.
    ///
    /// Whoever was let in counts as inside. Whoever was taken out counts as out only where no look can tell; elsewhere the
    /// next look does.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown step; [`ErrorKind::Conflict`] when it is closed already.
    pub async fn step_done(&self, id: StepId, by: &Principal, note: &str) -> Result<Step> {
        let step = self.open_step(id).await?;
        let past = match &step.kind {
            StepKind::Obligation { grant, .. } => self.ledger.grant(*grant).await?,
            _ => None,
        };
        self.amend(Durable::Order, &step.place, &step.person, None, |book| {
            let now = self.now();
            let proof = Proof::Attested { who: by.name.clone(), at: now, note: note.to_owned() };
            if let Some(past) = &past {
                book.with_past(past.clone());
            }
            book.take_word(id, by, &proof, now)
        })
        .await?;
        self.ledger.step(id).await?.ok_or_else(|| unknown(id))
    }

    /// Looks whether a step was done. It stays open when the look does not show it.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a step that only people can tell of; as [`settle`](Self::settle).
    pub async fn step_check(&self, id: StepId, cx: &CallContext) -> Result<Step> {
        let step = self.open_step(id).await?;
        if step.manual.as_ref().is_none_or(|manual| matches!(manual.check, StepCheck::Attest(_))) {
            return Err(Error::new(ErrorKind::Unsupported, "no look shows whether this step was done")
                .with_remedy("let whoever did it say so")
                .at(&step.place.platform, &step.place.store));
        }
        let way = Way { look_anyway: true, ..Way::default() };
        Box::pin(self.settle_in(&step.place, way, cx)).await?;
        self.ledger.step(id).await?.ok_or_else(|| unknown(id))
    }

    async fn open_step(&self, id: StepId) -> Result<Step> {
        let step = self.ledger.step(id).await?.ok_or_else(|| unknown(id))?;
        if step.closed.is_some() {
            return Err(closed(id));
        }
        Ok(step)
    }
}

impl Book {
    fn take_word(&mut self, id: StepId, by: &Principal, proof: &Proof, now: Timestamp) -> Result<()> {
        let Some(step) = self.steps.iter_mut().find(|step| step.id == id && step.closed.is_none()) else {
            return Err(closed(id));
        };
        step.closed = Some(StepEnd::Done { proof: proof.clone() });
        let kind = step.kind.clone();
        let only_said =
            step.manual.as_ref().is_none_or(|manual| matches!(manual.check, StepCheck::Attest(_)));
        let fact = self.note(now, "step_done");
        fact.actor = Some(by.clone());
        fact.proof = Some(proof.clone());
        fact.detail = serde_json::json!({ "step": id, "for": kind });
        let goal = Goal::of(&self.holding, &self.grants);
        let ending = matches!(goal, Goal::Out { .. });
        self.holding.due_at = Some(now);
        match kind {
            StepKind::Entry | StepKind::Pause if matches!(goal, Goal::Inside(_)) => {
                self.holding.paused = false;
                for phase in [Phase::Opening, Phase::Awaiting] {
                    self.move_all(phase, Move::Inside, "access_active", now)?;
                }
                Ok(())
            }
            StepKind::Exit if ending && only_said => self.finish(Some(proof), now),
            StepKind::Decision => {
                self.clear(TroubleKind::Ambiguous, now);
                if ending { self.finish(Some(proof), now) } else { Ok(()) }
            }
            StepKind::Obligation { grant, index } => {
                if let Some(also) = self.grant(grant).and_then(|grant| grant.also.get_mut(index)) {
                    also.ended = Some(proof.clone());
                }
                Ok(())
            }
            StepKind::FollowUp => {
                self.holding.reset = None;
                Ok(())
            }
            StepKind::Entry | StepKind::Pause | StepKind::Exit | StepKind::Residual => Ok(()),
        }
    }
}

fn unknown(id: StepId) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no step {id}"))
        .with_remedy("copy the id from the list of steps")
}

fn closed(id: StepId) -> Error {
    Error::new(ErrorKind::Conflict, format!("the step {id} is closed already"))
        .with_remedy("see the list of open steps")
}

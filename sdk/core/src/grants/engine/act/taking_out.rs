//! Taking somebody out.

use crate::call::Priority;
use crate::capability::Operation;
use crate::error::{ErrorKind, Result};
use crate::ext::{AccessProviderExt, RemovalReport, RemovalResult};
use crate::grants::engine::book::Book;
use crate::grants::engine::goal::{Goal, baseline, had_rights};
use crate::grants::engine::settle::{Next, Work};
use crate::grants::engine::{Durable, Moment};
use crate::grants::grant::Grant;
use crate::grants::holding::IntentKind;
use crate::grants::step::StepKind;
use crate::model::{ManualStep, Observation, Person, RemoveOutcome, RemoveRequest};

impl Work<'_> {
    pub(super) fn removal(&self, book: &Book, who: &Person) -> RemoveRequest {
        let mut request =
            RemoveRequest::new(self.target(book, who)).with_baseline(baseline(book.holding.former.as_ref()));
        let named = |grant: &Grant| {
            let spec = grant.role.as_deref().and_then(|role| self.role_spec(role));
            spec.is_some_and(|spec| spec.allow_privileged)
        };
        request.allow_privileged = book.grants.iter().any(named);
        request
    }

    /// What people do to take the subject out, as if the merchant held the key.
    pub(in crate::grants::engine) async fn step_out_by_hand(
        &self,
        book: &Book,
        who: &Person,
    ) -> Option<ManualStep> {
        let by_hand = self.engine.directory.by_hand(&self.place.store).ok().flatten()?;
        match by_hand.remove(&self.removal(book, who), self.cx).await {
            Ok(RemoveOutcome::ActionRequired(step)) => Some(step),
            _ => None,
        }
    }

    pub(super) async fn remove(
        &mut self,
        goal: &Goal,
        look: Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        let by_hand = self.is_manual(Operation::Remove);
        let kind = if *goal == Goal::Paused { StepKind::Pause } else { StepKind::Exit };
        if by_hand && book.has_step(&kind) {
            return Ok(Next::Rest);
        }
        let request = self.removal(book, who);
        if !by_hand {
            self.intend(IntentKind::Remove, false, None, None).await?;
        }
        self.still_ours().await?;
        if self.way.prove_later && !by_hand {
            return self.remove_and_prove_later(&look, request, book, who).await;
        }
        self.writing(by_hand, Durable::Remove, Moment::Before);
        let removed = Box::pin(self.provider.remove_after(look, &request, self.cx)).await;
        self.writing(by_hand, Durable::Remove, Moment::After);
        match removed {
            Ok(report) => Box::pin(self.removed(goal, report, kind)).await,
            Err(error) => self.write_failed(&error, book, who).await,
        }
    }

    /// Sends a removal and leaves its intent standing: the next look at this place settles it.
    pub(super) async fn remove_and_prove_later(
        &mut self,
        look: &Observation,
        mut request: RemoveRequest,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        if let Some(account) = look.state.account() {
            request.target = request.target.resolved(account);
            request = request.with_seen(account.clone());
        }
        let cx = self.cx.clone().with_priority(Priority::Removal);
        self.writing(false, Durable::Remove, Moment::Before);
        let removed = self.provider.remove(&request, &cx).await;
        self.writing(false, Durable::Remove, Moment::After);
        match removed {
            Ok(RemoveOutcome::Accepted { residual }) => {
                let now = self.now();
                self.amend(Durable::Outcome, |book| {
                    book.note(now, "removal_sent");
                    book.leave(&residual, now);
                    Ok(())
                })
                .await?;
                self.fail(None);
                Ok(Next::Rest)
            }
            Ok(RemoveOutcome::ActionRequired(step)) => self.out_by_hand(step, StepKind::Exit).await,
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Next::Rest),
            Err(error) => self.write_failed(&error, book, who).await,
        }
    }

    pub(super) async fn out_by_hand(&self, step: ManualStep, kind: StepKind) -> Result<Next> {
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = None;
            book.holding.paused = kind == StepKind::Pause;
            book.open_step(kind.clone(), step.clone(), now);
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    pub(super) async fn removed(
        &mut self,
        goal: &Goal,
        report: RemovalReport,
        kind: StepKind,
    ) -> Result<Next> {
        let RemovalReport { result, residual, .. } = report;
        let proof = match result {
            RemovalResult::ActionRequired(step) => return self.out_by_hand(step, kind).await,
            RemovalResult::AlreadyAbsent(proof) | RemovalResult::Removed(proof) => Some(proof),
            RemovalResult::Unproven(_) => None,
        };
        let now = self.now();
        let pausing = *goal == Goal::Paused;
        let evicted = *goal == Goal::Out { evicted: true };
        let finished = self
            .amend(Durable::Outcome, |book| {
                book.holding.intent = None;
                book.leave(&residual, now);
                let fact = book.note(now, "removal_sent");
                fact.outcome = Some(if proof.is_some() { "proven" } else { "unproven" }.to_owned());
                fact.proof.clone_from(&proof);
                if proof.is_none() {
                    return Ok(false);
                }
                if pausing {
                    book.holding.paused = true;
                    book.holding.state = None;
                    return Ok(true);
                }
                // What was switched off before us is off again, and gets its role back after that.
                let role_back =
                    had_rights(book.holding.former.as_ref()) && book.holding.role.is_some() && !evicted;
                if !role_back {
                    book.finish(proof.as_ref(), now)?;
                }
                Ok(true)
            })
            .await?;
        if !finished {
            self.fail(None);
            return Ok(Next::Rest);
        }
        self.proof = proof.filter(|_| !pausing);
        Ok(Next::More)
    }
}

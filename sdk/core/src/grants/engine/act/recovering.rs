//! Settling writes whose answer was lost.

use super::secrets::password_intent;
use crate::capability::Operation;
use crate::error::Result;
use crate::grants::engine::Durable;
use crate::grants::engine::book::Book;
use crate::grants::engine::goal::Goal;
use crate::grants::engine::settle::{Next, Work};
use crate::grants::holding::{Former, Intent, IntentKind};
use crate::grants::step::StepKind;
use crate::grants::trouble::TroubleKind;
use crate::model::{AccessState, Change, ChangeOutcome, Entry, Observation, Person, Remains, UnknownReason};

impl Work<'_> {
    /// A write of an earlier time, or of somebody who died, may have been executed: a look tells.
    pub(in crate::grants::engine) async fn recover(
        &mut self,
        book: &Book,
        look: Observation,
        who: &Person,
    ) -> Result<Next> {
        let Some(intent) = book.holding.intent.clone() else { return Ok(Next::Rest) };
        let is_there = look.state.account().is_some() || matches!(look.state, AccessState::Invited { .. });
        let executed = match (&intent.kind, &look.state) {
            (_, AccessState::Ambiguous { .. }) => {
                let now = self.now();
                self.amend(Durable::Look, |book| {
                    book.trouble(
                        TroubleKind::Unsettled,
                        "an answer was lost, and several accounts match",
                        now,
                    );
                    Ok(())
                })
                .await?;
                return self.decide("an answer was lost, and several accounts match", &look, who).await;
            }
            (_, AccessState::Unknown { .. }) => return self.unsettled(book, &look, who).await,
            (IntentKind::Invite, AccessState::Suspended { .. }) => {
                !matches!(book.holding.former, Some(Former::Suspended { .. }))
            }
            (IntentKind::Invite, _) => is_there,
            // Off, but perhaps with its old password: it is taken out once more.
            (IntentKind::Remove, AccessState::Suspended { .. })
                if self.provider.connection().removal_leaves() == Remains::DisabledAccount =>
            {
                true
            }
            (IntentKind::Remove, _) => !is_there,
            (IntentKind::ResetPassword, AccessState::Present { .. }) => {
                return self.renew_password(look, book, who).await;
            }
            // Whatever it did, the look shows what is there, and the same change may be made again.
            _ => true,
        };
        if !executed && !self.seen_late_enough(&intent, &look) {
            return self.look_again_later(&intent).await;
        }
        if executed && intent.kind == IntentKind::Invite && intent.makes_secret {
            return self.renew_password(look, book, who).await;
        }
        let inside = matches!(Goal::of(&book.holding, &book.grants), Goal::Inside(_));
        let role = self.wanted_role(book);
        let entry = match (&intent.kind, executed) {
            (IntentKind::Invite, true) => {
                let request = self.invitation(book, who);
                Some(self.provider.entry(&request, look.state.account(), self.cx).await)
            }
            _ => None,
        };
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = None;
            book.clear(TroubleKind::Unsettled, now);
            let fact = book.note(now, "write_settled");
            fact.outcome = Some(if executed { "executed" } else { "not_executed" }.to_owned());
            fact.detail = serde_json::json!({ "intent": intent.kind });
            if !inside && executed {
                book.may_have_role(&intent);
            }
            match &entry {
                Some(entry) => {
                    if inside {
                        book.holding.role.clone_from(&role);
                    }
                    book.holding.paused = false;
                    book.keep(entry);
                    for step in &entry.follow_ups {
                        book.open_step(StepKind::FollowUp, step.clone(), now);
                    }
                }
                None if intent.kind == IntentKind::Invite => book.holding.state = None,
                None => {}
            }
            Ok(())
        })
        .await?;
        self.way.look = Some(look);
        Ok(Next::More)
    }

    /// Whether a look came late enough after a write to show that it was not executed, and is not the first one that
    /// could have.
    pub(super) fn seen_late_enough(&self, intent: &Intent, look: &Observation) -> bool {
        let settled =
            crate::grants::engine::operations::later(intent.since, self.provider.connection().settle_after());
        look.evidence.began_at >= settled
    }

    /// The first look did not show the write. The second comes when it is worth something.
    pub(super) async fn look_again_later(&mut self, intent: &Intent) -> Result<Next> {
        let settle_after = self.provider.connection().settle_after();
        let waited = crate::grants::engine::pace::elapsed(intent.since, self.now());
        let wait = settle_after.saturating_sub(waited) + std::time::Duration::from_secs(1);
        if !self.way.prove_later && wait < self.cx.remaining() {
            self.cx.clock().sleep(wait, crate::clock::Wait::Backoff).await;
            return Ok(Next::More);
        }
        let now = self.now();
        self.fail(Some(wait));
        self.amend(Durable::Look, |book| {
            book.trouble(
                TroubleKind::Unsettled,
                "an answer was lost, and it is too early to tell what it did",
                now,
            );
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    /// Nothing shows whether the write was executed, so nothing is sent again.
    pub(super) async fn unsettled(&mut self, book: &Book, look: &Observation, who: &Person) -> Result<Next> {
        let goal = Goal::of(&book.holding, &book.grants);
        let shows_nothing =
            matches!(look.state, AccessState::Unknown { reason: UnknownReason::NotObservable(_) });
        if !shows_nothing {
            return self.blind(&goal, look, book, who).await;
        }
        self.fail(None);
        let now = self.now();
        let out = matches!(goal, Goal::Out { .. });
        let step = if out { self.step_out_by_hand(book, who).await } else { None };
        self.amend(Durable::Look, |book| {
            let reason =
                "an answer was lost, and the platform does not show what it did: nothing is sent again";
            book.trouble(TroubleKind::Unsettled, reason, now);
            if let (Some(step), false) = (&step, book.has_step(&StepKind::Exit)) {
                book.open_step(StepKind::Exit, step.clone(), now);
            }
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    /// Whoever got in has a password that nobody knows: they get a new one.
    pub(super) async fn renew_password(
        &mut self,
        look: Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        let goal = Goal::of(&book.holding, &book.grants);
        if !matches!(goal, Goal::Inside(_)) {
            // Who is to go needs none.
            let now = self.now();
            self.amend(Durable::Outcome, |book| {
                if let Some(intent) = book.holding.intent.take() {
                    book.may_have_role(&intent);
                }
                book.clear(TroubleKind::Undelivered, now);
                Ok(())
            })
            .await?;
            self.way.look = Some(look);
            return Ok(Next::More);
        }
        if let Err(error) = self.probe_sink(book).await {
            self.fail(None);
            return self.undelivered(&error).await;
        }
        let change = self.change(Operation::ResetPassword, Change::ResetPassword, &look, book, who).await?;
        let Some(outcome) = change else { return Ok(Next::Rest) };
        let entry = match outcome {
            ChangeOutcome::Renewed(entry) => *entry,
            _ => Entry::default(),
        };
        let delivered = self.deliver(entry.secret.clone()).await;
        let role = self.wanted_role(book);
        let request = self.invitation(book, who);
        let follow_ups = self.provider.entry(&request, look.state.account(), self.cx).await.follow_ups;
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = delivered.as_ref().err().map(|_| password_intent(now));
            if book.holding.role.is_none() {
                book.holding.role.clone_from(&role);
            }
            book.keep(&entry);
            for step in &follow_ups {
                book.open_step(StepKind::FollowUp, step.clone(), now);
            }
            book.note(now, "password_renewed");
            match &delivered {
                Ok(()) => book.clear(TroubleKind::Undelivered, now),
                Err(error) => book.trouble(TroubleKind::Undelivered, error.message(), now),
            }
            Ok(())
        })
        .await?;
        if delivered.is_err() {
            self.fail(None);
            return Ok(Next::Rest);
        }
        self.way.look = Some(look);
        Ok(Next::More)
    }
}

//! Changing what somebody has: role, on, off.

use super::letting_in::unknown_role;
use super::roles::{bring_back, former_role, former_roles};
use super::secrets::password_intent;
use crate::call::Priority;
use crate::capability::Operation;
use crate::error::Result;
use crate::grants::engine::book::Book;
use crate::grants::engine::goal::{Goal, shows_former};
use crate::grants::engine::operations::makes_passwords;
use crate::grants::engine::settle::{Next, Work};
use crate::grants::engine::{Durable, Moment};
use crate::grants::holding::{IntentKind, Reset};
use crate::grants::phase::{Move, Phase};
use crate::grants::step::StepKind;
use crate::model::{Change, ChangeOutcome, Observation, Person};

impl Work<'_> {
    pub(super) async fn set_role(
        &mut self,
        role: Option<String>,
        look: Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        let Some(name) = &role else { return Ok(Next::Rest) };
        let Some(spec) = self.role_spec(name) else {
            return self.refused(book, who, &unknown_role(name)).await;
        };
        let before = book.holding.role.clone();
        let Some(outcome) = self.change(Operation::SetRole, Change::SetRole(spec), &look, book, who).await?
        else {
            return Ok(Next::Rest);
        };
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = None;
            book.holding.role.clone_from(&role);
            let was_reset = book.holding.reset.take().is_some();
            if was_reset && matches!(outcome, ChangeOutcome::ActionRequired(_)) {
                book.holding.reset = Some(Reset::Asked);
            }
            let fact = book.note(now, "role_changed");
            fact.role_before.clone_from(&before);
            fact.role_after.clone_from(&role);
            match &outcome {
                ChangeOutcome::ActionRequired(step) => {
                    fact.outcome = Some("asked".to_owned());
                    book.open_step(StepKind::FollowUp, step.clone(), now);
                }
                ChangeOutcome::Renewed(entry) => book.keep(entry),
                ChangeOutcome::Accepted => {}
            }
            Ok(())
        })
        .await?;
        // Nothing about who is inside has changed: the same look tells where the grants stand now.
        self.way.look = Some(look);
        Ok(Next::More)
    }

    pub(super) async fn switch(
        &mut self,
        on: bool,
        look: Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        let change = self.change(Operation::SetActive, Change::SetActive(on), &look, book, who).await?;
        let Some(outcome) = change else { return Ok(Next::Rest) };
        let entry = match &outcome {
            ChangeOutcome::Renewed(entry) => Some((**entry).clone()),
            _ => None,
        };
        let delivered = self.deliver(entry.as_ref().and_then(|entry| entry.secret.clone())).await;
        let now = self.now();
        let by_hand = match &outcome {
            ChangeOutcome::ActionRequired(step) => Some(step.clone()),
            _ => None,
        };
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = delivered.as_ref().err().map(|_| password_intent(now));
            book.holding.paused = !on;
            if let Some(entry) = &entry {
                book.keep(entry);
            }
            let fact = book.note(now, if on { "switched_on" } else { "switched_off" });
            let Some(step) = &by_hand else { return Ok(()) };
            fact.outcome = Some("asked".to_owned());
            book.close_steps(now, None, |kind| *kind == StepKind::Pause);
            book.open_step(StepKind::Pause, step.clone(), now);
            if on {
                book.move_all(Phase::Opening, Move::Asked, "access_offered", now)?;
            }
            Ok(())
        })
        .await?;
        Ok(if by_hand.is_some() { Next::Rest } else { Next::More })
    }

    /// Brings back the role that was there before us, and looks whether it is.
    pub(super) async fn restore_role(
        &mut self,
        goal: &Goal,
        look: Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        let former = book.holding.former.as_ref();
        let kind = if *goal == Goal::Paused { StepKind::Pause } else { StepKind::Exit };
        if look.state.account().is_some_and(|account| shows_former(former, account)) {
            return self.restored(look).await;
        }
        if book.has_step(&kind) {
            return Ok(Next::Rest);
        }
        let outcome = match former_role(former) {
            Some(spec) => {
                let change = Change::SetRole(spec.clone());
                let Some(outcome) = self.change(Operation::SetRole, change, &look, book, who).await? else {
                    return Ok(Next::Rest);
                };
                outcome
            }
            None => ChangeOutcome::ActionRequired(bring_back(who)),
        };
        let now = self.now();
        if let ChangeOutcome::ActionRequired(step) = outcome {
            self.amend(Durable::Outcome, |book| {
                book.holding.intent = None;
                book.open_step(kind.clone(), step.clone(), now);
                Ok(())
            })
            .await?;
            return Ok(Next::Rest);
        }
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = None;
            let fact = book.note(now, "role_changed");
            fact.role_before.clone_from(&book_role(&look));
            fact.outcome = Some("restored".to_owned());
            Ok(())
        })
        .await?;
        self.confirm_restored(book, who).await
    }

    pub(super) async fn confirm_restored(&mut self, book: &Book, who: &Person) -> Result<Next> {
        let cx = self.cx.clone().with_priority(Priority::Removal);
        let look = match self.provider.observe(&self.target(book, who), &cx).await {
            Ok(look) => look,
            Err(error) => return self.refused(book, who, &error).await,
        };
        let former = book.holding.former.as_ref();
        let Some(account) = look.state.account() else {
            self.way.look = Some(look);
            return Ok(Next::More);
        };
        let told = account.roles.known().is_some() || account.permissions.known().is_some();
        let is_back = if told {
            shows_former(former, account)
        } else {
            let held = self.roles_of(account, former_roles(former)).await?;
            held.as_deref().is_some_and(|held| held == former_roles(former))
        };
        if is_back {
            return self.restored(look).await;
        }
        self.fail(None);
        Ok(Next::Rest)
    }

    pub(super) async fn restored(&mut self, look: Observation) -> Result<Next> {
        self.amend(Durable::Look, |book| {
            book.holding.role = None;
            book.holding.reset = None;
            Ok(())
        })
        .await?;
        self.way.look = Some(look);
        Ok(Next::More)
    }

    /// One change: its intent, its request, and what to do when it fails. Gives nothing where it failed.
    pub(super) async fn change(
        &mut self,
        operation: Operation,
        change: Change,
        look: &Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Option<ChangeOutcome>> {
        let role = match &change {
            Change::SetRole(spec) => Some(spec.name.clone()),
            _ => None,
        };
        let by_hand = self.is_manual(operation);
        if !by_hand {
            let makes_secret = makes_passwords(&*self.provider) && change == Change::SetActive(true);
            let kind = match change {
                Change::SetRole(_) => IntentKind::SetRole,
                Change::ResetPassword => IntentKind::ResetPassword,
                _ => IntentKind::SetActive,
            };
            self.intend(kind, makes_secret, role, None).await?;
        }
        let target = self.target(book, who);
        let target = look.state.account().map_or_else(|| target.clone(), |account| target.resolved(account));
        let step = if change == Change::ResetPassword { Durable::Password } else { Durable::Change };
        self.still_ours().await?;
        self.writing(by_hand, step, Moment::Before);
        let outcome = self.provider.change(&target, &change, self.cx).await;
        self.writing(by_hand, step, Moment::After);
        match outcome {
            Ok(outcome) => Ok(Some(outcome)),
            Err(error) => {
                self.write_failed(&error, book, who).await?;
                Ok(None)
            }
        }
    }
}

pub(super) fn book_role(look: &Observation) -> Option<String> {
    look.state.account()?.roles.known()?.first().cloned()
}

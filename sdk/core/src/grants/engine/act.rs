//! Doing what was decided: every write of the engine.

use super::book::Book;
use super::goal::{Act, Goal, Wanted, baseline, shows_former};
use super::operations::makes_passwords;
use super::settle::{Next, Work};
use super::{Durable, Moment};
use crate::call::Priority;
use crate::capability::{Operation, Support};
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::ext::{AccessProviderExt, InviteReport, InviteResult, RemovalReport, RemovalResult};
use crate::grants::grant::Grant;
use crate::grants::holding::{Former, Intent, IntentKind};
use crate::grants::phase::{Move, Phase};
use crate::grants::step::StepKind;
use crate::grants::trouble::TroubleKind;
use crate::model::{
    AccessState, Actor, Change, ChangeOutcome, Entry, Instruction, InviteRequest, ManualStep, Observation,
    OneTimeSecret, Person, Proof, ProviderState, Remains, RemoveOutcome, RemoveRequest, RoleSpec, StepCheck,
    UnknownReason,
};

impl Work<'_> {
    pub(super) async fn perform(
        &mut self,
        act: Act,
        goal: &Goal,
        look: Observation,
        book: &Book,
        who: &Person,
    ) -> Result<Next> {
        match act {
            Act::Rest | Act::Wait => self.rest(act, goal, &look, who).await,
            Act::Blind => self.blind(goal, &look, book, who).await,
            Act::Decide(reason) => self.decide(reason, &look, who).await,
            Act::Finish => self.finish(&look).await,
            Act::Invite => self.invite(look, book, who).await,
            Act::SetRole(role) => self.set_role(role, look, book, who).await,
            Act::SwitchOn => self.switch(true, look, book, who).await,
            Act::SwitchOff => self.switch(false, look, book, who).await,
            Act::Remove => self.remove(goal, look, book, who).await,
            Act::RestoreRole => self.restore_role(goal, look, book, who).await,
        }
    }

    /// All is as it should be, or somebody must act: what ends beside grants that go on has ended.
    async fn rest(&mut self, act: Act, goal: &Goal, look: &Observation, who: &Person) -> Result<Next> {
        let now = self.now();
        let proof = look.state.account().map(|_| Proof::Restored { evidence: look.evidence.clone() });
        let entry = self.entry_if_followed(goal, look, who).await?;
        self.amend(Durable::Outcome, |book| {
            book.close_steps(now, None, |kind| matches!(kind, StepKind::Decision | StepKind::Exit));
            if let (Some(entry), Some(proof)) = (&entry, &proof)
                && entry.follow_ups.is_empty()
            {
                book.close_steps(now, Some(proof), |kind| *kind == StepKind::FollowUp);
            }
            if let (Act::Wait, AccessState::Unknown { .. }) = (&act, &look.state) {
                // Another grant of somebody who was asked already waits for the same answer.
                book.move_all(Phase::Opening, Move::Asked, "access_offered", now)?;
            } else if let AccessState::Unknown { .. } = &look.state
                && matches!(goal, Goal::Inside(_))
            {
                book.move_all(Phase::Opening, Move::Inside, "access_active", now)?;
            }
            book.end_beside(goal, proof.as_ref(), now)
        })
        .await?;
        Ok(Next::Rest)
    }

    /// What is still to be done by hand, where something was.
    async fn entry_if_followed(
        &self,
        goal: &Goal,
        look: &Observation,
        who: &Person,
    ) -> Result<Option<Entry>> {
        let book = self.book().await?;
        if !book.has_step(&StepKind::FollowUp) || !matches!(goal, Goal::Inside(_)) {
            return Ok(None);
        }
        let Some(account) = look.state.account() else { return Ok(None) };
        let request = self.invitation(&book, who);
        Ok(Some(self.provider.entry(&request, Some(account), self.cx).await))
    }

    /// A look showed too little to act on.
    async fn blind(&mut self, goal: &Goal, look: &Observation, book: &Book, who: &Person) -> Result<Next> {
        self.fail(None);
        let AccessState::Unknown { reason } = &look.state else { return Ok(Next::Rest) };
        let kind = match reason {
            UnknownReason::NotObservable(_) => ErrorKind::OutcomeUnknown,
            UnknownReason::Denied(_) => ErrorKind::PermissionDenied,
            UnknownReason::Incomplete(_) => ErrorKind::Protocol,
        };
        let error = Error::new(kind, reason.to_string());
        self.stand_in_the_way(goal, book, who, &error).await?;
        Ok(Next::Rest)
    }

    async fn decide(&mut self, reason: &'static str, look: &Observation, who: &Person) -> Result<Next> {
        let now = self.now();
        let accounts: Vec<String> = match &look.state {
            AccessState::Ambiguous { accounts } => {
                accounts.iter().map(|account| account.id.to_string()).collect()
            }
            state => state.account().map(|account| account.id.to_string()).into_iter().collect(),
        };
        let mut step = ManualStep::new(
            format!("Decide about {}", who.handle),
            StepCheck::Attest("somebody has decided, and done what is to be done".to_owned()),
        )
        .because(reason)
        .then(Instruction::new(
            Actor::Operator,
            "Find out which account is theirs, and name it by its id in the configuration",
        ))
        .then(Instruction::new(
            Actor::Operator,
            "If they have to go, take them out by hand; then say that this is done",
        ));
        if !accounts.is_empty() {
            step = step.then(Instruction::new(Actor::Operator, format!("Seen: {}", accounts.join(", "))));
        }
        self.amend(Durable::Outcome, |book| {
            book.trouble(TroubleKind::Ambiguous, reason, now);
            book.open_step(StepKind::Decision, step.clone(), now);
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    /// The end is reached without a write of ours now.
    async fn finish(&mut self, look: &Observation) -> Result<Next> {
        let now = self.now();
        let proof = match &look.state {
            AccessState::Absent => Some(Proof::of_absence(look.evidence.clone())),
            AccessState::Unknown { .. } => None,
            _ => Some(Proof::Restored { evidence: look.evidence.clone() }),
        };
        self.amend(Durable::Outcome, |book| book.finish(proof.as_ref(), now)).await?;
        self.proof = proof;
        Ok(Next::More)
    }

    // ---- letting in ----

    /// The wish for everything that the open grants of a place ask for.
    pub(super) fn invitation(&self, book: &Book, who: &Person) -> InviteRequest {
        let open: Vec<&Grant> = book.grants.iter().filter(|grant| grant.phase.is_open()).collect();
        let mut request = InviteRequest::new(who.clone());
        request.role = self.wanted_role(book).and_then(|role| self.role_spec(&role));
        request.reason = open.iter().rev().find_map(|grant| grant.reason.clone());
        request.until = open.iter().map(|grant| grant.ends_at).max();
        request.state.clone_from(&book.holding.state);
        request
    }

    fn wanted_role(&self, book: &Book) -> Option<String> {
        match Goal::of(&book.holding, &book.grants) {
            Goal::Inside(wanted) => wanted.given(book.holding.role.as_ref()),
            _ => None,
        }
    }

    fn role_spec(&self, role: &str) -> Option<RoleSpec> {
        self.engine.directory.role(role, &self.place.platform)
    }

    async fn invite(&mut self, look: Observation, book: &Book, who: &Person) -> Result<Next> {
        let role = self.wanted_role(book);
        if let Some(unknown) = role.as_ref().filter(|role| self.role_spec(role).is_none()) {
            return self.refused(book, who, &unknown_role(unknown)).await;
        }
        let mut request = self.invitation(book, who);
        request.state = None;
        let by_hand = self.is_manual(Operation::Invite);
        let makes_secret = makes_passwords(&*self.provider);
        if makes_secret && let Err(error) = self.probe_sink(book).await {
            self.fail(None);
            return self.undelivered(&error).await;
        }
        if !by_hand {
            let state = match self.provider.intend(&request, self.cx).await {
                Ok(state) => state,
                Err(error) => return self.refused(book, who, &error).await,
            };
            self.intend(IntentKind::Invite, makes_secret, role.clone(), Some(state.clone())).await?;
            request.intent = state;
        }
        self.still_ours().await?;
        self.writing(by_hand, Durable::Invite, Moment::Before);
        let sent = Box::pin(self.provider.invite_after(look, &request, self.cx)).await;
        self.writing(by_hand, Durable::Invite, Moment::After);
        match sent {
            Ok(report) => Box::pin(self.invited(report, role)).await,
            Err(error) => self.write_failed(&error, book, who).await,
        }
    }

    async fn invited(&mut self, report: InviteReport, role: Option<String>) -> Result<Next> {
        let InviteReport { result, after, before } = report;
        let now = self.now();
        let entry = match result {
            InviteResult::ActionRequired(step) => {
                self.amend(Durable::Outcome, |book| {
                    book.holding.intent = None;
                    book.holding.role.clone_from(&role);
                    book.holding.paused = false;
                    book.open_step(StepKind::Entry, step.clone(), now);
                    book.move_all(Phase::Opening, Move::Asked, "access_offered", now)
                })
                .await?;
                return Ok(Next::Rest);
            }
            InviteResult::Unconfirmed(entry) => {
                self.fail(None);
                return self.unconfirmed(entry).await;
            }
            InviteResult::AlreadyThere(entry)
            | InviteResult::Granted(entry)
            | InviteResult::Invited(entry) => entry,
        };
        let delivered = self.deliver(entry.secret.clone()).await;
        let look = after.unwrap_or(before);
        self.amend(Durable::Outcome, |book| {
            book.holding.intent = delivered.as_ref().err().map(|_| password_intent(now));
            book.holding.role.clone_from(&role);
            book.holding.paused = false;
            book.keep(&entry);
            if let Err(error) = &delivered {
                book.trouble(TroubleKind::Undelivered, error.message(), now);
            }
            let fact = book.note(now, "invite_sent");
            fact.role_after.clone_from(&role);
            for step in &entry.follow_ups {
                book.open_step(StepKind::FollowUp, step.clone(), now);
            }
            if matches!(look.state, AccessState::Present { .. }) {
                for phase in [Phase::Opening, Phase::Awaiting] {
                    book.move_all(phase, Move::Inside, "access_active", now)?;
                }
                return Ok(());
            }
            book.move_all(Phase::Opening, Move::Asked, "access_offered", now)
        })
        .await?;
        self.note = entry.note.or(self.note.take());
        if delivered.is_err() {
            self.fail(None);
        }
        Ok(Next::Rest)
    }

    /// The platform took an invitation that looks do not show: settled like one whose answer was lost.
    async fn unconfirmed(&self, entry: Entry) -> Result<Next> {
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.keep(&entry);
            book.trouble(
                TroubleKind::Unsettled,
                "the platform took the invitation, but no look shows it",
                now,
            );
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    // ---- changing ----

    async fn set_role(
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

    async fn switch(&mut self, on: bool, look: Observation, book: &Book, who: &Person) -> Result<Next> {
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
    async fn restore_role(
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

    async fn confirm_restored(&mut self, book: &Book, who: &Person) -> Result<Next> {
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

    async fn restored(&mut self, look: Observation) -> Result<Next> {
        self.amend(Durable::Look, |book| {
            book.holding.role = None;
            Ok(())
        })
        .await?;
        self.way.look = Some(look);
        Ok(Next::More)
    }

    /// One change: its intent, its request, and what to do when it fails. Gives nothing where it failed.
    async fn change(
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

    // ---- taking out ----

    fn removal(&self, book: &Book, who: &Person) -> RemoveRequest {
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
    pub(super) async fn step_out_by_hand(&self, book: &Book, who: &Person) -> Option<ManualStep> {
        let by_hand = self.engine.directory.by_hand(&self.place.store).ok().flatten()?;
        match by_hand.remove(&self.removal(book, who), self.cx).await {
            Ok(RemoveOutcome::ActionRequired(step)) => Some(step),
            _ => None,
        }
    }

    async fn remove(&mut self, goal: &Goal, look: Observation, book: &Book, who: &Person) -> Result<Next> {
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
    async fn remove_and_prove_later(
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

    async fn out_by_hand(&self, step: ManualStep, kind: StepKind) -> Result<Next> {
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

    async fn removed(&mut self, goal: &Goal, report: RemovalReport, kind: StepKind) -> Result<Next> {
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
                let role_back = matches!(&book.holding.former, Some(Former::Suspended { roles, .. }) if roles.len() == 1)
                    && book.holding.role.is_some()
                    && !evicted;
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

    // ---- settling what was lost ----

    /// A write of an earlier time, or of somebody who died, may have been executed: a look tells.
    pub(super) async fn recover(&mut self, book: &Book, look: Observation, who: &Person) -> Result<Next> {
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
    fn seen_late_enough(&self, intent: &Intent, look: &Observation) -> bool {
        let settled = super::operations::later(intent.since, self.provider.connection().settle_after());
        look.evidence.began_at >= settled
    }

    /// The first look did not show the write. The second comes when it is worth something.
    async fn look_again_later(&mut self, intent: &Intent) -> Result<Next> {
        let settle_after = self.provider.connection().settle_after();
        let waited = super::pace::elapsed(intent.since, self.now());
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
    async fn unsettled(&mut self, book: &Book, look: &Observation, who: &Person) -> Result<Next> {
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
    async fn renew_password(&mut self, look: Observation, book: &Book, who: &Person) -> Result<Next> {
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

    // ---- what every write needs ----

    /// Writes down what is about to be sent.
    async fn intend(
        &self,
        kind: IntentKind,
        makes_secret: bool,
        role: Option<String>,
        state: Option<Option<ProviderState>>,
    ) -> Result<()> {
        let now = self.now();
        self.amend(Durable::Intent, |book| {
            if let Some(state) = &state {
                book.holding.state.clone_from(state);
            }
            let intent = Intent { kind: kind.clone(), since: now, makes_secret, role: role.clone() };
            book.holding.intent = Some(intent);
            Ok(())
        })
        .await
    }

    /// Nothing is sent by somebody who has lost the lease.
    async fn still_ours(&self) -> Result<()> {
        let engine = self.engine;
        if engine.ledger.renew(self.lease, engine.now(), super::settle::LEASE).await? {
            return Ok(());
        }
        Err(Error::stale("the lease"))
    }

    fn writing(&mut self, by_hand: bool, step: Durable, moment: Moment) {
        if by_hand {
            return;
        }
        if moment == Moment::Before {
            self.writes += 1;
        }
        self.engine.checkpoint.at(step, moment);
    }

    /// A write that failed: its intent stays where it may have been executed all the same.
    async fn write_failed(&mut self, error: &Error, book: &Book, who: &Person) -> Result<Next> {
        let known = self.book().await?;
        let makes_secret = known.holding.intent.as_ref().is_some_and(|intent| intent.makes_secret);
        let was_refused = !matches!(
            error.kind(),
            ErrorKind::Unavailable
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::Protocol
                | ErrorKind::Internal
        );
        // Where a password comes with it, what failed may have been what came after it.
        let executed_perhaps = error.is_outcome_unknown() || (makes_secret && !was_refused);
        self.amend(Durable::Outcome, |book| {
            if executed_perhaps {
                if let Some(state) = error.state() {
                    book.holding.state = Some(state.clone());
                }
            } else {
                let was = book.holding.intent.take();
                if was.is_some_and(|was| was.kind == IntentKind::Invite) {
                    book.holding.state = None;
                }
            }
            Ok(())
        })
        .await?;
        self.refused(book, who, error).await
    }

    /// Nothing was done, for this reason; it is tried again later.
    async fn refused(&mut self, book: &Book, who: &Person, error: &Error) -> Result<Next> {
        let wait = match error.retry() {
            Retry::After(wait) => Some(wait),
            _ => None,
        };
        self.fail(wait);
        let goal = Goal::of(&book.holding, &book.grants);
        self.stand_in_the_way(&goal, book, who, error).await?;
        Ok(Next::Rest)
    }

    // ---- secrets ----

    fn sink_name(book: &Book) -> Option<String> {
        let open = book.grants.iter().filter(|grant| grant.phase.is_open());
        open.rev().find_map(|grant| grant.deliver_to.clone())
    }

    async fn probe_sink(&self, book: &Book) -> Result<()> {
        let Some(name) = Self::sink_name(book) else { return Ok(()) };
        match self.engine.directory.sink(&name) {
            Some(sink) => sink.probe().await,
            None => Err(no_sink(&name)),
        }
    }

    /// Brings a secret to its sink; without one, whoever reads the report gets it.
    async fn deliver(&mut self, secret: Option<OneTimeSecret>) -> Result<()> {
        let Some(secret) = secret else { return Ok(()) };
        let Some(name) = Self::sink_name(&self.book().await?) else {
            self.secret = Some(secret);
            return Ok(());
        };
        let sink = self.engine.directory.sink(&name).ok_or_else(|| no_sink(&name))?;
        let label = format!("{}/{}", self.place.store, self.person);
        self.engine.checkpoint.at(Durable::Deliver, Moment::Before);
        let put = sink.put(&label, &secret).await;
        self.engine.checkpoint.at(Durable::Deliver, Moment::After);
        put
    }

    async fn undelivered(&self, error: &Error) -> Result<Next> {
        let now = self.now();
        self.amend(Durable::Outcome, |book| {
            book.trouble(TroubleKind::Undelivered, error.message(), now);
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    // ---- roles that a look does not tell ----

    /// The roles of somebody who was there before us, where a look does not tell them and they are about to be changed.
    pub(super) async fn former_roles(
        &self,
        book: &Book,
        look: &Observation,
        _who: &Person,
    ) -> Result<Option<Vec<String>>> {
        let AccessState::Present { account } = &look.state else { return Ok(None) };
        let native =
            matches!(self.capabilities.support(Operation::SetRole), Support::Native | Support::Emulated);
        let told = account.roles.known().is_some() || account.permissions.known().is_some();
        if book.holding.former.is_some() || told || !native || self.wanted_role(book).is_none() {
            return Ok(None);
        }
        let roles = match self.provider.list_roles(self.cx).await {
            Ok(roles) => roles,
            Err(error) => {
                tracing::warn!(%error, "roles could not be listed; the former one is brought back by hand");
                return Ok(None);
            }
        };
        let ids: Vec<String> = roles.into_iter().map(|role| role.id.as_str().to_owned()).collect();
        self.roles_of(account, &ids).await
    }

    /// Which of these roles an account has, on platforms that tell only who has a given role.
    async fn roles_of(
        &self,
        account: &crate::model::Collaborator,
        roles: &[String],
    ) -> Result<Option<Vec<String>>> {
        use crate::model::RoleId;
        use crate::page::ListQuery;
        let ids: Vec<RoleId> = roles.iter().filter_map(|role| RoleId::new(role.clone()).ok()).collect();
        let mut pages = self.provider.pages(ListQuery::fresh().with_roles(ids), None, self.cx);
        loop {
            match pages.next_page().await {
                Ok(Some(page)) => {
                    if let Some(found) = page.into_iter().find(|found| found.id == account.id) {
                        return Ok(found.roles.known().cloned());
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    tracing::warn!(%error, "the roles of an account could not be read");
                    return Ok(None);
                }
            }
        }
    }
}

impl Book {
    /// Keeps what a provider asked us to keep.
    fn keep(&mut self, entry: &Entry) {
        if let Some(account) = &entry.account {
            self.holding.account = Some(account.clone());
        }
        if let Some(state) = &entry.state {
            self.holding.state = Some(state.clone());
        }
    }

    /// Whoever is to go may have got a role by a write whose answer was lost: what was there before us must be compared,
    /// and brought back if need be.
    fn may_have_role(&mut self, intent: &Intent) {
        if intent.role.is_some() {
            self.holding.role.clone_from(&intent.role);
        }
    }

    /// What a removal does not cover becomes steps.
    fn leave(&mut self, residual: &[ManualStep], now: crate::Timestamp) {
        for step in residual {
            self.open_step(StepKind::Residual, step.clone(), now);
        }
    }

    /// Ends what is ending beside grants that go on: what it gave beyond them is gone, or was nothing.
    fn end_beside(&mut self, goal: &Goal, proof: Option<&Proof>, now: crate::Timestamp) -> Result<()> {
        let remaining = match goal {
            Goal::Inside(wanted) => wanted,
            // While the access is off, nothing that ended gives any.
            Goal::Paused => return self.end_closing(proof, |_| true, now),
            Goal::Nothing | Goal::Out { .. } => return Ok(()),
        };
        let present = self.holding.role.clone();
        let unclear = match remaining {
            Wanted::Role(role) => role.is_none() && present.is_some(),
            Wanted::Unranked(roles) => !roles.contains(&present),
        };
        let ends = self.grants.iter().any(|grant| grant.phase == Phase::Closing);
        if ends && unclear {
            let step = ManualStep::new(
                "Decide about a role",
                StepCheck::Attest("the person has the role that they should have".to_owned()),
            )
            .because("a grant ended beside others, and nothing says which of their roles is right now")
            .then(Instruction::new(Actor::Operator, "Set the right role by hand, or rank the roles"));
            self.open_step(StepKind::Decision, step, now);
        }
        // A role that people set is there when they have set it.
        let by_hand = self.has_step(&StepKind::FollowUp);
        let fits = |grant: &Grant| !by_hand || grant.role == present;
        self.end_closing(proof, fits, now)
    }
}

fn password_intent(now: crate::Timestamp) -> Intent {
    Intent { kind: IntentKind::ResetPassword, since: now, makes_secret: true, role: None }
}

fn former_roles(former: Option<&Former>) -> &[String] {
    match former {
        Some(Former::Present { roles, .. } | Former::Suspended { roles, .. }) => roles,
        _ => &[],
    }
}

/// What was there before us, as a role to set; nothing where the platform told too little.
fn former_role(former: Option<&Former>) -> Option<RoleSpec> {
    let permissions = match former {
        Some(Former::Present { permissions, .. }) => permissions.as_slice(),
        _ => &[],
    };
    let mut spec =
        RoleSpec::new("what was there before").with_permissions(permissions.to_vec()).allowing_privileged();
    match former_roles(former) {
        [role] => spec = spec.with_platform_role(role),
        [] if !permissions.is_empty() => {}
        _ => return None,
    }
    Some(spec)
}

fn bring_back(who: &Person) -> ManualStep {
    ManualStep::new(
        format!("Bring back what {} could do before", who.handle),
        StepCheck::Attest("they have the rights that they had before our grant".to_owned()),
    )
    .because("the platform did not tell which rights they had")
    .then(Instruction::new(Actor::Merchant, "Give them back the rights that they had before"))
}

fn book_role(look: &Observation) -> Option<String> {
    look.state.account()?.roles.known()?.first().cloned()
}

fn unknown_role(role: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the role {role} means nothing on this platform (any more)"))
        .with_remedy("say what it means there")
}

fn no_sink(name: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the sink {name} is not configured (any more)"))
        .with_remedy("configure it")
}

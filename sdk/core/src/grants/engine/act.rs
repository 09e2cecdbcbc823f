//! Doing what was decided: every write of the engine.

mod changing;
mod letting_in;
mod recovering;
mod roles;
mod secrets;
mod taking_out;
mod writing;

use super::Durable;
use super::book::Book;
use super::goal::{Act, Goal, Wanted};
use super::settle::{Next, Work};
use crate::error::{Error, ErrorKind, Result};
use crate::grants::grant::Grant;
use crate::grants::holding::Intent;
use crate::grants::phase::{Move, Phase};
use crate::grants::step::StepKind;
use crate::grants::trouble::TroubleKind;
use crate::model::{
    AccessState, Actor, Entry, Instruction, ManualStep, Observation, Person, Proof, StepCheck, UnknownReason,
};
use crate::review::is_within;

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
        let is_within = self.is_within_role(look).await?;
        self.amend(Durable::Outcome, |book| {
            book.close_steps(now, None, |kind| matches!(kind, StepKind::Decision | StepKind::Exit));
            if let (Some(entry), Some(proof)) = (&entry, &proof)
                && entry.follow_ups.is_empty()
                && (book.holding.reset.is_none() || is_within)
            {
                book.holding.reset = None;
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

    /// Whether an account shows no more than its grants' role gives.
    async fn is_within_role(&self, look: &Observation) -> Result<bool> {
        let book = self.book().await?;
        let Some(account) = look.state.account() else { return Ok(false) };
        let role = book.holding.role.as_deref().and_then(|role| self.role_spec(role));
        Ok(is_within(account, role.as_ref()))
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

//! Ending credentials, and knowing that they are dead.

use super::issuing::may_have_worked;
use super::job::{Halt, Job, Next, Step};
use super::pace::{HOUR, LATE, dying, elapsed, later};
use super::writing::add;
use crate::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::grants::{Durable, Moment};
use crate::model::{Actor, Instruction, ManualStep, StepCheck};
use crate::rotation::{Credential, Death, Fate, HumanPart, Minted, Retire, RetireOutcome, Stage};
use crate::sink::SinkCopy;

/// One of the credentials in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Old,
    New,
    Orphan(usize),
}

/// How far the end of a credential is.
#[derive(Debug)]
pub(super) enum Ended {
    /// It is dead, or it is written down when it dies.
    Settled,
    /// It is asked again then.
    Later(Timestamp),
    /// A person must do this; `None` where they were asked already.
    Person(Option<ManualStep>),
}

impl Job<'_> {
    /// [`Stage::Retiring`]: ends the old one and what got lost on the way, and closes the rotation.
    pub(super) async fn retire_old(&mut self) -> Step {
        let unasked = |old: &Minted| matches!(old.fate, Fate::Live | Fate::Possible);
        if self.rotation.old.as_ref().is_some_and(unasked) {
            self.try_again_in_place().await?;
        }
        if let Some(next) = self.end_fully(Which::Old, HumanPart::Retire).await? {
            return Ok(next);
        }
        if let Some(next) = self.end_orphans().await? {
            return Ok(next);
        }
        self.discard_everywhere(SinkCopy::Previous).await?;
        self.discard_everywhere(SinkCopy::Staged).await?;
        if let Some(new) = &mut self.rotation.new {
            new.fate = Fate::Live;
        }
        self.rotation.sent_at = None;
        self.rotation.stage = Stage::Done;
        self.note("rotation_done");
        self.move_to(Stage::Done).await
    }

    /// One after the other; gives what to do next unless all are settled.
    pub(super) async fn end_orphans(&mut self) -> Step<Option<Next>> {
        for index in 0..self.rotation.orphans.len() {
            if let Some(next) = self.end_fully(Which::Orphan(index), HumanPart::CleanUp).await? {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    /// Ends one, or waits for its end.
    pub(super) async fn end_fully(&mut self, which: Which, part: HumanPart) -> Step<Option<Next>> {
        match Box::pin(self.end(which)).await? {
            Ended::Settled => Ok(None),
            Ended::Later(at) => {
                self.refuse_late(which)?;
                self.wait(at, "a credential whose end was asked for still works").await.map(Some)
            }
            Ended::Person(Some(step)) => self.ask(part, step).await.map(Some),
            Ended::Person(None) => {
                self.clear_trouble();
                self.rotation.due_at = Some(later(self.now(), HOUR));
                self.write().await?;
                Ok(Some(Next::Rest))
            }
        }
    }

    /// An end that does not come is said aloud after a day, and still waited for.
    fn refuse_late(&self, which: Which) -> Step<()> {
        let since = match self.minted(which).map(|minted| &minted.fate) {
            Some(Fate::Retiring { since }) => *since,
            _ => return Ok(()),
        };
        if elapsed(since, self.now()) < LATE {
            return Ok(());
        }
        let error =
            Error::new(ErrorKind::Conflict, "a credential still works a day after its end was asked for")
                .with_remedy("end it by hand at the platform; it is asked again whether it is dead");
        Err(error.into())
    }

    pub(super) fn minted(&self, which: Which) -> Option<&Minted> {
        match which {
            Which::Old => self.rotation.old.as_ref(),
            Which::New => self.rotation.new.as_ref(),
            Which::Orphan(index) => self.rotation.orphans.get(index),
        }
    }

    fn set_fate(&mut self, which: Which, fate: Fate) {
        let minted = match which {
            Which::Old => self.rotation.old.as_mut(),
            Which::New => self.rotation.new.as_mut(),
            Which::Orphan(index) => self.rotation.orphans.get_mut(index),
        };
        if let Some(minted) = minted {
            minted.fate = fate;
        }
    }

    /// Writes down what became of one for good.
    pub(super) async fn settle(&mut self, which: Which, fate: Fate) -> Step<Ended> {
        let id = self.minted(which).and_then(|minted| minted.id.clone());
        self.set_fate(which, fate.clone());
        if matches!(self.asked(), Some(HumanPart::Retire | HumanPart::CleanUp)) {
            // They were asked about this one; whatever is next asks anew.
            self.rotation.waits_for = None;
        }
        self.clear_trouble();
        let fact = self.note("credential_retired");
        add(fact, "id", &id);
        add(fact, "which", &name_of(which));
        add(fact, "fate", &fate);
        if let Fate::Dead { proof } = fate {
            fact.proof = Some(proof);
        }
        self.write().await?;
        Ok(Ended::Settled)
    }

    /// Asks for the end of one, unless it was asked for, and whether it is dead.
    pub(super) async fn end(&mut self, which: Which) -> Step<Ended> {
        let Some(minted) = self.minted(which).cloned() else { return Ok(Ended::Settled) };
        if minted.fate.is_settled() {
            return Ok(Ended::Settled);
        }
        let credential = self.credential(&minted).await?;
        if minted.fate == Fate::Possible && credential.id.is_none() && credential.secret.is_none() {
            return match minted.expires_at {
                Some(at) => self.settle(which, Fate::DiesAt { at }).await,
                None if self.asked() == Some(HumanPart::CleanUp) => Ok(Ended::Person(None)),
                None => Ok(Ended::Person(Some(possible_step(&minted)))),
            };
        }
        let asked = matches!(minted.fate, Fate::Retiring { .. });
        let mut by_hand = None;
        if self.ground.info.is_in_place() || self.ground.info.retire == Retire::Replaced {
            // It ended with the call that made the new one.
            if !asked {
                self.set_fate(which, Fate::Retiring { since: self.now() });
                self.write().await?;
            }
        } else if !asked {
            match self.ask_end(which, &credential).await? {
                Asked::Sent => {}
                Asked::ByHand(step) => by_hand = Some(step),
                Asked::DiesAt(at) => return self.settle(which, Fate::DiesAt { at }).await,
            }
        }
        self.see_end(which, &credential, by_hand).await
    }

    /// That its end is wanted is in the record already: the old one of a rotation that is retiring, the new one of one that
    /// is given up, an orphan. It counts as asked for only when the platform took it, so a lost answer is asked again.
    async fn ask_end(&mut self, which: Which, credential: &Credential) -> Step<Asked> {
        let heir = self.heir(which).await?;
        self.still_ours().await?;
        self.at(Durable::Retire, Moment::Before);
        let slot = &self.ground.slot;
        let outcome = self.ground.rotator()?.retire(slot, credential, heir.as_ref(), &self.cx()).await;
        self.at(Durable::Retire, Moment::After);
        match outcome {
            Ok(RetireOutcome::AtExpiry { at }) => match at.or(credential.expires_at) {
                Some(at) => Ok(Asked::DiesAt(at)),
                None => self.was_asked_for(which).await,
            },
            Ok(RetireOutcome::Accepted | RetireOutcome::AlreadyGone) => self.was_asked_for(which).await,
            Ok(RetireOutcome::ActionRequired(step)) => Ok(Asked::ByHand(step)),
            Err(error) => match error.manual_step() {
                Some(step) if !may_have_worked(&error) => Ok(Asked::ByHand(step.clone())),
                _ => Err(error.into()),
            },
        }
    }

    async fn was_asked_for(&mut self, which: Which) -> Step<Asked> {
        self.set_fate(which, Fate::Retiring { since: self.now() });
        self.write().await?;
        Ok(Asked::Sent)
    }

    /// The one in place of the other: some platforms let only that one end it.
    async fn heir(&self, which: Which) -> Step<Option<Credential>> {
        let is_placed = matches!(self.rotation.stage, Stage::Promoted | Stage::Retiring);
        let heir = match which {
            Which::Old => &self.rotation.new,
            _ if is_placed => &self.rotation.new,
            _ => &self.rotation.old,
        };
        match heir {
            Some(heir) => Ok(Some(self.credential(heir).await?)),
            None => Ok(None),
        }
    }

    async fn see_end(
        &mut self,
        which: Which,
        credential: &Credential,
        by_hand: Option<ManualStep>,
    ) -> Step<Ended> {
        self.still_ours().await?;
        let death = self.ground.rotator()?.confirm_retired(&self.ground.slot, credential, &self.cx()).await;
        let was_asked = matches!(self.asked(), Some(HumanPart::Retire | HumanPart::CleanUp));
        match death {
            Ok(Death::Dead { proof }) => self.settle(which, Fate::Dead { proof }).await,
            Ok(Death::DiesAt { at }) => self.settle(which, Fate::DiesAt { at }).await,
            Ok(Death::Alive) if by_hand.is_none() && !was_asked => {
                let now = self.now();
                let since = match self.minted(which).map(|minted| &minted.fate) {
                    Some(Fate::Retiring { since }) => *since,
                    _ => now,
                };
                Ok(Ended::Later(later(now, dying(since, now))))
            }
            Ok(Death::CannotTell { reason }) if by_hand.is_none() && !was_asked => {
                let step = attest_step(self.ground.slot.name.as_str(), self.minted(which), &reason);
                Ok(Ended::Person(Some(step)))
            }
            Err(error) if by_hand.is_none() => Err(Halt::Trouble(error)),
            Ok(_) | Err(_) => Ok(Ended::Person(by_hand)),
        }
    }
}

enum Asked {
    Sent,
    ByHand(ManualStep),
    DiesAt(Timestamp),
}

fn name_of(which: Which) -> &'static str {
    match which {
        Which::Old => "old",
        Which::New => "new",
        Which::Orphan(_) => "orphan",
    }
}

fn mark_of(minted: Option<&Minted>) -> String {
    let id = minted.and_then(|minted| minted.id.as_ref()).map(|id| format!(" with the id {id}"));
    let tag = minted.and_then(|minted| minted.tag.as_ref()).map(|tag| format!(" marked {tag}"));
    id.or(tag).unwrap_or_default()
}

/// Nothing can tell whether it is dead, so somebody must say so.
fn attest_step(credential: &str, minted: Option<&Minted>, reason: &str) -> ManualStep {
    let what = mark_of(minted);
    let check = StepCheck::Attest(format!("the credential{what} of {credential} no longer works"));
    ManualStep::new(format!("See that a credential of {credential} is dead"), check).because(reason).then(
        Instruction::new(
            Actor::Operator,
            format!("See at the platform that the credential{what} is gone, and say so"),
        ),
    )
}

/// An order got lost, nothing lists what it may have made, and that would live for ever.
fn possible_step(minted: &Minted) -> ManualStep {
    let what = mark_of(Some(minted));
    let check = StepCheck::Attest(format!("there is no credential{what}"));
    ManualStep::new("Look for a credential that may have been made", check)
        .because("the answer to an order for it was lost, and no API lists it")
        .then(Instruction::new(
            Actor::Operator,
            format!("Look for a credential{what} at the platform, and delete it"),
        ))
}

//! Keeping the new secret safe beside the live one, and trying it before anybody depends on it.

use super::job::{Halt, Job, Next, Step};
use super::pace::{appearing, later};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Actor, Evidence, Instruction, ManualStep, Proof, StepCheck};
use crate::provider::{Held, Right};
use crate::rotation::{Fate, Find, HumanPart, RotationTrouble, Stage, Verification};
use crate::sink::SinkCopy;

const LOST: &str = "the secret of the new credential is in no sink that gives it back, so that one is ended and another one made";

impl Job<'_> {
    /// [`Stage::Issued`]: puts the new secret beside the live one in every sink.
    pub(super) async fn stage(&mut self) -> Step {
        if let Some(handed) = self.handed.take() {
            // Another one than was handed in before, whose secret got lost.
            self.orphan_new(|_| Fate::Live);
            return self.keep_handed(handed).await;
        }
        if self.new_secret().await?.is_none() {
            return self.lose_secret().await;
        }
        self.still_ours().await?;
        self.stage_everywhere().await?;
        self.note("credential_staged");
        self.move_to(Stage::Staged).await
    }

    /// Its secret is nowhere any more.
    async fn lose_secret(&mut self) -> Step {
        if self.ground.is_guided() {
            self.rotation.stage = Stage::Issued;
            return self.ask(HumanPart::Issue, again(self.ground.slot.name.as_str())).await;
        }
        if self.ground.info.is_in_place() && self.ground.info.find == Find::Impossible {
            return Box::pin(self.lose_in_place()).await;
        }
        self.orphan_new(|_| Fate::Live);
        self.begin_anew(LOST).await
    }

    /// [`Stage::Staged`]: tries the new one.
    pub(super) async fn verify(&mut self) -> Step {
        if self.new_secret().await?.is_none() {
            return self.lose_secret().await;
        }
        match self.try_new().await {
            Ok(verified) => self.accept(verified).await,
            Err(Halt::Trouble(error)) if self.may_appear_later(&error) => self.let_it_appear().await,
            Err(Halt::Trouble(error)) if is_refusal(&error) => self.refused(error).await,
            Err(halt) => Err(halt),
        }
    }

    /// Uses the new one once.
    pub(super) async fn try_new(&self) -> Step<Verification> {
        let Some(new) = &self.rotation.new else {
            return Err(Error::new(ErrorKind::Internal, "the record holds no new credential").into());
        };
        let candidate = self.credential(new).await?;
        self.still_ours().await?;
        Ok(self.ground.rotator()?.verify(&self.ground.slot, &candidate, &self.cx()).await?)
    }

    fn may_appear_later(&self, error: &Error) -> bool {
        error.kind() == ErrorKind::Unauthenticated && self.may_still_appear()
    }

    async fn let_it_appear(&mut self) -> Step {
        let pause = appearing(self.ground.info.visible_after);
        let is_kept = match &self.secret {
            Some(secret) => self.is_kept(secret).await,
            None => true,
        };
        if !is_kept {
            // Only this process knows the secret, so it does not leave the waiting to another one.
            self.pause(pause).await;
            return Ok(Next::More);
        }
        self.wait(later(self.now(), pause), "the new credential may still be refused").await
    }

    async fn accept(&mut self, verified: Verification) -> Step {
        let lost = self.lost(&verified.rights);
        if let Some(new) = &mut self.rotation.new {
            if !verified.rights.is_empty() {
                new.rights = verified.rights;
            }
            new.expires_at = verified.expires_at.or(new.expires_at);
        }
        if !lost.is_empty() {
            return Err(Halt::Loss(lost));
        }
        self.warnings.extend(verified.warnings);
        self.rotation.untried = verified.untried;
        let untried = self.rotation.untried.clone();
        self.note("credential_verified").reason = untried;
        self.move_to(Stage::Verified).await
    }

    /// Rights that the old one has, the new one has not, and nobody has agreed to lose. Where rights were told, one that was
    /// not told is not there; where none were, nothing is known.
    fn lost(&self, rights: &[Right]) -> Vec<String> {
        let has = |name: &str| rights.iter().any(|right| right.name == name && right.held != Held::No);
        let lacks = |name: &str| !rights.is_empty() && !has(name);
        let before = self.rotation.old.iter().flat_map(|old| &old.rights);
        let held = before.filter(|right| right.held == Held::Yes).map(|right| &right.name);
        held.filter(|name| lacks(name) && !self.rotation.may_lose.contains(name)).cloned().collect()
    }

    /// The new one does not work, or not for this store: it never gets into the old one's place.
    async fn refused(&mut self, error: Error) -> Step {
        let is_dead = error.kind() == ErrorKind::Unauthenticated;
        let fact = self.note("rotation_trouble");
        fact.outcome = Some(error.kind().as_str().to_owned());
        fact.reason = Some(error.message().to_owned());
        if self.ground.is_guided() {
            return self.refuse_handed(&error, is_dead).await;
        }
        if self.ground.info.is_in_place() {
            if !is_dead {
                // There is no way back, and what is wrong is not that it is dead.
                return Err(error.into());
            }
            self.orphan_new(|_| Fate::Live);
            return self.begin_anew("the new credential was refused").await;
        }
        let reason = format!("the new credential was refused, so it is given up: {}", error.message());
        self.rotation.trouble = Some(RotationTrouble::new(error.kind(), reason, self.now()));
        self.move_to(Stage::Aborting).await
    }

    /// What a human handed in is no credential of this store: another one is asked for.
    async fn refuse_handed(&mut self, error: &Error, is_dead: bool) -> Step {
        let evidence = Evidence { pages: 1, complete: true, ..Evidence::begun(self.now()) };
        match error.kind() {
            _ if is_dead => {
                self.orphan_new(|_| Fate::Dead {
                    proof: Proof::CredentialDead { evidence: evidence.clone() },
                });
            }
            // It belongs to another store, so it is not ours to end.
            ErrorKind::Conflict => self.rotation.new = None,
            _ => self.orphan_new(|_| Fate::Live),
        }
        self.secret = None;
        self.discard_everywhere(SinkCopy::Staged).await?;
        self.refusal = Some(match error.kind() {
            // What providers say then is about the credential that they work with themselves.
            ErrorKind::Unauthenticated => "it does not work".to_owned(),
            _ => error.message().to_owned(),
        });
        self.move_to(Stage::Planned).await
    }
}

/// Whether trying it again gives the same answer.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Conflict | ErrorKind::PermissionDenied)
}

fn again(credential: &str) -> ManualStep {
    ManualStep::new(
        format!("Hand the new secret of {credential} in again"),
        StepCheck::Observe("it works".to_owned()),
    )
    .because("it was handed in, and got lost before it was safe in a sink that gives it back")
    .then(Instruction::new(
        Actor::Operator,
        "Hand in the same secret again, or make a new credential and hand that in",
    ))
}

/// Nothing is ended on the word of an earlier trial.
impl Job<'_> {
    /// Sees once more that the new one is in its place and works.
    pub(super) async fn try_again_in_place(&mut self) -> Step<()> {
        if self.tried_again {
            return Ok(());
        }
        self.see_live().await?;
        if self.new_secret().await?.is_none() {
            self.warnings.push(
                "no sink gives the new secret back, so it could not be tried again before the old one ends"
                    .to_owned(),
            );
        } else {
            let verified: Result<Verification> = match self.try_new().await {
                Ok(verified) => Ok(verified),
                Err(Halt::Trouble(error)) => Err(error.found_at("the new credential in its place")),
                Err(halt) => return Err(halt),
            };
            verified?;
        }
        self.tried_again = true;
        Ok(())
    }
}

//! Making the new credential, or taking in what a human made.

use super::doors::unwanted;
use super::job::{Halt, Job, Next, Step};
use super::pace::{ATTEMPTS, HOUR, later};
use super::writing::add;
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::grants::{Durable, Moment};
use crate::model::{ManualStep, OneTimeSecret};
use crate::rotation::{
    Fate, Find, Fingerprint, HumanPart, IssueOrder, IssueOutcome, Lifetime, Minted, NewCredential, Stage, Tag,
};

impl Job<'_> {
    /// Takes what the caller handed in, where something is wanted.
    pub(super) fn take_in(&mut self, handed: OneTimeSecret) -> Result<()> {
        if handed.expose().is_empty() {
            return Err(unwanted("it is empty"));
        }
        let is_old = |old: &Minted| old.fingerprint.as_ref().is_some_and(|print| print.is_of(&handed));
        if self.rotation.old.as_ref().is_some_and(is_old) {
            return Err(unwanted("it is the one in use"));
        }
        let print = self.rotation.new.as_ref().and_then(|new| new.fingerprint.as_ref());
        let is_new = print.is_some_and(|print| print.is_of(&handed));
        let asked = self.asked() == Some(HumanPart::Issue);
        match self.rotation.stage {
            Stage::Planned if asked || self.ground.is_guided() => self.handed = Some(handed),
            Stage::Issuing if print.is_none() || is_new => self.handed = Some(handed),
            Stage::Issued | Stage::Staged | Stage::Verified if is_new => self.secret = Some(handed),
            Stage::Issued if asked => self.handed = Some(handed),
            Stage::Planned => {
                return Err(unwanted("the platform makes the new one, and has not made it yet"));
            }
            Stage::Issuing | Stage::Issued | Stage::Staged | Stage::Verified => {
                return Err(unwanted("it is not the one that this rotation made"));
            }
            _ => return Err(unwanted("the rotation has a new one already")),
        }
        Ok(())
    }

    /// [`Stage::Planned`]: looks at what is in use, and asks for a new one.
    pub(super) async fn make_new(&mut self) -> Step {
        let by_hand = self.ground.is_guided() || self.asked() == Some(HumanPart::Issue);
        if by_hand && self.handed.is_none() && self.asked().is_some() {
            return Ok(Next::Rest);
        }
        self.probe_sinks().await?;
        self.still_ours().await?;
        self.discard_stale().await?;
        self.learn_old().await?;
        match self.handed.take() {
            Some(secret) => self.keep_handed(secret).await,
            None if by_hand => self.ask_for_new().await,
            None => self.order_new().await,
        }
    }

    /// A human makes it: says what they do.
    async fn ask_for_new(&mut self) -> Step {
        let old = self.old_credential().await?;
        let mut order = IssueOrder::new(&self.ground.slot, &self.rotation.tag);
        order.old = old.as_ref();
        match self.ground.rotator()?.issue(&order, &self.cx()).await? {
            IssueOutcome::ActionRequired(step) => self.ask_human(step).await,
            IssueOutcome::Issued(new) => self.issued(new).await,
        }
    }

    async fn ask_human(&mut self, mut step: ManualStep) -> Step {
        if let Some(refusal) = self.refusal.take() {
            step.reason = format!("what was handed in before was refused: {refusal}; {}", step.reason);
        }
        self.ask(HumanPart::Issue, step).await
    }

    /// What a human made is the new one from here on.
    pub(super) async fn keep_handed(&mut self, secret: OneTimeSecret) -> Step {
        if self
            .rotation
            .old
            .as_ref()
            .and_then(|old| old.fingerprint.as_ref())
            .is_some_and(|old| old.is_of(&secret))
        {
            return Err(Halt::Refused(unwanted("it is the one in use")));
        }
        let mut minted = Minted::new(Fate::Live);
        minted.fingerprint = Some(Fingerprint::of(&secret));
        minted.made_at = Some(self.now());
        if let Lifetime::Fixed(life) = self.ground.info.lifetime {
            minted.expires_at = Some(later(self.now(), life));
        }
        self.rotation.attempts += 1;
        self.rotation.new = Some(minted);
        self.secret = Some(secret);
        self.note("credential_issued");
        self.move_to(Stage::Issued).await
    }

    /// Writes down that a new one is asked for, and asks for it.
    async fn order_new(&mut self) -> Step {
        Box::pin(self.tidy()).await?;
        if self.rotation.attempts > 0 {
            self.rotation.tag = Tag::random();
        }
        let expires_at = self.expiry()?;
        self.secret = None;
        if self.ground.info.find == Find::CallerMade {
            self.stage_own(expires_at).await?;
        }
        self.rotation.new = Some(self.possible(expires_at));
        self.rotation.attempts += 1;
        self.rotation.sent_at = Some(self.now());
        let tag = self.rotation.tag.clone();
        add(self.note("credential_asked_for"), "tag", &tag);
        self.move_to(Stage::Issuing).await?;
        let old = self.old_credential().await?;
        let mut order = IssueOrder::new(&self.ground.slot, &tag);
        order.secret = self.secret.as_ref();
        order.expires_at = expires_at.filter(|_| self.is_lifetime_chosen());
        order.old = old.as_ref();
        self.still_ours().await?;
        self.at(Durable::Issue, Moment::Before);
        let outcome = self.ground.rotator()?.issue(&order, &self.cx()).await;
        self.at(Durable::Issue, Moment::After);
        match outcome {
            Ok(IssueOutcome::Issued(new)) => self.issued(new).await,
            Ok(IssueOutcome::ActionRequired(step)) => {
                self.nothing_sent();
                self.ask_human(step).await
            }
            Err(error) if may_have_worked(&error) => {
                // The record says so already; it is looked for once it must have shown.
                self.note("rotation_trouble").reason = Some(error.message().to_owned());
                Ok(Next::More)
            }
            Err(error) => {
                self.nothing_sent();
                Err(error.into())
            }
        }
    }

    /// A secret of our own is safe in every sink before it is sent.
    async fn stage_own(&mut self, expires_at: Option<Timestamp>) -> Step<()> {
        self.secret = Some(self.ground.rotator()?.make_secret(&self.ground.slot)?);
        self.rotation.new = Some(self.possible(expires_at));
        self.still_ours().await?;
        let staged = self.stage_everywhere().await;
        if staged.is_err() {
            self.secret = None;
            self.rotation.new = None;
        }
        Ok(staged?)
    }

    fn possible(&self, expires_at: Option<Timestamp>) -> Minted {
        let known = self.rotation.new.as_ref().and_then(|new| new.fingerprint.clone());
        let mut minted = Minted::new(Fate::Possible);
        minted.tag = Some(self.rotation.tag.clone());
        minted.fingerprint = known.or_else(|| self.secret.as_ref().map(Fingerprint::of));
        minted.made_at = Some(self.now());
        minted.expires_at = expires_at;
        minted
    }

    fn nothing_sent(&mut self) {
        self.rotation.stage = Stage::Planned;
        self.rotation.sent_at = None;
        self.rotation.new = None;
        self.secret = None;
    }

    fn expiry(&self) -> Result<Option<Timestamp>> {
        let life = self.ground.lifetime(self.rotation.lifetime)?;
        Ok(life.map(|life| later(self.now(), life)))
    }

    fn is_lifetime_chosen(&self) -> bool {
        matches!(self.ground.info.lifetime, Lifetime::Chosen { .. })
    }

    /// There is a new one: writes it down before anything else is done with it.
    pub(super) async fn issued(&mut self, new: NewCredential) -> Step {
        let now = self.now();
        let mut minted = self.rotation.new.take().unwrap_or_else(|| Minted::new(Fate::Live));
        minted.id = new.id.or(minted.id);
        minted.expires_at = new.expires_at.or(minted.expires_at);
        minted.made_at = Some(now);
        minted.fate = Fate::Live;
        if let Some(secret) = new.secret {
            minted.fingerprint = Some(Fingerprint::of(&secret));
            self.secret = Some(secret);
        }
        let id = minted.id.clone();
        self.rotation.new = Some(minted);
        self.rotation.sent_at = None;
        if self.ground.info.is_in_place() {
            // Whatever was made before it ended when it was made.
            for orphan in self.rotation.orphans.iter_mut().filter(|orphan| !orphan.fate.is_settled()) {
                orphan.fate = Fate::DiesAt { at: now };
            }
        }
        add(self.note("credential_issued"), "id", &id);
        self.move_to(Stage::Issued).await
    }

    /// The new one cannot be used, so another one is made; after a few in a row only after a pause.
    pub(super) async fn begin_anew(&mut self, why: &str) -> Step {
        self.nothing_sent();
        self.warnings.push(why.to_owned());
        if self.rotation.attempts.is_multiple_of(ATTEMPTS) {
            let message = format!("{ATTEMPTS} new credentials were asked for in a row, and none came: {why}");
            let error = Error::new(ErrorKind::Unavailable, message)
                .with_remedy("see what is wrong with the store; it is tried again in an hour")
                .with_retry(Retry::After(HOUR));
            return Err(error.into());
        }
        self.note("rotation_trouble").reason = Some(why.to_owned());
        self.move_to(Stage::Planned).await
    }
}

/// Whether a write that failed may have been executed all the same.
pub(super) fn may_have_worked(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::OutcomeUnknown | ErrorKind::Protocol | ErrorKind::Internal)
}

//! An answer that was lost: what the order made is looked for, once it must have shown.

use super::job::{Job, Next, Step};
use super::pace::{appearing, elapsed, later};
use crate::error::ErrorKind;
use crate::rotation::{
    Credential, Fate, Find, FoundIssued, IssueOrder, Lifetime, Minted, NewCredential, Stage,
};
use crate::sink::SinkCopy;

const NEVER_MADE: &str = "the order for a new credential did not arrive";
const SECRET_LOST: &str =
    "a new credential was made and its secret was lost on the way, so it is ended and another one made";
const SECRET_LOST_IN_PLACE: &str = "the secret of the new credential is in no sink that gives it back, and the one before it ended when it was made";
const UNSEEN: &str = "a new credential may have been made whose secret was lost on the way; nothing lists those, so it is \
    written down until it dies, and another one made";

impl Job<'_> {
    /// [`Stage::Issuing`](crate::rotation::Stage::Issuing): finds out what became of the order.
    pub(super) async fn look_for_lost(&mut self) -> Step {
        if let Some(next) = self.let_it_show().await? {
            return Ok(next);
        }
        if let Some(next) = Box::pin(self.recover()).await? {
            return Ok(next);
        }
        let found = self.find_issued().await?;
        let is_known = self.ground.info.find == Find::CallerMade && self.new_secret().await?.is_some();
        match found {
            FoundIssued::Found(found) if is_known && !found.is_empty() => {
                let mut found = found.into_iter();
                let first = found.next().unwrap_or_default();
                found.for_each(|more| self.orphan_found(more));
                self.issued(NewCredential { secret: None, ..first }).await
            }
            found => {
                let why = self.sort(found);
                self.begin_anew(why).await
            }
        }
    }

    /// Waits until what was sent must have shown.
    pub(super) async fn let_it_show(&mut self) -> Step<Option<Next>> {
        let sent_at = self.rotation.sent_at.unwrap_or_else(|| self.now());
        let until = later(sent_at, self.ground.settle_after());
        match self.wait(until, "what was sent must show, if it arrived").await? {
            Next::Rest => Ok(Some(Next::Rest)),
            Next::More => Ok(None),
        }
    }

    /// The secret may be known all the same: a sink took it, or it was given back and is handed in again.
    async fn recover(&mut self) -> Step<Option<Next>> {
        if self.ground.info.find == Find::CallerMade {
            return Ok(None);
        }
        let by_hand = self.handed.is_some();
        let staged = match self.handed.take().or_else(|| self.secret.clone()) {
            Some(secret) => Some(secret),
            None => self.seek(&[SinkCopy::Staged], |_| true).await.certain()?,
        };
        let Some(secret) = staged else { return Ok(None) };
        let mut known = Credential::new().with_secret(secret.clone());
        known.tag = self.rotation.new.as_ref().and_then(|new| new.tag.clone());
        self.still_ours().await?;
        match self.ground.rotator()?.inspect(&self.ground.slot, &known, &self.cx()).await {
            Ok(seen) => {
                if by_hand {
                    self.keep_possible();
                }
                let new = NewCredential::new(seen.id, Some(secret), seen.expires_at);
                self.issued(new).await.map(Some)
            }
            Err(error) if error.kind() == ErrorKind::Unauthenticated && self.may_still_appear() => {
                self.secret = Some(secret);
                let until = later(self.now(), appearing(self.ground.info.visible_after));
                self.wait(until, "a new credential may still be refused").await.map(Some)
            }
            Err(error) if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Where nothing lists them and only one can live, whoever authorises anew hands in another one than the order made whose
    /// answer was lost. That one stays in the record, since nobody can tell them apart.
    fn keep_possible(&mut self) {
        if !self.ground.info.is_in_place() || self.ground.info.find != Find::Impossible {
            return;
        }
        let known = self.rotation.new.as_ref().filter(|new| new.fingerprint.is_none());
        let is_there = |lost: &Minted| self.rotation.orphans.iter().any(|orphan| orphan.tag == lost.tag);
        if let Some(mut lost) = known.filter(|lost| !is_there(lost)).cloned() {
            lost.fate = self.fate_unseen(&lost);
            self.rotation.orphans.push(lost);
        }
    }

    /// One that may have been made, and that nothing ends: it arrived at this moment at the latest.
    pub(super) fn fate_unseen(&self, lost: &Minted) -> Fate {
        let at = match self.ground.info.lifetime {
            Lifetime::Fixed(life) => Some(later(self.now(), life)),
            _ => lost.expires_at,
        };
        at.map_or(Fate::Possible, |at| Fate::DiesAt { at })
    }

    /// The secret of one that took the place of the old one is lost, and nothing lists it. Whether another one can be made
    /// is for the platform to say: if not, somebody authorises anew and hands that one in.
    pub(super) async fn lose_in_place(&mut self) -> Step {
        let tag = self.rotation.new.as_ref().and_then(|new| new.tag.clone());
        let fate = self.rotation.new.as_ref().map_or(Fate::Possible, |new| self.fate_unseen(new));
        self.orphan_new(|_| fate.clone());
        let mut missing = Minted::new(Fate::Possible);
        missing.tag = tag;
        self.rotation.new = Some(missing);
        self.note("rotation_trouble").reason = Some(SECRET_LOST_IN_PLACE.to_owned());
        self.move_to(Stage::Issuing).await
    }

    /// Whether the new one is so young that it may still be refused.
    pub(super) fn may_still_appear(&self) -> bool {
        let made_at = self.rotation.new.as_ref().and_then(|new| new.made_at);
        made_at.is_some_and(|made_at| elapsed(made_at, self.now()) < self.ground.info.visible_after)
    }

    pub(super) async fn find_issued(&mut self) -> Step<FoundIssued> {
        let secret = if self.ground.info.find == Find::CallerMade { self.new_secret().await? } else { None };
        let old = self.old_credential().await?;
        let new = self.rotation.new.as_ref();
        let tag = new.and_then(|new| new.tag.clone()).unwrap_or_else(|| self.rotation.tag.clone());
        let mut order = IssueOrder::new(&self.ground.slot, &tag);
        order.secret = secret.as_ref();
        order.expires_at = new.and_then(|new| new.expires_at);
        order.old = old.as_ref();
        self.still_ours().await?;
        Ok(self.ground.rotator()?.find_issued(&order, &self.cx()).await?)
    }

    /// Writes everything that the order made, or may have made, among the orphans. Gives why it is of no use.
    pub(super) fn sort(&mut self, found: FoundIssued) -> &'static str {
        let now = self.now();
        match found {
            FoundIssued::Found(found) if !found.is_empty() => {
                found.into_iter().for_each(|one| self.orphan_found(one));
                self.rotation.new = None;
                SECRET_LOST
            }
            FoundIssued::Nothing | FoundIssued::Found(_) => {
                self.orphan_new(|_| Fate::NeverMade { at: now });
                NEVER_MADE
            }
            FoundIssued::CannotLook => {
                let known = self.rotation.new.as_ref();
                let is_there =
                    |lost: &Minted| self.rotation.orphans.iter().any(|orphan| orphan.tag == lost.tag);
                if known.is_some_and(|lost| lost.made_at.is_none() && is_there(lost)) {
                    // It is among the orphans already; only its place was kept.
                    self.rotation.new = None;
                }
                let fate = self.rotation.new.as_ref().map_or(Fate::Possible, |new| self.fate_unseen(new));
                self.orphan_new(|_| fate.clone());
                UNSEEN
            }
        }
    }

    fn orphan_found(&mut self, found: NewCredential) {
        let asked = self.rotation.new.as_ref();
        let mut orphan = Minted::new(Fate::Live);
        orphan.id = found.id;
        orphan.tag = asked.and_then(|new| new.tag.clone());
        if orphan.id.is_none() {
            // Of several with one secret only the id tells which is meant.
            orphan.fingerprint = asked.and_then(|new| new.fingerprint.clone());
        }
        orphan.made_at = asked.and_then(|new| new.made_at);
        orphan.expires_at = found.expires_at.or(asked.and_then(|new| new.expires_at));
        self.rotation.orphans.push(orphan);
    }

    /// The new one becomes an orphan with this fate.
    pub(super) fn orphan_new(&mut self, fate: impl Fn(&Minted) -> Fate) {
        if let Some(mut new) = self.rotation.new.take() {
            new.fate = fate(&new);
            self.rotation.orphans.push(new);
        }
    }
}

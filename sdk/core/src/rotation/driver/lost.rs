//! An answer that was lost: what the order made is looked for, once it must have shown.

use super::job::{Job, Next, Step};
use super::pace::{appearing, elapsed, later};
use crate::error::ErrorKind;
use crate::rotation::{Credential, Fate, Find, FoundIssued, IssueOrder, Minted, NewCredential};
use crate::sink::SinkCopy;

const NEVER_MADE: &str = "the order for a new credential did not arrive";
const SECRET_LOST: &str =
    "a new credential was made and its secret was lost on the way, so it is ended and another one made";
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
                self.orphan_new(|new| new.expires_at.map_or(Fate::Possible, |at| Fate::DiesAt { at }));
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

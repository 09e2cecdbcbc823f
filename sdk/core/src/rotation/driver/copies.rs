//! The secrets in the sinks: found again by their fingerprints, staged, promoted, forgotten.

use super::ground::Kept;
use super::job::{Job, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::grants::{Durable, Moment};
use crate::model::OneTimeSecret;
use crate::rotation::{Credential, Fingerprint, Minted};
use crate::sink::SinkCopy;

/// A secret that was looked for.
#[derive(Debug, Default)]
pub(super) struct Sought {
    pub(super) secret: Option<OneTimeSecret>,
    /// Why a place could not be read where it may be.
    unread: Option<Error>,
}

impl Sought {
    /// The secret; an error where it may still be in a place that cannot be read now.
    pub(super) fn certain(self) -> Result<Option<OneTimeSecret>> {
        match (self.secret, self.unread) {
            (None, Some(error)) => Err(error),
            (secret, _) => Ok(secret),
        }
    }
}

impl Job<'_> {
    /// Reads one copy of one sink; nothing where it gives nothing back.
    pub(super) async fn copy(&self, kept: &Kept, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        if !kept.reads_back() {
            return Ok(None);
        }
        kept.sink.read_back(&self.ground.label(), which).await.map_err(|error| at_sink(error, kept))
    }

    /// Looks for the first secret that fits.
    pub(super) async fn seek(&self, copies: &[SinkCopy], fits: impl Fn(&OneTimeSecret) -> bool) -> Sought {
        let mut sought = Sought::default();
        for kept in &self.ground.sinks {
            for which in copies {
                match self.copy(kept, *which).await {
                    Ok(Some(secret)) if fits(&secret) => {
                        sought.secret = Some(secret);
                        return sought;
                    }
                    Ok(_) => {}
                    Err(error) => sought.unread = Some(error),
                }
            }
        }
        sought
    }

    /// The secret with this fingerprint, wherever it is.
    async fn seek_print(&self, print: &Fingerprint) -> Sought {
        let copies = [SinkCopy::Live, SinkCopy::Staged, SinkCopy::Previous];
        let mut sought = self.seek(&copies, |secret| print.is_of(secret)).await;
        if let (None, Some(source)) = (&sought.secret, &self.ground.slot.current)
            && let Ok(value) = source.current().await
        {
            sought.secret = Some(OneTimeSecret::new(value)).filter(|secret| print.is_of(secret));
        }
        sought
    }

    /// The new secret: what is known, what was handed in, or what a sink gives back.
    pub(super) async fn new_secret(&mut self) -> Result<Option<OneTimeSecret>> {
        let Some(print) = self.rotation.new.as_ref().and_then(|new| new.fingerprint.clone()) else {
            return Ok(self.secret.clone());
        };
        if self.secret.is_none() {
            self.secret = self.handed.take_if(|handed| print.is_of(handed));
        }
        if self.secret.is_none() {
            self.secret = self.seek_print(&print).await.certain()?;
        }
        Ok(self.secret.clone())
    }

    /// A credential as a rotator takes it, with its secret where that can be read.
    ///
    /// # Errors
    /// When a place cannot be read where the secret may be.
    pub(super) async fn credential(&self, minted: &Minted) -> Result<Credential> {
        let mut credential = Credential::new();
        credential.id.clone_from(&minted.id);
        credential.tag.clone_from(&minted.tag);
        credential.rights.clone_from(&minted.rights);
        credential.expires_at = minted.expires_at;
        credential.secret = match (&minted.fingerprint, &self.secret) {
            (Some(print), Some(known)) if print.is_of(known) => Some(known.clone()),
            (Some(print), _) => self.seek_print(print).await.certain()?,
            (None, _) => None,
        };
        Ok(credential)
    }

    /// Whether a sink has this secret where it can give it back.
    pub(super) async fn is_kept(&self, secret: &OneTimeSecret) -> bool {
        self.seek(&[SinkCopy::Staged, SinkCopy::Live], |copy| copy == secret).await.secret.is_some()
    }

    /// Whether any sink can give anything back.
    pub(super) fn reads_back(&self) -> bool {
        self.ground.sinks.iter().any(Kept::reads_back)
    }

    /// Stages the new secret in every sink that does not have it; tries them all.
    pub(super) async fn stage_everywhere(&self) -> Result<()> {
        let Some(secret) = &self.secret else { return Ok(()) };
        let mut failed = Vec::new();
        for kept in &self.ground.sinks {
            let staged = self.copy(kept, SinkCopy::Staged).await.ok().flatten();
            if staged.is_some_and(|staged| staged == *secret) {
                continue;
            }
            self.at(Durable::Stage, Moment::Before);
            match kept.sink.stage(&self.ground.label(), secret).await {
                Ok(()) => self.at(Durable::Stage, Moment::After),
                Err(error) => failed.push(at_sink(error, kept)),
            }
        }
        failed.into_iter().next().map_or(Ok(()), Err)
    }

    /// Puts the new secret in its place in every sink; tries them all.
    pub(super) async fn promote_everywhere(&self) -> Result<()> {
        let mut failed = Vec::new();
        for kept in &self.ground.sinks {
            if let Err(error) = self.promote_in(kept).await {
                failed.push(at_sink(error, kept));
            }
        }
        failed.into_iter().next().map_or(Ok(()), Err)
    }

    async fn promote_in(&self, kept: &Kept) -> Result<()> {
        let label = self.ground.label();
        if kept.reads_back() {
            if self.is_live_in(kept).await? {
                return Ok(());
            }
            let staged = self.copy(kept, SinkCopy::Staged).await?;
            if !staged.is_some_and(|staged| self.is_new(&staged)) {
                let secret = self.secret.as_ref().ok_or_else(not_staged)?;
                self.at(Durable::Stage, Moment::Before);
                kept.sink.stage(&label, secret).await?;
                self.at(Durable::Stage, Moment::After);
            }
        }
        self.at(Durable::Promote, Moment::Before);
        kept.sink.promote(&label).await?;
        self.at(Durable::Promote, Moment::After);
        Ok(())
    }

    /// Sees that what is live in every sink that can tell is the new one. Where only one can live, whoever uses it may have
    /// put its successor there, for example a refresh token that every use replaces: only the old one has no place then.
    pub(super) async fn see_live(&self) -> Result<()> {
        for kept in self.ground.sinks.iter().filter(|kept| kept.reads_back()) {
            let live = self.copy(kept, SinkCopy::Live).await?;
            let is_right = match live {
                Some(live) if self.ground.info.is_in_place() => !self.is_old(&live),
                Some(live) => self.is_new(&live),
                None => false,
            };
            if !is_right {
                let message = "what is live there is not the new credential";
                let error = Error::new(ErrorKind::Conflict, message).with_remedy(
                    "see who else writes there; the old credential is not ended before it is right",
                );
                return Err(at_sink(error, kept));
            }
        }
        Ok(())
    }

    /// Sinks in which something is live that is neither the old one nor the new one.
    pub(super) async fn strangers(&self) -> Result<Vec<String>> {
        let mut strangers = Vec::new();
        for kept in &self.ground.sinks {
            let live = self.copy(kept, SinkCopy::Live).await?;
            if live.is_some_and(|live| !self.is_old(&live) && !self.is_new(&live)) {
                strangers.push(kept.name.clone());
            }
        }
        Ok(strangers)
    }

    fn is_old(&self, secret: &OneTimeSecret) -> bool {
        let old = self.rotation.old.as_ref().and_then(|old| old.fingerprint.as_ref());
        old.is_some_and(|old| old.is_of(secret))
    }

    async fn is_live_in(&self, kept: &Kept) -> Result<bool> {
        Ok(self.copy(kept, SinkCopy::Live).await?.is_some_and(|live| self.is_new(&live)))
    }

    fn is_new(&self, secret: &OneTimeSecret) -> bool {
        let print = self.rotation.new.as_ref().and_then(|new| new.fingerprint.as_ref());
        print.is_some_and(|print| print.is_of(secret))
    }

    /// Forgets what is staged beside the live one in every sink that has something there, unless it is the new one.
    pub(super) async fn discard_stale(&self) -> Result<()> {
        for kept in self.ground.sinks.iter().filter(|kept| kept.reads_back()) {
            if self.copy(kept, SinkCopy::Staged).await?.is_some_and(|staged| !self.is_new(&staged)) {
                self.discard(kept, SinkCopy::Staged).await?;
            }
        }
        Ok(())
    }

    /// Forgets a copy in every sink that has it, or that does not tell.
    pub(super) async fn discard_everywhere(&self, which: SinkCopy) -> Step<()> {
        self.still_ours().await?;
        for kept in &self.ground.sinks {
            if kept.reads_back() && self.copy(kept, which).await?.is_none() {
                continue;
            }
            self.discard(kept, which).await?;
        }
        Ok(())
    }

    async fn discard(&self, kept: &Kept, which: SinkCopy) -> Result<()> {
        self.at(Durable::Discard, Moment::Before);
        let forgotten = kept.sink.discard(&self.ground.label(), which).await;
        forgotten.map_err(|error| at_sink(error, kept))?;
        self.at(Durable::Discard, Moment::After);
        Ok(())
    }

    /// Whether every sink could stage something now.
    pub(super) async fn probe_sinks(&self) -> Result<()> {
        for kept in &self.ground.sinks {
            kept.sink.probe().await.map_err(|error| at_sink(error, kept))?;
        }
        Ok(())
    }
}

fn not_staged() -> Error {
    Error::new(ErrorKind::Conflict, "the new secret is not staged there any more")
        .with_remedy("put it there by hand, or hand it in again, and go on")
}

/// An error of a sink names it.
fn at_sink(error: Error, kept: &Kept) -> Error {
    error.found_at(&format!("sink {}", kept.name))
}

//! The credential in use when the rotation begins: what is known of it, and what the platform tells.

use super::job::{Job, Step};
use crate::error::{ErrorKind, Result};
use crate::model::{Evidence, OneTimeSecret, Proof};
use crate::rotation::{Credential, Fate, Fingerprint, Minted};
use crate::sink::SinkCopy;

const UNSEEN: &str = "the credential in use could not be read, so it cannot be told whether there is one: keep it in a sink \
    that gives it back, or name its source; its end will have to be confirmed by a person";
const NONE: &str = "no credential is in use as far as can be seen; if there is one, end it yourself";

impl Job<'_> {
    /// Finds out what is in use, before anything new is made: its secret, its id, its rights, its expiry. Once, unless
    /// somebody has put something else into its place while a person was waited for.
    pub(super) async fn learn_old(&mut self) -> Step<()> {
        if self.rotation.attempts > 0 {
            return Ok(());
        }
        let secret = self.secret_in_use().await?;
        if self.rotation.old.as_ref().is_some_and(|old| is_same(old, secret.as_ref())) {
            return Ok(());
        }
        let mut minted = self.remembered(secret.as_ref()).await?.unwrap_or_else(|| Minted::new(Fate::Live));
        minted.fate = Fate::Live;
        minted.fingerprint = secret.as_ref().map(Fingerprint::of);
        minted.made_at = minted.made_at.or(self.ground.slot.made_at);
        let mut known = Credential::new();
        known.id.clone_from(&minted.id);
        known.tag.clone_from(&minted.tag);
        known.expires_at = minted.expires_at;
        known.secret = secret;
        self.still_ours().await?;
        let began_at = self.now();
        let seen = self.ground.rotator()?.inspect(&self.ground.slot, &known, &self.cx()).await;
        let evidence = || Evidence { pages: 1, complete: true, ..Evidence::begun(began_at) };
        let is_known = known.secret.is_some();
        self.rotation.old = match seen {
            Ok(seen) => Some(Minted {
                id: seen.id.or(minted.id),
                tag: seen.tag.or(minted.tag),
                fingerprint: seen.secret.as_ref().or(known.secret.as_ref()).map(Fingerprint::of),
                rights: seen.rights,
                expires_at: seen.expires_at.or(minted.expires_at),
                ..minted
            }),
            Err(error) if error.kind() == ErrorKind::Unauthenticated && is_known => {
                minted.fate = Fate::Dead { proof: Proof::CredentialDead { evidence: evidence() } };
                Some(minted)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && is_known => {
                minted.fate = Fate::Dead { proof: Proof::Listed { evidence: evidence() } };
                Some(minted)
            }
            // Without its secret, a refusal may be about our own credential, and nothing is proven by it.
            Err(error)
                if error.kind() == ErrorKind::NotFound && self.all_read_back() && minted.id.is_none() =>
            {
                self.warnings.push(NONE.to_owned());
                None
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unauthenticated) => {
                self.warnings.push(UNSEEN.to_owned());
                Some(minted)
            }
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }

    /// The old one as a rotator takes it, where there is one that may live.
    pub(super) async fn old_credential(&self) -> Result<Option<Credential>> {
        match &self.rotation.old {
            Some(old) => self.credential(old).await.map(Some),
            None => Ok(None),
        }
    }

    async fn secret_in_use(&self) -> Result<Option<OneTimeSecret>> {
        let live = self.seek(&[SinkCopy::Live], |_| true).await.certain()?;
        match (live, &self.ground.slot.current) {
            (Some(live), _) => Ok(Some(live)),
            (None, Some(source)) => source.current().await.map(|value| Some(OneTimeSecret::new(value))),
            (None, None) => Ok(None),
        }
    }

    /// What the last rotation made, if that is what is in use.
    async fn remembered(&self, secret: Option<&OneTimeSecret>) -> Step<Option<Minted>> {
        let (store, credential) = (&self.rotation.store, &self.rotation.credential);
        let history = self.driver.history(store, credential).await.map_err(super::job::Halt::Ledger)?;
        let made = history.done.and_then(|rotation| rotation.new);
        let fits = |made: &Minted| match (&made.fingerprint, secret) {
            (Some(print), Some(secret)) => print.is_of(secret),
            (_, None) => true,
            (None, Some(_)) => false,
        };
        Ok(made.filter(fits))
    }

    fn all_read_back(&self) -> bool {
        self.ground.sinks.iter().all(super::ground::Kept::reads_back)
    }
}

fn is_same(old: &Minted, secret: Option<&OneTimeSecret>) -> bool {
    match (&old.fingerprint, secret) {
        (Some(print), Some(secret)) => print.is_of(secret),
        (None, None) => true,
        _ => false,
    }
}

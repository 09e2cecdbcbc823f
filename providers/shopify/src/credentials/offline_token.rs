//! An Admin token that never expires becomes one that is renewed: once for each store, irreversibly.
//! <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens>
//!
//! What is handed over is the refresh token, because an access token lives an hour. Using a refresh token replaces it, so
//! nothing here does that: the new one is tried with the access token that came with it, which is kept in memory alone.

use std::sync::PoisonError;

use guestpass::rotation::{
    Carried, Credential, Death, FoundIssued, IssueOrder, IssueOutcome, NewCredential, RetireOutcome,
    Verification,
};
use guestpass::{
    CallContext, Error, ErrorKind, Evidence, ExposeSecret, OneTimeSecret, Proof, Result, SecretString,
    Timestamp,
};
use oauth2::TokenResponse;

use super::{Rotator, held, scopes, steps, text_of};
use crate::tokens::{Control, later};

const LOST: &str = "the token that never expires is dead, and the answer that held the new ones is lost: guestpass has no \
                    authority on this store any more";
const AGAIN: &str = "authorise the app on the store again with `guestpass connect`, and hand the refresh token that it gives \
                     in to this rotation; nothing else brings tokens back";
const CHANGE_SETTINGS: &str = "the store's settings must change now: in place of `access_token`, which is dead, they name \
                               `client_id`, `client_secret`, and as `refresh_token` the place that this rotation's sink \
                               writes to; guestpass writes there with every renewal, and nobody else may use it";
const NOT_TRIED: &str = "using a refresh token replaces it, and the access token that came with it is no longer at hand; \
                         that the platform gave it is the proof";

/// What a migration gave and nobody was told.
pub(crate) struct Fresh {
    handed: SecretString,
    access: SecretString,
    until: Option<Timestamp>,
    /// Whether what was handed over is the access token, because the answer held no refresh token.
    incomplete: bool,
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fresh").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Rotator {
    pub(super) async fn inspect_offline(&self, known: &Credential, cx: &CallContext) -> Result<Credential> {
        if known.tag.is_none() {
            self.refuse_migrated()?;
        }
        let old = self.old_token(known).await?;
        let scopes = match self.scopes_of(&old, cx).await {
            Err(error) if error.status() == Some(401) && self.may_be_ours(known, cx).await? => {
                return Ok(known.clone());
            }
            scopes => scopes?,
        };
        let mut seen = known.clone();
        seen.secret = Some(OneTimeSecret::new(old));
        seen.rights = held(scopes);
        Ok(seen)
    }

    /// Whether a secret that bears our mark and opens nothing may be the refresh token of a migration whose answer got as far
    /// as a sink. Only its use could tell, and would replace it; but if the old token is dead, something took its place.
    async fn may_be_ours(&self, known: &Credential, cx: &CallContext) -> Result<bool> {
        if known.tag.is_none() || known.secret.is_none() {
            return Ok(false);
        }
        let Control::Static(source) = &self.control else { return Ok(true) };
        match self.with_token(&source.current().await?).is_alive(cx).await {
            Ok(()) => Ok(false),
            Err(error) if error.status() == Some(401) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Sent once, whatever happens.
    pub(super) async fn migrate(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome> {
        self.refuse_migrated()?;
        let endpoint = self.endpoint(order.slot)?;
        let secret = endpoint.client_secret().await?;
        if secret.expose_secret().is_empty() {
            return Err(Error::config(
                super::kinds::CLIENT_SECRET,
                "is missing",
                format!("the store's settings have none, so add it to the credential `{}`", order.slot.name),
            ));
        }
        let old = match order.old {
            Some(old) => self.old_token(old).await?,
            None => self.old_token(&Credential::new()).await?,
        };
        let asked_at = cx.clock().now();
        let tokens = endpoint.migrate(&secret, &old, cx).await?;
        let access = SecretString::from(tokens.access_token().secret().to_owned());
        let refresh = tokens.refresh();
        let fresh = Fresh {
            handed: refresh.clone().unwrap_or_else(|| access.clone()),
            access,
            until: tokens.expires_in().map(|life| later(asked_at, life)),
            incomplete: refresh.is_none(),
        };
        let dies_at = tokens.refresh_expires_in().map(|life| later(asked_at, life));
        let handed = OneTimeSecret::new(fresh.handed.clone());
        *self.fresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(IssueOutcome::Issued(NewCredential::new(None, Some(handed), dies_at)))
    }

    /// Nothing lists tokens; but the old one lives exactly as long as nothing was exchanged.
    pub(super) async fn find_migrated(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<FoundIssued> {
        let unknown = Credential::new();
        let Ok(old) = self.old_token(order.old.unwrap_or(&unknown)).await else {
            return Ok(FoundIssued::CannotLook);
        };
        match self.with_token(&old).is_alive(cx).await {
            Ok(()) => Ok(FoundIssued::Nothing),
            Err(error) if error.status() == Some(401) => {
                Err(Error::new(ErrorKind::Unauthenticated, LOST).with_remedy(AGAIN).with_source(error))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn verify_offline(
        &self,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let secret = candidate.known_secret()?;
        if self.control.has_refresh_token() {
            // The settings were changed already: the store is reached with what came of it.
            return Ok(Verification::accepted(held(scopes(&self.api, &self.address, cx).await?)));
        }
        let Some((access, incomplete)) = self.fresh_access(secret, cx.clock().now()) else {
            let mut verification = Verification::untried(NOT_TRIED);
            verification.warnings.push(CHANGE_SETTINGS.to_owned());
            return Ok(verification);
        };
        let mut verification = Verification::accepted(held(self.scopes_of(&access, cx).await?));
        verification.warnings.push(CHANGE_SETTINGS.to_owned());
        if incomplete {
            verification.warnings.push(
                "the answer held no refresh token: what was kept is an access token; set it as `access_token`, and find \
                 out why before it ends"
                    .to_owned(),
            );
        }
        Ok(verification)
    }

    fn fresh_access(&self, handed: &OneTimeSecret, now: Timestamp) -> Option<(SecretString, bool)> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = fresh.as_ref().filter(|fresh| fresh.handed.expose_secret() == handed.expose())?;
        let lives = fresh.until.is_none_or(|end| now < end);
        lives.then(|| (fresh.access.clone(), fresh.incomplete))
    }

    pub(super) fn carry_offline(&self) -> Carried {
        match self.control {
            // No step that is waited for: the sink's copy goes stale with the first renewal, so this is over before.
            Control::Static(_) => {
                Carried::Verified { what: vec![CHANGE_SETTINGS.to_owned()], left: Vec::new() }
            }
            Control::Kept(_) => Carried::nothing(),
        }
    }

    pub(super) async fn confirm_offline(&self, old: &Credential, cx: &CallContext) -> Result<Death> {
        let Ok(token) = self.old_token(old).await else {
            let reason = "the old token is no longer at hand, and no API lists tokens".to_owned();
            return Ok(Death::CannotTell { reason });
        };
        let mut evidence = Evidence::begun(cx.clock().now());
        match self.with_token(&token).is_alive(cx).await {
            Ok(()) => Ok(Death::Alive),
            Err(error) if error.status() == Some(401) => {
                evidence.complete = true;
                evidence.request_ids.extend(error.request_id().map(str::to_owned));
                Ok(Death::Dead { proof: Proof::CredentialDead { evidence } })
            }
            Err(error) => Err(error),
        }
    }

    /// The token that never expires: as it was handed over, or the one that the store's settings have.
    async fn old_token(&self, known: &Credential) -> Result<SecretString> {
        match (&known.secret, &self.control) {
            (Some(secret), _) => Ok(text_of(secret)),
            (None, Control::Static(source)) => source.current().await,
            (None, Control::Kept(_)) => Err(Error::new(ErrorKind::NotFound, "the old token cannot be read")),
        }
    }

    fn refuse_migrated(&self) -> Result<()> {
        match self.control {
            Control::Static(_) => Ok(()),
            Control::Kept(_) => Err(Error::new(
                ErrorKind::Unsupported,
                "the store's tokens are renewed by themselves already",
            )
            .with_remedy("take this credential out of the configuration: there is nothing to migrate")),
        }
    }
}

/// The old one died with the exchange. A new one that is given up dies only with another chain, or unused.
pub(super) fn retire(old: &Credential, heir: Option<&Credential>) -> RetireOutcome {
    match (heir, old.expires_at) {
        (Some(_), _) => RetireOutcome::AlreadyGone,
        (None, Some(at)) => RetireOutcome::AtExpiry { at: Some(at) },
        (None, None) => RetireOutcome::ActionRequired(steps::begin_anew()),
    }
}

//! Secrets of apps and headless clients: they are tried by minting a token, which shows for which site it is.

use std::sync::Arc;
use std::time::Duration;

use guestpass::rotation::{Credential, CredentialSlot, Death, Verification};
use guestpass::{
    CallContext, Error, ErrorKind, FixedSecret, Held, OneTimeSecret, Result, Right, SecretString,
};

use crate::client::SiteApi;
use crate::config::guid;
use crate::dialect::CredentialKind;
use crate::pair::{ClientPair, is_secret};
use crate::provider::{Holder, Wix};
use crate::token::{AppToken, Tokens};
use crate::wire::OauthApp;

/// Tokens live for four hours, and nothing public ends one. <https://dev.wix.com/docs/rest/app-management/oauth-2/create-access-token>
const TOKENS_LIVE: Duration = Duration::from_secs(14_400);
/// What the standard says of a secret that is not the client's. Other refusals may be about the installation.
const WRONG_SECRET: &str = "invalid_client";
const SEES_PEOPLE: &str = "Manage Contributors";

impl Wix {
    pub(super) async fn try_secret(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Verification> {
        let (app_id, instance_id) = self.app_of(slot)?;
        self.try_token(self.as_app(app_id, instance_id, app_secret(secret)?), cx).await
    }

    pub(super) async fn try_client(&self, secret: &OneTimeSecret, cx: &CallContext) -> Result<Verification> {
        let ClientPair { id, secret } = ClientPair::of(secret)?;
        self.try_token(self.as_app(id, None, secret), cx).await
    }

    pub(super) async fn death_of_secret(
        &self,
        slot: &CredentialSlot,
        secret: &OneTimeSecret,
        cx: &CallContext,
    ) -> Result<Death> {
        let (app_id, instance_id) = self.app_of(slot)?;
        // The app of the store itself gets a token in the same way: if it does, a refusal is about the secret.
        let control = match &self.holder {
            Holder::App(token) if token.is_of(&app_id, instance_id.as_deref()) => Some(token.clone()),
            _ => None,
        };
        self.death(&self.as_app(app_id, instance_id, app_secret(secret)?), control.as_deref(), cx).await
    }

    pub(super) async fn death_of_client(&self, secret: &OneTimeSecret, cx: &CallContext) -> Result<Death> {
        let ClientPair { id, secret } = ClientPair::of(secret)?;
        self.death(&self.as_app(id, None, secret), None, cx).await
    }

    /// What a human must copy from the old client. Without the right to read it, they look for themselves.
    pub(super) async fn settings_of_client(
        &self,
        old: Option<&Credential>,
        cx: &CallContext,
    ) -> Option<OauthApp> {
        let ClientPair { id, .. } = ClientPair::of(old?.secret.as_ref()?).ok()?;
        let read = self.site.oauth_app(&id, &cx.clone().failing_fast()).await;
        read.inspect_err(|error| tracing::debug!(%error, "the old client's settings could not be read")).ok()
    }

    async fn try_token(&self, token: AppToken, cx: &CallContext) -> Result<Verification> {
        self.facts_of_token(&token, cx).await?;
        let crate::provider::Reach { base, store, env, .. } = &self.reach;
        let site = SiteApi::new(
            &self.site_id,
            Arc::new(token),
            CredentialKind::App,
            base.clone(),
            store.clone(),
            env,
        )?;
        let held = match site.contributors(None, cx).await {
            Ok(_) => Held::Yes,
            Err(error)
                if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unauthenticated) =>
            {
                Held::No
            }
            Err(error) => return Err(error),
        };
        Ok(Verification::accepted(vec![Right::new(SEES_PEOPLE, held)]))
    }

    async fn death(&self, old: &AppToken, control: Option<&AppToken>, cx: &CallContext) -> Result<Death> {
        let error = match old.info(cx).await {
            Ok(_) => return Ok(Death::Alive),
            Err(error) if error.kind() == ErrorKind::Unauthenticated => error,
            Err(error) => return Err(error),
        };
        let is_the_secret = match control {
            _ if error.code() == Some(WRONG_SECRET) => true,
            Some(control) => control.fresh(cx).await.is_ok(),
            None => false,
        };
        if !is_the_secret {
            let code = error.code().unwrap_or("no code").to_owned();
            let reason = format!(
                "Wix gave no token and said `{code}`, which may be about the installation and not about the secret"
            );
            return Ok(Death::CannotTell { reason });
        }
        let at = cx.clock().now().checked_add(TOKENS_LIVE);
        at.map(|at| Death::DiesAt { at }).map_err(|error| {
            Error::new(ErrorKind::Internal, "the clock is at the end of time").with_source(error)
        })
    }

    fn app_of(&self, slot: &CredentialSlot) -> Result<(String, Option<String>)> {
        let of_store = self.reach.app.clone();
        let configured = slot.text("app_id").map(|id| guid("app_id", id)).transpose()?;
        let instance = slot.text("instance_id").map(|id| guid("instance_id", id)).transpose()?;
        match (configured, of_store) {
            (Some(app), Some((same, own))) if app == same => Ok((app, instance.or(own))),
            (Some(app), _) => Ok((app, instance)),
            (None, Some((app, own))) => Ok((app, instance.or(own))),
            (None, None) => Err(Error::config(
                "app_id",
                "is missing",
                "set it to the app whose secret it is: the store is reached with an API key",
            )),
        }
    }

    /// An app as the holder of this secret sees it. Its tokens are its own: none of another secret may answer for it.
    fn as_app(&self, app_id: String, instance_id: Option<String>, secret: SecretString) -> AppToken {
        let crate::provider::Reach { base, store, env, .. } = &self.reach;
        let secret = Arc::new(FixedSecret::new(secret));
        AppToken::new(app_id, secret, instance_id, base.clone(), store.clone(), &Tokens::default(), env)
    }
}

fn app_secret(secret: &OneTimeSecret) -> Result<SecretString> {
    let text = secret.expose().trim();
    if !is_secret(text) {
        return Err(Error::new(ErrorKind::InvalidRequest, "the secret is no secret of an app")
            .with_remedy("hand in the secret as the app's dashboard shows it, and nothing else"));
    }
    Ok(SecretString::from(text.to_owned()))
}

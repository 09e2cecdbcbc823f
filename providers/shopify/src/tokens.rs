//! Access tokens that are fetched or renewed, and when.
//!
//! Everything here keeps one promise: at any moment, also after a crash, some stored refresh token is good. A refresh
//! gives a new pair and keeps the old refresh token good until the new pair is first used; so the new refresh token is
//! written back before the new access token is used, and a pair that could not be written back is not used.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{
    BudgetKey, Environment, Error, ErrorKind, ExposeSecret, Result, SecretSource, SecretString, Timestamp,
};
use oauth2::TokenResponse;
use tokio::sync::Mutex;

use crate::ID;
use crate::config::Shop;
use crate::oauth::{TokenEndpoint, Tokens, newest};

/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_secs(120);
/// How long after a failed renewal the next one is tried, while the old token lives.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a connection's access tokens come from.
#[derive(Debug, Clone)]
pub(crate) enum Control {
    /// One that the merchant gave.
    Static(Arc<dyn SecretSource>),
    /// Fetched or renewed.
    Kept(Arc<TokenKeeper>),
}

impl Control {
    /// The same as a source of secrets.
    pub(crate) fn source(&self) -> Arc<dyn SecretSource> {
        match self {
            Self::Static(source) => source.clone(),
            Self::Kept(keeper) => keeper.clone(),
        }
    }

    /// When the token in use ends, as far as it is known; renewed first if it would not last for `needed`.
    pub(crate) async fn end_after(&self, needed: Duration) -> Result<Option<Timestamp>> {
        match self {
            Self::Static(_) => Ok(None),
            Self::Kept(keeper) => keeper.end_after(needed).await,
        }
    }

    /// Whether the token has a refresh token beside it.
    pub(crate) fn has_refresh_token(&self) -> bool {
        matches!(self, Self::Kept(keeper) if matches!(keeper.grant, Grant::Refresh { .. }))
    }
}

/// Keeps an access token that is good, for one connection.
#[derive(Debug)]
pub(crate) struct TokenKeeper {
    endpoint: Arc<TokenEndpoint>,
    grant: Grant,
    turn: BudgetKey,
    env: Environment,
    state: Mutex<State>,
}

/// How a token is come by.
#[derive(Debug)]
pub(crate) enum Grant {
    /// Asked for with the app's own secret.
    ClientCredentials,
    /// Renewed; `access` is where the newest access token is kept, if it is kept.
    Refresh { refresh: Arc<dyn SecretSource>, access: Option<Arc<dyn SecretSource>> },
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// A new pair that could not be written back, and the refresh token it was given for.
    unwritten: Option<Unwritten>,
    /// The stored access token that ours has replaced, where that could not be written back.
    superseded: Option<SecretString>,
}

#[derive(Debug, Clone)]
struct Held {
    token: SecretString,
    expires_at: Option<Timestamp>,
    renew_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Unwritten {
    given_for: SecretString,
    refresh: SecretString,
    access: Held,
}

impl TokenKeeper {
    pub(crate) fn new(endpoint: TokenEndpoint, grant: Grant, shop: &Shop, env: &Environment) -> Self {
        let turn = format!("{}/refresh/{}/{}", ID.as_str(), endpoint.client_id(), shop.as_str());
        Self {
            endpoint: Arc::new(endpoint),
            grant,
            turn: BudgetKey::new(turn),
            env: env.clone(),
            state: Mutex::default(),
        }
    }

    /// The token in use, as it is or renewed.
    async fn good(&self, state: &mut State) -> Result<Held> {
        if state.held.is_none()
            && let Grant::Refresh { access: Some(access), .. } = &self.grant
        {
            state.held = Some(Held { token: access.current().await?, expires_at: None, renew_at: None });
        }
        let now = self.env.clock().now();
        let held = match &state.held {
            Some(held) if held.renew_at.is_none_or(|at| now < at) => return Ok(held.clone()),
            held => held.clone(),
        };
        match (Box::pin(self.renew(state)).await, held) {
            (Ok(fresh), _) => Ok(fresh),
            (Err(error), Some(old)) if old.expires_at.is_some_and(|end| self.env.clock().now() < end) => {
                tracing::warn!(%error, "the access token could not be renewed; the old one is used while it lives");
                let next = later(self.env.clock().now(), PATIENCE);
                let old = Held { renew_at: Some(next), ..old };
                state.held = Some(old.clone());
                Ok(old)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Another token than the one in use.
    async fn renew(&self, state: &mut State) -> Result<Held> {
        let fresh = match &self.grant {
            Grant::ClientCredentials => {
                let secret = self.endpoint.client_secret().await?;
                self.fetch(&secret).await?
            }
            Grant::Refresh { refresh, access } => {
                let _turn = self.env.coordination().exclusive(&self.turn).await?;
                match self.somebody_elses(state, access.as_ref()).await? {
                    Some(theirs) => theirs,
                    None => {
                        let secret = self.endpoint.client_secret().await?;
                        self.refresh(state, &secret, refresh, access.as_ref()).await?
                    }
                }
            }
        };
        state.held = Some(fresh.clone());
        Ok(fresh)
    }

    async fn fetch(&self, secret: &SecretString) -> Result<Held> {
        let asked_at = self.env.clock().now();
        let tokens = self.endpoint.client_credentials(secret).await?;
        Ok(held(&tokens, asked_at))
    }

    /// Another token than the one in use, minted by this client secret whatever minted the others, and what is stored
    /// with it too. A token dies with the secret that minted it.
    pub(crate) async fn mint_with(&self, secret: &SecretString) -> Result<SecretString> {
        let mut state = self.state.lock().await;
        let fresh = match &self.grant {
            Grant::ClientCredentials => self.fetch(secret).await?,
            Grant::Refresh { refresh, access } => {
                let _turn = self.env.coordination().exclusive(&self.turn).await?;
                let kept = state.unwritten.is_some();
                let first = self.refresh(&mut state, secret, refresh, access.as_ref()).await?;
                match kept {
                    // That may have been the pair kept from before, which another secret minted.
                    true => self.refresh(&mut state, secret, refresh, access.as_ref()).await?,
                    false => first,
                }
            }
        };
        state.held = Some(fresh.clone());
        Ok(fresh.token)
    }

    /// The access token that is known, whether it works or not.
    pub(crate) async fn known_access(&self) -> Option<SecretString> {
        if let Some(held) = &self.state.lock().await.held {
            return Some(held.token.clone());
        }
        match &self.grant {
            Grant::Refresh { access: Some(access), .. } => access.current().await.ok(),
            _ => None,
        }
    }

    /// The token endpoint of the store's app.
    pub(crate) fn endpoint(&self) -> &Arc<TokenEndpoint> {
        &self.endpoint
    }

    /// Whether tokens are fetched, not renewed.
    pub(crate) fn fetches(&self) -> bool {
        matches!(self.grant, Grant::ClientCredentials)
    }

    /// What another process has stored meanwhile, if it has.
    async fn somebody_elses(
        &self,
        state: &mut State,
        access: Option<&Arc<dyn SecretSource>>,
    ) -> Result<Option<Held>> {
        let (Some(access), Some(ours)) = (access, &state.held) else { return Ok(None) };
        if !access.refused(&ours.token).await? {
            return Ok(None);
        }
        let stored = access.current().await?;
        if same(&stored, &ours.token) || state.superseded.as_ref().is_some_and(|old| same(old, &stored)) {
            return Ok(None);
        }
        state.unwritten = None;
        Ok(Some(Held { token: stored, expires_at: None, renew_at: None }))
    }

    async fn refresh(
        &self,
        state: &mut State,
        secret: &SecretString,
        refresh: &Arc<dyn SecretSource>,
        access: Option<&Arc<dyn SecretSource>>,
    ) -> Result<Held> {
        let stored = newest(refresh).await?;
        let pair = match state.unwritten.take() {
            Some(pair) if same(&pair.given_for, &stored) => pair,
            _ => {
                let asked_at = self.env.clock().now();
                let tokens = self.endpoint.refresh(secret, &stored).await?;
                let refresh = tokens.refresh().unwrap_or_else(|| stored.clone());
                Unwritten { given_for: stored.clone(), refresh, access: held(&tokens, asked_at) }
            }
        };
        if !same(&pair.refresh, &stored)
            && let Err(error) = refresh.replace(pair.refresh.clone()).await
        {
            state.unwritten = Some(pair);
            return Err(Error::new(
                ErrorKind::Config,
                "the renewed `refresh_token` could not be written back, so the token that came with it is not used",
            )
            .with_remedy(
                "make its place writable and try again: the stored refresh token stays good, and the new pair is kept \
                 meanwhile",
            )
            .with_source(error));
        }
        state.superseded = None;
        if let Some(access) = access.filter(|access| access.is_replaceable())
            && let Err(error) = access.replace(pair.access.token.clone()).await
        {
            tracing::warn!(%error, "the renewed access token could not be written back; other processes renew for themselves");
            state.superseded = access.current().await.ok();
        }
        Ok(pair.access)
    }

    async fn end_after(&self, needed: Duration) -> Result<Option<Timestamp>> {
        let mut state = self.state.lock().await;
        let held = self.good(&mut state).await?;
        let too_early =
            |held: &Held| held.expires_at.is_some_and(|end| end < later(self.env.clock().now(), needed));
        if !too_early(&held) {
            return Ok(held.expires_at);
        }
        Ok(Box::pin(self.renew(&mut state)).await?.expires_at)
    }
}

#[async_trait]
impl SecretSource for TokenKeeper {
    async fn current(&self) -> Result<SecretString> {
        let mut state = self.state.lock().await;
        Ok(self.good(&mut state).await?.token)
    }

    async fn refused(&self, value: &SecretString) -> Result<bool> {
        let mut state = self.state.lock().await;
        if state.held.as_ref().is_some_and(|held| !same(&held.token, value)) {
            return Ok(true);
        }
        Box::pin(self.renew(&mut state)).await?;
        Ok(true)
    }

    fn is_replaceable(&self) -> bool {
        false
    }

    async fn replace(&self, _value: SecretString) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "this token is fetched, and not set"))
    }
}

/// The token of an answer. Its life is counted from before the question, so it never ends before we think it does.
fn held(tokens: &Tokens, asked_at: Timestamp) -> Held {
    let token = SecretString::from(tokens.access_token().secret().to_owned());
    let Some(life) = tokens.expires_in() else {
        tracing::warn!(
            "the platform did not say how long the access token lives; it is used until it is refused"
        );
        return Held { token, expires_at: None, renew_at: None };
    };
    let renew_at = later(asked_at, life.saturating_sub(MARGIN.min(life / 2)));
    Held { token, expires_at: Some(later(asked_at, life)), renew_at: Some(renew_at) }
}

pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

pub(crate) fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

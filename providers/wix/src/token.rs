//! Access tokens of an app: minted when needed, used until shortly before they end, one mint under way at a time.
//! <https://dev.wix.com/docs/rest/app-management/oauth-2/create-access-token>

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::http::{
    ApiRequest, Authenticate, BaseUrl, Bytes, HeaderValue, HttpClient, HttpClientConfig, InRequest, Method,
    Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Clock, Environment, Error, ErrorKind, ExposeSecret, Result, SecretSource,
    SecretString, StoreHandle,
};
use serde_json::json;

use crate::ID;
use crate::client::{PER_MINUTE, retry_policy};
use crate::dialect::{CredentialKind, WixDialect, json};
use crate::wire::{MintedToken, TokenInfo};

pub(crate) const MINT: &str = "oauth2/token";

/// How long a token is believed where the answer does not say.
const UNTOLD_LIFETIME: Duration = Duration::from_secs(300);
/// A token is replaced when a tenth of its life is left, five minutes at most.
const LONGEST_MARGIN: Duration = Duration::from_secs(300);

type Cell = Arc<tokio::sync::Mutex<Option<Held>>>;

/// The tokens of all connections of a process, by address, app and installation.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    cells: std::sync::Mutex<HashMap<String, Cell>>,
}

impl Tokens {
    fn cell(&self, base: &BaseUrl, app: &str, instance: Option<&str>) -> Cell {
        let key = format!("{}/{app}/{}", base.host(), instance.unwrap_or_default());
        self.cells.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }
}

/// A token, the secret that it was minted with, and when to replace it.
struct Held {
    token: SecretString,
    secret: SecretString,
    until: Duration,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("until", &self.until).finish_non_exhaustive()
    }
}

/// Signs requests with an app's token.
#[derive(Debug)]
pub(crate) struct AppToken {
    http: HttpClient,
    clock: Arc<dyn Clock>,
    app_id: String,
    app_secret: Arc<dyn SecretSource>,
    instance_id: Option<String>,
    held: Cell,
}

impl AppToken {
    pub(crate) fn new(
        app_id: String,
        app_secret: Arc<dyn SecretSource>,
        instance_id: Option<String>,
        base: BaseUrl,
        store: StoreHandle,
        tokens: &Tokens,
        env: &Environment,
    ) -> Self {
        let held = tokens.cell(&base, &app_id, instance_id.as_deref());
        let budget = Budget::new(
            BudgetKey::new(format!("{}/app/{app_id}", ID.as_str())),
            PER_MINUTE,
            Duration::from_secs(60),
        )
        .with_parallel(2);
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base,
            dialect: Arc::new(WixDialect::new(env.clock().clone(), CredentialKind::App)),
            authenticate: Arc::new(InRequest),
            budget,
        };
        let http = HttpClient::new(config, env.clone()).with_retry_policy(retry_policy());
        Self { http, clock: env.clock().clone(), app_id, app_secret, instance_id, held }
    }

    /// A token that lives for a while still.
    async fn current(&self, cx: &CallContext) -> Result<SecretString> {
        let secret = self.app_secret.current().await?;
        let mut held = self.held.lock().await;
        let usable = |held: &&Held| {
            self.clock.monotonic() < held.until && held.secret.expose_secret() == secret.expose_secret()
        };
        if let Some(held) = held.as_ref().filter(usable) {
            return Ok(held.token.clone());
        }
        self.renew(&mut held, secret, cx).await
    }

    async fn renew(
        &self,
        held: &mut Option<Held>,
        secret: SecretString,
        cx: &CallContext,
    ) -> Result<SecretString> {
        *held = None;
        let (minted, secret) = match self.mint(&secret, cx).await {
            Err(error)
                if error.kind() == ErrorKind::Unauthenticated && self.app_secret.refused(&secret).await? =>
            {
                let fresh = self.app_secret.current().await?;
                (self.mint(&fresh, cx).await?, fresh)
            }
            minted => (minted?, secret),
        };
        let lifetime = minted.expires_in.map_or(UNTOLD_LIFETIME, Duration::from_secs);
        let margin = (lifetime / 10).min(LONGEST_MARGIN);
        let until = self.clock.monotonic().saturating_add(lifetime.saturating_sub(margin));
        let token = minted.access_token;
        *held = Some(Held { token: token.clone(), secret, until });
        Ok(token)
    }

    /// Every mint gives another token and ends none, so a lost answer may be asked for again.
    async fn mint(&self, secret: &SecretString, cx: &CallContext) -> Result<MintedToken> {
        let mut fields = json!({
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": secret.expose_secret(),
        });
        if let (Some(instance), Some(fields)) = (&self.instance_id, fields.as_object_mut()) {
            fields.insert("instance_id".to_owned(), json!(instance));
        }
        let request =
            ApiRequest::new(MINT, Method::POST, "/oauth2/token", ["oauth2", "token"], Safety::Idempotent)
                .with_json(&fields)?;
        self.http.send(&request, cx, json).await
    }

    /// Whether it is of this app and this installation.
    pub(crate) fn is_of(&self, app_id: &str, instance_id: Option<&str>) -> bool {
        self.app_id == app_id && self.instance_id.as_deref() == instance_id
    }

    /// Mints a token now, whatever is held: is the app's secret good?
    pub(crate) async fn fresh(&self, cx: &CallContext) -> Result<()> {
        let secret = self.app_secret.current().await?;
        let mut held = self.held.lock().await;
        self.renew(&mut held, secret, cx).await.map(drop)
    }

    /// Which site, and whose, the token is for. Public, and known from Wix's own package `@wix/auto_sdk_identity_oauth`.
    pub(crate) async fn info(&self, cx: &CallContext) -> Result<TokenInfo> {
        let token = self.current(cx).await?;
        let path = ["oauth2", "token-info"];
        let request =
            ApiRequest::new("oauth2/token-info", Method::POST, "/oauth2/token-info", path, Safety::Read)
                .with_json(&json!({ "token": token.expose_secret() }))?;
        self.http.send(&request, cx, json).await
    }
}

#[async_trait]
impl Authenticate for AppToken {
    async fn authorize(
        &self,
        request: &mut guestpass::http::Request<Bytes>,
        cx: &CallContext,
    ) -> Result<SecretString> {
        let token = self.current(cx).await?;
        request.headers_mut().insert("authorization", header(&token)?);
        Ok(token)
    }

    /// Mints once; if somebody else has done so meanwhile, that token is used.
    async fn refused(&self, used: &SecretString, cx: &CallContext) -> Result<bool> {
        let secret = self.app_secret.current().await?;
        let mut held = self.held.lock().await;
        let other = |held: &Held| held.token.expose_secret() != used.expose_secret();
        if held.as_ref().is_some_and(other) {
            return Ok(true);
        }
        self.renew(&mut held, secret, cx).await.map(|_| true)
    }
}

/// How a token is sent: raw, as Wix's own client does it. Wix's recipes put `Bearer` before it.
fn header(token: &SecretString) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(token.expose_secret())
        .map_err(|_| Error::new(ErrorKind::Protocol, "the access token that Wix gave cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

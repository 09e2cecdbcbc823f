//! Tokens of the Admin API: asked for one scope at a time, so that none can do more than its call needs.
//! <https://devdocs.prestashop-project.org/9/admin-api/oauth/>
//!
//! The `oauth2` crate writes the requests and reads the answers; they travel through the same pipeline as every other
//! request. Bodies of this address hold secrets both ways and are never shown.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, ApiResponse, Bytes, Dialect, Effect, Failure, HeaderMap, HeaderValue, HttpClient,
    HttpClientConfig, InRequest, Method, Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Clock, Environment, Error, ErrorKind, ExposeSecret, LimitSignal, Result,
    SecretString, StoreHandle,
};
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError, Scope,
    TokenResponse, TokenUrl,
};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::ID;
use crate::admin_client::{AdminClient, ClientPair};
use crate::client::budget;
use crate::config::Shop;
use crate::dialect::{asked_wait, limits};
use crate::scope::AdminScope;

/// How long a token is believed where the answer does not say.
const UNTOLD_LIFETIME: Duration = Duration::from_secs(300);
/// A token is replaced when a tenth of its life is left, a minute at most.
const LONGEST_MARGIN: Duration = Duration::from_secs(60);
/// An external server's limits are not known; this is more than anybody needs.
const EXTERNAL_REQUESTS: u32 = 10;
const EXTERNAL_WINDOW: Duration = Duration::from_secs(10);

/// The tokens of one client, kept until shortly before they end.
#[derive(Debug)]
pub(crate) struct Tokens {
    http: HttpClient,
    path: &'static [&'static str],
    clock: Arc<dyn Clock>,
    client: AdminClient,
    url: TokenUrl,
    held: Mutex<HashMap<AdminScope, Held>>,
}

struct Held {
    token: SecretString,
    until: Duration,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn new(
        client: AdminClient,
        shop: &Shop,
        store: StoreHandle,
        env: &Environment,
    ) -> Result<Self> {
        let external = client.token_url.clone();
        let budget = match &external {
            None => budget(shop),
            Some(url) => {
                let key = BudgetKey::new(format!("{}/token/{}", ID.as_str(), url.host()));
                Budget::new(key, EXTERNAL_REQUESTS, EXTERNAL_WINDOW).with_parallel(2)
            }
        };
        let path: &[&str] = if external.is_some() { &[] } else { &["admin-api", "access_token"] };
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base: external.unwrap_or_else(|| shop.base.clone()),
            dialect: Arc::new(TokenDialect { clock: env.clock().clone() }),
            authenticate: Arc::new(InRequest),
            budget,
        };
        // The crate wants an address; where a request really goes is the pipeline's to say.
        let url = TokenUrl::new("https://token.invalid/".to_owned())
            .map_err(|error| Error::new(ErrorKind::Internal, "an address is unusable").with_source(error))?;
        let http = HttpClient::new(config, env.clone());
        Ok(Self { http, path, clock: env.clock().clone(), client, url, held: Mutex::default() })
    }

    /// A token for this scope that lives for a while still.
    pub(crate) async fn current(&self, scope: AdminScope, cx: &CallContext) -> Result<SecretString> {
        let mut held = self.held.lock().await;
        if let Some(known) = held.get(&scope).filter(|known| self.clock.monotonic() < known.until) {
            return Ok(known.token.clone());
        }
        let asked_at = self.clock.monotonic();
        let Granted { token, lifetime } =
            self.ask(&[scope.as_str()], cx).await.map_err(|error| scope.explain(error))?;
        let margin = (lifetime / 10).min(LONGEST_MARGIN);
        let until = asked_at.saturating_add(lifetime.saturating_sub(margin));
        held.insert(scope, Held { token: token.clone(), until });
        Ok(token)
    }

    /// A token for all of these scopes at once, which is not kept: to try a client out. Without any, the token shows that
    /// the client is known, and can do nothing.
    pub(crate) async fn try_out(&self, scopes: &[&str], cx: &CallContext) -> Result<Granted> {
        self.ask(scopes, cx).await
    }

    /// The shop refused this token: the next one is asked for anew.
    pub(crate) async fn forget(&self, scope: AdminScope, refused: &SecretString) {
        let mut held = self.held.lock().await;
        if held.get(&scope).is_some_and(|known| known.token.expose_secret() == refused.expose_secret()) {
            held.remove(&scope);
        }
    }

    /// Every question gives another token and ends none, so a lost answer may be asked for again. A secret that was
    /// refused is read anew, once.
    async fn ask(&self, scopes: &[&str], cx: &CallContext) -> Result<Granted> {
        let (pair, value) = self.client.identity.current().await?;
        match self.exchange(scopes, &pair, cx).await {
            Err(error)
                if error.kind() == ErrorKind::Unauthenticated
                    && self.client.identity.refused(&value).await? =>
            {
                let (pair, _) = self.client.identity.current().await?;
                self.exchange(scopes, &pair, cx).await
            }
            asked => asked,
        }
    }

    async fn exchange(&self, scopes: &[&str], pair: &ClientPair, cx: &CallContext) -> Result<Granted> {
        let client = BasicClient::new(ClientId::new(pair.id.clone()))
            .set_client_secret(ClientSecret::new(pair.secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(self.url.clone());
        let sender = Sender { tokens: self, cx };
        let scopes = scopes.iter().map(|scope| Scope::new((*scope).to_owned()));
        let exchange = client.exchange_client_credentials().add_scopes(scopes);
        let answer = Box::pin(exchange.request_async(&sender)).await.map_err(told)?;
        Ok(Granted {
            token: SecretString::from(answer.access_token().secret().to_owned()),
            lifetime: answer.expires_in().unwrap_or(UNTOLD_LIFETIME),
        })
    }
}

/// A token that was given just now.
pub(crate) struct Granted {
    pub(crate) token: SecretString,
    pub(crate) lifetime: Duration,
}

/// Sends what the `oauth2` crate wrote.
struct Sender<'a> {
    tokens: &'a Tokens,
    cx: &'a CallContext,
}

impl Sender<'_> {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let path = self.tokens.path.iter().copied();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let request = ApiRequest::new("access_token", Method::POST, "{token_url}", path, Safety::Idempotent)
            .with_body(form, request.into_body());
        let body = self.tokens.http.send(&request, self.cx, readable).await?;
        Ok(HttpResponse::new(body.to_vec()))
    }
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The body, if it holds a token. Checked here, where the pipeline knows the status.
fn readable(response: &ApiResponse) -> Result<Bytes, Failure> {
    // The reader's own words could quote the body.
    let read = serde_json::from_slice::<BasicTokenResponse>(&response.body);
    read.map_err(|_| Failure::undecodable("it holds no token"))?;
    Ok(response.body.clone())
}

/// Our own error again. The others cannot come, and hold bodies, so nothing of them is kept.
fn told(error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        _ => Error::new(ErrorKind::Protocol, "the answer of the token endpoint cannot be read"),
    }
}

/// The manners of the token endpoint, in the words of RFC 6749.
#[derive(Debug)]
struct TokenDialect {
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Dialect for TokenDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let code = serde_json::from_slice::<Refusal>(&response.body).ok().map(|refusal| refusal.error);
        let refused = |kind, message: &str| Failure::new(kind, Effect::None, message);
        let failure = match (code.as_deref(), response.status.as_u16()) {
            (Some("invalid_client" | "unauthorized_client" | "invalid_grant"), _) => refused(
                ErrorKind::Unauthenticated,
                "the Admin API does not know the client, or its secret is another",
            )
            .with_remedy("check `admin_client_id` and `admin_client_secret`, or `admin_client`"),
            (Some("invalid_scope"), _) => {
                refused(ErrorKind::Unsupported, "the shop's Admin API does not know the scope")
                    .with_remedy("let the merchant update the module ps_apiresources")
            }
            (Some("access_denied"), _) => {
                refused(ErrorKind::PermissionDenied, "the API client was not granted the scope")
                    .with_remedy("tick it for the client under Advanced Parameters > Admin API")
            }
            (Some("invalid_request" | "unsupported_grant_type"), _) => {
                refused(ErrorKind::Internal, "the token endpoint does not understand what guestpass asked")
            }
            _ => without_code(response, failure),
        };
        Err(failure.with_code(code).with_wait(asked_wait(response, &*self.clock)))
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        limits(response, &*self.clock)
    }

    fn request_id(&self, _headers: &HeaderMap) -> Option<String> {
        None
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[]
    }
}

/// What the Admin API says before it looks at tokens and clients.
pub(crate) fn without_code(response: &ApiResponse, failure: Failure) -> Failure {
    match response.status.as_u16() {
        // A plain request is refused as if it were not authorised, with the right address beside it.
        401 if response.header("location").is_some() => {
            Failure::new(ErrorKind::Config, Effect::None, "the Admin API wants https").with_remedy("check `url`")
        }
        404 => Failure::new(ErrorKind::Unsupported, Effect::None, "the shop has no Admin API at this address")
            .with_remedy(
                "it is there from PrestaShop 9 on; the merchant switches it on under Advanced Parameters > Admin API, and \
                 with several shops the feature flag admin_api_multistore too; else leave out the API client",
            ),
        426 => Failure::new(ErrorKind::Config, Effect::None, "the Admin API wants a newer TLS"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::StatusCode;

    use super::*;

    fn classify(status: u16, location: bool, body: &str) -> Failure {
        let mut headers = HeaderMap::new();
        if location {
            headers.insert("location", HeaderValue::from_static("https://shop.example/"));
        }
        let response = ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        TokenDialect { clock: Arc::new(SystemClock::new()) }.classify("test", &response).unwrap_err()
    }

    #[test]
    fn refusals_mean_what_the_standard_and_the_shop_say() {
        use ErrorKind::*;
        for (status, code, kind) in [
            (401, "invalid_client", Unauthenticated),
            (400, "invalid_client", Unauthenticated),
            (400, "invalid_scope", Unsupported),
            (401, "access_denied", PermissionDenied),
            (400, "unsupported_grant_type", Internal),
            (400, "invalid_request", Internal),
        ] {
            let body = format!(r#"{{"error":"{code}","error_description":"words","hint":"hush"}}"#);
            let failure = classify(status, false, &body);
            assert_eq!((failure.kind, failure.code.as_deref()), (kind, Some(code)), "{status}");
            assert!(!format!("{failure:?}").contains("hush"));
        }
        assert_eq!(classify(401, true, "\"Use HTTPS protocol\"").kind, Config);
        assert_eq!(classify(401, false, "").kind, Unauthenticated);
        assert_eq!(classify(404, false, "<html>").kind, Unsupported);
        assert_eq!(classify(426, false, "").kind, Config);
        assert_eq!(classify(502, false, "").kind, Unavailable);
    }
}

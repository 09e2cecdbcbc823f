//! The login host, which exchanges the code of an installation for a token of the store:
//! <https://docs.bigcommerce.com/developer/docs/integrations/apps/guide/auth>.
//!
//! The `oauth2` crate writes the request and reads the answer; they travel through the same pipeline as every other
//! request. Bodies hold secrets both ways and are never shown.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, ApiResponse, BaseUrl, Bytes, Dialect, Effect, Failure, HeaderMap, HeaderValue, HttpClient,
    HttpClientConfig, InRequest, Method, Safety, parse_retry_after,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Clock, Environment, Error, ErrorKind, ExposeSecret, LimitSignal, Result,
    SecretString, StoreHandle, Url,
};
use oauth2::basic::BasicTokenType;
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointNotSet, EndpointSet, ErrorResponse, HttpRequest, HttpResponse, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenIntrospectionResponse, TokenResponse,
    TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::ID;
use crate::config::App;

/// No limit is documented for the login host; this is more than anybody needs.
const REQUESTS: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

type CodeClient = oauth2::Client<
    Refusal,
    Granted,
    StandardTokenIntrospectionResponse<EmptyExtraTokenFields, BasicTokenType>,
    StandardRevocableToken,
    Refusal,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What an exchange gives. There is no `token_type`, no expiry and no refresh token. Does not print itself.
#[derive(Deserialize, Serialize)]
pub(crate) struct Granted {
    access_token: AccessToken,
    /// `null` when the token may do nothing.
    #[serde(default, deserialize_with = "text")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "text")]
    context: Option<String>,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

/// A text; anything else counts as not told.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().map(str::to_owned))
}

impl Granted {
    /// What the token may do. This answer is the only place where the platform ever tells.
    pub(crate) fn scopes(&self) -> Vec<String> {
        self.scope.iter().flat_map(|scope| scope.split_whitespace()).map(str::to_owned).collect()
    }

    /// The store it is for, as `stores/HASH`.
    pub(crate) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl TokenResponse for Granted {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Refusal {
    error: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl ErrorResponse for Refusal {}

/// What the platform's callback said, to be handed back with the exchange.
#[derive(Debug)]
pub(crate) struct Installed<'c> {
    pub(crate) code: SecretString,
    pub(crate) context: &'c str,
    pub(crate) scope: &'c str,
    /// The app's callback address, as the developer portal knows it.
    pub(crate) redirect: &'c Url,
}

/// The login host for one app.
#[derive(Debug)]
pub(crate) struct LoginHost {
    http: HttpClient,
    app: App,
    url: TokenUrl,
}

impl LoginHost {
    pub(crate) fn new(app: App, base: BaseUrl, store: StoreHandle, env: &Environment) -> Result<Self> {
        let url = TokenUrl::new(format!("https://{}/oauth2/token", base.host())).map_err(|error| {
            Error::config("login_url", "is no address", "leave it out").with_source(error)
        })?;
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base,
            dialect: Arc::new(LoginDialect { clock: env.clock().clone() }),
            authenticate: Arc::new(InRequest),
            budget: Budget::new(
                BudgetKey::new(format!("{}/login/{}", ID.as_str(), app.client_id)),
                REQUESTS,
                WINDOW,
            ),
        };
        Ok(Self { http: HttpClient::new(config, env.clone()), app, url })
    }

    /// A token for the code of an installation. The app's former token of that store dies with it, and a code is good for
    /// one exchange, so this is never sent twice.
    pub(crate) async fn exchange(&self, installed: Installed<'_>, cx: &CallContext) -> Result<Granted> {
        let secret = self.app.client_secret.current().await?;
        let client: CodeClient = oauth2::Client::new(ClientId::new(self.app.client_id.clone()))
            .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_redirect_uri(RedirectUrl::from_url(installed.redirect.clone()))
            .set_token_uri(self.url.clone());
        let exchange = client
            .exchange_code(AuthorizationCode::new(installed.code.expose_secret().to_owned()))
            .add_extra_param("context", installed.context)
            .add_extra_param("scope", installed.scope);
        exchange.request_async(&OneExchange { host: self, cx }).await.map_err(told)
    }

    async fn send(&self, body: Vec<u8>, cx: &CallContext) -> Result<HttpResponse> {
        let request = ApiRequest::new(
            "oauth2/token",
            Method::POST,
            "/oauth2/token",
            ["oauth2", "token"],
            Safety::Write,
        )
        .with_body(HeaderValue::from_static("application/x-www-form-urlencoded"), body);
        let body = self.http.send(&request, cx, readable).await?;
        Ok(HttpResponse::new(body.to_vec()))
    }
}

/// The body, if it holds a token. Whoever comes without the parameters of a callback gets a page instead.
fn readable(response: &ApiResponse) -> Result<Bytes, Failure> {
    // The reader's own words could quote the body.
    let read = serde_json::from_slice::<Granted>(&response.body);
    read.map_err(|_| {
        Failure::undecodable("it holds no token; the login host answers with a page when it misses something")
    })?;
    Ok(response.body.clone())
}

/// The login host, for the one exchange of a code.
struct OneExchange<'h> {
    host: &'h LoginHost,
    cx: &'h CallContext,
}

impl<'c> AsyncHttpClient<'c> for OneExchange<'_> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.host.send(request.into_body(), self.cx))
    }
}

/// Our own error again. The others cannot come, and hold bodies, so nothing of them is kept.
fn told(error: RequestTokenError<Error, Refusal>) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        _ => Error::new(ErrorKind::Protocol, "the answer of the login host cannot be read"),
    }
}

/// The manners of the login host.
#[derive(Debug)]
struct LoginDialect {
    clock: Arc<dyn Clock>,
}

impl Dialect for LoginDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let refusal = serde_json::from_slice::<Refusal>(&response.body).ok();
        let code = refusal.map(|refusal| refusal.error).filter(|code| is_code(code));
        let failure = match (response.status.as_u16(), code.as_deref()) {
            (_, Some("invalid_grant")) => Failure::new(
                ErrorKind::InvalidRequest,
                Effect::None,
                "the code was used already, is too old, or belongs to another app",
            )
            .with_remedy("let the app be opened in the control panel again: that gives a new code"),
            (_, Some("invalid_client")) | (401, _) => {
                Failure::new(ErrorKind::Unauthenticated, Effect::None, "the app's secret was refused")
                    .with_remedy("check `client_id` and `client_secret`; both stand in the developer portal")
            }
            (429, _) => failure.with_wait(
                response.header("retry-after").and_then(|wait| parse_retry_after(wait, self.clock.now())),
            ),
            _ => failure,
        };
        Err(failure.with_code(code))
    }

    fn limits(&self, _response: &ApiResponse) -> LimitSignal {
        LimitSignal::default()
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[]
    }
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_exchange_gives_does_not_print_itself() {
        let body = r#"{"access_token":"marker","scope":"a b","context":"stores/x","user":{"id":1}}"#;
        let granted: Granted = serde_json::from_str(body).unwrap();
        assert!(!format!("{granted:?}").contains("marker"));
        assert_eq!(
            (granted.scopes(), granted.context()),
            (vec!["a".to_owned(), "b".to_owned()], Some("stores/x"))
        );
        let nothing: Granted =
            serde_json::from_str(r#"{"access_token":"marker","scope":null,"context":7}"#).unwrap();
        assert!(nothing.scopes().is_empty() && nothing.context().is_none());
    }
}

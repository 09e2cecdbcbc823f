//! The token endpoint: <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens>.
//!
//! The `oauth2` crate writes the requests and reads the answers; they travel through the same pipeline as every other
//! request. Bodies of this address hold secrets both ways and are never shown: nothing here prints them.

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
    Budget, BudgetKey, CallContext, Clock, Environment, Error, ErrorKind, ExposeSecret, LimitSignal,
    Priority, Result, SecretSource, SecretString, StoreHandle,
};
use oauth2::basic::BasicTokenType;
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointNotSet, EndpointSet, ErrorResponse, HttpRequest, HttpResponse, RefreshToken, RequestTokenError,
    Scope, StandardRevocableToken, StandardTokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};
use url::form_urlencoded;

use crate::ID;
use crate::config::{App, Shop};
use crate::dialect::title;

/// No limit is documented for the endpoint; this is more than anybody needs.
const REQUESTS: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const OFFLINE_TOKEN: &str = "urn:shopify:params:oauth:token-type:offline-access-token";

type Grants = oauth2::Client<
    Refusal,
    Tokens,
    StandardTokenIntrospectionResponse<EmptyExtraTokenFields, BasicTokenType>,
    StandardRevocableToken,
    Refusal,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Tokens, as the endpoint gives them. There is no `token_type`, and scopes are separated by commas. Does not print
/// itself.
#[derive(Deserialize, Serialize)]
pub(crate) struct Tokens {
    access_token: AccessToken,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "seconds")]
    refresh_token_expires_in: Option<u64>,
    #[serde(default, deserialize_with = "text")]
    scope: Option<String>,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

/// A number of seconds; anything else counts as not told.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str()?.parse().ok()))
}

/// A text; anything else counts as not told.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().map(str::to_owned))
}

impl Tokens {
    /// The refresh token, where there is one.
    pub(crate) fn refresh(&self) -> Option<SecretString> {
        self.refresh_token.as_ref().map(|token| SecretString::from(token.secret().to_owned()))
    }

    /// How long the refresh token lives unused, where that is told.
    pub(crate) fn refresh_expires_in(&self) -> Option<Duration> {
        self.refresh_token_expires_in.map(Duration::from_secs)
    }

    /// What they are good for. Scopes are separated by commas.
    pub(crate) fn granted(&self) -> Vec<String> {
        let scopes = self.scope.iter().flat_map(|scope| scope.split(','));
        scopes.map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

impl TokenResponse for Tokens {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// A refusal, as the endpoint writes it where it writes JSON.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Refusal {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl ErrorResponse for Refusal {}

/// The token endpoint of one store for one app.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    http: HttpClient,
    env: Environment,
    app: App,
    url: TokenUrl,
}

impl TokenEndpoint {
    pub(crate) fn new(
        app: App,
        shop: &Shop,
        base: BaseUrl,
        store: StoreHandle,
        env: &Environment,
    ) -> Result<Self> {
        let url = TokenUrl::new(format!("https://{}/admin/oauth/access_token", shop.as_str()))
            .map_err(|error| Error::config("shop", "is no address", "check it").with_source(error))?;
        let key = format!("{}/oauth/{}/{}", ID.as_str(), app.client_id, shop.as_str());
        let config = HttpClientConfig {
            provider: ID.clone(),
            store,
            base,
            dialect: Arc::new(TokenDialect { clock: env.clock().clone() }),
            authenticate: Arc::new(InRequest),
            budget: Budget::new(BudgetKey::new(key), REQUESTS, WINDOW),
        };
        Ok(Self { http: HttpClient::new(config, env.clone()), env: env.clone(), app, url })
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.app.client_id
    }

    /// The client secret that is stored now, not what was read earlier: the platform goes on accepting an old one, and
    /// what it mints dies with it.
    pub(crate) async fn client_secret(&self) -> Result<SecretString> {
        newest(&self.app.client_secret).await
    }

    /// A token for a day, for apps and stores of one organisation.
    /// <https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant>
    pub(crate) async fn client_credentials(&self, secret: &SecretString) -> Result<Tokens> {
        let sent = self.grants(secret).exchange_client_credentials().request_async(self).await;
        sent.map_err(told)
    }

    /// A new pair for a refresh token. Asking again with the same one is allowed until the new pair is used, so a lost
    /// answer is asked for again.
    /// <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens>
    pub(crate) async fn refresh(&self, secret: &SecretString, refresh: &SecretString) -> Result<Tokens> {
        let token = RefreshToken::new(refresh.expose_secret().to_owned());
        let sent = self.grants(secret).exchange_refresh_token(&token).request_async(self).await;
        sent.map_err(told)
    }

    /// A pair in place of a token that never expires, which dies. Once for each store, and there is no way back: sent once.
    /// <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens>
    pub(crate) async fn migrate(
        &self,
        secret: &SecretString,
        old: &SecretString,
        cx: &CallContext,
    ) -> Result<Tokens> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", TOKEN_EXCHANGE)
            .append_pair("client_id", &self.app.client_id)
            .append_pair("client_secret", secret.expose_secret())
            .append_pair("subject_token", old.expose_secret())
            .append_pair("subject_token_type", OFFLINE_TOKEN)
            .append_pair("requested_token_type", OFFLINE_TOKEN)
            .append_pair("expiring", "1")
            .finish();
        let body = self.post(body.into_bytes(), Safety::Write, cx).await?;
        serde_json::from_slice(&body).map_err(|_| unreadable())
    }

    /// Tokens for a code that an installation gave. Good for one exchange, so it is never sent twice.
    /// <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant>
    pub(crate) async fn exchange_code(&self, code: &str, expiring: bool, cx: &CallContext) -> Result<Tokens> {
        let grants = self.grants(&self.client_secret().await?);
        let code = AuthorizationCode::new(code.to_owned());
        let exchange = grants.exchange_code(code);
        let exchange = if expiring { exchange.add_extra_param("expiring", "1") } else { exchange };
        let sent = exchange.request_async(&OneExchange { endpoint: self, cx }).await;
        sent.map_err(told)
    }

    fn grants(&self, secret: &SecretString) -> Grants {
        oauth2::Client::new(ClientId::new(self.app.client_id.clone()))
            .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(self.url.clone())
    }

    async fn post(&self, form: Vec<u8>, safety: Safety, cx: &CallContext) -> Result<Bytes> {
        let request = ApiRequest::new(
            "oauth/access_token",
            Method::POST,
            "/admin/oauth/access_token",
            ["admin", "oauth", "access_token"],
            safety,
        )
        .with_body(HeaderValue::from_static("application/x-www-form-urlencoded"), form);
        self.http.send(&request, cx, readable).await
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let cx = self.env.call().with_priority(Priority::Removal);
        let body = self.post(request.into_body(), Safety::Idempotent, &cx).await?;
        Ok(HttpResponse::new(body.to_vec()))
    }
}

/// The body, if it holds tokens. Checked here, where the pipeline knows status and request id.
fn readable(response: &ApiResponse) -> Result<Bytes, Failure> {
    // The reader's own words could quote the body.
    let read = serde_json::from_slice::<Tokens>(&response.body);
    read.map_err(|_| Failure::undecodable("it holds no tokens"))?;
    Ok(response.body.clone())
}

impl<'c> AsyncHttpClient<'c> for TokenEndpoint {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The endpoint, for the one exchange of a code.
struct OneExchange<'e> {
    endpoint: &'e TokenEndpoint,
    cx: &'e CallContext,
}

impl<'c> AsyncHttpClient<'c> for OneExchange<'_> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let body = without_grant_type(request.body());
        Box::pin(async move {
            let body = self.endpoint.post(body, Safety::Write, self.cx).await?;
            Ok(HttpResponse::new(body.to_vec()))
        })
    }
}

/// The vendor's form of this request has no `grant_type`. Whether one is ignored is not documented.
fn without_grant_type(form: &[u8]) -> Vec<u8> {
    let fields = url::form_urlencoded::parse(form).filter(|(name, _)| name != "grant_type");
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// Our own error again. The others cannot come, and hold bodies, so nothing of them is kept.
fn told(error: RequestTokenError<Error, Refusal>) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        _ => unreadable(),
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Protocol, "the answer of the token endpoint cannot be read")
}

/// What is stored now, not what was read earlier.
pub(crate) async fn newest(source: &Arc<dyn SecretSource>) -> Result<SecretString> {
    let known = source.current().await?;
    source.refused(&known).await?;
    source.current().await
}

/// The manners of the token endpoint.
#[derive(Debug)]
struct TokenDialect {
    clock: Arc<dyn Clock>,
}

impl Dialect for TokenDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let (code, words) = code_and_words(&response.text());
        let refused = |message: &str, remedy: &str| {
            Failure::new(ErrorKind::Unauthenticated, Effect::None, message).with_remedy(remedy)
        };
        let failure = match (response.status.as_u16(), code.as_deref()) {
            (400, Some("application_cannot_be_found")) => refused(
                "the platform knows no app with this client id",
                "check `client_id`; a new app is known only after some seconds",
            ),
            (400, Some("app_not_installed")) => refused(
                "the app is not installed on this store",
                "let the merchant install it, or check that `client_id` and `shop` belong together",
            ),
            (400, Some("shop_not_permitted")) => Failure::new(
                ErrorKind::PermissionDenied,
                Effect::None,
                "the app and the store belong to different organisations",
            )
            .with_remedy("use a token that the merchant's installation gave, with its `refresh_token`"),
            (400, Some("invalid_request")) => refused(
                "the token endpoint refused the request",
                "one of two: `client_secret` is wrong or was revoked, or what was handed in with it (a refresh token, or a code that is used up, too old or another app's) is no longer good",
            ),
            (400, Some("invalid_subject_token")) => refused(
                "the token endpoint refused the token that was to be exchanged",
                "it is dead, or it expires already, or it belongs to another app or store",
            ),
            (401, _) => refused(
                "the refresh token is dead",
                "authorise the app on this store again, and store the new refresh token",
            ),
            (404, _) => failure.with_remedy("check `shop`: there may be no such store"),
            (429, _) => failure.with_wait(
                response.header("retry-after").and_then(|wait| parse_retry_after(wait, self.clock.now())),
            ),
            _ => failure,
        };
        Err(failure.with_code(code).with_vendor_message(words))
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

/// Code and text of a refusal, from JSON or from the title of a page: `400 - Oauth error CODE: TEXT`.
fn code_and_words(body: &str) -> (Option<String>, Option<String>) {
    if let Ok(Refusal { error, error_description }) = serde_json::from_str(body) {
        return (Some(error).filter(|code| is_code(code)), error_description);
    }
    let Some(title) = title(body) else { return (None, None) };
    let Some((_, said)) = title.split_once("Oauth error ") else { return (None, Some(title)) };
    let (code, words) = said.split_once(':').unwrap_or((said, ""));
    let code = Some(code.trim().to_owned()).filter(|code| is_code(code));
    (code, Some(words.trim().to_owned()).filter(|words| !words.is_empty()))
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::StatusCode;

    use super::*;

    fn failure(status: u16, body: &str) -> Failure {
        let dialect = TokenDialect { clock: Arc::new(SystemClock::new()) };
        let response = ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        dialect.classify("test", &response).unwrap_err()
    }

    fn page(status: u16, code: &str) -> String {
        format!(
            "<html><head><title>{status} - Oauth error {code}: words</title></head><body>hush</body></html>"
        )
    }

    #[test]
    fn codes_are_read_from_json_and_from_pages() {
        for code in ["application_cannot_be_found", "invalid_request", "app_not_installed"] {
            for body in [page(400, code), format!(r#"{{"error":"{code}","error_description":"words"}}"#)] {
                let failure = failure(400, &body);
                assert_eq!(failure.kind, ErrorKind::Unauthenticated, "{body}");
                assert_eq!(failure.code.as_deref(), Some(code));
                assert_eq!(failure.vendor_message.as_deref(), Some("words"), "and nothing of the page");
            }
        }
        assert_eq!(failure(400, &page(400, "shop_not_permitted")).kind, ErrorKind::PermissionDenied);
        let dead = failure(401, r#"{"error":"invalid_request","error_description":"words"}"#);
        assert!(dead.remedy.unwrap().contains("authorise the app"));
        let both = failure(400, &page(400, "invalid_request")).remedy.unwrap();
        assert!(both.contains("client_secret") && both.contains("handed in"), "{both}");
        assert_eq!(failure(404, "<title>Store unavailable</title>").kind, ErrorKind::NotFound);
        assert_eq!(
            (failure(520, "").kind, failure(520, "").effect),
            (ErrorKind::Unavailable, Effect::Possible)
        );
    }

    #[test]
    fn tokens_do_not_print_themselves() {
        let body = r#"{"access_token":"hush-1","refresh_token":"hush-2","expires_in":3600,"scope":"a,b"}"#;
        let tokens: Tokens = serde_json::from_str(body).unwrap();
        assert!(!format!("{tokens:?}").contains("hush"));
        assert_eq!(tokens.expires_in(), Some(Duration::from_secs(3600)));
        let bare: Tokens = serde_json::from_str(r#"{"access_token":"hush","expires_in":null}"#).unwrap();
        assert_eq!(bare.expires_in(), None);
    }
}

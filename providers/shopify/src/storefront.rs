//! Vendor calls for storefront access tokens, and the Storefront API that takes them.
//!
//! Tokens: <https://shopify.dev/docs/api/admin-graphql/latest/objects/StorefrontAccessToken>; the Storefront API:
//! <https://shopify.dev/docs/api/storefront>.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{
    ApiRequest, ApiResponse, Dialect, Effect, Failure, HeaderMap, HeaderName, HeaderToken, HttpClient,
    HttpClientConfig, Method, Safety,
};
use guestpass::{
    Budget, BudgetKey, CallContext, Environment, Error, ErrorKind, Evidence, FixedSecret, LimitSignal,
    OneTimeSecret, Result, SecretString,
};
use serde_json::{Value, json};

use crate::ID;
use crate::client::{Address, AdminApi, no_result, without_reader_words};
use crate::dialect::{Answer, answer, graphql};
use crate::wire::{
    StorefrontConnection, StorefrontCreateData, StorefrontData, StorefrontDeleteData, StorefrontToken,
};

const STOREFRONT_HEADER: HeaderName = HeaderName::from_static("x-shopify-storefront-access-token");

/// How many tokens a page holds; it costs as much as a page of people.
const PAGE: u32 = 50;
/// A store has a hundred at most; this is where a listing that does not end is given up.
const MOST_PAGES: u32 = 20;
/// How many tokens an app may have on a store.
pub(crate) const MOST_TOKENS: usize = 100;

/// The Storefront API counts no requests; this is more than a rotation needs.
const REQUESTS: u32 = 10;
const WINDOW: Duration = Duration::from_secs(10);

impl AdminApi {
    /// All storefront tokens of the app on the store; with their texts only where they are needed.
    /// <https://shopify.dev/docs/api/admin-graphql/latest/objects/Shop#field-Shop.fields.storefrontAccessTokens>
    pub(crate) async fn storefront_tokens(
        &self,
        with_secrets: bool,
        evidence: &mut Evidence,
        cx: &CallContext,
    ) -> Result<Vec<StorefrontToken>> {
        let mut tokens = Vec::new();
        let mut cursors = HashSet::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let (page, request_id) = self.storefront_page(with_secrets, after.as_deref(), cx).await?;
            evidence.pages += 1;
            evidence.request_ids.extend(request_id);
            tokens.extend(page.nodes);
            after = match (page.page_info.has_next_page, page.page_info.end_cursor) {
                (false, _) => {
                    evidence.complete = true;
                    return Ok(tokens);
                }
                (true, Some(cursor)) if cursors.insert(cursor.clone()) => Some(cursor),
                (true, _) => break,
            };
        }
        Err(Error::new(ErrorKind::Protocol, "the list of storefront tokens does not end"))
    }

    async fn storefront_page(
        &self,
        with_secrets: bool,
        after: Option<&str>,
        cx: &CallContext,
    ) -> Result<(StorefrontConnection, Option<String>)> {
        let query = match with_secrets {
            true => include_str!("queries/storefront_tokens_with_secrets.graphql"),
            false => include_str!("queries/storefront_tokens.graphql"),
        };
        let variables = json!({ "first": PAGE, "after": after });
        let request = self.request("storefrontAccessTokens", query, &variables, Safety::Read)?;
        self.http
            .send(&request, cx, |response| {
                let data: StorefrontData = graphql(response).map_err(without_reader_words)?;
                let request_id = response.header("x-request-id").map(str::to_owned);
                Ok((data.shop.storefront_access_tokens, request_id))
            })
            .await
    }

    /// Makes a token with every `unauthenticated_*` scope of the app.
    /// <https://shopify.dev/docs/api/admin-graphql/latest/mutations/storefrontAccessTokenCreate>
    pub(crate) async fn storefront_create(&self, title: &str, cx: &CallContext) -> Result<StorefrontToken> {
        let query = include_str!("queries/storefront_create.graphql");
        let variables = json!({ "title": title });
        let request = self.request("storefrontAccessTokenCreate", query, &variables, Safety::Write)?;
        self.http
            .send(&request, cx, |response| {
                let data: StorefrontCreateData = graphql(response).map_err(without_reader_words)?;
                let payload = data.storefront_access_token_create.ok_or_else(no_result)?;
                if let Some(error) = payload.user_errors.into_iter().next() {
                    let refused = "the platform refused to make a storefront token";
                    return Err(Failure::new(ErrorKind::InvalidRequest, Effect::None, refused)
                        .with_vendor_message(error.message));
                }
                let nothing = || Failure::undecodable("it has neither a token nor an error");
                payload.storefront_access_token.ok_or_else(nothing)
            })
            .await
    }

    /// Deletes a token; gives whether the platform says that it did. If not, a look at the list tells more than its words.
    /// <https://shopify.dev/docs/api/admin-graphql/latest/mutations/storefrontAccessTokenDelete>
    pub(crate) async fn storefront_delete(&self, id: &str, cx: &CallContext) -> Result<bool> {
        let query = include_str!("queries/storefront_delete.graphql");
        let variables = json!({ "id": id });
        let request = self.request("storefrontAccessTokenDelete", query, &variables, Safety::Idempotent)?;
        self.http
            .send(&request, cx, |response| {
                let data: StorefrontDeleteData = graphql(response)?;
                let payload = data.storefront_access_token_delete.ok_or_else(no_result)?;
                Ok(payload.user_errors.is_empty() && payload.deleted_storefront_access_token_id.is_some())
            })
            .await
    }
}

/// What the Storefront API makes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// It takes it.
    Works,
    /// It refuses it as no token.
    Refused,
    /// It refuses the request, and that may have other causes.
    Forbidden,
}

/// Uses a storefront token as whoever holds it would.
///
/// UNVERIFIED: how the Storefront API refuses a token that is gone. A 401 and the code `UNAUTHORIZED` count as refused, a
/// 403 as "perhaps"; and a field that is denied to a token shows that the token is known.
pub(crate) async fn try_token(
    address: &Address,
    token: &OneTimeSecret,
    evidence: &mut Evidence,
    env: &Environment,
    cx: &CallContext,
) -> Result<Tried> {
    let token = Arc::new(FixedSecret::new(SecretString::from(token.expose().to_owned())));
    let key = BudgetKey::new(format!("{}/storefront/{}", ID.as_str(), address.shop.as_str()));
    let config = HttpClientConfig {
        provider: ID.clone(),
        store: address.store.clone(),
        base: address.base.clone(),
        dialect: Arc::new(StorefrontDialect),
        authenticate: Arc::new(HeaderToken::new(STOREFRONT_HEADER, token)),
        budget: Budget::new(key, REQUESTS, WINDOW),
    };
    let query = include_str!("queries/storefront_is_alive.graphql");
    let request = ApiRequest::new(
        "storefront",
        Method::POST,
        "/api/{version}/graphql.json",
        ["api", &address.version, "graphql.json"],
        Safety::Read,
    )
    .with_json(&json!({ "query": query, "variables": {} }))?;
    let http = HttpClient::new(config, env.clone());
    let (tried, request_id) = http.send(&request, cx, judged).await?;
    evidence.request_ids.extend(request_id);
    Ok(tried)
}

fn judged(response: &ApiResponse) -> Result<(Tried, Option<String>), Failure> {
    let tried = match response.status.as_u16() {
        401 => Tried::Refused,
        403 => Tried::Forbidden,
        _ => match answer::<Value>(response) {
            Ok(Answer::Whole(_) | Answer::Partial(_)) => Tried::Works,
            Err(failure) => match failure.code.as_deref() {
                Some("UNAUTHORIZED") => Tried::Refused,
                Some("ACCESS_DENIED") => Tried::Works,
                _ => return Err(failure),
            },
        },
    };
    Ok((tried, response.header("x-request-id").map(str::to_owned)))
}

/// The manners of the Storefront API. A refused token is an answer here, not an error: it is what is asked for.
#[derive(Debug)]
struct StorefrontDialect;

impl Dialect for StorefrontDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        match response.status.as_u16() {
            401 | 403 => Ok(()),
            _ => Failure::from_status(response.status).map_or(Ok(()), Err),
        }
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

#[cfg(test)]
mod tests {
    use guestpass::http::{Bytes, StatusCode};

    use super::*;

    fn tried(status: u16, body: &str) -> Result<Tried, ErrorKind> {
        let response = ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let judged = StorefrontDialect.classify("test", &response).and_then(|()| judged(&response));
        judged.map(|(tried, _)| tried).map_err(|failure| failure.kind)
    }

    #[test]
    fn a_token_is_dead_only_where_the_platform_says_so() {
        let coded = |code| format!(r#"{{"errors":[{{"message":"m","extensions":{{"code":"{code}"}}}}]}}"#);
        let data = r#"{"data":{"shop":{"name":"Acme"}}}"#;
        assert_eq!(tried(200, data), Ok(Tried::Works));
        assert_eq!(
            tried(200, &coded("ACCESS_DENIED")),
            Ok(Tried::Works),
            "known, and not allowed to see this"
        );
        assert_eq!(tried(200, &coded("UNAUTHORIZED")), Ok(Tried::Refused));
        assert_eq!(tried(401, ""), Ok(Tried::Refused));
        assert_eq!(tried(403, "<html>"), Ok(Tried::Forbidden));
        for (status, body) in [(200, "<html>"), (200, "{}"), (200, &*coded("UNHEARD_OF"))] {
            assert_eq!(tried(status, body), Err(ErrorKind::Protocol), "{body}");
        }
        assert_eq!(tried(200, &coded("THROTTLED")), Err(ErrorKind::RateLimited));
        assert_eq!(tried(402, ""), Err(ErrorKind::PermissionDenied));
        assert_eq!(tried(404, ""), Err(ErrorKind::NotFound));
        assert_eq!(tried(503, ""), Err(ErrorKind::Unavailable));
    }

    #[test]
    fn a_token_does_not_print_itself() {
        let body = r#"{"id":"gid://shopify/StorefrontAccessToken/1","accessToken":"hush","new":1}"#;
        let token: StorefrontToken = serde_json::from_str(body).unwrap();
        assert!(token.access_token.is_some() && !format!("{token:?}").contains("hush"));
    }
}

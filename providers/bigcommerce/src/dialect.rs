//! How BigCommerce says "no", and what it says about its limits.
//!
//! Statuses and error bodies: <https://docs.bigcommerce.com/developer/docs/overview/api-status-codes>; limits:
//! <https://docs.bigcommerce.com/developer/docs/overview/rate-limits>. How the Account API reports errors is not
//! documented, so every way that GraphQL has is understood here, and codes alone decide.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{ApiResponse, Dialect, Effect, Failure, HeaderMap, parse_retry_after};
use guestpass::{Clock, ErrorKind, LimitSignal};
use serde::de::DeserializeOwned;

use crate::wire::{Envelope, ErrorBody, ErrorObject, GraphqlError};

/// The code of a token that lives and lacks a scope, as the Storefront API documents it.
pub(crate) const INSUFFICIENT_SCOPE: &str = "INSUFFICIENT_ACCESS_SCOPE";

const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The manners of one of the two APIs; they differ in the credential to blame and in how far their numbers can be
/// trusted.
#[derive(Debug)]
pub(crate) struct BigCommerceDialect {
    clock: Arc<dyn Clock>,
    token: &'static str,
    counts_requests_left: bool,
}

/// The manners of the API for shoppers. Its errors are said to come with status 401 and an error list, and the list need
/// not hold a code, so the status decides first. <https://docs.bigcommerce.com/developer/docs/overview/api-status-codes>
#[derive(Debug)]
pub(crate) struct StorefrontDialect(BigCommerceDialect);

impl StorefrontDialect {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self(BigCommerceDialect { clock, token: "the token that was tried", counts_requests_left: false })
    }
}

impl Dialect for StorefrontDialect {
    fn classify(&self, operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        match response.status.as_u16() {
            401 => Err(Failure::new(ErrorKind::Unauthenticated, Effect::None, "the token was refused")),
            403 if graphql_refusal(response).is_none_or(|refusal| refusal.code.is_none()) => {
                Err(Failure::new(ErrorKind::PermissionDenied, Effect::None, "the request was refused"))
            }
            _ => self.0.classify(operation, response),
        }
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        self.0.limits(response)
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        self.0.request_id(headers)
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        self.0.safe_headers()
    }
}

impl BigCommerceDialect {
    /// The Account API. Whether it sends the store API's rate headers, and over which window, is not documented.
    pub(crate) fn account(clock: Arc<dyn Clock>) -> Self {
        Self { clock, token: "`account_token`", counts_requests_left: false }
    }

    /// The store's REST API.
    pub(crate) fn store(clock: Arc<dyn Clock>) -> Self {
        Self { clock, token: "`store_token`", counts_requests_left: true }
    }

    /// The longest of all that the answer asks for; some refusals ask for nothing.
    fn asked_wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let now = self.clock.now();
        let waits = [
            text("x-retry-after").and_then(|value| parse_retry_after(value, now)),
            text("retry-after").and_then(|value| parse_retry_after(value, now)),
            number(headers, "x-rate-limit-time-reset-ms").map(Duration::from_millis),
        ];
        waits.into_iter().flatten().max().map(|wait| wait.min(LONGEST_WAIT))
    }
}

impl Dialect for BigCommerceDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        if let Some(refusal) = graphql_refusal(response) {
            return Err(refusal);
        }
        let failure = failure.with_vendor_message(vendor_words(response));
        Err(match response.status.as_u16() {
            401 => failure.with_remedy(format!(
                "check {}: it was deleted, or it belongs to another account or store",
                self.token
            )),
            403 => failure.with_remedy(format!(
                "give the API account behind {} the missing scope; a token whose scope is empty gets this everywhere",
                self.token
            )),
            429 | 509 => failure.becoming(ErrorKind::RateLimited, Effect::None)
                .with_wait(self.asked_wait(&response.headers)),
            423 => failure.becoming(ErrorKind::Unavailable, Effect::None),
            507 => failure.becoming(ErrorKind::SeatLimit, Effect::None),
            503 => failure.with_remedy("try later; if it stays so, the store is suspended or under maintenance"),
            _ => failure,
        })
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        let mut signal = LimitSignal::default();
        if matches!(response.status.as_u16(), 429 | 509) {
            signal.blocked_for = self.asked_wait(&response.headers);
        } else if self.counts_requests_left && response.status.is_success() {
            // Refusals were seen with requests left, so only a success says how many are left.
            let left = number(&response.headers, "x-rate-limit-requests-left");
            signal.remaining = left.map(|left| u32::try_from(left).unwrap_or(u32::MAX));
            signal.resets_in =
                number(&response.headers, "x-rate-limit-time-reset-ms").map(Duration::from_millis);
        }
        signal
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[
            "x-rate-limit-time-window-ms",
            "x-rate-limit-time-reset-ms",
            "x-rate-limit-requests-quota",
            "x-rate-limit-requests-left",
            "x-retry-after",
            "x-bc-graphql-complexity",
        ]
    }
}

/// The data of a GraphQL answer that holds no error at all. Data beside errors proves nothing.
pub(crate) fn graphql<T: DeserializeOwned>(response: &ApiResponse) -> Result<T, Failure> {
    if let Some(refusal) = graphql_refusal(response) {
        return Err(refusal);
    }
    let envelope: Envelope<T> = serde_json::from_slice(&response.body).map_err(Failure::undecodable)?;
    envelope.data.ok_or_else(|| Failure::undecodable("it has neither data nor errors"))
}

/// A REST answer.
pub(crate) fn rest<T: DeserializeOwned>(response: &ApiResponse) -> Result<T, Failure> {
    serde_json::from_slice(&response.body).map_err(Failure::undecodable)
}

fn graphql_refusal(response: &ApiResponse) -> Option<Failure> {
    let envelope: Envelope<serde_json::Value> = serde_json::from_slice(&response.body).ok()?;
    let first = envelope.errors?.into_iter().next()?;
    Some(refusal(first, response.status.is_success()))
}

/// What a GraphQL error means. Its codes are not documented for the Account API; the ones of the sibling Storefront API
/// and of GraphQL servers in general are understood.
fn refusal(error: GraphqlError, answered_200: bool) -> Failure {
    let code = error.extensions.and_then(|extensions| extensions.code);
    let upper = code.as_deref().unwrap_or_default().to_ascii_uppercase();
    let failure = match upper.as_str() {
        INSUFFICIENT_SCOPE | "FORBIDDEN" | "ACCESS_DENIED" | "PERMISSION_DENIED" => {
            Failure::new(ErrorKind::PermissionDenied, Effect::None, "the control credential lacks a scope")
                .with_remedy("give the API account behind `account_token` the scopes that the README lists")
        }
        "UNAUTHENTICATED" | "UNAUTHORIZED" => {
            Failure::new(ErrorKind::Unauthenticated, Effect::None, "the control credential was refused")
        }
        "RATE_LIMITED" | "THROTTLED" | "TOO_MANY_REQUESTS" => {
            Failure::new(ErrorKind::RateLimited, Effect::None, "the platform's rate limit is reached")
        }
        // The server answered the whole request: if it could not even read it, nothing was done.
        _ if !answered_200 => {
            Failure::new(ErrorKind::InvalidRequest, Effect::None, "the platform refused the query")
        }
        _ => Failure::new(ErrorKind::InvalidRequest, Effect::Possible, "the platform reported an error"),
    };
    failure.with_code(code).with_vendor_message(error.message)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn vendor_words(response: &ApiResponse) -> Option<String> {
    let object = match serde_json::from_slice(&response.body).ok()? {
        ErrorBody::Object(object) => object,
        ErrorBody::List(list) => list.into_iter().next()?,
    };
    let ErrorObject { title, message, detail, errors } = object;
    let fields = errors.filter(|errors| errors.as_object().is_some_and(|map| !map.is_empty()));
    let parts = [title, message, detail, fields.map(|fields| fields.to_string())];
    let words: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(": "))
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::{Bytes, StatusCode};

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> ApiResponse {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                guestpass::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn classify(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
        let dialect = BigCommerceDialect::account(Arc::new(SystemClock::new()));
        dialect.classify("test", &answer(status, headers, body)).unwrap_err()
    }

    #[test]
    fn statuses_mean_what_the_vendor_documents() {
        use ErrorKind::*;
        let v3 = r#"{"status":0,"title":"words","type":"/x","errors":{}}"#;
        let v2 = r#"[{"status":404,"message":"words"}]"#;
        for (status, kind, effect) in [
            (302, Protocol, Effect::None),
            (400, InvalidRequest, Effect::None),
            (401, Unauthenticated, Effect::None),
            (403, PermissionDenied, Effect::None),
            (404, NotFound, Effect::None),
            (409, Conflict, Effect::None),
            (422, InvalidRequest, Effect::None),
            (423, Unavailable, Effect::None),
            (429, RateLimited, Effect::None),
            (500, Unavailable, Effect::Possible),
            (501, Unsupported, Effect::None),
            (503, Unavailable, Effect::Possible),
            (504, Unavailable, Effect::Possible),
            (507, SeatLimit, Effect::None),
            (509, RateLimited, Effect::None),
        ] {
            for body in [v3, v2, "<html>words</html>", ""] {
                let failure = classify(status, &[], body);
                assert_eq!((failure.kind, failure.effect), (kind, effect), "{status} {body}");
            }
        }
        assert_eq!(classify(404, &[], v2).vendor_message.as_deref(), Some("words"));
        assert_eq!(classify(404, &[], v3).vendor_message.as_deref(), Some("words"));
    }

    #[test]
    fn the_longer_of_all_waits_is_kept() {
        let wait = |headers: &[(&str, &str)]| classify(429, headers, "").wait;
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[("X-Retry-After", "30")]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[("x-rate-limit-time-reset-ms", "15000")]), Some(Duration::from_secs(15)));
        let both = [("X-Retry-After", "3"), ("X-Rate-Limit-Time-Reset-Ms", "15000")];
        assert_eq!(wait(&both), Some(Duration::from_secs(15)));
        assert_eq!(wait(&[("x-retry-after", "undefined")]), None);
    }

    #[test]
    fn codes_decide_and_unknown_errors_of_a_write_stay_open() {
        let with_code = |code: &str| {
            let body =
                format!(r#"{{"data":null,"errors":[{{"message":"m","extensions":{{"code":"{code}"}}}}]}}"#);
            graphql::<serde_json::Value>(&answer(200, &[], &body)).unwrap_err()
        };
        assert_eq!(with_code("INSUFFICIENT_ACCESS_SCOPE").kind, ErrorKind::PermissionDenied);
        assert_eq!(with_code("INSUFFICIENT_ACCESS_SCOPE").effect, Effect::None);
        assert_eq!(with_code("WHATEVER").effect, Effect::Possible);
        let plain = r#"{"errors":[{"message":"no such field"}]}"#;
        assert_eq!(classify(400, &[], plain).effect, Effect::None);
        let partial = r#"{"data":{"a":1},"errors":[{"message":"m"}]}"#;
        assert!(graphql::<serde_json::Value>(&answer(200, &[], partial)).is_err());
    }
}

//! How Shopify says "no", and what it says about its limits.
//!
//! Statuses and codes: <https://shopify.dev/docs/api/admin-graphql#status-and-error-codes>; limits:
//! <https://shopify.dev/docs/api/usage/limits>. `errors` comes as a list of objects, as a text, or as an object of
//! fields; pages of HTML come from the edge.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use guestpass::http::{ApiResponse, Dialect, Effect, Failure, HeaderMap, parse_retry_after};
use guestpass::{Clock, ErrorKind, LimitSignal};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::wire::{Envelope, Priced};

pub(crate) const VERSION_HEADER: &str = "x-shopify-api-version";
const DEPRECATED_HEADER: &str = "x-shopify-api-deprecated-reason";

/// What the dearest of our queries costs: a page of a hundred people, and a little more.
const NEXT_QUERY: f64 = 110.0;
/// What every plan restores in a second at least; asked for only when the answer leaves it out.
const SLOWEST_RESTORE: f64 = 50.0;
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What the platform says beside its answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notices {
    /// The version that really answered.
    pub(crate) version: Option<String>,
    /// Why something that we used will go.
    pub(crate) deprecated: Option<String>,
}

/// The manners of the Admin API, GraphQL and REST.
#[derive(Debug)]
pub(crate) struct AdminDialect {
    clock: Arc<dyn Clock>,
    blame: &'static str,
    asked_version: String,
    notices: Mutex<Notices>,
}

impl AdminDialect {
    pub(crate) fn new(clock: Arc<dyn Clock>, blame: &'static str, asked_version: String) -> Self {
        Self { clock, blame, asked_version, notices: Mutex::default() }
    }

    /// What the platform said beside its answers so far.
    pub(crate) fn notices(&self) -> Notices {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what the headers say, and logs it when it is news.
    fn notice(&self, response: &ApiResponse) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let said = |name| response.header(name).map(|text| text.chars().take(200).collect::<String>());
        if let Some(version) = said(VERSION_HEADER)
            && notices.version.as_ref() != Some(&version)
        {
            if version != self.asked_version {
                tracing::warn!(asked = %self.asked_version, answered = %version, "another API version answered");
            }
            notices.version = Some(version);
        }
        if let Some(reason) = said(DEPRECATED_HEADER)
            && notices.deprecated.as_ref() != Some(&reason)
        {
            tracing::warn!(%reason, "the platform calls something deprecated that guestpass uses");
            notices.deprecated = Some(reason);
        }
    }

    fn retry_after(&self, response: &ApiResponse) -> Option<Duration> {
        let wait = parse_retry_after(response.header("retry-after")?, self.clock.now())?;
        Some(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT))
    }
}

impl Dialect for AdminDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        self.notice(response);
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let failure = failure.with_vendor_message(vendor_words(response));
        let denied = |failure: Failure| failure.becoming(ErrorKind::PermissionDenied, Effect::None);
        Err(match response.status.as_u16() {
            401 => failure.with_remedy(format!(
                "check {}: it expired, was revoked, or the app was taken out of the store",
                self.blame
            )),
            402 => failure.with_remedy("the merchant pays the store's bill or changes its plan; it is frozen until then"),
            403 => failure.with_remedy(
                "one of three: the app lacks a scope that the merchant must grant; this machine's address is not on the \
                 app's list of allowed addresses; or tokens that never expire are no longer accepted for this app",
            ),
            404 => failure.with_remedy("check `shop` and `api_version`"),
            423 => denied(failure).with_remedy("the store is locked; the merchant asks Shopify Support why"),
            429 => failure.with_wait(self.retry_after(response)),
            430 => denied(failure).with_remedy("Shopify rejected the request for security reasons; look at it by hand"),
            _ => failure,
        })
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        let mut signal = LimitSignal::default();
        if response.status.as_u16() == 429 {
            signal.blocked_for = self.retry_after(response);
        } else if let Some(priced) = priced(response) {
            let throttled = errors_of(&priced.errors).iter().any(|error| is_throttle(error.code.as_deref()));
            let cost = Cost::read(&priced.extensions);
            signal.blocked_for = match (throttled, cost) {
                (true, cost) => Some(cost.map_or(SHORTEST_WAIT, |cost| cost.wait_for_refused())),
                (false, Some(cost)) => cost.wait_for(NEXT_QUERY),
                (false, None) => None,
            };
        }
        signal
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[VERSION_HEADER, DEPRECATED_HEADER, "x-shopify-shop-api-call-limit"]
    }
}

/// The cost block of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    requested: Option<f64>,
    available: f64,
    restore: f64,
}

impl Cost {
    /// Numbers may be floating, and any part may be missing.
    fn read(extensions: &Value) -> Option<Self> {
        let number =
            |path: &str| extensions.pointer(path).and_then(Value::as_f64).filter(|number| number.is_finite());
        Some(Self {
            requested: number("/cost/requestedQueryCost"),
            available: number("/cost/throttleStatus/currentlyAvailable")?,
            restore: number("/cost/throttleStatus/restoreRate")
                .filter(|rate| *rate >= 1.0)
                .unwrap_or(SLOWEST_RESTORE),
        })
    }

    /// How long until so many points are there, if they are not there now.
    fn wait_for(self, points: f64) -> Option<Duration> {
        let missing = points - self.available;
        let wait = Duration::try_from_secs_f64(missing / self.restore).ok()?;
        (!wait.is_zero()).then_some(wait.min(LONGEST_WAIT))
    }

    fn wait_for_refused(self) -> Duration {
        let wait = self.wait_for(self.requested.unwrap_or(NEXT_QUERY));
        wait.unwrap_or_default().max(SHORTEST_WAIT)
    }
}

/// One error of a GraphQL answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Reported {
    code: Option<String>,
    message: Option<String>,
}

fn priced(response: &ApiResponse) -> Option<Priced> {
    serde_json::from_slice(&response.body).ok()
}

/// The errors in any of the three shapes.
fn errors_of(errors: &Value) -> Vec<Reported> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match errors {
        Value::Null => Vec::new(),
        Value::Array(list) => list
            .iter()
            .map(|error| Reported {
                code: error.pointer("/extensions/code").and_then(text),
                message: error.get("message").and_then(text).or_else(|| text(error)),
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(field, words)| {
                let words = match words {
                    Value::Array(list) => list.iter().filter_map(text).collect::<Vec<_>>().join(", "),
                    other => text(other).unwrap_or_default(),
                };
                Reported { code: None, message: Some(format!("{field}: {words}")) }
            })
            .collect(),
        other => vec![Reported { code: None, message: text(other) }],
    }
}

fn is_throttle(code: Option<&str>) -> bool {
    matches!(code, Some("THROTTLED" | "429"))
}

fn vendor_words(response: &ApiResponse) -> Option<String> {
    let Some(priced) = priced(response) else { return title(&response.text()) };
    let words: Vec<_> = errors_of(&priced.errors).into_iter().filter_map(|error| error.message).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// The title of a page of HTML; nothing else of a page is looked at.
pub(crate) fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find("</title>")?;
    let title = page.get(start..end)?.trim();
    (!title.is_empty()).then(|| title.chars().take(200).collect())
}

/// What a GraphQL answer holds.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    /// Data without a single error.
    Whole(T),
    /// Data beside errors, or a hole where data should be: it proves nothing.
    Partial(String),
}

/// Reads a GraphQL answer that may be partial.
pub(crate) fn answer<T: DeserializeOwned>(response: &ApiResponse) -> Result<Answer<T>, Failure> {
    let envelope: Envelope<Value> = serde_json::from_slice(&response.body).map_err(Failure::undecodable)?;
    let reported = errors_of(envelope.errors.as_ref().unwrap_or(&Value::Null));
    let data = envelope.data.filter(|data| !data.is_null());
    if let Some(error) = gravest(&reported) {
        return match (known(error, response), data) {
            (Some(failure), _) => Err(failure),
            (None, Some(_)) => Ok(Answer::Partial(
                "the platform answered with data and errors together, so something may be missing".to_owned(),
            )),
            (None, None) => Err(reported_failure(
                error,
                Failure::new(
                    ErrorKind::Protocol,
                    Effect::Possible,
                    "the platform reported an error that guestpass does not know",
                ),
            )),
        };
    }
    let data = data.ok_or_else(|| Failure::undecodable("it has neither data nor errors"))?;
    serde_json::from_value(data).map(Answer::Whole).map_err(Failure::undecodable)
}

/// The data of a GraphQL answer that holds no error at all.
pub(crate) fn graphql<T: DeserializeOwned>(response: &ApiResponse) -> Result<T, Failure> {
    match answer(response)? {
        Answer::Whole(data) => Ok(data),
        Answer::Partial(why) => Err(Failure::new(ErrorKind::Protocol, Effect::Possible, why)),
    }
}

/// A REST answer.
pub(crate) fn rest<T: DeserializeOwned>(response: &ApiResponse) -> Result<T, Failure> {
    serde_json::from_slice(&response.body).map_err(Failure::undecodable)
}

/// Of several errors the one that says most about what to do: throttles, then refusals, then the first.
fn gravest(reported: &[Reported]) -> Option<&Reported> {
    let find = |wanted: fn(Option<&str>) -> bool| reported.iter().find(|error| wanted(error.code.as_deref()));
    find(is_throttle)
        .or_else(|| find(|code| code == Some("ACCESS_DENIED")))
        .or_else(|| find(|code| code.is_some()))
        .or_else(|| reported.first())
}

fn reported_failure(error: &Reported, failure: Failure) -> Failure {
    failure.with_code(error.code.clone()).with_vendor_message(error.message.clone())
}

/// What a code means, if it is one that the platform documents.
fn known(error: &Reported, response: &ApiResponse) -> Option<Failure> {
    use ErrorKind as Kind;
    let refused = |kind, message: &str| Failure::new(kind, Effect::None, message);
    let failure = match error.code.as_deref()? {
        code if is_throttle(Some(code)) => {
            let cost = priced(response).and_then(|priced| Cost::read(&priced.extensions));
            refused(Kind::RateLimited, "the app's budget for this store is used up")
                .with_wait(Some(cost.map_or(SHORTEST_WAIT, Cost::wait_for_refused)))
        }
        "ACCESS_DENIED" => refused(Kind::PermissionDenied, "the store does not let the app do this")
            .with_remedy("the app needs the scope, and the store the plan, that the platform asks for"),
        "SHOP_INACTIVE" => refused(Kind::PermissionDenied, "the store is closed")
            .with_remedy("the merchant opens the store again, or the access is over"),
        "MAX_COST_EXCEEDED" => refused(Kind::InvalidRequest, "the query costs more than the platform allows")
            .with_remedy("report this as a fault of guestpass"),
        "INTERNAL_SERVER_ERROR" => {
            Failure::new(Kind::Unavailable, Effect::Possible, "the platform reported a fault of its own")
        }
        "RESOURCE_NOT_FOUND" => refused(Kind::NotFound, "the platform knows no such thing"),
        "undefinedField"
        | "selectionMismatch"
        | "INVALID_VARIABLE"
        | "argumentLiteralsIncompatible"
        | "argumentNotAccepted"
        | "missingRequiredArguments"
        | "INVALID_FIELD_ARGUMENTS"
        | "PARSE_ERROR" => refused(Kind::InvalidRequest, "the platform refused the query itself")
            .with_remedy(
                "check `api_version`; if it is a supported one, report this as a fault of guestpass",
            ),
        _ => return None,
    };
    Some(reported_failure(error, failure))
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::{Bytes, HeaderName, StatusCode};

    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> ApiResponse {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn dialect() -> AdminDialect {
        AdminDialect::new(Arc::new(SystemClock::new()), "`access_token`", "2026-10".to_owned())
    }

    fn failure(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
        let response = response(status, headers, body);
        match dialect().classify("test", &response) {
            Err(failure) => failure,
            Ok(()) => graphql::<Value>(&response).unwrap_err(),
        }
    }

    fn coded(code: &str) -> String {
        format!(r#"{{"errors":[{{"message":"words","extensions":{{"code":"{code}"}}}}]}}"#)
    }

    /// Every row of the table of failures: status, body, meaning, whether it may have been executed.
    #[test]
    fn every_failure_means_what_the_contract_says() {
        use ErrorKind::*;
        let text = r#"{"errors":"words"}"#;
        let fields = r#"{"errors":{"query":"words"}}"#;
        let lists = r#"{"errors":{"limit":["words","more"]}}"#;
        let html = "<html><head><title>words</title></head><body>page</body></html>";
        for (status, body, kind, effect) in [
            (200, coded("THROTTLED"), RateLimited, Effect::None),
            (200, coded("429"), RateLimited, Effect::None),
            (200, coded("ACCESS_DENIED"), PermissionDenied, Effect::None),
            (200, coded("MAX_COST_EXCEEDED"), InvalidRequest, Effect::None),
            (200, coded("SHOP_INACTIVE"), PermissionDenied, Effect::None),
            (200, coded("INTERNAL_SERVER_ERROR"), Unavailable, Effect::Possible),
            (200, coded("undefinedField"), InvalidRequest, Effect::None),
            (200, coded("selectionMismatch"), InvalidRequest, Effect::None),
            (200, coded("INVALID_VARIABLE"), InvalidRequest, Effect::None),
            (200, coded("argumentLiteralsIncompatible"), InvalidRequest, Effect::None),
            (200, coded("INVALID_FIELD_ARGUMENTS"), InvalidRequest, Effect::None),
            (200, coded("PARSE_ERROR"), InvalidRequest, Effect::None),
            (200, coded("RESOURCE_NOT_FOUND"), NotFound, Effect::None),
            (200, coded("UNHEARD_OF"), Protocol, Effect::Possible),
            (200, text.to_owned(), Protocol, Effect::Possible),
            (200, html.to_owned(), Protocol, Effect::Possible),
            (200, String::new(), Protocol, Effect::Possible),
            (200, r#"{"data":null}"#.to_owned(), Protocol, Effect::Possible),
            (302, html.to_owned(), Protocol, Effect::None),
            (400, fields.to_owned(), InvalidRequest, Effect::None),
            (400, lists.to_owned(), InvalidRequest, Effect::None),
            (401, text.to_owned(), Unauthenticated, Effect::None),
            (402, text.to_owned(), PermissionDenied, Effect::None),
            (403, text.to_owned(), PermissionDenied, Effect::None),
            (404, text.to_owned(), NotFound, Effect::None),
            (423, text.to_owned(), PermissionDenied, Effect::None),
            (429, text.to_owned(), RateLimited, Effect::None),
            (429, html.to_owned(), RateLimited, Effect::None),
            (430, String::new(), PermissionDenied, Effect::None),
            (500, text.to_owned(), Unavailable, Effect::Possible),
            (502, html.to_owned(), Unavailable, Effect::Possible),
            (503, String::new(), Unavailable, Effect::Possible),
            (504, html.to_owned(), Unavailable, Effect::Possible),
            (520, String::new(), Unavailable, Effect::Possible),
        ] {
            let failure = failure(status, &[], &body);
            assert_eq!((failure.kind, failure.effect), (kind, effect), "{status} {body}");
        }
        assert_eq!(failure(402, &[], text).vendor_message.as_deref(), Some("words"));
        assert_eq!(failure(400, &[], fields).vendor_message.as_deref(), Some("query: words"));
        assert_eq!(failure(400, &[], lists).vendor_message.as_deref(), Some("limit: words, more"));
        assert_eq!(
            failure(502, &[], html).vendor_message.as_deref(),
            Some("words"),
            "and nothing of the page"
        );
    }

    #[test]
    fn data_beside_errors_is_partial_and_codes_still_decide() {
        let partial = r#"{"data":{"staffMembers":{"nodes":[]}},"errors":[{"message":"m"}]}"#;
        assert!(matches!(answer::<Value>(&response(200, &[], partial)), Ok(Answer::Partial(_))));
        let denied = r#"{"data":{"staffMembers":null},"errors":[{"message":"m","extensions":{"code":"ACCESS_DENIED"}}]}"#;
        let failure = answer::<Value>(&response(200, &[], denied)).unwrap_err();
        assert_eq!(
            (failure.kind, failure.code.as_deref()),
            (ErrorKind::PermissionDenied, Some("ACCESS_DENIED"))
        );
    }

    fn with_cost(errors: &str, requested: &str, available: &str, restore: &str) -> String {
        format!(
            r#"{{{errors}"extensions":{{"cost":{{"requestedQueryCost":{requested},"actualQueryCost":null,
            "throttleStatus":{{"maximumAvailable":2000,"currentlyAvailable":{available},"restoreRate":{restore}}}}}}}}}"#
        )
    }

    #[test]
    fn a_throttle_waits_for_what_the_query_costs() {
        let errors = r#""errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"#;
        let wait = |body: &str| failure(200, &[], body).wait;
        let blocked = |body: &str| dialect().limits(&response(200, &[], body)).blocked_for;
        let five = with_cost(errors, "502", "2", "100.0");
        assert_eq!(
            (wait(&five), blocked(&five)),
            (Some(Duration::from_secs(5)), Some(Duration::from_secs(5)))
        );
        let short = with_cost(errors, "10", "9.5", "1000");
        assert_eq!((wait(&short), blocked(&short)), (Some(SHORTEST_WAIT), Some(SHORTEST_WAIT)));
        assert_eq!(wait(&coded("THROTTLED")), Some(SHORTEST_WAIT), "the block may be missing");
        let absurd = with_cost(errors, "1e300", "0", "1");
        assert!(wait(&absurd).is_some_and(|wait| wait <= LONGEST_WAIT), "{:?}", wait(&absurd));
    }

    #[test]
    fn a_nearly_empty_bucket_holds_the_next_query_back() {
        let blocked = |body: &str| dialect().limits(&response(200, &[], body)).blocked_for;
        assert_eq!(blocked(&with_cost("", "102", "10", "100")), Some(Duration::from_secs(1)));
        assert_eq!(blocked(&with_cost("", "102", "1898", "100")), None);
        assert_eq!(blocked(r#"{"data":{},"extensions":{"cost":{"requestedQueryCost":3}}}"#), None);
        assert_eq!(blocked("<html>"), None);
    }

    #[test]
    fn decimal_seconds_are_seconds() {
        let waited = |value| failure(429, &[("Retry-After", value)], "").wait;
        assert_eq!(waited("2.0"), Some(Duration::from_secs(2)));
        assert_eq!(waited("2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(waited("soon"), None);
        let blocked = dialect().limits(&response(429, &[("retry-after", "4.0")], "")).blocked_for;
        assert_eq!(blocked, Some(Duration::from_secs(4)));
    }

    #[test]
    fn headers_tell_the_version_and_what_is_deprecated() {
        let dialect = dialect();
        let headers = [("X-Shopify-API-Version", "2027-01"), ("X-Shopify-API-Deprecated-Reason", "why")];
        dialect.classify("test", &response(200, &headers, "{}")).unwrap();
        let notices = dialect.notices();
        assert_eq!(
            (notices.version.as_deref(), notices.deprecated.as_deref()),
            (Some("2027-01"), Some("why"))
        );
    }
}

//! How Wix says "no".
//!
//! Statuses and error bodies: <https://dev.wix.com/docs/api-reference/articles/work-with-wix-apis/troubleshooting/about-errors>.
//! Refusals often come with a blank description or without a body, so they are explained by their possible causes here.
//! Limits: <https://dev.wix.com/docs/rest/articles/get-started/rate-limits>; no header tells how much is left.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{ApiResponse, Dialect, Effect, Failure, HeaderMap, parse_retry_after};
use guestpass::{Clock, ErrorKind, LimitSignal};
use serde::de::DeserializeOwned;

use crate::client::INVITE;
use crate::wire::ErrorBody;

const REQUEST_ID: &str = "x-wix-request-id";
/// How long nothing is sent after a refusal that names no time.
const UNTOLD_WAIT: Duration = Duration::from_secs(1);

/// The manners of the API, and what to blame when it refuses without a reason.
#[derive(Debug)]
pub(crate) struct WixDialect {
    clock: Arc<dyn Clock>,
    credential: CredentialKind,
}

/// What guestpass came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// A key of an account.
    Key,
    /// A token of an app.
    App,
}

impl CredentialKind {
    /// What makes Wix refuse, most likely first.
    fn causes(self) -> &'static str {
        match self {
            Self::Key => {
                "Wix seldom says why; check that the key has the permission Manage Contributors, that this site is among \
                 the sites ticked for it, that it was made by the account that owns the site (`account_id`), and that \
                 `site_id` and `account_id` are not mixed up"
            }
            Self::App => {
                "Wix seldom says why; check that the app has the permission Manage Contributors and that the owner has \
                 agreed to it, that it is installed on this site, and, if only inviting is refused, use an API key: \
                 whether apps may invite is not documented"
            }
        }
    }

    fn dead(self) -> &'static str {
        match self {
            Self::Key => {
                "check `api_key`: it was deleted or rotated, or it lacks a permission; the site's owner makes keys at \
                 https://manage.wix.com/account/api-keys"
            }
            Self::App => {
                "check `app_id`, `app_secret` and `instance_id`: was the app removed, or its secret changed?"
            }
        }
    }
}

impl WixDialect {
    pub(crate) fn new(clock: Arc<dyn Clock>, credential: CredentialKind) -> Self {
        Self { clock, credential }
    }

    /// `Retry-After` is not documented, and honoured where it comes.
    fn asked_wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get("retry-after")?.to_str().ok()?;
        parse_retry_after(text, self.clock.now())
    }
}

impl Dialect for WixDialect {
    fn classify(&self, operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let body = error_body(response);
        let code = body.as_ref().and_then(code_of);
        let failure = match response.status.as_u16() {
            401 => failure.with_remedy(self.credential.dead()),
            403 => failure.with_remedy(self.credential.causes()),
            428 if operation == INVITE && code.as_deref().is_some_and(means_no_seat) => {
                let mut failure = failure.becoming(ErrorKind::SeatLimit, Effect::None);
                failure.message = "the site has no free collaborator seat".to_owned();
                failure.with_remedy(
                    "ask the merchant to free a seat or to upgrade; pending invitations take seats too",
                )
            }
            428 => precondition(failure, code.as_deref(), self.credential),
            // 509 is no status of Wix's own, but of edges that have had enough.
            429 | 509 => failure
                .becoming(ErrorKind::RateLimited, Effect::None)
                .with_wait(Some(self.asked_wait(&response.headers).unwrap_or(UNTOLD_WAIT))),
            400 if operation == crate::token::MINT => {
                refused_client(failure, code.as_deref(), self.credential)
            }
            _ => failure,
        };
        Err(failure.with_code(code).with_vendor_message(body.and_then(words_of)))
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        let mut signal = LimitSignal::default();
        if matches!(response.status.as_u16(), 429 | 509) {
            signal.blocked_for = Some(self.asked_wait(&response.headers).unwrap_or(UNTOLD_WAIT));
        }
        signal
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned)
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[REQUEST_ID]
    }
}

/// Whether a code says that there is no seat. Which one Wix uses is not documented.
fn means_no_seat(code: &str) -> bool {
    code == "PREMIUM_ONLY" || ["SEAT", "QUOTA", "LIMIT"].iter().any(|part| code.contains(part))
}

/// A precondition that is not met: the site is missing from the request, or the plan from the site.
fn precondition(failure: Failure, code: Option<&str>, credential: CredentialKind) -> Failure {
    let (kind, message) = match code {
        Some("PREMIUM_ONLY") => (ErrorKind::PermissionDenied, "the site's plan does not allow this"),
        Some("MISSING_METASITE_ID") => (ErrorKind::Config, "Wix could not tell which site is meant"),
        _ => (ErrorKind::Config, "Wix sees a condition that is not met"),
    };
    let mut failure = failure.becoming(kind, Effect::None).with_remedy(credential.causes());
    failure.message = message.to_owned();
    failure
}

/// A token was not minted because the client is not known, in the words of RFC 6749.
fn refused_client(failure: Failure, code: Option<&str>, credential: CredentialKind) -> Failure {
    match code {
        Some("invalid_client" | "invalid_grant" | "unauthorized_client" | "access_denied") => {
            let mut failure =
                failure.becoming(ErrorKind::Unauthenticated, Effect::None).with_remedy(credential.dead());
            failure.message = "Wix gave the app no access token".to_owned();
            failure
        }
        _ => failure,
    }
}

/// The data of a success. Data beside an error proves nothing.
pub(crate) fn json<T: DeserializeOwned>(response: &ApiResponse) -> Result<T, Failure> {
    let failed = |body: &ErrorBody| body.details.is_some() || body.error.is_some();
    if let Some(body) = error_body(response).filter(failed) {
        let code = code_of(&body);
        return Err(Failure::undecodable("it reports an error in a success").with_code(code));
    }
    serde_json::from_slice(&response.body).map_err(Failure::undecodable)
}

/// Wix's id of the request, for evidence.
pub(crate) fn request_id(response: &ApiResponse) -> Option<String> {
    response.header(REQUEST_ID).map(|id| id.chars().filter(|c| c.is_ascii_graphic()).take(80).collect())
}

fn error_body(response: &ApiResponse) -> Option<ErrorBody> {
    serde_json::from_slice(&response.body).ok()
}

fn code_of(body: &ErrorBody) -> Option<String> {
    let application = body.details.as_ref().and_then(|details| details.application_error.as_ref());
    application
        .and_then(|error| error.code.clone())
        .or_else(|| body.error.clone())
        .filter(|code| !code.is_empty())
}

fn words_of(body: ErrorBody) -> Option<String> {
    let mut words = vec![body.message, body.error_description];
    if let Some(details) = body.details {
        words.push(details.application_error.and_then(|error| error.description));
        for violation in details.validation_error.map(|error| error.field_violations).unwrap_or_default() {
            words.extend([violation.field, violation.description]);
        }
    }
    let words: Vec<_> = words.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(": "))
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::{Bytes, HeaderName, StatusCode};

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> ApiResponse {
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

    fn classify(operation: &'static str, status: u16, body: &str) -> Failure {
        let dialect = WixDialect::new(Arc::new(SystemClock::new()), CredentialKind::Key);
        dialect.classify(operation, &answer(status, &[], body)).unwrap_err()
    }

    fn coded(code: &str) -> String {
        format!(
            r#"{{"message":"words","details":{{"applicationError":{{"code":"{code}","description":"more"}}}}}}"#
        )
    }

    #[test]
    fn statuses_mean_what_the_vendor_documents() {
        use ErrorKind::*;
        for (status, kind, effect) in [
            (302, Protocol, Effect::None),
            (400, InvalidRequest, Effect::None),
            (401, Unauthenticated, Effect::None),
            (403, PermissionDenied, Effect::None),
            (404, NotFound, Effect::None),
            (409, Conflict, Effect::None),
            (428, Config, Effect::None),
            (429, RateLimited, Effect::None),
            (500, Unavailable, Effect::Possible),
            (501, Unsupported, Effect::None),
            (503, Unavailable, Effect::Possible),
            (504, Unavailable, Effect::Possible),
            (509, RateLimited, Effect::None),
        ] {
            for body in
                [&coded("WHATEVER"), r#"{"details":{"applicationError":{"description":""}}}"#, "<html>", ""]
            {
                let failure = classify("test", status, body);
                assert_eq!((failure.kind, failure.effect), (kind, effect), "{status} {body}");
            }
        }
        assert_eq!(classify("test", 404, &coded("NOT_FOUND")).code.as_deref(), Some("NOT_FOUND"));
        assert_eq!(classify("test", 404, &coded("NOT_FOUND")).vendor_message.as_deref(), Some("words: more"));
    }

    #[test]
    fn a_refusal_without_a_reason_lists_the_possible_causes() {
        for (status, body) in [
            (403, String::new()),
            (403, r#"{"message":"","details":{"applicationError":{"description":""}}}"#.to_owned()),
            (428, coded("MISSING_METASITE_ID")),
        ] {
            let remedy = classify("test", status, &body).remedy.unwrap();
            for cause in ["Manage Contributors", "ticked", "owns the site", "mixed up"] {
                assert!(remedy.contains(cause), "{status}: {remedy}");
            }
        }
    }

    #[test]
    fn a_missing_seat_is_recognised_on_invitations_only() {
        assert_eq!(classify(INVITE, 428, &coded("PREMIUM_ONLY")).kind, ErrorKind::SeatLimit);
        assert_eq!(classify(INVITE, 428, &coded("MISSING_METASITE_ID")).kind, ErrorKind::Config);
        assert_eq!(classify("test", 428, &coded("PREMIUM_ONLY")).kind, ErrorKind::PermissionDenied);
    }

    #[test]
    fn an_unknown_client_is_told_from_a_bad_request() {
        let mint = |error: &str| classify(crate::token::MINT, 400, &format!(r#"{{"error":"{error}"}}"#)).kind;
        assert_eq!(mint("invalid_client"), ErrorKind::Unauthenticated);
        assert_eq!(mint("invalid_grant"), ErrorKind::Unauthenticated);
        assert_eq!(mint("unsupported_grant_type"), ErrorKind::InvalidRequest);
    }

    #[test]
    fn data_beside_an_error_proves_nothing() {
        let partial = r#"{"contributors":[],"details":{"applicationError":{"code":"ABORTED"}}}"#;
        let failure = json::<crate::wire::Contributors>(&answer(200, &[], partial)).unwrap_err();
        assert_eq!((failure.kind, failure.effect), (ErrorKind::Protocol, Effect::Possible));
        let nobody = json::<crate::wire::Contributors>(&answer(200, &[], "{}")).unwrap();
        assert!(nobody.contributors.is_empty(), "an empty list may be left out");
    }
}

//! How Marketstall says "no".

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{ApiResponse, Dialect, Effect, Failure, HeaderMap, parse_retry_after};
use guestpass::{Clock, ErrorKind, LimitSignal};
use serde::de::DeserializeOwned;

use crate::wire::{ErrorBody, ErrorDetail};

const REQUEST_ID: &str = "x-stall-request";
/// How long nothing is sent after a refusal that names no time.
const UNTOLD_WAIT: Duration = Duration::from_secs(1);

/// The manners of the API.
#[derive(Debug)]
pub(crate) struct MarketstallDialect {
    clock: Arc<dyn Clock>,
}

impl MarketstallDialect {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    /// How long to send nothing, where the platform has had enough. 509 comes from edges before it.
    fn wait(&self, response: &ApiResponse) -> Option<Duration> {
        let told = || parse_retry_after(response.header("retry-after")?, self.clock.now());
        matches!(response.status.as_u16(), 429 | 509).then(|| told().unwrap_or(UNTOLD_WAIT))
    }
}

impl Dialect for MarketstallDialect {
    /// The status first, then the code. A missing right may come in the body of a success, from older stalls.
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let ErrorDetail { code, message } = error_of(response).unwrap_or_default();
        let lacks_right = code.as_deref() == Some("missing_right");
        let failure = match Failure::from_status(response.status) {
            None if lacks_right => {
                Failure::new(ErrorKind::PermissionDenied, Effect::None, "the token lacks a right")
            }
            None => return Ok(()),
            Some(failure) => failure,
        };
        let failure = match self.wait(response) {
            Some(wait) => failure.becoming(ErrorKind::RateLimited, Effect::None).with_wait(Some(wait)),
            None if code.as_deref() == Some("stall_full") => {
                failure.becoming(ErrorKind::SeatLimit, Effect::None)
            }
            None if lacks_right => {
                failure.with_remedy("give the token the rights members:read and members:write")
            }
            None => failure,
        };
        Err(failure.with_code(code).with_vendor_message(message))
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        let mut signal = LimitSignal::default();
        signal.blocked_for = self.wait(response);
        signal
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned)
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[REQUEST_ID]
    }
}

/// The data of a success. Data beside an error proves nothing.
pub(crate) fn json<T: DeserializeOwned>(response: &ApiResponse) -> Result<T, Failure> {
    if let Some(error) = error_of(response) {
        return Err(Failure::undecodable("it reports an error in a success").with_code(error.code));
    }
    serde_json::from_slice(&response.body).map_err(Failure::undecodable)
}

/// The platform's id of the request, for evidence.
pub(crate) fn request_id(response: &ApiResponse) -> Option<String> {
    response.header(REQUEST_ID).map(|id| id.chars().filter(char::is_ascii_graphic).take(80).collect())
}

fn error_of(response: &ApiResponse) -> Option<ErrorDetail> {
    serde_json::from_slice::<ErrorBody>(&response.body).ok().map(|body| body.error)
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::{Bytes, StatusCode};

    use super::*;

    fn classify(status: u16, code: &str) -> Result<(), Failure> {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"words"}}}}"#);
        let response = ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from(body),
        };
        MarketstallDialect::new(Arc::new(SystemClock::new())).classify("test", &response)
    }

    #[test]
    fn a_refused_write_was_not_executed_and_a_failed_one_may_have_been() {
        use ErrorKind::*;
        for (status, code, kind, effect) in [
            (200, "missing_right", PermissionDenied, Effect::None),
            (401, "bad_token", Unauthenticated, Effect::None),
            (403, "missing_right", PermissionDenied, Effect::None),
            (409, "already_member", Conflict, Effect::None),
            (409, "stall_full", SeatLimit, Effect::None),
            (429, "slow_down", RateLimited, Effect::None),
            (500, "broken", Unavailable, Effect::Possible),
            (509, "", RateLimited, Effect::None),
        ] {
            let failure = classify(status, code).unwrap_err();
            assert_eq!((failure.kind, failure.effect), (kind, effect), "{status} {code}");
        }
        assert!(classify(200, "never_heard_of").is_ok(), "the decoder says what that is");
    }
}

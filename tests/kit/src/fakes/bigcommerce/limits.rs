//! How the platform speaks of its limits.

use guestpass::Timestamp;

use super::bodies;
use crate::fakes::http::Answer;
use crate::fakes::limits::Standing;
use crate::fault::ThrottleShape;

/// Adds the four headers of a limited resource, in lower case as they arrive.
pub(super) fn onto(answer: Answer, standing: &Standing) -> Answer {
    answer
        .with_header("x-rate-limit-time-window-ms", standing.window.as_millis())
        .with_header("x-rate-limit-time-reset-ms", standing.reset.as_millis())
        .with_header("x-rate-limit-requests-quota", standing.quota)
        .with_header("x-rate-limit-requests-left", standing.left)
}

/// The refusal, in the given shape.
pub(super) fn refusal(standing: &Standing, shape: ThrottleShape, now: Timestamp) -> Answer {
    let refused = || bodies::titled(429, "Too many requests");
    match shape {
        ThrottleShape::AllHeaders => {
            onto(refused(), standing).with_header("x-retry-after", standing.reset_seconds())
        }
        ThrottleShape::RetryAfterSeconds => refused().with_header("x-retry-after", standing.reset_seconds()),
        ThrottleShape::ResetMillis => {
            refused().with_header("x-rate-limit-time-reset-ms", standing.reset.as_millis())
        }
        ThrottleShape::NoHeaders => refused(),
        ThrottleShape::NoHeadersHtml => Answer::html(429, "Too many requests"),
        ThrottleShape::StandardRetryAfterDate => {
            refused().with_header("retry-after", standing.reset_date(now))
        }
        ThrottleShape::Status509 => Answer::html(509, "Bandwidth limit exceeded"),
    }
}

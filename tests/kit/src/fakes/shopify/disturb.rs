//! The faults as this platform shows them.

use std::time::Duration;

use guestpass::Timestamp;
use serde_json::json;

use super::bodies;
use super::cost::Bill;
use super::quirks::{BucketSize, CostBlock, Quirks};
use super::state::later;
use crate::fakes::http::Answer;
use crate::fakes::mangle;
use crate::fault::{Fault, ThrottleShape};

/// What an injected refusal asks a client to wait.
const WAIT: Duration = Duration::from_secs(5);
/// A bucket that has no room for another five seconds.
const EMPTY: Bill = Bill {
    requested: 502,
    actual: None,
    available: 2.0,
    size: BucketSize { maximum: 2000, restore_rate: 100 },
};

/// The answer of a fault that keeps the request from being applied. `field` is the first that was asked for.
pub(super) fn instead_of_serving(
    fault: &Fault,
    graphql: bool,
    field: &str,
    quirks: &Quirks,
    now: Timestamp,
) -> Option<Answer> {
    Some(match fault {
        Fault::Throttled(shape) => throttled(*shape, graphql, now),
        Fault::Status(status) => bodies::error(*status),
        Fault::Html(status) => Answer::html(*status, "Something is in the way"),
        Fault::Redirect(target) => Answer::html(302, "Moved").with_header("location", target),
        Fault::GraphqlDenied => {
            let (message, extensions) = bodies::denied(field, false);
            let error = json!({"message": message, "extensions": extensions, "path": [field]});
            Answer::json(200, &json!({"data": {field: null}, "errors": [error]}))
        }
        Fault::GraphqlErrorUnknown => {
            let error =
                json!({"message": "Something unusual happened.", "extensions": {"code": "UNHEARD_OF"}});
            Answer::json(200, &json!({"data": null, "errors": [error]}))
        }
        Fault::ComplexityExceeded => {
            bodies::too_expensive(quirks.max_cost.saturating_add(1), quirks.max_cost)
        }
        Fault::StoreSuspended => bodies::error(402),
        _ => return None,
    })
}

/// The shapes in which this platform, or an edge before it, says that it was too much. Of the two that it does not
/// have, `ResetMillis` stands for costs told as floating-point numbers, and `Status509` for the error code 429 at 200
/// without a cost block.
fn throttled(shape: ThrottleShape, graphql: bool, now: Timestamp) -> Answer {
    let in_header = || {
        bodies::error(429)
            .with_header("retry-after", "5.0")
            .with_header("x-shopify-shop-api-call-limit", "40/40")
    };
    let in_body = |floats| bodies::throttled("THROTTLED", EMPTY.extensions(CostBlock::Whole, floats));
    match shape {
        ThrottleShape::AllHeaders if graphql => in_body(false),
        ThrottleShape::ResetMillis if graphql => in_body(true),
        ThrottleShape::Status509 if graphql => bodies::throttled("429", None),
        ThrottleShape::AllHeaders | ThrottleShape::RetryAfterSeconds | ThrottleShape::ResetMillis => {
            in_header()
        }
        ThrottleShape::NoHeadersHtml => Answer::html(429, "Too many requests"),
        ThrottleShape::StandardRetryAfterDate => {
            let date = later(now, WAIT).strftime("%a, %d %b %Y %H:%M:%S GMT");
            bodies::error(429).with_header("retry-after", date)
        }
        ThrottleShape::Status509 | ThrottleShape::NoHeaders => bodies::error(429),
    }
}

/// HTTP 200 for a shop that was closed.
pub(super) fn shop_inactive() -> Answer {
    bodies::graphql_errors(&json!([{"message": "", "extensions": {"code": "SHOP_INACTIVE"}}]))
}

/// Spoils the answer to a request that was applied.
pub(super) fn after_serving(fault: &Fault, answer: &mut Answer) {
    match fault {
        Fault::StatusAfterCommit(status) => *answer = bodies::error(*status),
        Fault::Truncated => mangle::truncate(answer),
        Fault::WrongType => mangle::confuse_types(answer),
        Fault::Oversized(size) => mangle::pad(answer, *size),
        Fault::Slow(delay) => answer.delay = *delay,
        Fault::GraphqlPartial => mangle::add_graphql_error(answer, "A part of the answer is missing."),
        Fault::EmptyBody => *answer = Answer::empty(200),
        Fault::ExtraFields => mangle::add_unknown_fields(answer),
        _ => {}
    }
}

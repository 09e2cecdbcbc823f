//! The faults that only this platform shows in this way.

use guestpass::Timestamp;
use serde_json::json;

use super::bodies;
use super::cost::Bill;
use super::quirks::{BucketSize, CostBlock, Quirks};
use crate::fakes::http::Answer;
use crate::fakes::limits::INJECTED;
use crate::fault::{Fault, ThrottleShape};

/// A bucket that has no room for another five seconds.
const EMPTY: Bill = Bill {
    requested: 502,
    actual: None,
    available: 2.0,
    size: BucketSize { maximum: 2000, restore_rate: 100 },
};

/// The refusal of a fault that has no form common to all platforms. `field` is the first that was asked for.
pub(super) fn refusal(fault: &Fault, field: &str, quirks: &Quirks) -> Option<Answer> {
    Some(match fault {
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
pub(super) fn throttled(shape: ThrottleShape, graphql: bool, now: Timestamp) -> Answer {
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
            bodies::error(429).with_header("retry-after", INJECTED.reset_date(now))
        }
        ThrottleShape::Status509 | ThrottleShape::NoHeaders => bodies::error(429),
    }
}

/// HTTP 200 for a shop that was closed.
pub(super) fn shop_inactive() -> Answer {
    bodies::graphql_errors(&json!([{"message": "", "extensions": {"code": "SHOP_INACTIVE"}}]))
}

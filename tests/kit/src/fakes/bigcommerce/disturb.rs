//! The faults as this platform shows them.

use guestpass::Timestamp;
use serde_json::json;

use super::quirks::Quirks;
use super::{bodies, limits};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::mangle;
use crate::fault::Fault;

/// The answer of a fault that keeps the request from being applied.
pub(super) fn instead_of_serving(
    fault: &Fault,
    request: &Incoming,
    quirks: &Quirks,
    now: Timestamp,
) -> Option<Answer> {
    Some(match fault {
        Fault::Throttled(shape) => limits::INJECTED.refusal(*shape, now),
        Fault::Status(status) => bodies::error(request, *status, quirks),
        Fault::Html(status) => Answer::html(*status, "Something is in the way"),
        Fault::Redirect(target) => Answer::html(302, "Moved").with_header("location", target),
        Fault::GraphqlDenied => bodies::graphql_denied(&["account".to_owned()], &["account_users_write"]),
        Fault::GraphqlErrorUnknown => {
            let error =
                json!({"message": "Something unusual happened.", "extensions": {"code": "UNHEARD_OF"}});
            bodies::graphql_refusal(200, error)
        }
        Fault::ComplexityExceeded => {
            bodies::too_complex(quirks.complexity_limit.saturating_add(1), quirks.complexity_limit)
        }
        Fault::StoreSuspended => bodies::titled(503, "The store is suspended because of an open invoice."),
        _ => return None,
    })
}

/// Spoils the answer to a request that was applied.
pub(super) fn after_serving(fault: &Fault, answer: &mut Answer, request: &Incoming, quirks: &Quirks) {
    match fault {
        Fault::StatusAfterCommit(status) => *answer = bodies::error(request, *status, quirks),
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

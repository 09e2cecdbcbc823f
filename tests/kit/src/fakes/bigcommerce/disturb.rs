//! The faults that only this platform shows in this way.

use serde_json::json;

use super::bodies;
use super::quirks::Quirks;
use crate::fakes::http::Answer;
use crate::fault::Fault;

/// The refusal of a fault that has no form common to all platforms.
pub(super) fn refusal(fault: &Fault, quirks: &Quirks) -> Option<Answer> {
    Some(match fault {
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

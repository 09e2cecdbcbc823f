//! The platform's error bodies, in the three shapes of `errors`.

use serde_json::{Value, json};

use crate::fakes::http::Answer;

/// What an app needs to read people, in the platform's words: a client may be tempted to read them.
pub(super) const PEOPLE_ACCESS: &str = "`read_users` access scope. Also: The app must be a finance embedded app \
    or installed on a Shopify Plus or Advanced store. Contact Shopify Support to enable this scope for your app.";
const ACCESS_DOCUMENTATION: &str = "https://shopify.dev/api/usage/access-scopes";
const LIMIT_DOCUMENTATION: &str = "https://shopify.dev/api/usage/rate-limits";

/// The answer with this status that the platform gives.
pub(super) fn error(status: u16) -> Answer {
    if status == 520 {
        let mut answer = Answer::empty(520);
        answer.content_type = "text/plain";
        return answer;
    }
    if status == 400 {
        return Answer::json(400, &json!({"errors": {"query": "Required parameter missing or invalid"}}));
    }
    text(status, phrase(status))
}

/// An answer whose `errors` is one text.
pub(super) fn text(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"errors": text}))
}

/// An answer whose `errors` is an object of fields.
pub(super) fn fields(status: u16, errors: &Value) -> Answer {
    Answer::json(status, &json!({"errors": errors}))
}

fn phrase(status: u16) -> &'static str {
    match status {
        401 => "[API] Invalid API key or access token (unrecognized login or wrong password)",
        402 => "This shop's plan does not have access to this feature",
        403 => "User does not have access",
        404 => "Not Found",
        413 => "Request entity too large",
        423 => "This shop is unavailable",
        429 => {
            "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
        }
        500 => "An unexpected error occurred",
        _ => "The request failed",
    }
}

/// The refusal of tokens that never expire.
pub(super) fn must_expire() -> Answer {
    text(
        403,
        "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline \
         tokens: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/\
         offline-access-tokens#expiring-vs-non-expiring-offline-tokens",
    )
}

/// HTTP 200 with errors and without data.
pub(super) fn graphql_errors(errors: &Value) -> Answer {
    Answer::json(200, &json!({"errors": errors}))
}

/// The message and the extensions of a denied field, in the short form or with what would be needed.
pub(super) fn denied(field: &str, long: bool) -> (String, Value) {
    let mut message = format!("Access denied for {field} field.");
    let mut extensions = json!({"code": "ACCESS_DENIED", "documentation": ACCESS_DOCUMENTATION});
    if let (true, Value::Object(fields)) = (long, &mut extensions) {
        message = format!("{message} Required access: {PEOPLE_ACCESS}");
        fields.insert("requiredAccess".to_owned(), json!(PEOPLE_ACCESS));
    }
    (message, extensions)
}

/// The refusal of a query that costs more than any query may.
pub(super) fn too_expensive(cost: u64, limit: u64) -> Answer {
    let message = format!("Query cost is {cost}, which exceeds the single query max cost limit ({limit}).");
    let extensions = json!({
        "code": "MAX_COST_EXCEEDED",
        "cost": cost,
        "maxCost": limit,
        "documentation": "https://shopify.dev/api/usage/limits#rate-limits",
    });
    graphql_errors(&json!([{"message": message, "extensions": extensions}]))
}

/// HTTP 200 for a request that the bucket has no room for.
pub(super) fn throttled(code: &str, extensions: Option<Value>) -> Answer {
    let error = json!({
        "message": "Throttled",
        "extensions": {"code": code, "documentation": LIMIT_DOCUMENTATION},
    });
    let mut body = json!({"errors": [error]});
    if let (Some(extensions), Value::Object(fields)) = (extensions, &mut body) {
        fields.insert("extensions".to_owned(), extensions);
    }
    Answer::json(200, &body)
}

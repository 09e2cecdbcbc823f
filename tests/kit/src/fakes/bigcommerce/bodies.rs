//! The platform's error bodies.

use serde_json::{Value, json};

use super::quirks::Quirks;
use crate::fakes::http::{Answer, Incoming};

/// An error on `request`, in the form of the API version it was sent to.
pub(super) fn error(request: &Incoming, status: u16, quirks: &Quirks) -> Answer {
    let from_gateway = matches!(status, 401 | 403);
    if request.path.contains("/v2/") && (!from_gateway || quirks.v2_auth_errors_as_array) {
        return Answer::json(status, &json!([{"status": status, "message": title(status)}]));
    }
    v3(status, title(status), None)
}

/// A V3 error that names what is wrong with which field.
pub(super) fn invalid(field: &str, problem: &str) -> Answer {
    v3(422, title(422), Some(json!({field: problem})))
}

/// A V3 error with the given title.
pub(super) fn titled(status: u16, title: &str) -> Answer {
    v3(status, title, None)
}

fn v3(status: u16, title: &str, errors: Option<Value>) -> Answer {
    let errors = errors.unwrap_or_else(|| json!({}));
    let body = json!({
        "status": status,
        "title": title,
        "type": "/api-docs/getting-started/api-status-codes",
        "errors": errors,
    });
    Answer::json(status, &body)
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Input is invalid.",
        401 => "The token in the request is not valid here.",
        403 => "The token lacks a scope that this endpoint needs.",
        404 => "The resource was not found.",
        413 => "The request is too large.",
        422 => "JSON data is missing or invalid",
        429 => "Too many requests",
        500 => "An error has occurred.",
        503 => "Service Unavailable",
        // Gateways answer timeouts with an empty title.
        504 => "",
        _ => "The request failed.",
    }
}

/// The body of a GraphQL refusal: no data, one error.
pub(super) fn graphql_refusal(status: u16, error: Value) -> Answer {
    Answer::json(status, &json!({"data": null, "errors": [error]}))
}

/// HTTP 200 with the error that names the missing scopes.
pub(super) fn graphql_denied(path: &[String], scopes: &[&str]) -> Answer {
    let error = json!({
        "message": "The token lacks a scope that this operation needs.",
        "path": path,
        "extensions": {"code": "INSUFFICIENT_ACCESS_SCOPE", "requiredScopes": scopes},
    });
    graphql_refusal(200, error)
}

/// The refusal of a query that costs too much.
pub(super) fn too_complex(cost: u64, limit: u64) -> Answer {
    let message = format!("The query is too complex: {cost} of at most {limit}.");
    graphql_refusal(200, json!({"message": message})).with_header("x-bc-graphql-complexity", cost)
}

//! The platform's error bodies.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::quirks::{Forbidden, Quirks};
use crate::fakes::http::{Answer, Incoming};

/// The platform's own body for a status. System errors have none.
pub(super) fn error(status: u16, quirks: &Quirks) -> Answer {
    match status {
        400 => invalid("body", "is not valid", "INVALID_ARGUMENT"),
        401 => coded(401, "UNAUTHENTICATED", "The caller is not authenticated."),
        403 => forbidden(quirks),
        404 => coded(404, "NOT_FOUND", "There is nothing here."),
        405 => coded(405, "METHOD_NOT_ALLOWED", "The method is not allowed."),
        409 => coded(409, "ALREADY_EXISTS", "It exists already."),
        413 => coded(413, "PAYLOAD_TOO_LARGE", "The request is too large."),
        428 => no_site(),
        429 => coded(429, "RESOURCE_EXHAUSTED", "Too many requests."),
        500.. => Answer::empty(status),
        other => Answer::json(other, &json!({"message": "The request failed."})),
    }
}

/// An application error.
pub(super) fn coded(status: u16, code: &str, message: &str) -> Answer {
    let error = json!({"code": code, "description": message, "data": {}});
    Answer::json(status, &json!({"message": message, "details": {"applicationError": error}}))
}

/// A validation error of one field.
pub(super) fn invalid(field: &str, problem: &str, rule: &str) -> Answer {
    let violation = json!({"field": field, "description": problem, "violatedRule": rule});
    let body = json!({
        "message": format!("INVALID_ARGUMENT: \"{field}\" {problem}"),
        "details": {"validationError": {"fieldViolations": [violation]}},
    });
    Answer::json(400, &body)
}

/// The refusal for want of rights.
pub(super) fn forbidden(quirks: &Quirks) -> Answer {
    match quirks.forbidden {
        Forbidden::BlankDescription => {
            Answer::json(403, &json!({"message": "", "details": {"applicationError": {"description": ""}}}))
        }
        Forbidden::EmptyBody => Answer::empty(403),
        Forbidden::Code => coded(403, "PERMISSION_DENIED", "The caller lacks a permission."),
        Forbidden::Unauthenticated => error(401, quirks),
    }
}

/// The refusal of a site-level request that does not say which site.
pub(super) fn no_site() -> Answer {
    coded(428, "MISSING_METASITE_ID", "The request context names no site.")
}

/// The refusal for want of seats.
pub(super) fn no_seat() -> Answer {
    coded(428, "PREMIUM_ONLY", "The site has no seat left for another collaborator.")
}

/// An error beside the data of a success.
pub(super) fn add_error(body: &mut Map<String, Value>) {
    let error = json!({"code": "ABORTED", "description": "A part of the request failed.", "data": {}});
    body.insert("message".to_owned(), json!("A part of the request failed."));
    body.insert("details".to_owned(), json!({"applicationError": error}));
}

/// The body with another field, if there is a value for it.
pub(super) fn with(mut body: Value, name: &str, value: Option<Value>) -> Value {
    if let (Some(value), Value::Object(fields)) = (value, &mut body) {
        fields.insert(name.to_owned(), value);
    }
    body
}

/// The fields of a request. An empty body stands for an empty object.
pub(super) fn read<T: DeserializeOwned>(request: &Incoming) -> Result<T, Answer> {
    let fields: Map<String, Value> = match request.body.is_empty() {
        true => Map::new(),
        false => request.json().map_err(|_| invalid("body", "is not a JSON object", "FORMAT"))?,
    };
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| invalid("body", &error.to_string(), "INVALID_ARGUMENT"))
}

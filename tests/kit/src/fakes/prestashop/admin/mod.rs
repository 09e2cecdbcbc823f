//! The Admin API of 9.0. Nothing of it was recorded: its shapes come from documentation and published code.

mod clients;
mod keys;
mod lists;
mod profiles;
mod tokens;

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::quirks::{ApiModule, Quirks};
use super::state::World;
use super::version::PrestashopVersion;
use crate::fakes::http::{Answer, Incoming};

pub(super) use clients::ApiClient;
pub(super) use tokens::{Apps, elsewhere as token_elsewhere};

/// Every scope, and the module version that brought it.
pub(super) const SCOPES: [(&str, ApiModule); 6] = [
    ("api_client_read", ApiModule::V0_1),
    ("api_client_write", ApiModule::V0_1),
    ("webservice_key_read", ApiModule::V0_2),
    ("webservice_key_write", ApiModule::V0_2),
    ("profile_read", ApiModule::V0_6),
    ("profile_write", ApiModule::V0_6),
];

pub(super) fn answer(
    request: &Incoming,
    tail: &str,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Answer {
    if world.version != PrestashopVersion::V9_0 || !quirks.admin_api {
        return Answer::html(404, "Not Found");
    }
    if tail == "access_token" {
        return tokens::issue(request, world, quirks, now);
    }
    let scopes = match tokens::scopes_of(request, world, quirks, now) {
        Ok(scopes) => scopes,
        Err(refusal) => return refusal,
    };
    let context = ["shopId", "shopGroupId", "shopIds", "allShops"];
    if world.multistore_on && !context.iter().any(|name| request.parameter(name).is_some()) {
        return Answer::json(400, &json!("Multi shop is enabled, you must specify a shop context"));
    }
    let Some(operation) =
        Operation::of(request, tail).filter(|operation| quirks.api_module >= operation.since())
    else {
        return error(404);
    };
    if !scopes.iter().any(|scope| scope == operation.scope()) {
        return error(403);
    }
    let done = match operation.resource {
        "api-clients" => clients::answer(&operation, request, world, quirks),
        "webservice-keys" => keys::answer(&operation, request, world, quirks, now),
        _ => profiles::answer(&operation, request, world),
    };
    done.unwrap_or_else(|refusal| refusal)
}

/// What is asked for: a method on a resource, or on one of its objects.
#[derive(Debug)]
struct Operation<'r> {
    method: &'r str,
    resource: &'r str,
    id: Option<u64>,
}

impl<'r> Operation<'r> {
    fn of(request: &'r Incoming, tail: &'r str) -> Option<Self> {
        let (resource, id) = tail.split_once('/').map_or((tail, None), |(resource, id)| (resource, Some(id)));
        let id = id.map(str::parse).transpose().ok()?;
        let method = request.method.as_str();
        let allowed: &[(&str, bool)] = match resource {
            "api-clients" => {
                &[("GET", false), ("POST", false), ("GET", true), ("PATCH", true), ("DELETE", true)]
            }
            "webservice-keys" => &[("GET", false), ("POST", false), ("GET", true), ("PATCH", true)],
            "profiles" => &[("POST", false), ("GET", true), ("DELETE", true)],
            _ => return None,
        };
        allowed.contains(&(method, id.is_some())).then_some(Self { method, resource, id })
    }

    fn since(&self) -> ApiModule {
        match self.resource {
            "api-clients" => ApiModule::V0_1,
            "webservice-keys" => ApiModule::V0_2,
            _ => ApiModule::V0_6,
        }
    }

    fn scope(&self) -> &'static str {
        match (self.resource, self.method) {
            ("api-clients", "GET") => "api_client_read",
            ("api-clients", _) => "api_client_write",
            ("webservice-keys", "GET") => "webservice_key_read",
            ("webservice-keys", _) => "webservice_key_write",
            (_, "GET") => "profile_read",
            _ => "profile_write",
        }
    }
}

/// A domain error outside of debug mode: its own status is not the one of the answer.
pub(super) fn error(status: u16) -> Answer {
    Answer::json(
        status,
        &json!({
            "type": "https://tools.ietf.org/html/rfc2616#section-10",
            "title": "An error occurred",
            "status": 500,
            "detail": "Internal Server Error",
        }),
    )
}

/// Validation speaks in a bare array.
fn invalid(field: &str, message: &str) -> Answer {
    Answer::json(
        422,
        &json!([{"propertyPath": field, "message": message, "code": "c1051bb4-d103-4f74-8988-acbcafc7fdc3"}]),
    )
}

fn body(request: &Incoming) -> Result<serde_json::Map<String, Value>, Answer> {
    request.json().map_err(|_| error(400))
}

/// A text that may not be blank, nor longer than `most`.
fn text<'b>(body: &'b serde_json::Map<String, Value>, field: &str, most: usize) -> Result<&'b str, Answer> {
    match body.get(field).and_then(Value::as_str) {
        Some(text) if text.chars().count() > most => Err(invalid(field, "This value is too long.")),
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(invalid(field, "This value should not be blank.")),
    }
}

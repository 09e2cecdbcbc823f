//! The HTTP control endpoints, for programs that are not written in Rust.

use std::time::Duration;

use guestpass::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::seed;
use super::service::Service;
use super::state::Refusal;
use super::truth;
use crate::fakes::http::{Answer, Incoming};
use crate::fault::{Fault, On, seconds};

/// Everything below this path is for control; the platform's part of the fake never sees it.
const PREFIX: &str = "/_control/";

/// The time of the fake, and how far it was moved ahead of its clock.
pub(super) struct Time<'t> {
    pub(super) now: Timestamp,
    pub(super) offset: &'t mut Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default = "yes")]
    seed: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forward {
    #[serde(with = "seconds")]
    seconds: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    store: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    store: String,
    email: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    store: String,
    email: String,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneToken {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Injection {
    on: On,
    fault: Fault,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

/// What went wrong with a control request.
enum Problem {
    Malformed(String),
    Missing(String),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Missing(refusal.0)
    }
}

/// Answers a control request; `None` for every other one.
pub(super) fn answer(request: &Incoming, service: &mut Service, time: &mut Time<'_>) -> Option<Answer> {
    let command = request.path.strip_prefix(PREFIX)?;
    let done = match request.method.as_str() {
        "GET" => look(command, request, service),
        "POST" => act(command, request, service, time),
        _ => Err(unknown(command)),
    };
    Some(match done {
        Ok(body) => Answer::json(200, &body),
        Err(Problem::Malformed(error)) => Answer::json(400, &json!({"error": error})),
        Err(Problem::Missing(error)) => Answer::json(404, &json!({"error": error})),
    })
}

fn unknown(command: &str) -> Problem {
    Problem::Missing(format!("there is no control endpoint {command} for this method"))
}

fn look(command: &str, request: &Incoming, service: &Service) -> Result<Value, Problem> {
    match command {
        "users" => {
            let store = request.parameter("store").unwrap_or_default();
            Ok(json!(truth::users(service.world.store(store)?, &service.world)))
        }
        "requests" => Ok(json!(service.log.all())),
        "unfired" => Ok(json!(service.faults.unfired())),
        "quirks" => Ok(json!(service.quirks)),
        other => Err(unknown(other)),
    }
}

fn act(
    command: &str,
    request: &Incoming,
    service: &mut Service,
    time: &mut Time<'_>,
) -> Result<Value, Problem> {
    let now = time.now;
    match command {
        "reset" => {
            let Reset { seed } = read(request)?;
            *service = Service::default();
            *time.offset = Duration::ZERO;
            return match seed {
                true => Ok(json!(seed::plant(&mut service.world, now)?)),
                false => Ok(done()),
            };
        }
        "forward" => {
            let Forward { seconds } = read(request)?;
            *time.offset = time.offset.saturating_add(seconds);
        }
        "accept" => {
            let Somebody { store, email } = read(request)?;
            service.world.change(&store, &email, now, |member| member.last_login = Some(now))?;
        }
        "add-user" => {
            let NewUser { store, email, first, last } = read(request)?;
            let id = service.world.add_user(&store, &email, &first, &last, &service.quirks, now)?;
            return Ok(json!({"id": id}));
        }
        "remove-user" => {
            let Somebody { store, email } = read(request)?;
            service.world.remove_user(&store, &email, now)?;
        }
        "make-owner" => {
            let Somebody { store, email } = read(request)?;
            service.world.make_owner(&store, &email, now)?;
        }
        "grant-permissions" => {
            let Permissions { store, email, permissions } = read(request)?;
            service.world.change(&store, &email, now, |member| member.permissions = permissions)?;
        }
        "revoke-token" => {
            let OneToken { token } = read(request)?;
            service.world.revoke_token(&token)?;
        }
        "fault" => {
            let Injection { on, fault, times } = read(request)?;
            service.faults.inject(on, fault, times);
        }
        "quirks" => return merge_quirks(request, service),
        "requests/clear" => service.log.clear(),
        other => return Err(unknown(other)),
    }
    Ok(done())
}

fn done() -> Value {
    json!({"ok": true})
}

/// An empty body stands for an empty object.
fn read<T: DeserializeOwned>(request: &Incoming) -> Result<T, Problem> {
    let body = if request.body.is_empty() { b"{}" } else { request.body.as_slice() };
    serde_json::from_slice(body).map_err(|error| Problem::Malformed(error.to_string()))
}

fn merge_quirks(request: &Incoming, service: &mut Service) -> Result<Value, Problem> {
    let malformed = |error: serde_json::Error| Problem::Malformed(error.to_string());
    let changes: serde_json::Map<String, Value> = read(request)?;
    let mut quirks = json!(service.quirks);
    if let Value::Object(fields) = &mut quirks {
        fields.extend(changes);
    }
    service.quirks = serde_json::from_value(quirks).map_err(malformed)?;
    Ok(json!(service.quirks))
}

//! The HTTP control endpoints, for programs that are not written in Rust: what they have in common on all platforms.

use std::time::Duration;

use guestpass::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ground::Refusal;
use super::http::{Answer, Incoming};
use super::platform::Platform;
use crate::fault::{Fault, On, seconds};

/// Everything below this path is for control; the platform's part of the fake never sees it.
const PREFIX: &str = "/_control/";

/// The time of the fake, and how far it was moved ahead of its clock.
pub(super) struct Time<'t> {
    pub(super) now: Timestamp,
    pub(super) offset: &'t mut Duration,
}

/// A platform that can be arranged over HTTP.
pub(super) trait Controlled: Platform {
    /// The switches of the platform.
    type Quirks: Serialize + DeserializeOwned;

    fn quirks_mut(&mut self) -> &mut Self::Quirks;

    /// Forgets everything.
    fn forget(&mut self) {
        *self = Self::default();
    }

    /// Plants the demonstration world, and says where things are in it.
    fn plant(&mut self, now: Timestamp) -> Result<Value, Refusal>;

    /// Answers a question that only this platform knows.
    fn look(&self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem>;

    /// Follows an order that only this platform knows.
    fn act(&mut self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem>;
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
struct Injection {
    on: On,
    fault: Fault,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

/// An order about a token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneToken {
    pub(super) token: String,
}

/// What went wrong with a control request.
pub(super) enum Problem {
    Malformed(String),
    Missing(String),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Missing(refusal.0)
    }
}

/// Answers a control request; `None` for every other one.
pub(super) fn answer<P: Controlled>(
    request: &Incoming,
    platform: &mut P,
    time: &mut Time<'_>,
) -> Option<Answer> {
    let command = request.path.strip_prefix(PREFIX)?;
    let done = match request.method.as_str() {
        "GET" => look(command, request, platform, time.now),
        "POST" => act(command, request, platform, time),
        _ => Err(unknown(command)),
    };
    Some(match done {
        Ok(body) => Answer::json(200, &body),
        Err(Problem::Malformed(error)) => Answer::json(400, &json!({"error": error})),
        Err(Problem::Missing(error)) => Answer::json(404, &json!({"error": error})),
    })
}

pub(super) fn unknown(command: &str) -> Problem {
    Problem::Missing(format!("there is no control endpoint {command} for this method"))
}

fn look<P: Controlled>(
    command: &str,
    request: &Incoming,
    platform: &mut P,
    now: Timestamp,
) -> Result<Value, Problem> {
    match command {
        "requests" => Ok(json!(platform.desk().log.all())),
        "unfired" => Ok(json!(platform.desk().faults.unfired())),
        "quirks" => Ok(json!(platform.quirks_mut())),
        other => platform.look(other, request, now),
    }
}

fn act<P: Controlled>(
    command: &str,
    request: &Incoming,
    platform: &mut P,
    time: &mut Time<'_>,
) -> Result<Value, Problem> {
    match command {
        "reset" => {
            let Reset { seed } = read(request)?;
            platform.forget();
            *time.offset = Duration::ZERO;
            return match seed {
                true => Ok(platform.plant(time.now)?),
                false => Ok(done()),
            };
        }
        "forward" => {
            let Forward { seconds } = read(request)?;
            *time.offset = time.offset.saturating_add(seconds);
        }
        "fault" => {
            let Injection { on, fault, times } = read(request)?;
            platform.desk().faults.inject(on, fault, times);
        }
        "quirks" => return merge_quirks(request, platform.quirks_mut()),
        "requests/clear" => platform.desk().log.clear(),
        other => return platform.act(other, request, time.now),
    }
    Ok(done())
}

pub(super) fn done() -> Value {
    json!({"ok": true})
}

/// An empty body stands for an empty object.
pub(super) fn read<T: DeserializeOwned>(request: &Incoming) -> Result<T, Problem> {
    let body = if request.body.is_empty() { b"{}" } else { request.body.as_slice() };
    serde_json::from_slice(body).map_err(|error| Problem::Malformed(error.to_string()))
}

fn merge_quirks<Q: Serialize + DeserializeOwned>(
    request: &Incoming,
    quirks: &mut Q,
) -> Result<Value, Problem> {
    let malformed = |error: serde_json::Error| Problem::Malformed(error.to_string());
    let changes: serde_json::Map<String, Value> = read(request)?;
    let mut merged = json!(quirks);
    if let Value::Object(fields) = &mut merged {
        fields.extend(changes);
    }
    *quirks = serde_json::from_value(merged).map_err(malformed)?;
    Ok(json!(quirks))
}

//! The HTTP control endpoints, for programs that are not written in Rust.

use std::time::Duration;

use guestpass::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::seed;
use super::service::Service;
use super::state::{CollaborationState, Plan, Refusal, Shop, ShopState, StaffKind, World, later};
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
    shop: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStaff {
    shop: String,
    email: String,
    kind: StaffKind,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Activity {
    shop: String,
    email: String,
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrganisation {
    organisation: String,
    name: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMember {
    organisation: String,
    email: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

/// Somebody's organisation at a shop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Partner {
    shop: String,
    organisation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    shop: String,
    organisation: String,
    code: Option<String>,
    #[serde(default)]
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    shop: String,
    organisation: String,
    permissions: Option<Vec<String>>,
    /// The agreed length of the access.
    seconds: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestCode {
    shop: String,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShopSettings {
    shop: String,
    plan: Option<Plan>,
    state: Option<ShopState>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppAt {
    shop: String,
    client_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    client_id: String,
    secret: String,
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
        "GET" => look(command, request, service, time.now),
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

fn asked_shop<'w>(request: &Incoming, world: &'w World) -> Result<&'w Shop, Problem> {
    Ok(world.shop(request.parameter("shop").unwrap_or_default())?)
}

fn look(command: &str, request: &Incoming, service: &Service, now: Timestamp) -> Result<Value, Problem> {
    match command {
        "staff" => Ok(json!(truth::staff(asked_shop(request, &service.world)?))),
        "collaborations" => Ok(json!(truth::collaborations(asked_shop(request, &service.world)?))),
        "tokens" => {
            let shop = asked_shop(request, &service.world)?;
            Ok(json!(truth::tokens(shop, &service.world.vault, now)))
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
        "fault" => {
            let Injection { on, fault, times } = read(request)?;
            service.faults.inject(on, fault, times);
        }
        "quirks" => return merge_quirks(request, service),
        "requests/clear" => service.log.clear(),
        "request-access" => {
            let Wish { shop, organisation, code, permissions } = read(request)?;
            let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
            let (world, quirks) = (&mut service.world, &service.quirks);
            let sent =
                world.request_access(&organisation, &shop, code.as_deref(), &permissions, quirks, now)?;
            return Ok(json!({"ok": sent.is_ok(), "refused": sent.err()}));
        }
        other => act_on_world(other, request, &mut service.world, now)?,
    }
    Ok(done())
}

/// What merchants, partners and people do.
fn act_on_world(command: &str, request: &Incoming, world: &mut World, now: Timestamp) -> Result<(), Problem> {
    use CollaborationState::{Active, Expired, Pending, Rejected, Removed};
    let mut end = |from, to| -> Result<(), Problem> {
        let Partner { shop, organisation } = read(request)?;
        Ok(world.end_collaboration(&organisation, &shop, from, to, now)?)
    };
    match command {
        "reject" => end(Pending, Rejected)?,
        "expire" => end(Pending, Expired)?,
        "remove-collaborator" => end(Active, Removed)?,
        "approve" => {
            let Approval { shop, organisation, permissions, seconds } = read(request)?;
            let length = seconds.map(Duration::try_from_secs_f64).transpose();
            let length = length.map_err(|error| Problem::Malformed(error.to_string()))?;
            let ends_at = length.map(|length| later(now, length));
            world.approve(&organisation, &shop, permissions, ends_at, now)?;
        }
        "add-organisation" => {
            let NewOrganisation { organisation, name, email } = read(request)?;
            world.add_organisation(&organisation, &name, &email);
        }
        "add-member" => {
            let NewMember { organisation, email, first, last } = read(request)?;
            world.add_member(&organisation, &email, &first, &last, now)?;
        }
        "add-staff" => {
            let NewStaff { shop, email, kind, first, last } = read(request)?;
            world.add_staff(&shop, kind, &email, &first, &last, now)?;
        }
        "remove-account" => {
            let Somebody { shop, email } = read(request)?;
            world.remove_account(&shop, &email, now)?;
        }
        "set-active" => {
            let Activity { shop, email, active } = read(request)?;
            world.shop_mut(&shop)?.account_mut(&email)?.active = active;
        }
        "log-in" => {
            let Somebody { shop, email } = read(request)?;
            world.log_in(&shop, &email, now)?;
        }
        "make-owner" => {
            let Somebody { shop, email } = read(request)?;
            world.make_owner(&shop, &email)?;
        }
        "request-code" => {
            let RequestCode { shop, code } = read(request)?;
            world.shop_mut(&shop)?.code = code;
        }
        "shop" => {
            let ShopSettings { shop, plan, state } = read(request)?;
            let shop = world.shop_mut(&shop)?;
            shop.plan = plan.unwrap_or(shop.plan);
            shop.state = state.unwrap_or(shop.state);
        }
        "uninstall" => {
            let AppAt { shop, client_id } = read(request)?;
            world.uninstall(&shop, &client_id)?;
        }
        "add-secret" => {
            let Secret { client_id, secret } = read(request)?;
            world.app_mut(&client_id)?.secrets.push(secret);
        }
        "revoke-secret" => {
            let Secret { client_id, secret } = read(request)?;
            world.revoke_secret(&client_id, &secret)?;
        }
        "revoke-token" => {
            let OneToken { token } = read(request)?;
            if !world.vault.kill(&token) && !world.vault.kill_refresh(&token) {
                return Err(Problem::Missing("no such token".to_owned()));
            }
        }
        other => return Err(unknown(other)),
    }
    Ok(())
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

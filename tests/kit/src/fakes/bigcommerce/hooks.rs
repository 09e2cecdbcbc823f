//! Webhooks of a store. Each client sees its own, and they need no scope.

use guestpass::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use super::bodies;
use super::credentials::Token;
use super::quirks::Quirks;
use super::rest::{enveloped, paged};
use super::state::Store;
use super::webshop::Hook;
use crate::fakes::ground::later;
use crate::fakes::http::{Answer, Incoming};

/// The most webhooks of one client for one scope.
const MOST_PER_SCOPE: usize = 10;

/// Answers a request below `/v3/hooks`; `None` for a route that does not exist.
pub(super) fn answer(
    request: &Incoming,
    store: &mut Store,
    rest: &str,
    token: &Token,
    quirks: &Quirks,
    now: Timestamp,
) -> Option<Answer> {
    match (request.method.as_str(), rest) {
        ("GET", "") => Some(list(request, store, token, quirks, now)),
        ("POST", "") => Some(create(request, store, token, now).unwrap_or_else(|refusal| refusal)),
        (method, rest) => {
            let id: u64 = rest.strip_prefix('/')?.parse().ok()?;
            one(request, store, method, id, token, now)
        }
    }
}

fn list(request: &Incoming, store: &Store, token: &Token, quirks: &Quirks, now: Timestamp) -> Answer {
    let equals = |name: &str, value: &str| request.parameter(name).is_none_or(|wanted| wanted == value);
    let hooks = store
        .shop
        .hooks
        .iter()
        .filter(|hook| hook.client_id == token.client_id)
        .filter(|hook| later(hook.created_at, quirks.hook_delay) <= now)
        .filter(|hook| equals("scope", &hook.scope) && equals("destination", &hook.destination))
        .filter(|hook| equals("is_active", if hook.is_active { "true" } else { "false" }));
    paged(request, hooks.map(|hook| view(hook, store)).collect())
}

fn create(request: &Incoming, store: &mut Store, token: &Token, now: Timestamp) -> Result<Answer, Answer> {
    let fields = body(request)?;
    let mut hook = Hook {
        id: store.shop.hooks_made + 1,
        client_id: token.client_id.clone(),
        scope: String::new(),
        destination: String::new(),
        headers: None,
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    change(&mut hook, &fields)?;
    if hook.scope.is_empty() {
        return Err(bodies::invalid("scope", "is required"));
    }
    if hook.destination.is_empty() {
        return Err(bodies::invalid("destination", "is required"));
    }
    check_room(&hook, store)?;
    store.shop.hooks_made = hook.id;
    let answer = enveloped(&view(&hook, store));
    store.shop.hooks.push(hook);
    Ok(answer)
}

/// The same hook twice is refused, and so is one too many for a scope.
fn check_room(hook: &Hook, store: &Store) -> Result<(), Answer> {
    let others = || {
        let others = store.shop.hooks.iter().filter(|other| other.id != hook.id);
        others.filter(|other| other.client_id == hook.client_id && other.scope == hook.scope)
    };
    if others().any(|other| other.destination == hook.destination) {
        return Err(bodies::invalid("destination", "is registered for this scope already"));
    }
    if others().count() >= MOST_PER_SCOPE {
        return Err(bodies::invalid("scope", "has as many webhooks as it may have"));
    }
    Ok(())
}

fn one(
    request: &Incoming,
    store: &mut Store,
    method: &str,
    id: u64,
    token: &Token,
    now: Timestamp,
) -> Option<Answer> {
    let own = |hook: &Hook| hook.id == id && hook.client_id == token.client_id;
    let Some(found) = store.shop.hooks.iter().find(|hook| own(hook)).cloned() else {
        return Some(bodies::titled(404, &format!("There is no webhook with id {id}.")));
    };
    match method {
        "GET" => {}
        "DELETE" => store.shop.hooks.retain(|hook| !own(hook)),
        "PUT" => return Some(update(request, store, found, now).unwrap_or_else(|refusal| refusal)),
        _ => return None,
    }
    Some(enveloped(&view(&found, store)))
}

fn update(request: &Incoming, store: &mut Store, mut hook: Hook, now: Timestamp) -> Result<Answer, Answer> {
    let fields = body(request)?;
    if fields.is_empty() {
        return Err(bodies::invalid("body", "must change at least one field"));
    }
    change(&mut hook, &fields)?;
    check_room(&hook, store)?;
    hook.updated_at = now;
    let answer = enveloped(&view(&hook, store));
    if let Some(stored) = store.shop.hooks.iter_mut().find(|stored| stored.id == hook.id) {
        *stored = hook;
    }
    Ok(answer)
}

fn body(request: &Incoming) -> Result<Map<String, Value>, Answer> {
    request.json().map_err(|_| bodies::invalid("body", "must be a JSON object"))
}

/// Takes over the fields of a request; anything of the wrong type refuses all of it.
fn change(hook: &mut Hook, fields: &Map<String, Value>) -> Result<(), Answer> {
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("scope", Value::String(scope)) if scope.starts_with("store/") => hook.scope.clone_from(scope),
            ("destination", Value::String(url)) if reachable(url) => hook.destination.clone_from(url),
            ("is_active", Value::Bool(active)) => hook.is_active = *active,
            ("headers", Value::Null) => hook.headers = None,
            ("headers", Value::Object(headers)) => hook.headers = Some(headers.clone()),
            ("scope" | "destination" | "is_active" | "headers", _) => {
                return Err(bodies::invalid(name, "is not valid"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Events are delivered by https on the standard port only.
fn reachable(destination: &str) -> bool {
    Url::parse(destination)
        .is_ok_and(|url| url.scheme() == "https" && url.port_or_known_default() == Some(443))
}

fn view(hook: &Hook, store: &Store) -> Value {
    json!({
        "id": hook.id,
        "client_id": hook.client_id,
        "store_hash": store.hash,
        "scope": hook.scope,
        "destination": hook.destination,
        "headers": hook.headers,
        "is_active": hook.is_active,
        "created_at": hook.created_at.as_second(),
        "updated_at": hook.updated_at.as_second(),
    })
}

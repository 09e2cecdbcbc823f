//! Webservice keys: `/webservice-keys`. Permissions come in by method and go out by resource.

use std::collections::BTreeSet;

use guestpass::Timestamp;
use serde_json::{Map, Value, json};

use super::{Operation, body, error, invalid, lists, text};
use crate::fakes::ground::later;
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::prestashop::quirks::Quirks;
use crate::fakes::prestashop::resources;
use crate::fakes::prestashop::state::{Key, MAIN_SHOP, Permissions, World};

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

pub(super) fn answer(
    operation: &Operation<'_>,
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Answer, Answer> {
    let Some(id) = operation.id else {
        return match operation.method {
            "GET" => {
                let items = world.keys.iter().map(listed).collect();
                Ok(lists::answer(request, items, 50, "id_webservice_account"))
            }
            _ => create(&body(request)?, world, quirks, now),
        };
    };
    let known = world.keys.iter().find(|key| key.id == id).cloned().ok_or_else(|| error(404))?;
    let key = match operation.method {
        "PATCH" => {
            let changed = change(known.clone(), &body(request)?, world, quirks)?;
            changed.seen_late(Some(known), later(now, quirks.key_delay))
        }
        _ => known,
    };
    let shown = shown(&key);
    if let Some(stored) = world.keys.iter_mut().find(|stored| stored.id == id) {
        *stored = key;
    }
    Ok(Answer::json(200, &shown))
}

fn listed(key: &Key) -> Value {
    json!({
        "webserviceKeyId": key.id, "key": key.key, "description": key.description, "enabled": key.enabled,
    })
}

fn shown(key: &Key) -> Value {
    let mut shown = listed(key);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("permissions".to_owned(), json!(key.permissions));
        fields.insert("shopIds".to_owned(), json!(key.shops));
    }
    shown
}

fn create(
    body: &Map<String, Value>,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Answer, Answer> {
    text(body, "key", 32)?;
    let id = world.keys.iter().map(|known| known.id).max().unwrap_or_default() + 1;
    let blank = Key { id, enabled: true, shops: BTreeSet::from([MAIN_SHOP]), ..Key::default() };
    let key = change(blank, body, world, quirks)?;
    world.keys.push(key.seen_late(None, later(now, quirks.key_delay)));
    Ok(Answer::json(201, &json!({"webserviceKeyId": id})))
}

/// The key with what the body changes.
fn change(mut key: Key, body: &Map<String, Value>, world: &World, quirks: &Quirks) -> Result<Key, Answer> {
    if body.contains_key("key") {
        let text = text(body, "key", 32)?;
        if text.len() != 32 {
            return Err(invalid("key", "This value should have exactly 32 characters."));
        }
        // Nothing maps this exception to a status.
        if world.key(text).is_some_and(|other| other.id != key.id) {
            return Err(match quirks.duplicate_key_status {
                422 => invalid("key", "This value is already used."),
                status => error(status),
            });
        }
        key.key = text.to_owned();
    }
    if let Some(description) = body.get("description").and_then(Value::as_str) {
        key.description = description.to_owned();
    }
    if let Some(enabled) = body.get("enabled") {
        key.enabled =
            enabled.as_bool().ok_or_else(|| invalid("enabled", "This value should be of type bool."))?;
    }
    if let Some(permissions) = body.get("permissions") {
        let wrong = || invalid("permissions", "One or more of the given values is invalid.");
        key.permissions = by_resource(permissions, world).ok_or_else(wrong)?;
    }
    if let Some(shops) = body.get("shopIds") {
        let ids = shops.as_array().and_then(|ids| ids.iter().map(Value::as_u64).collect());
        key.shops = ids.ok_or_else(|| invalid("shopIds", "This value should be of type array."))?;
    }
    Ok(key)
}

fn by_resource(by_method: &Value, world: &World) -> Option<Permissions> {
    let known = resources::names(world.version);
    let mut permissions = Permissions::new();
    for (method, resources) in by_method.as_object()? {
        for resource in resources.as_array()? {
            let resource = resource.as_str().filter(|resource| known.contains(resource))?;
            let method = METHODS.iter().find(|known| *known == method)?;
            permissions.entry(resource.to_owned()).or_default().insert((*method).to_owned());
        }
    }
    Some(permissions)
}

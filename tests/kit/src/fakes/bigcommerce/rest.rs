//! The REST routes of a store.

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::credentials::Token;
use super::quirks::Quirks;
use super::state::{Store, World};
use super::{bodies, hooks, storefront};
use crate::fakes::ground::date_time;
use crate::fakes::http::{Answer, Incoming};

const INFORMATION: &[&str] = &["store_v2_information_read_only", "store_v2_information"];
const LOGS: &[&str] = &["store_logs_read_only"];
/// Lists that a client may read to see whether it may read them; they are always empty. Their paths are not in the
/// documents that this fake was written from.
const LISTS: &[(&str, &[&str])] = &[
    ("v3/catalog/products", &["store_v2_products_read_only", "store_v2_products"]),
    ("v3/customers/attributes", &["store_v2_customers_read_only", "store_v2_customers"]),
    ("v3/channels", &["store_channel_settings_read_only", "store_channel_settings"]),
    ("v3/content/pages", &["store_v2_content_read_only", "store_v2_content"]),
];

/// Answers a request of a token that is valid for the store.
pub(super) fn answer(
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
    hash: &str,
    tail: &str,
    token: &Token,
    now: Timestamp,
) -> Answer {
    let missing = || bodies::error(request, 404, quirks);
    let get = request.method == "GET";
    let needed: &[&str] = match tail {
        "v2/store" | "v2/time" | "v3/settings/store/profile" if get => INFORMATION,
        "v3/store/systemlogs" if get => LOGS,
        _ => list(tail).filter(|_| get).unwrap_or_default(),
    };
    if !needed.is_empty() && !needed.iter().any(|scope| token.has(scope)) {
        return bodies::error(request, 403, quirks);
    }
    let owner = world.stores.get(hash).map(|store| world.email_of(store.owner));
    let (Some(store), Some(owner)) = (world.stores.get_mut(hash), owner) else {
        return missing();
    };
    match tail {
        "v2/store" if get => Answer::json(200, &information(store, &owner, quirks)),
        "v2/time" if get => Answer::json(200, &json!({"time": now.as_second()})),
        "v3/settings/store/profile" if get => enveloped(&profile(store, &owner)),
        "v3/store/systemlogs" if get => logs(request, store),
        _ if get && list(tail).is_some() => paged(request, Vec::new()),
        _ => {
            if let Some(hook) = tail.strip_prefix("v3/hooks") {
                return hooks::answer(request, store, hook, token, quirks, now).unwrap_or_else(missing);
            }
            if let Some(call) = tail.strip_prefix("v3/storefront/") {
                return storefront::answer(request, store, call, token, quirks, now).unwrap_or_else(missing);
            }
            missing()
        }
    }
}

/// The scopes that open one of the empty lists.
fn list(tail: &str) -> Option<&'static [&'static str]> {
    LISTS.iter().find(|(path, _)| *path == tail).map(|(_, scopes)| *scopes)
}

/// A V3 answer around `data`.
pub(super) fn enveloped(data: &Value) -> Answer {
    Answer::json(200, &json!({"data": data, "meta": {}}))
}

/// The V3 page of `items` that the query asks for.
pub(super) fn paged(request: &Incoming, items: Vec<Value>) -> Answer {
    let number = |name: &str, default: usize| {
        let asked = request.parameter(name).and_then(|value| value.parse().ok());
        asked.filter(|&value| value > 0).unwrap_or(default)
    };
    let (page, limit) = (number("page", 1), number("limit", 50).min(250));
    let total = items.len();
    let skipped = (page - 1).saturating_mul(limit);
    let data: Vec<Value> = items.into_iter().skip(skipped).take(limit).collect();
    let meta = json!({"pagination": {
        "total": total,
        "count": data.len(),
        "per_page": limit,
        "current_page": page,
        "total_pages": total.div_ceil(limit).max(1),
        "links": {"current": format!("?page={page}&limit={limit}")},
    }});
    Answer::json(200, &json!({"data": data, "meta": meta}))
}

fn information(store: &Store, owner: &str, quirks: &Quirks) -> Value {
    let domain = domain(store);
    let logo = if quirks.logo_empty_array {
        json!([])
    } else {
        json!({"url": format!("https://{domain}/logo.png")})
    };
    json!({
        "id": store.hash,
        "account_uuid": store.account,
        "store_id": store.number,
        "name": store.name,
        "domain": domain,
        "secure_url": format!("https://{domain}"),
        "control_panel_base_url": format!("https://{domain}"),
        "status": "live",
        "admin_email": owner,
        "first_name": "Olivia",
        "last_name": "Owner",
        "language": "en",
        "country_code": "NZ",
        "currency": "NZD",
        "timezone": {
            "name": "Pacific/Auckland",
            "raw_offset": 43_200,
            "dst_offset": 46_800,
            "dst_correction": true,
            "date_format": {"display": "j M Y", "export": "j M Y"},
        },
        "plan_name": "Enterprise Test Store",
        "plan_level": "Enterprise Test Store",
        "plan_is_trial": false,
        "default_channel_id": 1,
        "infrastructure_region": "us-central1",
        "logo": logo,
        "features": {
            "multi_storefront_enabled": true,
            "graphql_storefront_api_enabled": true,
            "storefront_limits": {"active": 3, "total_including_inactive": 5},
        },
    })
}

fn profile(store: &Store, owner: &str) -> Value {
    json!({
        "store_id": store.number.to_string(),
        "store_name": store.name,
        "store_email": owner,
        "store_address": "1 Test Lane",
        "store_country": "New Zealand",
    })
}

fn domain(store: &Store) -> String {
    format!("store-{}.mybigcommerce.com", store.hash)
}

fn logs(request: &Incoming, store: &Store) -> Answer {
    let wanted_type = request.parameter("type");
    let severity = request.parameter("severity");
    let ids: Option<Vec<&str>> = request.parameter("id:in").map(|ids| ids.split(',').collect());
    let entries = store
        .shop
        .log
        .iter()
        .filter(|entry| wanted_type.is_none_or(|kind| entry.kind == kind))
        .filter(|entry| severity.is_none_or(|severity| entry.severity.to_string() == severity))
        .filter(|entry| ids.as_ref().is_none_or(|ids| ids.contains(&entry.id.to_string().as_str())))
        .map(|entry| {
            json!({
                "id": entry.id,
                "type": entry.kind,
                "module": "",
                "severity": entry.severity.to_string(),
                "summary": entry.summary,
                "message": null,
                "date_created": date_time(entry.at),
            })
        });
    let mut entries: Vec<Value> = entries.collect();
    if request.parameter("direction") == Some("desc") {
        entries.reverse();
    }
    paged(request, entries)
}

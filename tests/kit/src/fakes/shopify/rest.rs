//! The REST routes: legacy users, storefront tokens, scopes, and the end of an app.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guestpass::Timestamp;
use serde_json::{Value, json};

use super::apps::{AppKind, covers, people_open};
use super::quirks::Quirks;
use super::service::Client;
use super::state::{Plan, Shop, Staff, StaffKind, World};
use super::storefront::StorefrontToken;
use super::{bodies, views};
use crate::fakes::Verdict;
use crate::fakes::ground::date_time;
use crate::fakes::http::{Answer, Incoming};

/// Users have other numbers here than as staff members.
const USER_NUMBERS: u64 = 548_380_000;
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 250;

/// Answers a versioned request of a client.
pub(super) fn answer(
    request: &Incoming,
    tail: &str,
    world: &mut World,
    quirks: &Quirks,
    client: &Client,
    now: Timestamp,
) -> Answer {
    if tail.starts_with("storefront_access_tokens") {
        return storefront(request, tail, world, quirks, client, now);
    }
    let (Some(shop), Some(app)) = (world.shops.get(&client.shop), world.apps.get(&client.client_id)) else {
        return bodies::error(404);
    };
    let users = tail == "users.json" || tail.starts_with("users/");
    if request.method != "GET" || !users {
        return bodies::error(404);
    }
    let allowed = shop.plan == Plan::Plus
        && client.kind == AppKind::Custom
        && people_open(shop, app)
        && covers(&client.scopes, "read_users");
    if !allowed {
        return bodies::error(quirks.users_denial_status);
    }
    let shown: Vec<&Staff> = shop.staff.iter().filter(|staff| listed(staff)).collect();
    match tail.strip_prefix("users/").and_then(|rest| rest.strip_suffix(".json")) {
        None => page(request, tail, &shown),
        Some("current") => {
            let current = client.person.as_ref().and_then(|person| shop.account(person));
            one(current)
        }
        Some(number) => {
            let number = number.parse::<u64>().ok();
            one(shown.into_iter().find(|staff| Some(staff.number + USER_NUMBERS) == number))
        }
    }
}

/// Requests are not users yet, and the gone are none any more.
fn listed(staff: &Staff) -> bool {
    staff.there() && staff.kind != StaffKind::Requested
}

fn one(staff: Option<&Staff>) -> Answer {
    staff.map_or_else(|| bodies::error(404), |staff| Answer::json(200, &json!({"user": user(staff)})))
}

fn user(staff: &Staff) -> Value {
    let number = staff.number + USER_NUMBERS;
    let user_type = match staff.kind {
        StaffKind::Collaborator | StaffKind::CollaboratorTeamMember => "collaborator",
        StaffKind::Invited | StaffKind::InvitedStoreOwner => "invited",
        StaffKind::Restricted => "restricted",
        StaffKind::Regular | StaffKind::Saml | StaffKind::Requested => "regular",
    };
    json!({
        "id": number,
        "first_name": staff.first,
        "last_name": staff.last,
        "email": staff.email,
        "url": null,
        "im": null,
        "screen_name": null,
        "phone": null,
        "account_owner": staff.owner,
        "receive_announcements": 1,
        "bio": null,
        "permissions": staff.permissions,
        "locale": "en",
        "user_type": user_type,
        "admin_graphql_api_id": format!("gid://shopify/AdminUserSerializer/{number}"),
        "tfa_enabled?": staff.second_factor,
    })
}

/// A page of users, with links to its neighbours.
fn page(request: &Incoming, tail: &str, shown: &[&Staff]) -> Answer {
    let size = match request.parameter("limit").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => size,
        Some(_) => return bodies::fields(400, &json!({"limit": ["must be between 1 and 250"]})),
    };
    let from = match request.parameter("page_info").map(decoded) {
        None => 0,
        Some(Some(from)) => from,
        Some(None) => return bodies::fields(400, &json!({"page_info": "Invalid value."})),
    };
    let users: Vec<Value> = shown.iter().skip(from).take(size).map(|staff| user(staff)).collect();
    let host = request.header("host").unwrap_or("localhost");
    let base = request.path.strip_suffix(tail).unwrap_or_default();
    let link = |from: usize, rel: &str| {
        let info = STANDARD.encode(json!({"from": from}).to_string());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("limit", &size.to_string())
            .append_pair("page_info", &info)
            .finish();
        format!("<http://{host}{base}{tail}?{query}>; rel=\"{rel}\"")
    };
    let previous = (from > 0).then(|| link(from.saturating_sub(size), "previous"));
    let next = (from.saturating_add(size) < shown.len()).then(|| link(from + size, "next"));
    let links: Vec<String> = previous.into_iter().chain(next).collect();
    let answer = Answer::json(200, &json!({"users": users}));
    if links.is_empty() { answer } else { answer.with_header("link", links.join(", ")) }
}

fn decoded(info: &str) -> Option<usize> {
    let info: Value = serde_json::from_slice(&STANDARD.decode(info).ok()?).ok()?;
    info.get("from")?.as_u64().and_then(|from| usize::try_from(from).ok())
}

fn storefront(
    request: &Incoming,
    tail: &str,
    world: &mut World,
    quirks: &Quirks,
    client: &Client,
    now: Timestamp,
) -> Answer {
    let (domain, client_id) = (client.shop.as_str(), client.client_id.as_str());
    let rest = tail.strip_prefix("storefront_access_tokens").unwrap_or_default();
    let number = rest.strip_prefix('/').and_then(|rest| rest.strip_suffix(".json")?.parse::<u64>().ok());
    match (request.method.as_str(), number) {
        ("GET", None) if rest == ".json" => {
            let tokens = world.shops.get(domain).map(|shop| own(shop, client_id)).unwrap_or_default();
            Answer::json(200, &json!({"storefront_access_tokens": tokens}))
        }
        ("POST", None) if rest == ".json" => {
            let body: Value = request.json().unwrap_or_default();
            let title = body.pointer("/storefront_access_token/title").and_then(Value::as_str);
            match world.create_storefront_token(domain, client_id, title.unwrap_or_default(), now) {
                Ok(_) => {
                    let tokens = world.shops.get(domain).map(|shop| own(shop, client_id)).unwrap_or_default();
                    Answer::json(200, &json!({"storefront_access_token": tokens.last()}))
                }
                Err(refusal) => bodies::fields(422, &json!({"title": [refusal.0]})),
            }
        }
        ("DELETE", Some(number)) => {
            let deleted = world.delete_storefront_token(domain, client_id, number);
            match deleted || quirks.storefront_delete_absent == Verdict::Success {
                true => Answer::json(200, &json!({})),
                false => bodies::error(404),
            }
        }
        _ => bodies::error(404),
    }
}

fn own(shop: &Shop, client_id: &str) -> Vec<Value> {
    let own = shop.living_storefront_tokens().filter(|token| token.client_id == client_id);
    own.map(storefront_token).collect()
}

fn storefront_token(token: &StorefrontToken) -> Value {
    json!({
        "access_token": token.token,
        "access_scope": token.scopes.join(","),
        "created_at": date_time(token.created_at),
        "id": token.number,
        "admin_graphql_api_id": views::storefront_id(token.number),
        "title": token.title,
    })
}

/// The scopes of the token.
pub(super) fn access_scopes(client: &Client) -> Answer {
    let scopes: Vec<Value> = client.scopes.iter().map(|handle| json!({"handle": handle})).collect();
    Answer::json(200, &json!({"access_scopes": scopes}))
}

/// Takes the app out of the shop.
pub(super) fn uninstall(world: &mut World, client: &Client) -> Answer {
    match world.uninstall(&client.shop, &client.client_id) {
        Ok(()) => Answer::json(200, &json!({})),
        Err(_) => bodies::error(404),
    }
}

//! The token endpoint: where a request belongs, and how its errors look.

use std::collections::BTreeMap;

use guestpass::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::grants::{self, Denied, Form};
use super::quirks::{OauthErrors, Quirks};
use super::state::World;
use crate::fakes::http::{Answer, Incoming};

/// Answers a request to the token endpoint of `shop`, or of the only shop that its parameters can mean.
pub(super) fn answer(
    request: &Incoming,
    shop: Option<&str>,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Answer {
    let fields = fields(request);
    let shop = shop.map(str::to_lowercase).or_else(|| meant(&fields, world));
    let granted = match shop.filter(|shop| world.shops.contains_key(shop)) {
        Some(shop) => grants::grant(world, &shop, &Form { fields: &fields, quirks, now }),
        None => Err(Denied::UnknownShop),
    };
    match granted {
        Ok(body) => Answer::json(200, &body).with_header("cache-control", "no-store"),
        Err(denied) => refusal(&denied, request, quirks),
    }
}

/// The parameters, as JSON or as a form.
pub(super) fn fields(request: &Incoming) -> BTreeMap<String, String> {
    let Ok(Value::Object(fields)) = request.json() else {
        return form_urlencoded::parse(&request.body).into_owned().collect();
    };
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(flag).to_string()),
        _ => None,
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

/// On the loopback interface the shop may be missing from the address.
fn meant(fields: &BTreeMap<String, String>, world: &World) -> Option<String> {
    let field = |name: &str| fields.get(name).map(String::as_str);
    let by_token = |name: &str| field(name).and_then(|token| world.vault.get(token)).map(|token| &token.shop);
    if let Some(shop) = by_token("access_token").or_else(|| by_token("subject_token")) {
        return Some(shop.clone());
    }
    if let Some(shop) = field("refresh_token").and_then(|token| world.vault.shop_of_refresh(token)) {
        return Some(shop.to_owned());
    }
    if let Some(code) = field("code").and_then(|code| world.vault.codes.get(code)) {
        return Some(code.shop.clone());
    }
    if let Some(session) = field("subject_token").and_then(|token| world.vault.sessions.get(token)) {
        return Some(session.shop.clone());
    }
    let client = field("client_id")?;
    let mut installed = world.shops.values().filter(|shop| shop.installations.contains_key(client));
    let only = installed.next()?.domain.clone();
    installed.next().is_none().then_some(only)
}

fn refusal(denied: &Denied, request: &Incoming, quirks: &Quirks) -> Answer {
    let (status, code, text, seen_as_json) = match denied {
        Denied::UnknownShop => return Answer::html(404, "Store unavailable"),
        Denied::UnknownApp(client) => {
            let text = format!("Could not find Shopify API application with api_key {client}");
            (400, "application_cannot_be_found", text, false)
        }
        Denied::WrongSecretOrCode => (400, "invalid_request", String::new(), false),
        Denied::NotInstalled => (400, "app_not_installed", String::new(), false),
        Denied::NotPermitted => {
            let text = "Client credentials cannot be performed on this shop.".to_owned();
            (400, "shop_not_permitted", text, false)
        }
        Denied::DeadRefresh => {
            let text = "This request requires an active refresh_token".to_owned();
            (401, "invalid_request", text, true)
        }
        Denied::InvalidSubject => (400, "invalid_subject_token", String::new(), true),
        Denied::UnsupportedGrant => (400, "unsupported_grant_type", String::new(), false),
    };
    let accepted = request.header("accept").is_some_and(|accept| accept.contains("application/json"));
    let json = match quirks.oauth_errors {
        OauthErrors::AsSeen => accepted && seen_as_json,
        OauthErrors::Html => false,
        OauthErrors::AsAccepted => accepted,
    };
    if json {
        let mut body = json!({"error": code});
        if let (false, Value::Object(fields)) = (text.is_empty(), &mut body) {
            fields.insert("error_description".to_owned(), json!(text));
        }
        return Answer::json(status, &body);
    }
    let colon = if text.is_empty() { "" } else { ": " };
    Answer::html(status, &format!("{status} - Oauth error {code}{colon}{}", escaped(&text)))
}

/// The client id comes from the request.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! The code exchange of the login host.

use std::collections::BTreeMap;

use guestpass::Timestamp;
use serde_json::json;
use url::form_urlencoded;

use super::credentials::ExchangeError;
use super::quirks::Quirks;
use super::state::World;
use crate::fakes::http::{Answer, Incoming};

const NEEDED: [&str; 7] =
    ["client_id", "client_secret", "code", "context", "scope", "grant_type", "redirect_uri"];

/// Answers `/oauth2/token`. Whoever comes without the parameters of the callback gets the login page.
pub(super) fn answer(request: &Incoming, world: &mut World, quirks: &Quirks, now: Timestamp) -> Answer {
    let fields = fields(request);
    let complete = NEEDED.iter().all(|&name| fields.contains_key(name));
    if request.method != "POST" || !complete {
        return Answer::html(200, "Redirected to /login");
    }
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if field("grant_type") != "authorization_code" {
        return Answer::json(400, &json!({"error": "unsupported_grant_type"}));
    }
    let (client, secret) = (field("client_id"), field("client_secret"));
    let exchanged = world.credentials.exchange(client, secret, field("code"), field("context"), now);
    let exchanged = match exchanged {
        Ok(exchanged) => exchanged,
        Err(ExchangeError::UnknownClient) => return Answer::json(401, &json!({"error": "invalid_client"})),
        Err(ExchangeError::InvalidGrant) => return Answer::json(400, &json!({"error": "invalid_grant"})),
    };
    let owner = world.stores.get(&exchanged.store_hash).map(|store| store.owner);
    let email = owner.map(|owner| world.email_of(owner)).unwrap_or_default();
    let person = json!({"id": owner, "username": email, "email": email});
    let body = json!({
        "access_token": exchanged.access_token,
        "scope": exchanged.scopes.map(|scopes| scopes.join(" ")),
        "user": person,
        "owner": person,
        "context": quirks.exchanged_context.as_deref().unwrap_or(field("context")),
        // The account that owns the app, which is not the merchant's.
        "account_uuid": "00000000-0000-4000-8000-0000000000aa",
    });
    Answer::json(200, &body)
}

/// The parameters, as JSON or as a form.
fn fields(request: &Incoming) -> BTreeMap<String, String> {
    request.json().unwrap_or_else(|_| form_urlencoded::parse(&request.body).into_owned().collect())
}

//! Storefront tokens: three calls that make one, one that revokes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guestpass::Timestamp;
use serde_json::{Map, Value, json};

use super::bodies;
use super::credentials::Token;
use super::quirks::Quirks;
use super::rest::enveloped;
use super::state::Store;
use super::webshop::{FakeStorefrontToken, StorefrontTokenKind};
use crate::fakes::Verdict;
use crate::fakes::http::{Answer, Incoming};

const STOREFRONT: &str = "store_storefront_api";
const IMPERSONATION: &str = "store_storefront_api_customer_impersonation";

/// Answers a request below `/v3/storefront/`; `None` for a route that does not exist.
pub(super) fn answer(
    request: &Incoming,
    store: &mut Store,
    call: &str,
    token: &Token,
    quirks: &Quirks,
    now: Timestamp,
) -> Option<Answer> {
    let (kind, scopes): (_, &[&str]) = match (request.method.as_str(), call) {
        ("POST", "api-token") => (Some(StorefrontTokenKind::Storefront), &[STOREFRONT]),
        ("POST", "api-token-private") => (Some(StorefrontTokenKind::Private), &[STOREFRONT]),
        ("POST", "api-token-customer-impersonation") => {
            (Some(StorefrontTokenKind::CustomerImpersonation), &[IMPERSONATION])
        }
        ("DELETE", "api-token") => (None, &[STOREFRONT, IMPERSONATION]),
        _ => return None,
    };
    if !scopes.iter().any(|scope| token.has(scope)) {
        return Some(bodies::error(request, 403, quirks));
    }
    Some(match kind {
        Some(kind) => create(request, store, kind, quirks, now).unwrap_or_else(|refusal| refusal),
        None => revoke(request, store, quirks, now),
    })
}

fn create(
    request: &Incoming,
    store: &mut Store,
    kind: StorefrontTokenKind,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Answer, Answer> {
    let fields: Map<String, Value> =
        request.json().map_err(|_| bodies::invalid("body", "must be a JSON object"))?;
    let expires_at = fields.get("expires_at").and_then(Value::as_i64);
    // Milliseconds pass as a date in the far future, as they would on a platform that only compares numbers.
    let Some(expires_at) =
        expires_at.filter(|&seconds| seconds > 0 || quirks.expires_at_zero && seconds == 0)
    else {
        return Err(bodies::invalid("expires_at", "must be a time in Unix seconds"));
    };
    let channel_ids = channels(&fields)?;
    match kind {
        StorefrontTokenKind::Private => check_scopes(&fields)?,
        StorefrontTokenKind::Storefront => check_origins(&fields)?,
        StorefrontTokenKind::CustomerImpersonation => {}
    }
    let token = jwt(store, expires_at);
    store.shop.storefront_tokens.push(FakeStorefrontToken {
        token: token.clone(),
        kind,
        expires_at,
        channel_ids,
        scopes: strings(&fields, "scopes"),
        origins: strings(&fields, "allowed_cors_origins"),
        made_at: now,
        revoked: false,
        revoked_from: None,
    });
    Ok(match quirks.storefront_token_bare {
        true => Answer::json(200, &json!({"token": token, "meta": {}})),
        false => enveloped(&json!({"token": token})),
    })
}

/// A token that somebody made at another time, for the first channel.
pub(super) fn plant(
    store: &mut Store,
    kind: StorefrontTokenKind,
    made_at: Timestamp,
    expires_at: Timestamp,
) -> String {
    let token = jwt(store, expires_at.as_second());
    store.shop.storefront_tokens.push(FakeStorefrontToken {
        token: token.clone(),
        kind,
        expires_at: expires_at.as_second(),
        channel_ids: vec![1],
        scopes: vec!["Unauthenticated".to_owned()],
        origins: Vec::new(),
        made_at,
        revoked: false,
        revoked_from: None,
    });
    token
}

fn strings(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = fields.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Exactly one of the two channel fields must be there.
fn channels(fields: &Map<String, Value>) -> Result<Vec<i64>, Answer> {
    let channels = match (fields.get("channel_id"), fields.get("channel_ids")) {
        (Some(one), None) => one.as_i64().map(|channel| vec![channel]),
        (None, Some(Value::Array(many))) => many.iter().map(Value::as_i64).collect(),
        _ => None,
    };
    channels
        .filter(|channels| !channels.is_empty())
        .ok_or_else(|| bodies::invalid("channel_id", "exactly one of channel_id and channel_ids is needed"))
}

fn check_scopes(fields: &Map<String, Value>) -> Result<(), Answer> {
    let known = |scope: &Value| matches!(scope.as_str(), Some("Unauthenticated" | "Customer" | "B2B"));
    match fields.get("scopes") {
        Some(Value::Array(scopes)) if !scopes.is_empty() && scopes.iter().all(known) => Ok(()),
        _ => Err(bodies::invalid("scopes", "must name at least one known scope")),
    }
}

fn check_origins(fields: &Map<String, Value>) -> Result<(), Answer> {
    match fields.get("allowed_cors_origins") {
        None => Ok(()),
        Some(Value::Array(origins))
            if (1..=2).contains(&origins.len()) && origins.iter().all(Value::is_string) =>
        {
            Ok(())
        }
        Some(_) => Err(bodies::invalid("allowed_cors_origins", "must be one or two origins")),
    }
}

fn revoke(request: &Incoming, store: &mut Store, quirks: &Quirks, now: Timestamp) -> Answer {
    let invalid = || bodies::invalid("Sf-Api-Token", "is missing or no valid token");
    let named = request.header("sf-api-token").unwrap_or_default();
    let Some(token) = store.shop.storefront_tokens.iter_mut().find(|token| token.token == named) else {
        return invalid();
    };
    if token.kind == StorefrontTokenKind::CustomerImpersonation && !quirks.impersonation_revocable {
        return invalid();
    }
    if token.revoked {
        return match quirks.second_revocation {
            Verdict::Success => Answer::empty(200),
            Verdict::Error => invalid(),
        };
    }
    token.revoke(quirks.storefront_revocation_delay, now);
    Answer::empty(200)
}

/// Looks like a signed token and is plainly none.
fn jwt(store: &Store, expires_at: i64) -> String {
    let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let number = store.shop.storefront_tokens.len() + 1;
    let header = encode(json!({"alg": "none", "typ": "JWT"}));
    let claims = encode(json!({"sub": store.hash, "jti": number, "eat": expires_at}));
    format!("{header}.{claims}.fake-signature-{number}")
}

//! Storefront tokens: three calls that make one, one that revokes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::bodies;
use super::credentials::Token;
use super::quirks::Quirks;
use super::rest::enveloped;
use super::state::Store;
use super::webshop::{FakeStorefrontToken, StorefrontTokenKind};
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
        Some(kind) => create(request, store, kind).unwrap_or_else(|refusal| refusal),
        None => revoke(request, store),
    })
}

fn create(request: &Incoming, store: &mut Store, kind: StorefrontTokenKind) -> Result<Answer, Answer> {
    let fields: Map<String, Value> =
        request.json().map_err(|_| bodies::invalid("body", "must be a JSON object"))?;
    let expires_at = fields.get("expires_at").and_then(Value::as_i64);
    // Milliseconds pass as a date in the far future, as they would on a platform that only compares numbers.
    let Some(expires_at) = expires_at.filter(|&seconds| seconds >= 0) else {
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
        revoked: false,
    });
    Ok(enveloped(&json!({"token": token})))
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

fn revoke(request: &Incoming, store: &mut Store) -> Answer {
    let named = request.header("sf-api-token").unwrap_or_default();
    let tokens = &mut store.shop.storefront_tokens;
    match tokens.iter_mut().find(|token| token.token == named && !token.revoked) {
        Some(token) => {
            token.revoked = true;
            Answer::empty(200)
        }
        None => bodies::invalid("Sf-Api-Token", "is missing or no valid token"),
    }
}

/// Looks like a signed token and is plainly none.
fn jwt(store: &Store, expires_at: i64) -> String {
    let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let number = store.shop.storefront_tokens.len() + 1;
    let header = encode(json!({"alg": "none", "typ": "JWT"}));
    let claims = encode(json!({"sub": store.hash, "jti": number, "eat": expires_at}));
    format!("{header}.{claims}.fake-signature-{number}")
}

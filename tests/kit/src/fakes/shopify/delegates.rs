//! Delegate access tokens: fewer scopes, for a while.

use std::time::Duration;

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::apps::covers;
use super::quirks::Quirks;
use super::state::World;
use super::vault::TokenKind;
use crate::fakes::Verdict;
use crate::fakes::ground::{date_time, later};

/// Who asks, and with what right.
pub(super) struct Caller<'c> {
    pub(super) token: &'c str,
    pub(super) scopes: &'c [String],
}

/// The payload of `delegateAccessTokenCreate`, without the shop.
pub(super) fn create(
    world: &mut World,
    caller: &Caller<'_>,
    input: &Value,
    quirks: &Quirks,
    now: Timestamp,
) -> Value {
    let refused = |code: &str, message: &str| {
        let error = json!({"field": null, "message": message, "code": code});
        json!({"delegateAccessToken": null, "userErrors": [error]})
    };
    let Some(parent) = world.vault.get(caller.token) else {
        return refused("PERSISTENCE_FAILED", "The delegate token could not be saved.");
    };
    let parent_end = parent.expires_at;
    if parent.kind == TokenKind::Delegate {
        return refused("DELEGATE_ACCESS_TOKEN", "A delegate token can't create delegate tokens.");
    }
    if world.vault.has_refresh(caller.token) && quirks.delegate_of_expiring == Verdict::Error {
        return refused("REFRESH_TOKEN", "The parent token can't have a refresh token.");
    }
    let asked = input.get("delegateAccessScope").and_then(Value::as_array).cloned().unwrap_or_default();
    let scopes: Vec<String> = asked.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if scopes.is_empty() {
        return refused("EMPTY_ACCESS_SCOPE", "The access scope can't be empty.");
    }
    let unknown: Vec<&str> =
        scopes.iter().filter(|scope| !covers(caller.scopes, scope)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let message = format!("The access scope is invalid: {}", unknown.join(", "));
        return refused("UNKNOWN_SCOPES", &message);
    }
    let lifetime = input.get("expiresIn").and_then(Value::as_i64);
    if lifetime.is_some_and(|lifetime| lifetime <= 0) {
        return refused("NEGATIVE_EXPIRES_IN", "The expires_in value must be greater than 0.");
    }
    let lifetime = lifetime.and_then(|lifetime| u64::try_from(lifetime).ok());
    let end = lifetime.map(|lifetime| later(now, Duration::from_secs(lifetime)));
    if end.zip(parent_end).is_some_and(|(end, parent_end)| end > parent_end) {
        return refused("EXPIRES_AFTER_PARENT", "The delegate token can't expire after the parent token.");
    }
    let Some(access) = world.vault.mint_delegate(caller.token, scopes.clone(), end.or(parent_end)) else {
        return refused("PERSISTENCE_FAILED", "The delegate token could not be saved.");
    };
    // What is left, and a moment has passed.
    let left = end.or(parent_end).map(|end| end.duration_since(now).as_secs().saturating_sub(1));
    let token = json!({
        "accessToken": access,
        "accessScopes": scopes,
        "createdAt": date_time(now),
        "expiresIn": left,
    });
    json!({"delegateAccessToken": token, "userErrors": []})
}

/// The payload of `delegateAccessTokenDestroy`, without the shop.
pub(super) fn destroy(world: &mut World, caller: &str, doomed: &str, now: Timestamp) -> Value {
    let refused = |code: &str, message: &str| {
        let error = json!({"field": null, "message": message, "code": code});
        json!({"status": false, "userErrors": [error]})
    };
    let Some(token) = world.vault.alive(doomed, now) else {
        return refused("ACCESS_TOKEN_NOT_FOUND", "Access token does not exist.");
    };
    let app_of = |token: &super::vault::Token| (token.shop.clone(), token.client_id.clone());
    let same_app = world.vault.get(caller).map(app_of) == Some(app_of(token));
    let caller_delegates = world.vault.get(caller).is_some_and(|caller| caller.kind != TokenKind::Delegate);
    if !same_app || (caller != doomed && !caller_delegates) {
        return refused("ACCESS_DENIED", "Access denied.");
    }
    if token.kind != TokenKind::Delegate {
        return refused("CAN_ONLY_DELETE_DELEGATE_TOKENS", "Can only delete delegate tokens.");
    }
    world.vault.kill(doomed);
    json!({"status": true, "userErrors": []})
}

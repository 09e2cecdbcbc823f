//! What belongs to one store besides its people: webhooks, storefront tokens and the system log.

use std::time::Duration;

use guestpass::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::quirks::Quirks;
use crate::fakes::ground::later;

/// From when on storefront tokens that are made do not work for servers: after the last day of June 2026.
const NEW_ONES_REFUSED_FROM: i64 = 1_782_864_000;
/// From when on none of them does: after the last day of March 2027.
const ALL_REFUSED_FROM: i64 = 1_806_537_600;

/// The webhooks, storefront tokens and log entries of one store.
#[derive(Debug, Default)]
pub(super) struct Webshop {
    pub(super) hooks: Vec<Hook>,
    pub(super) hooks_made: u64,
    pub(super) storefront_tokens: Vec<FakeStorefrontToken>,
    pub(super) log: Vec<LogEntry>,
}

/// A webhook; visible only to the client that made it.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) id: u64,
    pub(super) client_id: String,
    pub(super) scope: String,
    pub(super) destination: String,
    pub(super) headers: Option<Map<String, Value>>,
    pub(super) is_active: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Hook {
    pub(super) fn on_record(&self) -> FakeHook {
        let headers = self.headers.iter().flatten();
        FakeHook {
            scope: self.scope.clone(),
            destination: self.destination.clone(),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            is_active: self.is_active,
        }
    }
}

impl Webshop {
    /// Adds a webhook as its client would have.
    pub(super) fn register(&mut self, client_id: String, hook: FakeHook, now: Timestamp) {
        let FakeHook { scope, destination, headers, is_active } = hook;
        let headers: Map<_, _> =
            headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        self.hooks_made += 1;
        self.hooks.push(Hook {
            id: self.hooks_made,
            client_id,
            scope,
            destination,
            headers: (!headers.is_empty()).then_some(headers),
            is_active,
            created_at: now,
            updated_at: now,
        });
    }
}

/// A webhook, as everybody who owns it knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeHook {
    /// What it tells of.
    pub scope: String,
    /// Where it goes.
    pub destination: String,
    /// What is sent along.
    pub headers: Vec<(String, String)>,
    /// Whether it is switched on.
    pub is_active: bool,
}

impl FakeHook {
    /// One that is switched on and sends nothing along.
    #[must_use]
    pub fn new(scope: &str, destination: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            destination: destination.to_owned(),
            headers: Vec::new(),
            is_active: true,
        }
    }

    /// Sends this header along.
    #[must_use]
    pub fn sending(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Switched off.
    #[must_use]
    pub fn switched_off(mut self) -> Self {
        self.is_active = false;
        self
    }
}

/// A storefront token, as the fake remembers it. The platform itself has no way to list them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeStorefrontToken {
    /// The token.
    pub token: String,
    /// Which of the three calls made it.
    pub kind: StorefrontTokenKind,
    /// The time given at creation, in Unix seconds, whatever it is: a naive platform takes milliseconds for a far date.
    pub expires_at: i64,
    /// The channels it is for.
    pub channel_ids: Vec<i64>,
    /// The scopes of a private token.
    pub scopes: Vec<String>,
    /// The origins from which browsers may use it.
    pub origins: Vec<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether its revocation was asked for.
    pub revoked: bool,
    /// When the revocation takes effect.
    pub revoked_from: Option<Timestamp>,
}

impl FakeStorefrontToken {
    /// Whether the platform knows it now: it has arrived everywhere, has not expired and is not revoked.
    pub(super) fn lives(&self, quirks: &Quirks, now: Timestamp) -> bool {
        let everywhere = later(self.made_at, quirks.storefront_token_delay) <= now;
        let expired = self.expires_at != 0 && self.expires_at <= now.as_second();
        let revoked = self.revoked_from.is_some_and(|from| from <= now);
        everywhere && !expired && !revoked
    }

    /// Whether a server may use it, if it lives.
    pub(super) fn serves_servers(&self, quirks: &Quirks, now: Timestamp) -> bool {
        if self.kind != StorefrontTokenKind::Storefront || !quirks.servers_need_private_tokens {
            return true;
        }
        self.made_at.as_second() < NEW_ONES_REFUSED_FROM && now.as_second() < ALL_REFUSED_FROM
    }

    /// Whether a browser on a page of this origin may use it, if it lives.
    pub(super) fn serves_browsers(&self, origin: &str) -> bool {
        self.kind == StorefrontTokenKind::Storefront && self.origins.iter().any(|known| known == origin)
    }

    /// Asks for its end.
    pub(super) fn revoke(&mut self, delay: Duration, now: Timestamp) {
        self.revoked = true;
        self.revoked_from = Some(later(now, delay));
    }
}

/// The kinds of storefront token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StorefrontTokenKind {
    /// For browsers.
    Storefront,
    /// For servers.
    Private,
    /// For acting as a customer.
    CustomerImpersonation,
}

/// One line of the system log.
#[derive(Debug, Clone)]
pub(super) struct LogEntry {
    pub(super) id: u64,
    pub(super) kind: String,
    pub(super) severity: u8,
    pub(super) summary: String,
    pub(super) at: Timestamp,
}

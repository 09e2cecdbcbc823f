//! What belongs to one store besides its people: webhooks, storefront tokens and the system log.

use guestpass::Timestamp;
use serde_json::{Map, Value};

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

/// A storefront token, as the fake remembers it. The platform itself has no way to list them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FakeStorefrontToken {
    /// The token.
    pub token: String,
    /// Which of the three calls made it.
    pub kind: StorefrontTokenKind,
    /// The time given at creation, in Unix seconds; never checked, as a naive platform would not.
    pub expires_at: i64,
    /// The channels it is for.
    pub channel_ids: Vec<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// The kinds of storefront token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

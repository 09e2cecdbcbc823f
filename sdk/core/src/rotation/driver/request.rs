//! What a driver is asked for.

use std::time::Duration;

use crate::call::Priority;
use crate::grants::Principal;
use crate::model::{CredentialName, StoreHandle};

/// A rotation that somebody asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RotationRequest {
    /// The store.
    pub store: StoreHandle,
    /// Which of its credentials.
    pub credential: CredentialName,
    /// Who asks.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// Names of the sinks that the new one goes to; empty for those of the credential.
    pub sinks: Vec<String>,
    /// How long whoever uses it needs to take the new one; `None` for what the credential says.
    pub drain: Option<Duration>,
    /// How long the new one is to live, where that can be chosen; `None` for what the credential says, and then for what is
    /// usual for its kind.
    pub lifetime: Option<Duration>,
    /// Rights of the old one that the new one may lack.
    pub may_lose: Vec<String>,
    /// Agrees that whoever uses the old one is refused for a moment. Kinds of which only one can live are refused without.
    pub allow_downtime: bool,
}

impl RotationRequest {
    /// A rotation as the credential's own settings say.
    #[must_use]
    pub fn new(store: StoreHandle, credential: CredentialName, by: Principal) -> Self {
        Self {
            store,
            credential,
            by,
            reason: None,
            ticket: None,
            sinks: Vec::new(),
            drain: None,
            lifetime: None,
            may_lose: Vec::new(),
            allow_downtime: false,
        }
    }
}

/// How a driver works.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DriverOptions {
    /// How long one request to a platform may take, with its retries.
    pub timeout: Duration,
    /// How long it waits by itself in all: for drains, for lost answers to show, for scheduled ends. What takes longer is
    /// written down, and whoever goes on later finds it.
    pub patience: Duration,
    /// How urgent its requests are.
    pub priority: Priority,
}

impl Default for DriverOptions {
    /// One minute for a request, no waiting, normal priority.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(60), patience: Duration::ZERO, priority: Priority::Normal }
    }
}

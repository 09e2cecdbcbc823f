//! Temporary access for programs instead of people, on platforms that can limit and end it.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;
use crate::call::CallContext;
use crate::error::Result;
use crate::model::{OneTimeSecret, Proof};

/// Gives a program a token of its own for a while, with fewer rights than ours, and takes it away again.
///
/// Reached through [`AccessProvider::api_access`](crate::AccessProvider::api_access).
#[async_trait]
pub trait ApiAccess: Debug + Send + Sync {
    /// Makes a token with these scopes that dies by itself after `lifetime`. One write.
    ///
    /// # Errors
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the answer was lost: a token that nobody knows may then
    /// live until the lifetime is over, and the error says when that is.
    async fn grant_api_access(
        &self,
        scopes: &[String],
        lifetime: Duration,
        cx: &CallContext,
    ) -> Result<ApiGrant>;

    /// Ends a token now, and proves that it is dead by using it. A token that is dead already is a success.
    ///
    /// # Errors
    /// When the platform keeps it alive, or when its death could not be proven.
    async fn end_api_access(&self, token: &OneTimeSecret, cx: &CallContext) -> Result<Proof>;
}

/// A token for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiGrant {
    /// The token, told only now.
    pub token: OneTimeSecret,
    /// What it may do, as the platform confirmed it.
    pub scopes: Vec<String>,
    /// When it dies by itself at the latest, in UTC.
    pub expires_at: Timestamp,
}

impl ApiGrant {
    /// A token with these scopes that dies at this time.
    #[must_use]
    pub fn new(token: OneTimeSecret, scopes: Vec<String>, expires_at: Timestamp) -> Self {
        Self { token, scopes, expires_at }
    }
}

//! Where a new secret goes: the place that its reader or the program that uses it takes it from.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::model::OneTimeSecret;

/// Takes secrets that are told once, and keeps them where they belong.
#[async_trait]
pub trait Sink: Debug + Send + Sync + 'static {
    /// Whether a secret could be put now. Asked before anything is sent that makes one. Changes nothing.
    ///
    /// # Errors
    /// When it could not: the message names the place, never a secret.
    async fn probe(&self) -> Result<()>;

    /// Puts a secret under a label, in place of what was there under it. May be called again with the same one.
    ///
    /// # Errors
    /// When the secret is not safe there: the message names the place, never the secret.
    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()>;
}

type Put = Box<dyn Fn(String, OneTimeSecret) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Hands secrets to a function of this program.
pub struct CallbackSink(Put);

impl CallbackSink {
    /// Hands every secret to `put`, with its label.
    #[must_use]
    pub fn new(
        put: impl Fn(String, OneTimeSecret) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(put))
    }
}

impl Debug for CallbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackSink")
    }
}

#[async_trait]
impl Sink for CallbackSink {
    async fn probe(&self) -> Result<()> {
        Ok(())
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        (self.0)(label.to_owned(), secret.clone()).await
    }
}

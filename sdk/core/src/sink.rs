//! Where a new secret goes: the place that its reader or the program that uses it takes it from.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::OneTimeSecret;

/// Takes secrets, and keeps them where they belong. A label says which secret it is: `STORE/PERSON` for a password,
/// `STORE/CREDENTIAL` for a credential.
///
/// A password is [`put`](Self::put). A credential is staged beside the live one, promoted into its place when it was tried,
/// and the one before it is kept until it is dead. Each step may be taken again.
///
/// # Errors
/// Every method: when the sink cannot do it now. The message names the place, never a secret.
#[async_trait]
pub trait Sink: Debug + Send + Sync + 'static {
    /// What it can do, whatever the moment.
    fn abilities(&self) -> SinkAbilities;

    /// Whether a secret could be put or staged now. Asked before anything is sent that makes one. Changes nothing, and
    /// never touches the live place.
    async fn probe(&self) -> Result<()>;

    /// Puts a secret in place of what was there under the label. May be called again with the same one.
    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()>;

    /// Keeps a secret safe beside the live one, which stays. What was staged before is overwritten.
    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()>;

    /// Puts what is staged in the place of the live one, in one step for whoever reads it; the live one is kept as the
    /// previous one. When nothing is staged any more, it was done before, and nothing changes.
    async fn promote(&self, label: &str) -> Result<()>;

    /// Forgets the staged or the previous secret; what is live stays. Nothing to forget is no error.
    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()>;

    /// Gives a secret back; `None` where there is none.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for a sink that [cannot](SinkAbilities::reads_back).
    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>>;
}

/// What a sink can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinkAbilities {
    /// Whether it can stage and promote, and so keep credentials. If not, it takes passwords alone.
    pub keeps_credentials: bool,
    /// Whether it can give back what it keeps. If not, a rotation that is interrupted must begin anew.
    pub reads_back: bool,
}

/// Which of the secrets that a sink keeps under one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SinkCopy {
    /// The new one, that nobody uses yet.
    Staged,
    /// The one in use.
    Live,
    /// The one in use before.
    Previous,
}

impl SinkCopy {
    /// Its stable name, in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Live => "live",
            Self::Previous => "previous",
        }
    }
}

/// What a [`CallbackSink`] is asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SinkCall {
    /// [`Sink::stage`].
    Stage(OneTimeSecret),
    /// [`Sink::promote`].
    Promote,
    /// [`Sink::discard`].
    Discard(SinkCopy),
    /// [`Sink::read_back`].
    ReadBack(SinkCopy),
}

type Put = Box<dyn Fn(String, OneTimeSecret) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type Keep = Box<dyn Fn(String, SinkCall) -> BoxFuture<'static, Result<Option<OneTimeSecret>>> + Send + Sync>;

/// Hands secrets to a function of this program.
pub struct CallbackSink {
    put: Put,
    keep: Option<Keep>,
    reads_back: bool,
}

impl CallbackSink {
    /// Hands every password to `put`, with its label.
    #[must_use]
    pub fn new(
        put: impl Fn(String, OneTimeSecret) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        Self { put: Box::new(put), keep: None, reads_back: false }
    }

    /// Hands everything about credentials to `keep`, with the label; it answers with a secret when it is asked to give one
    /// back, and that only if it `reads_back`.
    #[must_use]
    pub fn keeping(
        mut self,
        reads_back: bool,
        keep: impl Fn(String, SinkCall) -> BoxFuture<'static, Result<Option<OneTimeSecret>>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.keep = Some(Box::new(keep));
        self.reads_back = reads_back;
        self
    }

    async fn keep(&self, label: &str, call: SinkCall) -> Result<Option<OneTimeSecret>> {
        let keep = self.keep.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "this sink takes passwords and keeps no credentials")
                .with_remedy("give it a function with `keeping`")
        })?;
        keep(label.to_owned(), call).await
    }
}

impl Debug for CallbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackSink")
    }
}

#[async_trait]
impl Sink for CallbackSink {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: self.keep.is_some(), reads_back: self.reads_back }
    }

    async fn probe(&self) -> Result<()> {
        Ok(())
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        (self.put)(label.to_owned(), secret.clone()).await
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        self.keep(label, SinkCall::Stage(secret.clone())).await.map(drop)
    }

    async fn promote(&self, label: &str) -> Result<()> {
        self.keep(label, SinkCall::Promote).await.map(drop)
    }

    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()> {
        self.keep(label, SinkCall::Discard(which)).await.map(drop)
    }

    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        if !self.reads_back {
            return Err(Error::new(ErrorKind::Unsupported, "this sink gives nothing back"));
        }
        self.keep(label, SinkCall::ReadBack(which)).await
    }
}

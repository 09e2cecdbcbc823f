//! The seam between the pipeline and the network.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;

/// How large an answer may be unless told otherwise: 4 MiB.
pub const DEFAULT_SIZE_CAP: usize = 4 << 20;

/// Sends one request and reads its answer, nothing more: no redirects, no retries, no cookies.
#[async_trait]
pub trait Transport: Debug + Send + Sync + 'static {
    /// Sends the request. Stops reading when the body grows beyond `size_cap` bytes.
    ///
    /// # Errors
    /// [`TransportError`], whose kind says whether the request may have arrived.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        size_cap: usize,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// Why no usable answer came. Its text holds no URL.
#[derive(Debug, Error)]
#[error("{kind}")]
pub struct TransportError {
    kind: TransportErrorKind,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// The error underneath; it must not print a URL.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// Why no usable answer came; decides whether the request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was made: the request never left.
    #[error("no connection could be made")]
    NotSent,
    /// The connection broke after the request may have left.
    #[error("the connection broke before an answer came")]
    Interrupted,
    /// The answer began and did not end.
    #[error("the answer broke off")]
    BrokenBody,
    /// The answer is larger than the cap.
    #[error("the answer is larger than allowed")]
    TooLarge,
}

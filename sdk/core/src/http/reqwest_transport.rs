//! The default transport: reqwest with everything clever switched off.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::transport::{Transport, TransportError, TransportErrorKind};
use crate::error::{Error, ErrorKind, Result};

/// One shared [`reqwest::Client`]: no redirects (they would carry the credential elsewhere), no retries of its own
/// (they do not know which requests are writes), no referrer.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// How long making a connection may take. A request that never left may be sent again, so this ends sooner than
    /// the request's own timeout.
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Builds the client. Costly: share it.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when TLS cannot be set up on this machine.
    pub fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Self::CONNECT_TIMEOUT)
            .referer(false)
            .user_agent(concat!("guestpass/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "the HTTP client could not be set up").with_source(error)
            })?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        size_cap: usize,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| failure(TransportErrorKind::NotSent, error))?;
        let mut response = self.client.execute(request).await.map_err(|error| {
            let never_left = error.is_connect() || error.is_builder();
            let kind = if never_left { TransportErrorKind::NotSent } else { TransportErrorKind::Interrupted };
            failure(kind, error)
        })?;
        let mut body = BytesMut::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| failure(TransportErrorKind::BrokenBody, error))?
        {
            if body.len() + chunk.len() > size_cap {
                return Err(TransportError::new(TransportErrorKind::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// reqwest prints the whole URL, query included, unless it is told not to.
fn failure(kind: TransportErrorKind, error: reqwest::Error) -> TransportError {
    TransportError::new(kind).with_source(error.without_url())
}

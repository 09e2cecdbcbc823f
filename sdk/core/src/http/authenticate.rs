//! How a request is signed.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use crate::secret::SecretSource;

/// Signs requests. Asked once for each attempt, so that a credential rotated meanwhile is used by the next one. Where a
/// credential must be fetched first, the call's deadline and priority hold for that too.
///
/// A credential that is fetched over HTTP needs a [`Budget`](crate::Budget) of its own: the place of the request under way
/// is held meanwhile.
#[async_trait]
pub trait Authenticate: Debug + Send + Sync + 'static {
    /// Signs the request and gives the credential that it used.
    ///
    /// # Errors
    /// When there is no usable credential; nothing is sent then.
    async fn authorize(&self, request: &mut http::Request<Bytes>, cx: &CallContext) -> Result<SecretString>;

    /// Tells that the platform refused this credential. Gives whether another one is there now.
    ///
    /// # Errors
    /// When a new one could not be fetched.
    async fn refused(&self, used: &SecretString, cx: &CallContext) -> Result<bool>;
}

/// A secret in a header, alone or behind a prefix such as `Bearer `.
#[derive(Debug, Clone)]
pub struct HeaderToken {
    header: HeaderName,
    prefix: &'static str,
    token: Arc<dyn SecretSource>,
}

impl HeaderToken {
    /// Sends the token in this header.
    #[must_use]
    pub fn new(header: HeaderName, token: Arc<dyn SecretSource>) -> Self {
        Self { header, prefix: "", token }
    }

    /// Puts a prefix before the token.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }
}

#[async_trait]
impl Authenticate for HeaderToken {
    async fn authorize(&self, request: &mut http::Request<Bytes>, _cx: &CallContext) -> Result<SecretString> {
        let token = self.token.current().await?;
        let text = SecretString::from(format!("{}{}", self.prefix, token.expose_secret()));
        let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| {
            Error::new(
                ErrorKind::Config,
                format!("the secret for the header `{}` cannot be sent", self.header),
            )
            .with_remedy("it holds a line break or another character that no token has; store it again")
        })?;
        value.set_sensitive(true);
        request.headers_mut().insert(self.header.clone(), value);
        Ok(token)
    }

    async fn refused(&self, used: &SecretString, _cx: &CallContext) -> Result<bool> {
        self.token.refused(used).await
    }
}

/// For requests that carry what they need in their own body, for example those of a token endpoint.
#[derive(Debug, Clone, Copy)]
pub struct InRequest;

#[async_trait]
impl Authenticate for InRequest {
    async fn authorize(
        &self,
        _request: &mut http::Request<Bytes>,
        _cx: &CallContext,
    ) -> Result<SecretString> {
        Ok(SecretString::default())
    }

    async fn refused(&self, _used: &SecretString, _cx: &CallContext) -> Result<bool> {
        Ok(false)
    }
}

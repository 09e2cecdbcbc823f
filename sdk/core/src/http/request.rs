//! A request to a vendor, before it is signed, and its answer.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// What it means to send a request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It reads.
    Read,
    /// It writes, but a second time changes nothing more.
    Idempotent,
    /// It writes: never sent again once it may have arrived.
    Write,
}

/// A request to a vendor, before it is signed. Its body must not hold a secret that logs may not show; bodies are never
/// logged.
#[derive(Clone)]
pub struct ApiRequest {
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) template: &'static str,
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) safety: Safety,
}

impl ApiRequest {
    /// A request for a vendor call. `template` is its path with the variable parts in braces, as spans show it;
    /// `segments` are the path's parts as they are, encoded later.
    #[must_use]
    pub fn new<'a>(
        operation: &'static str,
        method: Method,
        template: &'static str,
        segments: impl IntoIterator<Item = &'a str>,
        safety: Safety,
    ) -> Self {
        Self {
            operation,
            method,
            template,
            segments: segments.into_iter().map(str::to_owned).collect(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            safety,
        }
    }

    /// Adds a query parameter. Never a secret.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the value cannot be written as JSON.
    pub fn with_json(mut self, value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|error| {
            Error::new(ErrorKind::Internal, "a request body could not be written").with_source(error)
        })?;
        self.body = body.into();
        self.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }
}

impl ApiRequest {
    /// Sets a body that is written already, for forms and other types than JSON.
    #[must_use]
    pub fn with_body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.headers.insert(http::header::CONTENT_TYPE, content_type);
        self
    }
}

impl std::fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiRequest")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("template", &self.template)
            .field("safety", &self.safety)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A vendor's answer.
#[derive(Clone)]
pub struct ApiResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, no longer than the size cap.
    pub body: Bytes,
}

impl ApiResponse {
    /// A header as text, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl std::fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiResponse")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

//! The one HTTP pipeline that all providers share.
//!
//! Every request takes the same way, in this order:
//!
//! ```text
//! span → overall deadline → retry loop { rate budget → authorise → per-attempt timeout → transport → size cap
//!      → learn limits → classify → retry quota } → decode
//! ```
//!
//! A provider brings a [`Dialect`] (how this vendor says "no"), an [`Authenticate`] (how a request is signed), a
//! [`Budget`](crate::Budget) (what it meters) and [`ApiRequest`]s; everything about time, retries, redirects, sizes and
//! logging is decided here, once.

mod authenticate;
mod base_url;
mod client;
mod dialect;
mod redact;
mod request;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod retry;
mod retry_after;
mod transport;

pub use authenticate::{Authenticate, HeaderToken, InRequest};
pub use base_url::BaseUrl;
pub use client::{HttpClient, HttpClientConfig};
pub use dialect::{Dialect, Effect, Failure};
pub use redact::RedactedHeaders;
pub use request::{ApiRequest, ApiResponse, Safety};
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
pub use retry::RetryPolicy;
pub use retry_after::parse_retry_after;
pub use transport::{DEFAULT_SIZE_CAP, Transport, TransportError, TransportErrorKind};

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

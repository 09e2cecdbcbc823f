//! How a vendor says "no", and what it says about its limits.

use std::fmt::Debug;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::request::ApiResponse;
use crate::coordination::LimitSignal;
use crate::error::ErrorKind;

/// A vendor's manners, as data that the pipeline acts on.
pub trait Dialect: Debug + Send + Sync + 'static {
    /// Whether the answer is a refusal. Look at the vendor's codes, never at its message texts.
    ///
    /// # Errors
    /// The refusal.
    fn classify(&self, operation: &'static str, response: &ApiResponse) -> Result<(), Failure>;

    /// What the answer says about the rate limit, refusals included.
    fn limits(&self, response: &ApiResponse) -> LimitSignal;

    /// The platform's id of the request.
    fn request_id(&self, headers: &HeaderMap) -> Option<String>;

    /// Headers of this vendor that logs may show, in lower case. All others are redacted.
    fn safe_headers(&self) -> &'static [&'static str];
}

/// Whether a refused or unreadable request may have been executed all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was not.
    None,
    /// It may have been.
    Possible,
}

/// A refusal, or an answer that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What it means.
    pub kind: ErrorKind,
    /// Whether the request may have been executed.
    pub effect: Effect,
    /// What happened, in our words.
    pub message: String,
    /// What to do next, where it is more than the kind's usual advice.
    pub remedy: Option<String>,
    /// The vendor's code.
    pub code: Option<String>,
    /// The vendor's words.
    pub vendor_message: Option<String>,
    /// How long the vendor wants us to wait.
    pub wait: Option<Duration>,
}

impl Failure {
    /// A failure of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind, effect: Effect, message: impl Into<String>) -> Self {
        Self {
            kind,
            effect,
            message: message.into(),
            remedy: None,
            code: None,
            vendor_message: None,
            wait: None,
        }
    }

    /// An answer whose form is not the documented one: the request may have been executed.
    #[must_use]
    pub fn undecodable(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Protocol, Effect::Possible, format!("the answer cannot be read: {what}"))
    }

    /// What HTTP itself says about a status, or nothing for a success.
    #[must_use]
    pub fn from_status(status: StatusCode) -> Option<Self> {
        use ErrorKind as Kind;
        let (kind, effect, message) = match status.as_u16() {
            200..=299 => return None,
            300..=399 => (
                Kind::Protocol,
                Effect::None,
                "the platform answered with a redirect, which is never followed",
            ),
            401 => (Kind::Unauthenticated, Effect::None, "the control credential was refused"),
            402 => (
                Kind::PermissionDenied,
                Effect::None,
                "the platform wants the store's plan or bill settled first",
            ),
            403 => (Kind::PermissionDenied, Effect::None, "the control credential lacks a right"),
            404 => (Kind::NotFound, Effect::None, "the platform knows no such thing"),
            408 => (Kind::Unavailable, Effect::Possible, "the platform gave up waiting"),
            409 => (Kind::Conflict, Effect::None, "the platform sees a conflict"),
            429 => (Kind::RateLimited, Effect::None, "the platform's rate limit is reached"),
            501 | 505 => (Kind::Unsupported, Effect::None, "the platform does not offer this call"),
            500..=599 => (Kind::Unavailable, Effect::Possible, "the platform is failing"),
            _ => (Kind::InvalidRequest, Effect::None, "the platform refused the request"),
        };
        Some(Self::new(kind, effect, message))
    }

    /// The same with another meaning, where a vendor uses a status in its own way.
    #[must_use]
    pub fn becoming(mut self, kind: ErrorKind, effect: Effect) -> Self {
        self.kind = kind;
        self.effect = effect;
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the vendor's code.
    #[must_use]
    pub fn with_code(mut self, code: Option<String>) -> Self {
        self.code = code;
        self
    }

    /// Adds the vendor's words.
    #[must_use]
    pub fn with_vendor_message(mut self, message: Option<String>) -> Self {
        self.vendor_message = message;
        self
    }

    /// Adds how long the vendor wants us to wait.
    #[must_use]
    pub fn with_wait(mut self, wait: Option<Duration>) -> Self {
        self.wait = wait;
        self
    }
}

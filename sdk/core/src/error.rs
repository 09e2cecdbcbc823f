//! One error type that says what happened and what to do next.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::model::{ManualStep, ProviderId, ProviderState, StoreHandle};

/// The result of everything in guestpass.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in kinds a caller can act on.
///
/// Each kind says in its own documentation what usually causes it and what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration is missing something or holds something unusable.
    ///
    /// **Troubleshooting.** The message names the field and the remedy. No request was sent.
    Config,
    /// The request cannot be made as asked.
    ///
    /// **Troubleshooting.** Read the message: it names the argument. No write was executed; sending the same request
    /// again gives the same answer.
    InvalidRequest,
    /// The platform, or this connection to it, cannot do that.
    ///
    /// **Troubleshooting.** Ask [`capabilities`](crate::AccessProvider::capabilities) first; the reason is there.
    Unsupported,
    /// The control credential was refused.
    ///
    /// **Troubleshooting.** It was deleted, expired, or belongs to another store. Put a new one in place; nothing was
    /// executed.
    Unauthenticated,
    /// The control credential is alive but may not do this, or guestpass refuses to do it without an explicit word.
    ///
    /// **Troubleshooting.** The message names the right, the scope or the option that is missing.
    PermissionDenied,
    /// The store, the account or the address does not exist.
    ///
    /// **Troubleshooting.** Compare the store's identifier with the platform's own page.
    NotFound,
    /// The store's state contradicts the request, for example two accounts match one person.
    ///
    /// **Troubleshooting.** Name one account by its id, or let the merchant clear the duplicate.
    Conflict,
    /// The store has no room for another user.
    ///
    /// **Troubleshooting.** The merchant frees a seat or changes the plan.
    SeatLimit,
    /// The platform's rate limit, or our own budget for it, has no room within the deadline.
    ///
    /// **Troubleshooting.** [`Error::retry`] says when there is room again. Removals may use a reserve that other work
    /// may not.
    RateLimited,
    /// The deadline passed before an answer came, and nothing was changed.
    ///
    /// **Troubleshooting.** Raise the deadline; a write whose fate is unknown is [`OutcomeUnknown`](Self::OutcomeUnknown)
    /// instead.
    Timeout,
    /// The platform could not be reached or is failing.
    ///
    /// **Troubleshooting.** Try later; the credential is not at fault.
    Unavailable,
    /// The answer is not what the platform documents: not decodable, too large, redirected, or endless.
    ///
    /// **Troubleshooting.** Check the base URL; if it is right, the platform changed and the provider must follow.
    Protocol,
    /// A write may or may not have been executed.
    ///
    /// **Troubleshooting.** Never send it again blindly: look at the store first (`ensure_*` does so by itself).
    OutcomeUnknown,
    /// A fault in guestpass or on this machine.
    ///
    /// **Troubleshooting.** The message names the file or the component.
    Internal,
}

impl ErrorKind {
    /// The kind's stable name in machine output, in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::InvalidRequest => "invalid_request",
            Self::Unsupported => "unsupported",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::SeatLimit => "seat_limit",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Protocol => "protocol",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Internal => "internal",
        }
    }

    fn usual_remedy(self) -> &'static str {
        match self {
            Self::Config => "correct the configuration",
            Self::InvalidRequest => "correct the request",
            Self::Unsupported => "see the store's capabilities for what is possible",
            Self::Unauthenticated => "put a valid control credential in place",
            Self::PermissionDenied => "ask the merchant for the missing right",
            Self::NotFound => "check the identifier",
            Self::Conflict => "name one account by its id",
            Self::SeatLimit => "ask the merchant to free a seat",
            Self::RateLimited => "try again later",
            Self::Timeout => "try again with a longer deadline",
            Self::Unavailable => "try again later; the credential is not at fault",
            Self::Protocol => "check the base URL, then report the provider as outdated",
            Self::OutcomeUnknown => "look at the store before you send anything again",
            Self::Internal => "report this as a fault of guestpass",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(crate) const STALE: &str = "stale";

/// Whether, and how, the same call may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same call gives the same answer.
    Never,
    /// It may work later; wait longer each time.
    Backoff,
    /// It may work after this time.
    After(Duration),
    /// Find out by reading what the lost write did; do not send it again.
    SettleFirst,
}

/// What went wrong, where, and what to do next.
///
/// `Display` is one line for people: the store, what happened, the next step. It never holds the answer's body, a URL's
/// query, a secret, or the source error.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    field: Option<String>,
    remedy: Option<String>,
    retry: Retry,
    provider: Option<ProviderId>,
    store: Option<StoreHandle>,
    operation: Option<&'static str>,
    status: Option<u16>,
    code: Option<String>,
    vendor_message: Option<String>,
    request_id: Option<String>,
    attempts: u32,
    exhausted: bool,
    manual_step: Option<ManualStep>,
    state: Option<ProviderState>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind; `message` says what happened, in one clause without a full stop.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retry = match kind {
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout => Retry::Backoff,
            ErrorKind::OutcomeUnknown => Retry::SettleFirst,
            _ => Retry::Never,
        };
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            field: None,
            remedy: None,
            retry,
            provider: None,
            store: None,
            operation: None,
            status: None,
            code: None,
            vendor_message: None,
            request_id: None,
            attempts: 0,
            exhausted: false,
            manual_step: None,
            state: None,
            source: None,
        }))
    }

    /// A configuration error that names the field and the remedy.
    #[must_use]
    pub fn config(field: &str, problem: impl fmt::Display, remedy: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Config, format!("`{field}` {problem}")).with_remedy(remedy);
        error.0.field = Some(field.to_owned());
        error
    }

    /// An argument that cannot be used as it is; names it and the remedy.
    #[must_use]
    pub fn invalid(field: &str, problem: impl fmt::Display, remedy: impl Into<String>) -> Self {
        let mut error =
            Self::new(ErrorKind::InvalidRequest, format!("`{field}` {problem}")).with_remedy(remedy);
        error.0.field = Some(field.to_owned());
        error
    }

    /// Somebody else changed it since it was read: read it again.
    #[must_use]
    pub fn stale(what: &str) -> Self {
        Self::new(ErrorKind::Conflict, format!("{what} was changed by somebody else meanwhile"))
            .with_remedy("try again")
            .with_retry(Retry::Backoff)
            .with_code(STALE)
    }

    /// Whether it is about something that somebody else changed since it was read.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.kind() == ErrorKind::Conflict && self.0.code.as_deref() == Some(STALE)
    }

    /// Puts a place in front of the message, for example a line of a file.
    #[must_use]
    pub fn found_at(mut self, place: &str) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        self
    }

    /// What the reader should do next, in one clause.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Whether and when the call may be repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// The store it happened on. Kept when already set.
    #[must_use]
    pub fn at(mut self, provider: &ProviderId, store: &StoreHandle) -> Self {
        self.0.provider.get_or_insert_with(|| provider.clone());
        self.0.store.get_or_insert_with(|| store.clone());
        self
    }

    /// The vendor call during which it happened.
    #[must_use]
    pub fn during(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// The HTTP status of the last answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The vendor's own error code. Kept to 64 harmless characters.
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        self.0.code = Some(harmless(code, 64));
        self
    }

    /// The vendor's own words, for a person who looks closer. Not part of `Display`.
    #[must_use]
    pub fn with_vendor_message(mut self, message: &str) -> Self {
        self.0.vendor_message = Some(harmless(message, 300));
        self
    }

    /// The platform's id of the request, to quote to its support.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<&str>) -> Self {
        self.0.request_id = id.map(|id| harmless(id, 80));
        self
    }

    /// How often the request was sent, and whether our own retries were used up.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, exhausted: bool) -> Self {
        self.0.attempts = attempts;
        self.0.exhausted = exhausted;
        self
    }

    /// What a human can do instead.
    #[must_use]
    pub fn with_manual_step(mut self, step: ManualStep) -> Self {
        self.0.manual_step = Some(step);
        self
    }

    /// What the provider asks us to keep although the write's fate is not known.
    #[must_use]
    pub fn with_state(mut self, state: ProviderState) -> Self {
        self.0.state = Some(state);
        self
    }

    /// The error underneath. Its text never shows up in `Display`.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error as another kind, for example a failed write whose outcome is unknown.
    #[must_use]
    pub fn into_kind(mut self, kind: ErrorKind) -> Self {
        let fresh = Self::new(kind, "");
        self.0.kind = kind;
        self.0.retry = fresh.0.retry;
        self
    }

    /// What happened, in kinds a caller can act on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether, and how, the same call may be made again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// What happened, without the store and without the next step.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The setting or the argument that is wrong, so that a program can point at its place.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> &str {
        self.0.remedy.as_deref().unwrap_or(self.0.kind.usual_remedy())
    }

    /// The platform.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> Option<&StoreHandle> {
        self.0.store.as_ref()
    }

    /// The vendor call.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status of the last answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The vendor's own error code, if the answer carried one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The vendor's own words, shortened. May name people; never decide on it.
    #[must_use]
    pub fn vendor_message(&self) -> Option<&str> {
        self.0.vendor_message.as_deref()
    }

    /// The platform's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How often the request was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether our own retries are used up, so that an outer loop should not multiply them.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.0.exhausted
    }

    /// What a human can do instead, where there is something.
    #[must_use]
    pub fn manual_step(&self) -> Option<&ManualStep> {
        self.0.manual_step.as_ref()
    }

    /// What the provider asks us to keep although the write's fate is not known: handed back later, it keeps the same
    /// write from being sent twice, and lets a look find out what became of it.
    #[must_use]
    pub fn state(&self) -> Option<&ProviderState> {
        self.0.state.as_ref()
    }

    /// Whether a write may have been executed although no usable answer came.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.kind == ErrorKind::OutcomeUnknown
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(store) = &self.0.store {
            write!(f, "{store}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(status) = self.0.status {
            write!(f, " (HTTP {status}")?;
            if let Some(code) = &self.0.code {
                write!(f, ", {code}")?;
            }
            f.write_str(")")?;
        }
        write!(f, "; next: {}", self.remedy())?;
        if let Retry::After(wait) = self.0.retry {
            write!(f, " (in {} s)", wait.as_secs_f64().ceil())?;
        }
        if let Some(id) = &self.0.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("retry", &self.0.retry)
            .field("provider", &self.0.provider)
            .field("store", &self.0.store)
            .field("operation", &self.0.operation)
            .field("status", &self.0.status)
            .field("code", &self.0.code)
            .field("request_id", &self.0.request_id)
            .field("attempts", &self.0.attempts)
            .field("exhausted", &self.0.exhausted)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// Vendor text is untrusted: no control characters, no endless lines.
fn harmless(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_the_store_the_cause_and_the_next_step() {
        let error = Error::new(ErrorKind::RateLimited, "the account's budget is used up")
            .at(&ProviderId::from_static("acme"), &StoreHandle::new("shop-1").unwrap())
            .with_status(429)
            .with_retry(Retry::After(Duration::from_millis(1500)))
            .with_source("secret cause");
        let text = error.to_string();
        assert_eq!(
            text,
            "shop-1: the account's budget is used up (HTTP 429); next: try again later (in 2 s)"
        );
    }

    #[test]
    fn vendor_words_are_kept_out_of_display_and_debug() {
        let error = Error::new(ErrorKind::InvalidRequest, "refused").with_vendor_message("passwd hunter2\n");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert_eq!(error.vendor_message(), Some("passwd hunter2 "));
    }

    #[test]
    fn a_configuration_error_knows_its_field() {
        let error = Error::config("store_hash", "is missing", "add it");
        assert_eq!(error.field(), Some("store_hash"));
        assert!(error.to_string().starts_with("`store_hash` is missing"));
    }

    #[test]
    fn the_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}

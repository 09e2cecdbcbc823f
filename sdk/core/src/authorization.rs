//! How a store whose token is not there yet gets one: somebody agrees in a browser, the platform sends a code back, and
//! the code is exchanged.

mod callback;

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

pub use callback::Callback;

use crate::Timestamp;
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ManualStep, OneTimeSecret, ProviderId, StoreHandle};

/// Gets a token for a store by an authorization code (RFC 6749, section 4.1).
///
/// [`begin`](Self::begin) says where somebody agrees, [`finish`](Self::finish) exchanges what comes back. Between the two
/// the caller waits for one request to the redirect address, or lets a person paste its address.
///
/// # For implementors
///
/// Everything that can be checked is checked before the code is sent: that the answer belongs to the question, that the
/// platform signed it, that it is about the store of the settings. What the new token may do is known only afterwards; a
/// token that works is never thrown away for having fewer rights than were asked for.
#[async_trait]
pub trait Authorization: fmt::Debug + Send + Sync + 'static {
    /// What this authorization is about.
    fn info(&self) -> &AuthorizationInfo;

    /// The question to the merchant. Sends nothing and reads no secret.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) for a scope or a redirect address that cannot be.
    fn begin(&self, redirect: &Url, options: &AuthorizationOptions) -> Result<AuthorizationRequest>;

    /// Checks the answer and exchanges its code: one write, never sent twice.
    ///
    /// # Errors
    /// - [`PermissionDenied`](ErrorKind::PermissionDenied): the merchant did not agree, or the new token may do nothing;
    /// - [`InvalidRequest`](ErrorKind::InvalidRequest): the answer belongs to another question or is not signed by the
    ///   platform, and nothing was sent; or the platform says that the code was used or is too old;
    /// - [`Conflict`](ErrorKind::Conflict): the answer is about another store;
    /// - [`Unauthenticated`](ErrorKind::Unauthenticated): the platform refused the app's secret, or the code, where it does
    ///   not tell which;
    /// - [`OutcomeUnknown`](ErrorKind::OutcomeUnknown): the answer was lost. The code is used up and a token that nobody
    ///   knows may exist: authorise again.
    async fn finish(
        &self,
        request: &AuthorizationRequest,
        callback: &Url,
        cx: &CallContext,
    ) -> Result<Authorized>;
}

/// What an [`Authorization`] is about, and how well its platform protects it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuthorizationInfo {
    /// The platform.
    pub provider: ProviderId,
    /// Our name for the store.
    pub store: StoreHandle,
    /// The setting of the store that refers to the secret which is to come.
    pub setting: &'static str,
    /// The settings whose secrets the exchange needs, so that they can be read before anybody is asked to click.
    pub needs: &'static [&'static str],
    /// The rights to ask for, unless somebody names others; empty where the platform knows what the app needs.
    pub scopes: Vec<String>,
    /// Whether the platform gives our own mark back, so that an answer to another question shows.
    pub gives_state_back: bool,
    /// Whether the platform signs its answer.
    pub signs: bool,
    /// Whether the platform documents PKCE (RFC 7636). None is sent where it does not.
    pub pkce: bool,
}

impl AuthorizationInfo {
    /// Of a platform that protects its answers by nothing that it documents.
    #[must_use]
    pub fn new(provider: ProviderId, store: StoreHandle, setting: &'static str) -> Self {
        Self {
            provider,
            store,
            setting,
            needs: &[],
            scopes: Vec::new(),
            gives_state_back: false,
            signs: false,
            pkce: false,
        }
    }

    /// Whose exchange needs the secrets of these settings.
    #[must_use]
    pub fn needing(mut self, settings: &'static [&'static str]) -> Self {
        self.needs = settings;
        self
    }

    /// With these rights to ask for.
    #[must_use]
    pub fn asking_for(mut self, scopes: Vec<String>) -> Self {
        self.scopes = scopes;
        self
    }

    /// The platform gives our mark back.
    #[must_use]
    pub fn giving_state_back(mut self) -> Self {
        self.gives_state_back = true;
        self
    }

    /// The platform documents PKCE.
    #[must_use]
    pub fn with_pkce(mut self) -> Self {
        self.pkce = true;
        self
    }

    /// The platform signs its answers.
    #[must_use]
    pub fn signing(mut self) -> Self {
        self.signs = true;
        self
    }
}

/// What may be different about one authorization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AuthorizationOptions {
    /// The rights to ask for, instead of those of the settings.
    pub scopes: Option<Vec<String>>,
}

impl AuthorizationOptions {
    /// As the settings say.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for these rights.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Vec<String>) -> Self {
        self.scopes = Some(scopes);
        self
    }
}

/// Where somebody agrees. Does not print the link.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationStart {
    /// At this address. It holds our mark, so it goes to whoever agrees and into no log.
    Link(Url),
    /// In the platform's own pages, from where the platform comes to the redirect address by itself.
    ByHand(Box<ManualStep>),
}

impl fmt::Debug for AuthorizationStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => f.debug_tuple("Link").field(&link.host_str().unwrap_or_default()).finish(),
            Self::ByHand(step) => f.debug_tuple("ByHand").field(step).finish(),
        }
    }
}

/// A question to the merchant, kept until its answer comes.
#[derive(Clone)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// Where somebody agrees.
    pub start: AuthorizationStart,
    /// The address that the platform sends the answer to.
    pub redirect: Url,
    /// The rights that are asked for.
    pub scopes: Vec<String>,
    /// Our mark, which the platform gives back.
    pub state: Option<SecretString>,
    /// The verifier of PKCE, where the platform documents it.
    pub verifier: Option<SecretString>,
}

impl AuthorizationRequest {
    /// A question without a mark.
    #[must_use]
    pub fn new(start: AuthorizationStart, redirect: Url, scopes: Vec<String>) -> Self {
        Self { start, redirect, scopes, state: None, verifier: None }
    }

    /// With our mark.
    #[must_use]
    pub fn marked(mut self, state: SecretString) -> Self {
        self.state = Some(state);
        self
    }

    /// With the verifier of PKCE.
    #[must_use]
    pub fn with_verifier(mut self, verifier: SecretString) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Whether a request to the redirect address is the answer to this question, as far as our mark tells. What is not
    /// is best ignored: anybody on this machine can knock.
    #[must_use]
    pub fn is_answered_by(&self, callback: &Url) -> bool {
        let Ok(callback) = Callback::read(callback) else { return false };
        match &self.state {
            Some(_) => self.check_state(&callback).is_ok(),
            None => ["code", "error"].iter().any(|name| matches!(callback.get(name), Ok(Some(_)))),
        }
    }

    /// Refuses an answer to another question, in a time that does not depend on how much of the mark is right.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest).
    pub fn check_state(&self, callback: &Callback) -> Result<()> {
        let Some(state) = &self.state else { return Ok(()) };
        let given = callback.get("state")?.unwrap_or_default();
        // Digests differ from the first bit on, so the time of comparing them tells nothing of what was hashed.
        if Sha256::digest(given.as_bytes()) == Sha256::digest(state.expose_secret().as_bytes()) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            "the answer belongs to another question: its `state` is not ours",
        )
        .with_remedy("authorise again, and use the newest link")
        .with_code("state_mismatch"))
    }

    /// Which of the rights asked for were not given. `covers` says whether the rights given hold one.
    #[must_use]
    pub fn missing(&self, covers: impl Fn(&str) -> bool) -> Vec<String> {
        self.scopes.iter().filter(|scope| !covers(scope)).cloned().collect()
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("start", &self.start)
            .field("redirect", &self.redirect.as_str())
            .field("scopes", &self.scopes)
            .field("state", &self.state)
            .field("verifier", &self.verifier)
            .finish()
    }
}

/// A secret that an authorization gave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Authorized {
    /// The secret. Nobody else has it: it must reach its place.
    pub secret: OneTimeSecret,
    /// What it is: `access token` or `refresh token`.
    pub what: &'static str,
    /// The setting of the store that is to refer to it.
    pub setting: &'static str,
    /// The rights that it has, as the platform told.
    pub scopes: Vec<String>,
    /// The rights that were asked for and not given.
    pub missing: Vec<String>,
    /// When it ends unless it is renewed, in UTC.
    pub expires_at: Option<Timestamp>,
    /// What the platform said of the store: label and value, for people.
    pub facts: Vec<(String, String)>,
    /// What deserves attention.
    pub warnings: Vec<String>,
}

impl Authorized {
    /// A secret of which nothing else is known.
    #[must_use]
    pub fn new(what: &'static str, setting: &'static str, secret: OneTimeSecret) -> Self {
        Self {
            secret,
            what,
            setting,
            scopes: Vec::new(),
            missing: Vec::new(),
            expires_at: None,
            facts: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// The same error, for an exchange: what a lost answer means and what comes next.
#[must_use]
pub fn exchange_failed(error: Error) -> Error {
    if !error.is_outcome_unknown() {
        return error;
    }
    error.with_remedy(
        "authorise again: a code is good for one exchange, and this one may have made a token that nobody knows",
    )
}

/// The error of a platform that gives no tokens this way.
#[must_use]
pub fn no_authorization(reason: &str, instead: &str) -> Error {
    Error::new(ErrorKind::Unsupported, reason).with_remedy(instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> AuthorizationRequest {
        let redirect = Url::parse("http://127.0.0.1:9/callback").unwrap();
        let link = Url::parse("https://shop.example/authorize?state=marker-state").unwrap();
        AuthorizationRequest::new(
            AuthorizationStart::Link(link),
            redirect,
            vec!["read".into(), "write".into()],
        )
        .marked("marker-state".into())
    }

    fn callback(query: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:9/callback?{query}")).unwrap()
    }

    #[test]
    fn only_our_own_mark_is_an_answer() {
        assert!(request().is_answered_by(&callback("code=c&state=marker-state")));
        assert!(request().is_answered_by(&callback("error=access_denied&state=marker-state")));
        for other in ["code=c", "code=c&state=", "code=c&state=marker-statf", "code=c&state=marker-state2"] {
            assert!(!request().is_answered_by(&callback(other)), "{other}");
        }
        let twice = callback("code=c&state=marker-state&state=other");
        assert!(!request().is_answered_by(&twice), "a parameter that stands twice has no meaning");
        let mut unmarked = request();
        unmarked.state = None;
        assert!(unmarked.is_answered_by(&callback("code=c")) && !unmarked.is_answered_by(&callback("x=c")));
    }

    #[test]
    fn a_mark_shows_nowhere() {
        let error = request().check_state(&Callback::read(&callback("state=marker-other")).unwrap());
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, Some("state_mismatch")));
        assert!(
            !format!("{error} {error:?} {:?}", request()).contains("marker"),
            "{error:?} {:?}",
            request()
        );
    }

    #[test]
    fn rights_that_were_not_given_are_named() {
        assert_eq!(request().missing(|scope| scope == "read"), ["write"]);
    }
}

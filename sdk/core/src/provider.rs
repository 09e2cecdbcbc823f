//! The trait that every platform implements.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::api_access::ApiAccess;
use crate::call::CallContext;
use crate::capability::Capabilities;
use crate::error::Result;
use crate::grants::SubjectKey;
use crate::model::{
    Change, ChangeOutcome, Collaborator, ContentionKey, Entry, InviteOutcome, InviteRequest, Observation,
    Person, ProviderId, ProviderState, Remains, RemoveOutcome, RemoveRequest, Role, StoreHandle, Target,
};
use crate::page::{Cursor, ListQuery, Page};
use crate::rotation::CredentialRotator;

/// Temporary access to one store: who is inside, let somebody in, take them out.
///
/// `invite`, `remove` and `change` are one write plus their guards. They do not look first, settle a lost answer or
/// prove anything: [`AccessProviderExt`](crate::AccessProviderExt) does that once for all platforms, and it is what
/// programs should call.
///
/// # For implementors
///
/// The conformance suite of `guestpass-testkit` checks these rules:
/// - an operation that [`capabilities`](Self::capabilities) rules out answers before any request;
/// - what only a human can do is `ActionRequired`, with nothing sent;
/// - an option that the platform cannot honour is refused, never ignored; a role that must be set by hand is a
///   follow-up, not a refusal;
/// - owners and super-admins are not removed, switched off or handed out unless they are named;
/// - accounts are told apart by the platform's id, never by e-mail alone;
/// - the store that a credential belongs to must be the store of the connection;
/// - unknown values and extra fields decode;
/// - a write whose answer was lost is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), never sent again.
///
/// The trait has no default methods, so a wrapper cannot lose one; wrappers should deny
/// `clippy::missing_trait_methods`.
#[async_trait]
pub trait AccessProvider: Debug + Send + Sync + 'static {
    /// Which store this is. Never holds a secret.
    fn connection(&self) -> &Connection;

    /// What this connection can do, and why not more.
    fn capabilities(&self) -> Capabilities;

    /// Asks the platform whether the control credential is alive, for which store and with which rights. Never waits.
    ///
    /// # Errors
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) when the credential is refused,
    /// [`Conflict`](crate::ErrorKind::Conflict) when it belongs to another store.
    async fn check(&self, cx: &CallContext) -> Result<CheckReport>;

    /// The roles that the platform knows.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where roles cannot be listed.
    async fn list_roles(&self, cx: &CallContext) -> Result<Vec<Role>>;

    /// One page of everybody who has access.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for a cursor of another listing.
    async fn list_page(
        &self,
        query: &ListQuery,
        cursor: Option<&Cursor>,
        cx: &CallContext,
    ) -> Result<Page<Collaborator>>;

    /// Looks one subject up in the platform's own way. A look that begins now, unless the call accepts
    /// [an earlier reading](CallContext::looks_since).
    ///
    /// # Errors
    /// Only when no look was possible at all; a look that proves nothing is an
    /// [`Unknown`](crate::AccessState::Unknown) observation.
    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation>;

    /// Lets a person in: one write.
    ///
    /// # Errors
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the answer was lost.
    async fn invite(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome>;

    /// What must be kept before the invitation is sent, so that it is not forgotten if its answer never comes; `None`
    /// where a look shows every invitation. May read, writes nothing. Whoever calls this keeps it, and hands it over as
    /// [`InviteRequest::intent`] with the invitation itself, and as [`InviteRequest::state`] ever after.
    ///
    /// # Errors
    /// As the looks it takes.
    async fn intend(&self, request: &InviteRequest, cx: &CallContext) -> Result<Option<ProviderState>>;

    /// What comes with an access that exists or is about to: what is still to be done by hand, how the person gets in.
    /// Writes nothing; `seen` is the account as a look showed it. Needed where an invitation's own answer was lost, and
    /// where the person was inside already.
    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, cx: &CallContext) -> Entry;

    /// Takes somebody out: one write.
    ///
    /// # Errors
    /// [`PermissionDenied`](crate::ErrorKind::PermissionDenied) for an owner, or when a guard cannot be answered;
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the answer was lost.
    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome>;

    /// Changes what somebody has: one write.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a change that the platform does not know.
    async fn change(&self, target: &Target, change: &Change, cx: &CallContext) -> Result<ChangeOutcome>;

    /// Temporary access for programs, where the platform can give it.
    fn api_access(&self) -> Option<&dyn ApiAccess>;

    /// New API credentials of the store in place of old ones, where guestpass can help with that.
    fn credentials(&self) -> Option<&dyn CredentialRotator>;
}

/// A configured provider for one store. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    provider: ProviderId,
    store: StoreHandle,
    label: String,
    contention_key: ContentionKey,
    settle_after: Duration,
    min_observe_interval: Duration,
    removal_leaves: Remains,
    shared_subject: Option<SubjectKey>,
}

impl Connection {
    /// A connection whose second looks come after `settle_after` and that is watched at most every
    /// `min_observe_interval`.
    #[must_use]
    pub fn new(
        provider: ProviderId,
        store: StoreHandle,
        label: impl Into<String>,
        contention_key: ContentionKey,
        settle_after: Duration,
        min_observe_interval: Duration,
    ) -> Self {
        Self {
            provider,
            store,
            label: label.into(),
            contention_key,
            settle_after,
            min_observe_interval,
            removal_leaves: Remains::Nothing,
            shared_subject: None,
        }
    }

    /// The same, where an ordinary removal leaves this of an account.
    #[must_use]
    pub fn removal_leaving(mut self, remains: Remains) -> Self {
        self.removal_leaves = remains;
        self
    }

    /// The same, where everybody of ours comes in as one subject, for example as a partner organisation.
    #[must_use]
    pub fn letting_in(mut self, subject: SubjectKey) -> Self {
        self.shared_subject = Some(subject);
        self
    }

    /// As what a person comes into this store. Who shares it shares the access.
    #[must_use]
    pub fn subject(&self, person: &Person) -> SubjectKey {
        self.shared_subject.clone().unwrap_or_else(|| SubjectKey::of(person, &self.provider))
    }

    /// Whether everybody of ours comes into this store as one subject.
    #[must_use]
    pub fn shares_subject(&self) -> bool {
        self.shared_subject.is_some()
    }

    /// The platform.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// Our name for the store.
    #[must_use]
    pub fn store(&self) -> &StoreHandle {
        &self.store
    }

    /// The store's name for people.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What concurrent work competes for: connections with the same key share one budget.
    #[must_use]
    pub fn contention_key(&self) -> &ContentionKey {
        &self.contention_key
    }

    /// How long after an unanswered write a second look is worth something on this platform.
    #[must_use]
    pub fn settle_after(&self) -> Duration {
        self.settle_after
    }

    /// How often watching may look, at most.
    #[must_use]
    pub fn min_observe_interval(&self) -> Duration {
        self.min_observe_interval
    }

    /// What an ordinary removal leaves of an account here.
    #[must_use]
    pub fn removal_leaves(&self) -> Remains {
        self.removal_leaves
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// What the platform says about itself: label and value, for people.
    pub facts: Vec<(String, String)>,
    /// Which rights the credential has, as far as the platform tells.
    pub rights: Vec<Right>,
    /// What deserves attention.
    pub warnings: Vec<String>,
}

impl CheckReport {
    /// A report without anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self { facts: Vec::new(), rights: Vec::new(), warnings: Vec::new() }
    }

    /// Adds a fact.
    pub fn fact(&mut self, label: impl Into<String>, value: impl Into<String>) {
        self.facts.push((label.into(), value.into()));
    }

    /// Adds a right.
    pub fn right(&mut self, name: impl Into<String>, held: Held) {
        self.rights.push(Right { name: name.into(), held });
    }

    /// Adds a warning.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}

impl Default for CheckReport {
    fn default() -> Self {
        Self::new()
    }
}

/// One right of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Right {
    /// The right, as the platform names it.
    pub name: String,
    /// Whether the credential has it.
    pub held: Held,
}

impl Right {
    /// A right, as the platform names it.
    #[must_use]
    pub fn new(name: impl Into<String>, held: Held) -> Self {
        Self { name: name.into(), held }
    }
}

/// Whether a credential has a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Held {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// The platform tells only when the right is used.
    NotProvable,
}

//! What a platform does for rotations.

use std::fmt::Debug;

use async_trait::async_trait;

use super::credential::{Credential, CredentialSlot, Tag};
use super::kind::KindInfo;
use crate::Timestamp;
use crate::call::CallContext;
use crate::error::Result;
use crate::model::{ManualStep, OneTimeSecret, Proof};
use crate::provider::Right;

/// Makes, finds, tries and ends credentials of one store. One call each; whoever rotates puts them in
/// order, remembers, and repeats.
///
/// Reached through [`AccessProvider::credentials`](crate::AccessProvider::credentials).
///
/// # For implementors
/// - `issue` is one write. A lost answer is [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), and nothing is sent again.
/// - What an `issue` makes carries the order's tag wherever the platform has a place for it, and expires when the order
///   says where that can be chosen.
/// - `retire` and `carry_over` may be called again, also after they have worked.
/// - No secret goes into an id, an error, a fact or a manual step.
#[async_trait]
pub trait CredentialRotator: Debug + Send + Sync {
    /// What can be rotated here, and how.
    fn kinds(&self) -> Vec<KindInfo>;

    /// A new secret for a kind whose secrets we make ourselves.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a kind whose secrets the platform makes.
    fn make_secret(&self, slot: &CredentialSlot) -> Result<OneTimeSecret>;

    /// What the platform tells of the credential in use: its id, its rights, its expiry. Reads only. `known` holds what is
    /// known of it, its secret among that where it can be read.
    ///
    /// # Errors
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) when it is dead,
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is none, [`Conflict`](crate::ErrorKind::Conflict) when it belongs
    /// to another store.
    async fn inspect(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential>;

    /// Makes a new credential: one write. Where a human must, says what they do; nothing was sent then.
    ///
    /// # Errors
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the answer was lost.
    async fn issue(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome>;

    /// Looks for what an `issue` with this order made whose answer was lost. Reads only.
    ///
    /// # Errors
    /// When no complete look was possible.
    async fn find_issued(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<FoundIssued>;

    /// Tries a new credential: is it alive, for this store, with which rights. Reads only.
    ///
    /// # Errors
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) when it is refused,
    /// [`Conflict`](crate::ErrorKind::Conflict) when it belongs to another store.
    async fn verify(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification>;

    /// Takes along what depends on the old credential on this store, while both live: webhooks that belong to it, tokens
    /// that it minted. May be called again.
    ///
    /// # Errors
    /// When it could not be done now; whatever was done stays.
    async fn carry_over(&self, change: &CarryOver<'_>, cx: &CallContext) -> Result<Carried>;

    /// Ends a credential: one write. One that is gone already is a success. Where a human must, says what they do. `heir` is
    /// the one in its place, where there is one: some platforms let only that one end its predecessor.
    ///
    /// # Errors
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when the answer was lost: to be called again.
    async fn retire(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        heir: Option<&Credential>,
        cx: &CallContext,
    ) -> Result<RetireOutcome>;

    /// Whether an ended credential is really dead. Reads only.
    ///
    /// # Errors
    /// When nothing could be found out now.
    async fn confirm_retired(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death>;
}

/// An order to make a credential.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IssueOrder<'a> {
    /// Of which kind, with which settings.
    pub slot: &'a CredentialSlot,
    /// Our mark for it.
    pub tag: &'a Tag,
    /// The secret, where we make it ourselves; it is safe in its sinks already.
    pub secret: Option<&'a OneTimeSecret>,
    /// When it is to die by itself, in UTC, where that can be chosen.
    pub expires_at: Option<Timestamp>,
    /// The one in use, whose rights the new one gets.
    pub old: Option<&'a Credential>,
}

impl<'a> IssueOrder<'a> {
    /// An order for a credential with this mark.
    #[must_use]
    pub fn new(slot: &'a CredentialSlot, tag: &'a Tag) -> Self {
        Self { slot, tag, secret: None, expires_at: None, old: None }
    }
}

/// What an order led to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IssueOutcome {
    /// There is a new credential.
    Issued(NewCredential),
    /// Nothing was sent: a human makes it, and hands it in.
    ActionRequired(ManualStep),
}

/// A credential that was just made.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct NewCredential {
    /// The platform's id of it, where it has one.
    pub id: Option<String>,
    /// Its secret, told only now; `None` where we made it ourselves, or where it is not told again.
    pub secret: Option<OneTimeSecret>,
    /// When it dies by itself, in UTC.
    pub expires_at: Option<Timestamp>,
}

impl NewCredential {
    /// A credential with this id.
    #[must_use]
    pub fn new(id: Option<String>, secret: Option<OneTimeSecret>, expires_at: Option<Timestamp>) -> Self {
        Self { id, secret, expires_at }
    }
}

/// What a look for a lost credential found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FoundIssued {
    /// A complete look does not show it.
    Nothing,
    /// It is there. More than one, where one order was executed more than once.
    Found(Vec<NewCredential>),
    /// Nothing shows credentials of this kind.
    CannotLook,
}

/// What trying a new credential showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Verification {
    /// Which rights it has, as far as the platform tells: all of them, or none. One that the old one has and that is not
    /// among them counts as lost.
    pub rights: Vec<Right>,
    /// When it dies by itself, in UTC, where the platform tells.
    pub expires_at: Option<Timestamp>,
    /// Why it could not be tried; `None` when it was used and accepted.
    pub untried: Option<String>,
    /// What deserves attention.
    pub warnings: Vec<String>,
}

impl Verification {
    /// It was used and accepted, with these rights.
    #[must_use]
    pub fn accepted(rights: Vec<Right>) -> Self {
        Self { rights, ..Self::default() }
    }

    /// It could not be tried, for this reason.
    #[must_use]
    pub fn untried(reason: impl Into<String>) -> Self {
        Self { untried: Some(reason.into()), ..Self::default() }
    }
}

/// What is to be taken along from an old credential to a new one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CarryOver<'a> {
    /// Of which kind, with which settings.
    pub slot: &'a CredentialSlot,
    /// The old one, where there was one.
    pub old: Option<&'a Credential>,
    /// The new one.
    pub new: &'a Credential,
}

impl<'a> CarryOver<'a> {
    /// From nothing to a new credential.
    #[must_use]
    pub fn new(slot: &'a CredentialSlot, old: Option<&'a Credential>, new: &'a Credential) -> Self {
        Self { slot, old, new }
    }
}

/// What taking along led to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carried {
    /// Everything depends on the new one now, and that was seen.
    Verified {
        /// What was taken along, in one sentence each.
        what: Vec<String>,
        /// What a human must take along.
        left: Vec<ManualStep>,
    },
    /// It was done and not seen yet: to be called again.
    Refreshed,
    /// The store has left, so nothing there depends on either.
    Gone {
        /// How that shows.
        reason: String,
    },
}

impl Carried {
    /// There was nothing to take along.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Verified { what: Vec::new(), left: Vec::new() }
    }
}

/// What asking for a credential's end led to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetireOutcome {
    /// The platform took it; whether it works is for [`confirm_retired`](CredentialRotator::confirm_retired) to say.
    Accepted,
    /// It was gone already.
    AlreadyGone,
    /// Nothing ends it before its own expiry.
    AtExpiry {
        /// When that is, in UTC, where it is known.
        at: Option<Timestamp>,
    },
    /// Nothing was sent: a human ends it.
    ActionRequired(ManualStep),
}

/// Whether a credential is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Death {
    /// It is.
    Dead {
        /// How we know.
        proof: Proof,
    },
    /// It still works.
    Alive,
    /// It, or what was minted with it, lives until this time, and nothing ends it earlier.
    DiesAt {
        /// In UTC.
        at: Timestamp,
    },
    /// Nothing can tell.
    CannotTell {
        /// Why.
        reason: String,
    },
}

//! What a driver tells.

use std::fmt;
use std::time::Duration;

use crate::Timestamp;
use crate::error::Error;
use crate::model::{CredentialName, OneTimeSecret, ProviderId, StoreHandle};
use crate::rotation::{CredentialKind, KindInfo, Rotation};

/// How far a rotation was taken.
#[non_exhaustive]
pub struct Advanced {
    /// Its record. [`Rotation::summary`] says in words what is live and what comes next.
    pub rotation: Rotation,
    /// A new secret that no sink can give back, and that is lost unless the caller keeps it: hand it in with the next
    /// [`advance`](super::Driver::advance), or abort. Not in `Debug`.
    pub unsaved: Option<OneTimeSecret>,
    /// What deserves attention.
    pub warnings: Vec<String>,
}

impl fmt::Debug for Advanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Advanced")
            .field("rotation", &self.rotation)
            .field("is_unsaved", &self.unsaved.is_some())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// What a rotation would do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RotationPlan {
    /// The store.
    pub store: StoreHandle,
    /// The platform.
    pub platform: ProviderId,
    /// What the platform allows for the kind.
    pub info: KindInfo,
    /// Which credential.
    pub credential: CredentialName,
    /// Where the new one goes: names of sinks.
    pub sinks: Vec<String>,
    /// What happens, in order, in one sentence each.
    pub steps: Vec<String>,
    /// About how many requests it takes.
    pub requests: u32,
    /// Every store that depends on the credential, the own one first.
    pub dependents: Vec<StoreHandle>,
    /// What deserves attention before.
    pub warnings: Vec<String>,
}

/// One credential of a store, as the directory and the ledger have it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CredentialStatus {
    /// Our name for it.
    pub name: CredentialName,
    /// What it is.
    pub kind: CredentialKind,
    /// What the platform allows for the kind; `None` where it is not known here.
    pub info: Option<KindInfo>,
    /// Where it is kept: names of sinks.
    pub sinks: Vec<String>,
    /// When the one in use was made, if that is known, in UTC.
    pub made_at: Option<Timestamp>,
    /// When it dies by itself, if that is known, in UTC.
    pub expires_at: Option<Timestamp>,
    /// How old it may get.
    pub rotate_every: Option<Duration>,
    /// When it is too old, or three quarters of its life are over, in UTC.
    pub due_at: Option<Timestamp>,
    /// Whether a sweep begins its rotation by itself.
    pub automatic: bool,
    /// The rotation that is under way.
    pub open: Option<Rotation>,
    /// The last rotation that is over.
    pub last: Option<Rotation>,
    /// What keeps it from being rotated, with the remedy.
    pub problem: Option<String>,
}

/// Told what a sweep does.
pub trait RotationWatcher: Send + Sync {
    /// A rotation was taken further.
    fn advanced(&self, advanced: &Advanced);

    /// A credential is due, and nobody begins its rotation by itself.
    fn due(&self, store: &StoreHandle, status: &CredentialStatus);

    /// Nothing could be done about a credential.
    fn failed(&self, store: &StoreHandle, credential: &CredentialName, error: &Error);
}

/// What came out of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RotationSweep {
    /// Rotations that are over now.
    pub done: u64,
    /// Those that wait for a person or for time.
    pub waiting: u64,
    /// Those that have something in their way.
    pub unfinished: u64,
    /// Those that somebody else works on.
    pub busy: u64,
    /// Those about which nothing could be done or written.
    pub failed: u64,
    /// Credentials that are due and were announced.
    pub announced: u64,
    /// Rotations that were begun.
    pub begun: u64,
}

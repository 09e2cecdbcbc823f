//! Credentials that change without anybody being locked out: issue a new one, verify it, put it in its place, retire the
//! old one.
//!
//! A [`CredentialRotator`] knows what one platform allows, a [`Driver`] puts its calls in order, and the
//! [`Ledger`](crate::grants::Ledger) keeps a [`Rotation`] of each: never a secret, only a salted
//! [`Fingerprint`] by which a secret is recognised. The secrets themselves are in [sinks](crate::Sink), where whoever uses
//! them takes them from.

mod credential;
mod driver;
mod kind;
mod record;
mod rotator;

pub use credential::{Credential, CredentialName, CredentialSlot, Fingerprint, Tag};
pub use driver::{
    Advanced, CredentialStatus, Driver, DriverOptions, RotationPlan, RotationRequest, RotationSweep,
    RotationWatcher,
};
pub use kind::{CredentialKind, Find, KindInfo, Lifetime, Overlap, Retire, Verify};
pub use record::{
    Carrying, Dependent, Fate, HumanPart, Minted, Rotation, RotationId, RotationQuery, RotationTrouble,
    Stage, WaitsFor,
};
pub use rotator::{
    Carried, CarryOver, CredentialRotator, Death, FoundIssued, IssueOrder, IssueOutcome, NewCredential,
    RetireOutcome, Verification,
};

//! Where a process may die: every durable step of the engine, and of a rotation, by name.

use std::fmt::Debug;

/// Something that lasts: a commit to the ledger, a write to a store, a secret put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Durable {
    /// A grant, or what people say about one, is written down.
    Order,
    /// What time has done to grants is written down: they start, end, lapse.
    Time,
    /// What a look showed is written down, the baseline among it.
    Look,
    /// The intent of a write is written down.
    Intent,
    /// The store is asked to let somebody in.
    Invite,
    /// The store is asked to change a role, or to switch an account on or off.
    Change,
    /// The store is asked for a new password.
    Password,
    /// The store is asked to take somebody out.
    Remove,
    /// A secret is put in its place.
    Deliver,
    /// What came out of a write is written down.
    Outcome,
    /// What is due next is written down.
    Schedule,
    /// The record of an offboarding is written down.
    Offboarding,
    /// The record of a rotation is written down.
    RotationRecord,
    /// The platform is asked for a new credential.
    Issue,
    /// A new secret is kept beside the live one.
    Stage,
    /// A new secret is put in the live one's place.
    Promote,
    /// What depends on the old credential is taken along.
    CarryOver,
    /// The platform is asked to end a credential.
    Retire,
    /// A staged or a previous secret is forgotten.
    Discard,
}

/// On which side of a durable step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// It is about to be done.
    Before,
    /// It was done.
    After,
}

/// Told of every durable step. Tests let the process die here; programs need none.
pub trait Checkpoint: Debug + Send + Sync + 'static {
    /// The engine is at this side of this step.
    fn at(&self, step: Durable, moment: Moment);
}

/// Nobody is told.
#[derive(Debug)]
pub(crate) struct Unwatched;

impl Checkpoint for Unwatched {
    fn at(&self, _: Durable, _: Moment) {}
}

//! The vocabulary: people, stores, roles, accounts and what is said about them.

mod collaborator;
mod email;
mod ids;
mod invite;
mod manual;
mod observation;
mod person;
mod remove;
mod role;

pub use collaborator::{AccountKind, Collaborator, Status, Told};
pub use email::Email;
pub use ids::{
    AccountId, ContentionKey, CredentialName, OperationId, PersonHandle, ProviderId, RoleId, StoreHandle,
};
pub use invite::{
    AccessNote, Change, ChangeOutcome, Entry, InviteOutcome, InviteRequest, OneTimeSecret, ProviderState,
};
pub use manual::{Actor, Instruction, Link, ManualStep, Message, StepCheck};
pub use observation::{AccessState, Evidence, Observation, Proof, UnknownReason};
pub use person::{Finder, KnownPerson, Person, Target};
pub use remove::{Baseline, Remains, RemovalScope, RemoveOutcome, RemoveRequest};
pub use role::{Assignable, Role, RoleSpec};

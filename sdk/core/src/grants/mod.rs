//! Access that ends: grants, what is remembered of them, and how they are brought to their end.

pub mod audit;
mod directory;
pub(crate) mod engine;
mod grant;
mod holding;
mod ledger;
mod memory;
mod offboarding;
mod phase;
mod policy;
mod step;
mod subject;
mod tap;
mod trouble;
mod verify;

pub use directory::{Directory, StaticDirectory};
pub use engine::{
    Checkpoint, Drifted, Durable, Engine, GrantRequest, Moment, OffboardRequest, Settled, Standing,
    SweepOptions, SweepReport, Watcher,
};
pub use grant::{Cause, End, Grant, GrantId, Obligation, Principal};
pub use holding::{Eviction, Former, Holding, Intent, IntentKind, Reset, Tries};
pub use ledger::{Commit, DueKey, GrantQuery, Lease, LeaseKey, Ledger, PersonRecord, StepQuery};
pub use memory::MemoryLedger;
pub use offboarding::{Found, OffboardState, OffboardedStore, Offboarding, OffboardingId};
pub use phase::{Cell, Move, Phase, TABLE};
pub use policy::Policy;
pub use step::{Step, StepEnd, StepId, StepKind};
pub use subject::{Place, SubjectKey};
pub use tap::{Tap, TappedLedger};
pub use trouble::{Trouble, TroubleKind};
pub use verify::{ChainFault, Verification, verify};

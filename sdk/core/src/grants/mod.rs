//! Access that ends: grants, what is remembered of them, and how they are brought to their end.

pub mod audit;
mod grant;
mod holding;
mod ledger;
mod memory;
mod offboarding;
mod phase;
mod step;
mod subject;
mod trouble;

pub use grant::{Cause, End, Grant, GrantId, Obligation, Principal};
pub use holding::{Eviction, Former, Holding, Intent, IntentKind, Tries};
pub use ledger::{Commit, DueKey, GrantQuery, Lease, LeaseKey, Ledger, PersonRecord, StepQuery};
pub use memory::MemoryLedger;
pub use offboarding::{OffboardState, OffboardedStore, Offboarding, OffboardingId};
pub use phase::{Cell, Move, Phase, TABLE};
pub use step::{Step, StepEnd, StepId, StepKind};
pub use subject::{Place, SubjectKey};
pub use trouble::{Trouble, TroubleKind};

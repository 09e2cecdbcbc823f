//! Who is inside, and why: everybody a store lets in now, against what the ledger says.
//!
//! A [`StoreReview`] is one store read once: its rows are accounts and grants, each with its [`Finding`]s. A [`Review`] is
//! a pass over many of them, kept without names; people decide about its rows, and two reviews are compared. Nothing at
//! any store is changed by it: what must follow from a decision is a [`Consequence`], which the grant engine carries out.

mod books;
mod compare;
mod decide;
mod differ;
mod finding;
mod judge;
mod last_look;
mod people;
mod record;
mod register;
mod row;
mod run;
mod store;
mod words;
mod work;

pub(crate) use compare::{compare_rights, is_within};
pub use decide::Consequence;
pub use differ::{Comparison, Difference, RowDifference, StoreDifference};
pub use finding::Finding;
pub use last_look::{KnownFinding, LastLook};
pub use record::{Decision, KeptRow, Review, ReviewId, ReviewedStore, Verdict};
pub use register::{EndKind, RegisterEntry, RegisterOptions, StoreRegister};
pub use row::{Ends, Reading, ReviewRow, RowKey, StoreReview};
pub use run::{ReviewRequest, ReviewWatcher};
pub use store::{ReviewRules, Reviewer};

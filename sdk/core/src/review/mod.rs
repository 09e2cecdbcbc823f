//! Who is inside, and why: everybody a store lets in now, against what the ledger says.
//!
//! A [`StoreReview`] is one store read once: its rows are accounts and grants, each with its [`Finding`]s. Nothing is
//! changed by it.

mod compare;
mod finding;
mod people;
mod record;
mod row;
mod store;

pub use finding::Finding;
pub use record::{Decision, KeptRow, Review, ReviewId, ReviewedStore, Verdict};
pub use row::{Ends, Reading, ReviewRow, RowKey, StoreReview};
pub use store::{ReviewRules, Reviewer};

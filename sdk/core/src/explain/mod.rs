//! Why can they not get in, why are they still in: every cause with its evidence and the next step, most likely first.
//!
//! [`Explainer`] reads the ledger and looks once; [`decide`] is the judgement alone, and asks nobody.

mod asking;
mod books;
mod causes;
mod decide;
mod explainer;
mod facts;
mod invitation;
mod leftovers;
mod obstacles;
mod why_in;
mod why_not_in;
mod words;

pub use causes::{Cause, CauseKind, Standing};
pub use decide::decide;
pub use explainer::{Explainer, Explanation, GrantView};
pub use facts::{Checked, Facts, Failure, KeptCredential, Looked};

#[cfg(test)]
mod tests;

//! Reviews on every platform's fake, compared with the fakes' own books.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here is a failed test"
)]

mod decided;
#[allow(dead_code, reason = "shared with the tests of the grant engine, which need more of it")]
#[path = "../grants/desk.rs"]
mod desk;
mod drift;
mod drift_budget;
mod estate;
mod findings;
mod large;
mod runs;
mod unreadable;
mod view;

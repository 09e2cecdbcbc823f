//! The driver of rotations on a scripted platform, compared with the platform's own book.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here is a failed test"
)]

mod bench;
mod clock;
mod deaths;
mod dependents;
mod faults;
mod ledger;
mod orders;
mod people;
mod shop;
mod sinks;
mod sweeps;
mod thefts;

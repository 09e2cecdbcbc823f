//! The ledger on both databases: what every ledger must do, and what only this one has.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a set-up that fails is a failed test")]

mod cases;
#[cfg(unix)]
mod postgres;
mod sqlite;

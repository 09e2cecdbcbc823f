//! Incidents in earnest: the rotators of every platform, ledgers in SQL, processes that are killed, and two at once. What the
//! report says at any moment is compared with what the fakes know.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set-up that fails is a failed test"
)]

mod account;
mod estate;
mod kills;
mod meanwhile;
mod people;
mod stores;
mod together;
mod truth;
mod whole;

use std::path::Path;

fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_guestpass-suite-worker"))
}

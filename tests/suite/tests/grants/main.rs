//! The grant engine on every platform's fake, compared with the fakes' own books.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here is a failed test"
)]

mod by_hand;
mod desk;
mod ends;
mod explain;
mod hosts;
mod incident;
mod keyring;
mod life;
mod lost;
mod offboard;
mod orders;
mod register;
mod secrets;
mod shared;

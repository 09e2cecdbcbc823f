//! What is particular to PrestaShop: passwords of ours, whole records, versions, the last super-admin, profiles.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set-up that fails is a failed test"
)]

mod admin;
mod changing;
mod common;
mod credentials;
mod letting_in;
mod shop;
mod taking_out;

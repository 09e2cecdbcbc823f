//! The program from outside: the real binary, against a fake store on this machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is tests, the helpers as well"
)]

mod audit;
mod bad_input;
mod budget;
mod connect;
mod crash;
mod everywhere;
mod explain;
mod fixture;
mod grants;
mod incident;
mod interrupt;
mod ledger;
mod life;
mod merchant;
mod offboard;
mod offline;
mod prestashop;
mod register;
mod review;
mod rotation;
mod secrecy;
mod shops;
mod steps;
mod sweep;

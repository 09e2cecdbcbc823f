#![doc = include_str!("../README.md")]

mod commit;
mod database;
mod document;
mod erase;
mod fault;
mod lease;
mod ledger;
mod open;
mod prune;
mod read;
mod schema;
mod statement;
mod time;

pub use ledger::SqlLedger;
pub use prune::{KEEP_AT_LEAST, Pruned};

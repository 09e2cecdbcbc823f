//! The commands, each in its own file: what it does, and the shape of its result.

pub(crate) mod adopt;
pub(crate) mod audit;
pub(crate) mod capabilities;
mod carry_out;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod connect;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod fakes;
pub(crate) mod grant;
pub(crate) mod grants;
pub(crate) mod init;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod observe;
pub(crate) mod offboard;
pub(crate) mod order;
mod plan;
pub(crate) mod remove;
pub(crate) mod roles;
pub(crate) mod steps;
pub(crate) mod stores;
pub(crate) mod sweep;
mod until;

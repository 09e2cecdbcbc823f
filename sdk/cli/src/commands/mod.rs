//! The commands, each in its own file: what it does, and the shape of its result.

pub(crate) mod capabilities;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod fakes;
pub(crate) mod init;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod observe;
mod plan;
pub(crate) mod remove;
pub(crate) mod roles;
pub(crate) mod stores;
mod until;

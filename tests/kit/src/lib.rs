//! Test kit of guestpass: a clock moved by hand, stateful fakes of the platforms, and faults to put into them.

mod clock;
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case that fails panics, as tests do"
)]
pub mod conformance;
pub mod fakes;
mod fault;
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case that fails panics, as tests do"
)]
pub mod ledger;
#[cfg(unix)]
pub mod postgres;
mod request_log;

pub use clock::ManualClock;
pub use fault::{Fault, On, ThrottleShape};
pub use request_log::LoggedRequest;

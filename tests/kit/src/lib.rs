//! Test kit of guestpass: a clock moved by hand, stateful fakes of the platforms, and faults to put into them.

mod clock;
pub mod fakes;
mod fault;
mod request_log;

pub use clock::ManualClock;
pub use fault::{Fault, On, ThrottleShape};
pub use request_log::LoggedRequest;

//! Test kit of guestpass: a clock moved by hand, and faults to put into the fakes of the platforms.
mod clock;
mod fault;
mod request_log;

pub use clock::ManualClock;
pub use fault::{Fault, On, ThrottleShape};
pub use request_log::LoggedRequest;

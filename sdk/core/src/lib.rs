//! Temporary access to merchants' stores.

mod clock;

pub use clock::{Clock, SystemClock, Wait};
pub use jiff::Timestamp;

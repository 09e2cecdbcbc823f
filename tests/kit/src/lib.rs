//! Test kit of guestpass.

mod clock;

pub use clock::ManualClock;

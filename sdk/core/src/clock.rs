//! Time as a dependency: nothing in this workspace asks the machine for the time except [`SystemClock`].

use std::fmt::Debug;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;

/// Why somebody waits. A manual clock treats the kinds differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wait {
    /// The pause before another attempt, and the pause before a second look at a store.
    Backoff,
    /// The pause until a rate budget has room again.
    Budget,
    /// A limit raced against real work: a timeout or a deadline. It should normally never elapse.
    Guard,
}

/// The source of time for everything in guestpass.
///
/// The wall clock ([`now`](Self::now)) dates evidence and budgets that outlive the process; the monotonic clock
/// ([`monotonic`](Self::monotonic)) measures deadlines. Tests use the manual clock of `guestpass-testkit`.
#[async_trait]
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall-clock time, in UTC.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary fixed point; never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits for `duration`. `wait` says why.
    async fn sleep(&self, duration: Duration, wait: Wait);
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
#[allow(clippy::disallowed_methods, reason = "the one place that may ask the machine and sleep")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, duration: Duration, _wait: Wait) {
        tokio::time::sleep(duration).await;
    }
}

//! A clock that a test moves by hand.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, Timestamp, Wait};
use tokio::sync::Notify;

/// A clock for tests: back-off and budget waits pass by themselves, guards fire only on [`advance`](Self::advance).
///
/// A wait of kind [`Wait::Backoff`] or [`Wait::Budget`] moves the clock to its end at once, so a test sees the time
/// that *would* have passed without spending any. Timeouts and deadlines ([`Wait::Guard`]) race against real sockets;
/// they must not fire because some other task waited, so only the test itself can let them elapse.
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    state: Mutex<State>,
    advanced: Notify,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    by_hand: Duration,
}

impl ManualClock {
    /// A clock that stands at 2026-11-22T12:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Timestamp::constant(1_795_348_800, 0),
            state: Mutex::default(),
            advanced: Notify::new(),
        }
    }

    /// Moves the clock forward and lets guards that end within `by` fire.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.elapsed += by;
        state.by_hand += by;
        drop(state);
        self.advanced.notify_waiters();
    }

    /// How much time has passed since the clock was made, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_until(&self, end: Duration) {
        let mut state = self.lock();
        state.elapsed = state.elapsed.max(end);
    }

    async fn wait_by_hand(&self, duration: Duration) {
        let end = self.lock().by_hand + duration;
        loop {
            let advanced = self.advanced.notified();
            if self.lock().by_hand >= end {
                return;
            }
            advanced.await;
        }
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.start.saturating_add(self.lock().elapsed).unwrap_or(Timestamp::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.lock().elapsed
    }

    async fn sleep(&self, duration: Duration, wait: Wait) {
        if wait == Wait::Guard {
            return self.wait_by_hand(duration).await;
        }
        let end = self.lock().elapsed + duration;
        tokio::task::yield_now().await;
        self.pass_until(end);
    }
}

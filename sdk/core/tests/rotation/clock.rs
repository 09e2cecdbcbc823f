//! A clock that moves when somebody waits, and when a test says so.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, Timestamp, Wait};

/// Stands still except for waits, which are over at once. Guards never fire.
#[derive(Debug, Default)]
pub(crate) struct TestClock(Mutex<(Duration, i64)>);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.lock().unwrap().0 += by;
    }

    /// Sets the wall clock back or forward; the monotonic one stays.
    pub(crate) fn jump(&self, seconds: i64) {
        self.0.lock().unwrap().1 += seconds;
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let (elapsed, jumped) = *self.0.lock().unwrap();
        Timestamp::constant(1_795_348_800, 0) + elapsed + jiff::SignedDuration::from_secs(jumped)
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().0
    }

    async fn sleep(&self, duration: Duration, wait: Wait) {
        if wait == Wait::Guard {
            return std::future::pending().await;
        }
        tokio::task::yield_now().await;
        self.advance(duration);
    }
}

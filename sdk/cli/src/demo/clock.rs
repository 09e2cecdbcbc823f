//! A clock that the story sets forward.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, SystemClock, Timestamp, Wait};

/// The machine's clock, ahead by as much as the story has let pass.
#[derive(Debug, Default)]
pub(super) struct StoryClock {
    machine: SystemClock,
    ahead: Mutex<Duration>,
}

impl StoryClock {
    /// Lets time pass.
    pub(super) fn forward(&self, by: Duration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    fn ahead(&self) -> Duration {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        let now = self.machine.now();
        now.checked_add(self.ahead()).unwrap_or(now)
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic() + self.ahead()
    }

    async fn sleep(&self, duration: Duration, wait: Wait) {
        self.machine.sleep(duration, wait).await;
    }
}

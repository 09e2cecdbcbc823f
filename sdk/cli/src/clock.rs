//! A clock that can be set forward: in the story of the demonstration, and in tests against the fakes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, Error, Result, SystemClock, Timestamp, Wait};

use crate::config::Config;
use crate::duration;

/// The machine's clock, ahead by as much as was let pass.
#[derive(Debug, Default)]
pub(crate) struct ForwardClock {
    machine: SystemClock,
    ahead: Mutex<Duration>,
}

/// How far the program's time is ahead, for tests against the fakes: `GUESTPASS_CLOCK_AHEAD=2h`.
const AHEAD: &str = "GUESTPASS_CLOCK_AHEAD";

/// The program's clock. Set forward it may only be where every store is on this machine: a real one would lose its people
/// too early.
pub(crate) fn of_program(
    config: impl FnOnce(&Arc<dyn Clock>) -> Result<Config>,
) -> Result<(Arc<dyn Clock>, Config)> {
    let clock = Arc::new(ForwardClock::default());
    let shared: Arc<dyn Clock> = clock.clone();
    let config = config(&shared)?;
    if let Some(text) = std::env::var_os(AHEAD) {
        let by = text.to_str().and_then(duration::parse).ok_or_else(|| {
            Error::config(AHEAD, "is no length of time", format!("write it like {}", duration::FORM))
        })?;
        if let Some(store) = config.store_elsewhere() {
            let problem =
                format!("is for tests against the fakes, and the store {store} is not on this machine");
            return Err(Error::config(AHEAD, problem, "unset it"));
        }
        clock.forward(by);
    }
    Ok((shared, config))
}

impl ForwardClock {
    /// Lets time pass.
    pub(crate) fn forward(&self, by: Duration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    fn ahead(&self) -> Duration {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ForwardClock {
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

//! A clock that several processes share, moved by hand like the manual clock.

use std::fs::{File, OpenOptions};
use std::future::pending;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{Clock, Timestamp, Wait};

const START: Timestamp = Timestamp::constant(1_795_348_800, 0);

/// A clock whose time is in a file. Back-off and budget waits move it for every process that reads the file; guards never
/// fire.
#[derive(Debug)]
pub struct SharedClock {
    file: File,
}

impl SharedClock {
    /// The clock in this file. A new one stands at 2026-11-22T12:00:00Z.
    ///
    /// # Errors
    /// When the file cannot be opened or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let clock = Self { file };
        clock.change(|elapsed| elapsed)?;
        Ok(clock)
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.moved(|elapsed| elapsed.saturating_add(by));
    }

    /// How much time has passed since the clock was made.
    #[must_use]
    #[allow(clippy::expect_used, reason = "without the time there is nothing to test")]
    pub fn elapsed(&self) -> Duration {
        self.read().expect("the clock's file can be read")
    }

    #[allow(clippy::expect_used, reason = "without the time there is nothing to test")]
    fn moved(&self, to: impl FnOnce(Duration) -> Duration) {
        self.change(to).expect("the clock's file can be written");
    }

    fn read(&self) -> io::Result<Duration> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(Duration::from_nanos(u64::from_le_bytes(bytes)))
    }

    /// Whoever is killed here gives the lock back, and the eight bytes are written by one call or not at all.
    fn change(&self, to: impl FnOnce(Duration) -> Duration) -> io::Result<()> {
        self.file.lock()?;
        let elapsed = to(self.read().unwrap_or_default());
        let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let written = self.file.write_all_at(&nanos.to_le_bytes(), 0);
        self.file.unlock()?;
        written
    }
}

#[async_trait]
impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        START.saturating_add(self.elapsed()).unwrap_or(Timestamp::MAX)
    }

    fn monotonic(&self) -> Duration {
        self.elapsed()
    }

    async fn sleep(&self, duration: Duration, wait: Wait) {
        if wait == Wait::Guard {
            return pending().await;
        }
        let end = self.elapsed().saturating_add(duration);
        tokio::task::yield_now().await;
        self.moved(|elapsed| elapsed.max(end));
    }
}

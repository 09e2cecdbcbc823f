//! Rate limits: sliding windows, and where somebody stands in one.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use guestpass::Timestamp;

use super::ground::later;

/// The requests of everybody who is limited, by who that is.
#[derive(Debug, Default)]
pub(super) struct Limits {
    windows: BTreeMap<String, VecDeque<Timestamp>>,
}

/// Where somebody stands in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) quota: usize,
    pub(super) left: usize,
    pub(super) window: Duration,
    /// Until there is room again, or until the oldest request leaves the window.
    pub(super) reset: Duration,
}

/// What an injected refusal asks a client to wait.
pub(super) const INJECTED: Standing =
    Standing { quota: 150, left: 0, window: Duration::from_secs(30), reset: Duration::from_secs(5) };

impl Limits {
    /// Counts a request; `Err` when the window is full, and then it is not counted.
    pub(super) fn admit(
        &mut self,
        who: &str,
        quota: usize,
        window: Duration,
        now: Timestamp,
    ) -> Result<Standing, Standing> {
        let seen = self.windows.entry(who.to_owned()).or_default();
        let age = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
        while seen.front().is_some_and(|&oldest| age(oldest) >= window) {
            seen.pop_front();
        }
        let admitted = seen.len() < quota;
        if admitted {
            seen.push_back(now);
        }
        let oldest = seen.front().map_or(Duration::ZERO, |&oldest| age(oldest));
        let standing = Standing {
            quota,
            left: quota.saturating_sub(seen.len()),
            window,
            reset: window.saturating_sub(oldest),
        };
        if admitted { Ok(standing) } else { Err(standing) }
    }
}

impl Standing {
    /// The wait in whole seconds, never too short.
    pub(super) fn reset_seconds(&self) -> u64 {
        self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0)
    }

    /// The end of the wait, as HTTP writes dates.
    pub(super) fn reset_date(&self, now: Timestamp) -> String {
        let until = later(now, Duration::from_secs(self.reset_seconds()));
        until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let (window, start) = (Duration::from_secs(30), Timestamp::UNIX_EPOCH);
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut limits = Limits::default();
        assert_eq!(limits.admit("s", 2, window, start).unwrap().left, 1);
        assert_eq!(limits.admit("s", 2, window, after(20)).unwrap().left, 0);
        let refused = limits.admit("s", 2, window, after(29)).unwrap_err();
        assert_eq!(refused.reset, Duration::from_secs(1));
        assert!(limits.admit("other", 2, window, after(29)).is_ok());
        assert!(limits.admit("s", 2, window, after(30)).is_ok());
        assert!(limits.admit("s", 2, window, after(31)).is_err());
    }
}

//! Rate limits: sliding windows, and the answers that say one is full.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use guestpass::Timestamp;
use serde_json::json;

use crate::fakes::http::Answer;
use crate::fault::ThrottleShape;

/// What an injected refusal asks a client to wait.
pub(super) const INJECTED: Standing =
    Standing { quota: 150, left: 0, window: Duration::from_secs(30), reset: Duration::from_secs(5) };

/// The requests of everybody who is limited, by who that is.
#[derive(Debug, Default)]
pub(super) struct Limits {
    windows: BTreeMap<String, VecDeque<Timestamp>>,
}

/// Where somebody stands in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    quota: usize,
    left: usize,
    window: Duration,
    /// Until there is room again, or until the oldest request leaves the window.
    reset: Duration,
}

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
    /// Adds the four headers of a limited resource, in lower case as they arrive.
    pub(super) fn onto(&self, answer: Answer) -> Answer {
        answer
            .with_header("x-rate-limit-time-window-ms", self.window.as_millis())
            .with_header("x-rate-limit-time-reset-ms", self.reset.as_millis())
            .with_header("x-rate-limit-requests-quota", self.quota)
            .with_header("x-rate-limit-requests-left", self.left)
    }

    /// The refusal, in the given shape.
    pub(super) fn refusal(&self, shape: ThrottleShape, now: Timestamp) -> Answer {
        let refused = || {
            let body = json!({
                "status": 429,
                "title": "Too many requests",
                "type": "/api-docs/getting-started/api-status-codes",
                "errors": {},
            });
            Answer::json(429, &body)
        };
        match shape {
            ThrottleShape::AllHeaders => {
                self.onto(refused()).with_header("x-retry-after", self.reset_seconds())
            }
            ThrottleShape::RetryAfterSeconds => refused().with_header("x-retry-after", self.reset_seconds()),
            ThrottleShape::ResetMillis => {
                refused().with_header("x-rate-limit-time-reset-ms", self.reset.as_millis())
            }
            ThrottleShape::NoHeadersHtml => Answer::html(429, "Too many requests"),
            ThrottleShape::StandardRetryAfterDate => {
                let until = super::state::later(now, Duration::from_secs(self.reset_seconds()));
                let date = until.strftime("%a, %d %b %Y %H:%M:%S GMT");
                refused().with_header("retry-after", date)
            }
            ThrottleShape::Status509 => Answer::html(509, "Bandwidth limit exceeded"),
        }
    }

    fn reset_seconds(&self) -> u64 {
        self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0)
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

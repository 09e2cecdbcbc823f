//! When a request is sent again, and after how long.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How often and after how long a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often at most, the first time included.
    pub attempts: u32,
    /// The longest pause before the second attempt; doubled before each further one.
    pub first_pause: Duration,
    /// The longest pause of all.
    pub longest_pause: Duration,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, pauses up to 0.5, 1 and 2 seconds, 30 seconds an attempt.
    fn default() -> Self {
        Self {
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
            attempt_timeout: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// The pause before the next attempt: at random between nothing and a bound that doubles, so that many callers do
    /// not come back at once ("full jitter").
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let bound =
            self.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(self.longest_pause);
        bound.mul_f64(fastrand::f64())
    }
}

/// Retries that all callers of one client share, so that a platform that is down is not hammered.
///
/// A retry costs, a success pays a little back. Without credit nothing is sent again.
#[derive(Debug)]
pub(super) struct RetryQuota {
    credit: AtomicU32,
}

impl RetryQuota {
    const FULL: u32 = 500;
    const AFTER_FAILURE: u32 = 14;
    const AFTER_THROTTLE: u32 = 5;

    pub(super) fn new() -> Self {
        Self { credit: AtomicU32::new(Self::FULL) }
    }

    /// Takes what one retry costs; `false` when there is not enough.
    pub(super) fn take(&self, throttled: bool) -> bool {
        let cost = if throttled { Self::AFTER_THROTTLE } else { Self::AFTER_FAILURE };
        self.credit
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |credit| credit.checked_sub(cost))
            .is_ok()
    }

    /// A success pays back.
    pub(super) fn pay_back(&self) {
        let _ = self
            .credit
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |credit| Some((credit + 1).min(Self::FULL)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_below_a_bound_that_doubles() {
        let policy = RetryPolicy::default();
        for attempt in 1..40 {
            let bound = Duration::from_millis(500 * (1 << (attempt - 1).min(10))).min(policy.longest_pause);
            assert!(policy.pause(attempt) <= bound);
        }
    }

    #[test]
    fn a_storm_runs_out_of_credit_and_successes_restore_it() {
        let quota = RetryQuota::new();
        let taken = (0..1000).filter(|_| quota.take(false)).count();
        assert_eq!(taken, 35);
        (0..20).for_each(|_| quota.pay_back());
        assert!(quota.take(false));
    }
}

//! When to try again, and when to look again.

use std::time::Duration;

use crate::Timestamp;
use crate::grants::engine::pace::opening_pause;

pub(super) use crate::grants::engine::pace::elapsed;

const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// From when on an end that does not come is trouble.
pub(super) const LATE: Duration = Duration::from_secs(24 * 3600);
/// So many new credentials are asked for in a row before a pause.
pub(super) const ATTEMPTS: u32 = 3;
/// How long whoever was given a secret back has to hand it in, before a sweep makes another one.
pub(super) const UNSAVED: Duration = Duration::from_secs(15 * 60);

/// The pause after so many failures in a row: a minute, doubled up to an hour.
pub(super) fn failed(times: u32) -> Duration {
    opening_pause(times)
}

/// The pause before it is asked again whether a credential is dead whose end was asked for then: as long as it took so far,
/// so that the pauses double, between a minute and an hour.
pub(super) fn dying(since: Timestamp, now: Timestamp) -> Duration {
    elapsed(since, now).clamp(MINUTE, HOUR)
}

/// The pause before a new credential is tried again that may not be visible yet.
pub(super) fn appearing(visible_after: Duration) -> Duration {
    (visible_after / 8).clamp(Duration::from_secs(1), MINUTE)
}

/// `time` plus `by`, or the end of time.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_of_an_end_that_does_not_come_double_up_to_an_hour() {
        let start = Timestamp::UNIX_EPOCH;
        let mut now = start;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let pause = dying(start, now);
            pauses.push(pause.as_secs() / 60);
            now = later(now, pause);
        }
        assert_eq!(pauses, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        let future = later(start, LATE);
        assert_eq!(dying(future, start), MINUTE, "a clock set back asks soon");
    }
}

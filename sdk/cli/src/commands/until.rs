//! Ends of an access, as people write them.

use std::time::Duration;

use guestpass::{Clock, Error, ErrorKind, Result, Timestamp};

/// Reads `2026-12-24T18:00:00Z` or a time from now, for example `7d`. It must lie ahead.
pub(super) fn parse(text: &str, clock: &dyn Clock) -> Result<Timestamp> {
    let fault = |problem: String| {
        Error::new(ErrorKind::InvalidRequest, format!("--until: {problem}"))
            .with_remedy("write 2026-12-24T18:00:00Z, or a time from now: 90m, 8h, 7d, 2w")
    };
    let now = clock.now();
    let end = match from_now(text) {
        Some(wait) => now.checked_add(wait).map_err(|_| fault(format!("{text:?} is too far away")))?,
        None => text.parse().map_err(|_| fault(format!("{text:?} is no time")))?,
    };
    if end <= now { Err(fault(format!("{text:?} has passed already"))) } else { Ok(end) }
}

fn from_now(text: &str) -> Option<Duration> {
    const UNITS: [(char, u64); 4] = [('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    count.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use guestpass_testkit::ManualClock;

    use super::*;

    #[test]
    fn both_forms_are_read_and_the_past_is_refused() {
        let clock = ManualClock::new();
        let text = |until: &str| parse(until, &clock).map(|end| end.to_string()).map_err(|e| e.to_string());
        assert_eq!(text("7d").unwrap(), "2026-11-29T12:00:00Z");
        assert_eq!(text("90m").unwrap(), "2026-11-22T13:30:00Z");
        assert_eq!(text("2026-12-24T18:00:00+01:00").unwrap(), "2026-12-24T17:00:00Z");
        for bad in
            ["", "d", "-1d", "0d", "7 d", "soon", "2020-01-01T00:00:00Z", "99999999999999999w", "tomorrow"]
        {
            assert!(text(bad).unwrap_err().starts_with("--until:"), "{bad}");
        }
    }
}

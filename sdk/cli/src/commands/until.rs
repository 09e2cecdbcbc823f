//! Ends of an access, as people write them.

use std::time::Duration;

use guestpass::{Clock, Error, ErrorKind, Result, Timestamp};

use crate::duration;

/// Reads `2026-12-24T18:00:00Z` or a time from now, for example `7d`. It must lie ahead.
pub(super) fn parse(text: &str, clock: &dyn Clock) -> Result<Timestamp> {
    ahead("--until", text, clock)
}

/// The same for another option.
pub(super) fn ahead(option: &str, text: &str, clock: &dyn Clock) -> Result<Timestamp> {
    let now = clock.now();
    let end = match duration::parse(text) {
        Some(wait) => now
            .checked_add(wait)
            .map_err(|_| fault(option, format!("{text:?} is too far away"), "a time from now"))?,
        None => text.parse().map_err(|_| fault(option, format!("{text:?} is no time"), "a time from now"))?,
    };
    if end <= now {
        return Err(fault(option, format!("{text:?} has passed already"), "a time from now"));
    }
    Ok(end)
}

/// Reads a time that lies behind: `2026-12-24T18:00:00Z`, or how long ago it was, for example `7d`.
pub(super) fn since(option: &str, text: &str, clock: &dyn Clock) -> Result<Timestamp> {
    let time = match duration::parse(text) {
        Some(ago) => clock.now().checked_sub(ago).ok(),
        None => text.parse().ok(),
    };
    time.ok_or_else(|| fault(option, format!("{text:?} is no time"), "how long ago it was"))
}

/// Reads a length of time, for example `2h`.
pub(super) fn length(option: &str, text: &str) -> Result<Duration> {
    duration::parse(text).ok_or_else(|| {
        Error::new(ErrorKind::InvalidRequest, format!("{option}: {text:?} is no length of time"))
            .with_remedy(format!("write for example {}", duration::FORM))
    })
}

/// The time so long after another one.
pub(super) fn after(option: &str, time: Timestamp, length: Duration) -> Result<Timestamp> {
    time.checked_add(length).map_err(|_| {
        Error::new(ErrorKind::InvalidRequest, format!("{option}: this is too far away"))
            .with_remedy("let it end earlier")
    })
}

fn fault(option: &str, problem: String, or: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{option}: {problem}"))
        .with_remedy(format!("write 2026-12-24T18:00:00Z, or {or}: {}", duration::FORM))
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

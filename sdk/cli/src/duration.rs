//! Lengths of time, as people write them.

use std::time::Duration;

/// How to write one.
pub(crate) const FORM: &str = "90m, 8h, 7d, 2w";

/// Reads one. Nothing is no length of time.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    const UNITS: [(char, u64); 4] = [('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    count.checked_mul(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

/// Writes one as it is read, in the largest unit that gives a whole number; less than a minute is rounded up.
pub(crate) fn text(length: Duration) -> String {
    const UNITS: [(&str, u64); 3] = [("d", 86_400), ("h", 3600), ("m", 60)];
    let seconds = length.as_secs();
    let whole = UNITS.into_iter().find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit));
    whole.map_or_else(
        || format!("{}m", seconds.div_ceil(60)),
        |(name, unit)| format!("{}{name}", seconds / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for (text_of, seconds) in [("90m", 5400), ("1h", 3600), ("30d", 2_592_000), ("25h", 90_000)] {
            assert_eq!(text(Duration::from_secs(seconds)), text_of);
            assert_eq!(parse(text_of), Some(Duration::from_secs(seconds)));
        }
        assert_eq!(text(Duration::from_secs(59)), "1m");
        assert_eq!(text(Duration::ZERO), "0m");
    }
}

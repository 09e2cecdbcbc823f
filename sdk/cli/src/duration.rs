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

//! Times as whole milliseconds, the way the tables hold them.

use guestpass::Timestamp;

/// A time that is compared with the present: rounded down, so that nothing counts as past too early.
pub(crate) fn present(now: Timestamp) -> i64 {
    now.as_nanosecond().div_euclid(1_000_000).try_into().unwrap_or(i64::MAX)
}

/// A time that is waited for: rounded up, so that nothing is due too early.
pub(crate) fn awaited(at: Timestamp) -> i64 {
    present(at).saturating_add(i64::from(at.as_nanosecond().rem_euclid(1_000_000) > 0))
}

/// A time that was kept.
pub(crate) fn kept(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_due_before_its_time() {
        let at = Timestamp::from_nanosecond(1_500_001).unwrap();
        assert_eq!((present(at), awaited(at)), (1, 2));
        let whole = Timestamp::from_millisecond(-7).unwrap();
        assert_eq!((present(whole), awaited(whole), kept(-7)), (-7, -7, whole));
        assert_eq!(kept(i64::MAX), Timestamp::MAX);
    }
}

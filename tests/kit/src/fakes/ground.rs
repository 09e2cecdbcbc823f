//! What the worlds of all fakes are made of: refusals, time, and places in lists that reads see late.

use std::fmt;
use std::time::Duration;

use guestpass::Timestamp;

/// Why something could not be done to the world, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn refuse<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(why.into()))
}

/// `time` plus `by`, or the end of time.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// A time as answers write it, with whole seconds.
pub(super) fn date_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn same_email(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

pub(super) fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// Somebody's place in a list, which reads may see later than it changes.
#[derive(Debug, Clone)]
pub(super) struct Seat<P> {
    pub(super) person: P,
    listed_from: Timestamp,
    /// Set once the person is gone.
    listed_until: Option<Timestamp>,
}

impl<P> Seat<P> {
    pub(super) fn new(person: P, listed_from: Timestamp) -> Self {
        Self { person, listed_from, listed_until: None }
    }

    pub(super) fn taken(&self) -> bool {
        self.listed_until.is_none()
    }

    pub(super) fn listed(&self, now: Timestamp) -> bool {
        self.listed_from <= now && self.listed_until.is_none_or(|until| now < until)
    }

    pub(super) fn leave(&mut self, now: Timestamp, delay: Duration) {
        if self.taken() {
            self.listed_until = Some(later(now, delay));
        }
    }
}

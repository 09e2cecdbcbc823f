//! A sign of life while the program waits.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows a spinner or a bar on a terminal, and nothing elsewhere. It is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts it, if `wanted` and if standard error is a terminal.
    pub(crate) fn start(wanted: bool, text: impl Into<String>) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(text.into());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Starts a bar for so many, under the same conditions.
    pub(crate) fn counting(wanted: bool, text: impl Into<String>, several: usize) -> Self {
        let it = Self::start(wanted, text);
        if !it.0.is_hidden()
            && let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} ({elapsed})")
        {
            it.0.set_style(style);
            it.0.set_length(several.try_into().unwrap_or(u64::MAX));
        }
        it
    }

    /// Takes the bar away while something is said, so that the two do not stand in one line.
    pub(crate) fn aside<T>(&self, say: impl FnOnce() -> T) -> T {
        self.0.suspend(say)
    }

    /// Counts something else from now on.
    pub(crate) fn now_counts(&self, text: &'static str, several: usize, done: u64) {
        self.0.set_message(text);
        self.0.set_length(several.try_into().unwrap_or(u64::MAX));
        self.0.set_position(done);
    }

    /// One more is done.
    pub(crate) fn one_more(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

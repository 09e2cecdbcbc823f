//! What `-v` shows, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;

/// Shows our own spans and events. Other libraries stay silent at every level: what they log is not ours to vouch for.
pub(crate) fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::new(format!("off,guestpass={level}"));
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(io::stderr);
    // Spans carry what was asked and how it went; their end is the moment to show them.
    let format = format.with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE);
    if format.try_init().is_err() {
        crate::output::warn("the log could not be started");
    }
}

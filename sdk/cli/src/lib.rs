//! The `guestpass` program: let somebody into a merchant's store, see who is inside, take them out with proof.
//!
//! It is a library so that a program with further platforms is a `main` of one line:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     guestpass_cli::run(guestpass_cli::registry()) // .with(your_crate::factory())
//! }
//! ```

mod args;
mod callback;
mod clock;
mod command_line;
mod commands;
mod config;
mod demo;
mod directory;
mod duration;
mod exit;
mod fake_world;
mod handover;
mod interrupt;
mod kept;
mod ledger;
mod logging;
mod output;
mod page;
mod progress;
mod registry;
mod run;
mod secrets;
mod session;
mod sinks;
mod watched;

use std::process::ExitCode;

use guestpass::Registry;

/// The platforms of guestpass itself. Add yours with [`Registry::with`]; `demo` and `fakes` are about these alone.
#[must_use]
pub fn registry() -> Registry {
    registry::registry()
}

/// Runs the command line of this process with these platforms, to its exit code.
#[must_use]
#[tokio::main]
pub async fn run(registry: Registry) -> ExitCode {
    run::run(registry, std::env::args_os()).await.into()
}

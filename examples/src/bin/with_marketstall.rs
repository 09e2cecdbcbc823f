//! The program `guestpass` with one more platform.

use std::process::ExitCode;

fn main() -> ExitCode {
    guestpass_cli::run(guestpass_cli::registry().with(guestpass_marketstall::factory()))
}

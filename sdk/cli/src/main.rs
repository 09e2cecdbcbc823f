//! The program with the platforms of guestpass itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    guestpass_cli::run(guestpass_cli::registry())
}

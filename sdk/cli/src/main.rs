//! The `guestpass` program: let somebody into a merchant's store, see who is inside, take them out with proof.

mod args;
mod commands;
mod config;
mod demo;
mod exit;
mod fake_world;
mod handover;
mod interrupt;
mod kept;
mod logging;
mod output;
mod progress;
mod registry;
mod run;
mod secrets;
mod session;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    run::run(std::env::args_os()).await.into()
}

//! `guestpass completions`

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::{Exit, Outcome};
use crate::output::Output;

/// Prints completions for a shell.
pub(crate) fn run(shell: Shell, out: &mut Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "guestpass", &mut script);
    out.raw(&script)?;
    Ok(Exit::Done)
}

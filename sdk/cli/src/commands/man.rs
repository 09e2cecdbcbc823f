//! `guestpass man`

use std::path::Path;

use clap::CommandFactory;
use guestpass::{Error, ErrorKind};

use crate::args::Cli;
use crate::exit::{Exit, Outcome};
use crate::output::Output;

/// Prints the manual page, or writes all of them.
pub(crate) fn run(folder: Option<&Path>, out: &mut Output) -> Outcome {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        out.raw(&page)?;
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder)).map_err(
        |error| {
            Error::new(ErrorKind::Internal, format!("the pages cannot be written to {}", folder.display()))
                .with_remedy("name a folder that you may write to")
                .with_source(error)
        },
    )?;
    Ok(Exit::Done)
}

//! `guestpass incident`

use guestpass::{Error, ErrorKind};

use crate::args::IncidentArgs;
use crate::exit::Outcome;
use crate::output::Output;
use crate::session::Session;

/// Is not written yet.
pub(crate) async fn run(_args: &IncidentArgs, _session: &Session, _out: &mut Output) -> Outcome {
    Err(Error::new(ErrorKind::Unsupported, "this command is not written yet").into())
}

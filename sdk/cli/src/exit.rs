//! How the program ends: one meaning for each exit code.

use std::io;
use std::process::ExitCode;

use guestpass::{Error, ErrorKind};

/// How a command ended. The numbers are documented and stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing is left to do.
    Done = 0,
    /// It did not work.
    Failed = 1,
    /// The command line or the configuration is wrong; nothing was sent.
    Usage = 2,
    /// A human must act before it is done.
    HumanMustAct = 3,
    /// Whether a write was executed, or worked, is not known.
    Unknown = 4,
    /// Some of several stores failed.
    Partly = 5,
}

impl Exit {
    /// The exit code of an error.
    pub(crate) fn of(error: &Error) -> Self {
        // A platform may refuse a request as invalid too; only what was never sent is the caller's usage.
        let sent = error.status().is_some() || error.attempts() > 0;
        match error.kind() {
            ErrorKind::OutcomeUnknown => Self::Unknown,
            _ if error.manual_step().is_some() => Self::HumanMustAct,
            ErrorKind::Config => Self::Usage,
            ErrorKind::InvalidRequest if !sent => Self::Usage,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something went wrong; it is still to be reported.
    Error(Error),
    /// The result could not be written, for example because the reader went away.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// How a command ends.
pub(crate) type Outcome = Result<Exit, Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_never_sent_is_bad_usage() {
        let invalid = || Error::new(ErrorKind::InvalidRequest, "no");
        assert_eq!(Exit::of(&invalid()), Exit::Usage);
        assert_eq!(Exit::of(&invalid().with_status(422)), Exit::Failed);
        assert_eq!(Exit::of(&Error::config("x", "is wrong", "mend it")), Exit::Usage);
        assert_eq!(Exit::of(&Error::new(ErrorKind::OutcomeUnknown, "lost")), Exit::Unknown);
        assert_eq!(Exit::of(&Error::new(ErrorKind::RateLimited, "full")), Exit::Failed);
    }
}

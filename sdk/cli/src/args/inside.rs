//! The command line of those who ask who is inside, and why.

use clap::Subcommand;

use super::explain::EXPLAIN_HELP;
use super::incident::INCIDENT_HELP;
use super::register::REGISTER_HELP;
use super::review::REVIEW_HELP;
use super::{ExplainArgs, IncidentArgs, RegisterArgs, ReviewArgs};

/// The commands about who is inside, and why.
#[derive(Debug, Subcommand)]
pub(crate) enum InsideCommand {
    /// Compare who is inside every store with the ledger, and decide about what is found
    #[command(after_long_help = REVIEW_HELP)]
    Review(ReviewArgs),
    /// Show the register of access: who, as what, since when, by whom, why, until when
    #[command(after_long_help = REGISTER_HELP)]
    Register(RegisterArgs),
    /// Say why somebody cannot get in, or why they still can
    #[command(after_long_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
    /// Take somebody out everywhere at once, and replace what they may have seen
    #[command(after_long_help = INCIDENT_HELP)]
    Incident(IncidentArgs),
}

//! The command line of incidents.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use guestpass::incident::IncidentId;

use super::{By, Plan};

pub(super) const INCIDENT_HELP: &str = "\
What to do in the first ten minutes after somebody's account or machine is in the wrong hands. The
incident is written down first; then their access ends everywhere at once, and after that every
credential of those stores is replaced that can be. What only a human can replace is listed with its
links. Whatever interrupts it, `incident continue` goes on, and `incident report` says at any moment
what was open, what was closed when and how we know, and what is still open. With --json it prints
one object a line as it goes, {\"removal\":…}, {\"rotation\":…} or {\"failed\":…}, and at the end one
{\"report\":…}.

Example:  guestpass incident sam --reason 'laptop stolen' --by 'Robin Boss' --html incident.html
          guestpass incident continue ID --allow-downtime
          guestpass incident attest ID acme web --note 'done in the admin panel'
          guestpass incident report ID --html incident.html
Costs:    two looks and one write a store, then about four requests a credential; --dry-run shows it
Exit codes: 0 nothing is open any more, 1 failed, 2 bad usage or configuration,
            3 what is open waits for a human, 4 given up in the middle (Ctrl-C twice),
            5 something is still open; continue";

/// `guestpass incident`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct IncidentArgs {
    #[command(subcommand)]
    pub(crate) command: Option<IncidentCommand>,
    /// Who: a handle, also of somebody who has left the configuration, or an address in it
    #[arg(required = true)]
    pub(crate) person: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The ticket it belongs to
    #[arg(long, value_name = "TICKET")]
    pub(crate) ticket: Option<String>,
    /// The credentials of which stores are replaced
    #[arg(long, value_name = "WHICH", default_value = "exposed")]
    pub(crate) rotate: ScopeArg,
    /// Replace credentials, too, whose users are refused for a while
    #[arg(long)]
    pub(crate) allow_downtime: bool,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) page: ReportFile,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// What is done about incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentCommand {
    /// Go on with an incident
    #[command(after_long_help = "\
Sweeps go on by themselves with removals that are written down and with rotations that have begun.
This begins the others, and writes down when nothing is open any more.

Example:  guestpass incident continue ID
          guestpass incident continue ID --allow-downtime --by 'Robin Boss'
Costs:    as of incident, for what is still open
Exit codes: as of incident")]
    Continue {
        /// The incident
        id: IncidentId,
        /// Replace credentials, too, whose users are refused for a while
        #[arg(long)]
        allow_downtime: bool,
        #[command(flatten)]
        by: By,
        #[command(flatten)]
        page: ReportFile,
    },
    /// Say how it stands: what was open, what was closed when, what is still open
    #[command(after_long_help = "\
Reads the ledger alone, at any moment.

Example:  guestpass incident report ID --html incident.html
Costs:    nothing, no platform is asked
Exit codes: 0 nothing is open any more, 1 there is no such incident or the ledger cannot be read,
            2 bad usage or configuration, 3 what is open waits for a human,
            5 something is still open")]
    Report {
        /// The incident
        id: IncidentId,
        #[command(flatten)]
        page: ReportFile,
    },
    /// Show the incidents, the newest first
    #[command(after_long_help = "\
Example:  guestpass incident list
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 the ledger cannot be read, 2 bad usage or configuration")]
    List {
        /// Only those of this person
        #[arg(value_name = "PERSON")]
        person: Option<String>,
    },
    /// Record somebody's word that they replaced a credential by hand
    #[command(after_long_help = "\
For what no platform shows. It is recorded as said, and never shown as proven.

Example:  guestpass incident attest ID acme web --note 'done in the admin panel' --by robin
Costs:    nothing, no platform is asked
Exit codes: 0 recorded, 1 there is no such credential in it, 2 bad usage or configuration")]
    Attest(AttestReplacedArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AttestReplacedArgs {
    /// The incident
    pub(crate) id: IncidentId,
    /// The store
    pub(crate) store: String,
    /// The credential, by its name in the report
    pub(crate) credential: String,
    /// What was done, in words
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) by: By,
}

/// Where the report goes besides.
#[derive(Debug, Args)]
pub(crate) struct ReportFile {
    /// Write the report into this file, to be read, printed and signed; it needs nothing beside it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
}

/// The credentials of which stores are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArg {
    /// Where the person was inside, or had access by a grant at any time.
    Exposed,
    /// Of every store.
    Everywhere,
    /// Of none.
    Nowhere,
}

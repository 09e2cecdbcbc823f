//! The command line of the register.

use std::path::PathBuf;

use clap::{Args, ValueHint};

pub(super) const REGISTER_HELP: &str = "\
The living register of access that auditors ask for: name, e-mail, role, added, added by,
justification, review date, status, notes, for each person of ours on each store. It reads the
ledger alone; --look reads the stores, too, and adds accounts of ours without a grant. With --json
it prints one object a line, {\"entry\":…}, and at the end one {\"summary\":…}.

Example:  guestpass register --csv register.csv
          guestpass register acme --look
          guestpass register --overdue
Costs:    nothing; with --look one listing a store, or one for all stores of an account
Exit codes: 0 shown, 1 the ledger cannot be read, 2 bad usage or configuration,
            5 some stores could not be looked at; where nobody ever can, it is no failure";

/// `guestpass register`
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// The stores [default: all, and those that left the configuration]
    #[arg(value_name = "STORE")]
    pub(crate) stores: Vec<String>,
    /// Look at the stores
    #[arg(long)]
    pub(crate) look: bool,
    /// Leave out access that ended before then: 2026-12-24T18:00:00Z, or how long ago: 30d, 52w
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what somebody should have looked at by now
    #[arg(long)]
    pub(crate) overdue: bool,
    /// Write it as CSV into this file; `-` prints it instead of the table
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) csv: Option<PathBuf>,
}

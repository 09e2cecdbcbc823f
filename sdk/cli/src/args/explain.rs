//! The command line of explanations.

use clap::Args;

pub(super) const EXPLAIN_HELP: &str = "\
Why can they not get in, why are they still in: every cause with how we know, the next step and who
takes it, what matters most first. With --json it prints one object a line, {\"explanation\":…}, and
at the end one {\"summary\":…}.

Example:  guestpass explain sam acme
          guestpass explain sam
Costs:    a check and a look a store, and a listing where it shows other accounts
Exit codes: 0 explained, 1 the ledger cannot be read, 2 bad usage or configuration";

/// `guestpass explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Whom: a handle, or an address of somebody in the configuration or in the ledger
    pub(crate) person: String,
    /// Where [default: on every store]
    #[arg(value_name = "STORE")]
    pub(crate) store: Option<String>,
}

//! The command line of reviews: who is inside, against what the ledger says.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{By, Plan};

pub(super) const REVIEW_HELP: &str = "\
Reads every store once and compares who is inside with the ledger. Changes nothing at any store.
Every row has a reference, for example 9f3ac-7, by which `review decide` takes it. What the ledger
keeps of a review holds no name and no address; they are shown now, and written into the files that
you ask for. With --json it prints one object a line as stores are read, {\"store\":…}, and at the end
one {\"summary\":…}; with --since also {\"difference\":…}.

Example:  guestpass review
          guestpass review acme --reason 'quarter 4' --html review.html --csv review.csv
          guestpass review --since last
          guestpass review decide 9f3ac-7 revoke --by 'Robin Boss' --reason 'left the project'
          guestpass review show last --since 9f3ac --html review.html
Costs:    one listing a store, or one for all stores of an account; `guestpass capabilities STORE`
Exit codes: 0 every store was read, 1 none was, 2 bad usage or configuration,
            5 some stores could not be read, or wait for `review continue`";

/// `guestpass review`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ReviewArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ReviewCommand>,
    /// The stores [default: all]
    #[arg(value_name = "STORE")]
    pub(crate) stores: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) shown: ShownReview,
}

/// What is done about reviews.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// Record what is decided about a row, and see to what follows
    #[command(after_long_help = "\
`keep` says that it is right as it is. `revoke` ends the grants of the row, or takes out somebody of
ours who has none. `reduce` gives the role of the grant again. What a human must do is printed.
About the merchant's own people a decision is recorded, and the merchant carries it out.

Example:  guestpass review decide 9f3ac-7 revoke --by 'Robin Boss' --reason 'left the project'
Costs:    nothing for keep; two looks and one write for the others
Exit codes: 0 recorded, and done where something follows, 1 failed and a sweep tries again,
            2 bad usage or configuration, 3 a human must act,
            4 not known whether it was done")]
    Decide(DecideArgs),
    /// Show a review that was kept, or what has changed since an older one
    #[command(after_long_help = "\
Asks no platform. Names and addresses are those of our own people alone.

Example:  guestpass review show last
          guestpass review show 9f3ac --since 4b1e0 --json
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 there is no such review or the ledger cannot be read,
            2 bad usage or configuration")]
    Show {
        /// Which: an id, its last characters as they stand before a row, or `last`
        #[arg(value_name = "REVIEW", default_value = "last")]
        review: String,
        #[command(flatten)]
        shown: ShownReview,
    },
    /// Show the reviews that were kept, the newest first
    #[command(after_long_help = "\
Example:  guestpass review list
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 the ledger cannot be read, 2 bad usage or configuration")]
    List,
    /// Go on with a review that was interrupted
    #[command(after_long_help = "\
Example:  guestpass review continue last
Costs:    as of review, for the stores that are left
Exit codes: as of review")]
    Continue {
        /// Which: an id, its last characters as they stand before a row, or `last`
        #[arg(value_name = "REVIEW", default_value = "last")]
        review: String,
        #[command(flatten)]
        shown: ShownReview,
    },
}

/// What of a review is shown, and where.
#[derive(Debug, Args)]
pub(crate) struct ShownReview {
    /// Show what has changed since this older review: an id, its last characters, or `last`
    #[arg(long, value_name = "REVIEW")]
    pub(crate) since: Option<String>,
    /// Show rows without findings, too; files hold every row
    #[arg(long)]
    pub(crate) all: bool,
    /// Write a page for people into this file, to be read, printed and signed; it needs nothing beside it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
    /// Write the rows as CSV into this file; `-` prints them instead of the table
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) csv: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// The row, as reviews show it: 9f3ac-7
    #[arg(value_name = "ROW")]
    pub(crate) row: String,
    /// What is decided
    pub(crate) verdict: VerdictArg,
    /// Who decides; recorded as stated
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// What can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictArg {
    /// It is right as it is.
    Keep,
    /// They go.
    Revoke,
    /// They keep what the grant's role says, and nothing more.
    Reduce,
}

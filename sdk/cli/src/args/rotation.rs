//! The command line of rotations: new credentials in place of old ones.

use clap::{Args, Subcommand};
use guestpass::rotation::RotationId;

use super::{By, Plan, SecretArgs};

/// The commands about credentials and their rotations.
#[derive(Debug, Subcommand)]
pub(crate) enum RotationCommand {
    /// Show the credentials to rotate: what they are, how old, when due, who must act
    #[command(after_long_help = "\
Shows what stands in [stores.STORE.credentials.NAME], what the platform allows for each, and what
the ledger knows of it. --kinds shows instead what could stand there: every kind with its settings;
--platform does so without any configuration.

Example:  guestpass credentials
          guestpass credentials acme --json
          guestpass credentials --platform bigcommerce
          guestpass credentials --platform bigcommerce --markdown
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 the ledger cannot be read, 2 bad usage or configuration")]
    Credentials(CredentialsArgs),
    /// Put a new credential in place of an old one, and end the old one
    #[command(after_long_help = "\
What it does, in this order: looks whether every sink can take a secret; reads the old credential
and its rights; writes down what it is about to do; makes the new one; keeps it beside the old one
in every sink; tries it, and compares its rights; puts it in place; waits for --drain, so that
whoever uses the old one takes the new one; ends the old one, and looks whether it is dead.
Until the new one is in place, the old one works and nobody notices anything; --abort ends the new
one then. From there on there is only forward. Whatever happens in between is in the ledger:
--resume goes on, and `guestpass sweep` does so by itself once time has passed.

Where only a human can make or end a credential, it stops, says what to click (also in `guestpass
steps`), and goes on with --resume ID --new, which takes the new secret. A new secret that no sink
takes is not lost: it goes into a new file, and the command says which.

Set it up in the configuration; `guestpass credentials --platform P` shows the kinds:

  [sinks.web]
  path = \"/run/shopfront/token\"      # the file that your program reads

  [stores.acme.credentials.web]
  kind = \"private-token\"
  channel_id = \"1\"                   # settings of the kind
  scopes = \"Unauthenticated\"
  sinks = [\"web\"]
  drain = \"1h\"                       # how long your program needs to take a new one

Example:  guestpass rotate acme web --dry-run
          guestpass rotate acme web --reason 'quarterly' --by robin
          guestpass rotate --resume ID
          guestpass rotate --resume ID --new file:new-token
          guestpass rotate --resume ID --allow-loss store_v2_orders
          guestpass rotate --abort ID
Costs:    some looks and two writes; --dry-run shows the steps and how many requests
Exit codes: 0 done, or the new one is in place and the old one ends when its time has come,
            1 failed, or it was given up, 2 bad usage or configuration, nothing was sent,
            3 a human must act: make or end a credential, or agree to lose rights,
            4 not known whether there is a new one, or somebody else works on it: resume later,
            5 not finished: something is in the way, or a secret is in no sink yet; resume")]
    Rotate(Box<RotateArgs>),
    /// Show the rotations, or all about one
    #[command(after_long_help = "\
Shows those that are not over; --all shows all. One rotation is shown with every credential that it
has made and what became of it, the stores that depend on it, and what is in its way. With --json
it prints one object a line, {\"rotation\":…}, and at the end one {\"summary\":…}.

Example:  guestpass rotations --store acme
          guestpass rotations 01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 there is no such rotation or the ledger cannot be read,
            2 bad usage or configuration")]
    Rotations(RotationsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CredentialsArgs {
    /// Only of this store
    #[arg(value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// Show what can be rotated there, and with which settings
    #[arg(long)]
    pub(crate) kinds: bool,
    /// Show what can be rotated on a platform; reads no configuration
    #[arg(long, value_name = "PLATFORM", conflicts_with = "store")]
    pub(crate) platform: Option<String>,
    /// Print a Markdown table of it, as the documentation carries it
    #[arg(long, requires = "platform")]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// The store
    #[arg(required_unless_present_any = ["resume", "abort"])]
    pub(crate) store: Option<String>,
    /// Which of its credentials: the name in the configuration, or the kind if there is one of it
    #[arg(required_unless_present_any = ["resume", "abort"], requires = "store")]
    pub(crate) credential: Option<String>,
    /// Go on with one that is not over; `guestpass rotations` shows the ids
    #[arg(long, value_name = "ID", conflicts_with_all = ["store", "credential", "abort"])]
    pub(crate) resume: Option<RotationId>,
    /// Give one up before the new credential is in place, and end what it has made
    #[arg(long, value_name = "ID", conflicts_with_all = ["store", "credential"])]
    pub(crate) abort: Option<RotationId>,
    /// The new secret that a human made, or that no sink took: `-` for standard input, env:NAME, file:PATH, cmd:PROGRAM
    #[arg(long, value_name = "WHERE", conflicts_with_all = ["store", "credential", "abort"])]
    pub(crate) new: Option<String>,
    /// Where the new one goes, by its name in the configuration [default: the credential's own sinks]
    #[arg(long = "sink", value_name = "NAME", conflicts_with_all = ["resume", "abort"])]
    pub(crate) sinks: Vec<String>,
    /// How long whoever uses the old one has to take the new one: 90m, 8h, 7d [default: the credential's own drain]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["resume", "abort"])]
    pub(crate) drain: Option<String>,
    /// How long the new one is to live, where that can be chosen: 30d, 12w [default: the credential's own lifetime]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["resume", "abort"])]
    pub(crate) lifetime: Option<String>,
    /// Agree that the new one lacks this right of the old one
    #[arg(long, value_name = "RIGHT", conflicts_with = "abort")]
    pub(crate) allow_loss: Vec<String>,
    /// Agree that whoever uses the old one is refused until they have the new one, where only one can live
    #[arg(long, conflicts_with_all = ["resume", "abort"])]
    pub(crate) allow_downtime: bool,
    /// Stay and wait until the drain is over and the old one is dead, up to a day
    #[arg(long)]
    pub(crate) wait: bool,
    /// Why
    #[arg(long, value_name = "TEXT", conflicts_with = "resume")]
    pub(crate) reason: Option<String>,
    /// The ticket it belongs to
    #[arg(long, value_name = "TICKET", conflicts_with_all = ["resume", "abort"])]
    pub(crate) ticket: Option<String>,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
pub(crate) struct RotationsArgs {
    /// One rotation
    #[arg(value_name = "ID", conflicts_with_all = ["store", "all"])]
    pub(crate) id: Option<RotationId>,
    /// Only of this store
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// Those that are over as well
    #[arg(long)]
    pub(crate) all: bool,
}

//! The command line.

mod connect;
#[cfg(test)]
mod documented;
mod explain;
mod grants;
mod incident;
mod inside;
mod register;
mod review;
mod rotation;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

pub(crate) use connect::ConnectArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use grants::*;
pub(crate) use incident::*;
pub(crate) use inside::InsideCommand;
pub(crate) use register::RegisterArgs;
pub(crate) use review::*;
pub(crate) use rotation::*;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  bad usage or configuration; nothing was sent
  3  a human must act; what to do is printed
  4  outcome unknown: look before you send anything again
  5  partly done: some of several stores failed, or are still open";

/// Let somebody into a merchant's store, see who is inside, take them out with proof.
///
/// Reads stores, people and roles from guestpass.toml (`guestpass init` writes one). `guestpass demo` shows all of it
/// without any set-up.
#[derive(Debug, Parser)]
#[command(name = "guestpass", version, after_long_help = EXIT_CODES, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "For every command")]
pub(crate) struct Global {
    /// The configuration [default: ./guestpass.toml, then $XDG_CONFIG_HOME/guestpass/guestpass.toml]
    #[arg(long, global = true, value_name = "PATH", env = "GUESTPASS_CONFIG", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Where rate budgets are shared between processes [default: $XDG_STATE_HOME/guestpass]
    #[arg(long, global = true, value_name = "FOLDER", env = "GUESTPASS_STATE_DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state_dir: Option<PathBuf>,
    /// Print JSON for machines: one document, on one line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How long a command may take for one store, waits included
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
    /// Log to standard error; more of it: -vv, -vvv
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole life of an access, and of a credential, on fake stores, without any set-up
    #[command(after_long_help = "\
Starts a fake of each platform on this machine, works on them over real HTTP with the code of the
other commands, and compares every step with what is really so in the fake. Needs no network and no
credential, and leaves nothing behind.

Example:  guestpass demo
Costs:    nothing, no platform is asked
Exit codes: 0 every step was as it should be, 1 a step was not")]
    Demo,
    /// Serve the fake platforms to programs in any language, until Ctrl-C
    #[command(after_long_help = "\
Prints the address, a configuration that fits, and the control endpoints with which a test plays
merchant and person.
Time passes for a fake by POST /_control/forward, and for the program by the
variable GUESTPASS_CLOCK_AHEAD=3h, which works with fakes alone.

Example:  guestpass fakes --port 8787 --write-config try/guestpass.toml
Costs:    nothing, no platform is asked
Exit codes: 0 stopped, 1 the port is taken, 2 bad usage, or the file is not one of ours")]
    Fakes(FakesArgs),
    /// Write a configuration to fill in
    #[command(after_long_help = "\
Example:  guestpass init --platform bigcommerce
Costs:    nothing, no platform is asked
Exit codes: 0 written, 1 it cannot be written, 2 bad usage, or the file is there already")]
    Init(InitArgs),
    #[command(flatten)]
    Store(StoreCommand),
    #[command(flatten)]
    Grant(GrantCommand),
    #[command(flatten)]
    Inside(InsideCommand),
    #[command(flatten)]
    Rotation(RotationCommand),
    /// Show what can be done on a store or a platform, how, and why not more
    #[command(after_long_help = "\
Example:  guestpass capabilities acme
          guestpass capabilities --platform bigcommerce
          guestpass capabilities --markdown
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 2 bad usage or configuration")]
    Capabilities {
        /// The store [default: every platform at its best]
        #[arg(value_name = "STORE")]
        store: Option<String>,
        /// A platform at its best
        #[arg(long, value_name = "PLATFORM", conflicts_with = "store")]
        platform: Option<String>,
        /// Print a Markdown table, as the documentation carries it
        #[arg(long, conflicts_with = "store")]
        markdown: bool,
    },
    /// Print completions for a shell
    #[command(after_long_help = "\
Example:  guestpass completions bash > /etc/bash_completion.d/guestpass
Exit codes: 0 printed, 2 bad usage")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for every command
    #[command(after_long_help = "\
Example:  guestpass man --dir /usr/local/share/man/man1
Exit codes: 0 printed or written, 1 they cannot be written, 2 bad usage")]
    Man {
        /// Write all pages into this folder
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

/// The commands that work on configured stores.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Show the configured stores
    #[command(after_long_help = "\
Example:  guestpass stores --json
Costs:    nothing, no platform is asked and no secret is read
Exit codes: 0 shown, 2 bad configuration")]
    Stores,
    /// Ask the platforms whether our credentials work
    #[command(after_long_help = "\
Checks up to four stores at once, each with as few requests as its platform allows. Never waits
for a rate budget.

Example:  guestpass check acme
Costs:    about one request a store; `guestpass capabilities STORE` says how many
Exit codes: 0 all work, 1 none works, 2 bad usage or configuration, 5 some do not work")]
    Check {
        /// The stores [default: all]
        #[arg(value_name = "STORE")]
        stores: Vec<String>,
    },
    /// Get a store its first token by the merchant's consent in a browser
    #[command(after_long_help = connect::CONNECT_HELP)]
    Connect(ConnectArgs),
    /// Show the roles that the platform knows
    #[command(after_long_help = "\
Example:  guestpass roles acme
Costs:    `guestpass capabilities STORE` says how many requests
Exit codes: 0 shown, 1 failed, 2 bad usage or configuration")]
    Roles {
        /// The store
        store: String,
    },
    /// Let somebody in
    #[command(after_long_help = "\
Looks first, sends at most one invitation, and looks again. Somebody who is inside already is
left alone. What only a human can do, for example setting the role on some platforms, is printed
as steps.

Example:  guestpass invite acme sam --role support --reason 'ticket 4711' --until 7d
Costs:    two looks and one write; --dry-run shows it
Exit codes: 0 they are in or were asked and nothing is left to do, 1 failed,
            2 bad usage or configuration, 3 a human must still act,
            4 not known whether they were asked")]
    Invite(InviteArgs),
    /// Show who has access
    #[command(after_long_help = "\
With --json it prints one object a line, {\"collaborator\":…}, and at the end of a complete listing
one {\"summary\":…}. A listing without a summary is not complete.

Example:  guestpass list acme --json
Costs:    `guestpass capabilities STORE` says how many requests
Exit codes: 0 everybody was listed, 1 failed, 2 bad usage or configuration,
            3 only the merchant can list them")]
    List {
        /// The store
        store: String,
        /// Read the platform now, even where a listing of a moment ago would do
        #[arg(long)]
        fresh: bool,
    },
    /// Look one person up
    #[command(after_long_help = "\
Example:  guestpass observe acme sam
          guestpass observe acme account:bc/account/user/7
Costs:    one look; `guestpass capabilities STORE` says how many requests
Exit codes: 0 the look shows whether they are inside, 1 failed, 2 bad usage or configuration,
            4 the look proves nothing")]
    Observe {
        /// The store
        store: String,
        /// Whom: a handle of the configuration, an e-mail address, or account:ID
        person: String,
    },
    /// Change what somebody has: role, suspend, resume, a new password, send the invitation again, take it back
    #[command(after_long_help = "\
Where a human must do it, nothing is sent and the steps are printed.

Example:  guestpass change acme sam --suspend
Costs:    two looks and one write; nothing where it is done by hand
Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 a human must act,
            4 not known whether it was changed")]
    Change(ChangeArgs),
    /// Take somebody out, and prove that they are out
    #[command(after_long_help = "\
Looks first, removes, and looks again: a complete listing that does not hold them any more is the
proof. Somebody who is out already is proven to be out. Where the platform can switch accounts off,
the account stays, switched off and with a new password that nobody knows; --delete deletes it.

Example:  guestpass remove acme sam --baseline absent
Costs:    two looks and one write, from the reserve of the budget if need be; --dry-run shows it
Exit codes: 0 they are out, with proof, 1 failed, 2 bad usage or configuration,
            3 a human must act, 4 not known or not proven whether they are out")]
    Remove(RemoveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FakesArgs {
    /// The port on the loopback interface; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Write the fitting configuration there, with its tokens in files beside it
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) write_config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The platform of the first store [default: the first known one]
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// Where to write it
    #[arg(long, value_name = "PATH", default_value = "guestpass.toml", value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// The store
    pub(crate) store: String,
    /// Who: a handle of the configuration, or an e-mail address
    pub(crate) person: String,
    /// The role, by its name in the configuration
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// Why, in words the merchant may read
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Until when, for the merchant to know: 2026-12-24T18:00:00Z, or a time from now: 90m, 8h, 7d, 2w
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Send another invitation although it is not known what became of the one before
    #[arg(long)]
    pub(crate) send_again: bool,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// Where a password goes, on platforms where the account is made with one.
#[derive(Debug, Default, Args)]
pub(crate) struct SecretArgs {
    /// Write a one-time secret into this new file, for you alone [default: a file in the state folder]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with = "reveal_secret")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Print a one-time secret instead of writing it into a file
    #[arg(long)]
    pub(crate) reveal_secret: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    /// The store
    pub(crate) store: String,
    /// Whom: a handle of the configuration, an e-mail address, or account:ID
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) change: WhichChange,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhichChange {
    /// Give another role, by its name in the configuration
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// Switch the account off
    #[arg(long)]
    pub(crate) suspend: bool,
    /// Switch the account on again
    #[arg(long)]
    pub(crate) resume: bool,
    /// Send the invitation once more
    #[arg(long)]
    pub(crate) resend: bool,
    /// Take back an invitation that was not accepted
    #[arg(long)]
    pub(crate) cancel: bool,
    /// Give the account a new password, where whoever makes the account makes its password
    #[arg(long)]
    pub(crate) reset_password: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The store
    pub(crate) store: String,
    /// Whom: a handle of the configuration, an e-mail address, or account:ID
    pub(crate) person: String,
    /// What was there before we let them in: `absent` says that all of it is ours to take away [default: what `invite`
    /// saw, if it was this program with the same state folder]
    #[arg(long, value_name = "WHAT")]
    pub(crate) baseline: Option<KnownBaseline>,
    /// Take away the membership of the merchant's whole account, and so every store in it
    #[arg(long)]
    pub(crate) from_account: bool,
    /// Delete the account also where a removal would leave it switched off
    #[arg(long)]
    pub(crate) delete: bool,
    /// Remove them even if they are an owner or a super-admin; the last one stays all the same
    #[arg(long)]
    pub(crate) allow_privileged: bool,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// What somebody may say of the time before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum KnownBaseline {
    /// They were not there.
    Absent,
    /// They were there already.
    Present,
}

/// Of every command that writes.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// Show what would be done and how many requests it would cost; send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// clap would break a longer line in the middle and lose its indentation.
    #[test]
    fn examples_fit_into_a_line() {
        let cli = Cli::command();
        let commands = cli
            .get_subcommands()
            .flat_map(|command| std::iter::once(command).chain(command.get_subcommands()));
        for command in commands {
            let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        }
    }
}

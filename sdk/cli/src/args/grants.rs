//! The command line of grants: access that ends by itself.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use guestpass::grants::{GrantId, OffboardingId, Principal, StepId};

use super::{Plan, SecretArgs};

/// The commands about grants, and about the ledger that remembers them.
#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// Let somebody in until a time, and remember to take them out
    #[command(after_long_help = "\
Writes the grant down and then lets the person in, unless it begins later or somebody must approve
it. `guestpass sweep` ends it when its time comes.

Example:  guestpass grant acme sam --role support --for 2h --ticket T-1
          guestpass grant acme sam --role support --until 2026-12-24T18:00:00Z --also 'SFTP account'
Costs:    two looks and one write; --dry-run shows it
Exit codes: 0 they are in or were asked, or it begins later, 1 failed and a sweep tries again,
            2 bad usage or configuration, nothing was written, 3 a human must act or approve,
            4 not known whether they were asked")]
    Grant(GrantArgs),
    /// Show the grants, or all about one
    #[command(after_long_help = "\
Shows those that are not over; --all shows all. With --json it prints one object a line,
{\"grant\":…,\"troubles\":…}, and at the end one {\"summary\":…}.

Example:  guestpass grants --store acme
          guestpass grants 01935c2e-7f2a-7b61-8c9d-0d0f3f6a1b2c
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 there is no such grant or the ledger cannot be read,
            2 bad usage or configuration")]
    Grants(GrantsArgs),
    /// Move the end of a grant
    #[command(after_long_help = "\
Example:  guestpass extend ID --for 1h --reason 'not finished'
          guestpass extend ID --until 2026-12-24T18:00:00Z
Costs:    at most one look
Exit codes: 0 done, 1 failed, 2 bad usage or configuration, or against the rules,
            3 a human must act, 4 somebody else works on the store")]
    Extend(ExtendArgs),
    /// End a grant now, and prove that they are out
    #[command(after_long_help = "\
Example:  guestpass revoke ID --reason 'ticket closed'
Costs:    two looks and one write, from the reserve of the budget if need be
Exit codes: 0 it has ended, with proof or a word, 1 failed and a sweep tries again,
            2 bad usage or configuration, 3 a human must act,
            4 not known whether they are out")]
    Revoke(OrderArgs),
    /// Take a grant back before it was used
    #[command(after_long_help = "\
Example:  guestpass withdraw ID
Costs:    two looks and one write where something was sent, otherwise nothing
Exit codes: as of revoke")]
    Withdraw(OrderArgs),
    /// Switch the access of a grant off for a while
    #[command(after_long_help = "\
Where a platform cannot do it, it comes as a step for a human.

Example:  guestpass suspend ID --reason holidays
Costs:    two looks and one write; nothing where it is done by hand
Exit codes: 0 done, 1 failed and a sweep tries again, 2 bad usage or configuration,
            3 a human must act, 4 not known whether it was switched off")]
    Suspend(OrderArgs),
    /// Switch the access of a grant on again
    #[command(after_long_help = "\
Example:  guestpass resume ID
Costs:    as of suspend
Exit codes: as of suspend")]
    Resume(EntryOrderArgs),
    /// Approve a grant, so that it begins
    #[command(after_long_help = "\
Who approves is recorded as stated: this program cannot make sure who gives a command.

Example:  guestpass approve ID --by 'Robin Boss'
Costs:    as of grant
Exit codes: as of grant")]
    Approve(EntryOrderArgs),
    /// Refuse a grant, or record that whoever was asked said no
    #[command(after_long_help = "\
Example:  guestpass decline ID --reason 'not this week'
Costs:    as of withdraw
Exit codes: as of revoke")]
    Decline(OrderArgs),
    /// Make access that is there already into a grant, so that it ends
    #[command(after_long_help = "\
Looks whether they are there. An account that nobody of ours is known to have is named by its id.

Example:  guestpass adopt acme sam --until 7d
          guestpass adopt acme account:bc/account/user/7 --for 2w --reason 'found by a review'
Costs:    one look, two for an account
Exit codes: 0 it is a grant now, 1 nobody is there or the look failed,
            2 bad usage or configuration")]
    Adopt(AdoptArgs),
    /// Close the record of a grant WITHOUT a proof; nobody is taken out
    #[command(after_long_help = "\
The last resort, for stores that are gone. Nothing is sent, nothing is owed any more, and the ledger
shows for ever who did it and why.

Example:  guestpass force-close ID --reason 'the merchant closed the shop' --by robin
Costs:    nothing, no platform is asked
Exit codes: 0 the record is closed, 1 failed, 2 bad usage or configuration")]
    ForceClose(ForceCloseArgs),
    /// Show what people must do by hand, and record that they did
    #[command(after_long_help = "\
Without a word it lists the open steps. With --json it prints one object a line, {\"step\":…}, and at
the end one {\"summary\":…}.

Example:  guestpass steps --store acme
          guestpass steps show ID
          guestpass steps done ID --note 'seen on the phone with the merchant'
          guestpass steps check ID
Costs:    nothing; `check` looks, and `done` goes on with a rotation
Exit codes: 0 shown or closed, 1 failed, 2 bad usage or configuration,
            3 a look does not show that the step was done")]
    Steps(StepsArgs),
    /// End what is due, begin what is due, settle what is uncertain, and look what has changed without us
    #[command(after_long_help = "\
Give it by a timer, or let it run with --every; several hosts may work on one ledger. After what is
due it announces overdue reviews, once for each date, and looks who is inside every store, once a
day unless [review] drift_every says otherwise: what appeared and what is gone is told once. A look
for which a platform's budget has no room now waits for a later pass. With --json it prints one
object a line as it goes, {\"settled\":…}, {\"failed\":…}, {\"review_due\":…} or {\"drift\":…}, and
after a single pass one {\"summary\":…}.

Example:  guestpass sweep
          guestpass sweep --every 5m --max 200
Costs:    two looks and one write for each end, less elsewhere; once a day one listing a store, or
          one for all stores of an account; --dry-run shows what is due
Exit codes: 0 everything due was looked after, steps for people included, also where a store could
            not be looked at for drift, 1 failed, 2 bad usage or configuration,
            5 some places could not be brought to their end yet")]
    Sweep(SweepArgs),
    /// Take somebody out of every store, with a proof for each
    #[command(after_long_help = "\
Also out of stores where they were before us. What is not proven stays owed: sweeps go on with it,
and --continue brings the record up to date. With --json it prints one object a line as it goes,
{\"offboarded\":…}, and at the end one {\"summary\":…}.

Example:  guestpass offboard sam --reason 'left the company'
          guestpass offboard --list
          guestpass offboard --continue ID
Costs:    one to two looks and one write for each store; --dry-run shows it
Exit codes: 0 they are out of every store, 1 failed, 2 bad usage or configuration,
            5 some stores are still open")]
    Offboard(OffboardArgs),
    /// Show that the ledger was not changed behind our back, or hand its events over
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Print what happened, one JSON object a line, for other systems
    #[command(after_long_help = "\
After each portion comes a line {\"cursor\":…}: what came before it is not printed again with
--after. Every event is printed at least once.

Example:  guestpass events --follow --after 'acme=17'
Costs:    nothing, no platform is asked
Exit codes: 0 printed, 1 the ledger cannot be read, 2 bad usage or configuration")]
    Events(EventsArgs),
    /// Forget name and addresses of somebody
    #[command(after_long_help = "\
Refused while a grant of theirs is not over: without their address nobody could be taken out. Grants
and events stay, by the person's handle alone.

Example:  guestpass erase sam
Costs:    nothing, no platform is asked
Exit codes: 0 forgotten, 1 refused or failed, 2 bad usage or configuration")]
    Erase(EraseArgs),
}

/// `guestpass audit`
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the end of each store's chain, to be kept elsewhere
    #[command(after_long_help = "\
Example:  guestpass audit head --json >> /elsewhere/heads.jsonl
Costs:    nothing, no platform is asked
Exit codes: 0 printed, 1 the ledger cannot be read, 2 bad usage or configuration")]
    Head,
    /// Verify the chains
    #[command(after_long_help = "\
Without --head only edits show that contradict themselves. With what `audit head --json` printed
earlier, cutting and rewriting show as well.

Example:  guestpass audit verify --head /elsewhere/heads.jsonl
Costs:    nothing, no platform is asked
Exit codes: 0 sound, 1 a chain is broken, cut or rewritten, or the ledger cannot be read,
            2 bad usage or configuration")]
    Verify {
        /// What `audit head --json` printed, one document a line
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        head: Option<PathBuf>,
    },
    /// Print the events, one JSON object a line
    #[command(after_long_help = "\
Each line holds the event as it was first written, so that others can verify the chain: the hash is
SHA-256 over the hash before it, the number and the text, with a line break between them.

Example:  guestpass audit export --since 30d > events.jsonl
Costs:    nothing, no platform is asked
Exit codes: 0 printed, 1 the ledger cannot be read, 2 bad usage or configuration")]
    Export {
        /// Only what happened since then: 2026-12-24T18:00:00Z, or how long ago: 8h, 7d, 2w
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Only of this store
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
    },
}

/// Who gives an order.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Who does this; recorded as stated [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

impl By {
    /// Somebody by their own word: nobody makes sure who gives a command.
    pub(crate) fn principal(&self) -> Principal {
        self.by.as_deref().map_or_else(user, Principal::stated)
    }
}

/// The user of this machine.
pub(crate) fn user() -> Principal {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    Principal::stated(named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned()))
}

/// When an access ends.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct EndArgs {
    /// How long: 90m, 8h, 7d, 2w
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) length: Option<String>,
    /// Until when: 2026-12-24T18:00:00Z, or a time from now: 90m, 8h, 7d, 2w
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct WishArgs {
    /// The role, by its name in the configuration
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) end: EndArgs,
    /// Why, in words the merchant may read
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The ticket it belongs to
    #[arg(long, value_name = "TICKET")]
    pub(crate) ticket: Option<String>,
    /// Who asks for it; recorded as stated [default: the user of this machine, unless the rules want a name]
    #[arg(long, value_name = "NAME", visible_alias = "by")]
    pub(crate) requested_by: Option<String>,
    /// When somebody should look whether it is still right [default: as the rules say]
    #[arg(long, value_name = "TIME")]
    pub(crate) review_at: Option<String>,
    /// What else it brings along, given and taken by hand
    #[arg(long, value_name = "WHAT")]
    pub(crate) also: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// The store
    pub(crate) store: String,
    /// Who: a handle of the configuration, or an address of somebody in it
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) wish: WishArgs,
    /// From when [default: now]: 2026-12-24T18:00:00Z, or a time from now: 90m, 8h, 7d, 2w
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Where a one-time secret goes: a sink of the configuration
    #[arg(long, value_name = "SINK", conflicts_with_all = ["secret_file", "reveal_secret"])]
    pub(crate) deliver_to: Option<String>,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The store
    pub(crate) store: String,
    /// Who: a handle of the configuration, an address of somebody in it, or account:ID
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) wish: WishArgs,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
pub(crate) struct GrantsArgs {
    /// One grant
    #[arg(value_name = "ID", conflicts_with_all = ["store", "person", "all"])]
    pub(crate) id: Option<GrantId>,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Which grants, or which steps.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only of this store
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// Only of this person, by handle or address
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: Option<String>,
    /// Those that are over as well
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    /// The grant; `guestpass grants` shows the ids
    pub(crate) id: GrantId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// An order that may let somebody in, and so bring a one-time secret.
#[derive(Debug, Args)]
pub(crate) struct EntryOrderArgs {
    #[command(flatten)]
    pub(crate) order: OrderArgs,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    #[command(flatten)]
    pub(crate) order: OrderArgs,
    #[command(flatten)]
    pub(crate) end: NewEndArgs,
}

/// When an access ends instead.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct NewEndArgs {
    /// How much longer than now agreed: 90m, 8h, 7d, 2w
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) longer: Option<String>,
    /// Until when: 2026-12-24T18:00:00Z, or a time from now: 90m, 8h, 7d, 2w
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ForceCloseArgs {
    /// The grant; `guestpass grants` shows the ids
    pub(crate) id: GrantId,
    /// Why nobody will prove that this access ended
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct StepsArgs {
    #[command(subcommand)]
    pub(crate) what: Option<StepCommand>,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// About one step.
#[derive(Debug, Subcommand)]
pub(crate) enum StepCommand {
    /// Show one step with all that is to do, and the message ready to send
    #[command(after_long_help = "\
Example:  guestpass steps show ID
Costs:    nothing, no platform is asked
Exit codes: 0 shown, 1 there is no such step or the ledger cannot be read,
            2 bad usage or configuration")]
    Show {
        /// The step; `guestpass steps` shows the ids
        id: StepId,
    },
    /// Record that a step was done, by somebody's word
    #[command(after_long_help = "\
It is recorded as said, and never shown as proven. Where the store can be read, the next look
decides.

Example:  guestpass steps done ID --note 'seen on the phone with the merchant' --by robin
Costs:    nothing; a step of a rotation goes on with it
Exit codes: as of steps")]
    Done {
        /// The step; `guestpass steps` shows the ids
        id: StepId,
        /// How they know
        #[arg(long, value_name = "TEXT")]
        note: String,
        #[command(flatten)]
        by: By,
        #[command(flatten)]
        plan: Plan,
    },
    /// Look whether a step was done
    #[command(after_long_help = "\
Example:  guestpass steps check ID
Costs:    a look; `guestpass capabilities STORE` says how many requests
Exit codes: as of steps")]
    Check {
        /// The step; `guestpass steps` shows the ids
        id: StepId,
        #[command(flatten)]
        plan: Plan,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Go on until Ctrl-C, with about this pause between the passes: 5m, 1h
    #[arg(long, value_name = "TIME")]
    pub(crate) every: Option<String>,
    /// How many accounts of merchants one pass takes at most, those with removals first
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max: u32,
    /// Only what is due: do not look for what has changed at stores without us
    #[arg(long)]
    pub(crate) no_drift: bool,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
pub(crate) struct OffboardArgs {
    /// Who goes: a handle, or an address of somebody in the configuration
    #[arg(required_unless_present_any = ["resume", "list"])]
    pub(crate) person: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Go on with one that is not finished
    #[arg(long = "continue", id = "resume", value_name = "ID", conflicts_with_all = ["person", "reason", "list"])]
    pub(crate) resume: Option<OffboardingId>,
    /// Show those of the person, or of everybody, the newest first
    #[arg(long, conflicts_with = "reason")]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Go on and print what happens, until Ctrl-C
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only what came after this cursor
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    /// Only of this store
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// Whom: a handle, or an address of somebody in the configuration
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

//! From the command line to an exit code.

use std::ffi::OsString;
use std::io;

use clap::Parser;
use clap::error::ErrorKind as ClapErrorKind;
use guestpass::{Error, ErrorKind, Registry};
use serde::Serialize;

use crate::args::{Cli, Command, GrantCommand, InsideCommand, RotationCommand, StoreCommand};
use crate::commands::order::Order;
use crate::commands::{
    adopt, audit, capabilities, change, check, completions, connect, credentials, erase, events, explain,
    fakes, grant, grants, incident, init, invite, list, man, observe, offboard, order, register, remove,
    review, roles, rotate, rotations, steps, stores, sweep,
};
use crate::demo;
use crate::exit::{Exit, Failure, Outcome};
use crate::logging;
use crate::output::{ErrorView, Output, StepView, notice};
use crate::session::Session;

/// Runs one command line and reports how it went.
pub(crate) async fn run(registry: Registry, arguments: impl Iterator<Item = OsString>) -> Exit {
    let arguments: Vec<_> = arguments.collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return misused(&error, &arguments),
    };
    logging::start(cli.global.verbose);
    let mut out = Output::new(cli.global.json, Box::new(io::stdout()));
    match Box::pin(command(cli, registry, &mut out)).await {
        Ok(exit) => exit,
        Err(failure) => report(&failure, &mut out),
    }
}

async fn command(cli: Cli, registry: Registry, out: &mut Output) -> Outcome {
    match cli.command {
        Command::Demo => demo::run(registry, out).await,
        Command::Fakes(args) => fakes::run(&args, out).await,
        Command::Init(args) => init::run(&args, &registry, out),
        Command::Completions { shell } => completions::run(shell, out),
        Command::Man { dir } => man::run(dir.as_deref(), out),
        Command::Capabilities { store: None, platform, markdown: true } => {
            capabilities::markdown(platform.as_deref(), &registry, out)
        }
        Command::Capabilities { store: None, platform, .. } => {
            capabilities::platforms(platform.as_deref(), &registry, out)
        }
        Command::Capabilities { store: Some(store), .. } => {
            capabilities::store(&store, &Session::open(registry, &cli.global)?, out)
        }
        Command::Store(command) => on_stores(command, &Session::open(registry, &cli.global)?, out).await,
        Command::Grant(command) => {
            Box::pin(on_grants(command, &Session::open(registry, &cli.global)?, out)).await
        }
        Command::Rotation(RotationCommand::Credentials(args)) if credentials::is_about_platforms(&args) => {
            credentials::of_platforms(&args, &registry, out)
        }
        Command::Inside(command) => {
            Box::pin(on_inside(command, &Session::open(registry, &cli.global)?, out)).await
        }
        Command::Rotation(command) => {
            Box::pin(on_credentials(command, &Session::open(registry, &cli.global)?, out)).await
        }
    }
}

/// Runs a command on configured stores.
pub(crate) async fn on_stores(command: StoreCommand, session: &Session, out: &mut Output) -> Outcome {
    match command {
        StoreCommand::Stores => stores::run(session, out),
        StoreCommand::Check { stores } => check::run(&stores, session, out).await,
        StoreCommand::Connect(args) => Box::pin(connect::run(&args, session, out)).await,
        StoreCommand::Roles { store } => roles::run(&store, session, out).await,
        StoreCommand::Invite(args) => invite::run(&args, session, out).await,
        StoreCommand::List { store, fresh } => list::run(&store, fresh, session, out).await,
        StoreCommand::Observe { store, person } => observe::run(&store, &person, session, out).await,
        StoreCommand::Change(args) => change::run(&args, session, out).await,
        StoreCommand::Remove(args) => remove::run(&args, session, out).await,
    }
}

/// Runs a command about grants.
pub(crate) async fn on_grants(command: GrantCommand, session: &Session, out: &mut Output) -> Outcome {
    match command {
        GrantCommand::Grant(args) => grant::run(&args, session, out).await,
        GrantCommand::Grants(args) => grants::run(&args, session, out).await,
        GrantCommand::Extend(args) => order::run(Order::Extend(&args.end), &args.order, session, out).await,
        GrantCommand::Revoke(args) => order::run(Order::Revoke, &args, session, out).await,
        GrantCommand::Withdraw(args) => order::run(Order::Withdraw, &args, session, out).await,
        GrantCommand::Suspend(args) => order::run(Order::Suspend, &args, session, out).await,
        GrantCommand::Resume(args) => {
            order::run(Order::Resume(&args.secret), &args.order, session, out).await
        }
        GrantCommand::Approve(args) => {
            order::run(Order::Approve(&args.secret), &args.order, session, out).await
        }
        GrantCommand::Decline(args) => order::run(Order::Decline, &args, session, out).await,
        GrantCommand::Adopt(args) => adopt::run(&args, session, out).await,
        GrantCommand::ForceClose(args) => order::force_close(args, session, out).await,
        GrantCommand::Steps(args) => steps::run(&args, session, out).await,
        GrantCommand::Sweep(args) => sweep::run(&args, session, out).await,
        GrantCommand::Offboard(args) => offboard::run(&args, session, out).await,
        GrantCommand::Audit(command) => audit::run(&command, session, out).await,
        GrantCommand::Events(args) => events::run(&args, session, out).await,
        GrantCommand::Erase(args) => erase::run(&args, session, out).await,
    }
}

/// Runs a command about who is inside, and why.
pub(crate) async fn on_inside(command: InsideCommand, session: &Session, out: &mut Output) -> Outcome {
    match command {
        InsideCommand::Review(args) => review::run(&args, session, out).await,
        InsideCommand::Register(args) => register::run(&args, session, out).await,
        InsideCommand::Explain(args) => explain::run(&args, session, out).await,
        InsideCommand::Incident(args) => incident::run(&args, session, out).await,
    }
}

/// Runs a command about credentials.
pub(crate) async fn on_credentials(command: RotationCommand, session: &Session, out: &mut Output) -> Outcome {
    match command {
        RotationCommand::Credentials(args) => credentials::run(&args, session, out).await,
        RotationCommand::Rotate(args) => rotate::run(&args, session, out).await,
        RotationCommand::Rotations(args) => rotations::run(&args, session, out).await,
    }
}

/// An error as a document of its own.
#[derive(Serialize)]
struct ErrorDocument {
    error: ErrorView,
}

fn report(failure: &Failure, out: &mut Output) -> Exit {
    match failure {
        Failure::Error(error) => {
            notice(&error.to_string());
            let shown = match error.manual_step() {
                _ if out.is_json() => out.document(&ErrorDocument { error: error.into() }),
                Some(step) => out.text(&StepView::from(step).to_text()),
                None => Ok(()),
            };
            shown.map_or_else(|error| unwritten(&error), |()| Exit::of(error))
        }
        Failure::Output(error) => unwritten(error),
    }
}

fn unwritten(error: &io::Error) -> Exit {
    // `guestpass list … | head` is no mistake worth a message.
    if error.kind() != io::ErrorKind::BrokenPipe {
        notice(&format!("the result could not be written: {error}"));
    }
    Exit::Failed
}

/// Help and version go to standard output; a mistake is one line like every other error.
fn misused(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if matches!(error.kind(), ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion) {
        return error.print().map_or_else(|error| unwritten(&error), |()| Exit::Done);
    }
    if error.kind() == ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Usage;
    }
    let text = error.to_string();
    let mut paragraphs = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let problem = paragraphs.next().unwrap_or_default();
    let tip = paragraphs.find_map(|part| part.strip_prefix("tip: ").map(|tip| format!("{tip}, or ")));
    let failure = Error::new(ErrorKind::InvalidRequest, problem.trim_start_matches("error: "))
        .with_remedy(format!("{}see --help", tip.unwrap_or_default()));
    let json = arguments.iter().any(|argument| argument == "--json");
    report(&failure.into(), &mut Output::new(json, Box::new(io::stdout())))
}

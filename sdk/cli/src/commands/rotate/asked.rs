//! What the command line asks for, and the secret that it hands in.

use std::io::{IsTerminal, Read};
use std::path::Path;

use guestpass::rotation::{CredentialName, CredentialSlot, RotationRequest};
use guestpass::{Error, ErrorKind, ExposeSecret, OneTimeSecret, Result, SecretString, StoreHandle};

use crate::args::RotateArgs;
use crate::commands::until;
use crate::config::unknown;
use crate::output::notice;
use crate::secrets::SecretReference;
use crate::session::Session;

const LARGEST_SECRET: u64 = 64 * 1024;

/// What is asked for, checked against the configuration.
pub(super) fn request(args: &RotateArgs, session: &Session) -> Result<RotationRequest> {
    let store = args.store.as_deref().unwrap_or_default();
    let credential = named(store, args.credential.as_deref().unwrap_or_default(), session)?;
    for sink in &args.sinks {
        session.config().check_keeps(sink, &format!("{store}/{credential}"))?;
    }
    let mut request = RotationRequest::new(StoreHandle::new(store)?, credential, args.by.principal());
    request.reason.clone_from(&args.reason);
    request.ticket.clone_from(&args.ticket);
    request.sinks.clone_from(&args.sinks);
    request.drain = args.drain.as_deref().map(|drain| until::length("--drain", drain)).transpose()?;
    request.lifetime = args.lifetime.as_deref().map(|it| until::length("--lifetime", it)).transpose()?;
    request.may_lose.clone_from(&args.allow_loss);
    request.allow_downtime = args.allow_downtime;
    Ok(request)
}

/// The credential of this name, or the only one of this kind.
fn named(store: &str, text: &str, session: &Session) -> Result<CredentialName> {
    let entry = session.config().store(store)?;
    let slots = &entry.credentials;
    if let Some(slot) = slots.iter().find(|slot| slot.name.as_str() == text) {
        return Ok(slot.name.clone());
    }
    let of_kind: Vec<&CredentialSlot> = slots.iter().filter(|slot| slot.kind.as_str() == text).collect();
    match of_kind.as_slice() {
        [one] => Ok(one.name.clone()),
        [] => {
            let known = slots.iter().map(|slot| slot.name.as_str());
            let remedy = format!(
                "add [stores.{store}.credentials.NAME] to the configuration; `guestpass credentials {store} --kinds` shows the kinds"
            );
            Err(unknown("credential", text, known, &remedy))
        }
        several => {
            let names: Vec<_> = several.iter().map(|slot| slot.name.as_str()).collect();
            let message = format!("{store} has several credentials of the kind {text}");
            Err(Error::new(ErrorKind::InvalidRequest, message)
                .with_remedy(format!("name one of them: {}", names.join(", "))))
        }
    }
}

/// The secret that `--new` names. Never from the command line itself.
pub(super) async fn handed(place: &str, session: &Session) -> Result<OneTimeSecret> {
    const OPTION: &str = "--new";
    if place == "-" {
        return from_standard_input();
    }
    let Some(reference) = SecretReference::parse(OPTION, place, Path::new(".")) else {
        return Err(Error::invalid(
            OPTION,
            "is a secret itself, or no place of one; others can read a command line",
            "write - for standard input, env:NAME, file:PATH or cmd:PROGRAM",
        ));
    };
    let secret = reference?.source(OPTION, session.shared_clock()).current().await?;
    Ok(OneTimeSecret::new(SecretString::from(secret.expose_secret())))
}

fn from_standard_input() -> Result<OneTimeSecret> {
    let input = std::io::stdin();
    if input.is_terminal() {
        notice("paste the new secret, then Enter and Ctrl-D; whoever looks over your shoulder sees it");
    }
    let mut text = String::new();
    let read = input.take(LARGEST_SECRET + 1).read_to_string(&mut text);
    let fault = |problem: &str| Error::invalid("--new", problem, "put only the new secret there");
    // The error of the reader would not hold the bytes; it is left out all the same.
    read.map_err(|_| fault("is no text"))?;
    if text.len() as u64 > LARGEST_SECRET {
        return Err(fault("holds more than any credential has"));
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(fault("holds nothing"));
    }
    Ok(OneTimeSecret::new(SecretString::from(secret)))
}

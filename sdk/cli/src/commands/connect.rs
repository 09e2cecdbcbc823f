//! `guestpass connect`

mod ask;
mod deliver;
mod report;

use std::future::Future;
use std::time::Duration;

use guestpass::grants::audit::Fact;
use guestpass::grants::{Commit, Ledger};
use guestpass::{
    Authorization, AuthorizationInfo, AuthorizationOptions, AuthorizationRequest, Authorized, Error,
    ErrorKind, Result, Url,
};
use serde_json::json;

use crate::args::ConnectArgs;
use crate::callback::{Arrived, Listener, Page};
use crate::exit::{Exit, Failure, Outcome};
use crate::interrupt;
use crate::output::Output;
use crate::session::Session;
use deliver::{Delivery, Destination};
use report::{Connected, ConnectedLine, Opening, Rehearsal};

/// Where the answer comes from.
enum Door {
    /// From a browser that comes to this machine.
    Listening(Listener),
    /// From somebody who pastes it.
    Pasting,
}

/// Gets a store its token by a merchant's consent.
pub(crate) async fn run(args: &ConnectArgs, session: &Session, out: &mut Output) -> Outcome {
    let authorization = session.authorization(&args.store)?;
    let info = authorization.info();
    let mut destination = Destination::of(args, info, session)?;
    let mut options = AuthorizationOptions::new();
    if !args.scopes.is_empty() {
        options = options.with_scopes(args.scopes.clone());
    }
    let named = args.redirect.as_deref().map(redirect_of).transpose()?;
    if args.plan.dry_run {
        let redirect = named.map_or_else(|| local(args.port), Ok)?;
        let question = authorization.begin(&redirect, &options).map_err(|error| at_store(error, info))?;
        out.show(&Rehearsal::of(args, info, &question, destination.to_string()))?;
        return Ok(Exit::Done);
    }
    read_needed(info, session).await?;
    let door = if args.paste {
        Door::Pasting
    } else {
        Door::Listening(Listener::bind(port_of(args, named.as_ref())).await?)
    };
    let redirect = match (named, &door) {
        (Some(redirect), _) => redirect,
        (None, Door::Listening(listener)) => local(listener.address().port())?,
        (None, Door::Pasting) => return Err(no_redirect().into()),
    };
    let question = authorization.begin(&redirect, &options).map_err(|error| at_store(error, info))?;
    let ledger = session.engine().await?.ledger().clone();
    destination.make_ready(session).await?;
    let opening = Opening::of(args, info, &question, &door);
    // Whoever sees what to open may press Ctrl-C at once.
    let stop = interrupt::stop_requested();
    out.show(&opening)?;
    if !args.no_browser && !out.is_json() {
        ask::open_browser(&question);
    }
    let authorized = match answered(args, authorization.as_ref(), &question, &door, stop, session).await {
        Ok(authorized) => authorized,
        Err(failure) => {
            destination.give_up();
            if let Failure::Error(error) = &failure
                && error.is_outcome_unknown()
            {
                // The merchant waits for the error, not for the ledger.
                let _ =
                    write_down(ledger.as_ref(), fact("credential_connect_lost", args, info, session)).await;
            }
            return Err(failure);
        }
    };
    let delivery = destination.deliver(&args.store, &authorized).await;
    finish(args, info, &authorized, delivery, ledger.as_ref(), session, out).await
}

/// Says what came, writes it down, and gives the exit code. The secret is in its place, or said where it is.
async fn finish(
    args: &ConnectArgs,
    info: &AuthorizationInfo,
    authorized: &Authorized,
    delivery: Delivery,
    ledger: &dyn Ledger,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    let mut fact = fact("credential_connected", args, info, session);
    fact.outcome = Some(delivery.outcome().to_owned());
    fact.detail = json!({
        "setting": authorized.setting,
        "what": authorized.what,
        "sink": args.sink,
        "scopes": authorized.scopes,
        "missing": authorized.missing,
        "expires_at": authorized.expires_at,
    });
    let written = write_down(ledger, fact).await;
    let connected = Connected::of(args, info, authorized, &delivery);
    out.show(&ConnectedLine { connected })?;
    delivery.into_result()?;
    written?;
    Ok(if authorized.missing.is_empty() { Exit::Done } else { Exit::HumanMustAct })
}

/// Waits for the answer, exchanges it, and tells the browser how it went.
async fn answered(
    args: &ConnectArgs,
    authorization: &dyn Authorization,
    question: &AuthorizationRequest,
    door: &Door,
    stop: impl Future<Output = ()>,
    session: &Session,
) -> Result<Authorized, Failure> {
    let info = authorization.info();
    let cx = session.call();
    let clock = cx.clock().clone();
    let progress = session.progress(format!("waiting for the merchant of {}", args.store));
    let (callback, browser): (Url, Option<Arrived>) = match door {
        Door::Listening(listener) => {
            let arrived = in_time(listener.answer(question, &clock), stop, args, info, session).await?;
            (arrived.callback.clone(), Some(arrived))
        }
        Door::Pasting => (in_time(ask::pasted(), stop, args, info, session).await??, None),
    };
    drop(progress);
    let progress = session.progress("exchanging the code");
    // Waiting for people has a time of its own.
    let cx = session.call();
    let exchange = authorization.finish(question, &callback, &cx);
    let again = || format!("guestpass connect {}", args.store);
    let exchanged = interrupt::finish(exchange, again).await;
    drop(progress);
    if let Some(browser) = browser {
        browser.tell(if exchanged.is_ok() { Page::Connected } else { Page::NotConnected }).await;
    }
    exchanged
}

/// Waits as long as somebody may take to click, or until Ctrl-C.
async fn in_time<T>(
    waiting: impl Future<Output = T>,
    stop: impl Future<Output = ()>,
    args: &ConnectArgs,
    info: &AuthorizationInfo,
    session: &Session,
) -> Result<T> {
    let late = Duration::from_secs(args.wait);
    let error = tokio::select! {
        came = waiting => return Ok(came),
        () = session.clock().sleep(late, guestpass::Wait::Guard) => {
            Error::new(ErrorKind::Timeout, format!("nobody came back within {} s; nothing was exchanged", args.wait))
                .with_remedy("connect again, with a longer --wait if need be")
        }
        () = stop => {
            Error::new(ErrorKind::Timeout, "stopped while waiting for the merchant; nothing was exchanged")
                .with_remedy("connect again when the merchant is there")
        }
    };
    Err(at_store(error, info))
}

/// Reads the secrets of the exchange before anybody is asked to click.
async fn read_needed(info: &AuthorizationInfo, session: &Session) -> Result<()> {
    let entry = session.config().store(info.store.as_str())?;
    for setting in info.needs {
        if let Some(source) = entry.settings.secret(setting) {
            source.current().await.map_err(|error| entry.locate(error))?;
        }
    }
    Ok(())
}

fn redirect_of(text: &str) -> Result<Url> {
    let wrong = |problem: &str| {
        Error::invalid("--redirect", problem, "write the app's redirect address, as the platform knows it")
    };
    let url = Url::parse(text).map_err(|_| wrong("is no address"))?;
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        _ => return Err(wrong("is neither https nor on this machine")),
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(wrong("holds more than host and path"));
    }
    Ok(url)
}

/// An address on this machine says itself where to wait.
fn port_of(args: &ConnectArgs, redirect: Option<&Url>) -> u16 {
    let here = redirect.filter(|url| args.port == 0 && url.scheme() == "http");
    here.and_then(Url::port_or_known_default).unwrap_or(args.port)
}

fn local(port: u16) -> Result<Url> {
    Url::parse(&format!("http://127.0.0.1:{port}/callback")).map_err(|error| {
        Error::new(ErrorKind::Internal, "an address on this machine could not be written").with_source(error)
    })
}

fn no_redirect() -> Error {
    Error::invalid("--paste", "needs --redirect", "name the app's redirect address")
}

fn at_store(error: Error, info: &AuthorizationInfo) -> Error {
    error.at(&info.provider, &info.store)
}

fn fact(kind: &str, args: &ConnectArgs, info: &AuthorizationInfo, session: &Session) -> Fact {
    let mut fact = Fact::new(session.clock().now(), kind, info.provider.clone(), info.store.clone());
    fact.actor = Some(args.by.principal());
    fact.detail = json!({ "setting": info.setting });
    fact
}

async fn write_down(ledger: &dyn Ledger, fact: Fact) -> Result<()> {
    ledger.commit(Commit::new().fact(fact)).await
}

//! The work on an incident: told as it goes, with the page kept up to date, until it is done or somebody wants it to stop.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use guestpass::incident::{Incident, Responder, ResponseOptions};
use guestpass::{Error, ErrorKind, Wait};

use super::reported::{self, Reported};
use super::teller::Teller;
use crate::exit::{Exit, Failure, Outcome};
use crate::interrupt;
use crate::output::{Output, notice, warn};
use crate::page::IncidentPage;
use crate::session::Session;

/// How often the page is written anew while something happens.
const EVERY: Duration = Duration::from_secs(5);

/// Goes on with an incident as far as it goes now, and reports.
pub(super) async fn go_on(
    incident: &Incident,
    responder: &Responder,
    page: Option<&IncidentPage<'_>>,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    let id = incident.id;
    let before = reported::read(id, session).await?;
    // It is written again in any case; nobody stays inside for a page.
    if let Some(Err(error)) = page.map(|page| page.write(&before)) {
        warn(&error.to_string());
    }
    let to_remove = before.totals.open + before.totals.not_reached;
    let teller = Teller::new(&mut *out, session, usize::try_from(to_remove).unwrap_or(usize::MAX));
    let ended = {
        let options = options(incident, session);
        let mut work = pin!(Box::pin(responder.continue_incident(id, &options, &teller)));
        // Both are polled together: whoever waited for the ledger while the other one stands still could wait for ever.
        let mut beside = pin!(Box::pin(keep_up(incident, page, &teller, session)));
        let mut wants_stop = false;
        loop {
            tokio::select! {
                done = &mut work => break Some(done),
                never = &mut beside => match never {},
                () = interrupt::stop_requested() => {
                    if wants_stop {
                        break None;
                    }
                    wants_stop = true;
                    teller.stop();
                    notice("what is under way is finished first, and nothing more is begun; press Ctrl-C once more to give up");
                }
            }
        }
    };
    let unsaved = teller.unsaved();
    drop(teller);
    let report = reported::read(id, session).await?;
    let written = page.map(|page| page.write(&report)).transpose();
    let reported = Reported::new(&report, unsaved, session).await?;
    out.show(&reported)?;
    match ended {
        Some(done) => drop(done?),
        None => return Err(given_up(incident)),
    }
    written.map_err(unwritten)?;
    Ok(reported.exit())
}

fn options(incident: &Incident, session: &Session) -> ResponseOptions {
    let mut options = ResponseOptions::default();
    // The time that a command may take is for one store.
    options.removals = session.timeout().saturating_mul(incident.stores.max(1));
    options.rotation = session.timeout();
    // Two hundred credentials that are waited for one after the other would take the time of those that come last.
    options.patience = Duration::ZERO;
    options
}

/// Keeps the page and the bar up to date.
async fn keep_up(
    incident: &Incident,
    page: Option<&IncidentPage<'_>>,
    teller: &Teller<'_>,
    session: &Session,
) -> Infallible {
    let mut warned = false;
    loop {
        tokio::select! {
            () = teller.removed.notified() => {}
            () = session.clock().sleep(EVERY, Wait::Backoff) => {}
        }
        if !teller.has_news() {
            continue;
        }
        let written = async {
            let report = reported::read(incident.id, session).await?;
            let totals = &report.totals;
            teller
                .credentials(totals.credentials, totals.credentials.saturating_sub(totals.credentials_open));
            page.map_or(Ok(()), |page| page.write(&report))
        };
        // Once is enough to say so.
        if let Err(error) = written.await
            && !warned
        {
            warned = true;
            warn(&error.to_string());
        }
    }
}

fn given_up(incident: &Incident) -> Failure {
    let remedy = format!(
        "go on with `guestpass incident continue {}`; what was under way is worked on again after five minutes",
        incident.id
    );
    Error::new(ErrorKind::OutcomeUnknown, "given up in the middle; the report is what is known")
        .with_remedy(remedy)
        .into()
}

/// It was found writable before anything was sent, so this is no mistake of whoever gave the command.
fn unwritten(error: Error) -> Failure {
    Error::new(ErrorKind::Internal, error.message().to_owned())
        .with_remedy("nothing else is lost; write it again with `guestpass incident report ID --html FILE`")
        .into()
}

impl Reported {
    /// What is open decides how the command ends.
    pub(super) fn exit(&self) -> Exit {
        match (self.report.is_over, self.report.waits_for_people) {
            (true, _) => Exit::Done,
            (false, true) => Exit::HumanMustAct,
            (false, false) => Exit::Partly,
        }
    }
}

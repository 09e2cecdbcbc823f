//! `guestpass incident`

mod plan;
mod reported;
mod teller;
mod text;
mod work;

use std::path::Path;

use guestpass::grants::Principal;
use guestpass::incident::{Incident, IncidentId, IncidentRequest, RotationScope};
use guestpass::rotation::CredentialName;
use guestpass::{Error, ErrorKind, Proof, Result, StoreHandle};
use serde::Serialize;

use self::reported::Reported;
use super::grants::handle;
use crate::args::{AttestReplacedArgs, IncidentArgs, IncidentCommand, ScopeArg, SecretArgs};
use crate::exit::{Exit, Outcome};
use crate::handover::Handover;
use crate::output::{
    IncidentView, Output, ProofView, Report, Table, incident_scope as scope, moment, notice, warn,
};
use crate::page::IncidentPage;
use crate::session::Session;

const MOST_LISTED: u32 = 100;

/// Opens an incident and works on it, or does what is asked about one.
pub(crate) async fn run(args: &IncidentArgs, session: &Session, out: &mut Output) -> Outcome {
    match &args.command {
        None => Box::pin(begin(args, session, out)).await,
        Some(IncidentCommand::Continue { id, allow_downtime, by, page }) => {
            let agreed = allow_downtime.then(|| by.principal());
            Box::pin(go_on(*id, agreed, page.html.as_deref(), session, out)).await
        }
        Some(IncidentCommand::Report { id, page }) => report(*id, page.html.as_deref(), session, out).await,
        Some(IncidentCommand::List { person }) => list(person.as_deref(), session, out).await,
        Some(IncidentCommand::Attest(args)) => attest(args, session, out).await,
    }
}

async fn begin(args: &IncidentArgs, session: &Session, out: &mut Output) -> Outcome {
    let request = request(args, session)?;
    if args.plan.dry_run {
        return plan::run(&request, session, out).await;
    }
    // Whatever cannot take its result is found out before anything is written or sent.
    let page = args.page.html.as_deref().map(IncidentPage::at).transpose()?;
    if request.scope != RotationScope::Nowhere {
        room_for_secrets(session)?;
    }
    let responder = session.responder().await?;
    let before = session.clock().now();
    let wanted = request.scope;
    let incident = responder.open(request).await?;
    say_which(&incident, wanted, incident.opened_at < before);
    Box::pin(work::go_on(&incident, &responder, page.as_ref(), session, out)).await
}

fn request(args: &IncidentArgs, session: &Session) -> Result<IncidentRequest> {
    let Some(person) = args.person.as_deref() else {
        return Err(Error::invalid("PERSON", "is missing", "name whose access must end"));
    };
    let mut request = IncidentRequest::new(handle(person, session)?, args.by.principal());
    request.reason.clone_from(&args.reason);
    request.ticket.clone_from(&args.ticket);
    request.allow_downtime = args.allow_downtime;
    Ok(request.replacing(match args.rotate {
        ScopeArg::Exposed => RotationScope::Exposed,
        ScopeArg::Everywhere => RotationScope::Everywhere,
        ScopeArg::Nowhere => RotationScope::Nowhere,
    }))
}

/// A new secret that no sink takes goes into the state folder, and must not be lost there.
fn room_for_secrets(session: &Session) -> Result<()> {
    let place = Handover::prepare(&SecretArgs::default(), session.state());
    place.and_then(|place| place.finish(None)).map(drop).map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, format!("a new secret that no sink takes has no place: {}", error.message()))
            .with_remedy("let the state folder be written to, or take them out without replacing credentials: --rotate nowhere")
    })
}

fn say_which(incident: &Incident, wanted: RotationScope, is_older: bool) {
    let (id, person) = (incident.id, &incident.person);
    if !is_older {
        notice(&format!(
            "incident {id} of {person} is written down; whatever interrupts this: guestpass incident continue {id}"
        ));
        return;
    }
    let (at, by) = (moment(incident.opened_at), &incident.by.name);
    warn(&format!(
        "{person} has an incident that is not finished, opened {at} by {by}; this goes on with it: {id}"
    ));
    if incident.scope != wanted {
        let kept = scope(incident.scope);
        warn(&format!("it replaces the credentials as it was opened: --rotate {kept}"));
    }
}

async fn go_on(
    id: IncidentId,
    agreed: Option<Principal>,
    html: Option<&Path>,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    let mut incident = known(id, session).await?;
    let page = html.map(IncidentPage::at).transpose()?;
    if incident.scope != RotationScope::Nowhere {
        room_for_secrets(session)?;
    }
    let responder = session.responder().await?;
    if let Some(by) = agreed {
        incident = responder.allow_downtime(id, &by).await?;
    }
    Box::pin(work::go_on(&incident, &responder, page.as_ref(), session, out)).await
}

/// The incident of this id. A ledger that is not there yet is not made for a mistyped one.
async fn known(id: IncidentId, session: &Session) -> Result<Incident> {
    session.ledger().await?.incident(id).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no incident {id}"))
            .with_remedy("copy the id from `guestpass incident list`")
    })
}

async fn report(id: IncidentId, html: Option<&Path>, session: &Session, out: &mut Output) -> Outcome {
    known(id, session).await?;
    let page = html.map(IncidentPage::at).transpose()?;
    let report = reported::read(id, session).await?;
    if let Some(page) = page {
        page.write(&report)?;
    }
    let reported = Reported::new(&report, Vec::new(), session).await?;
    out.show(&reported)?;
    Ok(reported.exit())
}

#[derive(Serialize)]
struct Listed {
    incidents: Vec<IncidentView>,
}

impl Report for Listed {
    fn to_text(&self) -> String {
        let mut table = Table::new(["incident", "person", "opened", "by", "stores", "finished"]);
        for incident in &self.incidents {
            table.row([
                incident.id.clone(),
                incident.person.clone(),
                moment(incident.opened_at),
                incident.by.name().to_owned(),
                incident.stores.to_string(),
                incident.finished_at.map_or_else(|| "NOT FINISHED".to_owned(), moment),
            ]);
        }
        format!(
            "{table}{} incident(s); `guestpass incident report ID` says how one stands\n",
            self.incidents.len()
        )
    }
}

async fn list(person: Option<&str>, session: &Session, out: &mut Output) -> Outcome {
    let person = person.map(|text| handle(text, session)).transpose()?;
    let incidents = session.ledger().await?.incidents(person.as_ref(), MOST_LISTED).await?;
    out.show(&Listed { incidents: incidents.iter().map(IncidentView::from).collect() })?;
    Ok(Exit::Done)
}

/// Somebody's word about a credential.
#[derive(Serialize)]
struct Attested {
    attested: AttestedView,
}

#[derive(Serialize)]
struct AttestedView {
    incident: String,
    store: String,
    credential: String,
    proof: Option<ProofView>,
    finished: bool,
}

impl Report for Attested {
    fn to_text(&self) -> String {
        let AttestedView { incident, store, credential, proof, finished } = &self.attested;
        let word = proof.as_ref().map(ProofView::to_text).unwrap_or_default();
        let then = if *finished {
            "nothing of the incident is open any more"
        } else {
            "something else of the incident is still open"
        };
        format!(
            "{store}/{credential}: recorded as said, {word}\n{then}: guestpass incident report {incident}\n"
        )
    }
}

async fn attest(args: &AttestReplacedArgs, session: &Session, out: &mut Output) -> Outcome {
    known(args.id, session).await?;
    let (store, credential) = (StoreHandle::new(&args.store)?, CredentialName::new(&args.credential)?);
    let by = args.by.principal();
    let responder = session.responder().await?;
    let incident = responder.attest_replaced(args.id, &store, &credential, &by, &args.note).await?;
    let word = Proof::Attested { who: by.name, at: session.clock().now(), note: args.note.clone() };
    out.show(&Attested {
        attested: AttestedView {
            incident: incident.id.to_string(),
            store: store.to_string(),
            credential: credential.to_string(),
            proof: Some(ProofView::from(&word)),
            finished: incident.finished_at.is_some(),
        },
    })?;
    Ok(Exit::Done)
}

//! The page of an incident's report.

mod credential;
mod headline;
mod human;
mod stores;
mod timeline;

use std::io::Write;
use std::path::Path;

use guestpass::Result;
use guestpass::incident::{IncidentReport, RotationScope, StoreReport};
use maud::{Markup, html};

use self::headline::Waiting;
use super::document::{self, Section};
use super::parts::{time, who};
use super::said::Said;
use super::signing::{Checksum, signatures};
use crate::output::{ResultFile, Who, moment};

const SECTIONS: [Section; 6] = [
    ("summary", "In numbers"),
    ("human", "What a human must do"),
    ("stores", "Store by store"),
    ("times", "What happened when"),
    ("words", "What the words mean"),
    ("signatures", "Signatures"),
];

/// Where a report is written, as often as it changes.
#[derive(Debug)]
pub(crate) struct IncidentPage<'a> {
    path: &'a Path,
}

impl<'a> IncidentPage<'a> {
    /// In this file. Finds out at once whether it can be written.
    pub(crate) fn at(path: &'a Path) -> Result<Self> {
        ResultFile::create(path)?;
        Ok(Self { path })
    }

    /// Puts the report there, in place of an older one.
    pub(crate) fn write(&self, report: &IncidentReport) -> Result<()> {
        let mut file = ResultFile::create(self.path)?;
        let checksum = checksum(report).map_err(|error| file.failed(&error))?;
        let written = file.write_all(page(report, &checksum).0.as_bytes());
        written.map_err(|error| file.failed(&error))?;
        file.finish()
    }
}

/// Over the records of the stores; the time at which they were read is not part of it.
fn checksum(report: &IncidentReport) -> std::io::Result<String> {
    let mut checksum = Checksum::default();
    for store in &report.stores {
        serde_json::to_writer(&mut checksum, store)?;
        checksum.write_all(b"\n")?;
    }
    Ok(checksum.finish())
}

fn page(report: &IncidentReport, checksum: &str) -> Markup {
    let incident = &report.incident;
    let title = format!("Incident: the access of {}", incident.person);
    let sheet = format!("Incident {} - as of {}", incident.id, moment(report.at));
    let waiting = Waiting::of(report);
    html! {
        (document::begin(&title, &sheet))
        main {
            header {
                h1 { (Said(&title)) }
                (headline::state(report, &waiting))
                (facts(report))
            }
            (document::contents(&SECTIONS))
            (headline::numbers(report))
            (human::section(report, &waiting))
            (stores::section(report))
            (timeline::section(report))
            (words())
            (signatures("Confirmed by", checksum, html! {
                "It is taken over what the ledger says of every store, as JSON, one store a line, each line with its end, in the order of the incident."
            }))
        }
        (document::end())
    }
}

fn facts(report: &IncidentReport) -> Markup {
    let incident = &report.incident;
    let not_stated = "not stated";
    html! {
        dl.facts {
            dt { "Incident" } dd { code { (incident.id.to_string()) } }
            dt { "Person" } dd { (Said(incident.person.as_str())) }
            dt { "Opened" } dd { (time(Some(incident.opened_at))) }
            dt { "By" } dd { (who(&Who::from(&incident.by))) }
            dt { "Why" } dd { (Said(incident.reason.as_deref().unwrap_or(not_stated))) }
            dt { "Ticket" } dd { (Said(incident.ticket.as_deref().unwrap_or(not_stated))) }
            dt { "Credentials" } dd { (scope(incident.scope)) }
            dt { "Downtime" }
            dd { @if incident.allow_downtime { "allowed: users of a credential may be refused for a while" } @else { "not allowed" } }
            dt { "This page" } dd { "as of " (time(Some(report.at))) ", from our records alone" }
            dt { "Finished" }
            dd { @match incident.finished_at { Some(at) => (time(Some(at))), None => b.bad { "not yet" } } }
        }
    }
}

fn scope(scope: RotationScope) -> &'static str {
    match scope {
        RotationScope::Exposed => "of the stores where they were inside, or ever had access, are replaced",
        RotationScope::Everywhere => "of every store are replaced",
        RotationScope::Nowhere => "are not replaced by this incident",
        _ => "are replaced in a way that this page has no words for",
    }
}

fn words() -> Markup {
    html! {
        section #words {
            h2 { "What the words mean" }
            dl.facts {
                dt { b { "proven" } } dd { "Somebody looked after the removal was sent, and the look shows it." }
                dt { b { "on the word of" } } dd { "Somebody says so, because nothing can be read there. Closed, and never counted as proven." }
                dt { b { "without a proof" } } dd { "The access is over in our records: nothing was ever sent, or it goes on for others." }
                dt { b { "open" } } dd { "They may still be inside." }
                dt { b { "not reached" } } dd { "Nobody has looked yet. They may be inside." }
                dt { b { "dead" } } dd { "The old credential no longer works." }
                dt { b { "dies by itself" } } dd { "The new credential is in its place, and the old one still works until the time that stands there." }
            }
        }
    }
}

/// The order of stores: what is most open comes first.
fn group(store: &StoreReport) -> usize {
    use guestpass::incident::AccessReport::{Closed, NotReached, Open, WasOut};
    match &store.access {
        NotReached { .. } => 0,
        Open { .. } => 1,
        Closed { .. } | WasOut { .. } if !store.is_closed() => 2,
        Closed { .. } => 3,
        WasOut { .. } => 4,
        _ => 1,
    }
}

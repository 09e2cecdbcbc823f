//! What happened when.

use guestpass::incident::{AccessReport, CredentialState, IncidentReport, StoreReport};
use guestpass::{Proof, Timestamp};
use maud::{Markup, html};

use super::super::parts::time;
use super::super::said::Said;

/// When, where, and what.
type Event = (Timestamp, String, String);

pub(super) fn section(report: &IncidentReport) -> Markup {
    let mut events: Vec<Event> = report.stores.iter().flat_map(of_store).collect();
    // What is planned has not happened.
    events.retain(|(at, ..)| *at <= report.at);
    events.push((report.incident.opened_at, String::new(), "incident opened".to_owned()));
    events.extend(report.incident.finished_at.map(|at| (at, String::new(), "incident finished".to_owned())));
    events.sort_by_key(|(at, ..)| *at);
    html! {
        section #times {
            h2 { "What happened when" }
            table.n.times {
                caption { "Times at which we know it; it may have been earlier." }
                thead { tr { th scope="col" { "Time" } th scope="col" { "Store" } th scope="col" { "What" } } }
                tbody {
                    @for (at, store, what) in &events {
                        tr { td { (time(Some(*at))) } td { (Said(store)) } td { (Said(what)) } }
                    }
                }
            }
        }
    }
}

fn of_store(store: &StoreReport) -> Vec<Event> {
    let name = store.store.to_string();
    let mut events = Vec::new();
    let mut note = |at: Timestamp, what: String| events.push((at, name.clone(), what));
    match &store.access {
        AccessReport::Open { ordered_at: Some(at), .. } => note(*at, "removal written down".to_owned()),
        AccessReport::Closed { at, proof } => note(*at, format!("access closed, {}", known(proof.as_ref()))),
        _ => {}
    }
    for one in &store.credentials {
        match &one.state {
            CredentialState::Dead { at, proof: Some(how) } => {
                note(*at, format!("credential {} dead, {}", one.name, known(Some(how))));
            }
            CredentialState::Dead { at, proof: None } => {
                note(*at, format!("credential {} replaced", one.name))
            }
            CredentialState::DiesAt { at } => note(*at, format!("credential {} died by itself", one.name)),
            CredentialState::Attested { proof } => {
                note(proof.at(), format!("credential {} replaced, {}", one.name, known(Some(proof))));
            }
            _ => {}
        }
    }
    events
}

fn known(proof: Option<&Proof>) -> &'static str {
    match proof {
        Some(Proof::Attested { .. }) => "by somebody’s word",
        Some(_) => "proven",
        None => "without a proof",
    }
}

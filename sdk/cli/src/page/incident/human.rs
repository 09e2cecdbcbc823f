//! What only a human can do.

use guestpass::incident::{
    CredentialReport, CredentialState, IncidentId, IncidentReport, MustAct, StoreReport,
};
use maud::{Markup, html};

use super::super::parts::{link, step};
use super::super::said::Said;
use super::super::words::count;
use super::headline::{Waiting, waits_for_a_human};

pub(super) fn section(report: &IncidentReport, waiting: &Waiting) -> Markup {
    let mut stores: Vec<_> = report.stores.iter().collect();
    stores.sort_by_key(|store| (super::group(store), store.store.as_str()));
    html! {
        section #human {
            h2 { "What a human must do" }
            @if waiting.is_nothing() { p { "Nothing." } }
            @else {
                p {
                    (count(waiting.steps, "step about the access", "steps about the access")) " and "
                    (count(waiting.credentials, "credential", "credentials")) " wait for a human."
                }
                @if waiting.consent > 0 {
                    p {
                        (count(waiting.consent, "credential is", "credentials are"))
                        " replaced only where downtime is allowed: whoever uses it is refused for a while. To allow it: "
                        code { "guestpass incident continue " (report.incident.id.to_string()) " --allow-downtime" }
                    }
                }
                div.acts { @for store in stores { (of_store(store, report.incident.id)) } }
            }
        }
    }
}

fn of_store(store: &StoreReport, id: IncidentId) -> Markup {
    html! {
        @for act in &store.must_act { (about(store, "access", act)) }
        @for credential in store.credentials.iter().filter(|one| waits_for_a_human(one)) {
            (of_credential(store, credential, id))
        }
    }
}

fn about(store: &StoreReport, subject: &str, act: &MustAct) -> Markup {
    html! {
        div.act {
            h3 { (Said(store.store.as_str())) " · " (Said(subject)) ": " (Said(&act.what)) }
            @match &act.step {
                Some(all) => (step(all)),
                None => { @for at in &act.links { p { (link(at)) } } }
            }
        }
    }
}

fn of_credential(store: &StoreReport, credential: &CredentialReport, id: IncidentId) -> Markup {
    let name = credential.name.as_str();
    html! {
        @if let Some(act) = &credential.must_act { (about(store, &format!("credential {name}"), act)) }
        @else if let CredentialState::ByHand { reason } = &credential.state {
            div.act {
                h3 { (Said(store.store.as_str())) " · credential " (Said(name)) ": replace it by hand" }
                p { (Said(&format!("{} ({})", name, credential.kind))) ": " (Said(reason)) }
                p.m {
                    "Once it is done: "
                    code { "guestpass incident attest " (id.to_string()) " " (Said(store.store.as_str())) " " (Said(name)) " --note TEXT" }
                }
            }
        } @else if credential.state == CredentialState::NeedsConsent {
            div.act {
                h3 { (Said(store.store.as_str())) " · credential " (Said(name)) ": allow downtime" }
                p.m { (credential.kind.to_string()) ": the new one ends the old one at once." }
            }
        }
    }
}

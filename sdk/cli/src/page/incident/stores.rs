//! How every store stands: what is most open comes first.

use guestpass::grants::{Found, Phase, Trouble};
use guestpass::incident::{AccessReport, IncidentReport, OpenGrant, StoreReport};
use guestpass::{Proof, Timestamp};
use maud::{Markup, PreEscaped, html};

use super::super::parts::{time, words};
use super::super::said::Said;
use super::super::words::proof;
use super::credential::credential;

const GROUPS: [&str; 5] = [
    "Not reached yet: nobody has looked",
    "Open: they may still be inside",
    "They are out, and credentials are open",
    "Closed",
    "They were not inside",
];

pub(super) fn section(report: &IncidentReport) -> Markup {
    let mut stores: Vec<_> = report.stores.iter().collect();
    stores.sort_by_key(|store| (super::group(store), store.store.as_str()));
    html! {
        section #stores {
            h2 { "Store by store" }
            table.w.i4 {
                caption { "All " (report.stores.len()) " stores; what is most open comes first." }
                colgroup { @for _ in 0..4 { (PreEscaped("<col/>")) } }
                thead { tr {
                    th scope="col" { "Store" } th scope="col" { "What was open" }
                    th scope="col" { "How the access stands" } th scope="col" { "Credentials" }
                } }
                @for group in stores.chunk_by(|a, b| super::group(a) == super::group(b)) {
                    tbody {
                        @if let Some(name) = group.first().and_then(|store| GROUPS.get(super::group(store))) {
                            tr.g { th scope="rowgroup" colspan="4" { b { (name) } " · " (group.len()) } }
                        }
                        @for store in group { (row(store, report.at)) }
                    }
                }
            }
        }
    }
}

fn row(store: &StoreReport, now: Timestamp) -> Markup {
    html! {
        tr.store {
            th scope="row" { (Said(store.store.as_str())) span.s { (Said(store.platform.as_str())) } }
            td { (before(store)) }
            td {
                (access(&store.access))
                @for trouble in &store.troubles { p.m { (in_the_way(trouble)) } }
                @if !store.must_act.is_empty() { p { a href="#human" { "a human must act" } } }
            }
            td {
                @if store.credentials.is_empty() { "none to replace" }
                @else { ul.f { @for one in &store.credentials { li { (credential(one, now)) } } } }
            }
        }
    }
}

fn before(store: &StoreReport) -> Markup {
    html! {
        @match &store.found {
            Some(found) => p { (rights(found)) },
            None => p { "Nobody has looked, or nobody can." },
        }
        @for grant in &store.grants { p.m { (open_grant(grant)) } }
        @if store.had_access { p.m { "Had access before, by a grant that is over." } }
    }
}

fn rights(found: &Found) -> Markup {
    html! {
        (Said(&found.state.replace('_', " "))) ", seen " (time(Some(found.at)))
        @if found.owner { "; " b.bad { "owner of the store" } }
        @if !found.privileged.is_empty() { "; " b.bad { "privileged" } ": " (words(&found.privileged, "rights")) }
        @if !found.roles.is_empty() { "; roles: " (words(&found.roles, "roles")) }
        @if !found.permissions.is_empty() { "; permissions: " (words(&found.permissions, "permissions")) }
    }
}

fn open_grant(grant: &OpenGrant) -> Markup {
    html! {
        "Grant" @if let Some(role) = &grant.role { " as " (Said(role)) } ", " (phase(grant.phase))
        ", " (time(Some(grant.since))) " to " (time(Some(grant.until)))
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested => "asked for",
        Phase::Opening => "being let in",
        Phase::Awaiting => "offered",
        Phase::Active => "in use",
        Phase::Suspended => "switched off for a while",
        Phase::Closing => "being taken out",
        _ => "over",
    }
}

fn access(access: &AccessReport) -> Markup {
    html! {
        @match access {
            AccessReport::NotReached { reason } => p { b.bad { "not reached" } ": " (Said(reason)) },
            AccessReport::Open { ordered_at, reason } => {
                p { b.bad { "open" } ": " (Said(reason)) }
                @if let Some(at) = ordered_at { p.m { "Removal written down " (time(Some(*at))) } }
            }
            AccessReport::Closed { at, proof: Some(word @ Proof::Attested { .. }) } => p { b.wary { "attested" } ": closed since " (time(Some(*at))) ", " (proof(word)) },
            AccessReport::Closed { at, proof: Some(how) } => p { b.good { "closed" } " since " (time(Some(*at))) ", " (proof(how)) },
            AccessReport::Closed { at, proof: None } => p { b.wary { "closed without a proof" } " since " (time(Some(*at))) },
            AccessReport::WasOut { proof: word @ Proof::Attested { .. } } => p { b.wary { "attested" } ": was not inside, " (proof(word)) },
            AccessReport::WasOut { proof: how } => p { b.good { "was not inside" } ", " (proof(how)) },
            _ => p { b.bad { "open" } ", in a state that this page has no words for" },
        }
    }
}

fn in_the_way(trouble: &Trouble) -> Markup {
    html! { "In the way since " (time(Some(trouble.since))) ": " (Said(&trouble.reason)) }
}

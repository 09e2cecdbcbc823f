//! How an incident stands, so that nobody can misread it.

use guestpass::Timestamp;
use guestpass::incident::{CredentialReport, CredentialState, IncidentReport};
use maud::{Markup, html};

use super::super::parts::time;
use super::super::said::Said;
use super::super::words::count;

/// What waits, and for whom.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Credentials that go on only when a human does something.
    pub(super) credentials: u64,
    /// Of these, those that wait for nothing but the word that downtime is allowed.
    pub(super) consent: u64,
    /// Steps about an access.
    pub(super) steps: u64,
    /// When the last old credential dies that still works and dies by itself.
    pub(super) last_death: Option<Timestamp>,
}

impl Waiting {
    pub(super) fn of(report: &IncidentReport) -> Self {
        let mut waiting = Self::default();
        for store in &report.stores {
            waiting.steps += store.must_act.len() as u64;
            for credential in &store.credentials {
                waiting.credentials += u64::from(waits_for_a_human(credential));
                waiting.consent += u64::from(credential.state == CredentialState::NeedsConsent);
                if let Some(at) = dies_later(credential, report.at) {
                    waiting.last_death = waiting.last_death.max(Some(at));
                }
            }
        }
        waiting
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.credentials == 0 && self.steps == 0
    }
}

/// Whether it goes on only when a human does something.
pub(super) fn waits_for_a_human(credential: &CredentialReport) -> bool {
    let by_hand = matches!(credential.state, CredentialState::ByHand { .. } | CredentialState::NeedsConsent);
    by_hand || (credential.must_act.is_some() && !credential.is_closed())
}

fn dies_later(credential: &CredentialReport, now: Timestamp) -> Option<Timestamp> {
    match credential.state {
        CredentialState::DiesAt { at } if at > now => Some(at),
        _ => None,
    }
}

/// One sentence that cannot be misread, and what belongs to it.
pub(super) fn state(report: &IncidentReport, waiting: &Waiting) -> Markup {
    let totals = &report.totals;
    let person = report.incident.person.as_str();
    let open = still_open(report, waiting);
    let finished = report.incident.finished_at.is_some();
    let attested = totals.closed_attested + totals.credentials_attested + totals.were_out_attested;
    html! {
        @if !open.is_empty() {
            div.state.bad {
                p { "NOT FINISHED: " (open.join("; ")) "." }
                p { "As of " (time(Some(report.at))) ". What has happened since is not on this page." }
                p { "To go on: " code { "guestpass incident continue " (report.incident.id.to_string()) } }
            }
        } @else if !finished {
            div.state.wary {
                p { "Nothing is open any more, and the incident is not written down as finished yet." }
                p { "As of " (time(Some(report.at))) ". To finish it: " code { "guestpass incident continue " (report.incident.id.to_string()) } }
            }
        } @else {
            div class=(if attested + totals.closed_unproven + totals.credentials_dying > 0 { "state wary" } else { "state" }) {
                p { "Finished: " (Said(person)) " is out of " (stores(totals.stores)) "; " (replaced(totals.credentials)) "." }
                p { "As of " (time(Some(report.at))) "." }
            }
        }
        (not_proven(report, waiting, attested))
    }
}

fn still_open(report: &IncidentReport, waiting: &Waiting) -> Vec<String> {
    let totals = &report.totals;
    let mut open = Vec::new();
    if totals.not_reached > 0 {
        open.push(format!("nobody has looked at {} of {} yet", totals.not_reached, stores(totals.stores)));
    }
    if totals.open > 0 {
        open.push(format!("they may still be inside {} of {}", totals.open, stores(totals.stores)));
    }
    if totals.credentials_open > 0 {
        let of = count(totals.credentials, "credential is", "credentials are");
        open.push(format!("{} of {of} not replaced", totals.credentials_open));
    }
    if waiting.credentials > 0 {
        open.push(count(waiting.credentials, "credential waits for a human", "credentials wait for a human"));
    }
    if waiting.steps > 0 {
        open.push(count(waiting.steps, "step waits for a human", "steps wait for a human"));
    }
    open
}

fn not_proven(report: &IncidentReport, waiting: &Waiting, attested: u64) -> Markup {
    html! {
        @if attested > 0 {
            p { b.wary { "Not proven: " } (count(attested, "end is", "ends are")) " on somebody’s word alone." }
        }
        @if report.totals.closed_unproven > 0 {
            p { b.wary { "Without a proof: " } "the access to " (stores(report.totals.closed_unproven))
                " is over in our records, without a look and without a word." }
        }
        @if report.totals.credentials_dying > 0 {
            p { b.wary { "Still working: " } (count(report.totals.credentials_dying, "old credential dies by itself", "old credentials die by themselves"))
                ", the last one at " (time(waiting.last_death)) "." }
        }
    }
}

fn stores(several: u64) -> String {
    count(several, "store", "stores")
}

fn replaced(several: u64) -> String {
    match several {
        0 => "no credential was to be replaced".to_owned(),
        1 => "the one credential is replaced".to_owned(),
        several => format!("all {several} credentials are replaced"),
    }
}

/// All of it in numbers.
pub(super) fn numbers(report: &IncidentReport) -> Markup {
    let totals = &report.totals;
    let access = [
        ("Not reached yet", "nobody has looked", totals.not_reached),
        ("Open", "they may still be inside", totals.open),
        ("Closed, proven", "a look shows that they are out", totals.closed_proven),
        ("Closed, attested", "out by somebody’s word", totals.closed_attested),
        ("Closed without a proof", "nothing was ever sent, or it goes on for others", totals.closed_unproven),
        ("Were out, proven", "a look shows that they were not inside", totals.were_out),
        ("Were out, attested", "not inside by somebody’s word", totals.were_out_attested),
        ("All stores", "", totals.stores),
    ];
    let credentials = [
        ("Open", "the old one may still work", totals.credentials_open),
        ("Dead", "the old one no longer works", totals.credentials_dead),
        ("Dying by themselves", "replaced; the old one works until a known time", totals.credentials_dying),
        ("Attested", "replaced by somebody’s word", totals.credentials_attested),
        ("All credentials", "that are to be replaced", totals.credentials),
    ];
    let before = [
        ("Were inside", "or could have come in", totals.were_inside),
        ("Of these privileged", "could grant access, move money or take data out", totals.were_privileged),
    ];
    html! {
        section #summary {
            h2 { "In numbers" }
            div.side {
                (table("How the access stands now", "Stores", &access))
                (table("How the credentials stand now", "Credentials", &credentials))
                (table("What was open when it began", "Stores", &before))
            }
        }
    }
}

fn table(caption: &str, of: &str, lines: &[(&str, &str, u64)]) -> Markup {
    html! {
        table.n {
            caption { (caption) }
            thead { tr { th scope="col" { "State" } th scope="col" { (of) } } }
            tbody {
                @for (what, means, several) in lines {
                    tr { th scope="row" { (what) @if !means.is_empty() { span.s { (means) } } } td { (several) } }
                }
            }
        }
    }
}

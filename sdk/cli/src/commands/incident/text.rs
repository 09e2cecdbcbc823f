//! The report of an incident as a text that is read in a hurry: the verdict, what people must do, what is open, what is closed.

use std::fmt::Write;

use crate::output::{
    IncidentCredentialView, IncidentReportView, IncidentStoreView, ProofView, Table, moment,
};

/// Everything, the urgent first.
pub(super) fn of(report: &IncidentReportView) -> String {
    let mut text = format!("{}\n\n{}", verdict(report), head(report));
    text.push_str(&by_hand(report));
    text.push_str(&open_stores(report));
    text.push_str(&open_credentials(report));
    text.push_str(&closed_stores(report));
    text.push_str(&were_out(report));
    text.push_str(&closed_credentials(report));
    text.push_str(&next(report));
    text
}

/// One sentence that nobody can misread.
pub(super) fn verdict(report: &IncidentReportView) -> String {
    let totals = &report.totals;
    let (person, stores) = (&report.incident.person, totals.stores);
    let inside = totals.open + totals.not_reached;
    let mut sentence = if report.is_over { "OVER: " } else { "NOT OVER: " }.to_owned();
    if inside > 0 {
        let unseen = match totals.not_reached {
            0 => String::new(),
            unseen => format!(", {unseen} of which nobody has looked at yet"),
        };
        let _ = write!(sentence, "{person} may still be inside {inside} of {stores} store(s){unseen}");
    } else {
        let _ = write!(sentence, "{person} is out of all {stores} store(s){}", not_proven(report));
    }
    let _ = write!(sentence, "; {}.", credentials(report));
    sentence
}

fn not_proven(report: &IncidentReportView) -> String {
    let totals = &report.totals;
    let mut parts = Vec::new();
    let attested = totals.closed_attested + totals.were_out_attested;
    if attested > 0 {
        parts.push(format!("{attested} of them only by somebody's word"));
    }
    if totals.closed_unproven > 0 {
        parts.push(format!("{} without a proof", totals.closed_unproven));
    }
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn credentials(report: &IncidentReportView) -> String {
    let totals = &report.totals;
    let all = totals.credentials;
    if report.incident.rotate == "nowhere" {
        return "no credential was to be replaced".to_owned();
    }
    if totals.credentials_open > 0 {
        return format!("{} of {all} credential(s) are not dead", totals.credentials_open);
    }
    match (all, totals.credentials_attested, totals.credentials_dying) {
        (0, ..) => "there is no credential to replace".to_owned(),
        (_, 0, 0) => format!("all {all} credential(s) are dead"),
        (_, attested, dying) => format!(
            "of {all} credential(s) {} are dead, {dying} die by themselves at a known time, {attested} are replaced only by somebody's word",
            totals.credentials_dead
        ),
    }
}

fn head(report: &IncidentReportView) -> String {
    let (incident, totals) = (&report.incident, &report.totals);
    let mut text = format!("incident {} of {}, read {}\n", incident.id, incident.person, moment(report.at));
    let mut line = |label: &str, value: String| {
        let _ = writeln!(text, "  {:<14} {value}", format!("{label}:"));
    };
    let because = incident.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let ticket = incident.ticket.as_ref().map(|ticket| format!(" ({ticket})")).unwrap_or_default();
    line("opened", format!("{} by {}{because}{ticket}", moment(incident.opened_at), incident.by.name()));
    if let Some(at) = incident.finished_at {
        line("finished", moment(at));
    }
    line(
        "were inside",
        format!(
            "{} store(s), {} of them with rights over people, money or data",
            totals.were_inside, totals.were_privileged
        ),
    );
    line(
        "access",
        format!(
            "{} closed with proof, {} closed by somebody's word (not proven), {} over without proof, {} were out, {} were out by somebody's word (not proven), {} open, {} not looked at",
            totals.closed_proven,
            totals.closed_attested,
            totals.closed_unproven,
            totals.were_out,
            totals.were_out_attested,
            totals.open,
            totals.not_reached
        ),
    );
    line(
        "credentials",
        format!(
            "{} dead, {} dying at a known time, {} replaced by somebody's word (not proven), {} open; of {} store(s)",
            totals.credentials_dead,
            totals.credentials_dying,
            totals.credentials_attested,
            totals.credentials_open,
            match incident.rotate {
                "everywhere" => "every",
                "nowhere" => "no",
                _ => "every exposed",
            }
        ),
    );
    if incident.allows_downtime {
        line("downtime", "is allowed".to_owned());
    }
    text
}

/// What only people can do, with where to click and what to write then.
fn by_hand(report: &IncidentReportView) -> String {
    let mut text = String::new();
    let mut count = 0_u32;
    let mut one = |place: String, what: &str, links: &[String], next: &str| {
        count += 1;
        let _ = writeln!(text, "  {place}: {what}");
        for link in links {
            let _ = writeln!(text, "    link:        {link}");
        }
        let _ = writeln!(text, "    next:        {next}");
    };
    for store in &report.stores {
        for must in &store.must_act {
            one(store.store.clone(), &must.what, &must.links, &must.next);
        }
        for credential in store.credentials.iter().filter(|credential| !credential.is_closed) {
            let place = format!("{}/{}", store.store, credential.credential);
            let next = credential.next.as_deref().unwrap_or_default();
            match &credential.must_act {
                Some(must) => one(place, &must.what, &must.links, &must.next),
                None if credential.waits_for_people => {
                    one(place, credential.reason.as_deref().unwrap_or_default(), &[], next);
                }
                None => {}
            }
        }
    }
    if count == 0 { text } else { format!("\nWhat people must do ({count}):\n{text}") }
}

fn open_stores(report: &IncidentReportView) -> String {
    let open: Vec<_> = report.stores.iter().filter(|store| !store.is_out()).collect();
    let mut table = Table::new(["store", "platform", "access", "why", "next"]);
    for store in &open {
        let access = match (store.access, store.ordered_at) {
            ("not_reached", _) => "NOT LOOKED AT".to_owned(),
            (_, Some(at)) => format!("OPEN, removal written down {}", moment(at)),
            _ => "OPEN".to_owned(),
        };
        let (why, next) = (store.reason.clone(), store.next.clone());
        table.row([
            store.store.clone(),
            store.platform.clone(),
            access,
            why.unwrap_or_default(),
            next.unwrap_or_default(),
        ]);
    }
    section("Where they may still be inside", open.len(), &table)
}

fn open_credentials(report: &IncidentReportView) -> String {
    let open: Vec<_> = all_credentials(report).filter(|(_, one)| !one.is_closed).collect();
    let mut table = Table::new(["credential", "kind", "state", "why", "next"]);
    for (store, one) in &open {
        let state = one.state.replace('_', " ");
        table.row([
            named(store, one),
            one.kind.clone(),
            state,
            one.reason.clone().unwrap_or_default(),
            one.next.clone().unwrap_or_default(),
        ]);
    }
    section("Credentials that are not dead", open.len(), &table)
}

fn closed_stores(report: &IncidentReportView) -> String {
    let closed: Vec<_> = report.stores.iter().filter(|store| store.access == "closed").collect();
    let mut table = Table::new(["store", "platform", "closed", "how we know"]);
    for store in &closed {
        let at = store.closed_at.map(moment).unwrap_or_default();
        table.row([store.store.clone(), store.platform.clone(), at, known_by(store.proof.as_ref())]);
    }
    section("Closed", closed.len(), &table)
}

/// Names are enough: there are hundreds.
fn were_out(report: &IncidentReportView) -> String {
    let out = report.stores.iter().filter(|store| store.access == "was_out");
    let (said, seen): (Vec<_>, Vec<_>) =
        out.partition(|store| store.proof.as_ref().is_some_and(ProofView::is_word));
    let named = |stores: Vec<&IncidentStoreView>, how: &str| {
        if stores.is_empty() {
            return String::new();
        }
        let names = stores.iter().map(|store| store.store.as_str()).collect::<Vec<_>>().join(", ");
        format!("\nWere not inside, {how} ({}):\n  {names}\n", stores.len())
    };
    format!("{}{}", named(seen, "as a look showed"), named(said, "by somebody's word, not proven"))
}

fn closed_credentials(report: &IncidentReportView) -> String {
    let closed: Vec<_> = all_credentials(report).filter(|(_, one)| one.is_closed).collect();
    let mut table = Table::new(["credential", "kind", "old one", "since", "how we know"]);
    for (store, one) in &closed {
        let state = match one.state {
            "dies_at" => "dies by itself",
            "attested" => "replaced (not proven)",
            state => state,
        };
        let how = match one.state {
            "dies_at" => "the platform ends it then".to_owned(),
            "dead" if one.proof.is_none() => "there was none".to_owned(),
            _ => known_by(one.proof.as_ref()),
        };
        let at = one.at.map(moment).unwrap_or_default();
        table.row([named(store, one), one.kind.clone(), state.to_owned(), at, how]);
    }
    section("Credentials that are replaced", closed.len(), &table)
}

fn next(report: &IncidentReportView) -> String {
    let id = &report.incident.id;
    if report.is_over {
        return match report.incident.finished_at {
            Some(_) => String::new(),
            None => format!(
                "\nNothing is open any more. To write that down; nothing is sent: guestpass incident continue {id}\n"
            ),
        };
    }
    format!(
        "\nSweeps go on with removals that are written down and with rotations that have begun. What nobody has looked at or begun yet waits for: guestpass incident continue {id}\n"
    )
}

fn section(title: &str, count: usize, table: &Table) -> String {
    if count == 0 { String::new() } else { format!("\n{title} ({count}):\n{table}") }
}

fn known_by(proof: Option<&ProofView>) -> String {
    proof
        .map_or_else(|| "no proof: nothing was sent that could have let them in".to_owned(), ProofView::brief)
}

fn named(store: &IncidentStoreView, one: &IncidentCredentialView) -> String {
    format!("{}/{}", store.store, one.credential)
}

fn all_credentials(
    report: &IncidentReportView,
) -> impl Iterator<Item = (&IncidentStoreView, &IncidentCredentialView)> {
    report.stores.iter().flat_map(|store| store.credentials.iter().map(move |one| (store, one)))
}

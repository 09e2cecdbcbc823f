//! What a page says about one store.

use std::collections::HashMap;
use std::io;

use maud::{Markup, html};

use super::super::parts::{MOST_WORDS, who, words};
use super::super::said::Said;
use super::super::words::{finding, long_rights, name_of, rank};
use super::summary::Counted;
use crate::output::{DecisionView, ReviewRowView, ReviewedStoreView, moment};

/// What a page says about one store, by the place where it says it.
#[derive(Debug)]
pub(super) struct Fragments {
    pub(super) gap: String,
    pub(super) look: String,
    pub(super) everybody: String,
    pub(super) data: String,
}

impl Fragments {
    pub(super) fn of(store: &ReviewedStoreView) -> io::Result<Self> {
        let mut data = serde_json::to_string(store).map_err(io::Error::other)?;
        data.push('\n');
        Ok(Self { gap: gap(store).0, look: look(store).0, everybody: everybody(store).0, data })
    }
}

/// The head of the table of rows with findings.
pub(super) fn look_begin(counted: &Counted) -> String {
    let caption = html! {
        caption {
            (counted.rows_with_findings) " of " (counted.rows) " rows have findings. The store with the worst finding comes first."
        }
    };
    begin("r7", &caption, &["Row", "Who", "Account", "May do", "Until", "Findings", "Decision"])
}

/// The head of the table of all rows.
pub(super) fn everybody_begin(counted: &Counted) -> String {
    let caption = html! {
        caption {
            "All " (counted.rows) " rows of " (counted.stores) " stores, by the names of the stores. Rows with findings are here in short."
        }
    };
    begin("r5", &caption, &["Row", "Who", "Account", "May do", "Until"])
}

fn begin(class: &str, caption: &Markup, columns: &[&str]) -> String {
    let columns_too = html! { @for _ in columns { (maud::PreEscaped("<col/>")) } };
    let head = html! { thead { tr { @for column in columns { th scope="col" { (column) } } } } };
    format!("<table class=\"w {class}\">{}<colgroup>{}</colgroup>{}", caption.0, columns_too.0, head.0)
}

/// Whether everybody who is inside has a row, in words.
fn reading(store: &ReviewedStoreView) -> Markup {
    html! {
        @match store.reading {
            "complete" => { "everybody listed" @if let Some(at) = store.began_at { ", " (moment(at)) } }
            "attested" => b.wary { "on people’s word alone" },
            "failed" => b.bad { "NOT READ: what the ledger knows" },
            "waiting" => b.bad { "NOT READ YET" },
            other => b.bad { (Said(other)) },
        }
    }
}

fn gap(store: &ReviewedStoreView) -> Markup {
    html! {
        @if store.reading != "complete" {
            tr {
                th scope="row" { (Said(&store.store)) }
                td { (Said(&store.platform)) }
                td { (reading(store)) }
                td { @match &store.reason { Some(reason) => (Said(reason)), None => "–" } }
                td { @match store.began_at { Some(at) => (moment(at)), None => "–" } }
            }
        }
    }
}

fn heading(store: &ReviewedStoreView, columns: usize, rows: &Markup) -> Markup {
    html! {
        tr.g { th scope="rowgroup" colspan=(columns) {
            b { (Said(&store.store)) } " · " (Said(&store.platform)) " · " (reading(store)) " · " (rows)
        } }
    }
}

fn look(store: &ReviewedStoreView) -> Markup {
    let mut rows: Vec<_> = store.rows.iter().filter(|row| !row.findings.is_empty()).collect();
    rows.sort_by_key(|row| (worst(row), row.number));
    let several = html! { (rows.len()) " of " (store.rows.len()) " rows" };
    let mut seen = Seen::default();
    html! {
        @if !rows.is_empty() {
            tbody {
                (heading(store, 7, &several))
                @for row in rows {
                    tr {
                        th scope="row" id={ "r" (row.number) } { (Said(&row.row)) }
                        (inside(row, &mut seen))
                        td { ul.f { @for found in &row.findings { li { (finding(found)) } } } }
                        td { @match &row.decision { Some(decision) => (decided(decision)), None => (boxes()) } }
                    }
                    (below(row, &seen, 7))
                }
            }
        }
    }
}

fn worst(row: &ReviewRowView) -> usize {
    row.findings.iter().map(|finding| rank(finding.kind)).min().unwrap_or(usize::MAX)
}

fn everybody(store: &ReviewedStoreView) -> Markup {
    let several = match store.rows.len() {
        0 if store.reading == "complete" => html! { "nobody" },
        0 => html! { "nothing is known" },
        1 => html! { "1 row" },
        several => html! { (several) " rows" },
    };
    let mut seen = Seen::default();
    html! {
        tbody {
            (heading(store, 5, &several))
            @for row in &store.rows {
                tr {
                    @if row.findings.is_empty() {
                        th scope="row" id={ "r" (row.number) } { (Said(&row.row)) }
                        (inside(row, &mut seen))
                    } @else {
                        th scope="row" { a href={ "#r" (row.number) } { (row.number) } }
                        (in_short(row))
                    }
                }
                @if row.findings.is_empty() { (below(row, &seen, 5)) }
            }
        }
    }
}

/// The four cells that every row has.
fn inside<'a>(row: &'a ReviewRowView, seen: &mut Seen<'a>) -> Markup {
    html! {
        td { (name(row)) }
        td { (account(row)) }
        td {
            @if let Some(role) = &row.role { span.s { "grant: " (Said(role)) } }
            (words(&row.roles, "roles"))
            @if !row.roles.is_empty() && !row.permissions.is_empty() { "; " }
            (seen.permissions(row))
            @if row.findings.is_empty() && row.decision.is_some() {
                @if let Some(decision) = &row.decision { div { "Decision: " (decided(decision)) } }
            }
            @if !row.findings.is_empty() {
                @for grant in &row.grants { span.s { "grant " (Said(grant)) } }
            }
        }
        td { (until(row)) }
    }
}

/// The same cells of a row that is further up in full.
fn in_short(row: &ReviewRowView) -> Markup {
    let mut kinds: Vec<_> = row.findings.iter().map(|finding| name_of(finding.kind)).collect();
    kinds.dedup();
    html! {
        td { (name(row)) }
        td { (account(row)) }
        td { "see above: " (kinds.join(", ")) }
        td { (until(row)) }
    }
}

fn name(row: &ReviewRowView) -> Markup {
    html! {
        @if let Some(name) = &row.name { span { (Said(name)) } " " }
        @if let Some(email) = &row.email { span.s { (Said(email)) } }
        @if let Some(person) = &row.person { span.s { "ours: " (Said(person)) } }
        @if row.name.is_none() && row.email.is_none() && row.person.is_none() { "–" }
    }
}

fn account(row: &ReviewRowView) -> Markup {
    html! {
        @match &row.account { Some(account) => code { (Said(account)) }, None => "no account seen" }
        @if let Some(status) = &row.status { " " (Said(status)) }
        @if let Some(at) = row.last_login { span.s { "last sign-in " (moment(at)) } }
    }
}

fn until(row: &ReviewRowView) -> Markup {
    html! { @match row.until { Some(at) => (moment(at)), None => "–" } }
}

fn decided(decision: &DecisionView) -> Markup {
    html! {
        b { (decision.verdict) }
        ", " (who(&decision.by)) ", " (moment(decision.at))
        @if let Some(reason) = &decision.reason { ": " (Said(reason)) }
    }
}

/// For a pen.
fn boxes() -> Markup {
    html! { i { "keep" } i { "revoke" } i { "reduce" } }
}

/// Long lists below a row, where there is room for them.
fn below(row: &ReviewRowView, seen: &Seen<'_>, columns: usize) -> Markup {
    let permissions = seen.is_first(row).then_some(("permissions", row.permissions.as_slice()));
    let of_finding = |found| long_rights(found).map(|rights| (name_of(found.kind), rights));
    let long: Vec<_> = permissions.into_iter().chain(row.findings.iter().filter_map(of_finding)).collect();
    html! {
        @if !long.is_empty() {
            tr.l { td {} td colspan=(columns - 1) {
                @for (what, rights) in long {
                    div { details {
                        summary { (Said(what)) ", " (rights.len()) }
                        " " @for (index, right) in rights.iter().enumerate() { @if index > 0 { ", " } (Said(right)) }
                    } }
                }
            } }
        }
    }
}

/// Long lists of permissions, and the first row of the store that has each: whole teams have the same.
#[derive(Default)]
struct Seen<'a>(HashMap<&'a [String], u32>);

impl<'a> Seen<'a> {
    fn permissions(&mut self, row: &'a ReviewRowView) -> Markup {
        if row.permissions.len() <= MOST_WORDS {
            return words(&row.permissions, "permissions");
        }
        let first = *self.0.entry(&row.permissions).or_insert(row.number);
        html! {
            @if first == row.number { (row.permissions.len()) " permissions" }
            @else { "the same " (row.permissions.len()) " permissions as row " (first) }
        }
    }

    /// Whether its permissions are written out below it.
    fn is_first(&self, row: &ReviewRowView) -> bool {
        self.0.get(row.permissions.as_slice()) == Some(&row.number)
    }
}

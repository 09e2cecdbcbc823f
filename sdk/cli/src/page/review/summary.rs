//! What a page says first: how much was read, and what was found, in numbers.

use maud::{Markup, html};

use super::super::parts::{time, who};
use super::super::said::Said;
use super::super::words::{KINDS, count, rank};
use crate::output::{ReviewSummary, ReviewedStoreView};

/// What stands on the page itself.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) stores: usize,
    /// Stores where not everybody was listed.
    pub(super) gaps: usize,
    pub(super) rows: usize,
    pub(super) rows_with_findings: usize,
    pub(super) decided: usize,
}

impl Counted {
    pub(super) fn add(&mut self, store: &ReviewedStoreView) {
        self.stores += 1;
        self.gaps += usize::from(store.reading != "complete");
        self.rows += store.rows.len();
        let found: Vec<_> = store.rows.iter().filter(|row| !row.findings.is_empty()).collect();
        self.rows_with_findings += found.len();
        self.decided += found.iter().filter(|row| row.decision.is_some()).count();
    }
}

/// The title, what it is, and whether it is whole.
pub(super) fn heading(title: &str, review: &ReviewSummary, counted: &Counted) -> Markup {
    html! {
        header {
            h1 { (Said(title)) }
            p.lead { "Everybody who can get into our stores, compared with what our ledger of grants says about them." }
            (state(review, counted))
            dl.facts {
                dt { "Review" } dd { code { (Said(&review.id)) } }
                dt { "By" } dd { (who(&review.by)) }
                dt { "Why" } dd { @match &review.reason { Some(reason) => (Said(reason)), None => "not stated" } }
                dt { "Began" } dd { (time(Some(review.began_at))) }
                dt { "Finished" }
                dd { @match review.finished_at { Some(at) => (time(Some(at))), None => b.bad { "not yet" } } }
            }
        }
    }
}

/// Nobody may take for complete what is not.
fn state(review: &ReviewSummary, counted: &Counted) -> Markup {
    let mut missing = Vec::new();
    let stores = |several: usize| count(several as u64, "store", "stores");
    if review.failed > 0 {
        missing.push(format!("{} could not be read", stores(review.failed)));
    }
    if review.waiting > 0 {
        missing.push(format!("{} not read yet", stores(review.waiting)));
    }
    if review.attested > 0 {
        missing.push(format!("{} known by people’s word alone", stores(review.attested)));
    }
    let absent = review.stores.saturating_sub(counted.stores);
    if absent > 0 {
        missing.push(format!("{} not on this page", stores(absent)));
    }
    let open = counted.rows_with_findings - counted.decided;
    html! {
        @if missing.is_empty() && review.complete == review.stores && review.finished_at.is_some() {
            div.state { p { "Complete: everybody was listed on " (all(review.stores)) "." } (to_decide(counted, open)) }
        } @else if review.failed + review.waiting + absent > 0 {
            div.state.bad {
                p { "NOT COMPLETE: of " (stores(review.stores)) ", " (missing.join("; ")) "." }
                p { "Who is inside these is not known. " a href="#gaps" { "Which they are, and why" } }
                (to_decide(counted, open))
            }
        } @else {
            div.state.wary {
                p { "Not proven everywhere: of " (stores(review.stores)) ", " (missing.join("; ")) "." }
                p { "What people have said is no listing. " a href="#gaps" { "Which stores these are, and why" } }
                (to_decide(counted, open))
            }
        }
    }
}

fn all(stores: usize) -> String {
    if stores == 1 { "the one store".to_owned() } else { format!("all {stores} stores") }
}

fn to_decide(counted: &Counted, open: usize) -> Markup {
    html! {
        p {
            @if counted.rows_with_findings == 0 { "No row has findings." }
            @else {
                (count(counted.rows_with_findings as u64, "row has findings", "rows have findings")) "; "
                (count(open as u64, "is", "are")) " not decided yet."
            }
        }
    }
}

/// All of it in numbers.
pub(super) fn numbers(review: &ReviewSummary) -> Markup {
    html! {
        section #summary {
            h2 { "In numbers" }
            div.side {
                (readings(review))
                (findings(review))
                (ends(review))
            }
        }
    }
}

fn readings(review: &ReviewSummary) -> Markup {
    let lines = [
        ("Everybody was listed", review.complete),
        ("On people’s word alone", review.attested),
        ("Could not be read", review.failed),
        ("Not read yet", review.waiting),
        ("All stores", review.stores),
    ];
    html! {
        table.n {
            caption { "Stores, by how they were read" }
            thead { tr { th scope="col" { "Reading" } th scope="col" { "Stores" } } }
            tbody { @for (what, several) in lines { tr { th scope="row" { (what) } td { (several) } } } }
        }
    }
}

fn findings(review: &ReviewSummary) -> Markup {
    let mut kinds: Vec<_> = review.findings.iter().filter(|(_, several)| **several > 0).collect();
    kinds.sort_by_key(|(kind, _)| rank(kind));
    html! {
        table.n {
            caption { "Findings, by kind, in " (review.rows) " rows; a row may have several" }
            thead { tr { th scope="col" { "Finding" } th scope="col" { "Times" } } }
            tbody {
                @for (kind, several) in &kinds {
                    tr {
                        th scope="row" {
                            @match KINDS.get(rank(kind)) {
                                Some((kind, words, _)) => a href={ "#f-" (kind) } { (words) },
                                None => (Said(kind)),
                            }
                        }
                        td { (several) }
                    }
                }
                @if kinds.is_empty() { tr { th scope="row" { "none" } td { "0" } } }
            }
        }
    }
}

fn ends(review: &ReviewSummary) -> Markup {
    let lines = [
        ("Proven", "a look shows that the access is gone", review.ends.proven),
        ("Attested", "somebody says so; nothing shows it", review.ends.attested),
        ("Unproven", "closed by force, or nothing was ever sent", review.ends.unproven),
    ];
    html! {
        table.n {
            caption { "Grants that are over, by how we know" }
            thead { tr { th scope="col" { "End" } th scope="col" { "Grants" } } }
            tbody {
                @for (what, means, several) in lines {
                    tr { th scope="row" { (what) span.s { (means) } } td { (several) } }
                }
            }
        }
    }
}

/// The head of the table of stores that are not complete.
pub(super) fn gaps_begin(counted: &Counted) -> String {
    let head = html! {
        caption {
            b.bad { (count(counted.gaps as u64, "store is", "stores are")) " not complete." }
            " Their rows are what the ledger knows or what people have said, and prove nobody’s absence."
        }
        thead { tr { @for column in ["Store", "Platform", "How it stands", "Why", "When"] { th scope="col" { (column) } } } }
    };
    format!("<table class=\"w gap\">{}<tbody>", head.0)
}

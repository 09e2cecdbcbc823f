//! What a page says last: how to decide, what the words mean, and by what it is signed.

use maud::{Markup, html};

use super::super::said::Said;
use super::super::signing::signatures as sign;
use super::super::words::KINDS;

/// How decisions are recorded, and what the findings mean.
pub(super) fn how_to_decide(example: Option<&str>, mark: &str) -> Markup {
    let row = example.map_or_else(|| format!("{mark}-1"), str::to_owned);
    html! {
        section #words {
            h2 { "How to decide, and what the words mean" }
            p { "What is ticked on paper counts once it is recorded, row by row:" }
            p { code { "guestpass review decide " (Said(&row)) " keep|revoke|reduce --by NAME --reason TEXT" } }
            dl.facts {
                dt { b { "keep" } } dd { "It is right as it is." }
                dt { b { "revoke" } } dd { "They go: the grants of the row end; somebody of ours who has none is taken out." }
                dt { b { "reduce" } } dd { "They keep what the role of their grant says, and nothing more." }
            }
            p.m {
                "About the merchant’s own people a decision is recorded, and the merchant carries it out. "
                "Rows without findings can be decided in the same way. A later decision takes the place of an earlier one; "
                "every one of them stays in the audit log."
            }
            h3 { "Findings, the worst first" }
            dl.facts {
                @for (kind, words, means) in KINDS { dt id={ "f-" (kind) } { b { (words) } } dd { (means) } }
            }
            h3 { "Other words" }
            dl.facts {
                dt { b { "complete" } } dd { "Everybody was listed, so whoever is not here was not inside at that time." }
                dt { b { "people’s word" } } dd { "Only the merchant can look; the rows are what people have said." }
                dt { b { "as stated" } } dd { "Somebody gave this name; nobody made sure that it was them." }
            }
        }
    }
}

/// The signatures of a review.
pub(super) fn signatures(checksum: &str, mark: &str) -> Markup {
    sign(
        "Reviewed by",
        checksum,
        html! {
            "It is taken over the JSON of every store, one a line, each line with its end, by the names of the stores. "
            "From the same run with " code { "--json" } ": "
            code { "jq -cs 'map(.store // empty) | sort_by(.store) | .[]' review-" (Said(mark)) ".jsonl | sha256sum" } "."
        },
    )
}

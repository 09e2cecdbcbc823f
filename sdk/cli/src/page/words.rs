//! What things are called in pages.

use guestpass::review::Finding;
use guestpass::{Evidence, Proof};
use maud::{Markup, html};

use super::parts::{MOST_WORDS, words};
use super::said::Said;
use crate::output::{FindingView, moment};

/// A kind of finding: its name in machine output, in words, and what it means. The worst first.
pub(super) const KINDS: [(&str, &str, &str); 10] = [
    ("beyond_grant", "more than the grant", "They may do more than the role of their grant says."),
    (
        "ours_without_grant",
        "ours without a grant",
        "Somebody of ours is inside, and no grant that has begun says why.",
    ),
    (
        "privileged",
        "privileged",
        "They may grant access, move money or take data out. The one owner that every store has is none; a second one is, and so is one of ours.",
    ),
    (
        "grant_without_person",
        "grant without a person",
        "A grant says that somebody is inside, and nothing shows them there.",
    ),
    (
        "residual",
        "left to look after",
        "What a removal does not cover, for example a token that they may have made. Also when the person is out.",
    ),
    ("duplicate", "duplicate", "The same person, or the same mailbox, has another account here."),
    (
        "unconfirmed",
        "unconfirmed",
        "The platform does not show it: an invitation that is only kept, or somebody who cannot be told apart.",
    ),
    ("dormant", "dormant", "They have not signed in for a long time, where the platform tells."),
    (
        "not_comparable",
        "not comparable",
        "The platform, or the role, does not say enough to compare their rights with the grant.",
    ),
    ("shared_mailbox", "shared mailbox", "Several people read this mailbox, so nobody can say who it was."),
];

/// How bad it is; less is worse.
pub(super) fn rank(kind: &str) -> usize {
    KINDS.iter().position(|(name, ..)| *name == kind).unwrap_or(KINDS.len())
}

/// Its kind in words.
pub(super) fn name_of(kind: &str) -> &str {
    KINDS.iter().find(|(name, ..)| *name == kind).map_or(kind, |(_, words, _)| words)
}

/// The rights that it names, where they are too many to stand in a cell.
pub(super) fn long_rights(finding: &FindingView) -> Option<&[String]> {
    match &finding.detail {
        Finding::BeyondGrant { rights } | Finding::Privileged { rights } if rights.len() > MOST_WORDS => {
            Some(rights)
        }
        _ => None,
    }
}

/// A finding in words. Rights that are many are only counted.
pub(super) fn finding(finding: &FindingView) -> Markup {
    let name = name_of(finding.kind);
    html! {
        b { (Said(name)) }
        @match &finding.detail {
            Finding::OursWithoutGrant { before_us: true } => ": was there before us",
            Finding::BeyondGrant { rights } | Finding::Privileged { rights } => {
                @if rights.len() > MOST_WORDS { ": " (rights.len()) " rights" }
                @else if !rights.is_empty() { ": " (words(rights, "rights")) }
            }
            Finding::NotComparable { reason } => { ": " (Said(reason)) }
            Finding::Dormant { last_login: Some(at) } => { ": last sign-in " (moment(*at)) }
            Finding::Dormant { last_login: None } => ": has never signed in",
            Finding::Duplicate { of } => { ": other account " (Said(&of.to_string())) }
            Finding::Residual { what } => { ": " (Said(what)) }
            Finding::OursWithoutGrant { .. } | Finding::GrantWithoutPerson | Finding::SharedMailbox | Finding::Unconfirmed => {}
            _ => { ": " (Said(&finding.text)) }
        }
    }
}

/// How we know of an end. Somebody's word is never called a proof.
pub(super) fn proof(proof: &Proof) -> Markup {
    let (evidence, what) = match proof {
        Proof::Listed { evidence } => (evidence, "a complete listing does not hold them"),
        Proof::BaselineEqual { evidence } => {
            (evidence, "a complete listing holds nobody who was not there before them")
        }
        Proof::Restored { evidence } => (evidence, "a look shows what was there before them"),
        Proof::Disabled { evidence } => {
            (evidence, "a look shows the account switched off, with a password that nobody knows")
        }
        Proof::CredentialDead { evidence } => (evidence, "the old one was used and refused"),
        Proof::Attested { who, at, note } => return attested(who, &moment(*at), note),
        _ => return html! { "in a way that this page has no words for" },
    };
    html! { "proven: " (what) ", " (moment(evidence.began_at)) (seen(evidence)) }
}

fn attested(who: &str, at: &str, note: &str) -> Markup {
    html! { "not proven, on the word of " (Said(who)) ", " (at) ": " (Said(note)) }
}

/// What the vendor's support asks for.
fn seen(evidence: &Evidence) -> Markup {
    html! {
        @if !evidence.request_ids.is_empty() {
            span.m { " (requests " (words(&evidence.request_ids, "requests")) ")" }
        }
    }
}

/// One thing, or several.
pub(super) fn count(several: u64, one: &str, many: &str) -> String {
    format!("{several} {}", if several == 1 { one } else { many })
}

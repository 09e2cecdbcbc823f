//! How a credential stands, in words.

use guestpass::Timestamp;
use guestpass::incident::{CredentialReport, CredentialState, RotationWay};
use guestpass::rotation::Stage;
use maud::{Markup, html};

use super::super::parts::time;
use super::super::said::Said;
use super::super::words::proof;

pub(super) fn credential(one: &CredentialReport, now: Timestamp) -> Markup {
    html! {
        code { (Said(one.name.as_str())) } " (" (Said(&one.kind.to_string())) ", " (way(&one.way)) "): "
        @match &one.state {
            CredentialState::NotBegun { reason } => { b.bad { "open" } ", not begun: " (Said(reason)) }
            CredentialState::NeedsConsent => { b.bad { "open" } ", waits for downtime to be allowed" }
            CredentialState::ByHand { reason } => { b.bad { "open" } ", by hand: " (Said(reason)) }
            CredentialState::InWork { stage, waits_for } => {
                b.bad { "open" } ", in work: " (how_far(*stage))
                @if let Some(what) = waits_for { "; waits for: " (Said(what)) }
            }
            CredentialState::DiesAt { at } if *at > now => {
                b.wary { "replaced" } "; the old one still works and dies by itself at " (time(Some(*at)))
            }
            CredentialState::DiesAt { at } => { b.good { "dead" } ", died by itself at " (time(Some(*at))) }
            CredentialState::Dead { at, proof: Some(how) } => { b.good { "dead" } " since " (time(Some(*at))) ", " (proof(how)) }
            CredentialState::Dead { at, proof: None } => { b.good { "replaced" } " at " (time(Some(*at))) "; there was no old one" }
            CredentialState::Attested { proof: word } => { b.wary { "attested" } ": replaced, " (proof(word)) }
            _ => { b.bad { "open" } ", in a state that this page has no words for" }
        }
    }
}

fn way(way: &RotationWay) -> &'static str {
    match way {
        RotationWay::Automatic => "by calls",
        RotationWay::Guided => "guided",
        RotationWay::InPlace => "with downtime",
        _ => "by hand",
    }
}

fn how_far(stage: Stage) -> &'static str {
    match stage {
        Stage::Planned => "written down, nothing was asked for yet",
        Stage::Issuing => "a new one was asked for",
        Stage::Issued => "there is a new one, which is not safe everywhere yet",
        Stage::Staged => "the new one is safe",
        Stage::Verified => "the new one works",
        Stage::Promoting => "the new one is being put in place",
        Stage::Promoted => "the new one is in place, the old one still works",
        Stage::Retiring => "the end of the old one was asked for",
        Stage::Done => "the new one is in place, and the end of the old one is not certain",
        Stage::Aborting => "it is being given up",
        Stage::Aborted => "it was given up",
        _ => "at a stage that this page has no words for",
    }
}

//! An invitation that nobody has accepted: since when it is open, until when it can be accepted, and whose turn it is.

use super::causes::{Cause, CauseKind};
use super::facts::{Facts, Looked};
use super::words::{cause, day};
use crate::Timestamp;
use crate::grants::{Grant, Step};
use crate::model::{AccessState, Actor, StepCheck};

/// The invitation of a grant.
pub(super) fn of_grant(facts: &Facts, grant: &Grant) -> Cause {
    cause(
        CauseKind::InvitationOpen,
        "They have not accepted the invitation.",
        evidence(facts, Some(grant)),
        "Let them look for the invitation, in the spam folder too, and send it again if it is lost.",
        Some(Actor::Person),
    )
}

/// A request that people made by hand, and that whoever has to answer it has not accepted.
pub(super) fn by_hand(facts: &Facts, grant: &Grant, step: &Step) -> Cause {
    let manual = step.manual.as_ref();
    let instructions = manual.iter().flat_map(|manual| &manual.instructions);
    // What comes before was done: the store shows it.
    let next = instructions.clone().rfind(|instruction| instruction.actor == Actor::Merchant);
    let next = next.or_else(|| instructions.last());
    let check = manual.map(|manual| match &manual.check {
        StepCheck::Observe(what) | StepCheck::Attest(what) => what.clone(),
    });
    let waits = format!("step {} is open since {}", step.id, day(step.opened_at));
    cause(
        CauseKind::InvitationOpen,
        "The store shows that they were asked in, and nobody has accepted it.",
        format!("{waits}; {}", evidence(facts, Some(grant))),
        next.map_or_else(
            || check.unwrap_or_else(|| format!("Take step {}.", step.id)),
            |next| next.text.clone(),
        ),
        Some(next.map_or(Actor::Merchant, |next| next.actor)),
    )
}

/// An invitation that no grant has asked for.
pub(super) fn without_grant(facts: &Facts) -> Cause {
    cause(
        CauseKind::InvitationOpen,
        "They were asked in and have not accepted, and no grant says why.",
        evidence(facts, None),
        "Take the invitation back, or ask for a grant.",
        Some(Actor::Operator),
    )
}

/// An invitation that was sent, and of which a complete look shows nothing any more.
pub(super) fn gone(facts: &Facts, grant: &Grant) -> Cause {
    cause(
        CauseKind::InvitationLapsed,
        "The invitation is not there any more: it was declined or taken back, or its time was over.",
        evidence(facts, Some(grant)),
        "Sweep, which ends the grant; then ask for a new one, and tell the person.",
        Some(Actor::Operator),
    )
}

fn evidence(facts: &Facts, grant: Option<&Grant>) -> String {
    let since = match (facts.invited_at, grant) {
        (Some(sent), _) => format!("sent on {}, {} ago", day(sent), age(facts.now, sent)),
        (None, Some(grant)) => {
            format!(
                "offered on {} or later, {} ago at most",
                day(grant.starts_at),
                age(facts.now, grant.starts_at)
            )
        }
        (None, None) => "the ledger does not know when it was sent".to_owned(),
    };
    let seen = match &facts.look {
        Looked::Seen(look) if matches!(look.state, AccessState::Invited { .. }) => {
            format!("; seen on {}", day(look.evidence.began_at))
        }
        _ => String::new(),
    };
    format!("{since}{seen}; {}; {}", by_platform(facts), by_rules(facts, grant))
}

/// Until when the platform lets it be accepted.
fn by_platform(facts: &Facts) -> String {
    let lapses = match &facts.look {
        Looked::Seen(look) => look.lapses_at,
        _ => None,
    };
    match lapses {
        Some(at) if at <= facts.now => format!("the platform let it be accepted until {}", day(at)),
        Some(at) => format!("the platform lets it be accepted until {}", day(at)),
        None => "the platform does not tell until when it can be accepted".to_owned(),
    }
}

/// When our own rules let the grant lapse.
fn by_rules(facts: &Facts, grant: Option<&Grant>) -> String {
    let Some(grant) = grant else { return "no grant ends it".to_owned() };
    let lapses = facts.patience.and_then(|patience| grant.starts_at.checked_add(patience).ok());
    match lapses.filter(|at| *at < grant.ends_at) {
        Some(at) if at <= facts.now => format!("by our rules it should have been accepted by {}", day(at)),
        Some(at) => format!("by our rules it lapses on {}", day(at)),
        None => format!("our rules keep it open until the grant ends on {}", day(grant.ends_at)),
    }
}

/// How long ago, in the unit in which people say it.
fn age(now: Timestamp, then: Timestamp) -> String {
    let minutes = now.duration_since(then).as_mins().max(0);
    let counted = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match minutes {
        0..120 => counted(minutes, "minute"),
        120..2880 => counted(minutes / 60, "hour"),
        _ => counted(minutes / 1440, "day"),
    }
}

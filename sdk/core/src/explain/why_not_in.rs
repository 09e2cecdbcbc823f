//! Why somebody cannot get in.

use super::causes::{Cause, CauseKind, Standing};
use super::decide::standing;
use super::facts::{Facts, Looked};
use super::invitation;
use super::why_in::removal_open;
use super::words::{cause, day, mine, of_step, open};
use crate::grants::{Cause as EndCause, Grant, Phase, StepKind};
use crate::model::{AccessState, Actor, Proof};

pub(super) fn why_not_in(facts: &Facts, causes: &mut Vec<Cause>) {
    if let Some(eviction) = facts.holding.as_ref().and_then(|holding| holding.eviction.as_ref()) {
        causes.push(cause(
            CauseKind::Evicted,
            "They are to go whatever was there before, so nobody lets them in.",
            format!("ordered by {} on {}", eviction.by.name, day(eviction.since)),
            "Wait until their removal is proven; then ask for a new grant.",
            None,
        ));
    }
    for grant in mine(facts) {
        of_living(facts, grant, causes);
    }
    if let Looked::Seen(look) = &facts.look
        && let AccessState::Suspended { .. } = look.state
    {
        let ours = facts.holding.as_ref().is_some_and(|holding| holding.paused);
        causes.push(cause(
            CauseKind::SwitchedOff,
            if ours {
                "Their account is switched off because we paused it."
            } else {
                "Their account is switched off."
            },
            format!("seen on {}", day(look.evidence.began_at)),
            if ours {
                "Resume the access."
            } else {
                "Ask the merchant to switch the account on, or ask for a grant."
            },
            Some(if ours { Actor::Operator } else { Actor::Merchant }),
        ));
    }
    let mut living = mine(facts).filter(|grant| grant.phase != Phase::Closing);
    if living.next().is_none() && matches!(facts.seen(), Some(AccessState::Invited { .. })) {
        causes.push(invitation::without_grant(facts));
    }
    if mine(facts).next().is_none() {
        causes.push(facts.past.as_ref().map_or_else(no_grant, of_past));
    }
    // An invitation that went out was allowed.
    if let Some(what) = &facts.unproven
        && mine(facts).any(|grant| grant.phase == Phase::Opening)
    {
        causes.push(cause(
            CauseKind::PlanLimit,
            "The plan or the scopes of this store may not allow to let people in.",
            format!("not proven: {what}"),
            "Check the store, and ask the merchant about the plan.",
            Some(Actor::Merchant),
        ));
    }
}

fn of_living(facts: &Facts, grant: &Grant, causes: &mut Vec<Cause>) {
    let evidence = format!("grant {} is {}", grant.id, grant.phase);
    match grant.phase {
        Phase::Requested if grant.needs_approval && grant.approved_by.is_none() => causes.push(cause(
            CauseKind::ApprovalMissing,
            "Nobody has approved the grant.",
            evidence,
            format!("Approve or decline grant {}.", grant.id),
            Some(Actor::Operator),
        )),
        Phase::Requested if grant.starts_at > facts.now => causes.push(cause(
            CauseKind::StartsLater,
            format!("The grant begins on {}.", day(grant.starts_at)),
            evidence,
            "Wait, or ask for another grant that begins now.",
            None,
        )),
        Phase::Requested | Phase::Opening | Phase::Awaiting => causes.extend(of_opening(facts, grant)),
        Phase::Suspended => causes.push(cause(
            CauseKind::SwitchedOff,
            "The grant is suspended.",
            evidence,
            "Resume the access.",
            Some(Actor::Operator),
        )),
        Phase::Closing => {
            causes.push(cause(
                CauseKind::GrantEnded,
                "Their grant is ending, and the proof that they are out is still to come.",
                evidence,
                "Ask for a new grant if they need the access.",
                Some(Actor::Operator),
            ));
            if matches!(standing(facts), Standing::NotIn) {
                removal_open(facts, grant, causes);
            }
        }
        Phase::Active if is_gone(facts) => causes.push(cause(
            CauseKind::TakenOut,
            "They are not there although a grant lets them in: somebody else took them out.",
            evidence,
            "Ask the merchant why; the next pass ends the grant.",
            Some(Actor::Merchant),
        )),
        _ => {}
    }
}

/// Whether whoever was inside is not there any more, or only an old invitation is.
fn is_gone(facts: &Facts) -> bool {
    matches!(&facts.look, Looked::Seen(look)
        if matches!(look.state, AccessState::Absent | AccessState::Invited { .. }))
}

/// What keeps a grant from letting them in, that began and has not.
fn of_opening(facts: &Facts, grant: &Grant) -> Option<Cause> {
    let is_seen = matches!(facts.seen(), Some(AccessState::Invited { .. }));
    let evidence = format!("grant {} is {}", grant.id, grant.phase);
    match open(facts, |kind| *kind == StepKind::Entry) {
        Some(step) if is_seen => return Some(invitation::by_hand(facts, grant, step)),
        Some(step) => {
            let what = "Somebody must take a step that lets them in.";
            return Some(of_step(CauseKind::EntryStepOpen, what, step));
        }
        None if facts.waits_for_an_answer() => return Some(invitation::of_grant(facts, grant)),
        None if matches!(facts.seen(), Some(AccessState::Suspended { .. })) => return None,
        None => {}
    }
    if grant.phase == Phase::Awaiting {
        let is_out = matches!(facts.seen(), Some(AccessState::Absent));
        return is_out.then(|| invitation::gone(facts, grant));
    }
    let is_known = facts.holding.as_ref().is_some_and(|holding| !holding.troubles.is_empty());
    // What stands in the way was told already.
    (!is_known).then(|| {
        cause(
            CauseKind::NotBegun,
            "The grant may let them in now, and that was not done or not finished yet.",
            evidence,
            "Sweep now.",
            Some(Actor::Operator),
        )
    })
}

pub(super) fn of_past(past: &Grant) -> Cause {
    let Some(end) = &past.end else { return no_grant() };
    let evidence = match &end.proof {
        Some(Proof::Attested { who, at, .. }) => format!("said by {who} on {}", day(*at)),
        Some(proof) => format!("proven on {}", day(proof.at())),
        None => "without a proof".to_owned(),
    };
    let (kind, what, next_step) = match end.cause {
        EndCause::Lapsed => (
            CauseKind::InvitationLapsed,
            "Nobody accepted the invitation or took the step in time.",
            "Ask for a new grant, and tell the person.",
        ),
        EndCause::Drift => (
            CauseKind::TakenOut,
            "Somebody else took them out of the store.",
            "Ask the merchant why; if it was a mistake, ask for a new grant.",
        ),
        EndCause::Offboarded => (
            CauseKind::GrantEnded,
            "They were taken out of every store.",
            "Ask for a new grant if they are back.",
        ),
        EndCause::Expired => {
            (CauseKind::GrantEnded, "The time of their grant is over.", "Ask for a new grant.")
        }
        EndCause::Revoked => (CauseKind::GrantEnded, "Their grant was revoked.", "Ask whoever revoked it."),
        EndCause::Withdrawn => {
            (CauseKind::GrantEnded, "Their grant was taken back before it was used.", "Ask for a new grant.")
        }
        EndCause::Declined => {
            (CauseKind::GrantEnded, "Their grant was declined.", "Ask whoever declined it.")
        }
        EndCause::Forced => (
            CauseKind::ForcedClosed,
            "The record of their grant was closed by force, so nobody looks after their access.",
            "Look at the store, and take them out or adopt the access.",
        ),
    };
    let by = end.by.as_ref().map(|by| format!(", by {}", by.name)).unwrap_or_default();
    let evidence = format!("grant {} ended on {}{by}; {evidence}", past.id, day(end.since));
    cause(kind, what, evidence, next_step, Some(Actor::Operator))
}

fn no_grant() -> Cause {
    cause(
        CauseKind::NoGrant,
        "Nobody has asked for their access.",
        "the ledger holds no grant of theirs here",
        "Ask for a grant.",
        Some(Actor::Operator),
    )
}

//! What keeps us from doing anything, whichever way it should go.

use super::causes::{Cause, CauseKind};
use super::facts::{Checked, Facts, Failure, Looked};
use super::words::{cause, day};
use crate::error::ErrorKind;
use crate::grants::TroubleKind;
use crate::model::{AccessState, Actor, UnknownReason};

/// What keeps us from doing anything, whichever way it should go.
pub(super) fn obstacles(facts: &Facts, causes: &mut Vec<Cause>) {
    if matches!(facts.look, Looked::NoStore) {
        causes.push(cause(
            CauseKind::StoreUnknown,
            "The store is not configured, so nothing can be read or sent.",
            "the directory does not know it",
            "Put the store back into the configuration.",
            Some(Actor::Operator),
        ));
    }
    let failures = [
        if let Looked::Failed(failure) = &facts.look { Some(failure) } else { None },
        if let Checked::Failed(failure) = &facts.check { Some(failure) } else { None },
    ];
    // A check that never waits may find the budget used up by the look that was just taken: that keeps nobody from anything.
    let seen = matches!(facts.look, Looked::Seen(_));
    let hinders = |failure: &&Failure| !seen || failure.kind != ErrorKind::RateLimited;
    for failure in failures.into_iter().flatten().filter(hinders) {
        causes.push(of_failure(failure));
    }
    if let Some(AccessState::Unknown { reason }) = facts.seen() {
        causes.extend(of_unknown(facts, reason));
    }
    if let Some(why) = &facts.hidden {
        causes.push(cause(
            CauseKind::PlanLimit,
            "The plan of the store, or a scope that we lack, hides who is inside.",
            why.clone(),
            "Ask the merchant about the plan, and for the scope; until then people's word is all there is.",
            Some(Actor::Merchant),
        ));
    }
    let troubles = facts.holding.iter().flat_map(|holding| &holding.troubles);
    for trouble in troubles {
        let evidence = format!("since {}: {}", day(trouble.since), trouble.reason);
        let is = |kind: ErrorKind| trouble.error.as_deref() == Some(kind.as_str());
        let (kind, what, next_step, actor) = match trouble.kind {
            TroubleKind::AuthorityLost => authority_lost(),
            TroubleKind::Ambiguous if is(ErrorKind::Conflict) => refused(),
            TroubleKind::Ambiguous => (
                CauseKind::Ambiguous,
                "Several accounts may be theirs, so nothing is done.",
                "Find out which one it is, name it in the configuration, and close the step.",
                Some(Actor::Operator),
            ),
            TroubleKind::Unsettled => (
                CauseKind::Unsettled,
                "An answer of the store was lost, and nothing is sent before it is known what it did.",
                "Wait for the next look, or look by hand.",
                None,
            ),
            TroubleKind::Undelivered => (
                CauseKind::Undelivered,
                "Their password could not be put where it belongs.",
                "Repair the sink; the next pass makes and delivers a new password.",
                Some(Actor::Operator),
            ),
            TroubleKind::StoreUnknown => (
                CauseKind::StoreUnknown,
                "The store left the configuration while something is owed there.",
                "Put the store back into the configuration.",
                Some(Actor::Operator),
            ),
            TroubleKind::StoreUnavailable if is(ErrorKind::SeatLimit) => (
                CauseKind::SeatLimit,
                "The store has no room for another user.",
                "Ask the merchant to free a seat or to change the plan.",
                Some(Actor::Merchant),
            ),
            TroubleKind::StoreUnavailable if is(ErrorKind::RateLimited) => budget(),
            TroubleKind::StoreUnavailable => unavailable(),
            TroubleKind::RemovalLate => continue,
        };
        causes.push(cause(kind, what, evidence, next_step, actor));
    }
    if let Looked::Seen(look) = &facts.look
        && let AccessState::Ambiguous { accounts } = &look.state
    {
        let ids: Vec<_> = accounts.iter().map(|account| account.id.to_string()).collect();
        causes.push(cause(
            CauseKind::Ambiguous,
            "Several accounts match this person, and none is picked.",
            format!("seen: {}", ids.join(", ")),
            "Name the right account by its id in the configuration.",
            Some(Actor::Operator),
        ));
    }
}

/// A look that proves nothing. What cannot be looked at by its nature is told at the end.
fn of_unknown(facts: &Facts, reason: &UnknownReason) -> Option<Cause> {
    let (kind, what, next_step, actor) = match reason {
        UnknownReason::Denied(_) if facts.hidden.is_some() => return None,
        UnknownReason::Denied(_) => authority_lost(),
        UnknownReason::Incomplete(_) => unavailable(),
        UnknownReason::NotObservable(_) => return None,
    };
    Some(cause(kind, what, reason.to_string(), next_step, actor))
}

fn of_failure(failure: &Failure) -> Cause {
    let (kind, what, next_step, actor) = match failure.kind {
        ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => authority_lost(),
        ErrorKind::RateLimited => budget(),
        ErrorKind::Conflict | ErrorKind::InvalidRequest | ErrorKind::Config => refused(),
        ErrorKind::SeatLimit => (
            CauseKind::SeatLimit,
            "The store has no room for another user.",
            "Ask the merchant to free a seat or to change the plan.",
            Some(Actor::Merchant),
        ),
        _ => unavailable(),
    };
    cause(kind, what, format!("{}; next: {}", failure.message, failure.remedy), next_step, actor)
}

type Told = (CauseKind, &'static str, &'static str, Option<Actor>);

fn authority_lost() -> Told {
    (
        CauseKind::AuthorityLost,
        "Our credential does not work on this store, or may not do what is needed.",
        "Put a valid control credential in place; until then the merchant does it by hand.",
        Some(Actor::Operator),
    )
}

fn refused() -> Told {
    (
        CauseKind::Refused,
        "The store and our settings do not fit together, or the store refused it, so nothing is done.",
        "Do what the reason says, and sweep.",
        Some(Actor::Operator),
    )
}

fn budget() -> Told {
    (
        CauseKind::BudgetExhausted,
        "The request budget of the platform is used up for now.",
        "Wait; removals may use a reserve.",
        None,
    )
}

fn unavailable() -> Told {
    (
        CauseKind::StoreUnavailable,
        "The platform or the store does not answer as it should.",
        "Try again later.",
        None,
    )
}

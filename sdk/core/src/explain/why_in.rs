//! Why somebody is still inside.

use super::causes::{Cause, CauseKind, Standing};
use super::decide::standing;
use super::facts::Facts;
use super::why_not_in::of_past;
use super::words::{cause, day, of_step, open};
use crate::grants::{Former, Grant, Phase, StepKind};
use crate::model::{Actor, Proof};

pub(super) fn why_in(facts: &Facts, causes: &mut Vec<Cause>) {
    for grant in &facts.grants {
        let mine = grant.person == facts.person;
        let evidence = format!("grant {} of {} is {}", grant.id, grant.person, grant.phase);
        match grant.phase {
            Phase::Closing => removal_open(facts, grant, causes),
            _ if !grant.phase.is_owed() => {}
            _ if mine => causes.push(cause(
                CauseKind::GrantLives,
                format!("A grant lets them in until {}.", day(grant.ends_at)),
                evidence,
                "Revoke it if they should not be inside.",
                None,
            )),
            _ => causes.push(cause(
                CauseKind::SharedAccess,
                format!("They come in as one with {}, whose grant goes on.", grant.person),
                evidence,
                "End the other grants too, or take the person out of what they share.",
                Some(Actor::Operator),
            )),
        }
    }
    let evicted = facts.holding.as_ref().is_some_and(|holding| holding.eviction.is_some());
    if evicted && facts.grants.iter().all(|grant| grant.phase != Phase::Closing) {
        removal_late(facts, "their removal is ordered", causes);
    }
    let nothing_owed = facts.grants.iter().all(|grant| !grant.phase.is_owed()) && !evicted;
    if nothing_owed && matches!(standing(facts), Standing::In) {
        causes.push(inside_without_grant(facts));
    }
    if let Some(difference) = &facts.wrong_role {
        causes.push(cause(
            CauseKind::WrongRole,
            "They have other rights than the grant says.",
            difference.clone(),
            "Set the grant's role, or decide in a review that they keep what they have.",
            Some(Actor::Operator),
        ));
    }
}

pub(super) fn removal_open(facts: &Facts, grant: &Grant, causes: &mut Vec<Cause>) {
    let since = grant.end.as_ref().map_or(grant.ends_at, |end| end.since);
    removal_late(facts, &format!("grant {} is ending since {}", grant.id, day(since)), causes);
}

fn removal_late(facts: &Facts, evidence: &str, causes: &mut Vec<Cause>) {
    if let Some(step) = open(facts, |kind| matches!(kind, StepKind::Exit | StepKind::Decision)) {
        causes.push(of_step(CauseKind::ExitStepOpen, "Somebody must take a step that takes them out.", step));
    }
    let holding = facts.holding.as_ref();
    let tries = holding.map_or(0, |holding| holding.tries.failed);
    let next = holding.and_then(|holding| holding.due_at);
    let next = next.map_or_else(
        || "Settle the place now.".to_owned(),
        |at| format!("Wait for the next try on {}, or settle the place now.", day(at)),
    );
    causes.push(cause(
        CauseKind::RemovalOpen,
        "Their removal is written down and not proven yet.",
        format!("{evidence}; {tries} tries failed"),
        next,
        None,
    ));
}

fn inside_without_grant(facts: &Facts) -> Cause {
    let restored = facts.past.as_ref().is_some_and(|past| {
        past.end.as_ref().is_some_and(|end| matches!(end.proof, Some(Proof::Restored { .. })))
    });
    let former = facts.holding.as_ref().and_then(|holding| holding.former.as_ref());
    if restored || matches!(former, Some(Former::Present { .. })) {
        return cause(
            CauseKind::BeforeUs,
            "They were inside before our first grant, and its end restored that.",
            facts.past.as_ref().map_or_else(
                || "the baseline says so".to_owned(),
                |past| format!("grant {} ended with what was there before", past.id),
            ),
            "If they should be out, take them out, or adopt the access as a grant.",
            Some(Actor::Operator),
        );
    }
    match &facts.past {
        Some(past) if past.phase == Phase::ForceClosed => of_past(past),
        _ => cause(
            CauseKind::WithoutGrant,
            "They are inside, and no grant says why.",
            "a look shows them; the ledger holds no living grant",
            "Adopt the access as a grant, or take them out.",
            Some(Actor::Operator),
        ),
    }
}

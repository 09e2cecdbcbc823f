//! What causes are made of.

use super::causes::{Cause, CauseKind};
use super::facts::Facts;
use crate::Timestamp;
use crate::grants::{Grant, Step, StepKind};
use crate::model::Actor;

pub(super) fn of_step(kind: CauseKind, what: &str, step: &Step) -> Cause {
    let manual = step.manual.as_ref();
    let first = manual.and_then(|manual| manual.instructions.first());
    let title = manual.map_or("a step without text", |manual| manual.title.as_str());
    let has_message = manual.is_some_and(|manual| manual.message.is_some());
    let message = if has_message { "; it holds a message ready to send" } else { "" };
    cause(
        kind,
        what,
        format!("step {} is open since {}: {title}{message}", step.id, day(step.opened_at)),
        first.map_or_else(|| format!("Take step {}.", step.id), |first| first.text.clone()),
        Some(first.map_or(Actor::Operator, |first| first.actor)),
    )
}

pub(super) fn mine(facts: &Facts) -> impl Iterator<Item = &Grant> {
    facts.grants.iter().filter(|grant| grant.person == facts.person)
}

pub(super) fn open(facts: &Facts, which: impl Fn(&StepKind) -> bool) -> Option<&Step> {
    facts.steps.iter().find(|step| step.closed.is_none() && which(&step.kind))
}

pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

pub(super) fn cause(
    kind: CauseKind,
    what: impl Into<String>,
    evidence: impl Into<String>,
    next_step: impl Into<String>,
    actor: Option<Actor>,
) -> Cause {
    Cause { kind, what: what.into(), evidence: evidence.into(), next_step: next_step.into(), actor }
}

//! The judgement alone: facts in, causes out.

use super::causes::{Cause, Standing};
use super::facts::{Facts, Looked};
use super::leftovers::leftovers;
use super::obstacles::obstacles;
use super::why_in::why_in;
use super::why_not_in::why_not_in;
use crate::grants::{Grant, Phase};
use crate::model::AccessState;

/// Whether somebody can get in, and every reason for it, what matters most first.
#[must_use]
pub fn decide(facts: &Facts) -> (Standing, Vec<Cause>) {
    let standing = standing(facts);
    let mut causes = Vec::new();
    obstacles(facts, &mut causes);
    match standing {
        Standing::In => why_in(facts, &mut causes),
        Standing::NotIn => why_not_in(facts, &mut causes),
        Standing::Unknown => {
            why_not_in(facts, &mut causes);
            why_in(facts, &mut causes);
        }
    }
    leftovers(facts, standing, &mut causes);
    causes.sort_by_key(|cause| cause.kind);
    causes.dedup_by(|one, other| one.kind == other.kind && one.what == other.what);
    (standing, causes)
}

pub(super) fn standing(facts: &Facts) -> Standing {
    match &facts.look {
        Looked::Seen(look) => match &look.state {
            AccessState::Present { .. } => Standing::In,
            AccessState::Absent | AccessState::Invited { .. } | AccessState::Suspended { .. } => {
                Standing::NotIn
            }
            AccessState::Ambiguous { .. } => Standing::Unknown,
            AccessState::Unknown { .. } => by_word(facts),
        },
        Looked::CannotLook { .. } => by_word(facts),
        Looked::Failed(_) | Looked::NoStore => Standing::Unknown,
    }
}

/// What people have said, where nobody can look.
fn by_word(facts: &Facts) -> Standing {
    let any = |phase| facts.grants.iter().any(|grant| grant.phase == phase);
    let used = |grant: &Grant| grant.phase == Phase::Closing && grant.was_active;
    if any(Phase::Active) || facts.grants.iter().any(used) {
        return Standing::In;
    }
    if !facts.grants.is_empty() {
        return Standing::NotIn;
    }
    let proven =
        facts.past.as_ref().and_then(|past| past.end.as_ref()).is_some_and(|end| end.proof.is_some());
    if proven { Standing::NotIn } else { Standing::Unknown }
}

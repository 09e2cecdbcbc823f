//! What remains beside the access itself.

use super::causes::{Cause, CauseKind, Standing};
use super::facts::{Checked, Facts, Looked};
use super::words::{cause, day, of_step, open};
use crate::grants::StepKind;
use crate::model::{AccessState, Actor, Collaborator, Status, UnknownReason};

/// What remains beside the access itself.
pub(super) fn leftovers(facts: &Facts, standing: Standing, causes: &mut Vec<Cause>) {
    for other in &facts.others {
        causes.push(cause(
            CauseKind::OtherAccount,
            "They have another account here.",
            of_account(other),
            "Let them sign in with the right one, and take the other one out.",
            Some(Actor::Operator),
        ));
    }
    if facts.grants.iter().any(|grant| grant.phase.is_open())
        && let Some(step) = open(facts, |kind| *kind == StepKind::FollowUp)
    {
        causes.push(of_step(
            CauseKind::RoleByHand,
            "Something about their access is still to be done by hand.",
            step,
        ));
    }
    for step in facts
        .steps
        .iter()
        .filter(|step| matches!(step.kind, StepKind::Residual | StepKind::Obligation { .. }))
    {
        causes.push(of_step(CauseKind::ResidualStep, "Something is left to look after.", step));
    }
    if standing != Standing::In {
        for kept in &facts.kept_credentials {
            let name = &kept.name;
            let next = match &kept.under_way {
                Some(id) => format!("Go on with rotation {id} of {name}."),
                None => format!("Rotate {name}."),
            };
            causes.push(cause(
                CauseKind::ResidualCredential,
                format!("The credential {name} was not replaced since they were inside."),
                format!(
                    "they were inside until {}; no rotation was finished after that",
                    day(kept.inside_until)
                ),
                next,
                Some(Actor::Operator),
            ));
        }
    }
    if let Looked::CannotLook { reason } = &facts.look {
        causes.push(cause(
            CauseKind::ByWordAlone,
            "Nothing can be looked at here: this is what people have said.",
            reason.clone(),
            "Ask the merchant if in doubt.",
            Some(Actor::Merchant),
        ));
    }
    if let Some(AccessState::Unknown { reason: UnknownReason::NotObservable(why) }) = facts.seen() {
        causes.push(cause(
            CauseKind::ByWordAlone,
            "The platform does not tell whether they are inside: this is what the ledger and people say.",
            why.clone(),
            "Name their account in the configuration, or ask the merchant.",
            Some(Actor::Operator),
        ));
    }
    if let Checked::Alive { warnings, missing } = &facts.check {
        if !missing.is_empty() {
            causes.push(cause(
                CauseKind::Warned,
                "Our credential does not have every right that it may need.",
                format!("missing: {}", missing.join(", ")),
                "Have them added where the credential was made.",
                Some(Actor::Operator),
            ));
        }
        for warning in warnings {
            causes.push(cause(
                CauseKind::Warned,
                "The check of the connection warns of something.",
                warning.clone(),
                "Look whether it matters here.",
                None,
            ));
        }
    }
}

/// Which account it is, its address where the platform tells it, and whether it can get in.
fn of_account(account: &Collaborator) -> String {
    let email = account.email.known().map(|email| format!(", {email}")).unwrap_or_default();
    let status = match &account.status {
        Status::Active => "can get in",
        Status::Suspended => "switched off",
        Status::Pending => "offered and not used yet",
        Status::Unknown(_) => "whether it can get in is not known",
    };
    format!("account {}{email}: {status}", account.id)
}

//! What remains beside the access itself.

use super::causes::{Cause, CauseKind, Standing};
use super::facts::{Checked, Facts, Looked};
use super::words::{cause, of_step};
use crate::grants::StepKind;
use crate::model::Actor;

/// What remains beside the access itself.
pub(super) fn leftovers(facts: &Facts, standing: Standing, causes: &mut Vec<Cause>) {
    for other in &facts.others {
        causes.push(cause(
            CauseKind::OtherAccount,
            "They have another account here.",
            format!("account {}", other.id),
            "Let them sign in with the right one, and take the other one out.",
            Some(Actor::Operator),
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
        for name in &facts.kept_credentials {
            causes.push(cause(
                CauseKind::ResidualCredential,
                format!("The credential {name} was not replaced since they were inside."),
                "no rotation of it was finished after that",
                format!("Rotate {name}."),
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
    if let Checked::Alive { warnings } = &facts.check {
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

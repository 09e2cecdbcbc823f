//! Where an access stands, in words for people who do not know the phases.

use crate::Timestamp;
use crate::grants::{Cause, Grant, Phase};
use crate::model::Proof;

/// Where a grant stands.
pub(super) fn status(grant: &Grant, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    match grant.phase {
        Phase::Requested if grant.needs_approval && grant.approved_by.is_none() => {
            "waits for approval".to_owned()
        }
        Phase::Requested if grant.starts_at > now => format!("begins on {}", day(grant.starts_at)),
        Phase::Requested => "about to begin".to_owned(),
        Phase::Opening => "being let in".to_owned(),
        Phase::Awaiting => "offered, and not used yet".to_owned(),
        Phase::Active => "inside".to_owned(),
        Phase::Suspended => "switched off for a while".to_owned(),
        Phase::Closing => "being taken out, and not proven yet".to_owned(),
        Phase::ForceClosed => "record closed by force, without a proof".to_owned(),
        Phase::Ended => format!("out, {}", known(grant)),
        Phase::NeverOpened => format!("never inside, {}", known(grant)),
    }
}

fn known(grant: &Grant) -> String {
    match grant.end.as_ref().and_then(|end| end.proof.as_ref()) {
        Some(Proof::Attested { who, .. }) => format!("says {who}"),
        Some(_) => "proven".to_owned(),
        None => "without a proof".to_owned(),
    }
}

/// Why and by whom a grant ended; `None` while it has not.
pub(super) fn status_of_end(grant: &Grant) -> Option<String> {
    let end = grant.end.as_ref()?;
    let why = match end.cause {
        Cause::Expired => "its time was over",
        Cause::Revoked => "revoked",
        Cause::Withdrawn => "withdrawn",
        Cause::Declined => "declined",
        Cause::Lapsed => "not accepted in time",
        Cause::Offboarded => "the person left",
        Cause::Drift => "taken out by somebody else",
        Cause::Forced => "closed by force",
    };
    let by = end.by.as_ref().map(|by| format!(" by {}", by.name)).unwrap_or_default();
    let reason = end.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(format!("ended: {why}{by}{reason}"))
}

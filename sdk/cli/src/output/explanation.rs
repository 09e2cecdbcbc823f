//! An explanation as people see it.

use guestpass::explain::{Cause, CauseKind, Explanation, Standing};
use guestpass::{Actor, PersonHandle};

use super::moment;

/// Whether they can get in, what was seen, and why.
pub(crate) fn explanation_text(it: &Explanation) -> String {
    let (store, person) = (&it.store, &it.person);
    let mut text = match it.standing {
        Standing::In => format!("{store}: {person} can get in\n"),
        Standing::NotIn => format!("{store}: {person} cannot get in\n"),
        _ => format!("{store}: nobody can tell whether {person} can get in\n"),
    };
    let account = it.account.as_ref().map(|account| format!(", account {account}")).unwrap_or_default();
    let seen = match (&it.seen, it.seen_at) {
        (Some(seen), Some(at)) => format!("{seen}, on {}{account}", moment(at)),
        _ => "nobody could look".to_owned(),
    };
    text.push_str(&format!("  seen:  {seen}\n"));
    for grant in &it.grants {
        let role = grant.role.as_ref().map(|role| format!(", {role}")).unwrap_or_default();
        let of = if grant.person == it.person { String::new() } else { format!(" of {}", grant.person) };
        let (starts, ends) = (moment(grant.starts_at), moment(grant.ends_at));
        text.push_str(&format!("  grant: {}{of}: {}{role}, {starts} to {ends}\n", grant.id, grant.phase));
    }
    for (number, cause) in (1..).zip(&it.causes) {
        text.push_str(&of_cause(number, cause, person));
    }
    text
}

fn of_cause(number: u32, cause: &Cause, person: &PersonHandle) -> String {
    let who = match cause.actor {
        Some(Actor::Operator) => " (you)".to_owned(),
        Some(Actor::Merchant) => " (merchant)".to_owned(),
        Some(Actor::Person) => format!(" ({person})"),
        _ => String::new(),
    };
    format!(
        "  {number}. {}\n     how we know: {}\n     next{who}: {}\n",
        cause.what, cause.evidence, cause.next_step
    )
}

/// Whether nobody ever let them in there, and nothing else is to say about it.
pub(crate) fn is_unremarkable(it: &Explanation) -> bool {
    let nothing = [CauseKind::NoGrant, CauseKind::ByWordAlone, CauseKind::Warned];
    it.standing != Standing::In
        && it.grants.is_empty()
        && it.causes.iter().any(|cause| cause.kind == CauseKind::NoGrant)
        && it.causes.iter().all(|cause| nothing.contains(&cause.kind))
}

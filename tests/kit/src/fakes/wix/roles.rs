//! The catalogue of roles: those of the platform, and those a merchant made.

use serde_json::{Value, json};

use super::bodies;
use super::quirks::Quirks;
use crate::fakes::http::{Answer, Incoming};

/// The role that nobody can be given.
pub(super) const OWNER: &str = "6601492336091027458";
/// Almost everything, on one site.
pub(super) const CO_OWNER: &str = "6732588207941061632";
/// The dashboard, not the editor.
pub(super) const BACK_OFFICE: &str = "6614208123456789011";

/// A role, and the level at which it must not be assigned.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) not_on: Option<Level>,
}

/// Where a role is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Site,
    Account,
}

const PREDEFINED: [(&str, &str, Option<Level>); 6] = [
    (OWNER, "Owner", None),
    ("6642345101181663232", "Account Admin (Co-Owner)", Some(Level::Site)),
    (CO_OWNER, "Admin (Co-Owner)", Some(Level::Account)),
    ("6614208123456789033", "Website Manager", None),
    ("6614208123456789022", "Website Designer", None),
    (BACK_OFFICE, "Back Office Manager", None),
];

fn predefined() -> impl Iterator<Item = Role> {
    PREDEFINED.into_iter().map(|(id, title, not_on)| Role {
        id: id.to_owned(),
        title: title.to_owned(),
        not_on,
    })
}

/// Whether somebody can be given this role at this level.
pub(super) fn assignable(id: &str, level: Level, custom: &[Role]) -> bool {
    let known = predefined().chain(custom.iter().cloned()).find(|role| role.id == id);
    id != OWNER && known.is_some_and(|role| role.not_on != Some(level))
}

/// Answers the listing of roles.
pub(super) fn list(request: &Incoming, custom: &[Role], quirks: &Quirks) -> Answer {
    let locale = request.parameter("locale").unwrap_or("en");
    let level = match request.parameter("filter.roleLevel") {
        None | Some("ALL") => None,
        Some("SITE_LEVEL") => Some(Level::Site),
        Some("ACCOUNT_LEVEL") => Some(Level::Account),
        Some(_) => return bodies::invalid("filter.roleLevel", "is not a level", "INVALID_ARGUMENT"),
    };
    let wanted = |role: &Role| level.is_none() || role.not_on != level;
    let view = |role: Role| view(&role, locale, quirks);
    let body = json!({
        "predefinedRoles": predefined().filter(wanted).map(view).collect::<Vec<_>>(),
        "customRoles": custom.iter().filter(|role| wanted(role)).cloned().map(view).collect::<Vec<_>>(),
    });
    Answer::json(200, &body)
}

/// Titles are translated, so that nobody can count on them.
fn view(role: &Role, locale: &str, quirks: &Quirks) -> Value {
    let title = if locale == "en" { role.title.clone() } else { format!("{} ({locale})", role.title) };
    let restriction = match role.not_on {
        Some(Level::Site) => Some("Site"),
        Some(Level::Account) => Some("Account"),
        None if quirks.no_restriction_shown => Some("NoRestriction"),
        None => None,
    };
    let view = json!({
        "id": role.id,
        "description": format!("What {title} may do."),
        "title": title,
    });
    bodies::with(view, "restrictFromLevel", restriction.map(Value::from))
}

//! What somebody may do, against what their grant's role says.

use super::finding::Finding;
use crate::model::{Collaborator, Role, RoleSpec};

/// What is more than the role says, or why that cannot be told. `roles` are the platform's own, for their names.
pub(super) fn beyond(account: &Collaborator, role: Option<&RoleSpec>, roles: &[Role]) -> Option<Finding> {
    let Some(role) = role else { return Some(not_comparable("the grant names no role")) };
    if let (Some(held), Some(meant)) = (account.roles.known(), &role.platform_role) {
        let meant = id_of(meant, roles);
        return more(held, |right| right == meant);
    }
    if let (Some(held), false) = (account.permissions.known(), role.permissions.is_empty()) {
        return more(held, |right| role.permissions.iter().any(|meant| meant == right));
    }
    let told = account.roles.known().is_some() || account.permissions.known().is_some();
    let says = role.platform_role.is_some() || !role.permissions.is_empty();
    Some(not_comparable(match (told, says) {
        (false, _) => "the platform does not tell what this account may do",
        (true, false) => "the role says nothing about this platform",
        (true, true) => "the role and the platform speak of different things",
    }))
}

/// Whether an account shows no more than this role, as far as both tell the same things.
pub(crate) fn is_within(account: &Collaborator, role: Option<&RoleSpec>) -> bool {
    !matches!(beyond(account, role, &[]), Some(Finding::BeyondGrant { .. }))
}

/// How what somebody may do differs from a role, in one clause; `None` where it does not, or cannot be compared.
pub(crate) fn compare_rights(account: &Collaborator, role: &RoleSpec, roles: &[Role]) -> Option<String> {
    if let Some(Finding::BeyondGrant { rights }) = beyond(account, Some(role), roles) {
        return Some(format!("more than the role says: {}", rights.join(", ")));
    }
    let missing: Vec<&str> = match (account.roles.known(), &role.platform_role, account.permissions.known()) {
        (Some(held), Some(meant), _) => {
            let meant = id_of(meant, roles);
            if held.iter().any(|right| right == meant) { Vec::new() } else { vec![meant] }
        }
        (_, _, Some(held)) => {
            let meant = role.permissions.iter();
            meant.filter(|right| !held.contains(right)).map(String::as_str).collect()
        }
        _ => Vec::new(),
    };
    (!missing.is_empty()).then(|| format!("less than the role says: {} is missing", missing.join(", ")))
}

fn more(held: &[String], meant: impl Fn(&str) -> bool) -> Option<Finding> {
    let rights: Vec<_> = held.iter().filter(|right| !meant(right)).cloned().collect();
    (!rights.is_empty()).then_some(Finding::BeyondGrant { rights })
}

/// A configuration may name a role as people see it; accounts have ids.
fn id_of<'a>(meant: &'a str, roles: &'a [Role]) -> &'a str {
    let is_id = roles.iter().any(|role| role.id.as_str() == meant);
    let named = || roles.iter().find(|role| role.name == meant);
    if is_id { meant } else { named().map_or(meant, |role| role.id.as_str()) }
}

fn not_comparable(reason: &str) -> Finding {
    Finding::NotComparable { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Assignable, RoleId, Status, Told};

    fn account(roles: &[&str], permissions: &[&str]) -> Collaborator {
        let told = |words: &[&str]| match words {
            [] => Told::NotTold,
            words => Told::Known(words.iter().map(|&word| word.to_owned()).collect()),
        };
        let mut account = Collaborator::new(AccountId::new("7").unwrap(), Status::Active);
        account.roles = told(roles);
        account.permissions = told(permissions);
        account
    }

    #[test]
    fn what_is_more_than_the_role_is_found_and_what_is_less_is_not() {
        let roles = [Role::new(RoleId::new("5").unwrap(), "Support", Assignable::ByApi)];
        let by_name = RoleSpec::new("support").with_platform_role("Support");
        assert_eq!(beyond(&account(&["5"], &[]), Some(&by_name), &roles), None);
        let rights = vec!["6".to_owned()];
        assert_eq!(
            beyond(&account(&["5", "6"], &[]), Some(&by_name), &roles),
            Some(Finding::BeyondGrant { rights })
        );
        let ticked = RoleSpec::new("support").with_permissions(["View_Orders", "Manage_Orders"]);
        assert_eq!(beyond(&account(&[], &["View_Orders"]), Some(&ticked), &[]), None);
        let rights = vec!["Manage_Users".to_owned()];
        assert_eq!(
            beyond(&account(&[], &["View_Orders", "Manage_Users"]), Some(&ticked), &[]),
            Some(Finding::BeyondGrant { rights })
        );
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let reason = |account: &Collaborator, role: Option<&RoleSpec>| match beyond(account, role, &[]) {
            Some(Finding::NotComparable { reason }) => reason,
            other => panic!("{other:?}"),
        };
        let role = RoleSpec::new("support").with_platform_role("5");
        assert!(reason(&account(&["5"], &[]), None).contains("no role"));
        assert!(reason(&account(&[], &[]), Some(&role)).contains("does not tell"));
        assert!(reason(&account(&["5"], &[]), Some(&RoleSpec::new("x"))).contains("says nothing"));
        assert!(reason(&account(&[], &["a"]), Some(&role)).contains("different things"));
    }
}

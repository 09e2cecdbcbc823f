//! Roles: which there are, which may be given, and which only on an explicit word.

use guestpass::{Assignable, Error, ErrorKind, Result, Role, RoleId, RoleSpec};

use crate::wire::{RoleInfo, Roles};

/// Roles that the documentation's own example names by id. Looked up elsewhere; known here only to refuse them.
/// <https://dev.wix.com/docs/api-reference/account-level/user-management/accounts/users/get-roles-info>
const OWNER: &str = "6601492336091027458";
const CO_OWNERS: &[&str] = &["6642345101181663232", "6732588207941061632"];

const ONE_OWNER: &str = "each site has exactly one owner, and ownership moves only with the site";

/// The vendor's roles in our vocabulary. A role without a usable id cannot be given and is left out.
pub(crate) fn catalogue(answer: Roles) -> Vec<Role> {
    let infos = answer.predefined_roles.into_iter().chain(answer.custom_roles);
    infos.filter_map(role).collect()
}

fn role(info: RoleInfo) -> Option<Role> {
    let id = RoleId::new(info.id).ok()?;
    let name = info.title.filter(|title| !title.is_empty()).unwrap_or_else(|| id.to_string());
    let assignable = match info.restrict_from_level.as_deref() {
        _ if is_owner(id.as_str(), &name) => Assignable::Never(ONE_OWNER.to_owned()),
        Some(level) if level.eq_ignore_ascii_case("site") => {
            Assignable::Never("Wix gives this role for a whole account only, never for one site".to_owned())
        }
        _ => Assignable::ByApi,
    };
    let privileged = is_privileged(id.as_str(), &name);
    let role = Role::new(id, name, assignable);
    Some(if privileged { role.privileged() } else { role })
}

fn is_owner(id: &str, name: &str) -> bool {
    id == OWNER || name.trim().eq_ignore_ascii_case("owner")
}

/// Owners and co-owners, by id or by English title.
pub(crate) fn is_privileged(id: &str, name: &str) -> bool {
    id == OWNER || CO_OWNERS.contains(&id) || name.to_ascii_lowercase().contains("owner")
}

/// What can be refused without asking Wix. Gives the platform's role as it was named.
pub(crate) fn named(spec: Option<&RoleSpec>) -> Result<&str> {
    let Some(spec) = spec else {
        return Err(invalid(
            "no role was named, and Wix invites nobody without one",
            "name a role of the site",
        ));
    };
    if !spec.permissions.is_empty() {
        return Err(invalid(
            format!("the role {} lists permissions, which Wix has only in its roles", spec.name),
            "leave them out; let the merchant make a role with these permissions, and name that role",
        ));
    }
    let Some(named) = spec.platform_role.as_deref().map(str::trim).filter(|named| !named.is_empty()) else {
        return Err(invalid(
            format!("the role {} names no role of Wix", spec.name),
            "name it by its id or its English title",
        ));
    };
    if is_owner(named, named) {
        return Err(invalid(format!("the role {named} cannot be given: {ONE_OWNER}"), "choose another role"));
    }
    refuse_privileged(spec, named, is_privileged(named, named))?;
    Ok(named)
}

/// The id of the role that is meant. Without a catalogue only an id can be taken, and it is taken as it is.
pub(crate) fn resolve(spec: &RoleSpec, named: &str, catalogue: Option<&[Role]>) -> Result<String> {
    let Some(catalogue) = catalogue else {
        if named.chars().all(|c| c.is_ascii_digit()) {
            return Ok(named.to_owned());
        }
        return Err(invalid(
            format!("the role {named} is named by its title, and this credential cannot list roles"),
            "name it by its id, a number of 19 digits",
        ));
    };
    let mut found: Vec<_> = catalogue.iter().filter(|role| role.id.as_str() == named).collect();
    if found.is_empty() {
        found = catalogue.iter().filter(|role| role.name.trim().eq_ignore_ascii_case(named)).collect();
    }
    let role = match found.as_slice() {
        [role] => role,
        [] => {
            let known: Vec<_> = catalogue.iter().map(|role| role.name.as_str()).collect();
            return Err(invalid(
                format!("Wix knows no role {named} here"),
                format!("use one of: {}", known.join(", ")),
            ));
        }
        several => {
            let ids: Vec<_> = several.iter().map(|role| role.id.as_str()).collect();
            let error = Error::new(ErrorKind::Conflict, format!("several roles are called {named}"));
            return Err(error.with_remedy(format!("name it by its id: {}", ids.join(" or "))));
        }
    };
    if let Assignable::Never(why) = &role.assignable {
        return Err(invalid(format!("the role {} cannot be given: {why}", role.name), "choose another role"));
    }
    refuse_privileged(spec, &role.name, role.privileged)?;
    Ok(role.id.as_str().to_owned())
}

fn refuse_privileged(spec: &RoleSpec, named: &str, privileged: bool) -> Result<()> {
    if !privileged || spec.allow_privileged {
        return Ok(());
    }
    let message =
        format!("the role {} is privileged: {named} may invite others and change billing", spec.name);
    Err(Error::new(ErrorKind::PermissionDenied, message)
        .with_remedy("set allow_privileged for this role if that is meant"))
}

fn invalid(message: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message).with_remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Vec<Role> {
        let body = serde_json::json!({
            "predefinedRoles": [
                { "id": "6601492336091027458", "title": "Owner" },
                { "id": "6642345101181663232", "title": "Account Admin (Co-Owner)", "restrictFromLevel": "Site" },
                { "id": "1", "title": "Admin (Co-Owner)", "restrictFromLevel": "Account" },
                { "id": "2", "title": "Website Manager", "restrictFromLevel": "NoRestriction" },
                { "id": "3", "title": "Twin" },
            ],
            "customRoles": [{ "id": "9007199254740993123" }, { "id": "4", "title": "Twin", "restrictFromLevel": "New" }],
        });
        catalogue(serde_json::from_value(body).unwrap())
    }

    fn refusal(named_role: &str) -> ErrorKind {
        let spec = RoleSpec::new("ours").with_platform_role(named_role);
        let named = named(Some(&spec));
        named.and_then(|named| resolve(&spec, named, Some(&answer()))).unwrap_err().kind()
    }

    #[test]
    fn only_what_a_site_can_give_is_resolved() {
        let give = |role: &str| {
            let spec = RoleSpec::new("ours").with_platform_role(role).allowing_privileged();
            resolve(&spec, named(Some(&spec)).unwrap(), Some(&answer())).map_err(|error| error.kind())
        };
        assert_eq!(give("website manager").as_deref(), Ok("2"));
        assert_eq!(give("9007199254740993123").as_deref(), Ok("9007199254740993123"), "no digit is lost");
        assert_eq!(give("Admin (Co-Owner)").as_deref(), Ok("1"));
        assert_eq!(give("Account Admin (Co-Owner)"), Err(ErrorKind::InvalidRequest));
        assert_eq!(give("Twin"), Err(ErrorKind::Conflict));
        assert_eq!(give("Nobody"), Err(ErrorKind::InvalidRequest));
    }

    #[test]
    fn owners_are_never_given_and_co_owners_only_on_an_explicit_word() {
        assert_eq!(refusal("Owner"), ErrorKind::InvalidRequest);
        assert_eq!(refusal("6601492336091027458"), ErrorKind::InvalidRequest);
        assert_eq!(refusal("Admin (Co-Owner)"), ErrorKind::PermissionDenied);
        assert_eq!(refusal("1"), ErrorKind::PermissionDenied, "also by an id that only the catalogue tells");
    }

    #[test]
    fn a_role_is_needed_and_permissions_are_refused() {
        assert!(named(None).unwrap_err().to_string().contains("no role"));
        assert!(named(Some(&RoleSpec::new("ours"))).unwrap_err().to_string().contains("ours"));
        let listed = RoleSpec::new("ours").with_platform_role("2").with_permissions(["x"]);
        assert_eq!(named(Some(&listed)).unwrap_err().kind(), ErrorKind::InvalidRequest);
    }

    #[test]
    fn without_a_catalogue_only_ids_are_taken() {
        let spec = |role: &str| RoleSpec::new("ours").with_platform_role(role);
        assert_eq!(resolve(&spec("42"), "42", None).unwrap(), "42");
        assert!(resolve(&spec("Website Manager"), "Website Manager", None).is_err());
    }
}

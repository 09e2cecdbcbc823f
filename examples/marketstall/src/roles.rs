//! The fixed roles of Marketstall.

use guestpass::{Assignable, Error, ErrorKind, Result, Role, RoleId, RoleSpec};

pub(crate) const OWNER: &str = "owner";
/// What somebody gets who is invited to nothing in particular.
const LEAST: &str = "viewer";
const MANAGER: &str = "manager";

/// What can be given to whom; managers invite others and see the till.
pub(crate) fn roles(by: &Assignable) -> Vec<Role> {
    let role = |id: &str, name: &str, by| Some(Role::new(RoleId::new(id).ok()?, name, by));
    let owner = Assignable::Never("a stall is sold, not lent".to_owned());
    [
        role(LEAST, "Viewer", by.clone()),
        role("helper", "Helper", by.clone()),
        role(MANAGER, "Manager", by.clone()).map(Role::privileged),
        role(OWNER, "Owner", owner).map(Role::privileged),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(crate) fn is_privileged(id: &str) -> bool {
    matches!(id, MANAGER | OWNER)
}

/// The platform's role that is meant; refuses what cannot be given, and what would let a guest act as an owner.
pub(crate) fn resolve(spec: Option<&RoleSpec>) -> Result<String> {
    let Some(spec) = spec else { return Ok(LEAST.to_owned()) };
    if !spec.permissions.is_empty() {
        return Err(Error::new(ErrorKind::InvalidRequest, "Marketstall has roles and no single permissions")
            .with_remedy("name one of its roles and leave `permissions` out"));
    }
    let wanted = spec.platform_role.as_deref().unwrap_or(LEAST);
    let known = roles(&Assignable::ByApi)
        .into_iter()
        .find(|role| role.id.as_str() == wanted || role.name.eq_ignore_ascii_case(wanted));
    match known {
        None => Err(Error::new(ErrorKind::InvalidRequest, format!("Marketstall has no role {wanted:?}"))
            .with_remedy("use viewer, helper or manager")),
        Some(Role { assignable: Assignable::Never(why), .. }) => {
            Err(Error::new(ErrorKind::PermissionDenied, format!("the role {wanted} cannot be given: {why}"))
                .with_remedy("choose another role"))
        }
        Some(role) if role.privileged && !spec.allow_privileged => {
            Err(Error::new(ErrorKind::PermissionDenied, format!("the role {wanted} is privileged"))
                .with_remedy("set allow_privileged for this role if that is meant"))
        }
        Some(role) => Ok(role.id.into()),
    }
}

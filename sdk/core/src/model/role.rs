//! Roles: what a platform lets one assign, and what our configuration asks for.

use serde::Serialize;

use super::RoleId;

/// A role as the platform knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Role {
    /// The platform's id. On platforms without role ids, the role's name there.
    pub id: RoleId,
    /// The name people see.
    pub name: String,
    /// Who can assign it.
    pub assignable: Assignable,
    /// Whether it makes somebody an owner, co-owner or super-admin, or lets them create such.
    pub privileged: bool,
}

impl Role {
    /// A role without privileges.
    #[must_use]
    pub fn new(id: RoleId, name: impl Into<String>, assignable: Assignable) -> Self {
        Self { id, name: name.into(), assignable, privileged: false }
    }

    /// Marks it as one that is never handed out unless named.
    #[must_use]
    pub fn privileged(mut self) -> Self {
        self.privileged = true;
        self
    }
}

/// Who can assign a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Assignable {
    /// The API assigns it.
    ByApi,
    /// A person assigns it by hand.
    ByHand,
    /// Nobody assigns it this way; the reason is given.
    Never(String),
}

/// A role of our configuration: our name, and what it means on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RoleSpec {
    /// Our name for it.
    pub name: String,
    /// The platform's own role, by id or by the name it is known by there.
    pub platform_role: Option<String>,
    /// Permissions to tick by hand where the platform has no role to name, as the platform writes them.
    pub permissions: Vec<String>,
    /// Whether the configuration explicitly allows this role to hold an owner's rights.
    pub allow_privileged: bool,
}

impl RoleSpec {
    /// A role of ours that says nothing yet about any platform.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Names the platform's own role.
    #[must_use]
    pub fn with_platform_role(mut self, role: impl Into<String>) -> Self {
        self.platform_role = Some(role.into());
        self
    }

    /// Lists the permissions to tick.
    #[must_use]
    pub fn with_permissions(mut self, permissions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.permissions = permissions.into_iter().map(Into::into).collect();
        self
    }

    /// Allows the role to hold an owner's rights.
    #[must_use]
    pub fn allowing_privileged(mut self) -> Self {
        self.allow_privileged = true;
        self
    }
}

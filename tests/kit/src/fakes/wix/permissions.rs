//! What a merchant ticks for an API key or grants to an app.

use serde::{Deserialize, Serialize};

use super::quirks::PermissionForm;

/// A permission. Reading the ids of the account's sites needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Permission {
    /// Contributors and invitations of a site.
    ManageContributors,
    /// The roles there are.
    ReadRoles,
    /// The team of the account.
    ManageTeamMembers,
    /// The properties of a site.
    ViewSiteSettings,
    /// The e-mail of a site's owner, shown to an app.
    ReadSiteOwnerEmail,
    /// The OAuth apps of a headless site.
    ReadOauthApps,
}

impl Permission {
    pub(super) fn text(self, form: PermissionForm) -> &'static str {
        let (scope, name, operation) = match self {
            Self::ManageContributors => {
                ("SCOPE.DC-IDENTITY.MANAGE-CONTRIBUTORS", "Manage Contributors", "site-users.view-users")
            }
            Self::ReadRoles => ("SCOPE.ACCOUNT.BASIC_TEAM_MEMBER", "Read Roles", "ACCOUNT_ROLES.GET_ROLES"),
            Self::ManageTeamMembers => {
                ("SCOPE.IDENTITY.MANAGE-TEAM-MEMBERS", "Manage Team Members", "team.manage-team-member-roles")
            }
            Self::ViewSiteSettings => ("SCOPE.DC-SETTINGS.VIEW", "View Site Settings", "SITE_SETTINGS.VIEW"),
            Self::ReadSiteOwnerEmail => {
                ("SCOPE.DC-OWNER.READ-EMAIL", "Read Site Owner Email", "site.read-owner-email")
            }
            Self::ReadOauthApps => ("SCOPE.OAUTH_APP.READ", "Read OAuth Apps", "OAUTH_APP.APP_READ"),
        };
        match form {
            PermissionForm::Scope => scope,
            PermissionForm::Name => name,
            PermissionForm::OperationId => operation,
        }
    }
}

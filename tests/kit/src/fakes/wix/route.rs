//! Which operation a request asks for.

use http::Method;

use crate::fakes::http::Incoming;
use crate::fault::RequestFacts;

/// An operation, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'r> {
    QueryContributors,
    ChangeRole,
    RemoveContributor,
    Invite,
    Resend(&'r str),
    Revoke(&'r str),
    Roles,
    QuerySites,
    CountSites,
    SiteProperties,
    MintToken,
    TokenInfo,
    AppInstance,
    OauthApp(&'r str),
    SearchTeam,
    AssignTeam,
    RemoveTeam,
    InviteToTeam,
    Unknown,
}

impl<'r> Route<'r> {
    pub(super) fn of(path: &'r str) -> Self {
        match path {
            "/roles-management/v2/contributors/query" => Self::QueryContributors,
            "/roles-management/contributor/change/role" => Self::ChangeRole,
            "/roles-management/contributor/remove" => Self::RemoveContributor,
            "/invites/site-invite/bulk" => Self::Invite,
            "/roles-management/roles" => Self::Roles,
            "/site-list/v2/sites/query" => Self::QuerySites,
            "/site-list/v2/sites/count" => Self::CountSites,
            "/site-properties/v4/properties" => Self::SiteProperties,
            "/oauth2/token" => Self::MintToken,
            "/oauth2/token-info" => Self::TokenInfo,
            "/apps/v1/instance" => Self::AppInstance,
            "/roles-management/v3/team/search" => Self::SearchTeam,
            "/roles-management/v2/team/assignments" => Self::AssignTeam,
            "/roles-management/team/remove" => Self::RemoveTeam,
            "/invites/account-invite/create" => Self::InviteToTeam,
            other => match other.strip_prefix("/oauth-app/v1/oauth-apps/") {
                Some(id) => Self::OauthApp(id),
                None => Self::of_invite(other).unwrap_or(Self::Unknown),
            },
        }
    }

    fn of_invite(path: &'r str) -> Option<Self> {
        match path.strip_prefix("/invites/site-invite/")?.split_once('/')? {
            (id, "resend") => Some(Self::Resend(id)),
            (id, "revoke") => Some(Self::Revoke(id)),
            _ => None,
        }
    }

    /// What the log and the faults call it, and the method it answers to.
    fn name_and_method(self) -> Option<(&'static str, Method)> {
        Some(match self {
            Self::QueryContributors => ("contributors/query", Method::GET),
            Self::ChangeRole => ("contributor/change/role", Method::PUT),
            Self::RemoveContributor => ("contributor/remove", Method::POST),
            Self::Invite => ("site-invite/bulk", Method::POST),
            Self::Resend(_) => ("site-invite/resend", Method::POST),
            Self::Revoke(_) => ("site-invite/revoke", Method::POST),
            Self::Roles => ("roles", Method::GET),
            Self::QuerySites => ("sites/query", Method::POST),
            Self::CountSites => ("sites/count", Method::POST),
            Self::SiteProperties => ("properties", Method::GET),
            Self::MintToken => ("oauth2/token", Method::POST),
            Self::TokenInfo => ("oauth2/token-info", Method::POST),
            Self::AppInstance => ("apps/instance", Method::GET),
            Self::OauthApp(_) => ("oauth-apps/get", Method::GET),
            Self::SearchTeam => ("team/search", Method::POST),
            Self::AssignTeam => ("team/assignments", Method::PATCH),
            Self::RemoveTeam => ("team/remove", Method::POST),
            Self::InviteToTeam => ("account-invite/create", Method::POST),
            Self::Unknown => return None,
        })
    }

    pub(super) fn answers_to(self, method: &Method) -> bool {
        self.name_and_method().is_some_and(|(_, known)| known == method)
    }

    /// Whether it changes anybody's access. Minting a token does not.
    fn writes(self) -> bool {
        matches!(
            self,
            Self::ChangeRole
                | Self::RemoveContributor
                | Self::Invite
                | Self::Resend(_)
                | Self::Revoke(_)
                | Self::AssignTeam
                | Self::RemoveTeam
                | Self::InviteToTeam
        )
    }
}

/// What the log and the faults may know of a request.
pub(super) fn facts(request: &Incoming) -> RequestFacts {
    let route = Route::of(&request.path);
    let known = route.name_and_method();
    RequestFacts {
        method: request.method.to_string(),
        path: request.path.clone(),
        write: match known {
            Some(_) => route.writes(),
            None => !request.method.is_safe(),
        },
        operations: known.map(|(name, _)| name.to_owned()).into_iter().collect(),
        token_present: request.header("authorization").is_some_and(|token| !token.is_empty()),
    }
}

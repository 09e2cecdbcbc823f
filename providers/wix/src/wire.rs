//! The vendor's JSON, as it comes. Everything may be missing, or more than is documented; empty lists may be left out.

use guestpass::SecretString;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Contributors {
    #[serde(default)]
    pub(crate) contributors: Vec<Contributor>,
}

/// A contributor: without the account's id it is of no use, and neither is the listing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contributor {
    pub(crate) account_id: String,
}

/// What came of an invitation. An answer without both lists says nothing at all.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkInvite {
    pub(crate) invites: Option<Vec<SiteInvite>>,
    pub(crate) failed_emails: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resent {
    pub(crate) invite: SiteInvite,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SiteInvite {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) expiration_date: Option<String>,
    #[serde(default, deserialize_with = "maybe_secret")]
    pub(crate) accept_link: Option<SecretString>,
}

impl std::fmt::Debug for SiteInvite {
    /// Without the link: whoever has it is in.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiteInvite").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleChange {
    #[serde(default)]
    pub(crate) new_assigned_roles: Vec<AssignedRole>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignedRole {
    pub(crate) role_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Roles {
    #[serde(default)]
    pub(crate) predefined_roles: Vec<RoleInfo>,
    #[serde(default)]
    pub(crate) custom_roles: Vec<RoleInfo>,
}

/// A role. Its id is a number above 2^53, so it is text.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleInfo {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) restrict_from_level: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sites {
    #[serde(default)]
    pub(crate) sites: Vec<Site>,
    #[serde(default)]
    pub(crate) metadata: Option<SitesMetadata>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Site {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) view_url: Option<String>,
    #[serde(default)]
    pub(crate) owner_account_id: Option<String>,
    #[serde(default)]
    pub(crate) blocked: Option<bool>,
    #[serde(default)]
    pub(crate) trashed_date: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SitesMetadata {
    #[serde(default)]
    pub(crate) has_next: bool,
    #[serde(default)]
    pub(crate) cursors: Option<Cursors>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Cursors {
    #[serde(default)]
    pub(crate) next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OauthAppAnswer {
    pub(crate) o_auth_app: OauthApp,
}

/// What a headless client is, without its secret.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OauthApp {
    pub(crate) name: Option<String>,
    pub(crate) login_url: Option<String>,
    pub(crate) logout_url: Option<String>,
    pub(crate) allowed_redirect_uris: Vec<String>,
    pub(crate) allowed_redirect_domains: Vec<String>,
    pub(crate) application_type: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MintedToken {
    #[serde(deserialize_with = "secret")]
    pub(crate) access_token: SecretString,
    #[serde(default)]
    pub(crate) expires_in: Option<u64>,
}

/// What a token is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenInfo {
    pub(crate) active: bool,
    #[serde(default)]
    pub(crate) account_id: Option<String>,
    #[serde(default)]
    pub(crate) site_id: Option<String>,
    #[serde(default)]
    pub(crate) instance_id: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

fn maybe_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

/// The answer to a call that says nothing.
#[derive(Debug, Deserialize)]
pub(crate) struct Done {}

/// An error, alone or beside data.
#[derive(Debug, Deserialize)]
pub(crate) struct ErrorBody {
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) details: Option<Details>,
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) error_description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details {
    #[serde(default)]
    pub(crate) application_error: Option<ApplicationError>,
    #[serde(default)]
    pub(crate) validation_error: Option<ValidationError>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ApplicationError {
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidationError {
    #[serde(default)]
    pub(crate) field_violations: Vec<FieldViolation>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FieldViolation {
    #[serde(default)]
    pub(crate) field: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
}

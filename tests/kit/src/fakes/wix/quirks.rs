//! Switches for what the platform's documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fakes::Verdict;
use crate::fault::{ThrottleShape, seconds};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How the fake behaves where the documentation is silent, contradictory or known to vary.
///
/// The default is the likeliest reading; a suite that relies on one reading should also run with the others. Over
/// HTTP every field may be set on its own, with `snake_case` names and durations in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Quirks {
    /// Inviting, resending and revoking with an app's token instead of an API key.
    pub app_invites: Verdict,
    /// The most addresses in one invitation.
    pub emails_max: usize,
    /// Addresses that can never be invited: they come back as failed.
    pub refused_emails: Vec<String>,
    /// Inviting an address whose invitation is pending.
    pub duplicate_invite: DuplicateInvite,
    /// Inviting the address of somebody who is a contributor already.
    pub contributor_invite: DuplicateInvite,
    /// Inviting although every seat of the site is taken.
    pub seat_refusal: SeatRefusal,
    /// How long an invitation can be accepted.
    #[serde(with = "seconds")]
    pub invite_lifetime: Duration,
    /// What sending an invitation again does to it.
    pub resend: ResendEffect,
    /// Revoking an invitation that is used, ended or unknown.
    pub revoke_settled: Verdict,
    /// Removing an account that is no contributor.
    pub remove_absent: Verdict,
    /// Removing the site's owner, who stays all the same.
    pub owner_removal: Verdict,
    /// Whether the owner is among the contributors.
    pub owner_listed: bool,
    /// The first contributor is listed twice.
    pub repeat_contributor: bool,
    /// Changing somebody's roles to none.
    pub empty_roles: EmptyRoles,
    /// Changing the roles of an account that is no contributor.
    pub stranger_roles: StrangerRoles,
    /// A write is seen by reads only after this time on the fake's clock.
    #[serde(with = "seconds")]
    pub visibility_delay: Duration,
    /// A request with both selector headers.
    pub both_selectors: Verdict,
    /// A site-level request with only the account's header.
    pub account_header_on_site_call: WrongHeader,
    /// How a refusal for want of rights looks.
    pub forbidden: Forbidden,
    /// The status for a known path with the wrong method: 404 or 405.
    pub wrong_method_status: u16,
    /// Listing roles with a site's header, or with an app's token.
    pub roles_on_site_level: Verdict,
    /// Whether a role without restriction says so.
    pub no_restriction_shown: bool,
    /// Whether the search of the team expects its fields below `search`.
    pub team_search_nested: bool,
    /// How an app instance names the permissions it has.
    pub permission_form: PermissionForm,
    /// How long an access token lives.
    #[serde(with = "seconds")]
    pub token_lifetime: Duration,
    /// Whether a minted token says how long it lives.
    pub expires_in_shown: bool,
    /// The status for a wrong client id or secret: 400 or 401.
    pub invalid_client_status: u16,
    /// An app's former secret still works after a rotation.
    pub old_secret_works: bool,
    /// An API key's former token still works after a rotation.
    pub old_key_works: bool,
    /// An API key that was deleted is refused with 403 instead of 401.
    pub dead_key_forbidden: bool,
    /// What is said of a wrong client id or secret: `invalid_client`, or something else.
    pub invalid_client_code: String,
    /// The largest page of sites.
    pub sites_page_max: usize,
    /// The first page of sites is empty although more pages follow.
    pub sites_empty_page_with_next: bool,
    /// Each page of sites begins with the last one of the page before.
    pub sites_duplicate_page: bool,
    /// Every page of sites is followed by another one, behind the same cursor.
    pub sites_cycling_cursor: bool,
    /// The count beside the sites is one too high.
    pub sites_miscounted: bool,
    /// Answers are compressed for clients that accept it.
    pub gzip_answers: bool,
    /// Requests a minute. Fewer than the 200 that are documented for apps, as nothing is documented for API keys.
    pub limit_per_minute: usize,
    /// Who shares that limit.
    pub limit_sharing: LimitSharing,
    /// How a request beyond the limit is refused.
    pub limit_shape: ThrottleShape,
    /// Whether that refusal has no body.
    pub limit_body_empty: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            app_invites: Verdict::Success,
            emails_max: 50,
            refused_emails: Vec::new(),
            duplicate_invite: DuplicateInvite::NewInvite,
            contributor_invite: DuplicateInvite::FailedEmail,
            seat_refusal: SeatRefusal::FailedEmails,
            invite_lifetime: 30 * DAY,
            resend: ResendEffect::Extends,
            revoke_settled: Verdict::Error,
            remove_absent: Verdict::Success,
            owner_removal: Verdict::Error,
            owner_listed: false,
            repeat_contributor: false,
            empty_roles: EmptyRoles::Refused,
            stranger_roles: StrangerRoles::NotFound,
            visibility_delay: Duration::ZERO,
            both_selectors: Verdict::Success,
            account_header_on_site_call: WrongHeader::Precondition,
            forbidden: Forbidden::BlankDescription,
            wrong_method_status: 404,
            roles_on_site_level: Verdict::Error,
            no_restriction_shown: false,
            team_search_nested: false,
            permission_form: PermissionForm::Scope,
            token_lifetime: Duration::from_secs(14_400),
            expires_in_shown: true,
            invalid_client_status: 400,
            old_secret_works: false,
            old_key_works: false,
            dead_key_forbidden: false,
            invalid_client_code: "invalid_client".to_owned(),
            sites_page_max: 100,
            sites_empty_page_with_next: false,
            sites_duplicate_page: false,
            sites_cycling_cursor: false,
            sites_miscounted: false,
            gzip_answers: false,
            limit_per_minute: 180,
            limit_sharing: LimitSharing::BySite,
            limit_shape: ThrottleShape::NoHeaders,
            limit_body_empty: false,
        }
    }
}

/// What becomes of a second invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateInvite {
    /// It is made, beside the first.
    NewInvite,
    /// Its address comes back as failed.
    FailedEmail,
}

/// How an invitation is refused for want of seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatRefusal {
    /// HTTP 200, and the addresses without a seat come back as failed.
    FailedEmails,
    /// HTTP 428, and nobody is invited.
    Precondition,
}

/// What sending an invitation again does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResendEffect {
    /// It can be accepted for its whole lifetime again.
    Extends,
    /// It only sends the e-mail; an expired one stays so.
    KeepsExpiry,
    /// Another invitation, with another id, takes its place.
    NewId,
}

/// What becomes of a contributor whose roles are changed to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyRoles {
    /// The request is refused.
    Refused,
    /// It removes the contributor.
    Removes,
}

/// What becomes of an account whose roles are changed although it is no contributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrangerRoles {
    /// The request is refused.
    NotFound,
    /// It becomes a contributor.
    Adds,
}

/// How a header of the wrong level is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongHeader {
    /// HTTP 428: the site is missing.
    Precondition,
    /// Like a want of rights.
    Forbidden,
}

/// How a refusal for want of rights looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forbidden {
    /// HTTP 403 with a blank description.
    BlankDescription,
    /// HTTP 403 without a body.
    EmptyBody,
    /// HTTP 403 with a code.
    Code,
    /// HTTP 401, as if the credential were unknown.
    Unauthenticated,
}

/// How an app instance names its permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionForm {
    /// As scopes: `SCOPE.DC-IDENTITY.MANAGE-CONTRIBUTORS`.
    Scope,
    /// As the merchant reads them: `Manage Contributors`.
    Name,
    /// As the ids of operations: `site-users.view-users`.
    OperationId,
}

/// Who shares the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSharing {
    /// All who work on a site, and all who work on an account.
    BySite,
    /// Nobody: each credential has its own.
    ByCredential,
}

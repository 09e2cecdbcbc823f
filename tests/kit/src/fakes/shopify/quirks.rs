//! Switches for everything that no source of the platform settles.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fakes::Verdict;
use crate::fault::seconds;

/// How the fake behaves where the documentation is silent, contradictory or known to vary.
///
/// The default is the likeliest reading; a suite that relies on one reading should also run with the others. Over
/// HTTP every field may be set on its own, with `snake_case` names and durations in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Quirks {
    /// What a removed person looks like to `staffMembers` and `staffMember`.
    pub removed_person: RemovedPerson,
    /// Whose address the row of a collaborator's organisation carries.
    pub collaborator_email: CollaboratorEmail,
    /// Whether the people of a collaborator's organisation have rows of their own.
    pub team_members_listed: bool,
    /// The `active` of somebody who was not accepted yet.
    pub requested_active: bool,
    /// How `accountType` is told.
    pub account_types: AccountTypes,
    /// How the missing right to read people shows on `GraphQL`.
    pub staff_denial: StaffDenial,
    /// What `currentStaffMember` says to a token that is nobody's.
    pub current_staff_offline: CurrentStaffOffline,
    /// What a search key that does not exist does.
    pub unknown_search_key: UnknownSearchKey,
    /// After this time without a log-in a collaborator loses the access; zero switches the rule off.
    #[serde(with = "seconds")]
    pub idle_limit: Duration,
    /// After this time a request that nobody answered expires; zero switches the rule off.
    #[serde(with = "seconds")]
    pub request_lifetime: Duration,
    /// The largest page.
    pub page_size_max: usize,
    /// Each page begins with the last entry of the page before.
    pub duplicate_page: bool,
    /// The first page is empty although more pages follow.
    pub empty_page_with_next: bool,
    /// Every page is followed by another one, behind the same cursor.
    pub cycling_cursor: bool,
    /// Every page is followed by another one, and no cursor leads there.
    pub next_page_without_cursor: bool,
    /// The budget of an app on a store, whatever the plan of the store.
    pub bucket: Option<BucketSize>,
    /// The cost above which a query is refused.
    pub max_cost: u64,
    /// How much of the cost block answers carry.
    pub cost_block: CostBlock,
    /// How much of it refusals for an empty bucket carry.
    pub throttled_cost_block: CostBlock,
    /// Costs are told as floating-point numbers.
    pub float_costs: bool,
    /// How the token endpoint writes its errors.
    pub oauth_errors: OauthErrors,
    /// How values are written in what the platform signs after an installation.
    pub signature: SignatureReading,
    /// An answer of the token endpoint leaves `expires_in` out.
    pub omit_expires_in: bool,
    /// What a repeated refresh with the same refresh token answers.
    pub repeated_refresh: RepeatedRefresh,
    /// Whether the answer of the legacy rotation carries `scope`.
    pub legacy_rotation_scope: bool,
    /// Delegates of a token that has a refresh token.
    pub delegate_of_expiring: Verdict,
    /// Deleting a storefront token that does not exist.
    pub storefront_delete_absent: Verdict,
    /// How the Storefront API refuses a token that does not exist.
    pub storefront_refusal: StorefrontRefusal,
    /// The Storefront API denies even the name of the shop to tokens that work.
    pub storefront_shop_denied: bool,
    /// Listings of storefront tokens show their texts to the app that made them.
    pub storefront_texts: bool,
    /// The token endpoint looks at the refresh token before it looks at the client secret.
    pub refresh_token_first: bool,
    /// The token endpoint calls the refresh token of an uninstalled app dead, and not the app uninstalled.
    pub uninstalled_refresh_is_dead: bool,
    /// A migration that is sent once more with the token that it killed.
    pub repeated_migration: Verdict,
    /// The status for a token of an app that was uninstalled: 401, 403 or 404.
    pub uninstalled_status: u16,
    /// The text of a refusal by the list of allowed addresses.
    pub address_denial: String,
    /// The status with which the legacy list of users refuses stores and apps that may not read it.
    pub users_denial_status: u16,
    /// Calls that a REST bucket holds.
    pub rest_bucket: u32,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            removed_person: RemovedPerson::Absent,
            collaborator_email: CollaboratorEmail::Organisation,
            team_members_listed: true,
            requested_active: false,
            account_types: AccountTypes::Told,
            staff_denial: StaffDenial::Graphql200,
            current_staff_offline: CurrentStaffOffline::Denied,
            unknown_search_key: UnknownSearchKey::Ignored,
            idle_limit: Duration::from_secs(90 * 24 * 3600),
            request_lifetime: Duration::ZERO,
            page_size_max: 250,
            duplicate_page: false,
            empty_page_with_next: false,
            cycling_cursor: false,
            next_page_without_cursor: false,
            bucket: None,
            max_cost: 1000,
            cost_block: CostBlock::Whole,
            throttled_cost_block: CostBlock::Whole,
            float_costs: false,
            oauth_errors: OauthErrors::AsSeen,
            signature: SignatureReading::Decoded,
            omit_expires_in: false,
            repeated_refresh: RepeatedRefresh::NewPair,
            legacy_rotation_scope: true,
            delegate_of_expiring: Verdict::Success,
            storefront_delete_absent: Verdict::Error,
            storefront_refusal: StorefrontRefusal::Status401,
            storefront_shop_denied: false,
            storefront_texts: true,
            refresh_token_first: false,
            uninstalled_refresh_is_dead: false,
            repeated_migration: Verdict::Error,
            uninstalled_status: 401,
            address_denial: "Forbidden".to_owned(),
            users_denial_status: 403,
            rest_bucket: 40,
        }
    }
}

/// What a removed person looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovedPerson {
    /// There is no row.
    Absent,
    /// The row stays with `exists: false`.
    ExistsFalse,
    /// The row stays with `active: false`.
    ActiveFalse,
}

/// Whose address the row of a collaborator's organisation carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollaboratorEmail {
    /// The organisation's own.
    Organisation,
    /// That of its first person.
    FirstPerson,
}

/// How `accountType` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountTypes {
    /// As it is.
    Told,
    /// As null.
    Null,
    /// As a value that no version knows.
    Unheard,
}

/// How the missing right to read people shows on `GraphQL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffDenial {
    /// HTTP 200 with an error on the field.
    Graphql200,
    /// HTTP 403.
    Http403,
}

/// What `currentStaffMember` says to a token that is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurrentStaffOffline {
    /// An error on the field.
    Denied,
    /// Null.
    Null,
}

/// What a search key that does not exist does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownSearchKey {
    /// Nothing: everybody matches.
    Ignored,
    /// Nobody matches.
    MatchesNobody,
}

/// A budget for costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSize {
    /// What a full bucket holds.
    pub maximum: u64,
    /// What comes back in a second.
    pub restore_rate: u64,
}

/// How much of the cost block an answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBlock {
    /// All of it.
    Whole,
    /// The costs without the state of the bucket.
    WithoutStatus,
    /// Nothing.
    Missing,
}

/// How the token endpoint writes its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OauthErrors {
    /// Each in the form in which it was seen: mostly HTML.
    AsSeen,
    /// All as HTML.
    Html,
    /// JSON for those who accept it, HTML for the others.
    AsAccepted,
}

/// How values are written in what the platform signs after an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureReading {
    /// As they are.
    Decoded,
    /// As in the address.
    Encoded,
}

/// What a repeated refresh with the same refresh token answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedRefresh {
    /// Another new pair; the refresh token of the lost answer is dead.
    NewPair,
    /// The pair of the lost answer.
    SamePair,
    /// An error: a refresh token is good for one use.
    Refused,
}

/// How the Storefront API refuses a token that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorefrontRefusal {
    /// With a 401.
    Status401,
    /// With a 403.
    Status403,
    /// With HTTP 200 and a code.
    Graphql200,
}

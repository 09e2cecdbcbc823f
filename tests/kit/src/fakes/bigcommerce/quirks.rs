//! Switches for everything the platform's documentation leaves open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fakes::Verdict;
use crate::fault::{ThrottleShape, seconds};

/// How the fake behaves where the documentation is silent, contradictory or known to vary.
///
/// The default is the likeliest reading; a suite that relies on one reading should also run with the others. Over
/// HTTP every field may be set on its own, with `snake_case` names and durations in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Quirks {
    /// The `context` of an exchange's answer, where it is not the one that was sent.
    pub exchanged_context: Option<String>,
    /// Adding somebody who is already there.
    pub add_existing: Verdict,
    /// Removing somebody who is not there.
    pub remove_absent: Verdict,
    /// Removing the store's owner.
    pub owner_removal: Verdict,
    /// How a missing scope shows on the Account API.
    pub scope_denial: ScopeDenial,
    /// What `addUserToStore` takes as an e-mail.
    pub email_form: EmailForm,
    /// What a store's id is made of.
    pub store_id_form: StoreIdForm,
    /// Whether a failed mutation leaves `data` null or only its own field.
    pub failed_data: FailedData,
    /// The HTTP status for a document that does not validate: 400, 422 or 200.
    pub unknown_field_status: u16,
    /// Page size when a connection gets no `first`.
    pub page_size_default: usize,
    /// The largest page.
    pub page_size_max: usize,
    /// What happens when `first` is larger than that.
    pub page_size_excess: PageSizeExcess,
    /// How truthful `totalItems` is.
    pub total_items: TotalItems,
    /// Which connections have the paging faults below.
    pub paging_faults_on: PagingFaultsOn,
    /// Each page begins with the last edge of the page before.
    pub duplicate_page: bool,
    /// The first page is empty although more pages follow.
    pub empty_page_with_next: bool,
    /// Every page is followed by another one, behind the same cursor.
    pub cycling_cursor: bool,
    /// The permissions of somebody who was just added.
    pub fresh_permissions: FreshPermissions,
    /// `lastLoginAt` is null for everybody.
    pub strip_last_login: bool,
    /// A write is seen by reads only after this time on the fake's clock.
    #[serde(with = "seconds")]
    pub visibility_delay: Duration,
    /// How long after its creation a storefront token is accepted, on the fake's clock.
    #[serde(with = "seconds")]
    pub storefront_token_delay: Duration,
    /// How long after it was asked for a revocation of a storefront token takes effect, on the fake's clock.
    #[serde(with = "seconds")]
    pub storefront_revocation_delay: Duration,
    /// Revoking a storefront token twice.
    pub second_revocation: Verdict,
    /// Whether customer-impersonation tokens can be revoked.
    pub impersonation_revocable: bool,
    /// Whether `expires_at: 0` is taken; such a token lives for ever.
    pub expires_at_zero: bool,
    /// A new storefront token is answered without the `data` around it.
    pub storefront_token_bare: bool,
    /// Whether the dates hold after which storefront tokens are not accepted from servers.
    pub servers_need_private_tokens: bool,
    /// The status with which a server's storefront token is refused.
    pub server_refusal_status: u16,
    /// The API for shoppers answers all its errors with 401, missing scopes and invalid queries included.
    pub storefront_errors_as_401: bool,
    /// How long the token of a deleted API account is still accepted, on the fake's clock.
    #[serde(with = "seconds")]
    pub api_account_deletion_delay: Duration,
    /// A new webhook is listed only after this time on the fake's clock.
    #[serde(with = "seconds")]
    pub hook_delay: Duration,
    /// A token of another store of the platform is not refused: it is answered for its own store.
    pub foreign_tokens_answer: bool,
    /// The store's `logo` is an empty array instead of an object.
    pub logo_empty_array: bool,
    /// Answers are compressed for clients that accept it.
    pub gzip_answers: bool,
    /// `/v2` answers 401 and 403 with an array too, not only its other errors.
    pub v2_auth_errors_as_array: bool,
    /// Account API requests an hour.
    pub limit_per_hour: usize,
    /// Who shares that limit.
    pub limit_sharing: LimitSharing,
    /// How a request beyond a limit is refused.
    pub limit_shape: ThrottleShape,
    /// Whether answers of the Account API carry the rate headers too.
    pub rate_headers_on_success: bool,
    /// Store REST requests in 30 seconds.
    pub store_limit: usize,
    /// The complexity above which a query is refused.
    pub complexity_limit: u64,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            exchanged_context: None,
            add_existing: Verdict::Success,
            remove_absent: Verdict::Error,
            owner_removal: Verdict::Error,
            scope_denial: ScopeDenial::Http403,
            email_form: EmailForm::Plain,
            store_id_form: StoreIdForm::Hash,
            failed_data: FailedData::AllNull,
            unknown_field_status: 400,
            page_size_default: 10,
            page_size_max: 50,
            page_size_excess: PageSizeExcess::Error,
            total_items: TotalItems::Correct,
            paging_faults_on: PagingFaultsOn::All,
            duplicate_page: false,
            empty_page_with_next: false,
            cycling_cursor: false,
            fresh_permissions: FreshPermissions::DuplicateNone,
            strip_last_login: false,
            visibility_delay: Duration::ZERO,
            storefront_token_delay: Duration::ZERO,
            storefront_revocation_delay: Duration::from_secs(5),
            second_revocation: Verdict::Error,
            impersonation_revocable: true,
            expires_at_zero: true,
            storefront_token_bare: false,
            servers_need_private_tokens: true,
            server_refusal_status: 401,
            storefront_errors_as_401: false,
            api_account_deletion_delay: Duration::ZERO,
            hook_delay: Duration::ZERO,
            foreign_tokens_answer: false,
            logo_empty_array: false,
            gzip_answers: false,
            v2_auth_errors_as_array: false,
            limit_per_hour: 70,
            limit_sharing: LimitSharing::ByAccount,
            limit_shape: ThrottleShape::AllHeaders,
            rate_headers_on_success: false,
            store_limit: 150,
            complexity_limit: 10_000,
        }
    }
}

/// How a missing scope shows on the Account API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeDenial {
    /// HTTP 403 from the gateway.
    Http403,
    /// HTTP 200 with a GraphQL error that lists the scopes.
    Graphql200,
}

/// What `addUserToStore` takes as an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailForm {
    /// The plain address.
    Plain,
    /// The plain address or `bc/account/user/{address}`.
    PlainOrPath,
    /// Only `bc/account/user/{address}`.
    Path,
}

/// What a store's id is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreIdForm {
    /// `bc/account/store/{hash}`.
    Hash,
    /// `bc/account/store/{number}`.
    Numeric,
}

/// What a failed mutation leaves of `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedData {
    /// `data` is null.
    AllNull,
    /// Only the field of the mutation is null.
    FieldNull,
}

/// What happens when a page larger than the largest is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageSizeExcess {
    /// The query fails.
    Error,
    /// The page is silently shorter.
    Clamp,
}

/// How truthful `totalItems` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalItems {
    /// The true number.
    Correct,
    /// Wrong by this much.
    OffBy(i64),
    /// Null.
    Missing,
}

/// Which connections have paging faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PagingFaultsOn {
    /// All of them.
    All,
    /// The users of the account and of its stores.
    Users,
    /// The stores of the account.
    Stores,
}

/// The permissions of somebody who was just added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreshPermissions {
    /// `No_Permission_Required`, twice.
    DuplicateNone,
    /// An empty list.
    Empty,
    /// Null instead of a list.
    Missing,
}

/// Who shares the limit of the Account API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitSharing {
    /// All tokens of an account.
    ByAccount,
    /// Nobody: each token has its own.
    ByToken,
}

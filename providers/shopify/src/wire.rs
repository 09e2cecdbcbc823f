//! The vendor's JSON, as it comes. Everything may be missing, null, or more than is documented.

use std::fmt;

use guestpass::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A GraphQL answer, or an error body in one of the three shapes that `errors` has.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    #[serde(default = "Option::default")]
    pub(crate) data: Option<T>,
    #[serde(default)]
    pub(crate) errors: Option<Value>,
}

/// The part of an answer that tells costs. Read leniently: it must never stand in the way of the data.
#[derive(Debug, Deserialize)]
pub(crate) struct Priced {
    #[serde(default)]
    pub(crate) errors: Value,
    #[serde(default)]
    pub(crate) extensions: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WhoAmI {
    pub(crate) shop: Shop,
    #[serde(default)]
    pub(crate) current_app_installation: Option<Installation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shop {
    pub(crate) myshopify_domain: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) plan: Option<Plan>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    #[serde(default)]
    pub(crate) public_display_name: Option<String>,
    #[serde(default)]
    pub(crate) shopify_plus: Option<bool>,
    #[serde(default)]
    pub(crate) partner_development: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Installation {
    #[serde(default)]
    pub(crate) access_scopes: Option<Vec<Scope>>,
    #[serde(default)]
    pub(crate) app: Option<InstalledApp>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InstalledApp {
    #[serde(default)]
    pub(crate) title: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Scope {
    pub(crate) handle: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffData {
    #[serde(default)]
    pub(crate) staff_members: Option<StaffConnection>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffConnection {
    pub(crate) nodes: Vec<Staff>,
    pub(crate) page_info: PageInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
    #[serde(default)]
    pub(crate) end_cursor: Option<String>,
}

/// Somebody whom the store lists: staff, a collaborator, or a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Staff {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) account_type: Option<String>,
    #[serde(default)]
    pub(crate) active: Option<bool>,
    #[serde(default)]
    pub(crate) exists: Option<bool>,
    #[serde(default)]
    pub(crate) is_shop_owner: Option<bool>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Users {
    pub(crate) users: Vec<User>,
}

/// A user of the legacy REST API.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) permissions: Option<Vec<String>>,
    /// The question mark is part of the name.
    #[serde(default, rename = "tfa_enabled?")]
    pub(crate) second_factor: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateData {
    #[serde(default)]
    pub(crate) delegate_access_token_create: Option<CreatePayload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatePayload {
    #[serde(default)]
    pub(crate) delegate_access_token: Option<DelegateToken>,
    #[serde(default)]
    pub(crate) user_errors: Vec<UserError>,
}

/// A delegate token. Does not print itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DelegateToken {
    pub(crate) access_token: String,
    #[serde(default)]
    pub(crate) access_scopes: Option<Vec<String>>,
}

impl fmt::Debug for DelegateToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelegateToken").field("access_scopes", &self.access_scopes).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DestroyData {
    #[serde(default)]
    pub(crate) delegate_access_token_destroy: Option<DestroyPayload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DestroyPayload {
    #[serde(default)]
    pub(crate) status: Option<bool>,
    #[serde(default)]
    pub(crate) user_errors: Vec<UserError>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UserError {
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StorefrontData {
    pub(crate) shop: StorefrontShop,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontShop {
    pub(crate) storefront_access_tokens: StorefrontConnection,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontConnection {
    pub(crate) nodes: Vec<StorefrontToken>,
    pub(crate) page_info: PageInfo,
}

/// A storefront token, with its text only where that was asked for. Does not print that.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontToken {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default, deserialize_with = "hidden")]
    pub(crate) access_token: Option<SecretString>,
    #[serde(default)]
    pub(crate) access_scopes: Option<Vec<Scope>>,
}

fn hidden<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()).map(SecretString::from))
}

impl fmt::Debug for StorefrontToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorefrontToken")
            .field("id", &self.id)
            .field("title", &self.title)
            .field("access_scopes", &self.access_scopes)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontCreateData {
    #[serde(default)]
    pub(crate) storefront_access_token_create: Option<StorefrontCreatePayload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontCreatePayload {
    #[serde(default)]
    pub(crate) storefront_access_token: Option<StorefrontToken>,
    #[serde(default)]
    pub(crate) user_errors: Vec<UserError>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontDeleteData {
    #[serde(default)]
    pub(crate) storefront_access_token_delete: Option<StorefrontDeletePayload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorefrontDeletePayload {
    #[serde(default)]
    pub(crate) deleted_storefront_access_token_id: Option<String>,
    #[serde(default)]
    pub(crate) user_errors: Vec<UserError>,
}

//! The vendor's JSON, as it comes. Everything may be missing, null, or more than is documented.

use std::fmt;

use guestpass::{OneTimeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// A GraphQL answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    pub(crate) data: Option<T>,
    #[serde(default)]
    pub(crate) errors: Option<Vec<GraphqlError>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct GraphqlError {
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) extensions: Option<Extensions>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Extensions {
    #[serde(default)]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AccountData {
    pub(crate) account: Account,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) account_info: Option<AccountInfo>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AccountInfo {
    #[serde(default)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StoresData {
    pub(crate) account: StoresAccount,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StoresAccount {
    pub(crate) stores: StoreConnection,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoreConnection {
    pub(crate) page_info: PageInfo,
    pub(crate) edges: Vec<StoreEdge>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
    #[serde(default)]
    pub(crate) end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StoreEdge {
    #[serde(default)]
    pub(crate) cursor: Option<String>,
    pub(crate) node: Store,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Store {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) store_hash: Option<String>,
    #[serde(default)]
    pub(crate) users: Option<UserConnection>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserConnection {
    #[serde(default)]
    pub(crate) collection_info: Option<CollectionInfo>,
    pub(crate) page_info: PageInfo,
    pub(crate) edges: Vec<UserEdge>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CollectionInfo {
    #[serde(default)]
    pub(crate) total_items: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UserEdge {
    pub(crate) node: User,
}

/// A user of a store.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) first_name: Option<String>,
    #[serde(default)]
    pub(crate) last_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) last_login_at: Presence<String>,
    #[serde(default)]
    pub(crate) permissions: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) status: Option<String>,
}

/// A field that was left out, null, or there: for the last sign-in the three mean different things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Presence<T> {
    #[default]
    LeftOut,
    Null,
    Value(T),
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Presence<T>, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.map_or(Presence::Null, Presence::Value))
}

#[derive(Debug, Deserialize)]
pub(crate) struct UserMutationData {
    pub(crate) user: Option<UserMutation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserMutation {
    #[serde(default)]
    pub(crate) add_user_to_store: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    pub(crate) remove_user_from_store: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AccountMutationData {
    pub(crate) account: Option<AccountMutation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountMutation {
    #[serde(default)]
    pub(crate) remove_user_from_account: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What a store says about itself, as far as guestpass asks.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StoreInformation {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) account_uuid: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) admin_email: Option<String>,
    #[serde(default)]
    pub(crate) plan_name: Option<String>,
    #[serde(default)]
    pub(crate) control_panel_base_url: Option<String>,
}

/// An error body: an object on V3, a list of objects on V2.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ErrorBody {
    Object(ErrorObject),
    List(Vec<ErrorObject>),
}

#[derive(Debug, Deserialize)]
pub(crate) struct ErrorObject {
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) errors: Option<serde_json::Value>,
}

/// A new storefront token. One page of the vendor shows it without the `data` around it.
#[derive(Deserialize)]
pub(crate) struct StorefrontTokenAnswer {
    #[serde(default)]
    data: Option<StorefrontToken>,
    #[serde(default)]
    token: Option<String>,
}

#[derive(Deserialize)]
struct StorefrontToken {
    #[serde(default)]
    token: Option<String>,
}

impl StorefrontTokenAnswer {
    pub(crate) fn token(self) -> Option<OneTimeSecret> {
        let token = self.data.and_then(|data| data.token).or(self.token)?;
        Some(OneTimeSecret::new(SecretString::from(token)))
    }
}

impl fmt::Debug for StorefrontTokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorefrontTokenAnswer")
    }
}

/// What the API for shoppers tells of its store.
#[derive(Debug, Deserialize)]
pub(crate) struct StorefrontData {
    #[serde(default)]
    site: Option<Site>,
}

#[derive(Debug, Deserialize)]
struct Site {
    #[serde(default)]
    settings: Option<SiteSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SiteSettings {
    #[serde(default)]
    store_hash: Option<String>,
}

impl StorefrontData {
    pub(crate) fn store_hash(self) -> Option<String> {
        self.site?.settings?.store_hash
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct HookPage {
    pub(crate) data: Vec<Hook>,
    #[serde(default)]
    pub(crate) meta: Option<PageMeta>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PageMeta {
    #[serde(default)]
    pub(crate) pagination: Option<Paging>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    #[serde(default)]
    pub(crate) total: Option<u64>,
    #[serde(default)]
    pub(crate) total_pages: Option<u64>,
}

/// A webhook. Its headers are how its receiver knows the platform, and its address may hold a key: both are secrets.
#[derive(Clone, Deserialize)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    pub(crate) scope: String,
    pub(crate) destination: String,
    #[serde(default)]
    pub(crate) headers: Option<Value>,
    #[serde(default)]
    pub(crate) is_active: Option<bool>,
}

impl Hook {
    /// Two of one client cannot be alike in both.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.scope == other.scope && self.destination == other.destination
    }

    /// No headers are written as null, as nothing, or as an empty list or object.
    pub(crate) fn headers(&self) -> Option<&serde_json::Map<String, Value>> {
        self.headers.as_ref()?.as_object().filter(|headers| !headers.is_empty())
    }

    /// The body of a request for another one like it.
    pub(crate) fn as_order(&self) -> Value {
        let mut order = json!({
            "scope": self.scope,
            "destination": self.destination,
            "is_active": self.is_active.unwrap_or(true),
        });
        if let (Some(headers), Some(fields)) = (self.headers(), order.as_object_mut()) {
            fields.insert("headers".to_owned(), Value::Object(headers.clone()));
        }
        order
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("id", &self.id).field("scope", &self.scope).finish_non_exhaustive()
    }
}

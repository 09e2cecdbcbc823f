//! The vendor's JSON, as it comes. Everything may be missing, null, or more than is documented.

mod credentials;

use serde::{Deserialize, Deserializer};

pub(crate) use credentials::{Hook, HookPage, StorefrontData, StorefrontTokenAnswer};

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

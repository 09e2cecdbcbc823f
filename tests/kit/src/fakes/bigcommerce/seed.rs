//! A small world to show and to try things on.

use guestpass::Timestamp;
use serde::Serialize;

use super::credentials::Reach;
use super::quirks::Quirks;
use super::state::World;
use crate::fakes::ground::Refusal;

/// Where things are in the demonstration world.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DemoSeed {
    /// The merchant's account.
    pub account_uuid: String,
    /// The first of its two stores, the one to show.
    pub store_hash: String,
    /// An account-level token with every scope for users.
    pub account_token: String,
    /// A store-level token that may read the store's information.
    pub store_token: String,
    /// A store-level token that may make and revoke storefront tokens of every kind.
    pub minting_token: String,
    /// Who owns both stores.
    pub owner_email: String,
}

const ACCOUNT: &str = "3f1c0d5e-0000-4000-8000-00000000d340";
const STORE: &str = "demo1store";
const SECOND_STORE: &str = "demo2outlet";
const OWNER: &str = "olivia@merchant.example";
const ACCOUNT_TOKEN: &str = "fake-account-token-for-demonstration-only";
const STORE_TOKEN: &str = "fake-store-token-for-demonstration-only";
const MINTING_TOKEN: &str = "fake-minting-token-for-demonstration-only";
const USER_SCOPES: &[&str] = &[
    "account_read",
    "account_stores_read",
    "account_users_read",
    "account_users_write",
    "account_users_delete",
];

/// Adds the demonstration account, its stores, its people and three tokens.
pub(super) fn plant(world: &mut World, now: Timestamp) -> Result<DemoSeed, Refusal> {
    let quirks = Quirks::default();
    world.add_account(ACCOUNT, "Merchant Example Ltd");
    world.add_store(ACCOUNT, STORE, "Merchant Example", OWNER, now)?;
    world.add_store(ACCOUNT, SECOND_STORE, "Merchant Example Outlet", OWNER, now)?;
    let people: [(&str, &str, &str, &[&str]); 3] = [
        ("sam@merchant.example", "Sam", "Sales", &["Manage_Orders", "Edit_Orders", "Manage_Customers"]),
        (
            "chris@merchant.example",
            "Chris",
            "Catalog",
            &["Manage_Products", "Create_Product", "Edit_Products"],
        ),
        (
            "former.agency@agency.example",
            "Alex",
            "Agency",
            &["Manage_Users", "Add_User", "Manage_Settings", "Create_Store_API_Tokens", "Export_Customers"],
        ),
    ];
    for (email, first, last, permissions) in people {
        world.add_user(STORE, email, first, last, &quirks, now)?;
        world.change(STORE, email, now, |member| {
            member.permissions = permissions.iter().map(|&name| name.to_owned()).collect();
            member.last_login = Some(now);
        })?;
    }
    world.credentials.add(ACCOUNT_TOKEN, Reach::Account(ACCOUNT.to_owned()), USER_SCOPES);
    let information = &["store_v2_information_read_only"];
    world.credentials.add(STORE_TOKEN, Reach::Store(STORE.to_owned()), information);
    let minting = &["store_storefront_api", "store_storefront_api_customer_impersonation"];
    world.credentials.add(MINTING_TOKEN, Reach::Store(STORE.to_owned()), minting);
    Ok(DemoSeed {
        account_uuid: ACCOUNT.to_owned(),
        store_hash: STORE.to_owned(),
        account_token: ACCOUNT_TOKEN.to_owned(),
        store_token: STORE_TOKEN.to_owned(),
        minting_token: MINTING_TOKEN.to_owned(),
        owner_email: OWNER.to_owned(),
    })
}

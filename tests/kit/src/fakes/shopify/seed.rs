//! A small world to show and to try things on.

use guestpass::Timestamp;
use serde::Serialize;

use super::apps::NewApp;
use super::people::RequestRefused;
use super::quirks::Quirks;
use super::state::{Plan, StaffKind, World};
use crate::fakes::ground::{Refusal, owned, refuse};

/// Where things are in the demonstration world.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DemoSeed {
    /// The shop to show, on the largest plan.
    pub shop: String,
    /// A token of it that never expires, with `read_users` and scopes to delegate.
    pub token: String,
    /// An expiring token of it, of the same app.
    pub expiring_token: String,
    /// The refresh token that belongs to that.
    pub refresh_token: String,
    /// The app's client id. The app belongs to the merchant, so client credentials work too.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: String,
    /// Who owns both shops.
    pub owner_email: String,
    /// Somebody of the merchant's staff.
    pub staff_email: String,
    /// The partner organisation that has access.
    pub organisation: String,
    /// The address of its row.
    pub organisation_email: String,
    /// One of its people.
    pub member_email: String,
    /// The partner organisation that has asked for access.
    pub requesting_organisation: String,
    /// The address of its row.
    pub requesting_email: String,
    /// A partner organisation that has nothing yet.
    pub new_organisation: String,
    /// Its address.
    pub new_organisation_email: String,
    /// The shop's collaborator request code.
    pub request_code: String,
    /// A shop on the smallest plan, whose people no client may read.
    pub basic_shop: String,
    /// A token of that.
    pub basic_token: String,
}

impl std::fmt::Debug for DemoSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoSeed")
            .field("shop", &self.shop)
            .field("basic_shop", &self.basic_shop)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

const SHOP: &str = "demo-plus.myshopify.com";
const BASIC_SHOP: &str = "demo-basic.myshopify.com";
const OWNER: &str = "olivia@merchant.example";
const STAFF: &str = "sam@merchant.example";
const CLIENT: &str = "fake-shopify-client";
const SECRET: &str = "shpss_fake-secret-for-demonstration-only";
const TOKEN: &str = "shpat_fake-token-for-demonstration-only";
const EXPIRING: &str = "shpat_fake-expiring-token-for-demonstration-only";
const REFRESH: &str = "shprt_fake-refresh-token-for-demonstration-only";
const BASIC_TOKEN: &str = "shpat_fake-basic-token-for-demonstration-only";
const CODE: &str = "4711";
const REQUIRED: &[&str] =
    &["read_users", "read_products", "read_themes", "unauthenticated_read_product_listings"];
const OPTIONAL: &[&str] = &["read_orders", "write_products"];

/// Adds the demonstration shops, their people, three partner organisations, an app and its tokens.
pub(super) fn plant(world: &mut World, now: Timestamp) -> Result<DemoSeed, Refusal> {
    let seed = DemoSeed {
        shop: SHOP.to_owned(),
        token: TOKEN.to_owned(),
        expiring_token: EXPIRING.to_owned(),
        refresh_token: REFRESH.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: SECRET.to_owned(),
        owner_email: OWNER.to_owned(),
        staff_email: STAFF.to_owned(),
        organisation: "1001".to_owned(),
        organisation_email: "partners@agency.example".to_owned(),
        member_email: "jane@agency.example".to_owned(),
        requesting_organisation: "1002".to_owned(),
        requesting_email: "hello@other-agency.example".to_owned(),
        new_organisation: "1003".to_owned(),
        new_organisation_email: "support@vendor.example".to_owned(),
        request_code: CODE.to_owned(),
        basic_shop: BASIC_SHOP.to_owned(),
        basic_token: BASIC_TOKEN.to_owned(),
    };
    world.add_shop(SHOP, "Demo Plus", Plan::Plus, OWNER, now)?;
    world.add_shop(BASIC_SHOP, "Demo Basic", Plan::Basic, OWNER, now)?;
    for shop in [SHOP, BASIC_SHOP] {
        let shop = world.shop_mut(shop)?;
        shop.merchant = "merchant".to_owned();
        shop.code = Some(CODE.to_owned());
    }
    world.add_staff(SHOP, StaffKind::Regular, STAFF, "Sam", "Sales", now)?;
    let sam = world.shop_mut(SHOP)?.account_mut(STAFF)?;
    sam.permissions = owned(&["orders", "customers"]);
    sam.last_login = Some(now);

    world.add_app(&NewApp::custom(CLIENT, SECRET, "merchant").requiring(REQUIRED).optionally(OPTIONAL));
    world.install(SHOP, CLIENT)?;
    world.install(BASIC_SHOP, CLIENT)?;
    world.vault.add_static(TOKEN, SHOP, CLIENT, Some(SECRET));
    world.vault.add_static(BASIC_TOKEN, BASIC_SHOP, CLIENT, Some(SECRET));
    world.vault.add_pair(EXPIRING, REFRESH, SHOP, CLIENT, SECRET, now);

    world.add_organisation(&seed.organisation, "Acme Agency", &seed.organisation_email);
    world.add_member(&seed.organisation, &seed.member_email, "Jane", "Doe", now)?;
    world.add_organisation(&seed.requesting_organisation, "Other Agency", &seed.requesting_email);
    world.add_organisation(&seed.new_organisation, "Vendor Support", &seed.new_organisation_email);
    let quirks = Quirks::default();
    let (active, asking) = (&seed.organisation, &seed.requesting_organisation);
    let asked = &["orders", "products", "themes"];
    sent(world.request_access(active, SHOP, Some(CODE), asked, &quirks, now)?)?;
    world.approve(active, SHOP, Some(owned(&["orders", "products"])), None, now)?;
    world.log_in(SHOP, &seed.member_email, now)?;
    sent(world.request_access(asking, SHOP, Some(CODE), &["orders"], &quirks, now)?)?;
    Ok(seed)
}

fn sent(request: Result<(), RequestRefused>) -> Result<(), Refusal> {
    request.or_else(|refused| refuse(refused.to_string()))
}

//! A small world to show and to try things on.

use std::collections::BTreeMap;
use std::fmt;

use guestpass::Timestamp;
use serde::Serialize;

use super::permissions::Permission;
use super::roles::{BACK_OFFICE, CO_OWNER};
use super::state::World;
use crate::fakes::ground::Refusal;

/// Where things are in the demonstration world, with all that a configuration needs.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DemoSeed {
    /// The merchant's account, which is the owner's.
    pub account_id: String,
    /// The first of its two sites, the one to show.
    pub site_id: String,
    /// The other one.
    pub second_site_id: String,
    /// Who owns both sites.
    pub owner_email: String,
    /// A key of the account that may manage contributors and read roles.
    pub api_key: String,
    /// An app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where it is installed on the first site, with the same permissions.
    pub instance_id: String,
    /// A role that the merchant made for support.
    pub support_role_id: String,
    /// A predefined role with few rights.
    pub ordinary_role_id: String,
    /// A predefined role with too many rights.
    pub privileged_role_id: String,
    /// The support person whom nobody has invited yet.
    pub guest_email: String,
    /// The account of that person.
    pub guest_account_id: String,
    /// The accounts of everybody known, by e-mail: the support person and the two contributors.
    pub account_ids: BTreeMap<String, String>,
}

impl fmt::Debug for DemoSeed {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoSeed")
            .field("account_id", &self.account_id)
            .field("site_id", &self.site_id)
            .field("client_id", &self.client_id)
            .field("instance_id", &self.instance_id)
            .finish_non_exhaustive()
    }
}

const ACCOUNT: &str = "5b1e9c04-7a1d-4c7e-9f10-00000000d340";
const SITE: &str = "c2f6a0b8-3d5e-4f21-8a47-00000000de01";
const SECOND_SITE: &str = "c2f6a0b8-3d5e-4f21-8a47-00000000de02";
const GUEST_ACCOUNT: &str = "91d0e7c3-62ab-4d19-b0c5-00000000617a";
const CLIENT: &str = "7e40f1a9-58c2-4b36-a9d3-0000000000a9";
const OWNER: &str = "olivia@merchant.example";
const GUEST: &str = "gina.guest@vendor.example";
const API_KEY: &str = "IST.fake-api-key-for-demonstration-only";
const CLIENT_SECRET: &str = "fake-client-secret-for-demonstration-only";
const SUPPORT_ROLE: &str = "7046409866117489206";
const PERMISSIONS: &[Permission] = &[Permission::ManageContributors, Permission::ReadRoles];

/// Adds the demonstration account, its sites, its people and its credentials.
pub(super) fn plant(world: &mut World, now: Timestamp) -> Result<DemoSeed, Refusal> {
    world.add_account(ACCOUNT, OWNER);
    world.add_account(GUEST_ACCOUNT, GUEST);
    world.add_site(ACCOUNT, SITE, "Merchant Example", now)?;
    world.add_site(ACCOUNT, SECOND_SITE, "Merchant Example Outlet", now)?;
    world.add_custom_role(ACCOUNT, SUPPORT_ROLE, "Support")?;
    let mut account_ids = BTreeMap::from([(GUEST.to_owned(), GUEST_ACCOUNT.to_owned())]);
    for (email, role) in [("sam@merchant.example", BACK_OFFICE), ("former.agency@agency.example", CO_OWNER)] {
        let account = world.add_contributor(SITE, email, &[role.to_owned()], now)?;
        account_ids.insert(email.to_owned(), account);
    }
    world.credentials.add_key(API_KEY, ACCOUNT, PERMISSIONS);
    world.credentials.add_app(CLIENT, CLIENT_SECRET, "Guestpass for demonstration");
    let instance_id = world.credentials.install(CLIENT, SITE, PERMISSIONS, false)?;
    Ok(DemoSeed {
        account_id: ACCOUNT.to_owned(),
        site_id: SITE.to_owned(),
        second_site_id: SECOND_SITE.to_owned(),
        owner_email: OWNER.to_owned(),
        api_key: API_KEY.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        instance_id,
        support_role_id: SUPPORT_ROLE.to_owned(),
        ordinary_role_id: BACK_OFFICE.to_owned(),
        privileged_role_id: CO_OWNER.to_owned(),
        guest_email: GUEST.to_owned(),
        guest_account_id: GUEST_ACCOUNT.to_owned(),
        account_ids,
    })
}

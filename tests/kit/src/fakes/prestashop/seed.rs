//! A small shop to show and to try things on.

use std::fmt;

use guestpass::Timestamp;
use serde::Serialize;

use super::admin::SCOPES;
use super::state::{World, permissions};
use crate::fakes::ground::{Refusal, owned, refuse};

/// Where things are in the demonstration shop.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DemoSeed {
    /// A webservice key that may do everything with employees, except PATCH, and read languages.
    pub key: String,
    /// A client of the Admin API with every scope.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The only active employee with the profile that may do everything.
    pub owner_email: String,
    /// The profile for people like us.
    pub support_profile: u64,
}

impl fmt::Debug for DemoSeed {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoSeed")
            .field("client_id", &self.client_id)
            .field("owner_email", &self.owner_email)
            .field("support_profile", &self.support_profile)
            .finish_non_exhaustive()
    }
}

const KEY: &str = "FAKEDEMOKEYFAKEDEMOKEYFAKEDEMOKE";
const CLIENT: &str = "guestpass-demo";
const CLIENT_SECRET: &str = "00112233445566778899aabbccddeeff";
const OWNER: &str = "olivia@merchant.example";
const SUPPORT: u64 = 5;

/// Adds the demonstration's profiles, people, key and client.
pub(super) fn plant(world: &mut World, now: Timestamp) -> Result<DemoSeed, Refusal> {
    if world.key(KEY).is_some() {
        return refuse("the demonstration shop is there already");
    }
    let profiles =
        [(1, "SuperAdmin"), (2, "Logistician"), (3, "Translator"), (4, "Salesman"), (SUPPORT, "Support")];
    for (id, name) in profiles {
        world.set_profile_name(id, name);
    }
    let people = [
        (OWNER, ("Olivia", "Owner"), 1),
        ("sam@merchant.example", ("Sam", "Sales"), 4),
        ("lou@merchant.example", ("Lou", "Logistics"), 2),
    ];
    for (email, name, profile) in people {
        world.hire(email, name, profile, &format!("Plain-Passw0rd-of-{email}"), now);
    }
    let all: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE"];
    world.add_key(KEY, permissions(&[("employees", all), ("languages", &["GET"])]))?;
    world.apps.register(CLIENT, CLIENT_SECRET, owned(&SCOPES.map(|(scope, _)| scope)));
    Ok(DemoSeed {
        key: KEY.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        owner_email: OWNER.to_owned(),
        support_profile: SUPPORT,
    })
}

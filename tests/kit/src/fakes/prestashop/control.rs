//! The control endpoints that only this platform has.

use std::collections::{BTreeMap, BTreeSet};

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::quirks::Quirks;
use super::seed;
use super::service::Service;
use super::state::MAIN_SHOP;
use super::truth;
use super::version::PrestashopVersion;
use crate::fakes::control::{Controlled, Problem, done, read, unknown};
use crate::fakes::ground::Refusal;
use crate::fakes::http::Incoming;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEmployee {
    email: String,
    #[serde(default = "someone")]
    first: String,
    #[serde(default = "known")]
    last: String,
    profile: u64,
}

fn someone() -> String {
    "Someone".to_owned()
}

fn known() -> String {
    "Known".to_owned()
}

/// What is given is changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmployeeChange {
    email: String,
    active: Option<bool>,
    profile: Option<u64>,
    shops: Option<BTreeSet<u64>>,
    reset_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    key: String,
    permissions: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyChange {
    key: String,
    enabled: Option<bool>,
    permissions: Option<BTreeMap<String, BTreeSet<String>>>,
    shops: Option<BTreeSet<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewProfile {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewShop {
    id: u64,
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClient {
    client_id: String,
    secret: String,
    scopes: Vec<String>,
    /// Whether it belongs to the authorization server elsewhere.
    #[serde(default)]
    external: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneClient {
    client_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShopChange {
    version: Option<PrestashopVersion>,
    webservice: Option<bool>,
    multistore: Option<bool>,
    main_domain: Option<String>,
    base_path: Option<String>,
}

impl Controlled for Service {
    type Quirks = Quirks;

    fn quirks_mut(&mut self) -> &mut Quirks {
        &mut self.quirks
    }

    /// The address stays.
    fn forget(&mut self) {
        *self = Self { home: std::mem::take(&mut self.home), ..Self::default() };
    }

    fn plant(&mut self, now: Timestamp) -> Result<Value, Refusal> {
        Ok(json!(seed::plant(&mut self.world, now)?))
    }

    fn look(&self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        match command {
            "employees" => Ok(json!(truth::employees(&self.world))),
            "keys" => Ok(json!(truth::keys(&self.world))),
            "api-clients" => Ok(json!(truth::api_clients(&self.world, now))),
            "password" => {
                let email = request.parameter("email").unwrap_or_default();
                let mut employees = self.world.employees.iter();
                let found = employees.find(|employee| employee.email().eq_ignore_ascii_case(email));
                let found = found.ok_or_else(|| Refusal(format!("no employee {email}")))?;
                Ok(json!({"password": found.password}))
            }
            other => Err(unknown(other)),
        }
    }

    fn act(&mut self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        let world = &mut self.world;
        match command {
            "add-employee" => {
                let NewEmployee { email, first, last, profile } = read(request)?;
                let id = world.hire(&email, (&first, &last), profile, "Merchant-Passw0rd-0", now);
                return Ok(json!({"id": id}));
            }
            "remove-employee" => {
                let Somebody { email } = read(request)?;
                world.fire(&email)?;
            }
            "change-employee" => {
                let change: EmployeeChange = read(request)?;
                let employee = world.by_email(&change.email)?;
                if let Some(active) = change.active {
                    employee.set("active", u8::from(active).to_string());
                }
                if let Some(profile) = change.profile {
                    employee.set("id_profile", profile.to_string());
                }
                if let Some(token) = change.reset_token {
                    employee.set("reset_password_token", token);
                }
                employee.shops = change.shops.unwrap_or_else(|| employee.shops.clone());
            }
            "add-key" => {
                let NewKey { key, permissions } = read(request)?;
                return Ok(json!({"id": world.add_key(&key, permissions)?}));
            }
            "change-key" => {
                let change: KeyChange = read(request)?;
                let key = world.key_mut(&change.key)?;
                key.enabled = change.enabled.unwrap_or(key.enabled);
                key.permissions = change.permissions.unwrap_or_else(|| key.permissions.clone());
                key.shops = change.shops.unwrap_or_else(|| key.shops.clone());
            }
            "add-profile" => {
                let NewProfile { id, name } = read(request)?;
                world.set_profile_name(id, &name);
            }
            "add-shop" => {
                let NewShop { id, path } = read(request)?;
                world.shops.insert(id, path);
            }
            "add-api-client" => {
                let NewClient { client_id, secret, scopes, external } = read(request)?;
                match external {
                    true => world.apps.trust(&client_id, &secret, scopes),
                    false => world.apps.register(&client_id, &secret, scopes),
                }
            }
            "delete-api-client" => {
                let OneClient { client_id } = read(request)?;
                world.apps.delete(&client_id)?;
            }
            "null-compare-dates" => world.null_compare_dates(),
            "shop" => {
                let change: ShopChange = read(request)?;
                world.version = change.version.unwrap_or(world.version);
                world.webservice_on = change.webservice.unwrap_or(world.webservice_on);
                world.multistore_on = change.multistore.unwrap_or(world.multistore_on);
                world.main_domain = change.main_domain.or_else(|| world.main_domain.take());
                if let Some(path) = change.base_path {
                    world.shops.insert(MAIN_SHOP, path);
                }
            }
            other => return Err(unknown(other)),
        }
        Ok(done())
    }
}

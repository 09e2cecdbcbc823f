//! The control endpoints that only this platform has.

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::permissions::Permission;
use super::quirks::Quirks;
use super::seed;
use super::service::Service;
use super::truth;
use crate::fakes::control::{Controlled, Problem, done, read, unknown};
use crate::fakes::ground::Refusal;
use crate::fakes::http::Incoming;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    site: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    site: String,
    email: String,
    account: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithRoles {
    site: String,
    email: String,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneKey {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyCopy {
    key: String,
    copy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneSecret {
    client_id: String,
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneApp {
    client_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyPermissions {
    key: String,
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneInstance {
    instance: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InstancePermissions {
    instance: String,
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seats {
    site: String,
    seats: Option<usize>,
}

impl Controlled for Service {
    type Quirks = Quirks;

    fn quirks_mut(&mut self) -> &mut Quirks {
        &mut self.quirks
    }

    fn plant(&mut self, now: Timestamp) -> Result<Value, Refusal> {
        Ok(json!(seed::plant(&mut self.world, now)?))
    }

    fn look(&self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        let site = || self.world.site(request.parameter("site").unwrap_or_default());
        match command {
            "contributors" => Ok(json!(truth::contributors(site()?, &self.world))),
            "invites" => Ok(json!(truth::invites(site()?, now))),
            other => Err(unknown(other)),
        }
    }

    fn act(&mut self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        let world = &mut self.world;
        match command {
            "accept" => {
                let Acceptance { site, email, account } = read(request)?;
                let account = world.accept(&site, &email, account.as_deref(), now)?;
                return Ok(json!({"accountId": account}));
            }
            "decline" => {
                let Somebody { site, email } = read(request)?;
                world.decline(&site, &email, now)?;
            }
            "add-account" => {
                let Address { email } = read(request)?;
                return Ok(json!({"accountId": world.account(&email)}));
            }
            "add-contributor" => {
                let WithRoles { site, email, roles } = read(request)?;
                let account = world.add_contributor(&site, &email, &roles, now)?;
                return Ok(json!({"accountId": account}));
            }
            "remove-contributor" => {
                let Somebody { site, email } = read(request)?;
                world.dismiss_by_hand(&site, &email, now)?;
            }
            "change-roles" => {
                let WithRoles { site, email, roles } = read(request)?;
                world.change_roles_by_hand(&site, &email, &roles, now)?;
            }
            "set-seats" => {
                let Seats { site, seats } = read(request)?;
                world.site_mut(&site)?.seats = seats;
            }
            "revoke-key" => {
                let OneKey { key } = read(request)?;
                world.credentials.revoke_key(&key)?;
            }
            "duplicate-key" => {
                let KeyCopy { key, copy } = read(request)?;
                world.credentials.duplicate_key(&key, &copy)?;
            }
            "add-app-secret" => {
                let OneSecret { client_id, secret } = read(request)?;
                world.credentials.rotate_secret(&client_id, &secret, self.quirks.old_secret_works)?;
            }
            "delete-app-secret" => {
                let OneSecret { client_id, secret } = read(request)?;
                world.credentials.delete_secret(&client_id, &secret)?;
            }
            "delete-app" => {
                let OneApp { client_id } = read(request)?;
                world.credentials.delete_app(&client_id)?;
            }
            "set-key-permissions" => {
                let KeyPermissions { key, permissions } = read(request)?;
                world.credentials.key_mut(&key)?.permissions = permissions.into_iter().collect();
            }
            "uninstall-app" => {
                let OneInstance { instance } = read(request)?;
                world.credentials.uninstall(&instance)?;
            }
            "set-app-permissions" => {
                let InstancePermissions { instance, permissions } = read(request)?;
                let installation = world.credentials.installation_mut(&instance)?;
                installation.permissions = permissions.into_iter().collect();
            }
            other => return Err(unknown(other)),
        }
        Ok(done())
    }
}

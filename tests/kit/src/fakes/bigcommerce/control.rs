//! The control endpoints that only this platform has.

use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::consent;
use super::quirks::Quirks;
use super::seed;
use super::service::Service;
use super::shopfront;
use super::truth;
use crate::fakes::control::{Controlled, OneToken, Problem, done, read, unknown};
use crate::fakes::ground::Refusal;
use crate::fakes::http::Incoming;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    store: String,
    email: String,
}

/// Somebody signs in now, or did so at another time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    store: String,
    email: String,
    #[serde(default)]
    at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    store: String,
    email: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    store: String,
    email: String,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApiAccount {
    #[serde(default)]
    store: Option<String>,
    #[serde(default)]
    account: Option<String>,
    name: String,
    scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reauthorization {
    client_id: String,
    store: String,
    scopes: Vec<String>,
}

/// An app that somebody installs, and the app's callback address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewInstallation {
    store: String,
    client_id: String,
    scopes: Vec<String>,
    callback: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApp {
    client_id: String,
    client_secret: String,
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
        match command {
            "users" => {
                let store = request.parameter("store").unwrap_or_default();
                Ok(json!(truth::users(self.world.store(store)?, &self.world)))
            }
            "api-tokens" => Ok(json!(self.world.credentials.all(now))),
            "storefront-tokens" => {
                let store = request.parameter("store").unwrap_or_default();
                Ok(json!(self.world.store(store)?.shop.storefront_tokens))
            }
            other => Err(unknown(other)),
        }
    }

    fn act(&mut self, command: &str, request: &Incoming, now: Timestamp) -> Result<Value, Problem> {
        match command {
            "accept" => {
                let SignIn { store, email, at } = read(request)?;
                let at = at.unwrap_or(now);
                self.world.change(&store, &email, now, |member| member.last_login = Some(at))?;
            }
            "add-user" => {
                let NewUser { store, email, first, last } = read(request)?;
                let id = self.world.add_user(&store, &email, &first, &last, &self.quirks, now)?;
                return Ok(json!({"id": id}));
            }
            "remove-user" => {
                let Somebody { store, email } = read(request)?;
                self.world.remove_user(&store, &email, now)?;
            }
            "make-owner" => {
                let Somebody { store, email } = read(request)?;
                self.world.make_owner(&store, &email, now)?;
            }
            "grant-permissions" => {
                let Permissions { store, email, permissions } = read(request)?;
                self.world.change(&store, &email, now, |member| member.permissions = permissions)?;
            }
            "add-app" => {
                let NewApp { client_id, client_secret } = read(request)?;
                self.world.credentials.add_app(&client_id, &client_secret);
            }
            "install-app" => {
                let NewInstallation { store, client_id, scopes, callback } = read(request)?;
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                let callback = consent::install(&mut self.world, &client_id, &store, &scopes, &callback)?;
                return Ok(json!({"callback": callback}));
            }
            "revoke-token" => {
                let OneToken { token } = read(request)?;
                self.world.revoke_token(&token, &self.quirks, now)?;
            }
            "create-api-account" => {
                let NewApiAccount { store, account, name, scopes } = read(request)?;
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                let made = match (store, account) {
                    (Some(hash), None) => self.world.create_store_api_account(&hash, &name, &scopes, now)?,
                    (None, Some(uuid)) => {
                        self.world.create_account_api_account(&uuid, &name, &scopes, now)?
                    }
                    _ => return Err(Problem::Malformed("name a store or an account".to_owned())),
                };
                return Ok(json!(made));
            }
            "reauthorize-app" => {
                let Reauthorization { client_id, store, scopes } = read(request)?;
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                let token = self.world.reauthorize_app(&client_id, &store, &scopes, now)?;
                return Ok(json!({"token": token}));
            }
            "use-storefront-token" => {
                let OneToken { token } = read(request)?;
                let works = shopfront::known(&self.world, &token)
                    .is_some_and(|(_, token)| token.lives(&self.quirks, now));
                return Ok(json!({"works": works}));
            }
            other => return Err(unknown(other)),
        }
        Ok(done())
    }
}

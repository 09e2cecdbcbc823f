//! Ground truth: what is really so, whatever the API shows.

use std::collections::{BTreeMap, BTreeSet};

use guestpass::Timestamp;
use serde::Serialize;

use super::admin::ApiClient;
use super::state::{Employee, Key, World};

/// An employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeEmployee {
    /// The id.
    pub id: u64,
    /// The e-mail, as it was written.
    pub email: String,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// The profile; it need not exist.
    pub profile: u64,
    /// Whether they can sign in.
    pub active: bool,
    /// The shops that they are associated with.
    pub shops: BTreeSet<u64>,
    /// The hash of their password.
    pub hash: String,
}

/// A webservice key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeKey {
    /// The id, as the Admin API writes it.
    pub id: u64,
    /// The key itself.
    pub key: String,
    /// What it is for, as somebody wrote.
    pub description: String,
    /// Whether it works.
    pub enabled: bool,
    /// Methods by resource.
    pub permissions: BTreeMap<String, BTreeSet<String>>,
    /// The shops it is for.
    pub shops: BTreeSet<u64>,
}

/// A client of the Admin API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeApiClient {
    /// The id, as the Admin API writes it.
    pub id: u64,
    /// The id that it asks for tokens with.
    pub client_id: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// How long its tokens live, in seconds.
    pub lifetime: u64,
    /// Whether it was deleted.
    pub deleted: bool,
    /// How many of its tokens work now, whether it was deleted or not.
    pub tokens: usize,
}

/// Every client that there ever was, by id.
pub(super) fn api_clients(world: &World, now: Timestamp) -> Vec<FakeApiClient> {
    let client = |client: &ApiClient, deleted| FakeApiClient {
        id: client.id,
        client_id: client.client_id.clone(),
        scopes: client.scopes.clone(),
        lifetime: client.lifetime,
        deleted,
        tokens: world
            .apps
            .tokens
            .iter()
            .filter(|token| token.client_id == client.client_id && now < token.until)
            .count(),
    };
    let living = world.apps.clients.iter().map(|one| client(one, false));
    let mut all: Vec<_> = living.chain(world.apps.deleted.iter().map(|one| client(one, true))).collect();
    all.sort_by_key(|client| client.id);
    all
}

pub(super) fn employees(world: &World) -> Vec<FakeEmployee> {
    let mut employees: Vec<_> = world.employees.iter().map(employee).collect();
    employees.sort_by_key(|employee| employee.id);
    employees
}

fn employee(employee: &Employee) -> FakeEmployee {
    FakeEmployee {
        id: employee.id,
        email: employee.email().to_owned(),
        first: employee.column("firstname").to_owned(),
        last: employee.column("lastname").to_owned(),
        profile: employee.profile(),
        active: employee.is_active(),
        shops: employee.shops.clone(),
        hash: employee.column("passwd").to_owned(),
    }
}

pub(super) fn keys(world: &World) -> Vec<FakeKey> {
    let key = |key: &Key| FakeKey {
        id: key.id,
        key: key.key.clone(),
        description: key.description.clone(),
        enabled: key.enabled,
        permissions: key.permissions.clone(),
        shops: key.shops.clone(),
    };
    world.keys.iter().map(key).collect()
}

/// Everything that may show nowhere.
pub(super) fn secrets(world: &World) -> Vec<String> {
    let keys = world.keys.iter().map(|key| key.key.clone());
    let tokens = world.apps.tokens.iter().map(|token| token.text.clone());
    let clients = world.apps.clients.iter().chain(&world.apps.deleted).map(|client| client.secret.clone());
    let elsewhere = world.apps.elsewhere.values().map(|(secret, _)| secret.clone());
    let resets = world.employees.iter().map(|employee| employee.column("reset_password_token").to_owned());
    let all = keys.chain(tokens).chain(clients).chain(elsewhere).chain(resets);
    all.chain(world.passwords.iter().cloned()).filter(|secret| !secret.is_empty()).collect()
}

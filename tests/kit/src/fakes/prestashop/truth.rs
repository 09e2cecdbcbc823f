//! Ground truth: what is really so, whatever the API shows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

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
    /// Whether it works.
    pub enabled: bool,
    /// Methods by resource.
    pub permissions: BTreeMap<String, BTreeSet<String>>,
    /// The shops it is for.
    pub shops: BTreeSet<u64>,
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
    let clients = world.apps.clients.iter().map(|client| client.secret.clone());
    let elsewhere = world.apps.elsewhere.values().map(|(secret, _)| secret.clone());
    let resets = world.employees.iter().map(|employee| employee.column("reset_password_token").to_owned());
    let all = keys.chain(tokens).chain(clients).chain(elsewhere).chain(resets);
    all.chain(world.passwords.iter().cloned()).filter(|secret| !secret.is_empty()).collect()
}

//! The world as the Account API shows it, as JSON that the resolvers pick from.

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::quirks::{FreshPermissions, Quirks};
use super::state::{Membership, Person, Store, World};
use crate::fakes::ground::date_time;

/// The account with everything below it. Connections are plain arrays here; the resolvers page them.
pub(super) fn account(world: &World, uuid: &str, quirks: &Quirks, now: Timestamp) -> Value {
    let Some(account) = world.accounts.get(uuid) else {
        return Value::Null;
    };
    let users: Vec<Value> = account
        .members
        .iter()
        .filter(|seat| seat.listed(now))
        .filter_map(|seat| world.person_by_number(seat.person))
        .map(user)
        .collect();
    let stores: Vec<Value> = world
        .stores
        .values()
        .filter(|store| store.account == uuid)
        .map(|entry| store(world, entry, quirks, now))
        .collect();
    json!({
        "id": account_id(uuid),
        "accountInfo": {"name": account.name},
        "users": users,
        "stores": stores,
        "apps": [],
    })
}

/// The id of an account.
pub(super) fn account_id(uuid: &str) -> String {
    format!("bc/account/account/{uuid}")
}

/// Somebody, as the account lists them.
pub(super) fn user(person: &Person) -> Value {
    json!({
        "id": person.id(),
        "email": person.email,
        "firstName": person.first,
        "lastName": person.last,
        "locale": "en",
    })
}

fn store(world: &World, store: &Store, quirks: &Quirks, now: Timestamp) -> Value {
    let users: Vec<Value> = store
        .members
        .iter()
        .filter(|member| member.seat.listed(now))
        .filter_map(|member| Some((member, world.person_by_number(member.seat.person)?)))
        .map(|(member, person)| store_user(member, person, quirks))
        .collect();
    json!({
        "id": store.id(quirks),
        "name": store.name,
        "storeHash": store.hash,
        "users": users,
        "apps": [],
    })
}

fn store_user(member: &Membership, person: &Person, quirks: &Quirks) -> Value {
    let missing = member.permissions.is_empty() && quirks.fresh_permissions == FreshPermissions::Missing;
    let last_login = member.last_login.filter(|_| !quirks.strip_last_login);
    let mut user = user(person);
    if let Value::Object(fields) = &mut user {
        let permissions = if missing { Value::Null } else { json!(member.permissions) };
        fields.insert("permissions".to_owned(), permissions);
        fields.insert("status".to_owned(), json!(member.status));
        fields.insert("lastLoginAt".to_owned(), json!(last_login.map(date_time)));
        fields.insert("updatedAt".to_owned(), json!(date_time(member.updated_at)));
        fields.insert("apps".to_owned(), json!([]));
    }
    user
}

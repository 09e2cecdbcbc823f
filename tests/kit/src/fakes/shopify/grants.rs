//! The grants of the token endpoint.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::quirks::Quirks;
use super::state::World;
use super::vault::{Code, Pair, Session, TokenKind};
use crate::fakes::Verdict;
use crate::fakes::ground::same_email;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const OFFLINE: &str = "urn:shopify:params:oauth:token-type:offline-access-token";
const ONLINE: &str = "urn:shopify:params:oauth:token-type:online-access-token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const DAY: Duration = Duration::from_secs(86_399);

/// Why no token was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denied {
    UnknownApp(String),
    WrongSecretOrCode,
    NotInstalled,
    NotPermitted,
    DeadRefresh,
    InvalidSubject,
    UnknownShop,
    UnsupportedGrant,
}

/// The parameters of a request.
pub(super) struct Form<'f> {
    pub(super) fields: &'f BTreeMap<String, String>,
    pub(super) quirks: &'f Quirks,
    pub(super) now: Timestamp,
}

impl Form<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

/// The name of the grant that the parameters ask for, for the log.
pub(super) fn name(fields: &BTreeMap<String, String>) -> &'static str {
    match fields.get("grant_type").map(String::as_str) {
        Some("refresh_token") => "refresh_token",
        Some("client_credentials") => "client_credentials",
        Some(EXCHANGE) => "token_exchange",
        Some(_) => "unknown_grant",
        None if fields.contains_key("code") => "authorization_code",
        None if fields.contains_key("refresh_token") => "legacy_rotation",
        None => "unknown_grant",
    }
}

/// Answers the parameters for `shop`, which exists.
pub(super) fn grant(world: &mut World, shop: &str, form: &Form<'_>) -> Result<Value, Denied> {
    let (client, secret) = (form.text("client_id"), form.text("client_secret"));
    let app = world.app(client).map_err(|_| Denied::UnknownApp(client.to_owned()))?;
    let used = form.text("refresh_token");
    if form.quirks.refresh_token_first
        && name(form.fields) == "refresh_token"
        && !world.vault.refresh_alive(used, form.now)
    {
        return Err(Denied::DeadRefresh);
    }
    if !app.knows(secret) {
        return Err(Denied::WrongSecretOrCode);
    }
    let same_owner = world.shops.get(shop).is_some_and(|entry| entry.merchant == app.owner);
    let installed = world.shops.get(shop).is_some_and(|entry| entry.installations.contains_key(client));
    let grant = name(form.fields);
    if grant == "client_credentials" && !same_owner {
        return Err(Denied::NotPermitted);
    }
    if !installed && grant == "refresh_token" && form.quirks.uninstalled_refresh_is_dead {
        return Err(Denied::DeadRefresh);
    }
    if !installed && grant != "authorization_code" {
        return Err(Denied::NotInstalled);
    }
    match grant {
        "authorization_code" => by_code(world, shop, client, secret, form),
        "refresh_token" => {
            let used = form.text("refresh_token");
            let pair = world.vault.refresh(used, shop, client, secret, form.quirks, form.now);
            let pair = pair.ok_or(Denied::DeadRefresh)?;
            Ok(offline(world, shop, client, &pair, form.quirks))
        }
        "client_credentials" => {
            let kind = TokenKind::ClientCredentials;
            let access = world.vault.mint_for(kind, shop, client, secret, DAY, form.now);
            let answer =
                json!({"access_token": access, "scope": scope(world, shop, client), "expires_in": 86_399});
            Ok(trimmed(answer, form.quirks))
        }
        "token_exchange" => by_exchange(world, shop, client, secret, form),
        "legacy_rotation" => by_rotation(world, shop, client, secret, form),
        _ => Err(Denied::UnsupportedGrant),
    }
}

fn by_code(
    world: &mut World,
    shop: &str,
    client: &str,
    secret: &str,
    form: &Form<'_>,
) -> Result<Value, Denied> {
    let Some(Code { shop: of, client_id, person }) = world.vault.codes.remove(form.text("code")) else {
        return Err(Denied::WrongSecretOrCode);
    };
    if of != shop || client_id != client {
        return Err(Denied::WrongSecretOrCode);
    }
    let installed = world.shops.get(shop).is_some_and(|entry| entry.installations.contains_key(client));
    if !installed && world.install(shop, client).is_err() {
        return Err(Denied::NotInstalled);
    }
    match person {
        Some(person) => online(world, shop, client, secret, &person, form),
        None => Ok(acquire(world, shop, client, secret, form)),
    }
}

/// An offline token, expiring if that was asked for.
fn acquire(world: &mut World, shop: &str, client: &str, secret: &str, form: &Form<'_>) -> Value {
    if form.get("expiring") == Some("1") {
        let pair = world.vault.mint_pair(shop, client, secret, form.now);
        return offline(world, shop, client, &pair, form.quirks);
    }
    let access = world.vault.mint_static(shop, client, secret);
    json!({"access_token": access, "scope": scope(world, shop, client)})
}

fn by_exchange(
    world: &mut World,
    shop: &str,
    client: &str,
    secret: &str,
    form: &Form<'_>,
) -> Result<Value, Denied> {
    let (subject, kind) = (form.text("subject_token"), form.text("subject_token_type"));
    let wanted = form.text("requested_token_type");
    if kind == OFFLINE && wanted == OFFLINE && form.get("expiring") == Some("1") {
        let again = form.quirks.repeated_migration == Verdict::Success;
        let known = world.vault.get(subject).filter(|_| again);
        let old = world.vault.alive(subject, form.now).or(known).ok_or(Denied::InvalidSubject)?;
        if old.shop != shop || old.client_id != client || old.kind != TokenKind::Static {
            return Err(Denied::InvalidSubject);
        }
        world.vault.kill(subject);
        return Ok(acquire(world, shop, client, secret, form));
    }
    let session = world.vault.sessions.get(subject).filter(|_| kind == ID_TOKEN);
    let Some(Session { shop: of, client_id, person }) = session else {
        return Err(Denied::InvalidSubject);
    };
    if of != shop || client_id != client {
        return Err(Denied::InvalidSubject);
    }
    let person = person.clone();
    match wanted {
        ONLINE => online(world, shop, client, secret, &person, form),
        OFFLINE => Ok(acquire(world, shop, client, secret, form)),
        _ => Err(Denied::InvalidSubject),
    }
}

/// The old way to a new secret: a token that never expires is replaced by another one.
fn by_rotation(
    world: &mut World,
    shop: &str,
    client: &str,
    secret: &str,
    form: &Form<'_>,
) -> Result<Value, Denied> {
    let rotation = world.vault.rotations.get(form.text("refresh_token")).ok_or(Denied::DeadRefresh)?;
    if rotation.client_id != client || rotation.expires_at <= form.now {
        return Err(Denied::DeadRefresh);
    }
    let old = world.vault.alive(form.text("access_token"), form.now).ok_or(Denied::WrongSecretOrCode)?;
    if old.shop != shop || old.client_id != client || old.kind != TokenKind::Static {
        return Err(Denied::WrongSecretOrCode);
    }
    let access = world.vault.mint_static(shop, client, secret);
    let mut answer = json!({"access_token": access});
    if form.quirks.legacy_rotation_scope {
        set(&mut answer, "scope", json!(scope(world, shop, client)));
    }
    Ok(answer)
}

fn online(
    world: &mut World,
    shop: &str,
    client: &str,
    secret: &str,
    person: &str,
    form: &Form<'_>,
) -> Result<Value, Denied> {
    let of_person = |entry: &&super::state::Staff| entry.inside() && same_email(&entry.email, person);
    let staff = world.shops.get(shop).and_then(|entry| entry.staff.iter().find(of_person));
    let staff = staff.cloned().ok_or(Denied::InvalidSubject)?;
    let kind = TokenKind::Online;
    let access = world.vault.mint_for(kind, shop, client, secret, DAY, form.now);
    world.vault.belongs_to(&access, &staff.email);
    let scope = scope(world, shop, client);
    let answer = json!({
        "access_token": access,
        "scope": scope,
        "expires_in": DAY.as_secs(),
        "associated_user_scope": scope,
        "associated_user": {
            "id": staff.number,
            "first_name": staff.first,
            "last_name": staff.last,
            "email": staff.email,
            "email_verified": true,
            "account_owner": staff.owner,
            "locale": "en",
            "collaborator": staff.kind.is_collaborator(),
        },
    });
    Ok(trimmed(answer, form.quirks))
}

fn offline(world: &World, shop: &str, client: &str, pair: &Pair, quirks: &Quirks) -> Value {
    let answer = json!({
        "access_token": pair.access,
        "scope": scope(world, shop, client),
        "expires_in": pair.access_left.as_secs(),
        "refresh_token": pair.refresh,
        "refresh_token_expires_in": pair.refresh_left.as_secs(),
    });
    trimmed(answer, quirks)
}

fn trimmed(mut answer: Value, quirks: &Quirks) -> Value {
    if let (true, Value::Object(fields)) = (quirks.omit_expires_in, &mut answer) {
        fields.remove("expires_in");
    }
    answer
}

fn set(answer: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = answer {
        fields.insert(name.to_owned(), value);
    }
}

fn scope(world: &World, shop: &str, client: &str) -> String {
    let installation = world.shops.get(shop).and_then(|entry| entry.installations.get(client));
    installation.map(|entry| entry.granted.join(",")).unwrap_or_default()
}

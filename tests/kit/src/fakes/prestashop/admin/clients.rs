//! API clients: `/api-clients`.

use serde_json::{Map, Value, json};

use super::tokens::Apps;
use super::{Operation, SCOPES, body, error, invalid, lists, text};
use crate::fakes::ground::Refusal;
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::prestashop::passwords::sha1_hex;
use crate::fakes::prestashop::quirks::Quirks;
use crate::fakes::prestashop::state::World;

/// Somebody who may ask for tokens. Whether they are enabled is stored and stops nothing.
#[derive(Debug, Clone)]
pub(in super::super) struct ApiClient {
    pub(in super::super) id: u64,
    pub(in super::super) client_id: String,
    name: String,
    description: String,
    pub(in super::super) issuer: Option<String>,
    pub(in super::super) enabled: bool,
    pub(in super::super) lifetime: u64,
    pub(in super::super) scopes: Vec<String>,
    pub(in super::super) secret: String,
}

impl ApiClient {
    fn new(id: u64, client_id: &str, secret: &str, scopes: Vec<String>) -> Self {
        Self {
            id,
            client_id: client_id.to_owned(),
            name: client_id.to_owned(),
            description: String::new(),
            issuer: None,
            enabled: true,
            lifetime: 3600,
            scopes,
            secret: secret.to_owned(),
        }
    }

    /// A client of another authorization server, seen for the first time.
    pub(super) fn foreign(id: u64, client_id: &str, scopes: &[String]) -> Self {
        Self {
            issuer: Some("http://issuer.example/realms/merchant".to_owned()),
            ..Self::new(id, client_id, "", scopes.to_vec())
        }
    }

    fn listed(&self) -> Value {
        json!({
            "apiClientId": self.id, "clientId": self.client_id, "clientName": self.name,
            "description": self.description, "externalIssuer": self.issuer, "enabled": self.enabled,
            "lifetime": self.lifetime,
        })
    }

    fn shown(&self) -> Value {
        let mut shown = self.listed();
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("scopes".to_owned(), json!(self.scopes));
        }
        shown
    }
}

impl Apps {
    pub(in super::super) fn register(&mut self, client_id: &str, secret: &str, scopes: Vec<String>) {
        self.clients.push(ApiClient::new(self.next_client(), client_id, secret, scopes));
    }

    /// Lets the authorization server elsewhere know a client.
    pub(in super::super) fn trust(&mut self, client_id: &str, secret: &str, scopes: Vec<String>) {
        self.elsewhere.insert(client_id.to_owned(), (secret.to_owned(), scopes));
    }

    /// No id is ever given again.
    pub(super) fn next_client(&self) -> u64 {
        let all = self.clients.iter().chain(&self.deleted);
        all.map(|client| client.id).max().unwrap_or_default() + 1
    }

    /// Tokens that it has live on.
    pub(in super::super) fn delete(&mut self, client_id: &str) -> Result<(), Refusal> {
        let place = self.clients.iter().position(|client| client.client_id == client_id);
        let place = place.ok_or_else(|| Refusal("no such client".to_owned()))?;
        self.deleted.push(self.clients.remove(place));
        Ok(())
    }

    pub(in super::super) fn client_mut(&mut self, client_id: &str) -> Result<&mut ApiClient, Refusal> {
        let found = self.clients.iter_mut().find(|client| client.client_id == client_id);
        found.ok_or_else(|| Refusal("no such client".to_owned()))
    }

    /// Whether this client would get a token with this secret.
    pub(in super::super) fn knows(&self, client_id: &str, secret: &str) -> bool {
        let mut own = self.clients.iter().filter(|client| client.issuer.is_none());
        own.any(|client| client.client_id == client_id && client.secret == secret)
    }
}

pub(super) fn answer(
    operation: &Operation<'_>,
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
) -> Result<Answer, Answer> {
    let apps = &mut world.apps;
    let Some(id) = operation.id else {
        return match operation.method {
            "GET" => {
                let items = apps.clients.iter().map(ApiClient::listed).collect();
                Ok(lists::answer(request, items, 10, "apiClientId"))
            }
            _ => create(&body(request)?, apps, quirks),
        };
    };
    let known = apps.clients.iter().position(|client| client.id == id).ok_or_else(|| error(404))?;
    let mut client = apps.clients.remove(known);
    if operation.method == "DELETE" {
        apps.deleted.push(client);
        return Ok(Answer::empty(204));
    }
    let changed = match operation.method {
        "PATCH" => body(request).and_then(|body| change(&client, &body, apps, quirks)),
        _ => Ok(client.clone()),
    };
    if let Ok(changed) = &changed {
        client = changed.clone();
    }
    apps.clients.insert(known, client);
    changed.map(|client| Answer::json(200, &client.shown()))
}

/// The secret is shown here and never again.
fn create(body: &Map<String, Value>, apps: &mut Apps, quirks: &Quirks) -> Result<Answer, Answer> {
    apps.made += 1;
    let id = apps.next_client();
    let secret: String =
        sha1_hex(format!("secret of client {}", apps.made).as_bytes()).chars().take(32).collect();
    let blank = ApiClient::new(id, text(body, "clientId", 255)?, &secret, Vec::new());
    text(body, "clientName", 255)?;
    for field in ["enabled", "lifetime"] {
        if body.get(field).is_none_or(Value::is_null) {
            return Err(invalid(field, "This value should not be null."));
        }
    }
    let client = change(&blank, body, apps, quirks)?;
    apps.clients.push(client);
    Ok(Answer::json(201, &json!({"apiClientId": id, "secret": secret})))
}

/// The client with what the body changes; the issuer cannot be changed, the secret neither.
fn change(
    client: &ApiClient,
    body: &Map<String, Value>,
    apps: &Apps,
    quirks: &Quirks,
) -> Result<ApiClient, Answer> {
    let mut client = client.clone();
    if body.contains_key("clientId") {
        client.client_id = text(body, "clientId", 255)?.to_owned();
    }
    if body.contains_key("clientName") {
        client.name = text(body, "clientName", 255)?.to_owned();
    }
    if let Some(description) = body.get("description").and_then(Value::as_str) {
        client.description = description.to_owned();
    }
    if let Some(enabled) = body.get("enabled") {
        client.enabled =
            enabled.as_bool().ok_or_else(|| invalid("enabled", "This value should be of type bool."))?;
    }
    if let Some(lifetime) = body.get("lifetime") {
        let positive = lifetime.as_u64().filter(|&seconds| seconds > 0);
        client.lifetime = positive.ok_or_else(|| invalid("lifetime", "This value should be positive."))?;
    }
    if let Some(scopes) = body.get("scopes") {
        client.scopes = known_scopes(scopes, quirks)?;
    }
    for other in apps.clients.iter().filter(|other| other.id != client.id) {
        if other.client_id == client.client_id {
            return Err(invalid("clientId", "This value is already used."));
        }
        if other.name == client.name {
            return Err(invalid("clientName", "This value is already used."));
        }
    }
    Ok(client)
}

fn known_scopes(scopes: &Value, quirks: &Quirks) -> Result<Vec<String>, Answer> {
    let known = |scope: &Value| {
        let scope = scope.as_str()?;
        let installed = SCOPES.iter().any(|(known, since)| *known == scope && quirks.api_module >= *since);
        installed.then(|| scope.to_owned())
    };
    let all = scopes.as_array().and_then(|scopes| scopes.iter().map(known).collect());
    all.ok_or_else(|| invalid("scopes", "One or more of the given values is invalid."))
}

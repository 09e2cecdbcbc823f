//! An account as machines and people see it.

use guestpass::{Collaborator, Status, Told};
use serde::Serialize;
use serde_json::Value;

/// An account. Where the platform does not tell something, its value is the word `not_told`.
#[derive(Debug, Serialize)]
pub(crate) struct AccountView {
    pub(crate) id: String,
    pub(crate) email: Value,
    name: Value,
    kind: Value,
    pub(crate) status: &'static str,
    /// A status that we do not know, as the platform wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_raw: Option<String>,
    /// Whether the platform itself showed it.
    confirmed: bool,
    roles: Value,
    permissions: Value,
    privileged: Vec<String>,
    last_login: Value,
    second_factor: Value,
}

impl From<&Collaborator> for AccountView {
    fn from(account: &Collaborator) -> Self {
        let (status, status_raw) = match &account.status {
            Status::Active => ("active", None),
            Status::Suspended => ("suspended", None),
            Status::Pending => ("pending", None),
            Status::Unknown(raw) => ("unknown", Some(raw.clone())),
            _ => ("unknown", None),
        };
        Self {
            id: account.id.to_string(),
            email: told(&account.email),
            name: told(&account.name),
            kind: told(&account.kind),
            status,
            status_raw,
            confirmed: account.confirmed,
            roles: told(&account.roles),
            permissions: told(&account.permissions),
            privileged: account.privileged.clone(),
            last_login: told(&account.last_login),
            second_factor: told(&account.second_factor),
        }
    }
}

fn told<T: Serialize>(value: &Told<T>) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

impl AccountView {
    /// The columns of a listing.
    pub(crate) const HEADING: [&'static str; 8] =
        ["e-mail", "name", "status", "roles", "permissions", "privileged", "last login", "account"];

    /// The cells of a listing.
    pub(crate) fn row(&self) -> [String; 8] {
        [
            words(&self.email),
            words(&self.name),
            self.status_words(),
            words(&self.roles),
            counted(&self.permissions),
            if self.privileged.is_empty() { "-".into() } else { self.privileged.len().to_string() },
            last_login(&self.last_login),
            self.id.clone(),
        ]
    }

    /// All that is known, one line each.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("  account:       {}\n", self.id);
        let mut line = |label: &str, value: String| {
            text.push_str(&format!("  {:<14} {value}\n", format!("{label}:")));
        };
        line("e-mail", words(&self.email));
        line("name", words(&self.name));
        line("kind", words(&self.kind));
        line("status", self.status_words());
        line("roles", words(&self.roles));
        line("permissions", words(&self.permissions));
        if !self.privileged.is_empty() {
            line("privileged", self.privileged.join(", "));
        }
        line("last login", last_login(&self.last_login));
        line("second factor", words(&self.second_factor));
        text
    }

    fn status_words(&self) -> String {
        match &self.status_raw {
            Some(raw) => format!("{} ({raw})", self.status),
            None if self.confirmed => self.status.to_owned(),
            None => format!("{} (not confirmed)", self.status),
        }
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) if text == "not_told" => "not told".into(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Null => "none".into(),
        other => other.to_string(),
    }
}

fn counted(value: &Value) -> String {
    value.as_array().map_or_else(|| words(value), |items| items.len().to_string())
}

fn last_login(value: &Value) -> String {
    if value.is_null() { "never".into() } else { words(value) }
}

//! A store's settings, as a provider asks for them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::StoreHandle;
use crate::secret::SecretSource;

/// One setting that a provider understands. Programs build help, forms and validation from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigField {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Whether it is a secret, and so given as a reference.
    pub secret: bool,
    /// When it must be there.
    pub required: Required,
    /// What it is and where the merchant finds it.
    pub help: Cow<'static, str>,
}

impl ConfigField {
    /// A plain setting that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, help: &'static str) -> Self {
        Self { name, secret: false, required: Required::Never, help: Cow::Borrowed(help) }
    }

    /// A plain setting that must be there.
    #[must_use]
    pub const fn required(name: &'static str, help: &'static str) -> Self {
        Self { name, secret: false, required: Required::Always, help: Cow::Borrowed(help) }
    }

    /// A plain setting that must be there where guestpass works with a credential of its own.
    #[must_use]
    pub const fn required_with_credential(name: &'static str, help: &'static str) -> Self {
        Self { name, secret: false, required: Required::WithCredential, help: Cow::Borrowed(help) }
    }

    /// Makes it a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// When a setting must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Required {
    /// For every connection.
    Always,
    /// Where guestpass works with a control credential.
    WithCredential,
    /// Never.
    Never,
}

/// Who holds the control credential of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Access {
    /// We do: guestpass calls the platform.
    #[default]
    Credential,
    /// The merchant does: guestpass says what they must do.
    Merchant,
}

/// The value of a setting.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ConfigValue {
    /// Plain text.
    Text(String),
    /// A secret, by its source.
    Secret(Arc<dyn SecretSource>),
}

/// The settings of one store.
///
/// ```
/// use std::sync::Arc;
/// use guestpass::{FixedSecret, StoreHandle, StoreSettings};
///
/// let settings = StoreSettings::new(StoreHandle::new("acme")?)
///     .with_text("store_hash", "abc123")
///     .with_secret("account_token", Arc::new(FixedSecret::new("from a vault".into())));
/// # Ok::<(), guestpass::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreSettings {
    /// Our name for the store.
    pub store: StoreHandle,
    /// The store's name for people, if it has another.
    pub label: Option<String>,
    /// Who holds the control credential.
    pub access: Access,
    /// The provider's own settings by name.
    pub values: BTreeMap<String, ConfigValue>,
}

impl StoreSettings {
    /// A store without settings yet.
    #[must_use]
    pub fn new(store: StoreHandle) -> Self {
        Self { store, label: None, access: Access::Credential, values: BTreeMap::new() }
    }

    /// The merchant holds the control credential.
    #[must_use]
    pub fn merchant_held(mut self) -> Self {
        self.access = Access::Merchant;
        self
    }

    /// Sets the name for people.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets a plain setting.
    #[must_use]
    pub fn with_text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), ConfigValue::Text(value.into()));
        self
    }

    /// Sets a secret.
    #[must_use]
    pub fn with_secret(mut self, name: impl Into<String>, source: Arc<dyn SecretSource>) -> Self {
        self.values.insert(name.into(), ConfigValue::Secret(source));
        self
    }

    /// A plain setting, if it is there.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(ConfigValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A plain setting that must be there.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names it.
    pub fn required_text(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// A secret, if it is there.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Arc<dyn SecretSource>> {
        match self.values.get(name) {
            Some(ConfigValue::Secret(source)) => Some(source.clone()),
            _ => None,
        }
    }

    /// A secret that must be there.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names it.
    pub fn required_secret(&self, name: &str) -> Result<Arc<dyn SecretSource>> {
        self.secret(name).ok_or_else(|| missing(name))
    }

    /// Checks the settings against a provider's fields: nothing unknown, nothing missing, secrets where they belong.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names the field and the remedy.
    pub fn validate(&self, fields: &[ConfigField]) -> Result<()> {
        validate(&self.values, fields, self.access == Access::Credential)
    }
}

/// Checks settings against fields: nothing unknown, nothing missing, secrets where they belong.
pub(crate) fn validate(
    values: &BTreeMap<String, ConfigValue>,
    fields: &[ConfigField],
    with_credential: bool,
) -> Result<()> {
    for (name, value) in values {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let known: Vec<_> = fields.iter().map(|field| field.name).collect();
            let remedy = if known.is_empty() {
                "leave it out".to_owned()
            } else {
                format!("known are {}", known.join(", "))
            };
            return Err(Error::config(name, "is no setting here", remedy));
        };
        match (field.secret, value) {
            (true, ConfigValue::Text(_)) => {
                return Err(Error::config(
                    name,
                    "is a secret and may not stand in the configuration",
                    "refer to it with env:NAME, file:PATH or cmd:PROGRAM",
                ));
            }
            (false, ConfigValue::Secret(_)) => {
                return Err(Error::config(name, "is no secret", "write it as plain text"));
            }
            _ => {}
        }
    }
    for field in fields {
        let needed = match field.required {
            Required::Always => true,
            Required::WithCredential => with_credential,
            Required::Never => false,
        };
        if needed && !values.contains_key(field.name) {
            return Err(missing_with_help(field));
        }
    }
    Ok(())
}

fn missing(name: &str) -> Error {
    Error::config(name, "is missing", "add it to the store's settings")
}

fn missing_with_help(field: &ConfigField) -> Error {
    let or = if field.required == Required::WithCredential { ", or set access = \"merchant\"" } else { "" };
    Error::config(field.name, "is missing", format!("add it ({}){or}", field.help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedSecret;

    const FIELDS: &[ConfigField] = &[
        ConfigField::required("store_hash", "the store's hash"),
        ConfigField::required_with_credential("token", "the API token").secret(),
    ];

    fn settings() -> StoreSettings {
        StoreSettings::new(StoreHandle::new("acme").unwrap()).with_text("store_hash", "abc")
    }

    #[test]
    fn every_mistake_names_field_and_remedy() {
        let message = |settings: StoreSettings| settings.validate(FIELDS).unwrap_err().to_string();
        assert!(message(settings()).contains("`token` is missing"));
        assert!(message(settings()).contains("access = \"merchant\""));
        assert!(message(settings().with_text("token", "hush")).contains("env:NAME"));
        assert!(!message(settings().with_text("token", "hush")).contains("hush"));
        assert!(message(settings().with_text("tokn", "x")).contains("known are store_hash, token"));
        let secret_hash = settings().with_secret("store_hash", Arc::new(FixedSecret::new("x".into())));
        assert!(message(secret_hash).contains("plain text"));
    }

    #[test]
    fn a_merchant_held_store_needs_no_token() {
        settings().merchant_held().validate(FIELDS).unwrap();
    }
}

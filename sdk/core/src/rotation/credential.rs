//! One credential of a store: what we call it, how it is recognised, and how it is handed to a rotator.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::kind::{CredentialKind, KindInfo};
use crate::Timestamp;
use crate::config::{ConfigValue, validate};
use crate::error::{Error, Result};
use crate::model::{OneTimeSecret, StoreHandle};
use crate::provider::Right;
use crate::secret::SecretSource;

pub use crate::model::CredentialName;

/// A credential of a store as the embedding program knows it: its kind, where it is kept, how often it changes.
///
/// ```
/// use guestpass::rotation::{CredentialKind, CredentialName, CredentialSlot};
///
/// let slot = CredentialSlot::new(CredentialName::new("web")?, CredentialKind::from_static("storefront-token"))
///     .with_text("channel_ids", "1")
///     .kept_in("web-token");
/// # Ok::<(), guestpass::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CredentialSlot {
    /// Our name for it, unique within its store.
    pub name: CredentialName,
    /// What it is.
    pub kind: CredentialKind,
    /// What the kind asks for, by the names of its [fields](KindInfo::fields).
    pub values: BTreeMap<String, ConfigValue>,
    /// Where it is kept: names of sinks. Whoever uses it takes it from there.
    pub sinks: Vec<String>,
    /// Where the one in use today can be read, if no sink can give it back.
    pub current: Option<Arc<dyn SecretSource>>,
    /// When the one in use today was made, if somebody knows, in UTC.
    pub made_at: Option<Timestamp>,
    /// How old it may get.
    pub rotate_every: Option<Duration>,
    /// Whether a sweep begins a rotation by itself when it is too old; otherwise it announces it.
    pub automatic: bool,
    /// How long whoever uses it needs to take the new one.
    pub drain: Duration,
    /// How long a new one is to live, where that can be chosen.
    pub lifetime: Option<Duration>,
    /// Other stores that depend on it, for example all shops of one app's client secret.
    pub dependents: Vec<StoreHandle>,
}

impl CredentialSlot {
    /// A credential without settings that is drained for no time.
    #[must_use]
    pub fn new(name: CredentialName, kind: CredentialKind) -> Self {
        Self {
            name,
            kind,
            values: BTreeMap::new(),
            sinks: Vec::new(),
            current: None,
            made_at: None,
            rotate_every: None,
            automatic: false,
            drain: Duration::ZERO,
            lifetime: None,
            dependents: Vec::new(),
        }
    }

    /// Sets a plain setting of its kind.
    #[must_use]
    pub fn with_text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), ConfigValue::Text(value.into()));
        self
    }

    /// Sets a secret setting of its kind.
    #[must_use]
    pub fn with_secret(mut self, name: impl Into<String>, source: Arc<dyn SecretSource>) -> Self {
        self.values.insert(name.into(), ConfigValue::Secret(source));
        self
    }

    /// Keeps it in this sink, too.
    #[must_use]
    pub fn kept_in(mut self, sink: impl Into<String>) -> Self {
        self.sinks.push(sink.into());
        self
    }

    /// Says where the one in use today can be read.
    #[must_use]
    pub fn read_from(mut self, source: Arc<dyn SecretSource>) -> Self {
        self.current = Some(source);
        self
    }

    /// Gives whoever uses it this time to take the new one.
    #[must_use]
    pub fn draining(mut self, drain: Duration) -> Self {
        self.drain = drain;
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
        self.text(name).ok_or_else(|| {
            Error::config(name, "is missing", format!("add it to the credential `{}`", self.name))
        })
    }

    /// A secret setting, if it is there.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Arc<dyn SecretSource>> {
        match self.values.get(name) {
            Some(ConfigValue::Secret(source)) => Some(source.clone()),
            _ => None,
        }
    }

    /// Checks its settings against the fields of its kind: nothing unknown, nothing missing, secrets where they belong.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names the field and the remedy.
    pub fn validate(&self, info: &KindInfo) -> Result<()> {
        validate(&self.values, info.fields, true)
    }
}

/// Our mark on a credential, by which it is found where a platform lists it: unique for every attempt to make one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    /// What every tag begins with.
    pub const PREFIX: &str = "guestpass-";

    /// A new one: [`PREFIX`](Self::PREFIX) and 16 hexadecimal digits.
    #[must_use]
    pub fn random() -> Self {
        let digits = Uuid::new_v4().simple().to_string();
        Self(format!("{}{}", Self::PREFIX, digits.chars().take(16).collect::<String>()))
    }

    /// The tag as text: lower-case letters, digits and hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// By what a secret is recognised without being known: the first half of a salted SHA-256, with its salt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a secret, with a salt of its own.
    #[must_use]
    pub fn of(secret: &OneTimeSecret) -> Self {
        Self::salted(&Uuid::new_v4().simple().to_string(), secret)
    }

    /// Whether this is the secret.
    #[must_use]
    pub fn is_of(&self, secret: &OneTimeSecret) -> bool {
        self.0.split_once('.').is_some_and(|(salt, _)| Self::salted(salt, secret) == *self)
    }

    fn salted(salt: &str, secret: &OneTimeSecret) -> Self {
        let digest = Sha256::new().chain_update(salt).chain_update(secret.expose()).finalize();
        let half: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{salt}.{half}"))
    }
}

/// A credential as it is handed to a rotator: as much of it as is known.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Credential {
    /// The platform's id of it, where it has one. Never a secret.
    pub id: Option<String>,
    /// Our mark on it, if we made it.
    pub tag: Option<Tag>,
    /// Its secret, where it can be read.
    pub secret: Option<OneTimeSecret>,
    /// What it may do, as far as the platform tells.
    pub rights: Vec<Right>,
    /// When it dies by itself, in UTC.
    pub expires_at: Option<Timestamp>,
}

impl Credential {
    /// A credential of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this secret.
    #[must_use]
    pub fn with_secret(mut self, secret: OneTimeSecret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// With this id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Its secret, where a call cannot do without.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) that says what to do.
    pub fn known_secret(&self) -> Result<&OneTimeSecret> {
        self.secret.as_ref().ok_or_else(|| {
            Error::new(crate::ErrorKind::NotFound, "the secret of this credential cannot be read")
                .with_remedy("keep it in a sink that can give it back, or name its source as `current`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_recognises_its_secret_and_no_other() {
        let secret = OneTimeSecret::new("marker-of-a-secret".to_owned().into());
        let print = Fingerprint::of(&secret);
        assert!(print.is_of(&secret));
        assert!(!print.is_of(&OneTimeSecret::new("another".to_owned().into())));
        assert_ne!(print, Fingerprint::of(&secret), "equal secrets are not seen to be equal");
        assert!(!serde_json::to_string(&print).unwrap().contains("marker"));
    }

    #[test]
    fn tags_are_unique_and_plain() {
        let (one, other) = (Tag::random(), Tag::random());
        assert_ne!(one, other);
        assert!(one.as_str().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
        assert_eq!(one.as_str().len(), 26);
    }
}

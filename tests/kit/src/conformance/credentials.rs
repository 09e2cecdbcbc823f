//! The other side of a rotation: credentials in use, who is let in with them, and the people who make and end them.

use crate::On;

use super::World;

/// A fake platform whose credentials are rotated.
pub trait CredentialWorld: World {
    /// The kinds of the platform, and the ways in which each is rotated here.
    fn ways(&self) -> Vec<Way>;

    /// Somebody uses a credential of this kind from now on. Called once for each world.
    fn in_use(&self, way: Way) -> InUse;

    /// Whether whoever uses this secret now is let in. No request is counted.
    fn works(&self, kind: &str, secret: &str) -> bool;

    /// Whether something still works that was minted with this secret, and that nobody depends on any more.
    fn lingers(&self, _kind: &str, _secret: &str) -> bool {
        false
    }

    /// The secrets of this kind that the platform ever made for a call, and those that a call set.
    fn minted(&self, kind: &str) -> Vec<String>;

    /// A person makes a new one that may do what the one in use may do.
    fn person_makes(&self, kind: &str, in_use: &str) -> String;

    /// A person ends one. One that is gone already stays so.
    fn person_ends(&self, kind: &str, secret: &str);

    /// Whether what depended on the old one depends on the new one now. `kept` gives the secret settings of the store that
    /// it writes back itself, by name.
    fn is_carried(&self, _kind: &str, _old: &str, _new: &str, _kept: &dyn Fn(&str) -> String) -> bool {
        true
    }
}

/// A kind, and how it is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The kind.
    pub kind: &'static str,
    /// Whether a human makes and ends it, because the store's settings or the platform allow nothing else.
    pub by_hand: bool,
}

impl Way {
    /// A kind that is rotated by calls.
    #[must_use]
    pub const fn by_calls(kind: &'static str) -> Self {
        Self { kind, by_hand: false }
    }

    /// A kind of which people do the decisive steps.
    #[must_use]
    pub const fn by_hand(kind: &'static str) -> Self {
        Self { kind, by_hand: true }
    }
}

/// A credential that somebody uses, and a store whose settings can rotate it.
#[derive(Clone, Default)]
pub struct InUse {
    /// Its secret.
    pub secret: String,
    /// The plain settings of its slot.
    pub texts: Vec<(&'static str, String)>,
    /// The secret ones.
    pub secrets: Vec<(&'static str, String)>,
    /// The plain settings of the store.
    pub store_texts: Vec<(&'static str, String)>,
    /// The secret ones that stay.
    pub store_secrets: Vec<(&'static str, String)>,
    /// The secret ones that the store writes back itself when they are renewed.
    pub store_kept: Vec<(&'static str, String)>,
    /// The secret one that is read from where the credential is kept, if the store lives on it.
    pub store_lives_on: Option<&'static str>,
    /// The request that makes a new one.
    pub issue: Option<On>,
    /// The request that ends one.
    pub retire: Option<On>,
}

impl std::fmt::Debug for InUse {
    /// Without the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InUse")
            .field("texts", &self.texts)
            .field("store_texts", &self.store_texts)
            .field("store_lives_on", &self.store_lives_on)
            .finish_non_exhaustive()
    }
}

impl InUse {
    /// A credential with this secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: secret.into(), ..Self::default() }
    }

    /// With a plain setting of its slot.
    #[must_use]
    pub fn with_text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.texts.push((name, value.into()));
        self
    }

    /// With a secret setting of its slot.
    #[must_use]
    pub fn with_secret(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.secrets.push((name, value.into()));
        self
    }

    /// With a plain setting of the store.
    #[must_use]
    pub fn on_store(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.store_texts.push((name, value.into()));
        self
    }

    /// With a secret setting of the store.
    #[must_use]
    pub fn on_store_secretly(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.store_secrets.push((name, value.into()));
        self
    }

    /// Of a store that lives on it by this setting.
    #[must_use]
    pub fn lived_on_by(mut self, name: &'static str) -> Self {
        self.store_lives_on = Some(name);
        self
    }

    /// Made and ended by these requests.
    #[must_use]
    pub fn by(mut self, issue: On, retire: Option<On>) -> Self {
        (self.issue, self.retire) = (Some(issue), retire);
        self
    }
}

/// Id and secret of a client, as both are kept in one place.
#[must_use]
pub fn pair(id: &str, secret: &str) -> String {
    format!(r#"{{"client_id":"{id}","client_secret":"{secret}"}}"#)
}

/// Id and secret of a client that are kept in one place.
#[must_use]
pub fn unpair(text: &str) -> Option<(String, String)> {
    let fields: serde_json::Value = serde_json::from_str(text).ok()?;
    let field = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
    Some((field("client_id")?, field("client_secret")?))
}

/// What may show nowhere of a credential: the secret itself, where an id is kept beside it.
#[must_use]
pub fn secret_part(text: &str) -> String {
    unpair(text).map_or_else(|| text.to_owned(), |(_, secret)| secret)
}

//! What a platform allows for one kind of credential, declared instead of discovered by failing.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::capability::{Capability, Support};
use crate::config::ConfigField;

/// A kind of credential of a platform, for example `storefront-token`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialKind(Cow<'static, str>);

impl CredentialKind {
    /// A kind known at compile time: lower-case words with hyphens.
    #[must_use]
    pub const fn from_static(kind: &'static str) -> Self {
        Self(Cow::Borrowed(kind))
    }

    /// The kind as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for CredentialKind {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One kind of credential, and what the vendor allows for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KindInfo {
    /// Its name.
    pub kind: CredentialKind,
    /// What it is, for people.
    pub title: Cow<'static, str>,
    /// How a rotation of it is done, and why so: [`Manual`](Support::Manual) where a human makes the new one.
    pub capability: Capability,
    /// How one is found again whose answer was lost.
    pub find: Find,
    /// How the old one ends.
    pub retire: Retire,
    /// How the new one is tried before anybody depends on it.
    pub verify: Verify,
    /// How many may live at once.
    pub overlap: Overlap,
    /// How long a new one lives.
    pub lifetime: Lifetime,
    /// How long after it was made a new one may still be refused.
    pub visible_after: Duration,
    /// What must be said about one of this kind, beside what every credential has.
    pub fields: &'static [ConfigField],
    /// What a reader of the table should know, in one or two sentences.
    pub note: Cow<'static, str>,
}

impl KindInfo {
    /// A kind of which a human makes the new one, any number may live for ever, and a human ends the old one.
    #[must_use]
    pub fn new(kind: CredentialKind, title: impl Into<Cow<'static, str>>, capability: Capability) -> Self {
        Self {
            kind,
            title: title.into(),
            capability,
            find: Find::HandedIn,
            retire: Retire::Human,
            verify: Verify::Probe,
            overlap: Overlap::Unlimited,
            lifetime: Lifetime::Unlimited,
            visible_after: Duration::ZERO,
            fields: &[],
            note: Cow::Borrowed(""),
        }
    }

    /// Sets how a lost one is found again.
    #[must_use]
    pub fn finding(mut self, find: Find) -> Self {
        self.find = find;
        self
    }

    /// Sets how the old one ends.
    #[must_use]
    pub fn retiring(mut self, retire: Retire) -> Self {
        self.retire = retire;
        self
    }

    /// Sets how the new one is tried.
    #[must_use]
    pub fn verifying(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// Sets how many may live at once.
    #[must_use]
    pub fn overlapping(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// Sets how long a new one lives.
    #[must_use]
    pub fn living(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets how long after it was made a new one may still be refused.
    #[must_use]
    pub fn visible_after(mut self, delay: Duration) -> Self {
        self.visible_after = delay;
        self
    }

    /// Sets what must be said about one of this kind.
    #[must_use]
    pub fn with_fields(mut self, fields: &'static [ConfigField]) -> Self {
        self.fields = fields;
        self
    }

    /// Sets what a reader of the table should know.
    #[must_use]
    pub fn noting(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether a human makes the new one.
    #[must_use]
    pub fn is_guided(&self) -> bool {
        self.capability.support == Support::Manual
    }

    /// Whether making the new one ends the old one at once, so that there is no way back after it.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        self.overlap == Overlap::InPlace
    }
}

/// How a credential is found again whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Find {
    /// It carries our tag where the platform lists it. Its secret is not told again.
    ByTag,
    /// We make the secret ourselves, so it is known before it is sent.
    CallerMade,
    /// Nothing lists it: a lost one lives until it expires, so every one gets an expiry.
    Impossible,
    /// A human makes it and hands it in; nothing of ours can get lost.
    HandedIn,
}

/// How an old credential ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retire {
    /// At once, by a call.
    Now,
    /// A while after a call.
    Scheduled,
    /// By a call that switches it off; it stays listed.
    Disable,
    /// By its own expiry alone.
    AtExpiry,
    /// By the call that made the new one.
    Replaced,
    /// By a human.
    Human,
}

/// How a new credential is tried before anybody depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verify {
    /// By using it.
    Probe,
    /// It cannot be tried, for this reason.
    NotPossible(Cow<'static, str>),
}

/// How many credentials of one kind may live at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Overlap {
    /// As many as one likes.
    Unlimited,
    /// So many.
    UpTo(u32),
    /// One: the new one takes the old one's place at once, and whoever uses the old one is refused until they have it.
    InPlace,
}

/// How long a new credential lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lifetime {
    /// Until somebody ends it.
    Unlimited,
    /// As long as is asked for.
    Chosen {
        /// When nobody asks.
        default: Duration,
        /// At most, if there is a limit.
        longest: Option<Duration>,
    },
    /// Always so long.
    Fixed(Duration),
}

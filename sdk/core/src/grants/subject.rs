//! What a platform lets in or puts out, as grants count it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{AccountId, ContentionKey, Email, Person, ProviderId};

/// What a platform can let in or put out: an account, known by its id or by its mailbox; on Shopify our partner
/// organisation. Two people of ours who come in through the same one, for example a team's mailbox, are one subject.
///
/// Holds no address: of a mailbox only a SHA-256 fingerprint is kept, so that names and addresses live in one place that
/// can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectKey(String);

impl SubjectKey {
    /// An account that is known by its id on the platform.
    #[must_use]
    pub fn account(id: &AccountId) -> Self {
        Self(format!("account:{id}"))
    }

    /// Whoever reads this mailbox; letter case aside.
    #[must_use]
    pub fn mailbox(email: &Email) -> Self {
        Self(format!("mailbox:{}", fingerprint(&email.as_str().to_lowercase())))
    }

    /// An organisation of ours, let in as a whole.
    #[must_use]
    pub fn organisation(id: &str) -> Self {
        Self(format!("organisation:{}", fingerprint(id)))
    }

    /// The subject through which a person comes in where every account is let in by itself.
    #[must_use]
    pub fn of(person: &Person, provider: &ProviderId) -> Self {
        person.accounts.get(provider).map_or_else(|| Self::mailbox(&person.email), Self::account)
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that a ledger has kept as text.
    #[must_use]
    pub fn from_kept(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first half of a SHA-256 as hexadecimal digits: 128 bits, enough to tell subjects apart.
fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A subject on one store, and what concurrent work on it competes for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Place {
    /// The platform.
    pub platform: ProviderId,
    /// Our name for the store.
    pub store: crate::model::StoreHandle,
    /// The subject on it.
    pub subject: SubjectKey,
    /// Whoever works on this place holds the lease of this key.
    pub contention: ContentionKey,
}

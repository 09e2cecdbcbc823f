//! Identifiers, each its own type so that none is passed for another.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

const LONGEST_NAME: usize = 64;
const LONGEST_VENDOR_ID: usize = 256;

/// A platform: one lower-case word for those of this project, `reverse.dns/name` for one that somebody else adds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderId(Cow<'static, str>);

impl ProviderId {
    /// An id known at compile time.
    #[must_use]
    pub const fn from_static(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// [`ErrorKind::InvalidRequest`] when it is empty, too long, or holds characters that it may not.
            pub fn new(text: impl Into<String>) -> Result<Self> {
                let text = text.into();
                $check(stringify!($name), &text)?;
                Ok(Self(text))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

text_id!(
    /// Our own name for a store, as the configuration calls it.
    StoreHandle,
    handle
);
text_id!(
    /// Our own name for a person, as the configuration calls them.
    PersonHandle,
    handle
);
text_id!(
    /// Our own name for a credential of a store, as the configuration calls it.
    CredentialName,
    handle
);
text_id!(
    /// The platform's id of an account, passed back to it verbatim.
    AccountId,
    vendor_id
);
text_id!(
    /// The platform's id of a role, always text: some platforms use numbers above 2^53.
    RoleId,
    vendor_id
);
text_id!(
    /// What concurrent work on a platform competes for: usually the store, on some platforms the
    /// merchant's whole account.
    ContentionKey,
    vendor_id
);

impl ContentionKey {
    /// What work on one credential of a store competes for.
    pub(crate) fn of_rotation(store: &StoreHandle, credential: &CredentialName) -> Self {
        Self(format!("rotation/{store}/{credential}"))
    }
}

/// One intended operation, the same through all its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(Uuid);

impl OperationId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn handle(name: &str, text: &str) -> Result<()> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.chars().count() > LONGEST_NAME || !text.chars().all(allowed) {
        return Err(invalid(name, "1 to 64 letters, digits, `-`, `_` or `.`"));
    }
    Ok(())
}

fn vendor_id(name: &str, text: &str) -> Result<()> {
    let printable = |c: char| !c.is_control() && !c.is_whitespace();
    if text.is_empty() || text.chars().count() > LONGEST_VENDOR_ID || !text.chars().all(printable) {
        return Err(invalid(name, "1 to 256 printable characters without spaces"));
    }
    Ok(())
}

fn invalid(name: &str, form: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("this is no {name}")).with_remedy(format!("use {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_short_words() {
        assert!(StoreHandle::new("acme-1.eu").is_ok());
        for bad in ["", "two words", "a/b", &"x".repeat(65)] {
            assert_eq!(StoreHandle::new(bad).unwrap_err().kind(), ErrorKind::InvalidRequest, "{bad}");
        }
    }

    #[test]
    fn vendor_ids_stay_verbatim() {
        assert_eq!(AccountId::new("bc/account/user/7").unwrap().as_str(), "bc/account/user/7");
        assert!(AccountId::new("a\nb").is_err());
    }
}

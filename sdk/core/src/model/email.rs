//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// An e-mail address that was looked at before it is sent anywhere.
///
/// The address is kept as written. Platforms treat letter case differently, so equality is exact;
/// [`same_mailbox`](Self::same_mailbox) compares the way every platform of guestpass looks people up.
/// The form is the practical part of [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321): one `@`, no spaces, no
/// quoting, at most 254 bytes.
///
/// ```
/// use guestpass::Email;
///
/// let email: Email = "Sam@Vendor.example".parse()?;
/// assert!(email.same_mailbox(&"sam@vendor.example".parse()?));
/// assert!("sam@vendor".parse::<Email>().is_err());
/// # Ok::<(), guestpass::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Checks the address.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when it cannot be an address.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        match fault(&text) {
            None => Ok(Self(text)),
            Some(fault) => {
                Err(Error::new(ErrorKind::InvalidRequest, format!("this is no e-mail address: {fault}"))
                    .with_remedy("write it as name@domain.tld"))
            }
        }
    }

    /// The address as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both mean the same mailbox, letter case aside.
    #[must_use]
    pub fn same_mailbox(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

fn fault(text: &str) -> Option<&'static str> {
    let Some((local, domain)) = text.split_once('@') else {
        return Some("it has no `@`");
    };
    if text.len() > 254 || local.len() > 64 {
        return Some("it is too long");
    }
    let forbidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | ',' | ';' | '(' | ')' | '\\' | '[' | ']')
    };
    if text.chars().any(forbidden) || domain.contains('@') {
        return Some("it holds a character that no address of this kind may hold");
    }
    if local.is_empty() || local.starts_with('.') || local.ends_with('.') {
        return Some("the part before `@` is empty or starts or ends with a dot");
    }
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if !domain.contains('.') || !domain.split('.').all(label) {
        return Some("the part after `@` is no domain name");
    }
    None
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl TryFrom<String> for Email {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "", "@", "a@", "@b.c", "a b@c.de", "a@b", "a@b..c", "a@@b.c", "a@b.c\n", "<a@b.c>", "a@-b.c",
            ".a@b.c",
        ] {
            assert!(Email::new(bad).is_err(), "{bad:?}");
        }
        assert!(Email::new(format!("{}@b.co", "x".repeat(65))).is_err());
    }

    #[test]
    fn real_addresses_pass() {
        for good in ["a@b.co", "first.last+tag@sub.example.com", "o'neil@example.org", "ü@exämple.de"] {
            assert!(Email::new(good).is_ok(), "{good:?}");
        }
    }
}

//! Passwords, made where nobody sees them.

use guestpass::{Error, ErrorKind, Result, SecretString};

const LENGTH: usize = 28;
/// Sixty-four characters, so that a random byte picks one without favour. Without `l`, `I`, `o`, `O`, `0` and `1`, which
/// people mix up, and without what some form or shell reads otherwise.
const ALPHABET: &[u8; 64] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#*-:=?_";

/// A new password of 168 random bits: short enough for bcrypt, which reads 72 bytes, and with every kind of character that
/// a shop's own rules may ask for.
pub(crate) fn generate() -> Result<SecretString> {
    loop {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::new(ErrorKind::Internal, "this machine gives no random numbers").with_source(error)
        })?;
        let password: String = bytes.iter().filter_map(|byte| pick(*byte)).collect();
        if has_every_kind(&password) {
            return Ok(SecretString::from(password));
        }
    }
}

fn pick(byte: u8) -> Option<char> {
    ALPHABET.get(usize::from(byte) % ALPHABET.len()).map(|byte| char::from(*byte))
}

fn has_every_kind(password: &str) -> bool {
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| c.is_ascii_punctuation(),
    ];
    kinds.iter().all(|kind| password.contains(kind))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use guestpass::ExposeSecret;

    use super::*;

    #[test]
    fn passwords_are_long_mixed_and_never_the_same() {
        let made: Vec<_> = (0..500).map(|_| generate().unwrap()).collect();
        let distinct: HashSet<_> = made.iter().map(|password| password.expose_secret()).collect();
        assert_eq!(distinct.len(), made.len());
        for password in distinct {
            assert!(password.len() == LENGTH && has_every_kind(password), "{password}");
        }
    }

    #[test]
    fn a_missing_kind_is_noticed() {
        assert!(has_every_kind("aB2!"));
        for missing in ["AB2!", "ab2!", "aBc!", "aB23"] {
            assert!(!has_every_kind(missing), "{missing}");
        }
        let distinct: HashSet<_> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), ALPHABET.len());
    }
}

//! Passwords and webservice keys, made where nobody sees them.

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
        fill(&mut bytes)?;
        let password: String = bytes.iter().filter_map(|byte| pick(*byte)).collect();
        if has_every_kind(&password) {
            return Ok(SecretString::from(password));
        }
    }
}

/// PrestaShop's own length and letters for a key.
const KEY_LENGTH: usize = 32;
const KEY_ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// The largest multiple of 36 in a byte: what lies above would favour some letters.
const FAIR: u8 = 252;

/// A new webservice key of 165 random bits.
pub(crate) fn generate_key() -> Result<SecretString> {
    let mut key = String::with_capacity(KEY_LENGTH);
    while key.len() < KEY_LENGTH {
        let mut bytes = [0; KEY_LENGTH];
        fill(&mut bytes)?;
        let letters = bytes.iter().filter(|byte| **byte < FAIR);
        let letters = letters.filter_map(|byte| KEY_ALPHABET.get(usize::from(*byte) % KEY_ALPHABET.len()));
        key.extend(letters.map(|letter| char::from(*letter)).take(KEY_LENGTH - key.len()));
    }
    Ok(SecretString::from(key))
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::new(ErrorKind::Internal, "this machine gives no random numbers").with_source(error)
    })
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
    fn keys_have_the_form_of_prestashops_own_and_are_never_the_same() {
        let made: HashSet<_> = (0..500).map(|_| generate_key().unwrap().expose_secret().to_owned()).collect();
        assert_eq!(made.len(), 500);
        for key in &made {
            assert!(key.len() == KEY_LENGTH && key.bytes().all(|byte| KEY_ALPHABET.contains(&byte)), "{key}");
        }
        let used: HashSet<_> = made.iter().flat_map(|key| key.bytes()).collect();
        assert_eq!(used.len(), KEY_ALPHABET.len());
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

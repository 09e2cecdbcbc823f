//! Hashes of the right shape. They are no real hashes: the fake remembers every password in plain beside them.

use sha1::{Digest, Sha1};

use super::version::PrestashopVersion;

pub(super) fn sha1_hex(text: &[u8]) -> String {
    Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 1.6 salts with the shop's own secret, so one password has one hash; later versions salt each time anew.
pub(super) fn hash(plain: &str, version: PrestashopVersion, salt: u64) -> String {
    if version.is_old() {
        return sha1_hex(format!("cookie-key{plain}").as_bytes()).chars().take(32).collect();
    }
    let long = format!("{}{}", sha1_hex(format!("{salt}/{plain}").as_bytes()), sha1_hex(plain.as_bytes()));
    format!("$2y$10${}", long.chars().take(53).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_the_shape_of_their_version() {
        let (old, new) = (hash("a", PrestashopVersion::V1_6, 1), hash("a", PrestashopVersion::V9_0, 1));
        assert_eq!((old.len(), new.len()), (32, 60));
        assert_eq!(old, hash("a", PrestashopVersion::V1_6, 2));
        assert_ne!(new, hash("a", PrestashopVersion::V9_0, 2));
        assert!(new.starts_with("$2y$10$"));
    }
}

//! What differs between versions of PrestaShop, as far as it matters here.

/// The version that a shop tells in its answers. Some answers tell none: then the rules that hold everywhere apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Version(Option<String>);

impl Version {
    /// Reads `PSWS-Version`. Before a key is known, 9.0 writes `0`.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let plausible = header.len() <= 20 && header.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        (plausible && header.contains('.')).then(|| Self(Some(header.to_owned())))
    }

    pub(crate) fn told(&self) -> Option<&str> {
        self.0.as_deref()
    }

    fn is_old(&self) -> bool {
        self.told().is_none_or(|version| {
            let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) < (1, 7)
        })
    }

    /// How many characters a first or last name may have.
    pub(crate) fn longest_name(&self) -> usize {
        if self.is_old() { 32 } else { 255 }
    }

    /// How many characters an address may have.
    pub(crate) fn longest_email(&self) -> usize {
        if self.is_old() { 128 } else { 255 }
    }

    /// Whether a new employee must be kept out of PrestaShop's own mailing list. Later versions do not know the field,
    /// and ignore what they do not know.
    pub(crate) fn has_optin(&self) -> bool {
        self.is_old()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_before_1_7_and_unknown_ones_have_the_narrow_rules() {
        for (header, longest) in
            [("1.6.1.24", 32), ("1.5.0.1", 32), ("1.7.8.11", 255), ("8.1.5", 255), ("9.0.3", 255)]
        {
            let version = Version::read(header).unwrap();
            assert_eq!((version.longest_name(), version.has_optin()), (longest, longest == 32), "{header}");
        }
        assert_eq!(Version::default().longest_email(), 128);
        for header in ["0", "", "9.0.3\n", "<b>1.6</b>", "1.6.1.24.and.more.and.more"] {
            assert_eq!(Version::read(header), None, "{header}");
        }
    }
}

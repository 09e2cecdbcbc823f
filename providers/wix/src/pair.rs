//! The id and the secret of a headless client, which change together.

use std::fmt;

use guestpass::{Error, ErrorKind, ExposeSecret, OneTimeSecret, Result, SecretString};
use serde::Deserialize;

use crate::config::guid;

/// More than Wix gives out.
const LONGEST_SECRET: usize = 512;
const LONGEST_PAIR: usize = 1024;
const FORM: &str = "write it as {\"client_id\":\"…\",\"client_secret\":\"…\"}";

/// A headless client.
pub(crate) struct ClientPair {
    pub(crate) id: String,
    pub(crate) secret: SecretString,
}

impl fmt::Debug for ClientPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPair").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    client_id: String,
    client_secret: String,
}

impl ClientPair {
    /// The client that a credential of this kind is. The reader's own words could quote the secret, so there are none.
    pub(crate) fn of(secret: &OneTimeSecret) -> Result<Self> {
        Self::parse(secret.expose().trim()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the secret is no headless client").with_remedy(FORM)
        })
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_PAIR {
            return None;
        }
        let Written { client_id, client_secret } = serde_json::from_str(text).ok()?;
        let secret = SecretString::from(client_secret);
        let id = guid("client_id", &client_id).ok()?;
        is_secret(secret.expose_secret()).then_some(Self { id, secret })
    }
}

/// Whether this can be a secret of Wix's: something that can be sent.
pub(crate) fn is_secret(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_SECRET && text.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_one_form_and_is_never_shown() {
        const ID: &str = "44444444-4444-4444-8444-44444444AAAA";
        let of = |text: String| ClientPair::of(&OneTimeSecret::new(text.into()));
        let pair = of(format!(" {{\"client_id\":\"{ID}\",\"client_secret\":\"hush\"}}\n")).unwrap();
        assert_eq!((pair.id.as_str(), pair.secret.expose_secret()), (ID.to_lowercase().as_str(), "hush"));
        assert!(!format!("{pair:?}").contains("hush"));
        for wrong in [
            "hush".to_owned(),
            format!(r#"{{"client_id":"{ID}"}}"#),
            r#"{"client_id":"mine","client_secret":"hush"}"#.to_owned(),
            format!(r#"{{"client_id":"{ID}","client_secret":"hu sh"}}"#),
            format!(r#"{{"client_id":"{ID}","client_secret":""}}"#),
            format!(r#"{{"client_id":"{ID}","client_secret":"hush","more":"hush"}}"#),
            format!(r#"{{"client_id":"{ID}","client_secret":"hush","client_secret":"hush"}}"#),
            format!(r#"{{"client_id":"{ID}","client_secret":"{}"}}"#, "hush".repeat(200)),
        ] {
            let error = of(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        }
    }
}

//! What a token says of itself. Nobody here can check its signature, so this informs and never decides.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guestpass::{OneTimeSecret, Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    /// Seen in tokens of this platform, in place of the standard claim.
    #[serde(default)]
    eat: Option<i64>,
    #[serde(default)]
    exp: Option<i64>,
}

/// When the token says that it ends.
pub(super) fn expiry(token: &OneTimeSecret) -> Option<Timestamp> {
    let claims = token.expose().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let Claims { eat, exp } = serde_json::from_slice(&bytes).ok()?;
    let seconds = eat.or(exp).filter(|&seconds| seconds > 0)?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> OneTimeSecret {
        OneTimeSecret::new(format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims)).into())
    }

    #[test]
    fn an_end_is_read_and_nonsense_is_ignored() {
        let at = |text: &str| expiry(&token(text)).map(Timestamp::as_second);
        assert_eq!(at(r#"{"eat":1885635176,"sub":"x"}"#), Some(1_885_635_176));
        assert_eq!(at(r#"{"exp":1885635176}"#), Some(1_885_635_176));
        for nonsense in
            [r#"{"eat":0}"#, r#"{"eat":1e300}"#, r#"{"eat":9223372036854775807}"#, "[]", "", "\u{0}"]
        {
            assert_eq!(at(nonsense), None, "{nonsense}");
        }
        assert_eq!(expiry(&OneTimeSecret::new("no token".to_owned().into())), None);
    }
}

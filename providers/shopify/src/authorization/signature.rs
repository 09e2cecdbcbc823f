//! The signature on what comes back: HMAC-SHA256 with the client secret over the other parameters, sorted, as
//! hexadecimal digits.
//! <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant#step-1-verify-the-installation-request>

use guestpass::{Callback, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::form_urlencoded;

/// Whether the platform signed these parameters with this secret. Compared in constant time.
pub(super) fn is_right(callback: &Callback, secret: &str) -> Result<bool> {
    let Some(given) = bytes(callback.required("hmac")?) else { return Ok(false) };
    let mut signed: Vec<(&str, &str)> =
        callback.parameters().filter(|(name, _)| !matches!(*name, "hmac" | "signature")).collect();
    signed.sort_unstable();
    Ok(readings(&signed).iter().any(|text| matches(text, secret, &given)))
}

/// Whether values are signed decoded or encoded is told in both ways. The two differ only in values that no answer was
/// seen with. Decoded, a value with an ampersand could pass for two parameters, so that reading is for others alone.
fn readings(parameters: &[(&str, &str)]) -> Vec<String> {
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let ambiguous = parameters.iter().any(|(name, value)| name.contains(['&', '=']) || value.contains('&'));
    if ambiguous {
        return vec![encoded];
    }
    let decoded: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    vec![encoded, decoded.join("&")]
}

fn matches(text: &str, secret: &str, given: &[u8]) -> bool {
    // Keys of every length are good.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(text.as_bytes()).verify_slice(given).is_ok())
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use guestpass::Url;

    use super::*;

    /// A signature that several libraries for the platform test with.
    const KNOWN: &str = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&state=0.6784241404160823\
                         &timestamp=1337178173&hmac=700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf";

    fn judged(query: &str, secret: &str) -> bool {
        let url = Url::parse(&format!("https://app.example/?{query}")).unwrap();
        is_right(&Callback::read(&url).unwrap(), secret).unwrap()
    }

    #[test]
    fn a_signature_that_others_know_is_right() {
        assert!(judged(KNOWN, "hush"));
        assert!(judged(&KNOWN.replace("hmac=700e2dad", "hmac=700E2DAD"), "hush"));
    }

    #[test]
    fn every_change_shows() {
        for (from, to) in [
            ("some-shop", "other-shop"),
            ("code=09", "code=08"),
            ("hmac=70", "hmac=71"),
            ("&hmac=", "&extra=1&hmac="),
            ("hmac=700e2d", "hmac=700e2"),
            ("hmac=700e2d", "hmac=+00e2d"),
        ] {
            assert!(!judged(&KNOWN.replace(from, to), "hush"), "{to}");
        }
        assert!(!judged(KNOWN, "hush2") && !judged(KNOWN, ""));
    }

    #[test]
    fn two_parameters_cannot_be_folded_into_one() {
        let folded = KNOWN.replace("&shop=some-shop", "%26shop%3Dsome-shop");
        assert!(!judged(&folded, "hush"), "decoded, it reads like the original");
    }
}

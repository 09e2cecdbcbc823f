//! What logs may show of headers.

use std::fmt;

use http::HeaderMap;

/// Headers of HTTP itself that never hold a secret.
const HARMLESS: &[&str] =
    &["content-length", "content-type", "content-encoding", "date", "retry-after", "x-request-id", "server"];

/// Prints headers with every value redacted that is not on the list of harmless ones.
pub struct RedactedHeaders<'a> {
    headers: &'a HeaderMap,
    safe: &'a [&'a str],
}

impl<'a> RedactedHeaders<'a> {
    /// Shows the values of `safe` (names in lower case) and of HTTP's own harmless headers.
    #[must_use]
    pub fn new(headers: &'a HeaderMap, safe: &'a [&'a str]) -> Self {
        Self { headers, safe }
    }
}

impl fmt::Debug for RedactedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |name: &str| HARMLESS.contains(&name) || self.safe.contains(&name);
        f.debug_map()
            .entries(self.headers.iter().map(|(name, value)| {
                let value =
                    if show(name.as_str()) { value.to_str().unwrap_or("[NOT TEXT]") } else { "[REDACTED]" };
                (name.as_str(), value)
            }))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_headers_are_redacted() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-auth-token", "hush"), ("set-cookie", "hush"), ("x-left", "7"), ("date", "today")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        let text = format!("{:?}", RedactedHeaders::new(&headers, &["x-left"]));
        assert!(!text.contains("hush"), "{text}");
        assert!(text.contains("\"x-left\": \"7\"") && text.contains("today"), "{text}");
    }
}

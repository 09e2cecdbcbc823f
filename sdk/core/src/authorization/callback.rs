//! What a platform sends to a redirect address. Untrusted: anybody can send such a request.

use std::fmt;

use url::Url;

use crate::error::{Error, ErrorKind, Result};

const MOST_PARAMETERS: usize = 64;
const LONGEST_QUERY: usize = 16 * 1024;

/// The parameters of a request to a redirect address. Its `Debug` shows names alone: a code is a secret.
#[derive(Clone)]
pub struct Callback {
    parameters: Vec<(String, String)>,
}

impl Callback {
    /// Reads them, decoded, in their order.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when there are more than any platform sends.
    pub fn read(url: &Url) -> Result<Self> {
        let query = url.query().unwrap_or_default();
        let parameters: Vec<_> = url.query_pairs().take(MOST_PARAMETERS + 1).collect();
        if query.len() > LONGEST_QUERY || parameters.len() > MOST_PARAMETERS {
            return Err(Error::new(ErrorKind::InvalidRequest, "the answer is longer than any platform's")
                .with_remedy("use the address that the browser shows after the merchant has agreed"));
        }
        let parameters =
            parameters.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Ok(Self { parameters })
    }

    /// All of them, in their order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter, if it is there.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when it stands twice: which one counts is for nobody to guess.
    pub fn get(&self, name: &str) -> Result<Option<&str>> {
        let mut found = self.parameters().filter(|(known, _)| *known == name).map(|(_, value)| value);
        let first = found.next();
        if found.next().is_some() {
            return Err(unusable(format!("the answer holds `{name}` twice")));
        }
        Ok(first)
    }

    /// A parameter that must be there and not be empty.
    ///
    /// # Errors
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) that names it.
    pub fn required(&self, name: &str) -> Result<&str> {
        let value = self.get(name)?.filter(|value| !value.is_empty());
        value.ok_or_else(|| unusable(format!("the answer holds no `{name}`")))
    }

    /// Refuses an answer that says no (RFC 6749, section 4.1.2.1).
    ///
    /// # Errors
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) when the merchant did not agree;
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) when the platform did not like the question.
    pub fn refuse_denial(&self) -> Result<()> {
        let Some(code) = self.get("error")? else { return Ok(()) };
        let error = if code == "access_denied" {
            Error::new(ErrorKind::PermissionDenied, "the merchant did not agree; nothing was exchanged")
                .with_remedy("ask the merchant, then authorise again")
        } else {
            Error::new(ErrorKind::InvalidRequest, "the platform refused the question; nothing was exchanged")
                .with_remedy("check the app's settings, its scopes and its redirect address")
        };
        Err(error.with_code(code))
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parameters().map(|(name, _)| name)).finish()
    }
}

fn unusable(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
        .with_remedy("use the whole address that the browser shows after the merchant has agreed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Callback {
        Callback::read(&Url::parse(&format!("https://x.example/?{query}")).unwrap()).unwrap()
    }

    #[test]
    fn parameters_stand_once() {
        let callback = read("code=marker%20c&shop=s&shop=t&empty=");
        assert_eq!(callback.required("code").unwrap(), "marker c");
        assert_eq!(callback.get("none").unwrap(), None);
        for bad in ["shop", "empty", "none"] {
            assert_eq!(callback.required(bad).unwrap_err().kind(), ErrorKind::InvalidRequest, "{bad}");
        }
        assert!(!format!("{callback:?}").contains("marker"));
    }

    #[test]
    fn a_flood_is_refused() {
        let many = "a=b&".repeat(100);
        let long = format!("a={}", "b".repeat(20_000));
        for query in [many, long] {
            let url = Url::parse(&format!("https://x.example/?{query}")).unwrap();
            assert!(Callback::read(&url).is_err());
        }
    }

    #[test]
    fn a_no_is_told_from_a_mistake() {
        let kind = |query: &str| read(query).refuse_denial().unwrap_err().kind();
        assert_eq!(kind("error=access_denied"), ErrorKind::PermissionDenied);
        assert_eq!(kind("error=invalid_scope"), ErrorKind::InvalidRequest);
        assert!(read("code=c").refuse_denial().is_ok());
    }
}

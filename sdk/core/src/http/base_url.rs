//! Where requests go. Checked before a secret is attached.

use std::fmt;

use url::{Host, Url};

use crate::error::{Error, Result};

/// An `https` address, or plain `http` on this machine for fakes, whose host the platform's rule allows.
///
/// ```
/// use guestpass::http::BaseUrl;
///
/// let vendor = |host: &str| host == "api.vendor.example";
/// assert!(BaseUrl::parse("api_url", "https://api.vendor.example", vendor).is_ok());
/// assert!(BaseUrl::parse("api_url", "http://127.0.0.1:8080", vendor).is_ok());
/// assert!(BaseUrl::parse("api_url", "http://api.vendor.example", vendor).is_err());
/// assert!(BaseUrl::parse("api_url", "https://evil.example", vendor).is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Checks an address from the configuration field `field`; `allowed` is the platform's rule for host names, which
    /// this machine itself need not follow.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names the field.
    pub fn parse(field: &str, input: &str, allowed: impl Fn(&str) -> bool) -> Result<Self> {
        let mut url = Url::parse(input).map_err(|error| {
            Error::config(field, "is no web address", "write it as https://host/").with_source(error)
        })?;
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(Error::config(
                field,
                "holds a user name, a password, a query or a fragment",
                "keep only scheme, host and path",
            ));
        }
        let Some(host) = url.host_str() else {
            return Err(Error::config(field, "has no host", "write it as https://host/"));
        };
        match (url.scheme(), is_loopback(&url)) {
            ("https" | "http", true) => {}
            ("https", false) if allowed(host) => {}
            ("https", false) => {
                return Err(Error::config(
                    field,
                    format!("names the host {host}, which is not the platform's"),
                    "leave it out to use the platform's own address",
                ));
            }
            ("http", false) => {
                return Err(Error::config(
                    field,
                    "is plain http",
                    "use https; plain http is for this machine only",
                ));
            }
            _ => {
                return Err(Error::config(field, "is neither https nor http", "write it as https://host/"));
            }
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The address of a path below the base. Each segment is percent-encoded, so none can leave the base.
    pub(super) fn join(&self, segments: &[String], query: &[(String, String)]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The host, for messages and spans.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor(host: &str) -> bool {
        host == "api.vendor.example"
    }

    #[test]
    fn tricks_with_the_host_are_refused() {
        for bad in [
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "https://api.vendor.example.evil.example",
            "https://api.vendor.example@evil.example",
            "https://user:pw@api.vendor.example",
            "http://[::ffff:8.8.8.8]",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "//api.vendor.example",
            "https://api.vendor.example/?a=b",
            "",
        ] {
            assert!(BaseUrl::parse("api_url", bad, vendor).is_err(), "{bad}");
        }
    }

    #[test]
    fn segments_cannot_leave_the_base() {
        let base = BaseUrl::parse("api_url", "http://[::1]:9/shop", vendor).unwrap();
        let url = base.join(&["a".into(), "../../x?y=1#z".into()], &[("q".into(), "a b&c".into())]);
        assert_eq!(url.as_str(), "http://[::1]:9/shop/a/..%2F..%2Fx%3Fy=1%23z?q=a+b%26c");
    }
}

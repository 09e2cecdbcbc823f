//! How the webservice says "no".
//!
//! Its errors carry codes of their own (`WebserviceRequest`,
//! <https://github.com/PrestaShop/PrestaShop/blob/develop/classes/webservice/WebserviceRequest.php>), and the first of them
//! says more than the status: warnings of PHP come as further errors and make a 500 of any status. Texts are translated,
//! and one of them quotes the whole request, so they decide nothing.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::{ApiResponse, Dialect, Effect, Failure, HeaderMap, parse_retry_after};
use guestpass::{Clock, ErrorKind, LimitSignal};
use url::Url;

use crate::wire::{self, VendorError};

const VERSION: &str = "psws-version";
/// A warning of PHP. It stands beside the error that counts, or alone after who knows what.
const WARNING: u32 = 3;
/// "XML error", with the request's whole body behind it.
const ECHO: u32 = 127;
/// How long nothing is sent after a refusal that names no time.
const UNTOLD_WAIT: Duration = Duration::from_secs(1);
const LONGEST_PLACE: usize = 120;

/// The manners of the webservice.
#[derive(Debug)]
pub(crate) struct WebserviceDialect {
    clock: Arc<dyn Clock>,
}

impl WebserviceDialect {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Dialect for WebserviceDialect {
    fn classify(&self, _operation: &'static str, response: &ApiResponse) -> Result<(), Failure> {
        let Some(failure) = Failure::from_status(response.status) else { return Ok(()) };
        let errors = wire::errors(response);
        if let Some(error) = decisive(&errors) {
            return Err(by_code(error, failure).with_vendor_message(words(&errors, error)));
        }
        Err(by_status(response, failure).with_wait(asked_wait(response, &*self.clock)))
    }

    fn limits(&self, response: &ApiResponse) -> LimitSignal {
        limits(response, &*self.clock)
    }

    fn request_id(&self, _headers: &HeaderMap) -> Option<String> {
        None
    }

    fn safe_headers(&self) -> &'static [&'static str] {
        &[VERSION, "execution-time"]
    }
}

/// Whether an answer was written by the webservice, and not by something before it.
pub(crate) fn is_of_webservice(response: &ApiResponse) -> bool {
    response.header(VERSION).is_some()
}

pub(crate) fn version(response: &ApiResponse) -> Option<&str> {
    response.header(VERSION)
}

/// PrestaShop limits nothing; hosts do, each in its way.
pub(crate) fn limits(response: &ApiResponse, clock: &dyn Clock) -> LimitSignal {
    let mut signal = LimitSignal::default();
    signal.blocked_for = asked_wait(response, clock);
    signal
}

/// How long the host asks us to wait; one that is in maintenance may say so too.
pub(crate) fn asked_wait(response: &ApiResponse, clock: &dyn Clock) -> Option<Duration> {
    let told = response.header("retry-after").and_then(|text| parse_retry_after(text, clock.now()));
    match response.status.as_u16() {
        429 | 509 => Some(told.unwrap_or(UNTOLD_WAIT)),
        503 => told,
        _ => None,
    }
}

/// The first error that is no mere warning, else the first.
fn decisive(errors: &[VendorError]) -> Option<&VendorError> {
    errors.iter().find(|error| error.code.is_some_and(|code| code != WARNING)).or(errors.first())
}

/// What a code means. `failure` is what the status alone would mean.
fn by_code(error: &VendorError, failure: Failure) -> Failure {
    use ErrorKind as Kind;
    let refused = |kind, message: &str| Failure::new(kind, Effect::None, message);
    let failure = match error.code.unwrap_or_default() {
        WARNING => Failure::new(Kind::Unavailable, Effect::Possible, "PHP or a module of the shop failed")
            .with_remedy("look for the warning in the shop's log; a module may be at fault"),
        17 | 18 => refused(Kind::Config, "the shop read no key of 32 characters")
            .with_remedy("check `key`, and whether a proxy before the shop asks for a login of its own"),
        20 => refused(Kind::Unauthenticated, "the webservice key is unknown or switched off").with_remedy(
            "check `key` under Advanced Parameters > Webservice; PrestaShop does not tell which of the two it is",
        ),
        21 => refused(Kind::PermissionDenied, "the webservice key has no right at all").with_remedy(
            "tick GET, POST, PUT and DELETE of `employees` for it under Advanced Parameters > Webservice",
        ),
        22 => refused(Kind::Config, "the shop's webservice is switched off")
            .with_remedy("the merchant switches it on under Advanced Parameters > Webservice"),
        23 | 101 => refused(Kind::Unsupported, "this version of PrestaShop does not know the method"),
        25 => refused(Kind::PermissionDenied, "the webservice key may not use this method on employees").with_remedy(
            "tick GET, POST, PUT and DELETE of `employees` for it under Advanced Parameters > Webservice",
        ),
        26 => refused(Kind::PermissionDenied, "the webservice key has no right on employees").with_remedy(
            "tick GET, POST, PUT and DELETE of `employees` for it under Advanced Parameters > Webservice",
        ),
        27..=39 => refused(Kind::Internal, "the shop does not understand what guestpass asked"),
        41 | 85 | 89 | 90 | 91 | 93 => refused(Kind::InvalidRequest, "the shop refuses a field of the employee")
            .with_remedy("check the person's name and address; the shop's own words name the field"),
        87 | 92 => refused(Kind::NotFound, "the shop has no such employee"),
        131 => refused(Kind::NotFound, "the employee exists, but not in this shop of the installation")
            .with_remedy("check `shop_id` and `shop_group_id`"),
        46 | 88 => Failure::new(Kind::Unavailable, Effect::Possible, "the shop could not save the employee"),
        126 => refused(Kind::Config, "the record of the webservice key is broken")
            .with_remedy("let the merchant make a new key"),
        ECHO => refused(Kind::Internal, "the shop could not read the request as XML"),
        132 => refused(Kind::PermissionDenied, "the webservice key is not allowed on this shop of the installation")
            .with_remedy("associate the key with the shop, or check `shop_id` and `shop_group_id`"),
        999 => refused(Kind::Config, "there is no such shop or shop group")
            .with_remedy("check `shop_id` and `shop_group_id`"),
        _ => failure,
    };
    failure.with_code(error.code.map(|code| code.to_string()))
}

/// The vendor's words, unless one of the errors may quote the request.
fn words(errors: &[VendorError], chosen: &VendorError) -> Option<String> {
    let quotes = |error: &VendorError| matches!(error.code, None | Some(WARNING | ECHO));
    let words = chosen.message.trim();
    (!errors.iter().any(quotes) && !words.is_empty()).then(|| words.to_owned())
}

/// An answer without codes: of the web server, PHP, a proxy or a firewall.
fn by_status(response: &ApiResponse, failure: Failure) -> Failure {
    match response.status.as_u16() {
        300..=399 => redirected(response, failure),
        401 if response.text().trim() == "401 Unauthorized" => Failure::new(
            ErrorKind::Config,
            Effect::None,
            "the shop saw no key, although one was sent: its web server drops the header",
        )
        .with_remedy(
            "let the merchant add `CGIPassAuth On`, or `SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1`, to the \
             shop's .htaccess",
        ),
        // A firewall may refuse the way back as well.
        403 | 406 => failure
            .becoming(ErrorKind::PermissionDenied, Effect::Possible)
            .with_remedy("something before the shop refuses: a firewall may, for PUT and DELETE try `method_override`"),
        404 if !is_of_webservice(response) => failure.with_remedy(
            "there is no webservice at this address: check `url`, its folder, and that the shop rewrites URLs",
        ),
        405 => failure
            .becoming(ErrorKind::Unsupported, Effect::None)
            .with_remedy("the web server lets this method not pass: set `method_override`"),
        509 => failure.becoming(ErrorKind::RateLimited, Effect::None),
        _ => failure,
    }
}

/// Shops redirect whoever comes by another name than their main one, before they look at the key.
fn redirected(response: &ApiResponse, mut failure: Failure) -> Failure {
    let place = response.header("location").and_then(place).map(|place| format!(", it points to {place}"));
    failure.message = format!("`url` is not the shop's main address{}", place.unwrap_or_default());
    failure.with_remedy(
        "set `url` to the address that the shop has under Shop Parameters > Traffic & SEO; if it is right, check `shop_id`",
    )
}

/// Host and path of a redirect, without what may be secret.
fn place(location: &str) -> Option<String> {
    let url = Url::parse(location).ok()?;
    let host = url.host_str()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches("index.php");
    Some(format!("{host}{port}{path}").chars().take(LONGEST_PLACE).collect())
}

#[cfg(test)]
mod tests {
    use guestpass::SystemClock;
    use guestpass::http::{Bytes, HeaderName, StatusCode};

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> ApiResponse {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        ApiResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn classify(response: &ApiResponse) -> Failure {
        WebserviceDialect::new(Arc::new(SystemClock::new())).classify("test", response).unwrap_err()
    }

    fn coded(status: u16, codes: &[u32]) -> Failure {
        let errors: String = codes
            .iter()
            .map(|code| {
                format!("<error>\n<code><![CDATA[{code}]]></code>\n<message><![CDATA[quoted {code}]]></message>\n</error>\n")
            })
            .collect();
        let body =
            format!("<?xml version=\"1.0\"?>\n<prestashop>\n<errors>\n{errors}</errors>\n</prestashop>\n");
        classify(&answer(status, &[("PSWS-Version", "9.0.3")], &body))
    }

    #[test]
    fn codes_mean_what_the_vendors_code_says() {
        use ErrorKind::*;
        let (none, possible) = (Effect::None, Effect::Possible);
        for (status, codes, kind, effect) in [
            (401, &[17][..], Config, none),
            (401, &[18], Config, none),
            (401, &[20, 21], Unauthenticated, none),
            (401, &[21], PermissionDenied, none),
            (503, &[22], Config, none),
            (405, &[23], Unsupported, none),
            (405, &[25], PermissionDenied, none),
            (401, &[26], PermissionDenied, none),
            (400, &[27], Internal, none),
            (400, &[32], Internal, none),
            (500, &[32, 3, 3, 3], Internal, none),
            (500, &[3, 35], Internal, none),
            (400, &[41], InvalidRequest, none),
            (500, &[46], Unavailable, possible),
            (400, &[85], InvalidRequest, none),
            (404, &[87], NotFound, none),
            (500, &[88], Unavailable, possible),
            (400, &[89], InvalidRequest, none),
            (400, &[90], InvalidRequest, none),
            (400, &[91], InvalidRequest, none),
            (404, &[92], NotFound, none),
            (400, &[93], InvalidRequest, none),
            (405, &[101], Unsupported, none),
            (500, &[126], Config, none),
            (500, &[127], Internal, none),
            (500, &[3, 3, 127], Internal, none),
            (404, &[131], NotFound, none),
            (403, &[132], PermissionDenied, none),
            (404, &[999], Config, none),
            (500, &[999], Config, none),
            (500, &[3], Unavailable, possible),
            (500, &[3, 3], Unavailable, possible),
            (500, &[4711], Unavailable, possible),
            (400, &[4711], InvalidRequest, none),
        ] {
            let failure = coded(status, codes);
            assert_eq!((failure.kind, failure.effect), (kind, effect), "{status} {codes:?}");
            assert!(failure.code.is_some(), "{codes:?}");
        }
        assert_eq!(coded(400, &[85]).vendor_message.as_deref(), Some("quoted 85"));
    }

    #[test]
    fn an_error_that_may_quote_the_request_is_not_repeated() {
        for codes in [&[127][..], &[3, 127], &[3], &[41, 3]] {
            let failure = coded(500, codes);
            assert_eq!(failure.vendor_message, None, "{codes:?}");
            assert!(!format!("{failure:?}").contains("quoted"));
        }
    }

    #[test]
    fn answers_without_codes_are_told_apart() {
        use ErrorKind::*;
        let (none, possible) = (Effect::None, Effect::Possible);
        let ours = [("psws-version", "9.0.3")];
        for (status, headers, body, kind, effect, remedy) in [
            (401, &[][..], "401 Unauthorized", Config, none, "CGIPassAuth On"),
            (401, &[], "401 Unauthorized\n", Config, none, "SetEnvIf"),
            (401, &[], "<html>401 Unauthorized</html>", Unauthenticated, none, ""),
            (404, &ours, "", NotFound, none, ""),
            (404, &[], "<html>", NotFound, none, "check `url`"),
            (403, &[], "<html>mod_security</html>", PermissionDenied, possible, "method_override"),
            (406, &[], "<html>", PermissionDenied, possible, "method_override"),
            (405, &[], "<html>", Unsupported, none, "method_override"),
            (429, &[], "<html>", RateLimited, none, ""),
            (509, &[], "", RateLimited, none, ""),
            (500, &[], "", Unavailable, possible, ""),
            (500, &[], "<html>", Unavailable, possible, ""),
            (502, &[], "<html>", Unavailable, possible, ""),
            (503, &[], "<html>", Unavailable, possible, ""),
            (504, &[], "<html>", Unavailable, possible, ""),
        ] {
            let failure = classify(&answer(status, headers, body));
            assert_eq!((failure.kind, failure.effect), (kind, effect), "{status} {body}");
            assert!(failure.remedy.unwrap_or_default().contains(remedy), "{status} {body}");
        }
        let wait = |headers: &[(&str, &str)]| classify(&answer(429, headers, "")).wait;
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[]), Some(UNTOLD_WAIT));
        let maintenance = |headers: &[(&str, &str)]| classify(&answer(503, headers, "")).wait;
        assert_eq!(maintenance(&[("retry-after", "60")]), Some(Duration::from_secs(60)));
        assert_eq!(maintenance(&[]), None);
    }

    #[test]
    fn a_redirect_says_where_it_points_without_its_query() {
        let to = |location: &str| classify(&answer(302, &[("Location", location)], "")).message;
        let message =
            to("http://hush:hush@shop.example:8090/folder/index.php?url=employees&ws_key=hush#hush");
        assert!(message.contains("it points to shop.example:8090/folder/"), "{message}");
        assert!(!message.contains("hush") && !message.contains("index.php"), "{message}");
        assert!(!to("/relative?hush").contains("hush"));
        assert!(to(&format!("https://x.example/{}", "a".repeat(500))).len() < 300);
        let failure = classify(&answer(301, &[], ""));
        assert_eq!((failure.kind, failure.effect), (ErrorKind::Protocol, Effect::None));
        assert!(failure.remedy.unwrap().contains("`url`"));
    }
}

//! Answers around what the webservice says: its headers, and those that come from PHP or the host.

use std::time::Duration;

use guestpass::Timestamp;

use super::admin;
use super::errors::{self, Failure};
use super::gate::{Stopped, wants_json};
use super::passwords::sha1_hex;
use super::reads::Reply;
use super::version::PrestashopVersion;
use super::writer::{Writer, failure_in_json, failure_in_xml};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::limits::Standing;
use crate::fakes::platform::SESSION_COOKIE;
use crate::fault::ThrottleShape;

const REALM: &str = "Basic realm=\"Welcome to PrestaShop Webservice, please enter the authentication key as the login. \
    No password required.\"";

/// What every answer of the webservice proper carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) version: PrestashopVersion,
    pub(super) now: Timestamp,
}

impl Stamp {
    pub(super) fn reply(self, reply: &Reply, writer: &Writer, request: &Incoming) -> Answer {
        let (status, document) = match reply {
            Reply::Nothing(status) => return self.nothing(*status),
            Reply::Document(status, document) => (*status, document),
        };
        let json = wants_json(request);
        let body = if json { writer.json(document) } else { Some(writer.xml(document)) };
        let Some(body) = body else {
            return self.php(500, "");
        };
        let sha1 = sha1_hex(body.as_bytes());
        self.known(self.text(status, json, body)).with_header("content-sha1", sha1)
    }

    pub(super) fn stopped(self, stopped: &Stopped, request: &Incoming, redirect: u16) -> Answer {
        match stopped {
            Stopped::Redirected(target) => self.php(redirect, "").with_header("location", target),
            Stopped::Welcome => {
                let allowed = "Authorization, Content-Type";
                self.php(200, "200 OK").with_header("access-control-allow-headers", allowed)
            }
            Stopped::NoKey => {
                self.cookie(self.php(401, "401 Unauthorized")).with_header("www-authenticate", REALM)
            }
            Stopped::Stranger(failure) => {
                let answer = self.text_of(failure, request);
                let answer = match failure.status() {
                    401 => answer.with_header("www-authenticate", REALM),
                    _ => answer,
                };
                let version = if self.version.is_old() { self.version.reported() } else { "0" };
                self.served(answer).with_header("psws-version", version)
            }
            Stopped::Refused(failure) => self.failure(failure, request),
        }
    }

    pub(super) fn failure(self, failure: &Failure, request: &Incoming) -> Answer {
        self.known(self.text_of(failure, request))
    }

    fn text_of(self, failure: &Failure, request: &Incoming) -> Answer {
        let json = wants_json(request);
        let body = if json { failure_in_json(failure) } else { failure_in_xml(failure) };
        self.text(failure.status(), json, body)
    }

    fn text(self, status: u16, json: bool, body: String) -> Answer {
        let content_type = if json { "application/json" } else { "text/xml;charset=utf-8" };
        Answer { status, content_type, body: body.into_bytes(), ..Answer::empty(status) }
    }

    /// No body, and a content type without a value.
    fn nothing(self, status: u16) -> Answer {
        let answer = Answer { content_type: "", ..Answer::empty(status) }.with_header("content-type", "");
        self.known(self.cookie(answer))
    }

    fn known(self, answer: Answer) -> Answer {
        self.served(answer).with_header("psws-version", self.version.reported())
    }

    fn served(self, answer: Answer) -> Answer {
        answer
            .with_header("access-time", self.now.as_second())
            .with_header("x-powered-by", "PrestaShop Webservice")
            .with_header("execution-time", "0.003")
    }

    /// Plain PHP, before or instead of the webservice.
    fn php(self, status: u16, text: &str) -> Answer {
        let content_type = "text/html; charset=utf-8";
        let answer = Answer { content_type, body: text.as_bytes().to_vec(), ..Answer::empty(status) };
        answer.with_header("x-powered-by", "PHP/8.2.36")
    }

    /// 1.6 opens a session where it writes no document.
    fn cookie(self, answer: Answer) -> Answer {
        match self.version.is_old() {
            true => {
                answer.with_header("set-cookie", format!("PrestaShop-0={SESSION_COOKIE}; path=/; HttpOnly"))
            }
            false => answer,
        }
    }

    /// The likeliest refusal with that status.
    pub(super) fn error(self, request: &Incoming, status: u16) -> Answer {
        if request.path.contains("/admin-api/") {
            return admin::error(status);
        }
        let failure = match status {
            400 => errors::invalid("Property Employee->email is not valid"),
            401 => return self.stopped(&Stopped::Stranger(errors::not_active()), request, 302),
            403 => errors::wrong_shop(),
            404 => return self.nothing(404),
            405 => errors::method_denied(request.method.as_str(), "employees"),
            500 => return self.php(500, ""),
            other => return Answer::html(other, "The shop cannot be reached"),
        };
        self.failure(&failure, request)
    }
}

/// The host's refusal of one request too many: HTML, before PrestaShop sees anything.
pub(super) fn throttled(standing: &Standing, shape: ThrottleShape, now: Timestamp) -> Answer {
    let refused = || Answer::html(429, "Too Many Requests");
    match shape {
        ThrottleShape::AllHeaders | ThrottleShape::RetryAfterSeconds | ThrottleShape::ResetMillis => {
            refused().with_header("retry-after", standing.reset_seconds())
        }
        ThrottleShape::NoHeaders | ThrottleShape::NoHeadersHtml => refused(),
        ThrottleShape::StandardRetryAfterDate => {
            refused().with_header("retry-after", standing.reset_date(now))
        }
        ThrottleShape::Status509 => Answer::html(509, "Bandwidth limit exceeded"),
    }
}

/// A host counts whole seconds.
pub(super) const HOST_WINDOW: Duration = Duration::from_secs(1);

/// What a module prints into every answer when the shop shows its notices.
pub(super) const JUNK: &str = "<br />\n<b>Notice</b>:  Undefined index: id_cart in <b>/modules/example/example.php</b> \
    on line <b>12</b><br />\n";

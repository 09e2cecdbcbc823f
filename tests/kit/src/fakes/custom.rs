//! Fakes of platforms that are not ours: what a provider out of tree needs for its own.
//!
//! Somebody writes a [`Vendor`]: the books of the platform, and one function that answers a request from them. A [`Fake`]
//! around it serves them over HTTP, counts requests against the quota, makes every [`Fault`] happen, stamps request ids and
//! keeps the log. It also answers the [control endpoints](self#control-endpoints) that are the same on all platforms.
//!
//! It is made for platforms that speak JSON and say `Retry-After` when they have had enough. Faults that come from
//! GraphQL have the nearest form:
//!
//! | Fault | Form |
//! | --- | --- |
//! | [`GraphqlDenied`](Fault::GraphqlDenied) | The vendor's own 403. |
//! | [`GraphqlPartial`](Fault::GraphqlPartial) | What [`Vendor::half_failed`] makes of the body. |
//! | [`GraphqlErrorUnknown`](Fault::GraphqlErrorUnknown) | The vendor's own 500. |
//! | [`ComplexityExceeded`](Fault::ComplexityExceeded) | The vendor's own 400. |
//! | [`StoreSuspended`](Fault::StoreSuspended) | The vendor's own 503. |
//!
//! # Control endpoints
//!
//! For programs in other languages: `POST /_control/reset`, `/_control/forward` (`{"seconds": 60}`), `/_control/fault`
//! (`{"on", "fault", "times"?}`), `/_control/requests/clear`; `GET /_control/requests`, `/_control/unfired`.

use std::fmt;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Clock, Timestamp};
use serde_json::{Value, json};
use wiremock::MockServer;

use super::control::{Controlled, Problem, unknown};
use super::ground::Refusal;
use super::limits::{INJECTED, Standing};
use super::mangle;
use super::platform::{Desk, Platform};
use super::server::Shared;
use crate::fault::{Fault, On, RequestFacts, ThrottleShape};
use crate::request_log::LoggedRequest;

pub use super::http::{Answer, Incoming};
pub use super::paging::{Lies, Page, cursor, offset, page};
pub use super::platform::SESSION_COOKIE;

/// The platform behind a fake. Its default is what a fake starts with, and what a reset goes back to.
pub trait Vendor: Default + Send + 'static {
    /// The header with the platform's id of a request, in lower case.
    const REQUEST_ID: &'static str;

    /// What a request asks for.
    fn asked(request: &Incoming) -> Asked;

    /// What a request is counted against; strangers have no quota.
    fn quota(&self, request: &Incoming) -> Option<Quota>;

    /// The platform's own answer with this status, for a refusal or a failure.
    fn error(&self, status: u16) -> Answer;

    /// Puts the platform's way to report an error beside the data of a success.
    fn half_failed(&self, body: &mut Value);

    /// The honest answer, with all its effects.
    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer;
}

/// What the log and the faults may know of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The vendor's call, for [`On::Operation`].
    pub operation: String,
    /// Whether it could change something.
    pub write: bool,
    /// Whether it came with a token at all.
    pub token_present: bool,
}

/// So many requests in any such time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Who has it: a store, an account, a token.
    pub who: String,
    /// How many requests.
    pub requests: usize,
    /// The window that slides over them.
    pub window: Duration,
}

/// A running fake; the server stops when it is dropped.
pub struct Fake<V: Vendor> {
    shared: Arc<Shared<Service<V>>>,
    server: MockServer,
}

impl<V: Vendor> Fake<V> {
    /// Starts it on a free port of the loopback interface, on this clock.
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared::new(clock));
        let server = super::http::serve_anywhere(shared.clone()).await;
        Self { shared, server }
    }

    /// Starts it on a listener of your own.
    pub async fn start_on(listener: TcpListener, clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared::new(clock));
        let server = super::http::serve(listener, shared.clone()).await;
        Self { shared, server }
    }

    /// The base address, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn uri(&self) -> String {
        self.server.uri()
    }

    /// Works on the platform's books as they are now: to arrange something, or to ask for the truth.
    pub fn with<T>(&self, work: impl FnOnce(&mut V, Timestamp) -> T) -> T {
        self.shared.with(|service, now| work(&mut service.vendor, now))
    }

    /// Moves the fake's time on, beyond what its clock says; late writes that become due take effect.
    pub fn forward(&self, by: Duration) {
        self.shared.forward(by);
    }

    /// Lets `fault` happen to the next `times` requests that match. Faults fire in the order of injection.
    pub fn inject(&self, on: On, fault: Fault, times: usize) {
        self.shared.with(|service, _| service.desk.faults.inject(on, fault, times));
    }

    /// The injected faults that have not fired, or not often enough. A suite asserts that there are none.
    #[must_use]
    pub fn unfired(&self) -> Vec<String> {
        self.shared.with(|service, _| service.desk.faults.unfired())
    }

    /// All requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.with(|service, _| service.desk.log.all())
    }
}

impl<V: Vendor> fmt::Debug for Fake<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").field("uri", &self.uri()).finish_non_exhaustive()
    }
}

/// A vendor as the common machinery sees it.
#[derive(Default)]
struct Service<V> {
    vendor: V,
    desk: Desk,
    answered: u64,
    no_quirks: (),
}

impl<V: Vendor> Platform for Service<V> {
    fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    fn facts(request: &Incoming) -> RequestFacts {
        let Asked { operation, write, token_present } = V::asked(request);
        RequestFacts {
            method: request.method.to_string(),
            path: request.path.clone(),
            operations: vec![operation],
            write,
            token_present,
        }
    }

    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<Standing>, Answer> {
        let Some(Quota { who, requests, window }) = self.vendor.quota(request) else {
            return Ok(None);
        };
        match self.desk.limits.admit(&who, requests, window, now) {
            Ok(standing) => Ok(Some(standing)),
            Err(full) => Err(self.too_many(&full, ThrottleShape::AllHeaders, now)),
        }
    }

    fn throttled(&self, _: &Incoming, shape: ThrottleShape, now: Timestamp) -> Answer {
        self.too_many(&INJECTED, shape, now)
    }

    fn error(&self, _: &Incoming, status: u16) -> Answer {
        self.vendor.error(status)
    }

    fn refusal(&self, fault: &Fault, _: &RequestFacts) -> Option<Answer> {
        Some(match fault {
            Fault::GraphqlDenied => self.vendor.error(403),
            Fault::GraphqlErrorUnknown => self.vendor.error(500),
            Fault::ComplexityExceeded => self.vendor.error(400),
            Fault::StoreSuspended => self.vendor.error(503),
            _ => return None,
        })
    }

    fn half_failed(&self, answer: &mut Answer) {
        mangle::rewrite(answer, |body| self.vendor.half_failed(body));
    }

    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer {
        self.vendor.serve(request, now)
    }

    /// A cookie that nobody's log should show.
    fn finish(&self, answer: Answer, _: Option<Standing>, _: &Incoming) -> Answer {
        answer.with_header("set-cookie", format!("session={SESSION_COOKIE}; Secure; HttpOnly"))
    }

    fn stamp(&mut self, answer: Answer, _: &Incoming) -> Answer {
        self.answered += 1;
        answer.with_header(V::REQUEST_ID, format!("fake-request-{:06}", self.answered))
    }
}

impl<V: Vendor> Service<V> {
    fn too_many(&self, standing: &Standing, shape: ThrottleShape, now: Timestamp) -> Answer {
        match shape {
            ThrottleShape::AllHeaders | ThrottleShape::RetryAfterSeconds | ThrottleShape::ResetMillis => {
                self.vendor.error(429).with_header("retry-after", standing.reset_seconds())
            }
            ThrottleShape::StandardRetryAfterDate => {
                self.vendor.error(429).with_header("retry-after", standing.reset_date(now))
            }
            ThrottleShape::NoHeaders => self.vendor.error(429),
            ThrottleShape::NoHeadersHtml => Answer::html(429, "Too many requests"),
            ThrottleShape::Status509 => Answer::html(509, "Bandwidth limit exceeded"),
        }
    }
}

/// A vendor's own switches and orders are methods on its books; over HTTP there are the common ones only.
impl<V: Vendor> Controlled for Service<V> {
    type Quirks = ();

    fn quirks_mut(&mut self) -> &mut () {
        &mut self.no_quirks
    }

    fn plant(&mut self, _: Timestamp) -> Result<Value, Refusal> {
        Ok(json!({"ok": true}))
    }

    fn look(&self, command: &str, _: &Incoming, _: Timestamp) -> Result<Value, Problem> {
        Err(unknown(command))
    }

    fn act(&mut self, command: &str, _: &Incoming, _: Timestamp) -> Result<Value, Problem> {
        Err(unknown(command))
    }
}

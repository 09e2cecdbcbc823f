//! The HTTP side of every fake: requests in, answers or dropped connections out, on top of wiremock.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, MockServerBuilder, Request, Respond, ResponseTemplate};

/// The longest delay served, so that a slow answer cannot hold a connection for ever.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// A request as the fakes see it.
#[derive(Clone)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    fn read(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            path: request.url.path().to_owned(),
            query: request.url.query_pairs().into_owned().collect(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        }
    }

    /// A header as text, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

/// An answer on its way out.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), content_type, body, delay: Duration::ZERO }
    }

    /// With this JSON as its body.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string().into_bytes())
    }

    pub(crate) fn html(status: u16, heading: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html><html><head><title>{heading}</title></head><body><h1>{heading}</h1></body></html>"
        );
        Self::new(status, "text/html; charset=utf-8", page.into_bytes())
    }

    /// Without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self::new(status, "application/json", Vec::new())
    }

    /// With this header, its name in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// Header values and statuses may come from a control request, so wiremock's panicking setters see only
    /// checked ones.
    fn into_template(self) -> ResponseTemplate {
        let status = if (200..=599).contains(&self.status) { self.status } else { 500 };
        let mut template = ResponseTemplate::new(status).set_body_raw(self.body, self.content_type);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                template = template.append_header(HeaderName::from_static(name), value);
            }
        }
        if self.delay.is_zero() {
            return template;
        }
        template.set_delay(self.delay.min(LONGEST_DELAY))
    }
}

/// What a fake does with a request in the end.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(Answer),
    Dropped,
}

/// The part of a fake that knows the platform.
pub(crate) trait Backend: Send + Sync + 'static {
    fn handle(&self, request: &Incoming) -> Outcome;
}

/// Serves `backend` on `listener` until the server is dropped.
///
/// wiremock decides between "answer" and "connection error" by which mock matches, so the backend runs while the
/// first mock is matched and its answer waits in a slot for the second one. wiremock handles one request at a time,
/// hence one slot is enough. Requests are not recorded by wiremock: it would keep their tokens.
pub(crate) async fn serve(listener: TcpListener, backend: Arc<dyn Backend>) -> MockServer {
    mounted(MockServer::builder().listener(listener), backend).await
}

/// Serves `backend` on a free port of the loopback interface.
pub(crate) async fn serve_anywhere(backend: Arc<dyn Backend>) -> MockServer {
    mounted(MockServer::builder(), backend).await
}

async fn mounted(builder: MockServerBuilder, backend: Arc<dyn Backend>) -> MockServer {
    let server = builder.disable_request_recording().start().await;
    let slot = Arc::new(Slot::default());
    let dropped = Dropping { backend, slot: Arc::clone(&slot) };
    Mock::given(dropped)
        .respond_with_err(|_: &Request| ConnectionDropped)
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(any()).respond_with(Answering { slot }).with_priority(2).mount(&server).await;
    server
}

type Slot = Mutex<Option<Answer>>;

struct Dropping {
    backend: Arc<dyn Backend>,
    slot: Arc<Slot>,
}

impl Match for Dropping {
    fn matches(&self, request: &Request) -> bool {
        match self.backend.handle(&Incoming::read(request)) {
            Outcome::Dropped => true,
            Outcome::Answered(answer) => {
                *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                false
            }
        }
    }
}

struct Answering {
    slot: Arc<Slot>,
}

impl Respond for Answering {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let waiting = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.unwrap_or_else(|| Answer::empty(500)).into_template()
    }
}

#[derive(Debug)]
struct ConnectionDropped;

impl std::fmt::Display for ConnectionDropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the fake drops this connection")
    }
}

impl std::error::Error for ConnectionDropped {}

//! The pipeline itself.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Instrument, Span, debug, field, info_span, warn};

use super::authenticate::Authenticate;
use super::base_url::BaseUrl;
use super::dialect::{Dialect, Effect, Failure};
use super::redact::RedactedHeaders;
use super::request::{ApiRequest, ApiResponse, Safety};
use super::retry::{RetryPolicy, RetryQuota};
use super::transport::{DEFAULT_SIZE_CAP, TransportError, TransportErrorKind};
use crate::call::CallContext;
use crate::clock::Wait;
use crate::coordination::{Admission, Budget, LimitSignal};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::model::{ProviderId, StoreHandle};

/// What an [`HttpClient`] is made of.
#[derive(Debug, Clone)]
pub struct HttpClientConfig {
    /// The platform, for errors and spans.
    pub provider: ProviderId,
    /// The store, for errors and spans.
    pub store: StoreHandle,
    /// Where requests go.
    pub base: BaseUrl,
    /// How the vendor says "no".
    pub dialect: Arc<dyn Dialect>,
    /// How requests are signed.
    pub authenticate: Arc<dyn Authenticate>,
    /// What the vendor meters these requests by.
    pub budget: Budget,
}

/// Sends requests of one kind to one store: same address, same credential, same budget.
#[derive(Debug, Clone)]
pub struct HttpClient {
    config: Arc<HttpClientConfig>,
    env: Environment,
    policy: RetryPolicy,
    size_cap: usize,
    quota: Arc<RetryQuota>,
}

impl HttpClient {
    /// A client with the usual retry policy and size cap.
    #[must_use]
    pub fn new(config: HttpClientConfig, env: Environment) -> Self {
        Self {
            config: Arc::new(config),
            env,
            policy: RetryPolicy::default(),
            size_cap: DEFAULT_SIZE_CAP,
            quota: Arc::new(RetryQuota::new()),
        }
    }

    /// Sets when requests are sent again.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how large an answer may be, in bytes.
    #[must_use]
    pub fn with_size_cap(mut self, bytes: usize) -> Self {
        self.size_cap = bytes;
        self
    }

    /// What these requests are metered by.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.config.budget
    }

    /// Sends the request until it is answered, refused for good, or the deadline passes, and decodes the answer.
    ///
    /// # Errors
    /// Of a write that may have been executed: [`ErrorKind::OutcomeUnknown`], also when its answer could not be decoded.
    pub async fn send<T>(
        &self,
        request: &ApiRequest,
        cx: &CallContext,
        decode: impl Fn(&ApiResponse) -> Result<T, Failure> + Send + Sync,
    ) -> Result<T> {
        let span = info_span!(
            "guestpass.request",
            guestpass.provider = self.config.provider.as_str(),
            guestpass.store = self.config.store.as_str(),
            guestpass.operation = request.operation,
            guestpass.operation_id = %cx.operation_id(),
            http.request.method = request.method.as_str(),
            server.address = self.config.base.host(),
            url.template = request.template,
            http.response.status_code = field::Empty,
            http.request.resend_count = field::Empty,
            error.r#type = field::Empty,
        );
        let call = Call { client: self, request, cx };
        let result = Box::pin(call.run(&decode)).instrument(span.clone()).await;
        result.map_err(|error| {
            span.record("error.type", error.kind().as_str());
            error.at(&self.config.provider, &self.config.store).during(request.operation)
        })
    }
}

/// One request on its way, with all its attempts.
struct Call<'a> {
    client: &'a HttpClient,
    request: &'a ApiRequest,
    cx: &'a CallContext,
}

/// How one attempt ended without a result.
struct Attempt {
    failure: Failure,
    status: Option<u16>,
    request_id: Option<String>,
    never_left: bool,
    source: Option<TransportError>,
}

impl Call<'_> {
    async fn run<T>(
        &self,
        decode: &(impl Fn(&ApiResponse) -> Result<T, Failure> + Send + Sync),
    ) -> Result<T> {
        let mut refreshed = false;
        let mut attempt = 1;
        loop {
            if attempt > 1 {
                Span::current().record("http.request.resend_count", attempt - 1);
            }
            let (failed, refused_credential) = match self.attempt(decode).await? {
                Ok(value) => {
                    self.client.quota.pay_back();
                    return Ok(value);
                }
                Err(failed) => failed,
            };
            if let Some(used) = refused_credential.filter(|_| !refreshed)
                && self.client.config.authenticate.refused(&used, self.cx).await?
            {
                refreshed = true;
                continue;
            }
            match self.pause_before_retry(&failed, attempt) {
                Ok(pause) => {
                    debug!(attempt, pause_ms = pause.as_millis(), kind = %failed.failure.kind, "sending again");
                    self.cx.clock().sleep(pause, Wait::Backoff).await;
                    attempt += 1;
                }
                Err(why) => return Err(self.error(failed, attempt, why)),
            }
        }
    }

    /// Sends the request once. The outer error is final, the inner one may be worth another attempt; with it comes the
    /// credential, if that was what the platform refused.
    #[allow(clippy::type_complexity, reason = "read once, two lines below its only caller")]
    async fn attempt<T>(
        &self,
        decode: &(impl Fn(&ApiResponse) -> Result<T, Failure> + Send + Sync),
    ) -> Result<Result<T, (Attempt, Option<secrecy::SecretString>)>> {
        let config = &self.client.config;
        let _turn = self.admission().await?;
        let mut http_request = self.http_request()?;
        let used = config.authenticate.authorize(&mut http_request, self.cx).await?;
        let timeout = self.client.policy.attempt_timeout.min(self.cx.remaining());
        let sending = self.client.env.transport().send(http_request, self.client.size_cap);
        let answer = tokio::select! {
            biased;
            answer = sending => answer,
            () = self.cx.clock().sleep(timeout, Wait::Guard) => return Ok(Err((self.timed_out(), None))),
        };
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Ok(Err((self.transport_failed(error), None))),
        };
        let response = read(response);
        self.learn(&response).await;
        let request_id = config.dialect.request_id(&response.headers);
        let status = response.status.as_u16();
        Span::current().record("http.response.status_code", status);
        debug!(
            status,
            headers = ?RedactedHeaders::new(&response.headers, config.dialect.safe_headers()),
            bytes = response.body.len(),
            "answered"
        );
        let outcome =
            config.dialect.classify(self.request.operation, &response).and_then(|()| decode(&response));
        Ok(outcome.map_err(|failure| {
            let refused = (failure.kind == ErrorKind::Unauthenticated).then_some(used);
            (Attempt { failure, status: Some(status), request_id, never_left: false, source: None }, refused)
        }))
    }

    fn http_request(&self) -> Result<http::Request<Bytes>> {
        let url = self.client.config.base.join(&self.request.segments, &self.request.query);
        let mut request = http::Request::new(self.request.body.clone());
        *request.method_mut() = self.request.method.clone();
        *request.uri_mut() = url.as_str().parse().map_err(|_| {
            Error::new(ErrorKind::InvalidRequest, "the request's address cannot be built")
                .with_remedy("check the identifiers in it")
        })?;
        *request.headers_mut() = self.request.headers.clone();
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        Ok(request)
    }

    /// Waits for a place among the requests under way and for room in the budget. A request that waits for the budget
    /// gives its place back, so that a removal can overtake it.
    async fn admission(&self) -> Result<OwnedSemaphorePermit> {
        let (env, budget) = (&self.client.env, &self.client.config.budget);
        loop {
            let gate = env.gate(budget);
            let Some(Ok(turn)) = self.within_deadline(gate.acquire_owned()).await else {
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "the deadline passed before the request was sent",
                ));
            };
            let now = env.clock().now();
            let wait = match env.coordination().admit(budget, self.cx.priority(), now).await? {
                Admission::Granted => return Ok(turn),
                Admission::Wait(wait) => wait,
            };
            drop(turn);
            if self.cx.is_failing_fast() || wait >= self.cx.remaining() {
                let message =
                    format!("the budget of {} requests for {} is used up", budget.limit, budget.key);
                return Err(Error::new(ErrorKind::RateLimited, message).with_retry(Retry::After(wait)));
            }
            debug!(wait_ms = wait.as_millis(), budget = %budget.key, "waiting for the rate budget");
            env.clock().sleep(wait, Wait::Budget).await;
        }
    }

    /// Corrects the budget. A failure here must not hide an answer, which may be that of a write.
    async fn learn(&self, response: &ApiResponse) {
        let env = &self.client.env;
        let signal = self.client.config.dialect.limits(response);
        if signal == LimitSignal::default() {
            return;
        }
        let learned = env.coordination().learn(&self.client.config.budget, signal, env.clock().now()).await;
        if let Err(error) = learned {
            warn!(%error, "the budget could not be corrected");
        }
    }

    async fn within_deadline<T>(&self, work: impl Future<Output = T> + Send) -> Option<T> {
        if self.cx.remaining().is_zero() {
            return None;
        }
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.cx.clock().sleep(self.cx.remaining(), Wait::Guard) => None,
        }
    }

    fn timed_out(&self) -> Attempt {
        Attempt {
            failure: Failure::new(ErrorKind::Timeout, Effect::Possible, "no answer came in time"),
            status: None,
            request_id: None,
            never_left: false,
            source: None,
        }
    }

    fn transport_failed(&self, error: TransportError) -> Attempt {
        let never_left = error.kind() == TransportErrorKind::NotSent;
        let effect = if never_left { Effect::None } else { Effect::Possible };
        let kind = match error.kind() {
            TransportErrorKind::TooLarge => ErrorKind::Protocol,
            _ => ErrorKind::Unavailable,
        };
        let failure = Failure::new(kind, effect, error.to_string());
        Attempt { failure, status: None, request_id: None, never_left, source: Some(error) }
    }

    /// How long to wait before the next attempt, or why there is none.
    fn pause_before_retry(&self, failed: &Attempt, attempt: u32) -> Result<Duration, GivenUp> {
        let failure = &failed.failure;
        let throttled = failure.kind == ErrorKind::RateLimited;
        let transient = throttled || matches!(failure.kind, ErrorKind::Unavailable | ErrorKind::Timeout);
        let harmless = failure.effect == Effect::None || self.request.safety != Safety::Write;
        if !transient || !(harmless || failed.never_left) {
            return Err(GivenUp::Useless);
        }
        let pause = self.client.policy.pause(attempt).max(failure.wait.unwrap_or_default());
        if self.cx.is_failing_fast() || attempt >= self.client.policy.attempts || pause >= self.cx.remaining()
        {
            return Err(GivenUp::Exhausted(failure.wait.map(|_| pause)));
        }
        if !self.client.quota.take(throttled) {
            return Err(GivenUp::Exhausted(failure.wait));
        }
        Ok(pause)
    }

    fn error(&self, failed: Attempt, attempts: u32, why: GivenUp) -> Error {
        let Attempt { failure, status, request_id, source, .. } = failed;
        let lost = self.request.safety == Safety::Write && failure.effect == Effect::Possible;
        let mut error = if lost {
            let message = format!("whether this was done is not known: {}", failure.message);
            Error::new(ErrorKind::OutcomeUnknown, message)
        } else {
            Error::new(failure.kind, failure.message)
        };
        if let Some(remedy) = failure.remedy.filter(|_| !lost) {
            error = error.with_remedy(remedy);
        }
        let exhausted = matches!(why, GivenUp::Exhausted(_));
        if let GivenUp::Exhausted(Some(wait)) = why
            && !lost
        {
            error = error.with_retry(Retry::After(wait));
        }
        if let Some(status) = status {
            error = error.with_status(status);
        }
        if let Some(code) = failure.code {
            error = error.with_code(&code);
        }
        if let Some(message) = failure.vendor_message {
            error = error.with_vendor_message(&message);
        }
        if let Some(source) = source {
            error = error.with_source(source);
        }
        error.with_request_id(request_id.as_deref()).with_attempts(attempts, exhausted)
    }
}

/// Why there is no further attempt.
enum GivenUp {
    /// The same request would get the same answer, or must not be sent twice.
    Useless,
    /// The attempts, the time or the shared quota are used up; with the wait that the server asked for.
    Exhausted(Option<Duration>),
}

fn read(response: http::Response<Bytes>) -> ApiResponse {
    let (parts, body) = response.into_parts();
    ApiResponse { status: parts.status, headers: parts.headers, body }
}

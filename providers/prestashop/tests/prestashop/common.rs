//! A demonstration shop, what is sent to it, and what the tests ask of both.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::http::{Bytes, ReqwestTransport, Transport, TransportError};
use guestpass::{
    AccessProvider, AccountId, CallContext, Clock, Entry, Environment, FixedSecret, InviteRequest,
    InviteResult, MemoryCoordination, Person, PersonHandle, Registry, RoleSpec, StoreHandle, StoreSettings,
    Target,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::{DemoSeed, FakeEmployee, PrestashopVersion};

pub(crate) use guestpass_testkit::fakes::prestashop::PrestashopVersion::{V1_6, V8, V9_0};

pub(crate) const GINA: &str = "Gina.Guest@vendor.example";

pub(crate) struct Scene {
    pub(crate) fake: FakePrestashop,
    pub(crate) seed: DemoSeed,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) env: Environment,
    pub(crate) wire: Arc<Wire>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::of(V9_0).await
    }

    pub(crate) async fn of(version: PrestashopVersion) -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakePrestashop::start(shared.clone()).await;
        fake.set_version(version);
        let seed = fake.seed_demo();
        let wire = Arc::new(Wire::new());
        let env = Environment::new(wire.clone(), shared, Arc::new(MemoryCoordination::new()));
        Self { fake, seed, clock, env, wire }
    }

    pub(crate) fn settings(&self) -> StoreSettings {
        StoreSettings::new(StoreHandle::new("demo").unwrap())
            .with_text("url", self.fake.url())
            .with_secret("key", secret(&self.seed.key))
    }

    pub(crate) fn with_admin_api(&self) -> StoreSettings {
        self.settings()
            .with_text("admin_client_id", &self.seed.client_id)
            .with_secret("admin_client_secret", secret(&self.seed.client_secret))
    }

    pub(crate) fn connect(&self, settings: StoreSettings) -> Arc<dyn AccessProvider> {
        let registry = Registry::new().with(guestpass_prestashop::factory());
        registry.connect("prestashop", settings, &self.env).unwrap()
    }

    pub(crate) fn shop(&self) -> Arc<dyn AccessProvider> {
        self.connect(self.settings())
    }

    pub(crate) fn cx(&self) -> CallContext {
        self.env.call().with_timeout(Duration::from_secs(3600))
    }

    /// Lets the budget fill up: a check never waits for it.
    pub(crate) fn pause(&self) {
        self.clock.advance(Duration::from_secs(2));
    }

    pub(crate) fn gina_now(&self) -> FakeEmployee {
        self.fake.employee(GINA).expect("Gina is an employee")
    }

    /// The employee as the webservice tells it, field by field, hash included.
    pub(crate) async fn fields(&self, email: &str) -> Vec<(String, String)> {
        let id = self.fake.employee(email).expect("an employee").id;
        let request = http::Request::builder()
            .uri(format!("{}api/employees/{id}?ws_key={}", self.fake.url(), self.seed.key))
            .body(Bytes::new())
            .unwrap();
        self.pause();
        let answer = self.wire.inner.send(request, 1 << 20).await.unwrap();
        assert_eq!(answer.status(), 200);
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        // PrestaShop writes no date as zeroes.
        let body = body.replace("0000-00-00 00:00:00", "");
        let lines = body.lines().filter_map(|line| line.strip_prefix('\t'));
        lines.map(|line| (line[1..].split([' ', '>']).next().unwrap().to_owned(), line.to_owned())).collect()
    }

    pub(crate) fn secrets_in(&self, text: &str) -> Vec<String> {
        self.fake.secrets().into_iter().filter(|secret| text.contains(secret.as_str())).collect()
    }
}

/// The names of the fields that differ, beside those that PrestaShop changes by itself.
pub(crate) fn changed(before: &[(String, String)], after: &[(String, String)]) -> Vec<String> {
    let by_itself =
        ["last_passwd_gen", "stats_date_from", "stats_date_to", "stats_compare_from", "stats_compare_to"];
    assert_eq!(before.len(), after.len());
    let differ = before.iter().zip(after).filter(|(one, other)| one != other).map(|(one, _)| one.0.clone());
    differ.filter(|name| !by_itself.contains(&name.as_str())).collect()
}

pub(crate) fn secret(text: &str) -> Arc<FixedSecret> {
    Arc::new(FixedSecret::new(text.to_owned().into()))
}

pub(crate) fn gina() -> Person {
    Person::new(PersonHandle::new("gina").unwrap(), GINA.parse().unwrap()).with_name("Gina", "Guest")
}

pub(crate) fn target(email: &str) -> Target {
    Target::email(email.parse().unwrap())
}

pub(crate) fn account(id: u64) -> Target {
    Target::Account(AccountId::new(id.to_string()).unwrap())
}

pub(crate) fn support() -> RoleSpec {
    RoleSpec::new("support").with_platform_role("5")
}

pub(crate) fn invitation() -> InviteRequest {
    InviteRequest::new(gina()).with_role(support())
}

pub(crate) fn granted(result: InviteResult) -> Entry {
    let InviteResult::Granted(entry) = result else { panic!("let in, not {result:?}") };
    entry
}

pub(crate) fn password(entry: &Entry) -> Option<String> {
    entry.secret.as_ref().map(|secret| secret.expose().to_owned())
}

/// A request as it went out.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) body: String,
    pub(crate) headers: Vec<String>,
}

type After = (&'static str, &'static str, Box<dyn FnOnce() + Send>);
type Instead = Box<dyn Fn(&http::Request<Bytes>) -> Option<(u16, String)> + Send>;

/// The network, with a memory, and with hands that interfere.
pub(crate) struct Wire {
    inner: ReqwestTransport,
    sent: Mutex<Vec<Sent>>,
    after: Mutex<Option<After>>,
    instead: Mutex<Option<Instead>>,
}

impl Wire {
    fn new() -> Self {
        Self {
            inner: ReqwestTransport::new().unwrap(),
            sent: Mutex::default(),
            after: Mutex::default(),
            instead: Mutex::default(),
        }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn with_method(&self, method: &str) -> Vec<Sent> {
        self.sent().into_iter().filter(|sent| sent.method == method).collect()
    }

    /// Does this when the next request of this method, with this in its address, was executed, before its answer
    /// arrives.
    pub(crate) fn after(
        &self,
        method: &'static str,
        part: &'static str,
        work: impl FnOnce() + Send + 'static,
    ) {
        *self.after.lock().unwrap() = Some((method, part, Box::new(work)));
    }

    /// Answers requests itself, where this gives an answer.
    pub(crate) fn instead(
        &self,
        answer: impl Fn(&http::Request<Bytes>) -> Option<(u16, String)> + Send + 'static,
    ) {
        *self.instead.lock().unwrap() = Some(Box::new(answer));
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        size_cap: usize,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let sent = Sent {
            method: request.method().to_string(),
            uri: request.uri().to_string(),
            body: String::from_utf8_lossy(request.body()).into_owned(),
            headers: request.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect(),
        };
        self.sent.lock().unwrap().push(sent);
        let instead = self.instead.lock().unwrap().as_ref().and_then(|answer| answer(&request));
        if let Some((status, body)) = instead {
            let mut response = http::Response::new(Bytes::from(body));
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            return Ok(response);
        }
        let (method, uri) = (request.method().to_string(), request.uri().to_string());
        let answer = self.inner.send(request, size_cap).await;
        let due = |after: &mut After| method == after.0 && uri.contains(after.1);
        let due = self.after.lock().unwrap().take_if(due);
        if let Some((_, _, work)) = due {
            work();
        }
        answer
    }
}

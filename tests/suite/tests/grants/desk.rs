//! A desk where grants are worked on: an engine, its ledger, and the fake's other side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestpass::grants::{
    Directory, Engine, Grant, GrantId, GrantQuery, GrantRequest, Ledger, MemoryLedger, Phase, Policy,
    Principal, Settled, Step, StepKind, StepQuery, SweepOptions, SweepReport,
};
use guestpass::rotation::CredentialSlot;
use guestpass::{
    AccessProvider, CallbackSink, Clock, Email, Person, PersonHandle, ProviderId, Result, RoleSpec, Sink,
    StepCheck, StoreHandle, Timestamp,
};
use guestpass_suite::columns;
use guestpass_testkit::conformance::Subject;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// A sink that takes everything.
pub(crate) const VAULT: &str = "vault";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Runs a case on every platform, with a credential and without.
pub(crate) async fn everywhere(case: impl AsyncFn(Desk)) {
    for (name, make) in columns() {
        println!("on {name}");
        case(Desk::new(make().await.unwrap())).await;
    }
}

/// Runs a case on the platforms that do this themselves.
pub(crate) async fn where_native(operation: guestpass::Operation, case: impl AsyncFn(Desk)) {
    let mut ran = 0;
    for (name, make) in columns() {
        let desk = Desk::new(make().await.unwrap());
        if desk.subject.does(operation) {
            println!("on {name}");
            ran += 1;
            case(desk).await;
        }
    }
    assert!(ran > 0, "no platform does that");
}

/// A store with its connection, and the same as if its merchant held the key.
pub(crate) type Connected = (StoreHandle, Arc<dyn AccessProvider>, Arc<dyn AccessProvider>);

/// What the embedding program knows; a test may change it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) stores: Mutex<Vec<Connected>>,
    pub(crate) people: Mutex<HashMap<PersonHandle, Person>>,
    pub(crate) roles: Mutex<HashMap<String, (RoleSpec, Option<i64>)>>,
    pub(crate) sinks: Mutex<HashMap<String, Arc<dyn Sink>>>,
    pub(crate) policy: Mutex<Policy>,
}

impl Directory for Known {
    fn stores(&self) -> Vec<StoreHandle> {
        self.stores.lock().unwrap().iter().map(|(store, ..)| store.clone()).collect()
    }

    fn connect(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        let stores = self.stores.lock().unwrap();
        Ok(stores.iter().find(|(known, ..)| known == store).map(|(_, provider, _)| provider.clone()))
    }

    fn by_hand(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        let stores = self.stores.lock().unwrap();
        Ok(stores.iter().find(|(known, ..)| known == store).map(|(.., by_hand)| by_hand.clone()))
    }

    fn person(&self, handle: &PersonHandle) -> Option<Person> {
        self.people.lock().unwrap().get(handle).cloned()
    }

    fn people(&self) -> Vec<Person> {
        self.people.lock().unwrap().values().cloned().collect()
    }

    fn roles_on(&self, _platform: &ProviderId) -> Vec<RoleSpec> {
        self.roles.lock().unwrap().values().map(|(spec, _)| spec.clone()).collect()
    }

    fn role(&self, name: &str, _platform: &ProviderId) -> Option<RoleSpec> {
        self.roles.lock().unwrap().get(name).map(|(spec, _)| spec.clone())
    }

    fn rank(&self, role: &str) -> Option<i64> {
        self.roles.lock().unwrap().get(role).and_then(|(_, rank)| *rank)
    }

    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>> {
        self.sinks.lock().unwrap().get(name).cloned()
    }

    fn credentials(&self, _store: &StoreHandle) -> Vec<CredentialSlot> {
        Vec::new()
    }

    fn policy(&self, _store: &StoreHandle, _role: Option<&str>) -> Policy {
        self.policy.lock().unwrap().clone()
    }
}

pub(crate) struct Desk {
    pub(crate) subject: Subject,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) known: Arc<Known>,
    pub(crate) engine: Engine,
}

pub(crate) fn store() -> StoreHandle {
    StoreHandle::new("demo").unwrap()
}

pub(crate) fn handle(name: &str) -> PersonHandle {
    PersonHandle::new(name).unwrap()
}

pub(crate) fn boss() -> Principal {
    Principal::stated("boss")
}

impl Desk {
    pub(crate) fn new(subject: Subject) -> Self {
        let by_hand = subject.settings.clone().merchant_held();
        let by_hand = subject.factory.connect(by_hand, &subject.env).unwrap();
        let ordinary = subject.world.ordinary_role();
        let mut higher = ordinary.clone();
        higher.name = "lead".to_owned();
        let guest = subject.guest();
        let vault: Arc<dyn Sink> = Arc::new(CallbackSink::new(|_, _| Box::pin(async { Ok(()) })));
        let known = Arc::new(Known {
            stores: Mutex::new(vec![(store(), subject.connect(), by_hand)]),
            people: Mutex::new(HashMap::from([(guest.handle.clone(), guest)])),
            roles: Mutex::new(HashMap::from([
                ("support".to_owned(), (ordinary, Some(1))),
                ("lead".to_owned(), (higher, Some(2))),
            ])),
            sinks: Mutex::new(HashMap::from([(VAULT.to_owned(), vault)])),
            policy: Mutex::default(),
        });
        let ledger = Arc::new(MemoryLedger::new());
        let engine = Engine::new(ledger.clone(), known.clone(), subject.env.clone());
        Self { subject, ledger, known, engine }
    }

    /// Another host on the same ledger, which knows nothing but the ledger.
    pub(crate) fn another_host(&self) -> Engine {
        Engine::new(self.ledger.clone(), self.known.clone(), self.subject.env.clone())
    }

    /// The process died: what connections remembered is gone.
    pub(crate) fn forget(&self) {
        let factory = guestpass_suite::fresh_factory(self.subject.factory.id()).unwrap();
        let provider = factory.connect(self.subject.settings.clone(), &self.subject.env).unwrap();
        self.known.stores.lock().unwrap()[0].1 = provider;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.subject.clock.now()
    }

    pub(crate) fn later(&self, by: Duration) -> Timestamp {
        self.now().saturating_add(by).unwrap()
    }

    /// A wish to let the guest in for two hours.
    pub(crate) fn wish(&self) -> GrantRequest {
        GrantRequest::new(store(), handle("gina"), self.later(2 * HOUR))
            .with_role("support")
            .because("ticket 4711")
            .requested_by(Principal::stated("sam"))
    }

    /// The same, for platforms that make passwords: whoever is let in later, with nobody waiting, must find theirs.
    pub(crate) fn wish_with_vault(&self) -> GrantRequest {
        self.wish().delivering_to(VAULT)
    }

    /// The same for this long.
    pub(crate) fn wish_for(&self, time: Duration) -> GrantRequest {
        let mut wish = self.wish();
        wish.ends_at = self.later(time);
        wish
    }

    pub(crate) fn guest(&self) -> Email {
        self.subject.guest().email
    }

    pub(crate) fn is_inside(&self) -> bool {
        self.subject.world.is_inside(&self.guest())
    }

    pub(crate) async fn settle(&self, grant: &Grant) -> Settled {
        self.engine.settle(&grant.place, &self.subject.call()).await.unwrap()
    }

    pub(crate) async fn grant(&self, id: GrantId) -> Grant {
        self.ledger.grant(id).await.unwrap().unwrap()
    }

    pub(crate) async fn living(&self) -> Vec<Grant> {
        self.ledger.grants(&GrantQuery::new().not_over(), None, 100).await.unwrap()
    }

    pub(crate) async fn open_steps(&self) -> Vec<Step> {
        self.ledger.steps(&StepQuery::new().only_open(), None, 100).await.unwrap()
    }

    pub(crate) async fn open_step(&self, kind: StepKind) -> Option<Step> {
        self.open_steps().await.into_iter().find(|step| step.kind == kind)
    }

    pub(crate) async fn sweep(&self) -> SweepReport {
        let report = self.engine.sweep(&SweepOptions::default(), &()).await.unwrap();
        assert_eq!(report.failed, 0);
        report
    }

    /// Lets time pass and sweeps.
    pub(crate) async fn sweep_after(&self, time: Duration) -> SweepReport {
        self.subject.clock.advance(time);
        self.sweep().await
    }

    /// Asks for access, and everybody does what they are asked for: the guest is inside.
    pub(crate) async fn let_in(&self, wish: GrantRequest) -> Grant {
        let grant = self.engine.request(wish).await.unwrap();
        self.settle(&grant).await;
        self.people_let_in().await;
        let grant = self.grant(grant.id).await;
        assert_eq!(grant.phase, Phase::Active, "{:?}", self.subject.world.inside());
        assert!(self.is_inside());
        grant
    }

    /// People take the step that lets the guest in, or the guest accepts; and the engine finds out.
    pub(crate) async fn people_let_in(&self) {
        match self.open_step(StepKind::Entry).await {
            Some(step) => {
                self.subject.world.people_let_in(&self.guest());
                self.say_if_nobody_can_look(&step).await;
            }
            None => self.subject.world.person_accepts(&self.guest()),
        }
        self.sweep_after(20 * MINUTE).await;
    }

    /// The merchant lets the guest in without us, and the guest uses it.
    pub(crate) fn merchant_lets_in(&self) {
        self.subject.world.people_let_in(&self.guest());
        // Where who never signed in counts as invited, they sign in.
        if self.subject.factory.id().as_str() == "bigcommerce" {
            self.subject.world.person_accepts(&self.guest());
        }
    }

    /// People take the step that takes the guest out, where there is one; and the engine finds out.
    pub(crate) async fn people_take_out(&self) {
        if let Some(step) = self.open_step(StepKind::Exit).await {
            if self.is_inside() {
                self.subject.world.merchant_removes(&self.guest());
            }
            self.say_if_nobody_can_look(&step).await;
            // Looks at what ends slow down to one in an hour.
            self.sweep_after(70 * MINUTE).await;
        }
    }

    async fn say_if_nobody_can_look(&self, step: &Step) {
        if let StepCheck::Attest(_) = step.manual.as_ref().unwrap().check {
            self.engine.step_done(step.id, &boss(), "the merchant says so").await.unwrap();
        }
    }

    /// The kinds of the events so far, in their order.
    pub(crate) async fn events(&self) -> Vec<String> {
        let events = self.ledger.events(&store(), 0, 1000).await.unwrap();
        events.iter().map(|event| event.fact().unwrap().kind).collect()
    }

    pub(crate) fn finish(self) {
        self.subject.finish();
    }
}

//! An incident: out everywhere, every credential replaced, and a report that is right at any moment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestpass::grants::{
    Checkpoint, Directory, Durable, Engine, Ledger, MemoryLedger, Moment, Phase, Principal, StaticDirectory,
    StepKind,
};
use guestpass::incident::{
    AccessReport, CredentialState, Incident, IncidentReport, IncidentRequest, IncidentWatcher, Responder,
    ResponseOptions, RotationScope, report,
};
use guestpass::rotation::{CredentialName, Driver};
use guestpass::{
    Clock, Environment, FixedSecret, MemoryCoordination, Operation, Person, PersonHandle, Proof, Registry,
    StoreHandle, StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;

use crate::desk::{DAY, Desk, HOUR, MINUTE, boss, everywhere, handle, store, where_native};
use crate::keyring::{Keyring, Ringed, old_secret};

const STORES: usize = 200;
const ADDRESS: &str = "gina@vendor.example";
/// Leases of whoever died are over then.
const LEASES: Duration = Duration::from_secs(900);

fn long() -> ResponseOptions {
    let mut options = ResponseOptions::default();
    options.removals = HOUR * 12;
    options
}

fn web() -> CredentialName {
    CredentialName::new("web").unwrap()
}

/// One account with two hundred stores, and the responder of somebody whose person works in some of them.
struct Account {
    fake: Arc<FakeBigCommerce>,
    clock: Arc<ManualClock>,
    env: Environment,
    ledger: Arc<MemoryLedger>,
    directory: Arc<Ringed>,
    ring: Arc<Keyring>,
    hashes: Vec<String>,
    inside: Vec<usize>,
}

impl Account {
    async fn with(inside: Vec<usize>) -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = Arc::new(FakeBigCommerce::start(shared.clone()).await);
        let seed = fake.seed_demo();
        let transport = Arc::new(guestpass::http::ReqwestTransport::new().unwrap());
        let env = Environment::new(transport, shared.clone(), Arc::new(MemoryCoordination::new()));
        let registry = Registry::new().with(guestpass_bigcommerce::factory());
        let gina = Person::new(PersonHandle::new("gina").unwrap(), ADDRESS.parse().unwrap());
        let mut stores = StaticDirectory::new(registry, env.clone()).with_person(gina);
        let mut hashes = vec![seed.store_hash.clone()];
        for number in 1..STORES {
            let hash = format!("store{number}");
            fake.add_store(&seed.account_uuid, &hash, &format!("Store {number}"), &seed.owner_email);
            fake.add_store_token(&hash, &format!("token-{number}"), &["store_v2_information_read_only"]);
            hashes.push(hash);
        }
        for (number, hash) in hashes.iter().enumerate() {
            let token = if number == 0 { seed.store_token.clone() } else { format!("token-{number}") };
            let settings = StoreSettings::new(shop(number))
                .with_text("store_hash", hash)
                .with_text("account_uuid", &seed.account_uuid)
                .with_text("api_url", fake.uri())
                .with_secret("account_token", Arc::new(FixedSecret::new(seed.account_token.clone().into())))
                .with_secret("store_token", Arc::new(FixedSecret::new(token.into())));
            stores = stores.with_store("bigcommerce", settings).unwrap();
        }
        for number in &inside {
            fake.add_user(&hashes[*number], ADDRESS, "Gina", "Guest");
        }
        fake.clear_requests();
        let ring = Keyring::new(shared);
        let directory = Arc::new(Ringed::new(Arc::new(stores), ring.clone()));
        for number in 0..STORES {
            directory.add(&shop(number), "token");
        }
        Self { fake, clock, env, ledger: Arc::default(), directory, ring, hashes, inside }
    }

    fn responder(&self, watched: Option<Arc<dyn Checkpoint>>) -> Responder {
        let directory: Arc<dyn Directory> = self.directory.clone();
        let mut engine = Engine::new(self.ledger.clone(), directory.clone(), self.env.clone());
        let mut driver = Driver::new(self.ledger.clone(), directory, self.env.clone());
        if let Some(watched) = watched {
            engine = engine.with_checkpoint(watched.clone());
            driver = driver.with_checkpoint(watched);
        }
        Responder::new(engine, driver, self.env.clone())
    }

    fn still_inside(&self) -> usize {
        self.inside.iter().filter(|number| self.fake.is_member(&self.hashes[**number], ADDRESS)).count()
    }

    async fn report(&self, incident: &Incident) -> IncidentReport {
        report(&*self.ledger, incident.id, self.env.clock().now()).await.unwrap()
    }

    /// The most metered requests within any hour.
    fn most_in_an_hour(&self) -> usize {
        let requests = self.fake.requests();
        let times: Vec<_> =
            requests.iter().filter(|one| one.path.starts_with("/accounts/")).map(|one| one.at).collect();
        let within = |from: &guestpass::Timestamp| {
            times.iter().filter(|at| *at >= from && at.duration_since(*from).unsigned_abs() < HOUR).count()
        };
        times.iter().map(within).max().unwrap_or_default()
    }

    /// What the report says against what is so.
    async fn compare(&self, incident: &Incident) -> IncidentReport {
        let report = self.report(incident).await;
        assert_eq!(report.stores.len(), STORES, "every store is there");
        for (number, store) in report.stores.iter().enumerate() {
            assert_eq!(store.store, shop(number));
            let was_inside = self.inside.contains(&number);
            let is_inside = self.fake.is_member(&self.hashes[number], ADDRESS);
            match &store.access {
                AccessReport::Closed { proof, .. } => {
                    assert!(was_inside && !is_inside, "{store:?}");
                    assert!(matches!(proof, Some(Proof::Listed { .. })), "{store:?}");
                }
                AccessReport::WasOut { .. } => assert!(!was_inside, "{store:?}"),
                AccessReport::Open { ordered_at, .. } => {
                    assert!(was_inside && ordered_at.is_some(), "{store:?}")
                }
                AccessReport::NotReached { .. } => {
                    assert!(!was_inside || is_inside, "what was sent is known: {store:?}");
                }
                other => panic!("{other:?}"),
            }
            if was_inside && !is_inside {
                let found = store.found.as_ref().expect("what was open is known before it is closed");
                assert!(found.is_inside() && found.account.is_some(), "{found:?}");
            }
            let keys = self.ring.of(&store.store);
            let old_lives = keys.iter().any(|key| key.secret == old_secret(&store.store) && key.alive);
            for credential in &store.credentials {
                if let CredentialState::Dead { proof, .. } = &credential.state {
                    assert!(!old_lives && proof.is_some(), "{credential:?}");
                }
            }
            let living = keys.iter().filter(|key| key.alive).count();
            assert!(living >= 1, "nobody is locked out");
        }
        report
    }
}

fn shop(number: usize) -> StoreHandle {
    StoreHandle::new(format!("shop-{number}")).unwrap()
}

/// What a process that was killed leaves behind instead of a result.
struct Killed;

/// Dies at one of its steps.
#[derive(Debug)]
struct Dies {
    steps: AtomicUsize,
    at: usize,
}

impl Checkpoint for Dies {
    fn at(&self, _: Durable, _: Moment) {
        if self.steps.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            std::panic::resume_unwind(Box::new(Killed));
        }
    }
}

/// Removals of two hundred stores share one budget, rotations wait for them, and whoever is killed leaves a true report.
#[tokio::test]
async fn two_hundred_stores_of_one_account_within_the_budget_and_killed_on_the_way() {
    let account = Arc::new(Account::with((0..STORES).step_by(5).collect()).await);
    let early = Arc::new(Mutex::new(Vec::new()));
    let (seen, told) = (account.clone(), early.clone());
    account.ring.tell(move |store| {
        if seen.still_inside() > 0 {
            told.lock().unwrap().push(store.clone());
        }
    });
    let order = IncidentRequest::new(handle("gina"), boss()).because("a stolen laptop");
    let incident = account.responder(None).open(order.clone()).await.unwrap();
    assert!(account.fake.requests().is_empty(), "written down before anything is sent");
    let report = account.compare(&incident).await;
    assert_eq!((report.totals.stores, report.totals.not_reached), (200, 200));

    for at in [1, 6, 30, 90, 131, 262, 350, 420, 500] {
        let responder = account.responder(Some(Arc::new(Dies { steps: AtomicUsize::new(0), at })));
        let id = incident.id;
        let run = tokio::spawn(async move { responder.continue_incident(id, &long(), &()).await.map(drop) });
        let killed = run.await;
        println!("killed at {at}: {}, {} still inside", killed.is_err(), account.still_inside());
        let report = account.compare(&incident).await;
        let totals = report.totals;
        let sum = totals.open + totals.not_reached + totals.were_out + totals.closed_proven;
        assert_eq!(sum, 200, "{totals:?}");
        account.clock.advance(LEASES);
    }
    let again = account.responder(None).open(order).await.unwrap();
    assert_eq!(again.id, incident.id, "a second call goes on with the first");
    for _ in 0..20 {
        let now = account.responder(None).continue_incident(incident.id, &long(), &()).await.unwrap();
        if now.finished_at.is_some() {
            break;
        }
        account.clock.advance(HOUR);
    }
    let report = account.compare(&incident).await;
    assert!(report.incident.finished_at.is_some(), "{:?}", report.totals);
    let totals = report.totals;
    assert_eq!((totals.were_inside, totals.closed_proven, totals.were_out, totals.open), (40, 40, 160, 0));
    assert_eq!((totals.credentials, totals.credentials_dead, totals.credentials_open), (40, 40, 0));
    for number in 0..STORES {
        let keys = account.ring.of(&shop(number));
        let living: Vec<_> = keys.iter().filter(|key| key.alive).map(|key| key.secret.as_str()).collect();
        let is_old = living == [old_secret(&shop(number)).as_str()];
        assert_eq!(living.len(), 1, "{keys:?}");
        assert_eq!(is_old, !account.inside.contains(&number), "replaced where they were, and nowhere else");
        assert!(account.fake.removals(&account.hashes[number], ADDRESS) <= 1);
    }
    assert_eq!(*early.lock().unwrap(), [], "rotations wait until every removal of the account has left");
    assert!(account.most_in_an_hour() <= 70, "{}", account.most_in_an_hour());
    let requests = account.fake.requests().len();
    account.responder(None).continue_incident(incident.id, &long(), &()).await.unwrap();
    assert_eq!(account.fake.requests().len(), requests, "once more does nothing");
}

struct Response {
    directory: Arc<Ringed>,
    ring: Arc<Keyring>,
    responder: Responder,
}

/// The same for the one store of a desk, with a credential of this kind.
fn response(desk: &Desk, kind: &'static str) -> Response {
    let clock: Arc<dyn Clock> = desk.subject.clock.clone();
    let ring = Keyring::new(clock);
    let directory = Arc::new(Ringed::new(desk.known.clone(), ring.clone()));
    directory.add(&store(), kind);
    let shared: Arc<dyn Directory> = directory.clone();
    let engine = Engine::new(desk.ledger.clone(), shared.clone(), desk.subject.env.clone());
    let driver = Driver::new(desk.ledger.clone(), shared, desk.subject.env.clone());
    Response { directory, ring, responder: Responder::new(engine, driver, desk.subject.env.clone()) }
}

async fn report_of(desk: &Desk, incident: &Incident) -> IncidentReport {
    report(&*desk.ledger, incident.id, desk.now()).await.unwrap()
}

/// On every platform, with a credential and on what people say.
#[tokio::test]
async fn out_and_replaced_on_every_platform() {
    everywhere(async |desk| {
        let grant = desk.let_in(desk.wish_for(3 * DAY)).await;
        let at = response(&desk, "token");
        assert_eq!(at.directory.stores(), [store()]);
        let order = IncidentRequest::new(handle("gina"), boss()).because("a stolen laptop");
        let incident = at.responder.open(order).await.unwrap();
        at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        let said = report_of(&desk, &incident).await;
        let one = &said.stores[0];
        assert_eq!(one.grants[0].id, grant.id);
        assert!(one.was_inside(), "{one:?}");
        if desk.is_inside() {
            assert!(matches!(one.access, AccessReport::Open { .. }), "{one:?}");
            assert!(!one.must_act.is_empty() && said.totals.must_act > 0, "{one:?}");
            assert!(said.incident.finished_at.is_none());
        } else {
            assert!(matches!(one.access, AccessReport::Closed { proof: Some(_), .. }), "{one:?}");
        }
        // Whoever waits for people does not wait with the credentials.
        let keys = at.ring.of(&store());
        assert!(keys.iter().all(|key| key.alive != (key.secret == old_secret(&store()))), "{keys:?}");
        desk.people_take_out().await;
        for step in desk.open_steps().await {
            if matches!(step.kind, StepKind::Residual) {
                desk.engine.step_done(step.id, &boss(), "looked after").await.unwrap();
            }
        }
        let done = at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        let said = report_of(&desk, &incident).await;
        assert!(done.finished_at.is_some(), "{:?}", said.stores);
        let blind = !desk.subject.does(Operation::Observe);
        let AccessReport::Closed { proof: Some(proof), .. } = &said.stores[0].access else {
            panic!("{said:?}")
        };
        assert_eq!(matches!(proof, Proof::Attested { .. }), blind, "{proof:?}");
        assert_eq!(
            (said.totals.closed_attested, said.totals.closed_proven),
            (u64::from(blind), u64::from(!blind))
        );
        assert!(!desk.is_inside());
        assert!(desk.grant(grant.id).await.phase.is_over());
        let events = desk.events().await;
        assert!(
            events.contains(&"incident_opened".to_owned())
                && events.contains(&"incident_finished".to_owned())
        );
        desk.finish();
    })
    .await;
}

/// What a human must make is listed with its link; somebody's word about it is recorded as said.
#[tokio::test]
async fn what_a_human_must_replace_is_listed_with_links() {
    where_native(Operation::Remove, async |desk| {
        desk.let_in(desk.wish_for(3 * DAY)).await;
        let at = response(&desk, "guided");
        let incident = at.responder.open(IncidentRequest::new(handle("gina"), boss())).await.unwrap();
        at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        desk.people_take_out().await;
        at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        let said = report_of(&desk, &incident).await;
        let credential = &said.stores[0].credentials[0];
        let must = credential.must_act.as_ref().expect("a step");
        assert_eq!(must.links[0].url, "https://store.example/keys");
        assert!(matches!(credential.state, CredentialState::InWork { .. }), "{credential:?}");
        assert!(said.incident.finished_at.is_none());
        at.ring.make_by_hand(&store(), "made-by-hand");
        let done =
            at.responder.attest_replaced(incident.id, &store(), &web(), &boss(), "by phone").await.unwrap();
        let said = report_of(&desk, &incident).await;
        assert_eq!((said.totals.credentials_attested, said.totals.credentials_dead), (1, 0), "never proven");
        assert!(desk.events().await.contains(&"incident_credential_attested".to_owned()));
        assert!(done.finished_at.is_some(), "{:?}", said.stores);
        desk.finish();
    })
    .await;
}

/// What locks its users out is replaced only when somebody agrees.
#[tokio::test]
async fn downtime_needs_consent() {
    where_native(Operation::Remove, async |desk| {
        desk.let_in(desk.wish_for(3 * DAY)).await;
        let at = response(&desk, "in-place");
        let incident = at.responder.open(IncidentRequest::new(handle("gina"), boss())).await.unwrap();
        at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        desk.people_take_out().await;
        at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        let said = report_of(&desk, &incident).await;
        assert!(matches!(said.stores[0].credentials[0].state, CredentialState::NeedsConsent), "{said:?}");
        assert_eq!(at.ring.of(&store()).len(), 1);
        assert!(consents(&desk).await.is_empty());
        at.responder.allow_downtime(incident.id, &Principal::stated("dana")).await.unwrap();
        at.responder.allow_downtime(incident.id, &Principal::stated("robin")).await.unwrap();
        assert_eq!(consents(&desk).await, ["dana"], "who agreed is in the chain, once");
        let done = at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        let said = report_of(&desk, &incident).await;
        assert!(matches!(said.stores[0].credentials[0].state, CredentialState::Dead { .. }), "{said:?}");
        assert!(done.finished_at.is_some());
        let late = at.responder.allow_downtime(incident.id, &boss()).await.unwrap();
        assert!(late.allow_downtime && consents(&desk).await.len() == 1);
        desk.finish();
    })
    .await;
}

/// Who has agreed to downtime, as the chain of the store says.
async fn consents(desk: &Desk) -> Vec<String> {
    let events = desk.ledger.events(&store(), 0, 1000).await.unwrap();
    let facts = events.iter().map(|event| event.fact().unwrap());
    facts
        .filter(|fact| fact.kind == "incident_downtime_allowed")
        .map(|fact| fact.actor.unwrap().name)
        .collect()
}

/// What sweeps have finished is written down without a look, and whoever opens another incident gets a new one.
#[tokio::test]
async fn sweeps_finish_an_incident_and_a_second_one_looks_again() {
    where_native(Operation::Remove, async |desk| {
        desk.let_in(desk.wish_for(3 * DAY)).await;
        let at = response(&desk, "token");
        let order = IncidentRequest::new(handle("gina"), boss()).replacing(RotationScope::Nowhere);
        let planned = at.responder.plan(&order).await.unwrap();
        assert!(planned.goes_on_with.is_none() && planned.stores[0].grants.len() == 1, "{planned:?}");
        assert_eq!(desk.ledger.incidents(None, 10).await.unwrap(), [], "a plan writes nothing");
        let incident = at.responder.open(order.clone()).await.unwrap();
        at.responder.continue_incident(incident.id, &long(), &Stopped).await.unwrap();
        let said = report_of(&desk, &incident).await;
        assert!(matches!(said.stores[0].access, AccessReport::NotReached { .. }), "{said:?}");
        assert!(desk.is_inside(), "whoever was told to stop begins nothing");
        assert_eq!(at.responder.plan(&order).await.unwrap().goes_on_with.unwrap().id, incident.id);

        desk.sweep_after(4 * DAY).await;
        desk.people_take_out().await;
        assert!(!desk.is_inside());
        for step in desk.open_steps().await {
            desk.engine.step_done(step.id, &boss(), "looked after").await.unwrap();
        }
        let said = report_of(&desk, &incident).await;
        assert!(said.is_over() && said.incident.finished_at.is_none(), "{said:?}");
        assert!(at.responder.plan(&order).await.unwrap().goes_on_with.is_none());
        let another = at.responder.open(order).await.unwrap();
        assert_ne!(another.id, incident.id, "what was finished once says nothing about today");
        let first = desk.ledger.incident(incident.id).await.unwrap().unwrap();
        assert!(first.finished_at.is_some() && another.finished_at.is_none());
        desk.finish();
    })
    .await;
}

/// Somebody who wants it to stop.
struct Stopped;

impl IncidentWatcher for Stopped {
    fn goes_on(&self) -> bool {
        false
    }
}

/// Whoever only had access once may have seen secrets, too; whoever never had is no reason to replace any.
#[tokio::test]
async fn past_access_exposes_a_store_and_none_does_not() {
    where_native(Operation::Remove, async |desk| {
        let at = response(&desk, "token");
        let incident = at.responder.open(IncidentRequest::new(handle("gina"), boss())).await.unwrap();
        let done = at.responder.continue_incident(incident.id, &long(), &()).await.unwrap();
        assert!(done.finished_at.is_some());
        let said = report_of(&desk, &incident).await;
        assert!(matches!(said.stores[0].access, AccessReport::WasOut { .. }), "{said:?}");
        assert_eq!((said.totals.credentials, at.ring.of(&store()).len()), (0, 1));

        let grant = desk.let_in(desk.wish()).await;
        desk.sweep_after(3 * HOUR).await;
        desk.people_take_out().await;
        assert_eq!(desk.grant(grant.id).await.phase, Phase::Ended);
        let nowhere = IncidentRequest::new(handle("gina"), boss()).replacing(RotationScope::Nowhere);
        let without = at.responder.open(nowhere).await.unwrap();
        assert_ne!(without.id, incident.id);
        at.responder.continue_incident(without.id, &long(), &()).await.unwrap();
        assert_eq!(at.ring.of(&store()).len(), 1);
        desk.subject.clock.advance(MINUTE);
        let with = at.responder.open(IncidentRequest::new(handle("gina"), boss())).await.unwrap();
        at.responder.continue_incident(with.id, &long(), &()).await.unwrap();
        let said = report_of(&desk, &with).await;
        assert!(said.stores[0].had_access);
        assert_eq!(said.totals.credentials_dead, 1, "{said:?}");
        let incidents = desk.ledger.incidents(Some(&handle("gina")), 10).await.unwrap();
        assert_eq!(incidents.len(), 3);
        desk.finish();
    })
    .await;
}

//! Two hundred stores of one BigCommerce account: seventy requests an hour for all of them, removals first, stopped after each
//! hour.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use guestpass::grants::{Checkpoint, Directory, Durable, Engine, Ledger, Moment, StaticDirectory};
use guestpass::incident::{
    AccessReport, CredentialState, Incident, IncidentReport, IncidentRequest, Responder, report,
};
use guestpass::rotation::{CredentialName, CredentialSlot, Driver, HumanPart, RotationQuery, WaitsFor};
use guestpass::{
    Clock, Environment, FixedSecret, OneTimeSecret, Person, PersonHandle, Registry, SinkCopy, StoreHandle,
    StoreSettings, Timestamp,
};
use guestpass_ledger::SqlLedger;
use guestpass_suite::environment;
use guestpass_suite::files::Files;
use guestpass_suite::worker::{boss, patient, steady};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::{DemoSeed, StorefrontTokenKind};
use tempfile::TempDir;

use crate::estate::{DAY, HOUR, LEASE};

const STORES: usize = 200;
const ADDRESS: &str = "gina@vendor.example";
const SINK: &str = "files";
const MINTING: &[&str] = &["store_v2_information_read_only", "store_storefront_api"];

/// One account, and somebody who is inside four stores of five.
struct Account {
    fake: FakeBigCommerce,
    seed: DemoSeed,
    clock: Arc<ManualClock>,
    env: Environment,
    ledger: Arc<dyn Ledger>,
    directory: Arc<dyn Directory>,
    files: Files,
    /// What was in use before, by store: of every tenth store a token that calls replace.
    tokens: Vec<(usize, String)>,
    /// What a person replaces, and each look at which spends the account's budget.
    of_account: String,
    _folder: TempDir,
}

impl Account {
    async fn new() -> Self {
        let (clock, env) = environment().unwrap();
        let fake = FakeBigCommerce::start(clock.clone()).await;
        let seed = fake.seed_demo();
        let folder = tempfile::tempdir().unwrap();
        let ledger =
            SqlLedger::open(&format!("sqlite:{}", folder.path().join("ledger").display()).into()).await;
        let files = Files::within(folder.path().join("files"));
        let gina = Person::new(PersonHandle::new("gina").unwrap(), ADDRESS.parse().unwrap());
        let registry = Registry::new().with(guestpass_bigcommerce::factory());
        let mut directory = StaticDirectory::new(registry, env.clone())
            .with_person(gina)
            .with_sink(SINK, Arc::new(files.clone()));
        let mut tokens = Vec::new();
        for number in 0..STORES {
            let (hash, token) = (hash(number), format!("fake-minting-token-of-store-{number}"));
            fake.add_store(&seed.account_uuid, &hash, &format!("Store {number}"), &seed.owner_email);
            fake.add_store_token(&hash, &token, MINTING);
            let secret = |text: &str| Arc::new(FixedSecret::new(text.to_owned().into()));
            let settings = StoreSettings::new(shop(number))
                .with_text("store_hash", &hash)
                .with_text("account_uuid", &seed.account_uuid)
                .with_text("api_url", fake.uri())
                .with_secret("account_token", secret(&seed.account_token))
                .with_secret("store_token", secret(&token));
            directory = directory.with_store("bigcommerce", settings).unwrap();
            if is_inside(number) {
                fake.add_user(&hash, ADDRESS, "Gina", "Guest");
            }
            if number % 10 == 0 || number == 1 {
                let now = fake.now();
                let month = now.saturating_add(30 * DAY).unwrap();
                let made = fake.add_storefront_token(&hash, StorefrontTokenKind::Private, now, month);
                files.plant(&format!("{}/front", shop(number)), &made).unwrap();
                let slot = slot("front", "private-token")
                    .with_text("channel_ids", "1")
                    .with_text("scopes", "Unauthenticated, Customer");
                directory = directory.with_credential(shop(number), slot);
                tokens.push((number, made));
            }
        }
        let scopes = ["account_read", "account_users_read"];
        let of_account = fake.create_account_api_account(&seed.account_uuid, "before us", &scopes).token;
        files.plant(&format!("{}/account", shop(0)), &of_account).unwrap();
        directory = directory.with_credential(shop(0), slot("account", "account-api-account"));
        fake.clear_requests();
        let (ledger, directory) = (Arc::new(ledger.unwrap()), Arc::new(directory));
        Self { fake, seed, clock, env, ledger, directory, files, tokens, of_account, _folder: folder }
    }

    fn driver(&self) -> Driver {
        Driver::new(self.ledger.clone(), self.directory.clone(), self.env.clone())
    }

    fn responder(&self, watched: Arc<dyn Checkpoint>) -> Responder {
        let engine = Engine::new(self.ledger.clone(), self.directory.clone(), self.env.clone());
        let driver = self.driver().with_checkpoint(watched.clone());
        Responder::new(engine.with_checkpoint(watched), driver, self.env.clone())
    }

    fn still_inside(&self) -> usize {
        (0..STORES).filter(|number| self.fake.is_member(&hash(*number), ADDRESS)).count()
    }

    /// The report against what is so.
    async fn compare(&self, incident: &Incident) -> IncidentReport {
        let report = report(&*self.ledger, incident.id, self.env.clock().now()).await.unwrap();
        assert_eq!(report.stores.len(), STORES, "every store is there");
        for (number, said) in report.stores.iter().enumerate() {
            assert_eq!(said.store, shop(number));
            let (came, inside) = (is_inside(number), self.fake.is_member(&hash(number), ADDRESS));
            match &said.access {
                AccessReport::Closed { proof, .. } => assert!(came && !inside && proof.is_some(), "{said:?}"),
                AccessReport::WasOut { .. } => assert!(!came, "{said:?}"),
                AccessReport::NotReached { .. } => {
                    assert_eq!(inside, came, "what was sent is known: {said:?}")
                }
                AccessReport::Open { .. } => {}
                other => panic!("{other:?}"),
            }
            assert!(inside || !came || said.found.is_some(), "what was open is known: {said:?}");
            let exposed = said.found.as_ref().is_some_and(|found| found.is_inside());
            let of_store =
                self.tokens.iter().filter(|(of, _)| *of == number).count() + usize::from(number == 0);
            assert_eq!(said.credentials.len(), if exposed { of_store } else { 0 }, "{said:?}");
            for credential in &said.credentials {
                let old = self.old(number, credential.name.as_str());
                let is_dead = matches!(credential.state, CredentialState::Dead { .. });
                assert!(!is_dead || !self.works(&old), "{said:?}");
            }
        }
        report
    }

    fn old(&self, number: usize, name: &str) -> String {
        match name {
            "account" => self.of_account.clone(),
            _ => self.tokens.iter().find(|(of, _)| *of == number).unwrap().1.clone(),
        }
    }

    fn works(&self, secret: &str) -> bool {
        self.fake.storefront_token_works(secret) || self.fake.api_token_works(secret)
    }

    /// The owner makes a new account-level token and deletes the old one, when asked.
    async fn the_owner_acts(&self) {
        let query = RotationQuery::of(&shop(0), &CredentialName::new("account").unwrap()).only_open();
        for rotation in self.ledger.rotations(&query, None, 10).await.unwrap() {
            let Some(WaitsFor::Person { part, .. }) = &rotation.waits_for else { continue };
            let mut handed = None;
            if *part == HumanPart::Issue {
                let scopes = ["account_read", "account_users_read"];
                let uuid = &self.seed.account_uuid;
                let made = self.fake.create_account_api_account(uuid, "by hand", &scopes).token;
                handed = Some(OneTimeSecret::new(made.into()));
            } else {
                self.fake.revoke_token(&self.of_account);
            }
            Box::pin(self.driver().advance(rotation.id, handed, &patient())).await.unwrap();
        }
    }

    /// The most metered requests within any hour.
    fn most_in_an_hour(&self) -> usize {
        let requests = self.fake.requests();
        let metered = requests.iter().filter(|request| request.path.starts_with("/accounts/"));
        let times: Vec<_> = metered.map(|request| request.at).collect();
        let since = |from: &Timestamp| {
            let within = |at: &&Timestamp| *at >= from && at.duration_since(*from).unsigned_abs() < HOUR;
            times.iter().filter(within).count()
        };
        times.iter().map(since).max().unwrap_or_default()
    }
}

fn shop(number: usize) -> StoreHandle {
    StoreHandle::new(format!("shop-{number}")).unwrap()
}

fn hash(number: usize) -> String {
    format!("store{number}")
}

fn is_inside(number: usize) -> bool {
    number % 5 != 1
}

fn slot(name: &str, kind: &str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new(name).unwrap(), kind.to_owned().into()).kept_in(SINK)
}

/// What a process that was stopped leaves behind instead of a result.
struct Stopped;

/// Is stopped at the first step after this time, and sees who is inside when a rotation begins.
struct Watch {
    account: Arc<Account>,
    until: Timestamp,
    steps: AtomicUsize,
    early: Mutex<Vec<usize>>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

impl Checkpoint for Watch {
    fn at(&self, step: Durable, moment: Moment) {
        if (step, moment) == (Durable::RotationRecord, Moment::Before) && self.account.still_inside() > 0 {
            self.early.lock().unwrap().push(self.account.still_inside());
        }
        // A few steps are always allowed, so that it goes on.
        if self.account.clock.now() >= self.until && self.steps.fetch_add(1, Ordering::SeqCst) > 3 {
            std::panic::resume_unwind(Box::new(Stopped));
        }
    }
}

#[tokio::test]
async fn two_hundred_stores_within_seventy_requests_an_hour_and_stopped_after_each() {
    let account = Arc::new(Account::new().await);
    let watch = |until| {
        let (steps, early) = (AtomicUsize::new(0), Mutex::default());
        Arc::new(Watch { account: account.clone(), until, steps, early })
    };
    let order = IncidentRequest::new(PersonHandle::new("gina").unwrap(), boss()).because("a stolen laptop");
    let incident = account.responder(watch(Timestamp::MAX)).open(order).await.unwrap();
    assert!(account.fake.requests().is_empty(), "written down before anything is sent");
    let (began, mut stopped, mut out_after) = (account.clock.now(), 0, None);
    for _ in 0..40 {
        let until = account.clock.now().saturating_add(HOUR).unwrap();
        let watched = watch(until);
        let (responder, id) = (account.responder(watched.clone()), incident.id);
        let run = tokio::spawn(async move { responder.continue_incident(id, &steady(), &()).await });
        let ended = run.await;
        assert_eq!(*watched.early.lock().unwrap(), [0; 0], "removals first");
        let report = account.compare(&incident).await;
        let hours = account.clock.now().duration_since(began).as_secs_f64() / 3600.0;
        println!("{hours:.1} h, stopped {}: {:?}", ended.is_err(), report.totals);
        if out_after.is_none() && account.still_inside() == 0 {
            out_after = Some(hours);
        }
        match ended {
            Ok(now) if now.as_ref().unwrap().finished_at.is_some() => break,
            Ok(_) => account.clock.advance(HOUR / 6),
            Err(_) => {
                stopped += 1;
                account.clock.advance(LEASE);
            }
        }
        account.the_owner_acts().await;
    }
    let report = account.compare(&incident).await;
    assert!(report.incident.finished_at.is_some() && stopped > 1, "{stopped} {:?}", report.totals);
    let totals = report.totals;
    assert_eq!((totals.were_inside, totals.closed_proven, totals.were_out, totals.open), (160, 160, 40, 0));
    assert_eq!((totals.credentials, totals.credentials_dead), (21, 21));
    assert!(account.most_in_an_hour() <= 70, "{}", account.most_in_an_hour());
    let requests = account.fake.requests();
    assert!(!requests.iter().any(|request| request.throttled), "nobody was told to come later");
    let removal = requests.iter().rposition(|one| one.write && one.path.starts_with("/accounts/")).unwrap();
    let rotation = requests.iter().position(|one| one.path.contains("storefront")).unwrap();
    assert!(removal < rotation, "the last removal left before the first rotation");
    // 160 removals and a few readings at 70 an hour.
    assert!(out_after.is_some_and(|hours| hours < 4.0), "{out_after:?}");
    for (number, old) in &account.tokens {
        let label = format!("{}/front", shop(*number));
        let live = account.files.read(&label, SinkCopy::Live).unwrap().unwrap();
        assert!(account.works(&live));
        assert_eq!(live == *old, !is_inside(*number), "replaced where they were, and nowhere else");
        assert_eq!(account.works(old), !is_inside(*number));
    }
    assert!(!account.works(&account.of_account));
    for number in 0..STORES {
        assert!(account.fake.removals(&hash(number), ADDRESS) <= 1);
    }
}

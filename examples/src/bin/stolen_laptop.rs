//! A review finds somebody of ours whom nobody let in by a grant. Then their laptop is stolen: they go out at once, what they
//! may have seen is replaced, and a report says what is still open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::grants::{Engine, Ledger, MemoryLedger, Principal, StaticDirectory};
use guestpass::http::ReqwestTransport;
use guestpass::incident::{IncidentRequest, Responder, ResponseOptions, report};
use guestpass::review::{ReviewRequest, ReviewWatcher, Reviewer, StoreReview};
use guestpass::rotation::{CredentialKind, CredentialName, CredentialSlot, Driver};
use guestpass::{
    CallbackSink, Clock, Environment, Error, ErrorKind, FixedSecret, MemoryCoordination, OneTimeSecret,
    Person, PersonHandle, Registry, Result, Sink, SinkCall, SinkCopy, StoreHandle, StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::StorefrontTokenKind;

const AN_HOUR: Duration = Duration::from_secs(3600);
const SAM: &str = "sam@vendor.example";

/// Shows what is found. Names are told only here: what is kept of a review has none.
struct Findings;

impl ReviewWatcher for Findings {
    fn reviewed(&self, store: &StoreReview, first_number: u32) {
        for (number, row) in (first_number..).zip(&store.rows) {
            for finding in &row.findings {
                let email = row.account.as_ref().and_then(|account| account.email.known());
                println!("{number} {}: {finding}", email.map_or("?", |email| email.as_str()));
            }
        }
    }
}

/// Where the shop's token is kept. `new_token.rs` has one that says more.
fn vault(old: &str) -> Arc<dyn Sink> {
    let live = (SinkCopy::Live, OneTimeSecret::new(old.to_owned().into()));
    let copies = Mutex::new(HashMap::from([live]));
    let keep = move |_label: String, call: SinkCall| {
        let mut copies = copies.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match call {
            SinkCall::Stage(new) => copies.insert(SinkCopy::Staged, new).and(None),
            SinkCall::Promote => {
                let staged = copies.remove(&SinkCopy::Staged);
                let before = staged.and_then(|new| copies.insert(SinkCopy::Live, new));
                // By it the driver ends the old one.
                before.and_then(|old| copies.insert(SinkCopy::Previous, old)).and(None)
            }
            SinkCall::Discard(which) => copies.remove(&which).and(None),
            SinkCall::ReadBack(which) => copies.get(&which).cloned(),
            _ => None,
        };
        async { Ok(answer) }.boxed()
    };
    let no_password =
        |_, _| async { Err(Error::new(ErrorKind::Unsupported, "it takes no passwords")) }.boxed();
    Arc::new(CallbackSink::new(no_password).keeping(true, keep))
}

#[tokio::main]
async fn main() -> Result<()> {
    // Time is moved by hand here; yours is `Environment::system()`.
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeBigCommerce::start(shared.clone()).await;
    let env =
        Environment::new(Arc::new(ReqwestTransport::new()?), shared, Arc::new(MemoryCoordination::new()));
    let seed = fake.seed_demo();
    fake.add_user(&seed.store_hash, SAM, "Sam", "Reyes");
    fake.accept(&seed.store_hash, SAM);
    let kind = StorefrontTokenKind::Private;
    let old = fake.add_storefront_token(&seed.store_hash, kind, clock.now(), clock.now() + 720 * AN_HOUR);

    let store = StoreHandle::new("acme")?;
    let settings = StoreSettings::new(store.clone())
        .with_text("store_hash", seed.store_hash.clone())
        .with_text("account_uuid", seed.account_uuid)
        .with_text("api_url", fake.uri())
        .with_secret("account_token", Arc::new(FixedSecret::new(seed.account_token.into())))
        .with_secret("store_token", Arc::new(FixedSecret::new(seed.store_token.into())));
    let slot = CredentialSlot::new(CredentialName::new("web")?, CredentialKind::from_static("private-token"))
        .with_text("channel_id", "1")
        .with_text("scopes", "Unauthenticated")
        .with_secret("store_token", Arc::new(FixedSecret::new(seed.minting_token.into())))
        .kept_in("vault")
        .draining(AN_HOUR);
    let sam = Person::new(PersonHandle::new("sam")?, SAM.parse()?);
    let directory = StaticDirectory::new(Registry::new().with(guestpass_bigcommerce::factory()), env.clone())
        .with_store("bigcommerce", settings)?
        .with_person(sam.clone())
        .with_sink("vault", vault(&old))
        .with_credential(store, slot);
    // Yours must outlive the process: `guestpass-ledger` has one.
    let (ledger, directory) = (Arc::new(MemoryLedger::new()), Arc::new(directory));
    let boss = Principal::stated("robin");

    let reviewer = Reviewer::new(ledger.clone(), directory.clone(), env.clone());
    let request = ReviewRequest::new(boss.clone()).because("every quarter");
    let review = reviewer.run(request, &env.call().with_timeout(AN_HOUR), &Findings).await?;
    println!("reviewed: {} store(s)", review.stores.len());

    let engine = Engine::new(ledger.clone(), directory.clone(), env.clone());
    let driver = Driver::new(ledger.clone(), directory, env.clone());
    let responder = Responder::new(engine, driver, env);
    let request = IncidentRequest::new(sam.handle, boss).because("the laptop was stolen");
    let incident = responder.open(request).await?; // written down; nothing was sent

    // A timer of yours does this; any process may go on. The first pass takes Sam out and puts a new token in its place, and
    // the ones after it end the old token when the shop has had its time.
    let ledger: &dyn Ledger = ledger.as_ref();
    for _ in 0..3 {
        responder.continue_incident(incident.id, &ResponseOptions::default(), &()).await?;
        let seen = report(ledger, incident.id, clock.now()).await?;
        let totals = seen.totals;
        println!(
            "out of {} of {} store(s), {} of {} credential(s) dead",
            totals.closed_proven, totals.were_inside, totals.credentials_dead, totals.credentials
        );
        for credential in seen.stores.iter().flat_map(|store| &store.credentials) {
            println!("  {}: {:?}", credential.name, credential.state);
        }
        clock.advance(AN_HOUR);
    }
    println!("Sam is inside: {}", fake.is_member(&seed.store_hash, SAM));
    println!("the old token still works: {}", fake.storefront_token_works_on_servers(&old));
    Ok(())
}

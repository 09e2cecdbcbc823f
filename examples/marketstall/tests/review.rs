//! What a review finds on a stall: everything that is there, and nothing else.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use guestpass::grants::{Engine, Grant, GrantRequest, MemoryLedger, Phase, Principal, StaticDirectory};
use guestpass::http::ReqwestTransport;
use guestpass::review::{Finding, Reviewer, StoreReview};
use guestpass::{
    Clock, Environment, FixedSecret, MemoryCoordination, Person, PersonHandle, Registry, RoleSpec,
    StoreHandle, StoreSettings,
};
use guestpass_marketstall_fake::{FakeMarketstall, OWNER, STALL, TOKEN};
use guestpass_testkit::ManualClock;

const DAY: Duration = Duration::from_secs(24 * 3600);

struct Stall {
    fake: FakeMarketstall,
    clock: Arc<ManualClock>,
    env: Environment,
    engine: Engine,
    reviewer: Reviewer,
}

impl Stall {
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakeMarketstall::start(shared.clone()).await;
        let transport = Arc::new(ReqwestTransport::new().unwrap());
        let env = Environment::new(transport, shared, Arc::new(MemoryCoordination::new()));
        let settings = StoreSettings::new(store())
            .with_text("stall", STALL)
            .with_text("api_url", fake.uri())
            .with_secret("token", Arc::new(FixedSecret::new(TOKEN.into())));
        let registry = Registry::new().with(guestpass_marketstall::factory());
        let mut directory = StaticDirectory::new(registry, env.clone())
            .with_store("org.example/marketstall", settings)
            .unwrap()
            // As people see it: the roles that the platform lists give its id.
            .with_role(RoleSpec::new("support").with_platform_role("Helper"), None);
        for name in ["hanna", "kim", "lee", "sam"] {
            directory = directory.with_person(person(name));
        }
        let (ledger, directory) = (Arc::new(MemoryLedger::new()), Arc::new(directory));
        let engine = Engine::new(ledger.clone(), directory.clone(), env.clone());
        let reviewer = Reviewer::new(ledger, directory, env.clone());
        Self { fake, clock, env, engine, reviewer }
    }

    /// Somebody gets a grant, accepts, and signs in.
    async fn let_in(&self, name: &str) -> Grant {
        let until = self.clock.now() + 300 * DAY;
        let wish = GrantRequest::new(store(), person(name).handle, until)
            .with_role("support")
            .requested_by(Principal::stated("boss"));
        let grant = self.engine.request(wish).await.unwrap();
        self.engine.settle(&grant.place, &self.env.call()).await.unwrap();
        self.fake.with(|books, now| {
            books.accept(&address(name));
            books.sign_in(&address(name), now);
        });
        self.clock.advance(DAY);
        self.engine.settle(&grant.place, &self.env.call()).await.unwrap();
        let grant = self.engine.ledger().grant(grant.id).await.unwrap().unwrap();
        assert_eq!(grant.phase, Phase::Active);
        grant
    }

    async fn review(&self) -> StoreReview {
        let review = self.reviewer.store(&store(), &self.env.call()).await.unwrap();
        assert!(review.reading.is_complete(), "{review:?}");
        review
    }
}

fn store() -> StoreHandle {
    StoreHandle::new("demo").unwrap()
}

fn address(name: &str) -> String {
    format!("{name}@vendor.example")
}

fn person(name: &str) -> Person {
    Person::new(PersonHandle::new(name).unwrap(), address(name).parse().unwrap())
}

/// What is found of each, by the person of ours or by the address.
fn found(review: &StoreReview) -> BTreeMap<String, BTreeSet<&'static str>> {
    let of = |row: &guestpass::review::ReviewRow| {
        let address = row.account.as_ref().and_then(|account| account.email.known());
        let person = row.person.as_ref().map(ToString::to_string);
        person.or(address.map(ToString::to_string)).unwrap()
    };
    let kinds = |row: &guestpass::review::ReviewRow| row.findings.iter().map(Finding::kind).collect();
    review.rows.iter().map(|row| (of(row), kinds(row))).collect()
}

#[tokio::test]
async fn everything_is_found_and_nothing_is_invented() {
    let stall = Stall::open().await;
    let (sam, kim) = (stall.let_in("sam").await, stall.let_in("kim").await);
    stall.let_in("lee").await;
    stall.fake.with(|books, now| {
        // The merchant lets Hanna in, gives Sam more than was asked for, and takes Kim out.
        books.add(&address("hanna"), "viewer", true);
        books.sign_in(&address("hanna"), now);
        books.give_role(&address("sam"), "manager");
        books.dismiss(&address("kim"));
    });
    stall.clock.advance(80 * DAY);
    stall.fake.with(|books, now| books.sign_in(&address("sam"), now));
    stall.clock.advance(20 * DAY);

    let review = stall.review().await;
    let expected = [
        ("hanna", vec!["ours_without_grant", "dormant"]),
        ("kim", vec!["grant_without_person"]),
        ("lee", vec!["dormant"]),
        ("sam", vec!["beyond_grant", "privileged"]),
        // The one owner that every stall has.
        (OWNER, vec![]),
    ];
    let expected = expected.map(|(who, kinds)| (who.to_owned(), kinds.into_iter().collect()));
    assert_eq!(found(&review), BTreeMap::from(expected));
    let of_sam = review.rows.iter().find(|row| row.grants == [sam.id]).unwrap();
    assert!(
        of_sam.findings.contains(&Finding::BeyondGrant { rights: vec!["manager".to_owned()] }),
        "{of_sam:?}"
    );
    assert!(review.rows.iter().any(|row| row.grants == [kim.id] && row.account.is_none()));
}

#[tokio::test]
async fn where_the_stall_tells_nothing_nobody_is_called_dormant() {
    let stall = Stall::open().await;
    stall.fake.with(|books, _| books.add(&address("hanna"), "viewer", true));
    stall.clock.advance(400 * DAY);
    let expected =
        [("hanna".to_owned(), BTreeSet::from(["ours_without_grant"])), (OWNER.to_owned(), BTreeSet::new())];
    assert_eq!(found(&stall.review().await), BTreeMap::from(expected));
}

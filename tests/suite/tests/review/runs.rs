//! Reviews of many stores: what they cost, what is kept, and how they go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestpass::grants::{Commit, Directory, LeaseKey, Ledger, MemoryLedger, StaticDirectory};
use guestpass::review::{
    Difference, KeptRow, Reading, Review, ReviewId, ReviewRequest, ReviewWatcher, Reviewer, StoreReview,
};
use guestpass::{
    Clock, ContentionKey, Environment, ErrorKind, FixedSecret, MemoryCoordination, Person, PersonHandle,
    ProviderId, Registry, StoreHandle, StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;

use crate::desk::{DAY, HOUR, boss};

/// The demonstration account has two stores, of which one is configured.
pub(crate) const STORES: usize = 199;
/// Of so many stores, so many are written down together.
const AT_ONCE: usize = 3;
/// Ten stores at once.
pub(crate) const PAGES: usize = 20;

pub(crate) struct Account {
    pub(crate) fake: FakeBigCommerce,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) env: Environment,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) directory: Arc<StaticDirectory>,
    pub(crate) hashes: Vec<String>,
}

/// An account with two hundred stores; somebody of ours is inside some of them, without a grant.
pub(crate) async fn account(inside: &[usize]) -> Account {
    account_of(STORES, inside).await
}

/// The same with so many stores.
pub(crate) async fn account_of(stores: usize, inside: &[usize]) -> Account {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeBigCommerce::start(shared.clone()).await;
    let seed = fake.seed_demo();
    let transport = Arc::new(guestpass::http::ReqwestTransport::new().unwrap());
    let env = Environment::new(transport, shared, Arc::new(MemoryCoordination::new()));
    let registry = Registry::new().with(guestpass_bigcommerce::factory());
    let mut directory = StaticDirectory::new(registry, env.clone());
    let mut hashes = vec![seed.store_hash.clone()];
    for number in 1..stores {
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
        directory = directory.with_store("bigcommerce", settings).unwrap();
    }
    let gina = Person::new(PersonHandle::new("gina").unwrap(), "gina@vendor.example".parse().unwrap());
    for number in inside {
        fake.add_user(&hashes[*number], gina.email.as_str(), "Gina", "Guest");
    }
    fake.clear_requests();
    let directory = Arc::new(directory.with_person(gina));
    Account { fake, clock, env, ledger: Arc::new(MemoryLedger::new()), directory, hashes }
}

pub(crate) fn shop(number: usize) -> StoreHandle {
    StoreHandle::new(format!("shop-{number}")).unwrap()
}

impl Account {
    fn reviewer(&self) -> Reviewer {
        Reviewer::new(self.ledger.clone(), self.directory.clone(), self.env.clone())
    }

    pub(crate) fn metered(&self) -> usize {
        self.fake.requests().iter().filter(|request| request.path.starts_with("/accounts/")).count()
    }

    pub(crate) async fn run(&self) -> Review {
        let cx = self.env.call().with_timeout(HOUR);
        self.reviewer().run(ReviewRequest::new(boss()).because("quarter"), &cx, &()).await.unwrap()
    }

    async fn rows(&self, review: ReviewId) -> Vec<KeptRow> {
        let mut rows: Vec<KeptRow> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.number);
            let page = self.ledger.review_rows(review, after, 100).await.unwrap();
            if page.is_empty() {
                return rows;
            }
            rows.extend(page);
        }
    }

    /// Every store is there once, read completely, and its rows are those of the fake's own books.
    async fn assert_right(&self, review: &Review, inside: &[usize]) {
        assert!(review.finished_at.is_some());
        let stores: Vec<_> = review.stores.iter().map(|store| store.store.clone()).collect();
        assert_eq!(stores, self.directory.stores());
        let rows = self.rows(review.id).await;
        let numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=u32::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
        let mut by_store: BTreeMap<StoreHandle, Vec<&KeptRow>> = BTreeMap::new();
        for row in &rows {
            by_store.entry(row.store.clone()).or_default().push(row);
        }
        for (number, store) in review.stores.iter().enumerate() {
            assert!(matches!(&store.reading, Some(Reading::Complete { .. })), "{store:?}");
            let rows = &by_store[&store.store];
            assert_eq!(rows.len(), self.fake.users(&self.hashes[number]).len());
            assert_eq!((rows[0].number, rows.len()), (store.first_row, store.rows as usize));
            let ours = rows.iter().filter(|row| row.person.is_some()).count();
            assert_eq!(ours, usize::from(inside.contains(&number)));
            assert_eq!(store.findings.get("ours_without_grant"), (ours > 0).then_some(&1));
        }
    }
}

#[tokio::test]
async fn one_reading_serves_two_hundred_stores() {
    let inside: Vec<usize> = (0..STORES).step_by(7).collect();
    let account = account(&inside).await;
    let review = account.run().await;
    account.assert_right(&review, &inside).await;
    assert_eq!(account.metered(), PAGES);
    assert_eq!(account.ledger.reviews(10).await.unwrap(), std::slice::from_ref(&review));
    for (number, store) in account.directory.stores().iter().enumerate() {
        let events = account.ledger.events(store, 0, 10).await.unwrap();
        let [event] = &events[..] else { panic!("one fact, not {}", events.len()) };
        let fact = event.fact().unwrap();
        assert_eq!((fact.kind.as_str(), fact.outcome.as_deref()), ("store_reviewed", Some("complete")));
        assert_eq!(fact.detail["rows"], account.fake.users(&account.hashes[number]).len());
        assert!(!event.written.contains('@'), "no address in the audit log: {}", event.written);
    }
    let kept = format!("{:?}{review:?}", account.rows(review.id).await);
    assert!(!kept.contains('@') && !kept.contains("Gina"), "neither names nor addresses are kept");
}

#[tokio::test]
async fn two_reviews_differ_in_what_has_changed() {
    let account = account(&[3, 5]).await;
    let old = account.run().await;
    account.fake.remove_user(&account.hashes[3], "gina@vendor.example");
    account.fake.add_user(&account.hashes[150], "gina@vendor.example", "Gina", "Guest");
    account.fake.grant_permissions(&account.hashes[5], "gina@vendor.example", &["Manage_Users"]);
    account.clock.advance(DAY);
    let new = account.run().await;
    let reviewer = account.reviewer();
    let mut comparison = reviewer.compare(old.id, new.id).await.unwrap();
    let mut changed = BTreeMap::new();
    let mut stores = 0;
    while let Some(store) = comparison.next_store().await.unwrap() {
        stores += 1;
        assert_eq!(store.not_comparable, None);
        for change in store.changes {
            changed.insert(store.store.clone(), change);
        }
    }
    assert_eq!(stores, STORES);
    assert_eq!(changed.keys().cloned().collect::<Vec<_>>(), [shop(150), shop(3), shop(5)]);
    assert_eq!(changed[&shop(3)].what, [Difference::Gone]);
    assert_eq!((changed[&shop(3)].new, changed[&shop(150)].old), (None, None));
    assert_eq!(changed[&shop(150)].what[0], Difference::Appeared);
    let added = vec!["Manage_Users".to_owned()];
    let permissions = Difference::Permissions { added, removed: Vec::new() };
    assert!(changed[&shop(5)].what.contains(&permissions), "{:?}", changed[&shop(5)]);
    assert_eq!(changed[&shop(5)].person, Some(PersonHandle::new("gina").unwrap()));
}

/// Lets the caller's time run out after some stores.
struct Hurry {
    clock: Arc<ManualClock>,
    left: Mutex<usize>,
    seen: Mutex<Vec<(StoreHandle, u32)>>,
}

impl Hurry {
    fn after(clock: &Arc<ManualClock>, stores: usize) -> Self {
        Self { clock: clock.clone(), left: Mutex::new(stores), seen: Mutex::default() }
    }
}

impl ReviewWatcher for Hurry {
    fn reviewed(&self, store: &StoreReview, first: u32) {
        self.seen.lock().unwrap().push((store.store.clone(), first));
        let mut left = self.left.lock().unwrap();
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.clock.advance(2 * HOUR);
        }
    }
}

#[tokio::test]
async fn an_interrupted_review_goes_on_where_it_stopped() {
    let inside = [10, 190];
    let account = account(&inside).await;
    let hurry = Hurry::after(&account.clock, 30);
    let cx = account.env.call().with_timeout(HOUR);
    let review = account.reviewer().run(ReviewRequest::new(boss()), &cx, &hurry).await.unwrap();
    assert_eq!(review.finished_at, None);
    let read = review.stores.iter().filter(|store| store.reading.is_some()).count();
    assert_eq!(read, 30);
    for (store, first) in hurry.seen.into_inner().unwrap() {
        let kept = review.stores.iter().find(|kept| kept.store == store).unwrap();
        assert_eq!(kept.first_row, first);
    }
    // Whoever died in the middle of a store has left rows that belong to none.
    let mut stray = account.rows(review.id).await.pop().unwrap();
    stray.number += 3;
    stray.revision = 0;
    let mut change = Commit::new();
    change.review_rows.push(stray);
    account.ledger.commit(change).await.unwrap();

    let cx = account.env.call().with_timeout(HOUR);
    let review = account.reviewer().continue_review(review.id, &cx, &()).await.unwrap();
    account.assert_right(&review, &inside).await;
    let metered = account.metered();
    let same = account.reviewer().continue_review(review.id, &cx, &()).await.unwrap();
    assert_eq!((same, account.metered()), (review, metered), "what is finished stays as it is");
}

/// Has enough after some stores.
#[derive(Default)]
struct Enough {
    left: Mutex<usize>,
    began: Mutex<Vec<ReviewId>>,
}

impl ReviewWatcher for Enough {
    fn began(&self, review: &Review) {
        self.began.lock().unwrap().push(review.id);
    }

    fn reviewed(&self, _: &StoreReview, _: u32) {
        *self.left.lock().unwrap() -= 1;
    }

    fn goes_on(&self) -> bool {
        *self.left.lock().unwrap() > 0
    }
}

#[tokio::test]
async fn whoever_watches_knows_the_review_and_may_stop_it_between_two_stores() {
    let inside = [10, 190];
    let account = account(&inside).await;
    let enough = Enough { left: Mutex::new(30), ..Enough::default() };
    let cx = account.env.call().with_timeout(HOUR);
    let review = account.reviewer().run(ReviewRequest::new(boss()), &cx, &enough).await.unwrap();
    assert_eq!(review.finished_at, None);
    assert_eq!(review.stores.iter().filter(|store| store.reading.is_some()).count(), 30);
    *enough.left.lock().unwrap() = STORES;
    // The lease was given back: nobody has to wait.
    let review = account.reviewer().continue_review(review.id, &cx, &enough).await.unwrap();
    account.assert_right(&review, &inside).await;
    account.reviewer().continue_review(review.id, &cx, &enough).await.unwrap();
    assert_eq!(*enough.began.lock().unwrap(), [review.id; 2], "there is no work on a finished one");
}

#[tokio::test]
async fn one_process_at_a_time_works_on_a_review() {
    let account = account(&[10]).await;
    let nothing = account.env.call().with_timeout(Duration::ZERO);
    let review = account.reviewer().run(ReviewRequest::new(boss()), &nothing, &()).await.unwrap();
    assert!(review.finished_at.is_none() && review.stores.iter().all(|store| store.reading.is_none()));
    let cx = account.env.call().with_timeout(HOUR);
    let (one, two) = (account.reviewer(), account.reviewer());
    let (one, two) = futures_util::future::join(
        one.continue_review(review.id, &cx, &()),
        two.continue_review(review.id, &cx, &()),
    )
    .await;
    let (done, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    account.assert_right(&done.unwrap(), &[10]).await;
    assert_eq!(account.metered(), PAGES);
}

/// Whoever has lost the lease writes nothing more.
#[tokio::test]
async fn a_review_that_was_taken_over_is_not_written_by_two() {
    struct Thief {
        ledger: Arc<MemoryLedger>,
        clock: Arc<ManualClock>,
        key: LeaseKey,
    }
    impl ReviewWatcher for Thief {
        fn reviewed(&self, _: &StoreReview, _: u32) {
            let later = self.clock.now() + HOUR;
            let taken = self.ledger.claim(&self.key, "somebody else", later, HOUR);
            let taken = futures_util::FutureExt::now_or_never(taken);
            taken.unwrap().unwrap();
        }
    }
    let account = account(&[]).await;
    let nothing = account.env.call().with_timeout(Duration::ZERO);
    let review = account.reviewer().run(ReviewRequest::new(boss()), &nothing, &()).await.unwrap();
    let key =
        LeaseKey::new(ProviderId::from_static("review"), ContentionKey::new(review.id.to_string()).unwrap());
    let thief = Thief { ledger: account.ledger.clone(), clock: account.clock.clone(), key };
    let cx = account.env.call().with_timeout(HOUR);
    let error = account.reviewer().continue_review(review.id, &cx, &thief).await.unwrap_err();
    assert!(error.is_stale(), "{error}");
    let review = account.reviewer().review(review.id).await.unwrap();
    assert_eq!(review.stores.iter().filter(|store| store.reading.is_some()).count(), AT_ONCE);
}

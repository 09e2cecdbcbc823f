//! What is particular to BigCommerce: one budget for an account, shared listings, the owner, links, costs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use guestpass::http::ReqwestTransport;
use guestpass::{
    AccessProvider, AccessProviderExt, AccessState, Baseline, CallContext, ChangeOutcome, Clock,
    Coordination, Email, Environment, ErrorKind, FileCoordination, FixedSecret, InviteRequest, InviteResult,
    ListQuery, LoadedSecret, MemoryCoordination, Person, PersonHandle, ProviderFactory, Registry,
    RemovalResult, RemovalScope, RemoveRequest, RoleSpec, SecretString, StoreHandle, StoreSettings, Target,
    Told,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::{DemoSeed, Quirks};

struct Scene {
    fake: FakeBigCommerce,
    seed: DemoSeed,
    clock: Arc<ManualClock>,
    env: Environment,
    registry: Registry,
}

impl Scene {
    async fn new() -> Self {
        Self::with_coordination(Arc::new(MemoryCoordination::new())).await
    }

    async fn with_coordination(coordination: Arc<dyn Coordination>) -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakeBigCommerce::start(shared.clone()).await;
        let seed = fake.seed_demo();
        let env = Environment::new(Arc::new(ReqwestTransport::new().unwrap()), shared, coordination);
        let registry = Registry::new().with(guestpass_bigcommerce::factory());
        Self { fake, seed, clock, env, registry }
    }

    fn settings(&self, store: &str, hash: &str) -> StoreSettings {
        StoreSettings::new(StoreHandle::new(store).unwrap())
            .with_text("store_hash", hash)
            .with_text("account_uuid", &self.seed.account_uuid)
            .with_text("api_url", self.fake.uri())
            .with_secret("account_token", Arc::new(FixedSecret::new(self.seed.account_token.clone().into())))
    }

    fn with_store_token(&self) -> StoreSettings {
        let token = Arc::new(FixedSecret::new(self.seed.store_token.clone().into()));
        self.settings("demo", &self.seed.store_hash).with_secret("store_token", token)
    }

    fn connect(&self, settings: StoreSettings) -> Arc<dyn AccessProvider> {
        self.registry.connect("bigcommerce", settings, &self.env).unwrap()
    }

    fn cx(&self) -> CallContext {
        self.env.call().with_timeout(Duration::from_secs(6 * 3600))
    }
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn sam() -> InviteRequest {
    let sam = Person::new(PersonHandle::new("sam").unwrap(), email("sam@vendor.example"));
    InviteRequest::new(sam).with_role(RoleSpec::new("support").with_permissions(["Manage_Orders"]))
}

fn sam_on_bigcommerce() -> Target {
    sam().target(&guestpass_bigcommerce::ID)
}

async fn list(store: &dyn AccessProvider, cx: &CallContext) -> Vec<String> {
    let accounts: Vec<_> = store.list(ListQuery::new(), cx).try_collect().await.unwrap();
    accounts.into_iter().filter_map(|account| account.email.known().map(ToString::to_string)).collect()
}

#[tokio::test]
async fn invite_list_and_remove_with_proof_cost_six_account_requests() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_store_token()), scene.cx());
    store.ensure_invited(&sam(), &cx).await.unwrap();
    assert!(list(&*store, &cx).await.contains(&"sam@vendor.example".to_owned()));
    let removal = RemoveRequest::new(sam_on_bigcommerce()).with_baseline(Baseline::Absent);
    let report = store.ensure_removed(&removal, &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)));
    assert!(scene.fake.account_requests() <= 6, "{}", scene.fake.account_requests());
}

#[tokio::test]
async fn one_listing_serves_all_stores_of_an_account_for_a_minute() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    scene.fake.add_store(&scene.seed.account_uuid, "third", "Third", "olivia@merchant.example");
    let first = scene.connect(scene.settings("one", &scene.seed.store_hash));
    let third = scene.connect(scene.settings("three", "third"));
    list(&*first, &cx).await;
    assert_eq!(list(&*third, &cx).await, ["olivia@merchant.example"]);
    assert_eq!(scene.fake.account_requests(), 1);

    third.observe(&sam_on_bigcommerce(), &cx).await.unwrap();
    assert_eq!(scene.fake.account_requests(), 2, "a look is never answered from a listing");
    scene.clock.advance(Duration::from_secs(61));
    list(&*first, &cx).await;
    assert_eq!(scene.fake.account_requests(), 3, "a listing is repeated for a minute");
}

#[tokio::test]
async fn another_token_never_sees_what_the_first_one_listed() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    list(&*scene.connect(scene.settings("one", &scene.seed.store_hash)), &cx).await;
    scene.fake.add_account_token(&scene.seed.account_uuid, "another", &["account_read"]);
    let other = scene
        .settings("two", &scene.seed.store_hash)
        .with_secret("account_token", Arc::new(FixedSecret::new("another".to_owned().into())));
    let error = scene.connect(other).list_page(&ListQuery::new(), None, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn connections_and_processes_of_one_account_share_its_budget() {
    let folder = std::env::temp_dir().join(format!("guestpass-budget-{}", uuid::Uuid::new_v4()));
    let scene = Scene::with_coordination(Arc::new(FileCoordination::new(&folder))).await;
    scene.fake.add_store(&scene.seed.account_uuid, "third", "Third", "olivia@merchant.example");
    let impatient = scene.cx().failing_fast();
    let mut done = 0;
    for number in 0..100 {
        // Another process: nothing is shared with the one before but the folder.
        let env = scene.env.clone().with_coordination(Arc::new(FileCoordination::new(&folder)));
        let hash = if number % 2 == 0 { scene.seed.store_hash.as_str() } else { "third" };
        let registry = Registry::new().with(guestpass_bigcommerce::factory());
        let store = registry.connect("bigcommerce", scene.settings("any", hash), &env).unwrap();
        match store.observe(&sam_on_bigcommerce(), &impatient).await {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}"),
        }
    }
    assert_eq!((done, scene.fake.account_requests()), (60, 60));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn without_a_store_token_nobody_who_may_be_the_owner_is_removed() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.settings("demo", &scene.seed.store_hash)), scene.cx());
    for address in [scene.seed.owner_email.as_str(), "sam@merchant.example"] {
        let request = RemoveRequest::new(Target::email(email(address)));
        let error = store.ensure_removed(&request, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert!(error.to_string().contains("store_token"), "{error}");
        assert!(scene.fake.is_member(&scene.seed.store_hash, address));
    }
    let request =
        RemoveRequest::new(Target::email(email("sam@merchant.example"))).with_baseline(Baseline::Absent);
    store.ensure_removed(&request, &cx).await.unwrap();
    assert!(!scene.fake.is_member(&scene.seed.store_hash, "sam@merchant.example"));
}

#[tokio::test]
async fn with_a_store_token_the_owner_is_refused_even_if_said_to_be_ours() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_store_token()), scene.cx());
    let owner = Target::email(email(&scene.seed.owner_email.to_uppercase()));
    let request = RemoveRequest::new(owner).with_baseline(Baseline::Absent);
    let error = store.ensure_removed(&request, &cx).await.unwrap_err();
    assert!(error.to_string().contains("owner"), "{error}");
    assert_eq!(scene.fake.writes(), 0);

    scene.fake.make_owner(&scene.seed.store_hash, "sam@merchant.example");
    let request = RemoveRequest::new(Target::email(email("sam@merchant.example")));
    store.ensure_removed(&request, &cx).await.unwrap_err();
    assert_eq!(scene.fake.writes(), 0, "a new owner is known at once");
}

#[tokio::test]
async fn a_token_of_another_account_or_store_is_found_out() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    scene.fake.add_account("11111111-2222-4333-8444-555555555555", "Other");
    scene.fake.add_store("11111111-2222-4333-8444-555555555555", "foreign", "Foreign", "x@other.example");
    scene.fake.add_store_token("foreign", "foreign-token", &["store_v2_information_read_only"]);
    let foreign = |settings: StoreSettings| {
        settings.with_secret("store_token", Arc::new(FixedSecret::new("foreign-token".to_owned().into())))
    };
    // A store of another merchant, although its own token fits it.
    let mixed = scene.connect(foreign(scene.settings("mixed", "foreign")));
    let error = mixed.check(&cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains("account_uuid"), "{error}");
    let error = mixed.list_page(&ListQuery::new(), None, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    // A store token that does not fit the store.
    let wrong = scene.connect(foreign(scene.settings("wrong", &scene.seed.store_hash)));
    let error = wrong.check(&cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert!(error.to_string().contains("store_token"), "{error}");
}

#[tokio::test]
async fn a_check_tells_a_missing_scope_from_a_dead_token() {
    let scene = Scene::new().await;
    scene.fake.set_scopes(&scene.seed.store_token, &[]);
    let report = scene.connect(scene.with_store_token()).check(&scene.cx()).await.unwrap();
    assert!(report.warnings.iter().any(|warning| warning.contains("alive but lacks")), "{report:?}");
}

#[tokio::test]
async fn a_token_that_was_replaced_outside_is_picked_up() {
    let scene = Scene::new().await;
    let held = Arc::new(Mutex::new("dead".to_owned()));
    let source = held.clone();
    let token = LoadedSecret::new(move || {
        let value = SecretString::from(source.lock().unwrap().clone());
        Box::pin(async move { Ok(value) })
    });
    let settings =
        scene.settings("demo", &scene.seed.store_hash).with_secret("account_token", Arc::new(token));
    let store = scene.connect(settings);
    let error = store.check(&scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    held.lock().unwrap().clone_from(&scene.seed.account_token);
    store.observe(&sam_on_bigcommerce(), &scene.cx()).await.unwrap();
}

#[tokio::test]
async fn writes_that_show_only_later_are_waited_for() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.visibility_delay = Duration::from_secs(45));
    let (store, cx) = (scene.connect(scene.with_store_token()), scene.cx());
    let report = store.ensure_invited(&sam(), &cx).await.unwrap();
    assert!(matches!(report.result, InviteResult::Invited(_)), "{report:?}");
    let removal = RemoveRequest::new(sam_on_bigcommerce()).with_baseline(Baseline::Absent);
    let report = store.ensure_removed(&removal, &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
    assert_eq!(scene.fake.writes(), 2);
}

#[tokio::test]
async fn links_are_marked_verified_only_if_the_platform_gave_them() {
    let scene = Scene::new().await;
    for (settings, verified) in
        [(scene.with_store_token(), true), (scene.settings("demo", &scene.seed.store_hash), false)]
    {
        let store = scene.connect(settings);
        let change = guestpass::Change::SetRole(RoleSpec::new("support").with_permissions(["Manage_Orders"]));
        let outcome = store.change(&sam_on_bigcommerce(), &change, &scene.cx()).await.unwrap();
        let ChangeOutcome::ActionRequired(step) = outcome else { panic!("by hand, not {outcome:?}") };
        let link = step.instructions.iter().find_map(|instruction| instruction.link.clone()).unwrap();
        assert_eq!(link.verified, verified, "{link:?}");
        assert!(link.url.starts_with("https://"), "{link:?}");
    }
}

#[tokio::test]
async fn privileged_permissions_and_owners_are_reported() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_store_token());
    let accounts: Vec<_> = store.list(ListQuery::new(), &scene.cx()).try_collect().await.unwrap();
    let row = |address: &str| {
        accounts.iter().find(|account| account.email.known() == Some(&email(address))).unwrap()
    };
    assert_eq!(row(&scene.seed.owner_email).kind, Told::Known(guestpass::AccountKind::Owner));
    assert!(row("former.agency@agency.example").privileged.contains(&"Create_Store_API_Tokens".to_owned()));
    assert!(row("sam@merchant.example").privileged.is_empty());
}

#[tokio::test]
async fn the_whole_account_is_left_only_by_name() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    scene.fake.add_store(&scene.seed.account_uuid, "third", "Third", "olivia@merchant.example");
    let one = scene.connect(scene.with_store_token());
    let third = scene.connect(scene.settings("three", "third"));
    for store in [&one, &third] {
        store.ensure_invited(&sam(), &cx).await.unwrap();
    }
    let removal = RemoveRequest::new(sam_on_bigcommerce()).with_baseline(Baseline::Absent);
    one.ensure_removed(&removal, &cx).await.unwrap();
    assert!(scene.fake.is_member("third", "sam@vendor.example"), "only this store by default");
    one.ensure_invited(&sam(), &cx).await.unwrap();
    one.ensure_removed(&removal.with_scope(RemovalScope::Account), &cx).await.unwrap();
    assert!(!scene.fake.is_member("third", "sam@vendor.example"));
}

#[tokio::test]
async fn a_removal_tells_what_it_does_not_cover() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.with_store_token());
    let request = RemoveRequest::new(Target::email(email("former.agency@agency.example")));
    let report = store.ensure_removed(&request, &scene.cx()).await.unwrap();
    let [residual] = report.residual.as_slice() else { panic!("one note, not {:?}", report.residual) };
    assert!(residual.reason.contains("could make API tokens"), "{residual:?}");
}

#[tokio::test]
async fn our_store_is_found_among_many_and_the_query_shrinks_when_it_is_too_costly() {
    let scene = Scene::new().await;
    for number in 0..60 {
        let hash = format!("s{number}");
        scene.fake.add_store(&scene.seed.account_uuid, &hash, "One of many", "olivia@merchant.example");
    }
    let store = scene.connect(scene.settings("last", "s59"));
    assert_eq!(list(&*store, &scene.cx()).await, ["olivia@merchant.example"]);
    let requests = scene.fake.account_requests();
    assert!(requests <= 7, "{requests} requests for 62 stores");

    scene.fake.quirks(|quirks: &mut Quirks| quirks.complexity_limit = 1_000);
    let look = store.observe(&sam_on_bigcommerce(), &scene.cx()).await.unwrap();
    assert_eq!(look.state, AccessState::Absent);
    scene.fake.quirks(|quirks: &mut Quirks| quirks.page_size_max = 15);
    store.observe(&sam_on_bigcommerce(), &scene.cx()).await.unwrap();
}

#[tokio::test]
async fn somebody_with_a_user_elsewhere_in_the_account_is_told_apart_after_signing_in() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.with_store_token()), scene.cx());
    let report = store.ensure_invited(&sam(), &cx).await.unwrap();
    assert!(matches!(report.result, InviteResult::Invited(_)), "never signed in: {report:?}");
    scene.fake.accept(&scene.seed.store_hash, "sam@vendor.example");
    let look = store.observe(&sam_on_bigcommerce(), &cx).await.unwrap();
    assert!(matches!(look.state, AccessState::Present { .. }));
}

#[test]
fn bad_settings_name_the_field_and_the_remedy() {
    let factory = guestpass_bigcommerce::factory();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let env = Environment::new(transport, clock, Arc::new(MemoryCoordination::new()));
    let good = || {
        StoreSettings::new(StoreHandle::new("acme").unwrap())
            .with_text("store_hash", "abc123")
            .with_text("account_uuid", "0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11")
            .with_secret("account_token", Arc::new(FixedSecret::new("t".to_owned().into())))
    };
    factory.connect(good(), &env).unwrap();
    for (field, value) in [
        ("store_hash", "../v2"),
        ("store_hash", ""),
        ("store_hash", "https://store-abc.mybigcommerce.com"),
        ("account_uuid", "not-a-uuid"),
        ("account_uuid", "0b6e3f0a52f14a3c9a503a7f0c7c9a11"),
        ("api_url", "http://api.bigcommerce.com"),
        ("api_url", "https://api.bigcommerce.com.evil.example"),
        ("api_url", "nonsense"),
    ] {
        let error = factory.connect(good().with_text(field, value), &env).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{field} {value}: {error}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        assert!(!error.remedy().is_empty() && !error.to_string().contains('\n'));
    }
}

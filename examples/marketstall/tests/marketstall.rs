//! What the suite does not ask of a platform, because each has it in its own way.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{
    AccessProvider, AccessProviderExt, Change, ChangeOutcome, Clock, Environment, Error, ErrorKind,
    FixedSecret, MemoryCoordination, Registry, RemoveRequest, RoleSpec, StoreHandle, StoreSettings, Target,
};
use guestpass_marketstall_fake::{FakeMarketstall, OWNER, STALL, TOKEN};
use guestpass_testkit::{Fault, ManualClock, On};

const HELPER: &str = "hanna@vendor.example";

struct Stall {
    fake: FakeMarketstall,
    env: Environment,
    provider: Arc<dyn AccessProvider>,
}

impl Stall {
    async fn open() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
        let fake = FakeMarketstall::start(clock.clone()).await;
        fake.with(|books, _| books.add(HELPER, "helper", true));
        let transport = Arc::new(ReqwestTransport::new().unwrap());
        let env = Environment::new(transport, clock, Arc::new(MemoryCoordination::new()));
        let provider = connect(settings(&fake, STALL), &env).unwrap();
        Self { fake, env, provider }
    }

    async fn set_role(&self, email: &str, role: RoleSpec) -> Result<ChangeOutcome, Error> {
        let target = Target::email(email.parse().unwrap());
        self.provider.change(&target, &Change::SetRole(role), &self.env.call()).await
    }

    fn role(&self, email: &str) -> Option<String> {
        self.fake.with(|books, _| books.role(email).map(str::to_owned))
    }

    fn writes(&self) -> usize {
        self.fake.requests().iter().filter(|request| request.write).count()
    }
}

fn settings(fake: &FakeMarketstall, stall: &str) -> StoreSettings {
    StoreSettings::new(StoreHandle::new("demo").unwrap())
        .with_text("stall", stall)
        .with_text("api_url", fake.uri())
        .with_secret("token", Arc::new(FixedSecret::new(TOKEN.into())))
}

fn connect(settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>, Error> {
    Registry::new().with(guestpass_marketstall::factory()).connect("org.example/marketstall", settings, env)
}

#[tokio::test]
async fn a_role_is_set_for_members_but_not_for_the_owner() {
    let stall = Stall::open().await;
    stall.set_role(HELPER, RoleSpec::new("ours").with_platform_role("Viewer")).await.unwrap();
    assert_eq!(stall.role(HELPER).as_deref(), Some("viewer"));
    for (email, role, kind) in [
        (OWNER, "viewer", ErrorKind::PermissionDenied),
        (HELPER, "manager", ErrorKind::PermissionDenied),
        (HELPER, "owner", ErrorKind::PermissionDenied),
        (HELPER, "juggler", ErrorKind::InvalidRequest),
        ("nobody@vendor.example", "viewer", ErrorKind::NotFound),
    ] {
        let error = stall.set_role(email, RoleSpec::new("ours").with_platform_role(role)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{email} {role}: {error}");
    }
    let error = stall.set_role(HELPER, RoleSpec::new("ours").with_permissions(["till"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert_eq!((stall.role(HELPER).as_deref(), stall.writes()), (Some("viewer"), 1));
}

#[tokio::test]
async fn a_lost_change_of_role_is_sent_again() {
    let stall = Stall::open().await;
    stall.fake.inject(On::Operation("set_role".to_owned()), Fault::LostAnswer, 1);
    stall.set_role(HELPER, RoleSpec::new("ours").with_platform_role("viewer")).await.unwrap();
    assert_eq!((stall.role(HELPER).as_deref(), stall.writes()), (Some("viewer"), 2));
}

#[tokio::test]
async fn a_removal_without_a_look_before_it_guards_the_owner_too() {
    let stall = Stall::open().await;
    let owner = RemoveRequest::new(Target::email(OWNER.parse().unwrap()));
    let error = stall.provider.remove(&owner, &stall.env.call()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!((stall.role(OWNER).as_deref(), stall.writes()), (Some("owner"), 0));
}

#[tokio::test]
async fn settings_that_cannot_be_meant_are_refused() {
    let stall = Stall::open().await;
    for wrong in ["", "a/b", "../other", "a b"] {
        let error = connect(settings(&stall.fake, wrong), &stall.env).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Config, Some("stall")), "{wrong:?}");
    }
    let elsewhere = settings(&stall.fake, STALL).with_text("api_url", "https://evil.example");
    assert_eq!(connect(elsewhere, &stall.env).unwrap_err().field(), Some("api_url"));
    assert!(stall.fake.requests().is_empty());
}

#[tokio::test]
async fn a_token_of_another_stall_is_refused() {
    let stall = Stall::open().await;
    let other = connect(settings(&stall.fake, "other-stall"), &stall.env).unwrap();
    assert_eq!(other.check(&stall.env.call()).await.unwrap_err().kind(), ErrorKind::NotFound);
    let removal = RemoveRequest::new(Target::email(HELPER.parse().unwrap()));
    other.ensure_removed(&removal, &stall.env.call()).await.unwrap_err();
    assert_eq!(stall.role(HELPER).as_deref(), Some("helper"));
}

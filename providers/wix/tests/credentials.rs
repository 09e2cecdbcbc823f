//! Rotation of what lets programs in: humans make and end it, guestpass tries it and looks whether it is dead.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use guestpass::http::ReqwestTransport;
use guestpass::rotation::{
    Credential, CredentialKind, CredentialName, CredentialRotator, CredentialSlot, Death, Find, FoundIssued,
    IssueOrder, IssueOutcome, Overlap, Retire, RetireOutcome, Tag,
};
use guestpass::{
    AccessProvider, CallContext, Clock, Environment, ErrorKind, FixedSecret, Held, LoadedSecret, ManualStep,
    MemoryCoordination, OneTimeSecret, Registry, Right, StoreHandle, StoreSettings, Support,
};
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::{DemoSeed, Forbidden, Permission};
use guestpass_testkit::{Fault, ManualClock, On};

const COPY: &str = "IST.the-copy-of-the-key";
const MANAGE: &[Permission] = &[Permission::ManageContributors, Permission::ReadRoles];
const FOUR_HOURS: Duration = Duration::from_secs(14_400);

struct Scene {
    fake: FakeWix,
    seed: DemoSeed,
    clock: Arc<ManualClock>,
    env: Environment,
}

impl Scene {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakeWix::start(shared.clone()).await;
        let seed = fake.seed_demo();
        let transport = Arc::new(ReqwestTransport::new().unwrap());
        let env = Environment::new(transport, shared, Arc::new(MemoryCoordination::new()));
        Self { fake, seed, clock, env }
    }

    fn settings(&self) -> StoreSettings {
        StoreSettings::new(StoreHandle::new("demo").unwrap())
            .with_text("site_id", &self.seed.site_id)
            .with_text("api_url", self.fake.uri())
    }

    fn with_key(&self) -> Arc<dyn AccessProvider> {
        let key = Arc::new(FixedSecret::new(self.seed.api_key.clone().into()));
        let settings =
            self.settings().with_text("account_id", &self.seed.account_id).with_secret("api_key", key);
        self.connect(settings)
    }

    fn with_app(&self, secret: &str) -> Arc<dyn AccessProvider> {
        let settings = self
            .settings()
            .with_text("app_id", &self.seed.client_id)
            .with_text("instance_id", &self.seed.instance_id)
            .with_secret("app_secret", Arc::new(FixedSecret::new(secret.to_owned().into())));
        self.connect(settings)
    }

    fn connect(&self, settings: StoreSettings) -> Arc<dyn AccessProvider> {
        let registry = Registry::new().with(guestpass_wix::factory());
        registry.connect("wix", settings, &self.env).unwrap()
    }

    fn cx(&self) -> CallContext {
        self.env.call().with_timeout(Duration::from_secs(6 * 3600))
    }

    fn tells_no_secret(&self, said: &[&dyn Debug]) {
        for text in said.iter().map(|said| format!("{said:?}")) {
            let told: Vec<_> =
                self.fake.secrets().into_iter().filter(|secret| text.contains(secret)).collect();
            assert!(told.is_empty(), "{told:?} in {text}");
        }
    }

    fn wrote(&self) -> usize {
        self.fake.requests().iter().filter(|request| request.write).count()
    }
}

fn slot(kind: &'static str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new("ours").unwrap(), CredentialKind::from_static(kind))
}

fn known(text: &str) -> Credential {
    Credential::new().with_secret(OneTimeSecret::new(text.to_owned().into()))
}

fn pair(id: &str, secret: &str) -> Credential {
    known(&format!(r#"{{"client_id":"{id}","client_secret":"{secret}"}}"#))
}

fn names(rights: &[Right], wanted: Held) -> Vec<&str> {
    rights.iter().filter(|right| right.held == wanted).map(|right| right.name.as_str()).collect()
}

fn issue_step(outcome: IssueOutcome) -> ManualStep {
    let IssueOutcome::ActionRequired(step) = outcome else { panic!("by hand, not {outcome:?}") };
    step
}

fn retire_step(outcome: RetireOutcome) -> ManualStep {
    let RetireOutcome::ActionRequired(step) = outcome else { panic!("by hand, not {outcome:?}") };
    step
}

fn is_dead(death: &Death) -> bool {
    matches!(death, Death::Dead { .. })
}

async fn refused(
    rotator: &dyn CredentialRotator,
    slot: &CredentialSlot,
    one: &Credential,
    cx: &CallContext,
) -> ErrorKind {
    let seen = rotator.inspect(slot, one, cx).await.unwrap_err();
    let tried = rotator.verify(slot, one, cx).await.unwrap_err();
    assert_eq!(seen.kind(), tried.kind());
    tried.kind()
}

#[tokio::test]
async fn a_copy_takes_the_place_of_a_key_and_the_key_is_seen_to_be_dead() {
    for forbidden in [false, true] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.dead_key_forbidden = forbidden);
        let (slot, tag, cx) = (slot("api-key"), Tag::random(), scene.cx());
        let site = scene.with_key();
        let rotator = site.credentials().unwrap();
        let old = rotator.inspect(&slot, &known(&scene.seed.api_key), &cx).await.unwrap();
        assert_eq!(names(&old.rights, Held::Yes), ["Manage Contributors", "list roles"]);
        let mut order = IssueOrder::new(&slot, &tag);
        order.old = Some(&old);
        let step = issue_step(rotator.issue(&order, &cx).await.unwrap()).to_string();
        assert!(step.contains(tag.as_str()) && step.contains("Do not click Rotate"), "{step}");
        assert!(matches!(rotator.find_issued(&order, &cx).await.unwrap(), FoundIssued::Nothing));

        scene.fake.duplicate_key(&scene.seed.api_key, COPY);
        let new = known(COPY);
        let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
        assert_eq!((&verified.rights, verified.untried.is_none()), (&old.rights, true));
        assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
        let step = retire_step(rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap()).to_string();
        assert!(step.contains("never the copy"), "{step}");
        scene.fake.revoke_key(&scene.seed.api_key);
        let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
        assert!(is_dead(&death) && scene.fake.key_works(COPY), "{death:?}");
        assert_eq!((scene.wrote(), scene.fake.doubly_selected()), (0, 0));
        scene.tells_no_secret(&[&old, &new, &verified, &death, &rotator, &step]);
    }
}

#[tokio::test]
async fn a_connection_goes_on_with_the_key_that_took_the_place_of_its_own() {
    let scene = Scene::new().await;
    let place = Arc::new(std::sync::Mutex::new(scene.seed.api_key.clone()));
    let reader = place.clone();
    let source = LoadedSecret::new(move || {
        let text = reader.lock().unwrap().clone();
        Box::pin(async move { Ok(text.into()) })
    });
    let settings = scene.settings().with_text("account_id", &scene.seed.account_id);
    let site = scene.connect(settings.with_secret("api_key", Arc::new(source)));
    site.check(&scene.cx()).await.unwrap();
    scene.fake.duplicate_key(&scene.seed.api_key, COPY);
    COPY.clone_into(&mut place.lock().unwrap());
    scene.fake.revoke_key(&scene.seed.api_key);
    site.check(&scene.cx()).await.unwrap();
}

#[tokio::test]
async fn a_key_that_lacks_a_permission_is_alive_and_shows_what_it_lacks() {
    for forbidden in
        [Forbidden::BlankDescription, Forbidden::EmptyBody, Forbidden::Code, Forbidden::Unauthenticated]
    {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.forbidden = forbidden);
        let (slot, cx) = (slot("api-key").with_text("permissions", "Manage Orders"), scene.cx());
        let site = scene.with_key();
        let rotator = site.credentials().unwrap();
        scene.fake.add_api_key(&scene.seed.account_id, COPY, &[Permission::ReadRoles]);
        let verified = rotator.verify(&slot, &known(COPY), &cx).await.unwrap();
        assert_eq!(names(&verified.rights, Held::No), ["Manage Contributors"], "{forbidden:?}");
        assert_eq!(names(&verified.rights, Held::Yes), ["list roles"]);
        assert_eq!(names(&verified.rights, Held::NotProvable), ["Manage Orders"]);
        assert!(verified.warnings.iter().any(|warning| warning.contains("Manage Orders")));
        let death = rotator.confirm_retired(&slot, &known(COPY), &cx).await.unwrap();
        assert_eq!(death, Death::Alive, "a missing permission is no death");
    }
}

#[tokio::test]
async fn dead_and_strange_keys_are_told_apart() {
    let scene = Scene::new().await;
    let (slot, cx) = (slot("api-key"), scene.cx());
    let site = scene.with_key();
    let rotator = site.credentials().unwrap();
    assert_eq!(refused(rotator, &slot, &known("IST.nobody's"), &cx).await, ErrorKind::Unauthenticated);
    assert_eq!(refused(rotator, &slot, &known("two words"), &cx).await, ErrorKind::InvalidRequest);
    assert_eq!(refused(rotator, &slot, &Credential::new(), &cx).await, ErrorKind::NotFound);
    // Of the same account, for the other site only.
    scene.fake.add_api_key(&scene.seed.account_id, COPY, MANAGE);
    scene.fake.select_sites(COPY, &[&scene.seed.second_site_id]);
    assert_eq!(refused(rotator, &slot, &known(COPY), &cx).await, ErrorKind::Conflict);
    // Of another account.
    scene.fake.add_account("5b1e9c04-7a1d-4c7e-9f10-00000000ffff", "other@merchant.example");
    scene.fake.add_api_key("5b1e9c04-7a1d-4c7e-9f10-00000000ffff", "IST.other", MANAGE);
    assert_eq!(refused(rotator, &slot, &known("IST.other"), &cx).await, ErrorKind::Conflict);
    // An outage proves nothing.
    scene.fake.inject(On::Operation("sites/query".to_owned()), Fault::Status(503), 20);
    assert!(rotator.confirm_retired(&slot, &known(COPY), &cx).await.is_err());
    let unknown = rotator.confirm_retired(&slot, &Credential::new(), &cx).await.unwrap();
    assert!(matches!(unknown, Death::CannotTell { .. }));
    let one = known(COPY);
    let error = rotator.retire(&slot, &one, Some(&one.clone()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn another_secret_of_an_app_is_tried_by_minting_for_this_site() {
    for overlap in [false, true] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.old_secret_works = overlap);
        let (slot, tag, cx) = (slot("app-secret"), Tag::random(), scene.cx());
        let (app, old_secret) = (scene.seed.client_id.clone(), scene.seed.client_secret.clone());
        let site = scene.with_app(&old_secret);
        let rotator = site.credentials().unwrap();
        let old = rotator.inspect(&slot, &known(&old_secret), &cx).await.unwrap();
        let step = issue_step(rotator.issue(&IssueOrder::new(&slot, &tag), &cx).await.unwrap()).to_string();
        assert!(step.contains("UNVERIFIED"), "{step}");
        scene.fake.rotate_app_secret(&app, "second-secret");
        let new = known("second-secret");
        rotator.verify(&slot, &new, &cx).await.unwrap();
        let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
        assert_eq!(death == Death::Alive, overlap, "{death:?}");
        retire_step(rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap());
        if overlap {
            scene.fake.delete_app_secret(&app, &old_secret);
        }
        assert!(
            !scene.fake.secret_works(&app, &old_secret) && scene.fake.secret_works(&app, "second-secret")
        );
        let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
        assert_eq!(death, Death::DiesAt { at: scene.fake.now() + FOUR_HOURS }, "its tokens live on");
        assert_eq!(scene.wrote(), 0);
        scene.tells_no_secret(&[&old, &new, &death, &rotator]);
    }
}

#[tokio::test]
async fn a_refusal_in_other_words_is_a_death_only_where_the_app_gets_tokens_all_the_same() {
    for status in [400, 401] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| {
            quirks.invalid_client_status = status;
            quirks.invalid_client_code = "invalid_grant".to_owned();
        });
        let (app, old) = (scene.seed.client_id.clone(), known(&scene.seed.client_secret));
        let slot =
            slot("app-secret").with_text("app_id", &app).with_text("instance_id", &scene.seed.instance_id);
        scene.fake.rotate_app_secret(&app, "second-secret");
        let (new, stale, key) =
            (scene.with_app("second-secret"), scene.with_app(&scene.seed.client_secret), scene.with_key());
        let death = async |site: &Arc<dyn AccessProvider>| {
            site.credentials().unwrap().confirm_retired(&slot, &old, &scene.cx()).await.unwrap()
        };
        assert!(matches!(death(&new).await, Death::DiesAt { .. }), "the app itself gets tokens");
        assert!(matches!(death(&stale).await, Death::CannotTell { .. }), "nobody gets one");
        assert!(matches!(death(&key).await, Death::CannotTell { .. }), "nobody else can ask");
        // An app that was uninstalled says nothing about its secret.
        scene.fake.uninstall_app(&scene.seed.instance_id);
        scene.clock.advance(FOUR_HOURS);
        assert!(matches!(death(&new).await, Death::CannotTell { .. }), "{status}");
    }
}

#[tokio::test]
async fn an_app_of_another_site_and_a_wrong_secret_are_told_apart() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    let elsewhere = scene.fake.install_app(&scene.seed.client_id, &scene.seed.second_site_id, MANAGE);
    let site = scene.with_app(&scene.seed.client_secret);
    let rotator = site.credentials().unwrap();
    let right = known(&scene.seed.client_secret);
    let other = slot("app-secret").with_text("instance_id", &elsewhere);
    assert_eq!(refused(rotator, &other, &right, &cx).await, ErrorKind::Conflict);
    let plain = slot("app-secret");
    assert_eq!(refused(rotator, &plain, &known("wrong"), &cx).await, ErrorKind::Unauthenticated);
    assert_eq!(refused(rotator, &plain, &known("two words"), &cx).await, ErrorKind::InvalidRequest);
    let error = scene.with_key().credentials().unwrap().verify(&plain, &right, &cx).await.unwrap_err();
    assert_eq!(error.field(), Some("app_id"), "{error}");
    let odd = slot("app-secret").with_text("app_id", "mine");
    assert_eq!(rotator.verify(&odd, &right, &cx).await.unwrap_err().field(), Some("app_id"));
    scene.fake.set_app_permissions(&scene.seed.instance_id, &[]);
    let verified = rotator.verify(&plain, &right, &cx).await.unwrap();
    assert_eq!(names(&verified.rights, Held::No), ["Manage Contributors"]);
}

#[tokio::test]
async fn a_second_headless_client_takes_the_place_of_the_first() {
    const OLD: &str = "7e40f1a9-58c2-4b36-a9d3-00000000aaaa";
    const NEW: &str = "7e40f1a9-58c2-4b36-a9d3-00000000bbbb";
    let scene = Scene::new().await;
    let (slot, tag, cx) = (slot("headless-client"), Tag::random(), scene.cx());
    scene.fake.add_app(OLD, "first-secret", "Shop front");
    scene.fake.bind_headless(OLD, &scene.seed.site_id, MANAGE);
    let site = scene.with_key();
    let rotator = site.credentials().unwrap();
    let old = rotator.inspect(&slot, &pair(OLD, "first-secret"), &cx).await.unwrap();
    let step = issue_step(rotator.issue(&IssueOrder::new(&slot, &tag), &cx).await.unwrap()).to_string();
    assert!(step.contains(tag.as_str()) && step.contains("client_secret"), "{step}");
    // Where the control credential may read the old one, the step says what to copy.
    scene.fake.set_redirects(OLD, &["https://shop.example/back", "https://shop.example/\u{7}again"]);
    let mut order = IssueOrder::new(&slot, &tag);
    order.old = Some(&old);
    let blind = issue_step(rotator.issue(&order, &cx).await.unwrap()).to_string();
    assert!(blind.contains("the redirect addresses, the log-in address"), "{blind}");
    scene.fake.set_key_permissions(
        &scene.seed.api_key,
        &[Permission::ManageContributors, Permission::ReadOauthApps],
    );
    let told = issue_step(rotator.issue(&order, &cx).await.unwrap()).to_string();
    assert!(
        told.contains("redirect addresses https://shop.example/back, https://shop.example/again"),
        "{told}"
    );
    scene.fake.set_key_permissions(&scene.seed.api_key, MANAGE);
    scene.fake.add_app(NEW, "second-secret", "Shop front");
    let new = pair(NEW, "second-secret");
    let unbound = rotator.verify(&slot, &new, &cx).await.unwrap_err();
    assert_eq!(unbound.kind(), ErrorKind::Unauthenticated, "{unbound}");
    scene.fake.bind_headless(NEW, &scene.seed.second_site_id, MANAGE);
    assert_eq!(rotator.verify(&slot, &new, &cx).await.unwrap_err().kind(), ErrorKind::Conflict);
    scene.fake.bind_headless(NEW, &scene.seed.site_id, MANAGE);
    let verified = rotator.verify(&slot, &new, &cx).await.unwrap();
    assert_eq!(verified.rights, old.rights);
    assert_eq!(rotator.confirm_retired(&slot, &old, &cx).await.unwrap(), Death::Alive);
    let step = retire_step(rotator.retire(&slot, &old, Some(&new), &cx).await.unwrap()).to_string();
    assert!(step.contains(OLD) && !step.contains("secret\":\""), "{step}");
    scene.fake.delete_app(OLD);
    let death = rotator.confirm_retired(&slot, &old, &cx).await.unwrap();
    assert_eq!(death, Death::DiesAt { at: scene.fake.now() + FOUR_HOURS });
    assert!(scene.fake.secret_works(NEW, "second-secret"));
    assert_eq!(scene.wrote(), 0);
    scene.tells_no_secret(&[&old, &new, &verified, &death, &step]);
}

#[tokio::test]
async fn every_kind_says_that_humans_make_it() {
    let scene = Scene::new().await;
    let site = scene.with_key();
    let rotator = site.credentials().unwrap();
    let kinds = rotator.kinds();
    assert_eq!(kinds.len(), 3);
    for info in kinds {
        assert_eq!(
            (info.capability.support, info.find, info.retire),
            (Support::Manual, Find::HandedIn, Retire::Human)
        );
        let in_place = info.kind.as_str() == "app-secret";
        assert_eq!(info.overlap == Overlap::InPlace, in_place, "what is not verified is not promised");
        let slot = CredentialSlot::new(CredentialName::new("ours").unwrap(), info.kind.clone());
        assert_eq!(rotator.make_secret(&slot).unwrap_err().kind(), ErrorKind::Unsupported);
        let odd = slot.with_text("colour", "red");
        let error = rotator.confirm_retired(&odd, &Credential::new(), &scene.cx()).await.unwrap_err();
        assert_eq!(error.field(), Some("colour"));
    }
    let error = rotator.make_secret(&slot("webservice-key")).unwrap_err();
    assert!(error.remedy().contains("headless-client"), "{error}");
    assert!(scene.connect(scene.settings().merchant_held()).credentials().is_none());
    assert!(scene.fake.requests().is_empty());
}

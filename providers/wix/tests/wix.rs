//! What is particular to Wix: accounts without addresses, invitations that nobody shows, tokens, headers, the owner.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use guestpass::http::ReqwestTransport;
use guestpass::{
    AccessProvider, AccessProviderExt, AccessState, AccountId, AccountKind, Assignable, Baseline,
    CallContext, Change, ChangeOutcome, Clock, Collaborator, Email, Environment, ErrorKind, FixedSecret,
    InviteRequest, InviteResult, ListQuery, MemoryCoordination, Person, PersonHandle, Proof, ProviderFactory,
    ProviderState, Registry, RemovalResult, RemovalScope, RemoveRequest, RoleId, RoleSpec, Status,
    StoreHandle, StoreSettings, Target, Told, UnknownReason,
};
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::{
    DemoSeed, Forbidden, InviteStatus, Permission, Quirks, ResendEffect, SeatRefusal, Verdict,
};
use guestpass_testkit::{Fault, ManualClock, On};

const DAY: Duration = Duration::from_secs(24 * 3600);

struct Scene {
    fake: FakeWix,
    seed: DemoSeed,
    clock: Arc<ManualClock>,
    env: Environment,
    registry: Registry,
}

impl Scene {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakeWix::start(shared.clone()).await;
        let seed = fake.seed_demo();
        let transport = Arc::new(ReqwestTransport::new().unwrap());
        let env = Environment::new(transport, shared, Arc::new(MemoryCoordination::new()));
        Self { fake, seed, clock, env, registry: Registry::new().with(guestpass_wix::factory()) }
    }

    fn settings(&self) -> StoreSettings {
        StoreSettings::new(StoreHandle::new("demo").unwrap())
            .with_text("site_id", &self.seed.site_id)
            .with_text("api_url", self.fake.uri())
    }

    fn key(&self) -> StoreSettings {
        self.settings()
            .with_text("account_id", &self.seed.account_id)
            .with_secret("api_key", Arc::new(FixedSecret::new(self.seed.api_key.clone().into())))
    }

    fn app(&self) -> StoreSettings {
        self.settings()
            .with_text("app_id", &self.seed.client_id)
            .with_text("instance_id", &self.seed.instance_id)
            .with_secret("app_secret", Arc::new(FixedSecret::new(self.seed.client_secret.clone().into())))
    }

    fn connect(&self, settings: StoreSettings) -> Arc<dyn AccessProvider> {
        self.registry.connect("wix", settings, &self.env).unwrap()
    }

    /// A connection of another process, which knows nothing of what this one did.
    fn elsewhere(&self) -> Arc<dyn AccessProvider> {
        Registry::new().with(guestpass_wix::factory()).connect("wix", self.key(), &self.env).unwrap()
    }

    fn cx(&self) -> CallContext {
        self.env.call().with_timeout(Duration::from_secs(6 * 3600))
    }

    fn gina(&self) -> Person {
        Person::new(PersonHandle::new("gina").unwrap(), email(&self.seed.guest_email))
    }

    fn gina_with_account(&self) -> Person {
        let mut gina = self.gina();
        let account = AccountId::new(&self.seed.guest_account_id).unwrap();
        gina.accounts.insert(guestpass_wix::ID.clone(), account);
        gina
    }

    fn role(&self) -> RoleSpec {
        RoleSpec::new("support").with_platform_role(&self.seed.support_role_id)
    }

    fn invitation(&self, person: Person) -> InviteRequest {
        InviteRequest::new(person).with_role(self.role()).because("ticket 4711")
    }

    /// Invites, and gives what is to be kept.
    async fn invited(&self, store: &dyn AccessProvider, person: Person) -> ProviderState {
        let report = store.ensure_invited(&self.invitation(person), &self.cx()).await.unwrap();
        let InviteResult::Invited(entry) = report.result else { panic!("invited, not {:?}", report.result) };
        entry.state.unwrap()
    }

    fn operations(&self) -> Vec<String> {
        self.fake.requests().into_iter().flat_map(|request| request.operations).collect()
    }

    fn count(&self, operation: &str) -> usize {
        self.operations().iter().filter(|name| *name == operation).count()
    }

    fn status(&self) -> Vec<InviteStatus> {
        self.fake.invites(&self.seed.site_id).into_iter().map(|invite| invite.status).collect()
    }

    fn has(&self, address: &str) -> bool {
        self.fake.is_contributor(&self.seed.site_id, address)
    }
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn on_wix(person: &Person) -> Target {
    person.on(&guestpass_wix::ID)
}

async fn list(store: &dyn AccessProvider, query: ListQuery, cx: &CallContext) -> Vec<Collaborator> {
    store.list(query, cx).try_collect().await.unwrap()
}

#[tokio::test]
async fn every_request_selects_a_site_or_an_account_and_never_both() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.both_selectors = Verdict::Error);
    for settings in [scene.key(), scene.app()] {
        let (store, cx) = (scene.connect(settings), scene.cx());
        store.check(&cx).await.unwrap();
        scene.invited(&*store, scene.gina_with_account()).await;
        store.ensure_removed(&RemoveRequest::new(on_wix(&scene.gina_with_account())), &cx).await.unwrap();
    }
    assert_eq!(scene.fake.doubly_selected(), 0);
    assert!(scene.count("sites/query") > 0 && scene.count("contributors/query") > 0);
}

#[tokio::test]
async fn a_check_asks_for_the_site_before_the_people() {
    let scene = Scene::new().await;
    let report = scene.connect(scene.key()).check(&scene.cx()).await.unwrap();
    assert_eq!(scene.operations(), ["sites/query", "contributors/query"]);
    assert!(report.facts.contains(&("site name".to_owned(), "Merchant Example".to_owned())), "{report:?}");
    scene.fake.clear_requests();
    scene.connect(scene.app()).check(&scene.cx()).await.unwrap();
    assert_eq!(scene.operations(), ["oauth2/token", "oauth2/token-info", "contributors/query"]);
}

#[tokio::test]
async fn a_check_tells_a_foreign_site_from_a_missing_right_and_a_dead_key() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    scene.fake.select_sites(&scene.seed.api_key, &[&scene.seed.second_site_id]);
    let error = scene.connect(scene.key()).check(&cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.remedy().contains("tick this site"), "{error}");

    scene.fake.select_sites(&scene.seed.api_key, &[&scene.seed.site_id]);
    scene.fake.set_key_permissions(&scene.seed.api_key, &[]);
    for forbidden in
        [Forbidden::BlankDescription, Forbidden::EmptyBody, Forbidden::Code, Forbidden::Unauthenticated]
    {
        scene.fake.quirks(|quirks| quirks.forbidden = forbidden);
        let error = scene.connect(scene.key()).check(&cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{forbidden:?}: {error}");
        assert!(error.remedy().contains("Manage Contributors"), "{forbidden:?}: {error}");
        assert!(error.request_id().is_some(), "{forbidden:?}: quotable to Wix's support");
    }

    scene.fake.revoke_key(&scene.seed.api_key);
    let error = scene.connect(scene.key()).check(&cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

#[tokio::test]
async fn an_app_of_another_site_writes_nothing_here() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    let elsewhere = scene.fake.install_app(
        &scene.seed.client_id,
        &scene.seed.second_site_id,
        &[Permission::ManageContributors],
    );
    let store = scene.connect(scene.app().with_text("instance_id", elsewhere));
    assert_eq!(store.check(&cx).await.unwrap_err().kind(), ErrorKind::Conflict);
    let request = scene.invitation(scene.gina_with_account());
    assert_eq!(store.invite(&request, &cx).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn a_token_is_minted_once_for_all_and_again_before_it_ends() {
    let scene = Scene::new().await;
    let stores = [scene.connect(scene.app()), scene.connect(scene.app())];
    let target = on_wix(&scene.gina_with_account());
    let cx = scene.cx();
    let looks = join_all((0..20).filter_map(|n| stores.get(n % 2)).map(|store| store.observe(&target, &cx)));
    assert!(looks.await.iter().all(Result::is_ok));
    assert_eq!(scene.count("oauth2/token"), 1, "one mint under way at a time");

    scene.clock.advance(Duration::from_secs(14_400 - 301));
    stores[0].observe(&target, &scene.cx()).await.unwrap();
    assert_eq!(scene.count("oauth2/token"), 1);
    scene.clock.advance(Duration::from_secs(2));
    stores[1].observe(&target, &scene.cx()).await.unwrap();
    assert_eq!(scene.count("oauth2/token"), 2, "before it ends, not after a refusal");
    assert!(scene.fake.requests().iter().all(|request| request.status == Some(200)));
}

#[tokio::test]
async fn a_token_that_is_refused_is_minted_again_once() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.app());
    let target = on_wix(&scene.gina_with_account());
    store.observe(&target, &scene.cx()).await.unwrap();
    scene.fake.inject(On::Path("contributors".to_owned()), Fault::Status(401), 1);
    store.observe(&target, &scene.cx()).await.unwrap();
    assert_eq!(scene.count("oauth2/token"), 2);
    scene.fake.inject(On::Path("contributors".to_owned()), Fault::Status(401), 2);
    let error = store.observe(&target, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert_eq!(scene.count("oauth2/token"), 3, "never in a loop");
}

#[tokio::test]
async fn another_secret_never_gets_the_token_of_the_first() {
    let scene = Scene::new().await;
    let target = on_wix(&scene.gina_with_account());
    scene.connect(scene.app()).observe(&target, &scene.cx()).await.unwrap();
    let wrong = scene.app().with_secret("app_secret", Arc::new(FixedSecret::new("wrong".to_owned().into())));
    for status in [400, 401] {
        scene.fake.quirks(|quirks| quirks.invalid_client_status = status);
        let error = scene.connect(wrong.clone()).observe(&target, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{status}: {error}");
        assert!(error.remedy().contains("app_secret"), "{error}");
    }
}

#[tokio::test]
async fn roles_that_no_site_can_give_say_why() {
    let scene = Scene::new().await;
    let roles = scene.connect(scene.key()).list_roles(&scene.cx()).await.unwrap();
    let role = |name: &str| roles.iter().find(|role| role.name == name).unwrap();
    assert!(matches!(&role("Owner").assignable, Assignable::Never(why) if why.contains("owner")));
    assert!(
        matches!(&role("Account Admin (Co-Owner)").assignable, Assignable::Never(why) if why.contains("account"))
    );
    let co_owner = role("Admin (Co-Owner)");
    assert!(co_owner.privileged && co_owner.assignable == Assignable::ByApi);
    assert_eq!(role("Support").id.as_str(), scene.seed.support_role_id, "no digit is lost");
    let error = scene.connect(scene.app()).list_roles(&scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[tokio::test]
async fn an_invitation_without_a_role_is_refused_before_any_request() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.key());
    let error = store.invite(&InviteRequest::new(scene.gina()), &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.message().contains("role"), "{error}");
    assert!(scene.fake.requests().is_empty());
}

#[tokio::test]
async fn the_link_is_handed_over_once_and_kept_nowhere() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.key());
    let report =
        store.ensure_invited(&scene.invitation(scene.gina_with_account()), &scene.cx()).await.unwrap();
    let entry = report.result.entry().unwrap();
    let link = scene.fake.accept_links(&scene.seed.site_id).pop().unwrap();
    assert_eq!(entry.secret.as_ref().unwrap().expose(), link);
    let shown = format!("{entry:?} {}", serde_json::to_string(&entry).unwrap());
    assert!(!shown.contains(&link) && !shown.contains("fake-accept"), "{shown}");
    let again =
        store.ensure_invited(&scene.invitation(scene.gina_with_account()), &scene.cx()).await.unwrap();
    let entry = again.result.entry().unwrap();
    assert!(entry.secret.is_none() && entry.state == report.result.entry().unwrap().state);
}

#[tokio::test]
async fn kept_state_is_enough_for_another_process() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    let state = scene.invited(&*scene.connect(scene.key()), scene.gina_with_account()).await;
    let kept: ProviderState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();

    let store = scene.elsewhere();
    let request = scene.invitation(scene.gina_with_account()).with_state(kept.clone());
    let again = store.ensure_invited(&request, &cx).await.unwrap();
    assert!(matches!(again.result, InviteResult::AlreadyThere(_)), "{again:?}");
    let Target::Person(person) = on_wix(&scene.gina()).with_state(kept.clone()) else { panic!("a person") };
    let listed = list(&*store, ListQuery::new().with_known([person]), &cx).await;
    let pending: Vec<_> = listed.iter().filter(|account| account.status == Status::Pending).collect();
    assert!(
        pending.iter().all(|row| !row.confirmed)
            && listed.iter().filter(|row| row.confirmed).count() + pending.len() == listed.len()
    );
    assert!(pending.len() == 1 && pending[0].email == Told::Known(email(&scene.seed.guest_email)));

    let target = on_wix(&scene.gina()).with_state(kept);
    let report = scene.elsewhere().ensure_removed(&RemoveRequest::new(target), &cx).await.unwrap();
    let RemovalResult::Removed(Proof::BaselineEqual { evidence }) = report.result else {
        panic!("proven by comparison, not {:?}", report.result)
    };
    assert!(evidence.complete && evidence.by_comparison);
    assert_eq!(scene.status(), [InviteStatus::Deleted]);
}

#[tokio::test]
async fn a_newcomer_is_a_candidate_and_never_a_guess() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.key()), scene.cx());
    let state = scene.invited(&*store, scene.gina()).await;
    let target = on_wix(&scene.gina()).with_state(state);
    let look = store.observe(&target, &cx).await.unwrap();
    assert_eq!(look.state, AccessState::Invited { account: None }, "{look:?}");

    // Accepted with an account that nothing ties to the address.
    let stranger = scene.fake.account("private@mail.example");
    scene.fake.accept_as(&scene.seed.site_id, &scene.seed.guest_email, &stranger);
    let AccessState::Ambiguous { accounts } = store.observe(&target, &cx).await.unwrap().state else {
        panic!("a candidate")
    };
    assert_eq!(accounts.iter().map(|account| account.id.as_str()).collect::<Vec<_>>(), [stranger.as_str()]);
    let error = store.ensure_removed(&RemoveRequest::new(target.clone()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("nothing proves it"), "{error}");
    assert!(scene.has("private@mail.example"));

    scene.fake.add_contributor(
        &scene.seed.site_id,
        "colleague@merchant.example",
        &[&scene.seed.ordinary_role_id],
    );
    let AccessState::Ambiguous { accounts } = store.observe(&target, &cx).await.unwrap().state else {
        panic!("candidates")
    };
    assert_eq!(accounts.len(), 2);

    // Confirmed by name, it is taken out, and nobody else.
    let Target::Person(mut person) = target else { panic!("a person") };
    person.account = Some(AccountId::new(stranger).unwrap());
    let report = store.ensure_removed(&RemoveRequest::new(Target::Person(person)), &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(Proof::Listed { .. })), "{report:?}");
    assert!(!scene.has("private@mail.example") && scene.has("colleague@merchant.example"));
    let [residual] = report.residual.as_slice() else { panic!("one note, not {:?}", report.residual) };
    assert!(residual.to_string().contains("came after"), "{residual}");
}

#[tokio::test]
async fn an_address_alone_proves_nothing_and_removes_nobody() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.key()), scene.cx());
    let target = Target::email(email("sam@merchant.example"));
    let look = store.observe(&target, &cx).await.unwrap();
    assert!(
        matches!(&look.state, AccessState::Unknown { reason: UnknownReason::NotObservable(why) } if why.contains("account"))
    );
    let error = store.ensure_removed(&RemoveRequest::new(target.clone()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    for change in [Change::Resend, Change::CancelInvitation, Change::SetRole(scene.role())] {
        let error = store.change(&target, &change, &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{change:?}: {error}");
        assert!(error.remedy().contains("state that"), "{change:?}: {error}");
    }
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn a_lost_answer_blocks_a_second_invitation_in_any_process_that_keeps_its_state() {
    let scene = Scene::new().await;
    scene.fake.inject(On::Writes, Fault::LostAnswer, 1);
    let request = scene.invitation(scene.gina());
    let error = scene.connect(scene.key()).ensure_invited(&request, &scene.cx()).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.remedy().contains("30 days"), "{error}");
    let state = error.state().unwrap().clone();

    let store = scene.elsewhere();
    let request = request.with_state(state.clone());
    for _ in 0..2 {
        let error = store.ensure_invited(&request, &scene.cx()).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
    }
    assert_eq!(scene.fake.invitations(&scene.seed.site_id, &scene.seed.guest_email), 1);
    let target = on_wix(&scene.gina()).with_state(state);
    let error = store.change(&target, &Change::CancelInvitation, &scene.cx()).await.unwrap_err();
    assert!(error.remedy().contains("ends by itself"), "{error}");

    scene.clock.advance(31 * DAY);
    store.ensure_invited(&request, &scene.cx()).await.unwrap();
    assert_eq!(scene.fake.invitations(&scene.seed.site_id, &scene.seed.guest_email), 2);
}

#[tokio::test]
async fn an_address_that_is_not_invited_is_an_error_and_a_missing_seat_is_named() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.key());
    let request = scene.invitation(scene.gina_with_account());
    scene.fake.quirks(|quirks| quirks.refused_emails = vec![scene.seed.guest_email.clone()]);
    let error = store.ensure_invited(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.remedy().contains("seat"), "{error}");

    scene.fake.quirks(|quirks: &mut Quirks| {
        quirks.refused_emails.clear();
        quirks.seat_refusal = SeatRefusal::Precondition;
    });
    scene.fake.set_seats(&scene.seed.site_id, Some(2));
    let error = store.ensure_invited(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SeatLimit, "{error}");
    scene.fake.set_seats(&scene.seed.site_id, Some(3));
    store.ensure_invited(&request, &scene.cx()).await.unwrap();
    assert_eq!(scene.status(), [InviteStatus::Pending], "a refusal leaves nothing open");
}

#[tokio::test]
async fn a_resent_invitation_is_followed_whatever_id_it_gets() {
    for effect in [ResendEffect::Extends, ResendEffect::KeepsExpiry, ResendEffect::NewId] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.resend = effect);
        let store = scene.connect(scene.key());
        let state = scene.invited(&*store, scene.gina_with_account()).await;
        scene.clock.advance(20 * DAY);
        let target = on_wix(&scene.gina_with_account()).with_state(state.clone());
        let outcome = store.change(&target, &Change::Resend, &scene.cx()).await.unwrap();
        let ChangeOutcome::Renewed(entry) = outcome else { panic!("renewed, not {outcome:?}") };
        assert!(entry.secret.is_some());

        scene.clock.advance(15 * DAY);
        let renewed = on_wix(&scene.gina_with_account()).with_state(entry.state.unwrap());
        let look = scene.elsewhere().observe(&renewed, &scene.cx()).await.unwrap();
        let open = effect != ResendEffect::KeepsExpiry;
        assert_eq!(look.state == AccessState::Invited { account: None }, open, "{effect:?}: {look:?}");
        // Also with the former state, this process knows better.
        store.ensure_removed(&RemoveRequest::new(target), &scene.cx()).await.unwrap();
        assert!(!scene.status().contains(&InviteStatus::Pending), "{effect:?}: {:?}", scene.status());
    }
}

#[tokio::test]
async fn an_invitation_is_taken_back_only_if_nobody_is_in() {
    for revoking in [Verdict::Success, Verdict::Error] {
        let scene = Scene::new().await;
        scene.fake.quirks(|quirks| quirks.revoke_settled = revoking);
        let store = scene.connect(scene.key());
        let target = on_wix(&scene.gina_with_account());
        scene.invited(&*store, scene.gina_with_account()).await;
        store.change(&target, &Change::CancelInvitation, &scene.cx()).await.unwrap();
        assert_eq!(scene.status(), [InviteStatus::Deleted]);

        let state = scene.invited(&*store, scene.gina_with_account()).await;
        scene.fake.accept(&scene.seed.site_id, &scene.seed.guest_email);
        let error = store.change(&target.with_state(state), &Change::CancelInvitation, &scene.cx()).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{revoking:?}: {error}");
        assert!(scene.has(&scene.seed.guest_email));
    }
}

#[tokio::test]
async fn an_acceptance_between_the_look_and_the_removal_is_caught() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.key()), scene.cx());
    let state = scene.invited(&*store, scene.gina_with_account()).await;
    let target = on_wix(&scene.gina_with_account()).with_state(state);
    let look = store.observe(&target, &cx).await.unwrap();
    assert_eq!(look.state, AccessState::Invited { account: None });
    scene.fake.accept(&scene.seed.site_id, &scene.seed.guest_email);
    scene.fake.clear_requests();
    store.remove(&RemoveRequest::new(target), &cx).await.unwrap();
    assert!(!scene.has(&scene.seed.guest_email));
    let people: Vec<_> = scene.operations().into_iter().filter(|name| name != "sites/query").collect();
    assert_eq!(people, ["site-invite/revoke", "contributors/query", "contributor/remove"]);
}

#[tokio::test]
async fn a_lost_removal_is_settled_by_looking() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.key()), scene.cx());
    let sam = Target::Account(AccountId::new(&scene.seed.account_ids["sam@merchant.example"]).unwrap());
    scene.fake.inject(On::Operation("contributor/remove".to_owned()), Fault::LostAnswer, 1);
    let report = store.ensure_removed(&RemoveRequest::new(sam.clone()), &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(Proof::Listed { .. })), "{report:?}");
    assert_eq!(scene.count("contributor/remove"), 1);
    scene.fake.add_contributor(&scene.seed.site_id, "sam@merchant.example", &[&scene.seed.ordinary_role_id]);
    scene.fake.inject(On::Operation("contributor/remove".to_owned()), Fault::ConnectionReset, 1);
    let error = store.ensure_removed(&RemoveRequest::new(sam), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(scene.count("contributor/remove"), 2, "never sent again");
}

#[tokio::test]
async fn the_owner_is_refused_even_if_said_to_be_ours() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.owner_removal = Verdict::Success);
    let owner = Target::Account(AccountId::new(scene.seed.account_id.to_uppercase()).unwrap());
    for settings in [scene.key(), scene.app()] {
        let store = scene.connect(settings);
        let request = RemoveRequest::new(owner.clone()).with_baseline(Baseline::Absent);
        let error = store.ensure_removed(&request, &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        let error = store.change(&owner, &Change::SetRole(scene.role()), &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    }
    assert_eq!(scene.fake.writes(), 0);
}

#[tokio::test]
async fn without_a_known_owner_only_people_who_were_not_there_before_are_removed() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.key()), scene.cx());
    let account = |email: &str| Target::Account(AccountId::new(&scene.seed.account_ids[email]).unwrap());
    scene.fake.inject(On::Path("sites".to_owned()), Fault::Status(403), 3);
    let sam = RemoveRequest::new(account("sam@merchant.example"));
    let error = store.remove(&sam, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(scene.has("sam@merchant.example"));
    store.remove(&sam.with_baseline(Baseline::Absent), &cx).await.unwrap();
    assert!(!scene.has("sam@merchant.example"));
}

#[tokio::test]
async fn a_role_is_set_for_people_inside_and_the_answer_is_compared() {
    let scene = Scene::new().await;
    let (store, cx) = (scene.connect(scene.key()), scene.cx());
    scene.fake.quirks(|quirks| {
        quirks.stranger_roles = guestpass_testkit::fakes::wix::StrangerRoles::Adds;
    });
    let gina = on_wix(&scene.gina_with_account());
    let error = store.change(&gina, &Change::SetRole(scene.role()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(!scene.has(&scene.seed.guest_email), "nobody is let in by changing their role");

    scene.fake.add_contributor(
        &scene.seed.site_id,
        &scene.seed.guest_email,
        &[&scene.seed.privileged_role_id, &scene.seed.ordinary_role_id],
    );
    let by_title = RoleSpec::new("ours").with_platform_role("support");
    store.change(&gina, &Change::SetRole(by_title), &cx).await.unwrap();
    let held = scene.fake.contributors(&scene.seed.site_id);
    let roles = &held.iter().find(|row| row.email == scene.seed.guest_email).unwrap().roles;
    assert_eq!(roles, std::slice::from_ref(&scene.seed.support_role_id));
    let error = store.change(&gina, &Change::SetRole(RoleSpec::new("none")), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "never an empty list: {error}");
    scene.fake.inject(On::Writes, Fault::EmptyBody, 1);
    let error = store.change(&gina, &Change::SetRole(scene.role()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
}

#[tokio::test]
async fn roles_of_interest_cost_one_request_each_and_the_rest_is_not_told() {
    let scene = Scene::new().await;
    let store = scene.connect(scene.key());
    let role = |id: &str| RoleId::new(id).unwrap();
    let query = ListQuery::new()
        .with_roles([role(&scene.seed.privileged_role_id), role(&scene.seed.support_role_id)]);
    let listed = list(&*store, query, &scene.cx()).await;
    assert_eq!(scene.count("contributors/query"), 3);
    let row = |email: &str| {
        let id = &scene.seed.account_ids[email];
        listed.iter().find(|account| account.id.as_str() == id).unwrap()
    };
    let agency = row("former.agency@agency.example");
    assert_eq!(agency.roles, Told::Known(vec![scene.seed.privileged_role_id.clone()]));
    assert_eq!(agency.privileged, std::slice::from_ref(&scene.seed.privileged_role_id));
    assert_eq!(row("sam@merchant.example").roles, Told::NotTold, "a role that nobody asked for");
    assert_eq!(agency.email, Told::NotTold, "Wix tells no addresses");
    let owner = listed.iter().find(|account| account.id.as_str() == scene.seed.account_id).unwrap();
    assert_eq!(owner.kind, Told::Known(AccountKind::Owner), "the owner has access, listed or not");
}

#[tokio::test]
async fn a_whole_account_is_never_left() {
    let scene = Scene::new().await;
    let request = RemoveRequest::new(on_wix(&scene.gina_with_account())).with_scope(RemovalScope::Account);
    let error = scene.connect(scene.key()).remove(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(scene.fake.requests().is_empty());
}

#[tokio::test]
async fn an_app_that_may_not_invite_says_what_to_do() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.app_invites = Verdict::Error);
    let request = scene.invitation(scene.gina_with_account());
    let error = scene.connect(scene.app()).ensure_invited(&request, &scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.remedy().contains("Manage Contributors") && error.remedy().contains("API key"), "{error}");
}

#[tokio::test]
async fn a_state_of_another_site_is_refused() {
    let scene = Scene::new().await;
    let state = scene.invited(&*scene.connect(scene.key()), scene.gina()).await;
    let other = scene.connect(scene.key().with_text("site_id", &scene.seed.second_site_id));
    for state in [state, ProviderState(serde_json::json!({ "from": "elsewhere" }))] {
        let error = other.observe(&on_wix(&scene.gina()).with_state(state), &scene.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    }
}

#[tokio::test]
async fn writes_that_show_only_later_are_waited_for() {
    let scene = Scene::new().await;
    scene.fake.quirks(|quirks| quirks.visibility_delay = Duration::from_secs(45));
    let sam = Target::Account(AccountId::new(&scene.seed.account_ids["sam@merchant.example"]).unwrap());
    let report =
        scene.connect(scene.key()).ensure_removed(&RemoveRequest::new(sam), &scene.cx()).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
    assert_eq!(scene.fake.writes(), 1);
}

#[test]
fn bad_settings_name_the_field_and_the_remedy() {
    let factory = guestpass_wix::factory();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    let env = Environment::new(transport, clock, Arc::new(MemoryCoordination::new()));
    let site = || {
        StoreSettings::new(StoreHandle::new("acme").unwrap())
            .with_text("site_id", "44444444-4444-4444-8444-444444444444")
    };
    let secret = || Arc::new(FixedSecret::new("t".to_owned().into()));
    let key = || {
        site()
            .with_text("account_id", "33333333-3333-4333-8333-333333333333")
            .with_secret("api_key", secret())
    };
    let app = || {
        site().with_text("app_id", "55555555-5555-4555-8555-555555555555").with_secret("app_secret", secret())
    };
    factory.connect(key(), &env).unwrap();
    factory.connect(app(), &env).unwrap();
    factory.connect(site().merchant_held(), &env).unwrap();
    for (field, settings) in [
        ("site_id", key().with_text("site_id", "../x")),
        ("site_id", key().with_text("site_id", "4444444444444444844444444444444a")),
        ("account_id", key().with_text("account_id", "me")),
        ("api_url", key().with_text("api_url", "http://www.wixapis.com")),
        ("api_url", key().with_text("api_url", "https://www.wixapis.com.evil.example")),
        ("instance_id", key().with_text("instance_id", "11111111-1111-4111-8111-111111111111")),
        ("app_id", app().with_secret("api_key", secret())),
        ("app_id", site().with_text("app_id", "x").with_secret("app_secret", secret())),
        ("account_id", app().with_text("account_id", "33333333-3333-4333-8333-333333333333")),
        ("app_secret", site().with_text("app_id", "55555555-5555-4555-8555-555555555555")),
        ("account_id", site().with_secret("api_key", secret())),
        ("api_key", site()),
    ] {
        let error = factory.connect(settings, &env).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{field}: {error}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{field}: {error}");
        assert!(!error.remedy().is_empty() && !error.to_string().contains('\n'));
    }
}

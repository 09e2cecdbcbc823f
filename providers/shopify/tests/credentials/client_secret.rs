//! An app's client secret: people make and revoke it, every store is taken along in between.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialSlot, Death, FoundIssued, IssueOutcome, RetireOutcome, Tag,
};
use guestpass::{
    AccessProvider, CallContext, Environment, Error, ErrorKind, FileCoordination, Proof, Result,
    StoreSettings,
};
use guestpass_testkit::fakes::shopify::{OauthErrors, Plan, RepeatedRefresh, ShopState};
use guestpass_testkit::{Fault, On};

use super::common::{Place, Scene};
use super::{knowing, order, rotator, slot};

const NEW: &str = "shpss_the-second-secret";
const HOUR: Duration = Duration::from_secs(3600);

fn secret_slot() -> CredentialSlot {
    slot("client-secret")
}

/// An app with two secrets, and the place from which every store reads the one in use.
struct App {
    scene: Scene,
    place: Place,
}

/// One store of the app, and where its tokens are kept.
struct Store {
    domain: String,
    refresh: Place,
    access: Place,
    provider: Arc<dyn AccessProvider>,
}

impl App {
    async fn new() -> Self {
        let scene = Scene::new().await;
        let place = Place::holding(&scene.seed.client_secret);
        scene.fake.add_secret(&scene.seed.client_id, NEW);
        Self { scene, place }
    }

    fn old(&self) -> &str {
        &self.scene.seed.client_secret
    }

    /// The sink puts the new secret in its place.
    async fn promote(&self) {
        self.place.source().replace(NEW.to_owned().into()).await.unwrap();
    }

    fn settings(&self, domain: &str) -> StoreSettings {
        self.scene
            .settings_of(domain)
            .with_text("client_id", &self.scene.seed.client_id)
            .with_secret("client_secret", self.place.source())
    }

    /// A further store whose tokens are renewed.
    fn add_store(&self, name: &str) -> Store {
        let domain = format!("{name}.myshopify.com");
        let (fake, client) = (&self.scene.fake, &self.scene.seed.client_id);
        fake.add_shop(&domain, name, Plan::Basic, &format!("owner@{name}.example"));
        fake.install(&domain, client);
        let (access, refresh) = (format!("shpat_{name}"), format!("shprt_{name}"));
        fake.add_expiring_token(&domain, client, &access, &refresh);
        self.store(&domain, &access, &refresh)
    }

    /// The store of the seed, with its tokens that are renewed.
    fn seeded(&self) -> Store {
        let seed = &self.scene.seed;
        self.store(&seed.shop, &seed.expiring_token, &seed.refresh_token)
    }

    fn store(&self, domain: &str, access: &str, refresh: &str) -> Store {
        let (access, refresh) = (Place::holding(access), Place::holding(refresh));
        let settings = self.settings(domain);
        let settings = settings.with_secret("access_token", access.source());
        let provider = self.scene.connect(settings.with_secret("refresh_token", refresh.source()));
        Store { domain: domain.to_owned(), refresh, access, provider }
    }

    async fn carry(&self, store: &Arc<dyn AccessProvider>) -> Result<Carried> {
        let (slot, old, new) = (secret_slot(), knowing(self.old()), knowing(NEW));
        rotator(store).carry_over(&CarryOver::new(&slot, Some(&old), &new), &self.scene.cx()).await
    }

    fn is_minted_by(&self, token: &str, secret: &str) -> bool {
        self.scene.fake.is_minted_by(token, secret)
    }

    async fn verify(&self, store: &Arc<dyn AccessProvider>, text: &str) -> Result<Option<String>> {
        let verified = rotator(store).verify(&secret_slot(), &knowing(text), &self.scene.cx()).await;
        verified.map(|verified| verified.untried)
    }

    async fn confirm(&self, store: &Arc<dyn AccessProvider>) -> Death {
        let old = knowing(self.old());
        rotator(store).confirm_retired(&secret_slot(), &old, &self.scene.cx()).await.unwrap()
    }
}

impl Store {
    async fn works(&self, cx: &CallContext) -> bool {
        let checked = self.provider.check(cx).await;
        checked.inspect_err(|error| println!("{}: {error}", self.domain)).is_ok()
    }
}

/// Whether the old one may end, as far as a store is concerned.
fn is_safe(carried: &Result<Carried>) -> bool {
    matches!(carried, Ok(Carried::Verified { left, .. }) if left.is_empty())
        || matches!(carried, Ok(Carried::Gone { .. }))
}

#[tokio::test]
async fn people_make_and_revoke_it_and_are_told_what_dies() {
    let app = App::new().await;
    let store = app.seeded().provider;
    let (slot, tag, cx) = (secret_slot(), Tag::random(), app.scene.cx());
    let made = rotator(&store).issue(&order(&slot, &tag, None), &cx).await.unwrap();
    let IssueOutcome::ActionRequired(step) = made else { panic!("{made:?}") };
    let step = step.to_string();
    assert!(step.contains("Dev Dashboard") && step.contains("accept both secrets"), "{step}");
    let found = rotator(&store).find_issued(&order(&slot, &tag, None), &cx).await.unwrap();
    assert!(matches!(found, FoundIssued::Nothing));
    let (old, new) = (knowing(app.old()), knowing(NEW));
    for (doomed, heir, which) in [(&old, Some(&new), "older"), (&new, None, "newer")] {
        let ended = rotator(&store).retire(&slot, doomed, heir, &cx).await.unwrap();
        let RetireOutcome::ActionRequired(step) = ended else { panic!("{ended:?}") };
        let step = step.to_string();
        assert!(step.contains(which) && step.contains("no API"), "{step}");
        assert_eq!(step.contains("webhooks"), heir.is_some(), "{step}");
        assert!(!step.contains(NEW) && !step.contains(app.old()));
    }
    assert!(app.scene.fake.requests().is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_new_secret_is_tried_without_touching_the_tokens_in_use() {
    for errors in [OauthErrors::AsSeen, OauthErrors::Html, OauthErrors::AsAccepted] {
        let app = App::new().await;
        app.scene.fake.quirks(|quirks| quirks.oauth_errors = errors);
        let seeded = app.seeded();
        let before = app.scene.fake.tokens(&app.scene.seed.shop);
        assert_eq!(app.verify(&seeded.provider, NEW).await.unwrap(), None, "{errors:?}");
        let error = app.verify(&seeded.provider, "shpss_mistyped").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("invalid_request")));
        assert!(error.remedy().contains("one of two"), "{error}");
        assert_eq!(app.scene.fake.tokens(&app.scene.seed.shop), before, "nothing was minted, nothing died");
        assert_eq!(seeded.refresh.text(), app.scene.seed.refresh_token);
        assert!(app.scene.fake.is_alive(&app.scene.seed.refresh_token));

        let fetching = app.scene.connect(app.settings(&app.scene.seed.shop));
        assert_eq!(app.verify(&fetching, NEW).await.unwrap(), None);
        let error = app.verify(&fetching, "shpss_mistyped").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(app.scene.fake.is_alive(&app.scene.seed.refresh_token));
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_secret_is_not_believed() {
    let app = App::new().await;
    app.scene.fake.quirks(|quirks| quirks.refresh_token_first = true);
    let store = app.seeded().provider;
    assert!(app.verify(&store, NEW).await.unwrap().is_some(), "untried");
    assert!(app.verify(&store, "shpss_mistyped").await.unwrap().is_some(), "untried");
    assert!(matches!(app.confirm(&store).await, Death::CannotTell { .. }));
    app.promote().await;
    app.scene.fake.revoke_secret(&app.scene.seed.client_id, app.old());
    assert!(matches!(app.confirm(&store).await, Death::CannotTell { .. }), "and never called dead or alive");
}

#[tokio::test]
async fn it_is_dead_when_it_is_refused_and_the_new_one_is_not() {
    let app = App::new().await;
    let (renewing, fetching) = (app.seeded().provider, app.scene.connect(app.settings(&app.scene.seed.shop)));
    for store in [&renewing, &fetching] {
        assert_eq!(app.confirm(store).await, Death::Alive);
        let seen = rotator(store).inspect(&secret_slot(), &knowing(app.old()), &app.scene.cx()).await;
        assert!(seen.is_ok(), "{seen:?}");
    }
    let inspect = async |store: &Arc<dyn AccessProvider>, text: &str| {
        rotator(store).inspect(&secret_slot(), &knowing(text), &app.scene.cx()).await.unwrap_err().kind()
    };
    assert_eq!(inspect(&renewing, "shpss_stale").await, ErrorKind::Conflict, "another one is in use");
    let misnamed = app.settings(&app.scene.seed.shop).with_text("client_id", "misnamed");
    let misnamed = app.scene.connect(misnamed);
    assert_eq!(inspect(&misnamed, app.old()).await, ErrorKind::Config, "that says nothing of the secret");
    let lost = Credential::new();
    let unknown = rotator(&renewing).confirm_retired(&secret_slot(), &lost, &app.scene.cx()).await.unwrap();
    assert!(matches!(unknown, Death::CannotTell { .. }), "{unknown:?}");
    app.scene.fake.revoke_secret(&app.scene.seed.client_id, app.old());
    for store in [&renewing, &fetching] {
        let unclear = app.confirm(store).await;
        assert!(matches!(unclear, Death::CannotTell { .. }), "what is stored is refused too: {unclear:?}");
        assert_eq!(inspect(store, app.old()).await, ErrorKind::Unauthenticated);
    }
    app.promote().await;
    for store in [&renewing, &fetching] {
        let death = app.confirm(store).await;
        assert!(matches!(death, Death::Dead { proof: Proof::CredentialDead { .. } }), "{death:?}");
    }
    app.scene.fake.add_secret(&app.scene.seed.client_id, "shpss_another");
    app.scene.fake.uninstall(&app.scene.seed.shop, &app.scene.seed.client_id);
    for store in [&renewing, &fetching] {
        assert!(app.verify(store, NEW).await.is_ok_and(|untried| untried.is_some()), "nothing to try it on");
        let error = app.verify(store, "shpss_another").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "and nothing is put in place on that: {error}");
    }
}

/// Four stores: one leaves midway, one has a refresh token that is refused, one fetches its tokens. The old secret is
/// revoked only when each is verified or gone, and then everything goes on.
#[tokio::test]
async fn a_plan_over_four_stores_is_not_safe_too_early() {
    let app = App::new().await;
    let (fake, client, cx) = (app.scene.fake.clone(), app.scene.seed.client_id.clone(), app.scene.cx());
    let (good, leaving, broken) = (app.add_store("good"), app.add_store("leaving"), app.add_store("broken"));
    let fetching = app.scene.connect(app.settings(&app.scene.seed.shop));
    fetching.check(&cx).await.unwrap();
    fake.revoke_token(&broken.refresh.text());
    app.promote().await;

    let round = async || {
        let providers = [&good.provider, &leaving.provider, &broken.provider, &fetching];
        join_all(providers.map(|store| app.carry(store))).await
    };
    fake.set_state(&leaving.domain, ShopState::Frozen);
    let first = round().await;
    let safe: Vec<_> = first.iter().map(is_safe).collect();
    assert_eq!(safe, [true, false, false, true], "{first:?}");
    let refused = first[2].as_ref().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unauthenticated, "{refused}");
    assert!(refused.remedy().contains("authorise the app"), "{refused}");

    fake.uninstall(&leaving.domain, &client);
    let second = round().await;
    assert_eq!(second.iter().map(is_safe).collect::<Vec<_>>(), [true, true, false, true], "{second:?}");
    assert!(matches!(&second[1], Ok(Carried::Gone { reason }) if reason.contains("not installed")));

    // The merchant authorises the app again; the new pair still comes from the old secret.
    fake.add_expiring_token(&broken.domain, &client, "shpat_again", "shprt_again");
    for (place, text) in [(&broken.access, "shpat_again"), (&broken.refresh, "shprt_again")] {
        place.source().replace(text.to_owned().into()).await.unwrap();
    }
    let third = round().await;
    assert!(third.iter().all(is_safe), "{third:?}");
    for store in [&good, &broken] {
        assert!(app.is_minted_by(&store.refresh.text(), NEW), "{}", store.domain);
        assert!(app.is_minted_by(&store.access.text(), NEW), "{}", store.domain);
    }
    fake.revoke_secret(&client, app.old());
    fake.clear_requests();
    for store in [&good, &broken] {
        assert!(store.works(&cx).await, "{}", store.domain);
    }
    fetching.check(&cx).await.unwrap();
    assert!(fake.requests().iter().all(|request| request.status == Some(200)), "not one call was refused");
    app.scene.clock.advance(2 * HOUR);
    assert!(good.works(&cx).await && broken.works(&cx).await);
    assert!(matches!(app.confirm(&good.provider).await, Death::Dead { .. }));
}

#[tokio::test]
async fn a_running_connection_renews_with_what_is_stored_although_the_old_one_lives() {
    let app = App::new().await;
    let seeded = app.seeded();
    let fetching = app.scene.connect(app.settings(&app.scene.seed.shop));
    let cx = app.scene.cx();
    assert!(seeded.works(&cx).await);
    fetching.check(&cx).await.unwrap();
    app.promote().await;
    app.scene.clock.advance(25 * HOUR);
    let cx = app.scene.cx();
    assert!(seeded.works(&cx).await);
    fetching.check(&cx).await.unwrap();
    assert!(app.is_minted_by(&seeded.refresh.text(), NEW), "its next renewal would undo what was done");
    app.scene.fake.revoke_secret(&app.scene.seed.client_id, app.old());
    app.scene.fake.clear_requests();
    assert!(seeded.works(&cx).await);
    fetching.check(&cx).await.unwrap();
    assert!(app.scene.fake.requests().iter().all(|request| request.status == Some(200)));
}

#[tokio::test]
async fn a_store_that_still_reads_the_old_secret_is_not_taken_along() {
    let app = App::new().await;
    let seeded = app.seeded();
    let error = app.carry(&seeded.provider).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.to_string().contains("client_secret"), "{error}");
    assert!(app.scene.fake.requests().is_empty());
    app.promote().await;
    assert!(is_safe(&app.carry(&seeded.provider).await));
    let mut other = secret_slot().with_text("client_id", "another-app");
    let (old, new) = (knowing(app.old()), knowing(NEW));
    let change = CarryOver::new(&other, Some(&old), &new);
    let error = rotator(&seeded.provider).carry_over(&change, &app.scene.cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    other = secret_slot();
    let unknown = Credential::new();
    let change = CarryOver::new(&other, Some(&old), &unknown);
    let carried = rotator(&seeded.provider).carry_over(&change, &app.scene.cx()).await;
    assert!(is_safe(&carried), "a sink that gives nothing back: {carried:?}");
}

/// A pair of the old secret that could not be written back is kept; it must not end up as the stored one.
#[tokio::test]
async fn a_kept_pair_of_the_old_secret_is_renewed_too() {
    for repeated in [RepeatedRefresh::NewPair, RepeatedRefresh::SamePair, RepeatedRefresh::Refused] {
        let app = App::new().await;
        app.scene.fake.quirks(|quirks| quirks.repeated_refresh = repeated);
        let (seeded, cx) = (app.seeded(), app.scene.cx());
        seeded.refresh.set_writable(false);
        app.scene.clock.advance(HOUR);
        assert!(!seeded.works(&cx).await);
        assert_eq!(app.scene.grants("refresh_token"), 1);
        app.promote().await;
        let error = app.carry(&seeded.provider).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        seeded.refresh.set_writable(true);
        let carried = app.carry(&seeded.provider).await;
        assert!(is_safe(&carried), "{repeated:?}: {carried:?}");
        assert!(app.is_minted_by(&seeded.refresh.text(), NEW), "{repeated:?}");
        app.scene.fake.revoke_secret(&app.scene.seed.client_id, app.old());
        app.scene.clock.advance(2 * HOUR);
        assert!(seeded.works(&cx).await, "{repeated:?}");
    }
}

#[tokio::test]
async fn it_does_not_race_with_renewals_of_other_processes() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new().await;
    let seeded = app.seeded();
    let shared: Environment =
        app.scene.env.clone().with_coordination(Arc::new(FileCoordination::new(folder.path())));
    let connect = || {
        let settings = app.settings(&seeded.domain).with_secret("access_token", seeded.access.source());
        app.scene.connect_in(settings.with_secret("refresh_token", seeded.refresh.source()), &shared)
    };
    let processes: Vec<_> = (0..4).map(|_| connect()).collect();
    let cx = app.scene.cx();
    app.promote().await;
    app.scene.clock.advance(HOUR + Duration::from_secs(1));
    let looks = join_all(processes[1..].iter().map(|store| store.check(&cx)));
    let (carried, looks) = join(app.carry(&processes[0]), looks).await;
    assert!(is_safe(&carried), "{carried:?}");
    assert!(looks.iter().all(Result::is_ok), "{looks:?}");
    assert!(app.is_minted_by(&seeded.refresh.text(), NEW));
    assert!(app.scene.fake.is_alive(&seeded.refresh.text()), "what is stored is good");
    app.scene.fake.revoke_secret(&app.scene.seed.client_id, app.old());
    app.scene.clock.advance(Duration::from_secs(60));
    for store in &processes {
        store.check(&cx).await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_answer_while_taking_along_loses_nothing() {
    for fault in [Fault::LostAnswer, Fault::StatusAfterCommit(520)] {
        let app = App::new().await;
        let seeded = app.seeded();
        app.promote().await;
        app.scene.fake.inject(On::Operation("refresh_token".to_owned()), fault.clone(), 1);
        let carried = app.carry(&seeded.provider).await;
        assert!(is_safe(&carried), "{fault:?}: {carried:?}");
        assert!(app.is_minted_by(&seeded.refresh.text(), NEW));
        assert!(app.scene.fake.is_alive(&seeded.refresh.text()), "{fault:?}");
        assert!(is_safe(&app.carry(&seeded.provider).await), "and once more");
        assert!(app.scene.fake.is_alive(&seeded.refresh.text()));
    }
}

#[tokio::test]
async fn a_store_is_gone_only_where_nothing_is_left_to_lose() {
    // The platform may call the refresh token dead instead of the app uninstalled.
    for status in [401, 404] {
        let app = App::new().await;
        app.scene.fake.quirks(|quirks| {
            quirks.uninstalled_refresh_is_dead = true;
            quirks.uninstalled_status = status;
        });
        let seeded = app.seeded();
        app.promote().await;
        app.scene.fake.uninstall(&seeded.domain, &app.scene.seed.client_id);
        let carried = app.carry(&seeded.provider).await;
        assert!(matches!(carried, Ok(Carried::Gone { .. })), "{status}: {carried:?}");
    }
    let app = App::new().await;
    let seeded = app.seeded();
    app.promote().await;
    app.scene.fake.revoke_token(&seeded.refresh.text());
    let failed = app.carry(&seeded.provider).await;
    assert!(failed.is_err(), "its access token lives by the old secret: {failed:?}");
    let refresh = Place::holding(&seeded.refresh.text());
    let alone = app.settings(&seeded.domain).with_secret("refresh_token", refresh.source());
    let unclear = app.carry(&app.scene.connect(alone)).await;
    let remedy = unclear.as_ref().map_err(Error::remedy).unwrap_err();
    assert!(remedy.contains("guestpass connect") && remedy.contains("took the app out"), "{remedy}");
    let error = app.carry(&app.scene.connect(app.settings("nowhere.myshopify.com"))).await;
    assert!(matches!(error, Ok(Carried::Gone { .. })), "no such store: {error:?}");
}

#[tokio::test]
async fn a_token_that_never_expires_is_left_to_people() {
    let app = App::new().await;
    let store = app.scene.connect(app.scene.with_token());
    let carried = app.carry(&store).await.unwrap();
    let Carried::Verified { left, .. } = carried else { panic!("{carried:?}") };
    assert!(left[0].to_string().contains("offline-token"), "{}", left[0]);
    assert!(app.scene.fake.requests().is_empty());
    let error = app.verify(&store, NEW).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    let named = secret_slot().with_text("client_id", &app.scene.seed.client_id);
    let verified = rotator(&store).verify(&named, &knowing(NEW), &app.scene.cx()).await.unwrap();
    assert_eq!(verified.untried, None);
    let wrong = rotator(&store).verify(&named, &knowing("shpss_no"), &app.scene.cx()).await;
    assert!(wrong.is_err(), "{wrong:?}");
    app.scene.fake.revoke_secret(&app.scene.seed.client_id, app.old());
    let (old, cx) = (knowing(app.old()), app.scene.cx());
    let unclear = rotator(&store).confirm_retired(&named, &old, &cx).await.unwrap();
    assert!(matches!(unclear, Death::CannotTell { .. }), "there is nothing to compare with: {unclear:?}");
    app.promote().await;
    let named = named.with_secret("client_secret", app.place.source());
    let death = rotator(&store).confirm_retired(&named, &old, &cx).await.unwrap();
    assert!(matches!(death, Death::Dead { .. }), "{death:?}");
}

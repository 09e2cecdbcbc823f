//! Things go wrong while nobody dies: each time the record says what is live and what comes next, and that is so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join;
use guestpass::OneTimeSecret;
use guestpass::grants::{Checkpoint, Durable, Moment};
use guestpass::rotation::{HumanPart, Rotation, Stage, WaitsFor};
use guestpass_suite::setup::PLACES;
use guestpass_suite::stage::{Platform, STORE};
use guestpass_suite::worker::{boss, patient, rotation_of};
use guestpass_testkit::Fault;
use guestpass_testkit::conformance::credentials::Way;

use crate::consumer::Consumer;
use crate::kills::one_in;
use crate::people::{Turn, is_of};
use crate::scene::{NAME, Scene};
use crate::weather::Weather;

pub(crate) const PLATFORMS: [Platform; 4] =
    [Platform::BigCommerce, Platform::Prestashop, Platform::Shopify, Platform::Wix];
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn every_way() -> Vec<(Platform, Way)> {
    let mut all = Vec::new();
    for platform in PLATFORMS {
        all.extend(Scene::ways(platform).await.into_iter().map(|way| (platform, way)));
    }
    all
}

/// Those that are made by a call, with that call and the one that ends them.
async fn by_calls() -> Vec<(Platform, Way)> {
    every_way().await.into_iter().filter(|(_, way)| !way.by_hand).collect()
}

impl Scene {
    /// What the record says of what is live is so, and it says what comes next.
    async fn says_what_is_so(&self, rotation: &Rotation) {
        let (said, live, world) = (rotation.summary(), self.live(), self.stage.credentials());
        assert!(rotation.stage.is_over() || said.contains("ext") || said.contains("wait"), "{said}");
        let is_new = |secret: &String| rotation.new.as_ref().is_some_and(|new| is_of(new, secret));
        if said.contains("as it was") {
            assert!(live.iter().all(|secret| *secret == self.used.secret), "{said}");
        }
        if said.contains("new credential is in its place") {
            assert!(live.iter().all(|secret| is_new(secret) && world.works(self.way.kind, secret)), "{said}");
        }
        if said.contains("nothing new was made") {
            let others = self.ever().into_iter().filter(|secret| *secret != self.used.secret);
            let theirs = self.by_people.lock().unwrap().clone();
            assert!(
                !others.into_iter().any(|one| !theirs.contains(&one) && world.works(self.way.kind, &one))
            );
        }
        if self.overlaps(rotation) {
            assert!(live.iter().all(|secret| world.works(self.way.kind, secret)), "{said}");
            assert_eq!(self.consumer.refused(), Vec::<String>::new());
        }
    }

    /// Goes on until it rests; gives what was given back, too.
    async fn advance(&self, handed: Option<OneTimeSecret>) -> (Rotation, Option<OneTimeSecret>) {
        let id = self.rotation().await.unwrap().id;
        let advanced = self.host.driver.advance(id, handed, &patient()).await.unwrap();
        self.say(&format!("{advanced:?} {}", advanced.rotation.summary()));
        self.says_what_is_so(&advanced.rotation).await;
        (advanced.rotation, advanced.unsaved)
    }

    async fn begin(&self) {
        self.host.driver.begin(rotation_of(STORE, NAME).unwrap()).await.unwrap();
    }

    async fn ends_well(&self) -> Rotation {
        let rotation = Box::pin(self.until_over()).await;
        self.says_what_is_so(&rotation).await;
        Box::pin(self.all_is_well(&rotation)).await;
        assert_eq!(self.stage.world().unfired(), Vec::<String>::new());
        rotation
    }

    /// Goes on until it waits for a new one from a person, if it does.
    async fn until_asked(&self) -> bool {
        let (rotation, _) = Box::pin(self.advance(None)).await;
        matches!(rotation.waits_for, Some(WaitsFor::Person { part: HumanPart::Issue, .. }))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_place_that_is_down_costs_time_and_no_secret() {
    for (platform, way) in every_way().await {
        for places in [&PLACES[..], &PLACES[..1], &PLACES[1..]] {
            for call in ["probe", "stage", "promote", "discard"] {
                println!("{way:?}: {call} fails at {places:?}");
                let weather = Weather::default();
                let scene = Scene::new(platform, way).await.exposed_to(&weather);
                scene.begin().await;
                weather.fails(places, &[call]);
                let (mut rotation, mut unsaved) = Box::pin(scene.advance(None)).await;
                if let Some(WaitsFor::Person { part: HumanPart::Issue, .. }) = rotation.waits_for {
                    let made = scene.stage.credentials().person_makes(way.kind, &scene.used.secret);
                    scene.by_people.lock().unwrap().push(made.clone());
                    let made = OneTimeSecret::new(made.into());
                    (rotation, unsaved) = Box::pin(scene.advance(Some(made))).await;
                }
                let is_down = rotation.trouble.as_ref().is_some_and(|trouble| trouble.kind == "unavailable");
                let waits = matches!(rotation.waits_for, Some(WaitsFor::Person { .. }));
                assert!(is_down || call == "discard" && waits, "{rotation:#?}");
                weather.clears();
                if unsaved.is_some() {
                    assert_eq!((call, places.len()), ("stage", 2), "one place has it");
                    Box::pin(scene.advance(unsaved)).await;
                }
                let made = scene.stage.credentials().minted(way.kind).len();
                let rotation = Box::pin(scene.ends_well()).await;
                assert_eq!((rotation.stage, rotation.attempts), (Stage::Done, 1));
                assert!(scene.stage.credentials().minted(way.kind).len() <= made.max(2));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn lost_answers_are_accounted_for() {
    for (platform, way) in by_calls().await {
        for (fault, times) in [
            (Fault::LostAnswer, 1),
            (Fault::ConnectionReset, 1),
            (Fault::EmptyBody, 1),
            (Fault::LostAnswer, 3),
        ] {
            println!("{way:?}: {fault:?} {times} times at issue");
            let scene = Scene::new(platform, way).await;
            // Once it is made, what makes it again is refused: there is nothing left to exchange.
            let times = if way.kind == "offline-token" { 1 } else { times };
            // A secret of our own is found to be there after the first.
            let times = if scene.rotator_finds_by_secret().await { 1 } else { times };
            scene.stage.world().inject(scene.used.issue.clone().unwrap(), fault.clone(), times);
            scene.begin().await;
            Box::pin(scene.ends_well()).await;
        }
        for fault in [Fault::LostAnswer, Fault::ConnectionReset, Fault::Status(503), Fault::Status(403)] {
            println!("{way:?}: {fault:?} at retire");
            let scene = Scene::new(platform, way).await;
            let Some(retire) = scene.used.retire.clone() else { continue };
            scene.begin().await;
            // What retires comes after what issues, so the fault waits for the promotion.
            let weather = Weather::default();
            let scene = scene.exposed_to(&weather);
            weather.fails(&PLACES[..1], &["promote"]);
            Box::pin(scene.advance(None)).await;
            weather.clears();
            scene.stage.world().inject(retire, fault.clone(), 1);
            let rotation = Box::pin(scene.ends_well()).await;
            assert_eq!(rotation.stage, Stage::Done);
        }
    }
}

impl Scene {
    async fn rotator_finds_by_secret(&self) -> bool {
        let store = guestpass::StoreHandle::new(STORE).unwrap();
        let provider = self.host.driver.directory().connect(&store).unwrap().unwrap();
        let kinds = provider.credentials().unwrap().kinds();
        kinds.iter().any(|info| {
            info.kind.as_str() == self.way.kind && info.find == guestpass::rotation::Find::CallerMade
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_that_does_not_work_never_gets_into_its_place() {
    for (platform, way) in every_way().await {
        let for_browsers = platform == Platform::BigCommerce && way.kind == "storefront-token";
        if for_browsers || ["employee-password", "offline-token", "app-token"].contains(&way.kind) {
            // Two cannot be tried, and two are in use the moment they are made.
            continue;
        }
        println!("{way:?}: the new one is dead");
        let mut scene = Scene::new(platform, way).await;
        if !way.by_hand {
            let ended = Mutex::default();
            let ender = Ender { consumer: scene.consumer.clone(), used: scene.used.secret.clone(), ended };
            scene.host = scene.host.watched_by(Arc::new(ender));
        }
        let world = scene.stage.credentials();
        scene.begin().await;
        if way.by_hand {
            assert!(scene.until_asked().await);
            let made = world.person_makes(way.kind, &scene.used.secret);
            scene.by_people.lock().unwrap().push(made.clone());
            world.person_ends(way.kind, &made);
            let (rotation, _) = Box::pin(scene.advance(Some(OneTimeSecret::new(made.into())))).await;
            let asked = matches!(rotation.waits_for, Some(WaitsFor::Person { part: HumanPart::Issue, .. }));
            let aside = rotation.trouble.is_some() || asked;
            assert!(aside && rotation.stage < Stage::Promoting, "{rotation:#?}");
        }
        let rotation = Box::pin(scene.ends_well()).await;
        if !way.by_hand {
            assert_eq!(rotation.stage, Stage::Aborted);
            assert!(rotation.trouble.as_ref().is_some_and(|trouble| trouble.reason.contains("refused")));
        }
    }
}

/// Somebody ends the new one as soon as it is written down.
struct Ender {
    consumer: Arc<Consumer>,
    used: String,
    ended: Mutex<bool>,
}

impl std::fmt::Debug for Ender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ender")
    }
}

impl Checkpoint for Ender {
    fn at(&self, step: Durable, moment: Moment) {
        self.consumer.at(step, moment);
        let steps = self.consumer.steps();
        let is_written = steps.last().is_some_and(|step| step == "RotationRecord After");
        let mut ended = self.ended.lock().unwrap();
        if *ended || !is_written || !steps.iter().any(|step| step == "Issue After") {
            return;
        }
        let (world, kind) = (self.consumer.stage.credentials(), self.consumer.kind);
        let made = world.minted(kind).into_iter().filter(|secret| *secret != self.used);
        let made: Vec<_> = made.filter(|secret| world.works(kind, secret)).collect();
        assert_eq!(made.len(), 1);
        world.person_ends(kind, &made[0]);
        *ended = true;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_drivers_at_once_make_one() {
    for (platform, way) in every_way().await {
        println!("{way:?}: two drivers");
        let scene = Scene::new(platform, way).await;
        let other = scene.setup.open().await.unwrap().watched_by(scene.consumer.clone());
        scene.begin().await;
        let again = other.driver.begin(rotation_of(STORE, NAME).unwrap()).await.unwrap_err();
        assert_eq!(again.kind(), guestpass::ErrorKind::Conflict);
        let id = scene.rotation().await.unwrap().id;
        let options = patient();
        let one = Box::pin(scene.host.driver.advance(id, None, &options));
        let two = Box::pin(other.driver.advance(id, None, &options));
        let (one, two) = join(one, two).await;
        assert!(one.is_ok() || two.is_ok());
        for outcome in [one, two] {
            scene.heard(outcome);
        }
        let before = scene.ever().len();
        let rotation = Box::pin(scene.ends_well()).await;
        assert_eq!(rotation.attempts, 1);
        assert!(scene.ever().len() <= before.max(2));
    }
}

/// Lets a day pass at one durable step.
#[derive(Debug)]
struct Jump {
    consumer: Arc<Consumer>,
    at: usize,
}

impl Checkpoint for Jump {
    fn at(&self, step: Durable, moment: Moment) {
        if self.consumer.steps().len() == self.at {
            self.consumer.clock.advance(DAY);
        }
        self.consumer.at(step, moment);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_day_that_passes_at_any_step_refuses_nobody() {
    for (number, (platform, way)) in every_way().await.into_iter().enumerate() {
        // Not every step, and another one for each kind.
        for at in (number % one_in()..).step_by(one_in()) {
            println!("{way:?}: a day passes at step {at}");
            let mut scene = Scene::new(platform, way).await;
            let jump = Jump { consumer: scene.consumer.clone(), at };
            scene.host = scene.host.watched_by(Arc::new(jump));
            Box::pin(scene.ends_well()).await;
            if scene.consumer.steps().len() <= at {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn rights_that_would_be_lost_stop_it() {
    let way = Way::by_hand("store-api-account");
    let scene = Scene::new(Platform::BigCommerce, way).await;
    scene.begin().await;
    assert!(scene.until_asked().await);
    let guestpass_suite::stage::Stage::BigCommerce(world) = &*scene.stage else { panic!("BigCommerce") };
    let poor = ["store_v2_information_read_only"];
    let made = world.fake.create_store_api_account(&world.seed.store_hash, "too little", &poor).token;
    scene.by_people.lock().unwrap().push(made.clone());
    let (rotation, _) = Box::pin(scene.advance(Some(OneTimeSecret::new(made.into())))).await;
    let lost = rotation.trouble.as_ref().unwrap().lost_rights.clone();
    assert_eq!(
        (lost.as_slice(), rotation.stage),
        (&["store_v2_products_read_only".to_owned()][..], Stage::Staged)
    );
    scene.host.driver.allow_loss(rotation.id, &lost, boss()).await.unwrap();
    let rotation = Box::pin(scene.ends_well()).await;
    assert_eq!((rotation.stage, rotation.may_lose), (Stage::Done, lost));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_end_that_takes_its_time_is_waited_for() {
    for kind in ["store-api-account", "private-token"] {
        let way = if kind == "private-token" { Way::by_calls(kind) } else { Way::by_hand(kind) };
        let scene = Scene::new(Platform::BigCommerce, way).await;
        let guestpass_suite::stage::Stage::BigCommerce(world) = &*scene.stage else { panic!("BigCommerce") };
        world.fake.quirks(|quirks| {
            quirks.api_account_deletion_delay = Duration::from_secs(7200);
            quirks.storefront_revocation_delay = Duration::from_secs(7200);
        });
        let mut waited = false;
        while let Turn::Goes(job) = scene.turn().await {
            job.run(&scene.host).await.unwrap();
            let rotation = scene.rotation().await.unwrap();
            waited |= !rotation.stage.is_over()
                && rotation.stage == Stage::Retiring
                && scene.stage.credentials().works(kind, &scene.used.secret);
            if let Some(old) = rotation.old.filter(|_| rotation.stage == Stage::Done) {
                let dead = matches!(old.fate, guestpass::rotation::Fate::Dead { .. });
                assert!(!dead || !scene.stage.credentials().works(kind, &scene.used.secret));
            }
        }
        assert!(waited, "{kind} was waited for");
        Box::pin(scene.ends_well()).await;
    }
}

//! Every kill, and what must hold after it.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::grants::{OffboardRequest, Phase};
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::{Order, Told, Worker, boss};
use guestpass_testkit::{Fault, On};

use crate::case::{Before, Case, DAY, Ledgers, Life, MINUTE, Scene, guest};
use crate::worker;

/// As long as a lease lasts that nobody renews.
pub(crate) const LEASE: Duration = Duration::from_secs(300);

/// What became of the request that was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// There was none.
    Nothing,
    /// It took effect; nobody reads the answer.
    Done,
    /// It takes effect when somebody else has taken over.
    Late,
}

/// How an opening that was interrupted goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It opens, and ends.
    Opens,
    /// It is revoked at once.
    Revoked,
}

/// How many processes were killed.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    steps: usize,
    planned: usize,
    killed: usize,
    broken: Vec<String>,
}

impl Kills {
    /// Kills one process at each step of this life, and at each write once more while its request is on its way.
    pub(crate) async fn at_every_step(&mut self, case: Case, life: Life, ledgers: Ledgers) {
        // Shown when something does not hold.
        println!("{case:?} {life:?} not interrupted");
        let steps = AssertUnwindSafe(Box::pin(steps_of(case, life, ledgers))).catch_unwind().await;
        let Ok(steps) = steps else {
            self.broken.push(format!("{case:?} {life:?} not interrupted"));
            return;
        };
        assert!(!steps.is_empty());
        self.steps += steps.len();
        let endings: &[Then] =
            if life == Life::Open { &[Then::Opens, Then::Revoked] } else { &[Then::Opens] };
        for (number, step) in steps.iter().enumerate() {
            let sent: &[Sent] =
                if step.is_write() { &[Sent::Nothing, Sent::Done, Sent::Late] } else { &[Sent::Nothing] };
            for sent in sent {
                for then in endings {
                    self.planned += 1;
                    if !self.planned.is_multiple_of(one_in(ledgers)) {
                        continue;
                    }
                    let name = format!("{case:?} {life:?} at {number} {step}, sent {sent:?}, then {then:?}");
                    println!("{name}");
                    let survived = Box::pin(one(case, life, ledgers, number, *sent, *then));
                    let survived = AssertUnwindSafe(survived).catch_unwind().await;
                    self.killed += 1;
                    self.broken.extend(survived.err().map(|_| name));
                }
            }
        }
    }

    pub(crate) fn tell(&self, platform: Platform, ledgers: Ledgers) {
        let Self { steps, planned, killed, broken } = self;
        assert!(*steps > 0 && planned >= steps && *killed == planned / one_in(ledgers));
        let told = format!(
            "{platform:?} on {ledgers:?}: {killed} processes killed, of {planned} ways to die at {steps} steps"
        );
        // Not `println!`: the words of tests that pass are not shown.
        let _ = writeln!(std::io::stderr(), "{told}");
        assert!(broken.is_empty(), "of {killed} kills, {} did harm:\n{}", broken.len(), broken.join("\n"));
    }
}

/// Killing at every step takes minutes on PostgreSQL, where the same code runs as on SQLite: the gate does it, with
/// `GUESTPASS_CRASH=all`; other runs do one in three.
fn one_in(ledgers: Ledgers) -> usize {
    let all = std::env::var_os("GUESTPASS_CRASH").is_some_and(|which| which == "all");
    if all || ledgers == Ledgers::Sqlite { 1 } else { 3 }
}

async fn one(case: Case, life: Life, ledgers: Ledgers, number: usize, sent: Sent, then: Then) {
    let scene = Scene::new(case, ledgers).await;
    Box::pin(kill(&scene, life, number, sent)).await;
    scene.what_may_exist_is_owed().await;
    Box::pin(recover(&scene, life, then)).await;
}

/// The steps of a life that nobody interrupts.
async fn steps_of(case: Case, life: Life, ledgers: Ledgers) -> Vec<Told> {
    let scene = Scene::new(case, ledgers).await;
    let order = Order { setup: scene.setup.clone(), job: scene.job(life).await, hold_at: None };
    let mut worker = Worker::start(worker(), &order).unwrap();
    let (steps, held) = worker.follow().unwrap();
    assert!(!held && worker.finish().unwrap());
    Box::pin(recover(&scene, life, Then::Opens)).await;
    steps
}

async fn kill(scene: &Scene, life: Life, number: usize, sent: Sent) {
    let order = Order { setup: scene.setup.clone(), job: scene.job(life).await, hold_at: Some(number) };
    let mut worker = Worker::start(worker(), &order).unwrap();
    let (steps, held) = worker.follow().unwrap();
    assert!(held, "the worker ended before step {number}: {steps:?}");
    if sent != Sent::Nothing {
        let fault = match sent {
            Sent::Late => Fault::LateCommit { after: LEASE + Duration::from_secs(2) },
            _ => Fault::Slow(Duration::from_secs(600)),
        };
        let world = scene.stage.world();
        let writes = world.writes();
        world.inject(On::Writes, fault, 1);
        worker.go_on().unwrap();
        while world.writes() == writes {
            assert!(!worker.has_ended().unwrap(), "nothing was sent: {:?}", worker.follow());
            std::thread::yield_now();
        }
    }
    worker.kill().unwrap();
}

/// Another host takes over as soon as it may, and everything comes to its end.
async fn recover(scene: &Scene, life: Life, then: Then) {
    match life {
        Life::Open => Box::pin(recover_opening(scene, then)).await,
        Life::Close => {
            let living = scene.living().await;
            scene.pass(LEASE).await;
            for grant in living.iter().filter(|grant| grant.phase == Phase::Active) {
                // Whoever wanted it ended has got no answer, and says so again.
                scene.host.engine.revoke(grant.id, &boss(), None).await.unwrap();
            }
            scene.until_over().await;
            scene.all_is_as_before().await;
        }
        Life::Sweep => {
            scene.pass(LEASE).await;
            scene.until_over().await;
            scene.all_is_as_before().await;
        }
        Life::Offboard => Box::pin(recover_offboarding(scene)).await,
    }
}

pub(crate) async fn recover_opening(scene: &Scene, then: Then) {
    if scene.grants().await.is_empty() {
        // Nothing was promised yet.
        assert_eq!(scene.stage.books(), scene.before);
        scene.host.engine.request(scene.wish().request().unwrap()).await.unwrap();
    }
    match then {
        Then::Opens => {
            scene.pass(LEASE).await;
            scene.until_inside().await;
            scene.at_most_one_invitation();
            scene.the_password_was_delivered();
            scene.host.clock.advance(10 * DAY);
        }
        Then::Revoked => {
            for grant in scene.living().await {
                scene.host.engine.revoke(grant.id, &boss(), None).await.unwrap();
            }
            scene.pass(LEASE).await;
        }
    }
    scene.until_over().await;
    scene.all_is_as_before().await;
}

async fn recover_offboarding(scene: &Scene) {
    let engine = &scene.host.engine;
    scene.host.clock.advance(LEASE);
    let call = || scene.host.env.call().with_timeout(DAY / 4);
    let known = scene.host.ledger.offboardings(None, 1).await.unwrap();
    let record = match known.first() {
        Some(record) => Box::pin(engine.continue_offboarding(record.id, &call(), &())).await.unwrap(),
        None => Box::pin(engine.offboard(OffboardRequest::new(guest(), boss()), &call(), &())).await.unwrap(),
    };
    scene.until_over().await;
    scene.pass(20 * MINUTE).await;
    let record = Box::pin(engine.continue_offboarding(record.id, &call(), &())).await.unwrap();
    // Whom others share is not evicted: switched off again, as before us, is all that is asked for.
    let shared_and_off = scene.case.platform == Platform::Shopify && scene.case.before == Before::Off;
    assert!(record.finished_at.is_some() || shared_and_off, "{record:#?}; {}", scene.state().await);
    scene.the_guest_is_out().await;
}

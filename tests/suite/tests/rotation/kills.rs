//! Every kill, and what must hold after it.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::rotation::Rotation;
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::{Job, Order, Worker, boss, patient};
use guestpass_testkit::conformance::credentials::Way;
use guestpass_testkit::{Fault, On};

use crate::people::Turn;
use crate::scene::Scene;
use crate::worker;

/// As long as a lease lasts that nobody renews.
pub(crate) const LEASE: Duration = Duration::from_secs(300);

/// What became of the request that was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// There was none.
    Nothing,
    /// It took effect; nobody reads the answer.
    Done,
    /// It takes effect when somebody else has taken over.
    Late,
}

/// What becomes of a rotation that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It goes on.
    Ends,
    /// It is given up, where it can be.
    GivenUp,
}

/// How many processes were killed.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    pub(crate) steps: usize,
    planned: usize,
    killed: usize,
    pub(crate) broken: Vec<String>,
}

impl Kills {
    /// Kills one process at each step of a rotation, and at each write once more while its request is on its way.
    pub(crate) async fn at_every_step(&mut self, platform: Platform, way: Way) {
        let name = format!("{platform:?} {way:?} not interrupted");
        // Shown when something does not hold.
        println!("{name}");
        let steps = AssertUnwindSafe(Box::pin(steps_of(platform, way))).catch_unwind().await;
        let Ok((steps, writes)) = steps else {
            self.broken.push(name);
            return;
        };
        assert!(steps.len() > 10, "{steps:?}");
        self.steps += steps.len();
        let promoting = steps.iter().position(|step| step.starts_with("Promote")).unwrap();
        for (number, step) in steps.iter().enumerate() {
            for sent in writes.ways_to_send(step) {
                let endings: &[Then] =
                    if number < promoting { &[Then::Ends, Then::GivenUp] } else { &[Then::Ends] };
                for then in endings {
                    let name = format!("{way:?} at {number} {step}, sent {sent:?}, then {then:?}");
                    let on = writes.of(step).filter(|_| *sent != Sent::Nothing);
                    self.one(name, one(platform, way, number, on.map(|on| (on, *sent)), *then)).await;
                }
            }
        }
    }

    /// One way to die, unless its turn has not come: see [`one_in`].
    pub(crate) async fn one(&mut self, name: String, death: impl Future<Output = ()>) {
        self.planned += 1;
        if !self.planned.is_multiple_of(one_in()) {
            return;
        }
        println!("{name}");
        let survived = AssertUnwindSafe(Box::pin(death)).catch_unwind().await;
        self.killed += 1;
        self.broken.extend(survived.err().map(|_| name));
    }

    pub(crate) fn tell(&self, platform: Platform) {
        let Self { steps, planned, killed, broken } = self;
        let told =
            format!("{platform:?}: {killed} processes killed, of {planned} ways to die at {steps} steps");
        // Not `println!`: the words of tests that pass are not shown.
        let _ = writeln!(std::io::stderr(), "{told}");
        assert!(broken.is_empty(), "of {killed} kills, {} did harm:\n{}", broken.len(), broken.join("\n"));
        assert!(*steps > 0 && planned >= steps && *killed == planned / one_in());
    }
}

/// Killing at every step takes minutes: the gate does it, with `GUESTPASS_CRASH=all`; other runs do one in five, so that
/// another step is taken of each kind.
pub(crate) fn one_in() -> usize {
    let all = std::env::var_os("GUESTPASS_CRASH").is_some_and(|which| which == "all");
    if all { 1 } else { 5 }
}

/// The requests that change something at the platform.
pub(crate) struct Writes {
    issue: Option<On>,
    retire: Option<On>,
    carry: Option<On>,
}

impl Writes {
    pub(crate) fn of(&self, step: &str) -> Option<On> {
        match step {
            "Issue Before" => self.issue.clone(),
            "Retire Before" => self.retire.clone(),
            "CarryOver Before" => self.carry.clone(),
            _ => None,
        }
    }

    /// What may have become of a request when a process dies at this step.
    pub(crate) fn ways_to_send(&self, step: &str) -> &'static [Sent] {
        match self.of(step) {
            Some(_) => &[Sent::Nothing, Sent::Done, Sent::Late],
            None => &[Sent::Nothing],
        }
    }
}

/// The steps of a rotation that nobody interrupts, with its user at each of them.
pub(crate) async fn steps_of(platform: Platform, way: Way) -> (Vec<String>, Writes) {
    let scene = Scene::new(platform, way).await;
    let rotation = Box::pin(uninterrupted(&scene)).await;
    Box::pin(scene.all_is_well(&rotation)).await;
    let carry = ["store-api-account", "client-secret"].contains(&way.kind).then_some(On::Writes);
    let writes = Writes { issue: scene.used.issue.clone(), retire: scene.used.retire.clone(), carry };
    let steps = scene.consumer.steps();
    // Those of giving up or of another attempt are none of a rotation that goes well.
    assert_eq!(rotation.attempts, 1, "{rotation:#?}");
    (steps, writes)
}

async fn uninterrupted(scene: &Scene) -> Rotation {
    for _ in 0..20 {
        match scene.turn().await {
            Turn::Goes(job) => job.run(&scene.host).await.unwrap(),
            Turn::Over => return scene.rotation().await.unwrap(),
        }
    }
    panic!("it does not end: {:#?}", scene.rotation().await);
}

async fn one(platform: Platform, way: Way, number: usize, sent: Option<(On, Sent)>, then: Then) {
    let scene = Scene::new(platform, way).await;
    Box::pin(kill(&scene, number, sent)).await;
    scene.consumer.tick("the kill");
    scene.host.clock.advance(LEASE);
    if then == Then::GivenUp
        && let Some(rotation) = scene.rotation().await
    {
        give_up(&scene, &rotation).await;
    }
    let rotation = Box::pin(scene.until_over()).await;
    Box::pin(scene.all_is_well(&rotation)).await;
}

/// Where there is only forward, it is refused and says so.
async fn give_up(scene: &Scene, rotation: &Rotation) {
    let may = rotation.stage.may_abort() && (scene.overlaps(rotation) || rotation.attempts == 0);
    let given_up = scene.host.driver.abort(rotation.id, boss(), None, &patient()).await;
    match given_up {
        Err(error) if !may || !scene.overlaps(rotation) => {
            assert_eq!(error.kind(), guestpass::ErrorKind::InvalidRequest, "{error}");
            assert!(error.remedy().contains("go on"), "{error} {}", error.remedy());
        }
        given_up => {
            let said = given_up.as_ref().map(|advanced| advanced.warnings.join(" ")).unwrap_or_default();
            scene.heard(given_up);
            scene.whoever_made_one_deletes_it(&said);
        }
    }
}

/// Processes take it further, one after the other, until the one that comes to this step.
pub(crate) async fn kill(scene: &Scene, number: usize, sent: Option<(On, Sent)>) {
    let mut passed = 0;
    loop {
        let Turn::Goes(job) = scene.turn().await else { panic!("it was over before step {number}") };
        let mut worker = start(scene, job, number - passed);
        let (steps, held) = worker.follow().unwrap();
        for step in &steps {
            scene.say(step.as_str());
        }
        if !held {
            passed += steps.len();
            assert!(worker.finish().unwrap(), "a process failed after {steps:?}");
            scene.consumer.tick("the end of a process");
            continue;
        }
        if let Some((on, sent)) = sent {
            send(scene, &mut worker, on, sent);
        }
        worker.kill().unwrap();
        return;
    }
}

pub(crate) fn start(scene: &Scene, job: Job, hold_at: usize) -> Worker {
    let order = Order { setup: scene.setup.clone(), job, hold_at: Some(hold_at) };
    Worker::start_complaining(worker(), &order, &scene.complaints()).unwrap()
}

/// Its request leaves, and the process dies before it learns what became of it.
pub(crate) fn send(scene: &Scene, worker: &mut Worker, on: On, sent: Sent) {
    let world = scene.stage.world();
    let fault = match sent {
        Sent::Late => Fault::LateCommit { after: LEASE + Duration::from_secs(2) },
        _ => Fault::Slow(Duration::from_secs(600)),
    };
    world.inject(on, fault, 1);
    worker.go_on().unwrap();
    while !world.unfired().is_empty() {
        assert!(!worker.has_ended().unwrap(), "nothing was sent: {:?}", worker.follow());
        std::thread::yield_now();
    }
}

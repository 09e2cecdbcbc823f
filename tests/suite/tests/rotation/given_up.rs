//! A rotation is given up by a process that is killed, too.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use guestpass::rotation::{Rotation, Stage};
use guestpass_suite::stage::Platform;
use guestpass_suite::worker::Job;
use guestpass_testkit::On;
use guestpass_testkit::conformance::credentials::Way;

use crate::kills::{Kills, LEASE, Sent, Writes, kill, send, start, steps_of};
use crate::scene::Scene;

impl Kills {
    /// Kills one process just before the new one would go to its place, and another one at each step of giving up.
    pub(crate) async fn while_giving_up(&mut self, platform: Platform, way: Way) {
        let name = format!("{platform:?} {way:?} given up, not interrupted");
        // Shown when something does not hold.
        println!("{name}");
        let steps = AssertUnwindSafe(Box::pin(steps_of_giving_up(platform, way))).catch_unwind().await;
        let Ok((promoting, steps, writes)) = steps else {
            self.broken.push(name);
            return;
        };
        self.steps += steps.len();
        for (number, step) in steps.iter().enumerate() {
            for sent in writes.ways_to_send(step) {
                let name = format!("{way:?} given up at {promoting}, at {number} {step}, sent {sent:?}");
                let on = writes.of(step).filter(|_| *sent != Sent::Nothing);
                self.one(name, one(platform, way, promoting, number, on.map(|on| (on, *sent)))).await;
            }
        }
    }
}

/// Where the new one would go to its place, and the steps of a process that gives it up there and is not interrupted.
async fn steps_of_giving_up(platform: Platform, way: Way) -> (usize, Vec<String>, Writes) {
    let (forward, writes) = steps_of(platform, way).await;
    let promoting = forward.iter().position(|step| step.starts_with("Promote")).unwrap();
    let written = forward[..promoting].iter().rposition(|step| step == "RotationRecord Before").unwrap();

    let scene = Scene::new(platform, way).await;
    let rotation = Box::pin(killed_before_promoting(&scene, written)).await;
    let mut worker = start(&scene, Job::AbortRotation(rotation.id), usize::MAX);
    let (steps, held) = worker.follow().unwrap();
    assert!(!held);
    let was_taken = worker.finish().unwrap();
    scene.consumer.tick("giving up");
    let overlaps = scene.overlaps(&rotation);
    // Where the old one may have died of the new one there is only forward.
    assert!(was_taken || !overlaps, "it was not given up: {steps:?} {rotation:#?}");
    assert_eq!(steps.is_empty(), !was_taken, "{steps:?}");
    let rotation = Box::pin(scene.until_over()).await;
    assert_eq!(rotation.stage, if was_taken { Stage::Aborted } else { Stage::Done });
    Box::pin(scene.all_is_well(&rotation)).await;
    (written, steps.iter().map(ToString::to_string).collect(), writes)
}

/// A process dies before it has written down that the new one goes to its place, and its lease is over.
async fn killed_before_promoting(scene: &Scene, number: usize) -> Rotation {
    Box::pin(kill(scene, number, None)).await;
    scene.consumer.tick("the kill");
    scene.host.clock.advance(LEASE);
    let rotation = scene.rotation().await.unwrap();
    assert!(rotation.stage.may_abort(), "{rotation:#?}");
    rotation
}

async fn one(platform: Platform, way: Way, promoting: usize, number: usize, sent: Option<(On, Sent)>) {
    let scene = Scene::new(platform, way).await;
    let rotation = Box::pin(killed_before_promoting(&scene, promoting)).await;
    let mut worker = start(&scene, Job::AbortRotation(rotation.id), number);
    let (steps, held) = worker.follow().unwrap();
    for step in &steps {
        scene.say(step.as_str());
    }
    assert!(held, "it was given up before step {number}: {steps:?}");
    if let Some((on, sent)) = sent {
        send(&scene, &mut worker, on, sent);
    }
    worker.kill().unwrap();
    scene.consumer.tick("the second kill");
    scene.host.clock.advance(LEASE);
    let rotation = Box::pin(scene.until_over()).await;
    Box::pin(scene.all_is_well(&rotation)).await;
}

//! Whoever uses the credential: at every durable step, from every place where it is kept.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guestpass::SinkCopy;
use guestpass::grants::{Checkpoint, Durable, Moment};
use guestpass_suite::clock::SharedClock;
use guestpass_suite::files::Files;
use guestpass_suite::stage::Stage;

/// How long its users need to take a new one.
pub(crate) const DRAIN: Duration = Duration::from_secs(60);

/// Two programs that read a file each whenever they need the credential, and one that reads it twice in a drain.
pub(crate) struct Consumer {
    pub(crate) stage: Arc<Stage>,
    pub(crate) kind: &'static str,
    pub(crate) label: String,
    pub(crate) places: Vec<Files>,
    pub(crate) clock: Arc<SharedClock>,
    held: Mutex<Option<(String, Duration)>>,
    steps: Mutex<Vec<String>>,
    refused: Mutex<Vec<String>>,
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consumer")
    }
}

impl Consumer {
    pub(crate) fn new(
        stage: Arc<Stage>,
        kind: &'static str,
        label: String,
        places: Vec<Files>,
        clock: Arc<SharedClock>,
    ) -> Self {
        let (held, steps, refused) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { stage, kind, label, places, clock, held, steps, refused }
    }

    /// Uses it once; `when` says at which moment of the rotation.
    pub(crate) fn tick(&self, when: &str) {
        let live: Vec<_> = self.places.iter().map(|place| place.read(&self.label, SinkCopy::Live)).collect();
        let live = live.into_iter().map(|read| read.unwrap().unwrap_or_default());
        let now = self.clock.elapsed();
        let mut secrets: Vec<_> = live.collect();
        let mut held = self.held.lock().unwrap();
        if held.as_ref().is_none_or(|(_, read_at)| now.saturating_sub(*read_at) >= DRAIN / 2) {
            *held = Some((secrets[0].clone(), now));
        }
        secrets.extend(held.as_ref().map(|(secret, _)| secret.clone()));
        for (number, secret) in secrets.iter().enumerate() {
            if !self.stage.credentials().works(self.kind, secret) {
                self.refused.lock().unwrap().push(format!("user {number} at {when}"));
            }
        }
    }

    /// The durable steps so far.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.steps.lock().unwrap().clone()
    }

    /// When somebody was refused.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }
}

impl Checkpoint for Consumer {
    fn at(&self, step: Durable, moment: Moment) {
        let when = format!("{step:?} {moment:?}");
        self.tick(&when);
        self.steps.lock().unwrap().push(when);
    }
}

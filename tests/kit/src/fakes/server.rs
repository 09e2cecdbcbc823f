//! The state that a handle and its server share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guestpass::{Clock, Timestamp};

use super::control::{self, Controlled, Time};
use super::ground::later;
use super::http::{Backend, Incoming, Outcome};
use super::platform;

/// A platform behind its lock, and its time.
pub(super) struct Shared<P> {
    clock: Arc<dyn Clock>,
    state: Mutex<State<P>>,
}

#[derive(Default)]
struct State<P> {
    platform: P,
    offset: Duration,
}

impl<P: Controlled> Shared<P> {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Works on the platform as it is now, late writes included.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut P, Timestamp) -> T) -> T {
        let (mut state, now) = self.settled();
        work(&mut state.platform, now)
    }

    pub(super) fn forward(&self, by: Duration) {
        let mut state = self.lock();
        state.offset = state.offset.saturating_add(by);
        drop(state);
        drop(self.settled());
    }

    fn settled(&self) -> (MutexGuard<'_, State<P>>, Timestamp) {
        let mut state = self.lock();
        let now = later(self.clock.now(), state.offset);
        platform::settle(&mut state.platform, now);
        (state, now)
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Controlled> Backend for Shared<P> {
    fn handle(&self, request: &Incoming) -> Outcome {
        let (mut guard, now) = self.settled();
        let State { platform, offset } = &mut *guard;
        match control::answer(request, platform, &mut Time { now, offset }) {
            Some(answer) => Outcome::Answered(answer),
            None => platform::handle(platform, request, now),
        }
    }
}

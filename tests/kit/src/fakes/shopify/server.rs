//! The state that the handle and the server share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guestpass::{Clock, Timestamp};

use super::control::{self, Time};
use super::service::Service;
use super::state::later;
use crate::fakes::http::{Backend, Incoming, Outcome};

/// The service behind its lock, and its time.
pub(super) struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    service: Service,
    offset: Duration,
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Works on the service as it is now, late writes included.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Service, Timestamp) -> T) -> T {
        let (mut state, now) = self.settled();
        work(&mut state.service, now)
    }

    pub(super) fn forward(&self, by: Duration) {
        let mut state = self.lock();
        state.offset = state.offset.saturating_add(by);
        drop(state);
        drop(self.settled());
    }

    fn settled(&self) -> (MutexGuard<'_, State>, Timestamp) {
        let mut state = self.lock();
        let now = later(self.clock.now(), state.offset);
        state.service.settle(now);
        (state, now)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Shared {
    fn handle(&self, request: &Incoming) -> Outcome {
        let (mut guard, now) = self.settled();
        let State { service, offset } = &mut *guard;
        match control::answer(request, service, &mut Time { now, offset }) {
            Some(answer) => Outcome::Answered(answer),
            None => service.handle(request, now),
        }
    }
}

//! A rotation under way: each step is shown as it is written down.

use std::future::Future;

use guestpass::rotation::{Advanced, Driver, Rotation, RotationId, Stage};
use guestpass::{Error, ErrorKind, Result};
use tokio::sync::mpsc::UnboundedReceiver;

use super::result::{Reached, Rotated, judge};
use crate::exit::{Failure, Outcome};
use crate::handover::Handover;
use crate::interrupt;
use crate::output::{Output, happened, moment};
use crate::session::Session;

/// What is under way, and where its result goes.
pub(super) struct Work {
    pub(super) rotation: Rotation,
    pub(super) handover: Handover,
    pub(super) told: UnboundedReceiver<Rotation>,
    pub(super) is_abort: bool,
    /// Whether it waits here until it is over.
    pub(super) stays: bool,
}

impl Work {
    /// Shows each step as it is written down, and at the end where it stands.
    pub(super) async fn show(
        self,
        work: impl Future<Output = Result<Advanced>>,
        driver: &Driver,
        session: &Session,
        out: &mut Output,
    ) -> Outcome {
        let Self { rotation, handover, mut told, is_abort, stays } = self;
        let id = rotation.id;
        let mut shown = Shown { last: rotation.stage, steps: Vec::new(), tells_drain: stays };
        let look_with = || format!("guestpass rotations {id}");
        let advanced = {
            let work = async {
                let mut work = Box::pin(work);
                loop {
                    tokio::select! {
                        biased;
                        Some(rotation) = told.recv() => shown.step(&rotation, session, out),
                        done = &mut work => break done,
                    }
                }
            };
            interrupt::finish(Box::pin(work), look_with).await
        };
        while let Ok(rotation) = told.try_recv() {
            shown.step(&rotation, session, out);
        }
        let advanced = match advanced {
            Ok(advanced) => advanced,
            Err(failure) => {
                handover.finish(None)?;
                // The record stands, so it is shown all the same.
                let rotation = driver.ledger().rotation(id).await?.unwrap_or(rotation);
                if !out.is_json() {
                    out.show(&Rotated::untouched(&rotation))?;
                }
                return Err(match failure {
                    Failure::Error(error) if error.is_stale() => busy(&error, id).into(),
                    Failure::Error(error) => named_in(error, &rotation).into(),
                    failure @ Failure::Output(_) => failure,
                });
            }
        };
        let (unsaved, lost) = match handover.finish(advanced.unsaved.as_ref()) {
            Ok(unsaved) => (unsaved, None),
            Err(error) => (None, Some(error)),
        };
        out.show(&Rotated::new(&advanced, shown.steps, unsaved))?;
        lost.map_or_else(|| Ok(judge(&advanced, is_abort)), |error| Err(error.into()))
    }
}

/// What was shown of a rotation.
struct Shown {
    last: Stage,
    steps: Vec<Reached>,
    /// Whether the drain is still to be told of, because it is waited for here.
    tells_drain: bool,
}

impl Shown {
    fn step(&mut self, rotation: &Rotation, session: &Session, out: &mut Output) {
        if rotation.stage != self.last {
            self.last = rotation.stage;
            self.steps.push(Reached { stage: rotation.stage, at: session.clock().now() });
            let happened = happened(rotation.stage, rotation.untried.is_none());
            line(rotation.stage.as_str(), happened, out);
        }
        let now = session.clock().now();
        if let Some(until) = rotation.drain_until.filter(|until| self.tells_drain && *until > now) {
            self.tells_drain = false;
            let waits = format!("until {}, so that its users take the new one", moment(until));
            line("waiting", &waits, out);
        }
    }
}

/// A line for people about what has happened.
fn line(label: &str, text: &str, out: &mut Output) {
    if !out.is_json()
        && let Err(error) = out.text(&format!("{label:<10} {text}"))
    {
        // That nobody reads it must not stop the work in the middle.
        tracing::warn!(%error, "a step could not be shown");
    }
}

/// The same error, with the words that go on with the rotation once it is mended.
fn named_in(error: Error, rotation: &Rotation) -> Error {
    if rotation.stage.is_over() {
        return error;
    }
    let remedy = format!("{}; then go on with `guestpass rotate --resume {}`", error.remedy(), rotation.id);
    error.with_remedy(remedy)
}

fn busy(error: &Error, id: RotationId) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, format!("{}; nothing was done now", error.message()))
        .with_remedy(format!("see how far it is with `guestpass rotations {id}`, and resume it later"))
}

//! How far a rotation was taken, and the exit code of that.

use guestpass::rotation::{Advanced, Rotation, Stage, WaitsFor};
use guestpass::{ErrorKind, Timestamp};
use serde::Serialize;

use crate::exit::Exit;
use crate::handover::Delivered;
use crate::output::{Report, RotationView};

/// How far a rotation was taken.
#[derive(Serialize)]
pub(in crate::commands) struct Rotated {
    rotation: RotationView,
    /// The stages it went through just now.
    steps: Vec<Reached>,
    warnings: Vec<String>,
    /// Where a new secret is that no sink has taken.
    unsaved: Option<Delivered>,
}

/// A stage, and when it was written down.
#[derive(Debug, Clone, Copy, Serialize)]
pub(in crate::commands) struct Reached {
    pub(super) stage: Stage,
    pub(super) at: Timestamp,
}

impl Rotated {
    /// One that nobody has worked on just now.
    pub(super) fn untouched(rotation: &Rotation) -> Self {
        let rotation = RotationView::from(rotation);
        Self { rotation, steps: Vec::new(), warnings: Vec::new(), unsaved: None }
    }

    pub(in crate::commands) fn new(
        advanced: &Advanced,
        steps: Vec<Reached>,
        unsaved: Option<Delivered>,
    ) -> Self {
        let rotation = RotationView::from(&advanced.rotation);
        Self { rotation, steps, warnings: advanced.warnings.clone(), unsaved }
    }
}

impl Report for Rotated {
    fn to_text(&self) -> String {
        let mut text = self.rotation.to_text();
        for warning in &self.warnings {
            text.push_str(&format!("  warning:       {warning}\n"));
        }
        let resume = format!("guestpass rotate --resume {} --new", self.rotation.id);
        match &self.unsaved {
            Some(Delivered::File(path)) => text.push_str(&format!(
                "\nNo sink has taken the new secret. It is in {0}\nOnce the sinks work: {resume} file:{0}\nThen delete that file.\n",
                path.display()
            )),
            Some(Delivered::Value(secret)) => text.push_str(&format!(
                "\nNo sink has taken the new secret: {secret}\nOnce the sinks work: {resume} -\n"
            )),
            None => {}
        }
        text
    }
}

/// How it ended.
pub(in crate::commands) fn judge(advanced: &Advanced, is_abort: bool) -> Exit {
    let rotation = &advanced.rotation;
    let needs_consent = rotation.trouble.as_ref().is_some_and(|trouble| !trouble.lost_rights.is_empty());
    let is_lost = rotation.trouble.as_ref().is_some_and(|it| it.kind == ErrorKind::OutcomeUnknown.as_str());
    match (&rotation.waits_for, rotation.stage) {
        (_, Stage::Done) => Exit::Done,
        (_, Stage::Aborted) if is_abort => Exit::Done,
        (_, Stage::Aborted) => Exit::Failed,
        (Some(WaitsFor::Person { .. }), _) => Exit::HumanMustAct,
        _ if needs_consent => Exit::HumanMustAct,
        _ if advanced.unsaved.is_some() => Exit::Partly,
        _ if is_lost => Exit::Unknown,
        (Some(WaitsFor::Time { .. }), Stage::Promoted | Stage::Retiring) if rotation.trouble.is_none() => {
            Exit::Done
        }
        (_, Stage::Issuing) => Exit::Unknown,
        _ => Exit::Partly,
    }
}

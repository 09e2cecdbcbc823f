//! What people must do by hand for rotations, among the other steps. Such a step has the id of its rotation: there is one
//! at a time.

use guestpass::grants::Principal;
use guestpass::rotation::{HumanPart, Rotation, RotationId, RotationQuery, WaitsFor};
use guestpass::{Error, ErrorKind, Result, StoreHandle, Timestamp};
use serde::Serialize;

use super::rotate::{Rotated, judge};
use super::rotations::matching;
use crate::args::SecretArgs;
use crate::exit::{Exit, Outcome};
use crate::handover::Handover;
use crate::interrupt;
use crate::output::{Output, Report, RotationView, StepView};
use crate::session::Session;

/// An open step of a rotation.
#[derive(Debug, Serialize)]
pub(super) struct RotationStepView {
    /// The id of the rotation.
    id: String,
    store: String,
    platform: String,
    credential: String,
    /// Which part it is: `issue`, `carry_over`, `retire`, `clean_up`.
    #[serde(rename = "for")]
    part: HumanPart,
    /// When somebody looks again, where it can be seen.
    due_at: Option<Timestamp>,
    step: StepView,
}

impl RotationStepView {
    pub(super) fn of(rotation: &Rotation) -> Option<Self> {
        let Some(WaitsFor::Person { part, step }) = &rotation.waits_for else { return None };
        Some(Self {
            id: rotation.id.to_string(),
            store: rotation.store.to_string(),
            platform: rotation.platform.to_string(),
            credential: rotation.credential.to_string(),
            part: *part,
            due_at: rotation.due_at,
            step: StepView::from(step.as_ref()),
        })
    }

    /// The cells of the list of steps.
    pub(super) fn row(&self) -> [String; 6] {
        let part = match self.part {
            HumanPart::Issue => "new credential",
            HumanPart::CarryOver => "take along",
            HumanPart::Retire => "end the old one",
            HumanPart::CleanUp => "end a new one",
            _ => "other",
        };
        [
            self.id.clone(),
            self.store.clone(),
            format!("({})", self.credential),
            part.to_owned(),
            "open".to_owned(),
            self.step.title.clone(),
        ]
    }
}

/// The open steps of rotations.
pub(super) async fn open(store: Option<&StoreHandle>, session: &Session) -> Result<Vec<RotationStepView>> {
    let mut query = RotationQuery::new().only_open();
    query.store = store.cloned();
    Ok(matching(&query, session).await?.iter().filter_map(RotationStepView::of).collect())
}

/// The rotation that has the id of a step, if it is one.
pub(super) async fn find(id: &str, session: &Session) -> Result<Option<Rotation>> {
    session.ledger().await?.rotation(id.parse::<RotationId>()?).await
}

/// A step of a rotation, and the rotation.
#[derive(Serialize)]
struct Whole {
    rotation_step: Option<RotationStepView>,
    rotation: RotationView,
}

impl Report for Whole {
    fn to_text(&self) -> String {
        self.rotation.to_text()
    }
}

/// Shows one.
pub(super) fn show(rotation: &Rotation, out: &mut Output) -> Outcome {
    let rotation_step = RotationStepView::of(rotation);
    out.show(&Whole { rotation_step, rotation: RotationView::from(rotation) })?;
    Ok(Exit::Done)
}

/// What somebody says of a step, or that nobody says anything and a look decides.
pub(super) struct Word<'a> {
    pub(super) by: Principal,
    pub(super) note: &'a str,
}

/// Records that it was done, or looks whether it was.
pub(super) async fn close(
    rotation: &Rotation,
    word: Option<Word<'_>>,
    session: &Session,
    out: &mut Output,
) -> Outcome {
    let id = rotation.id;
    let Some(step) = RotationStepView::of(rotation) else {
        return Err(Error::new(ErrorKind::Conflict, format!("the rotation {id} waits for nobody"))
            .with_remedy(format!("see where it is with `guestpass rotations {id}`"))
            .into());
    };
    if step.part == HumanPart::Issue {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "this step is done when the new secret is handed in",
        )
        .with_remedy(format!("guestpass rotate --resume {id} --new file:PATH"))
        .into());
    }
    session.read_secrets_if_known(rotation.store.as_str()).await?;
    let driver = session.driver().await?;
    let options = session.driver_options(std::time::Duration::ZERO);
    let handover = Handover::prepare(&SecretArgs::default(), session.state())?;
    let progress = session.progress(format!("looking at {}", rotation.store));
    let look_with = || format!("guestpass rotations {id}");
    let advanced = match word {
        Some(word) => interrupt::finish(driver.attest(id, word.by, word.note, &options), look_with).await,
        None => interrupt::finish(driver.advance(id, None, &options), look_with).await,
    };
    drop(progress);
    let unsaved = handover.finish(advanced.as_ref().ok().and_then(|it| it.unsaved.as_ref()))?;
    let advanced = advanced?;
    out.show(&Rotated::new(&advanced, Vec::new(), unsaved))?;
    Ok(judge(&advanced, false))
}

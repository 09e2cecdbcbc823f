//! What a sweep does for rotations.

use guestpass::rotation::{
    Advanced, CredentialName, CredentialStatus, RotationQuery, RotationSweep, RotationWatcher,
};
use guestpass::{Error, Result, StoreHandle};
use serde::Serialize;

use super::credentials::view;
use super::rotate::Rotated;
use super::rotations::matching;
use super::sweep::Teller;
use crate::output::{CredentialView, ErrorView, Report, RotationView, notice};
use crate::session::Session;

/// One rotation that was taken further. The fields are those of `rotate`.
#[derive(Serialize)]
struct RotationLine {
    #[serde(flatten)]
    rotated: Rotated,
}

impl Report for RotationLine {
    fn to_text(&self) -> String {
        self.rotated.to_text()
    }
}

/// A credential that is due, and that nobody rotates by itself.
#[derive(Serialize)]
struct DueLine {
    rotation_due: CredentialView,
}

impl Report for DueLine {
    fn to_text(&self) -> String {
        self.rotation_due.to_text()
    }
}

#[derive(Serialize)]
struct FailedLine {
    rotation_failed: FailedView,
}

#[derive(Serialize)]
struct FailedView {
    store: String,
    credential: String,
    error: ErrorView,
}

impl Report for FailedLine {
    fn to_text(&self) -> String {
        let FailedView { store, credential, error } = &self.rotation_failed;
        format!("{store}/{credential}: {}; next: {}\n", error.message, error.next)
    }
}

/// What came out of it, for the summary.
#[derive(Default, Serialize)]
pub(super) struct RotationCounts {
    done: u64,
    waiting: u64,
    unfinished: u64,
    busy: u64,
    failed: u64,
    announced: u64,
    begun: u64,
}

impl From<RotationSweep> for RotationCounts {
    fn from(swept: RotationSweep) -> Self {
        Self {
            done: swept.done,
            waiting: swept.waiting,
            unfinished: swept.unfinished,
            busy: swept.busy,
            failed: swept.failed,
            announced: swept.announced,
            begun: swept.begun,
        }
    }
}

impl RotationCounts {
    /// The line for people; nothing where there was nothing to do.
    pub(super) fn to_text(&self) -> String {
        let Self { done, waiting, unfinished, busy, failed, announced, begun } = self;
        if done + waiting + unfinished + busy + failed + announced + begun == 0 {
            return String::new();
        }
        format!(
            "\nrotations: {begun} begun, {done} done, {waiting} waiting, {unfinished} to be tried again, {busy} busy, {failed} failed; {announced} credential(s) due"
        )
    }
}

impl RotationWatcher for Teller<'_> {
    fn advanced(&self, advanced: &Advanced) {
        let unsaved = self.keep(advanced.unsaved.as_ref());
        self.show(&RotationLine { rotated: Rotated::new(advanced, Vec::new(), unsaved) });
    }

    fn due(&self, store: &StoreHandle, status: &CredentialStatus) {
        match view(store.as_str(), status, self.session()) {
            Ok(rotation_due) => self.show(&DueLine { rotation_due }),
            Err(error) => notice(&error.to_string()),
        }
    }

    fn failed(&self, store: &StoreHandle, credential: &CredentialName, error: &Error) {
        let (store, credential) = (store.to_string(), credential.to_string());
        self.show(&FailedLine { rotation_failed: FailedView { store, credential, error: error.into() } });
    }
}

/// What would be gone on with, and what is due. Nothing was sent to find out.
pub(super) async fn due(session: &Session) -> Result<(Vec<RotationView>, Vec<CredentialView>)> {
    let now = session.clock().now();
    let open = matching(&RotationQuery::new().only_open().due_by(now), session).await?;
    let driver = session.planning_driver().await?;
    let mut credentials = Vec::new();
    for store in session.config().store_names() {
        for status in driver.credentials(&StoreHandle::new(store)?).await? {
            let is_due = status.open.is_none() && status.due_at.is_some_and(|due| due <= now);
            credentials.extend(is_due.then(|| view(store, &status, session)).transpose()?);
        }
    }
    Ok((open.iter().map(RotationView::from).collect(), credentials))
}

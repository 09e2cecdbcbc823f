//! Passes over everything that is due.

use super::{
    Advanced, CredentialStatus, Driver, DriverOptions, RotationRequest, RotationSweep, RotationWatcher,
};
use crate::error::{Error, Result};
use crate::grants::Principal;
use crate::model::StoreHandle;
use crate::rotation::{CredentialName, KindInfo, Rotation, RotationQuery};

const PAGE: u32 = 100;
const SWEEP: &str = "guestpass sweep";

impl Driver {
    /// One pass: goes on with every rotation that is due, begins those of automatic credentials that are too old, and tells
    /// of the others. A credential whose rotation refuses its users for a moment is told of and never begun. Results go to
    /// the watcher as they come.
    ///
    /// # Errors
    /// When the ledger cannot be read at all. What fails at one credential goes to the watcher, and the others go on.
    pub async fn sweep(
        &self,
        options: &DriverOptions,
        watcher: &dyn RotationWatcher,
    ) -> Result<RotationSweep> {
        let mut report = RotationSweep::default();
        self.go_on_with_due(options, watcher, &mut report).await?;
        for store in self.directory.stores() {
            for slot in self.directory.credentials(&store) {
                let status = match self.status(&store, &slot).await {
                    Ok(status) => status,
                    Err(error) => {
                        report.failed += 1;
                        watcher.failed(&store, &slot.name, &error);
                        continue;
                    }
                };
                let is_due = status.due_at.is_some_and(|due| due <= self.now());
                if is_due && status.open.is_none() {
                    self.see_to_due(&store, &status, options, watcher, &mut report).await;
                }
            }
        }
        Ok(report)
    }

    async fn go_on_with_due(
        &self,
        options: &DriverOptions,
        watcher: &dyn RotationWatcher,
        report: &mut RotationSweep,
    ) -> Result<()> {
        let query = RotationQuery::new().only_open().due_by(self.now());
        let mut after = None;
        loop {
            let page = self.ledger.rotations(&query, after, PAGE).await?;
            let was_last = page.len() < PAGE as usize;
            after = page.last().map(|rotation| rotation.id);
            for rotation in page {
                self.go_on(&rotation, options, watcher, report).await;
            }
            if was_last {
                return Ok(());
            }
        }
    }

    async fn go_on(
        &self,
        rotation: &Rotation,
        options: &DriverOptions,
        watcher: &dyn RotationWatcher,
        report: &mut RotationSweep,
    ) {
        match Box::pin(self.advance(rotation.id, None, options)).await {
            Ok(advanced) => {
                report.count(&advanced);
                watcher.advanced(&advanced);
            }
            Err(error) => report.miss(&rotation.store, &rotation.credential, &error, watcher),
        }
    }

    async fn see_to_due(
        &self,
        store: &StoreHandle,
        status: &CredentialStatus,
        options: &DriverOptions,
        watcher: &dyn RotationWatcher,
        report: &mut RotationSweep,
    ) {
        let is_in_place = status.info.as_ref().is_none_or(KindInfo::is_in_place);
        if !status.automatic || is_in_place {
            report.announced += 1;
            watcher.due(store, status);
            return;
        }
        let mut request = RotationRequest::new(store.clone(), status.name.clone(), Principal::stated(SWEEP));
        request.reason = Some("it is too old, or dies soon".to_owned());
        match Box::pin(self.begin(request)).await {
            Ok(rotation) => {
                report.begun += 1;
                self.go_on(&rotation, options, watcher, report).await;
            }
            Err(error) => report.miss(store, &status.name, &error, watcher),
        }
    }
}

impl RotationSweep {
    fn count(&mut self, advanced: &Advanced) {
        let rotation = &advanced.rotation;
        let counter = match (rotation.stage.is_over(), rotation.trouble.is_some()) {
            (true, _) => &mut self.done,
            (false, true) => &mut self.unfinished,
            (false, false) => &mut self.waiting,
        };
        *counter += 1;
    }

    fn miss(
        &mut self,
        store: &StoreHandle,
        credential: &CredentialName,
        error: &Error,
        watcher: &dyn RotationWatcher,
    ) {
        if error.is_stale() {
            self.busy += 1;
        } else {
            self.failed += 1;
            watcher.failed(store, credential, error);
        }
    }
}

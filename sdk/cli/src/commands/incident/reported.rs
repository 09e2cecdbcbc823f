//! The report of an incident, read from the ledger.

use std::collections::HashMap;

use guestpass::Result;
use guestpass::incident::{IncidentId, IncidentReport, report};
use serde::Serialize;

use super::teller::Unsaved;
use super::text;
use crate::output::{IncidentReportView, Report};
use crate::session::Session;

/// How an incident stands.
#[derive(Serialize)]
pub(super) struct Reported {
    pub(super) report: IncidentReportView,
    /// New secrets that no sink has taken just now, and where they are.
    unsaved: Vec<Unsaved>,
}

/// What the ledger says now. Nobody else is asked.
pub(super) async fn read(id: IncidentId, session: &Session) -> Result<IncidentReport> {
    report(&*session.ledger().await?, id, session.clock().now()).await
}

impl Reported {
    pub(super) async fn new(
        report: &IncidentReport,
        unsaved: Vec<Unsaved>,
        session: &Session,
    ) -> Result<Self> {
        let ledger = session.ledger().await?;
        let mut rotations = HashMap::new();
        let credentials = report.stores.iter().flat_map(|store| &store.credentials);
        for id in credentials.filter(|one| !one.is_closed()).filter_map(|one| one.rotation) {
            if let Some(rotation) = ledger.rotation(id).await? {
                rotations.insert(id, rotation);
            }
        }
        Ok(Self { report: IncidentReportView::new(report, &rotations), unsaved })
    }
}

impl Report for Reported {
    fn to_text(&self) -> String {
        let mut text = text::of(&self.report);
        for one in &self.unsaved {
            text.push_str(&format!(
                "\nNo sink has taken the new secret of {0}/{1}. It is in {3}\nOnce the sinks work: guestpass rotate --resume {2} --new file:{3}\nThen delete that file.\n",
                one.store, one.credential, one.rotation, one.file
            ));
        }
        text
    }
}

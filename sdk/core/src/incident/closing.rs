//! Closing an incident once nothing is open.

use super::record::{Incident, IncidentId, IncidentStore};
use super::responder::{Responder, fact};
use crate::error::Result;
use crate::grants::Commit;

impl Responder {
    /// Writes down that nothing is open any more, if that is so.
    pub(super) async fn close_if_done(&self, id: IncidentId) -> Result<Incident> {
        let incident = self.incident(id).await?;
        if incident.finished_at.is_some() {
            return Ok(incident);
        }
        let report = super::report(&**self.ledger(), id, self.now()).await?;
        if !report.is_over() {
            return Ok(incident);
        }
        let now = self.now();
        let stores = self.stores(id).await?;
        let touched = |store: &&IncidentStore| store.is_exposed();
        let mut change = Commit::new();
        change.facts = stores
            .iter()
            .filter(touched)
            .map(|store| fact(&incident, store, "incident_finished", now))
            .collect();
        change.incidents.push(Incident { finished_at: Some(now), ..incident });
        match self.ledger().commit(change).await {
            // Somebody else has closed it, or changed it; the next call sees to it.
            Err(error) if !error.is_stale() => Err(error),
            _ => self.incident(id).await,
        }
    }
}

//! What a security team does in the first ten minutes: out everywhere at once, every credential replaced that may have been
//! seen, and one report that says what was open, what was closed when, and what is still open.
//!
//! A [`Responder`] writes an [`Incident`] down before anything is sent. Whatever interrupts it, the next
//! [`continue_incident`](Responder::continue_incident) goes on, and [`report`] reads the truth from the records alone.

mod chain;
mod closing;
mod credentials;
mod reading;
mod record;
mod removing;
mod report;
mod request;
mod responder;
mod rotating;
mod standing;

pub use record::{
    Incident, IncidentCredential, IncidentId, IncidentStore, OpenGrant, RotationScope, RotationWay,
};
pub use report::{
    AccessReport, CredentialReport, CredentialState, IncidentReport, MustAct, StoreReport, Totals, report,
};
pub use request::{IncidentPlan, IncidentRequest, IncidentWatcher, ResponseOptions};
pub use responder::Responder;

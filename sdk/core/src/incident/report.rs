//! What was open, what was closed when and how we know, and what is still open: read from the records alone, complete at any
//! moment at which the work was interrupted.

use serde::Serialize;

use super::reading::store_report;
use super::record::{Incident, IncidentId, IncidentStore, OpenGrant, RotationWay};
use super::removing::exposed;
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::{Found, Ledger, Trouble};
use crate::model::{CredentialName, Link, ManualStep, Proof, ProviderId, StoreHandle};
use crate::rotation::{CredentialKind, RotationId, Stage};

const PAGE: u32 = 100;

/// Everything about one incident at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IncidentReport {
    /// The incident.
    pub incident: Incident,
    /// When this was read, in UTC.
    pub at: Timestamp,
    /// Every store, in the order of the incident.
    pub stores: Vec<StoreReport>,
    /// All of it in numbers.
    pub totals: Totals,
}

/// An incident in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// All stores.
    pub stores: u64,
    /// Stores where they were inside, or could have come in.
    pub were_inside: u64,
    /// Of these, where they could grant access, move money or take data out.
    pub were_privileged: u64,
    /// Stores where they are out, and a look shows it.
    pub closed_proven: u64,
    /// Stores where they are out by somebody's word.
    pub closed_attested: u64,
    /// Stores where the access is over without proof and without a word: nothing was ever sent, or it goes on for others.
    pub closed_unproven: u64,
    /// Stores where they were not inside, and a look shows it.
    pub were_out: u64,
    /// Stores where they were not inside by somebody's word.
    pub were_out_attested: u64,
    /// Stores where they may still be inside.
    pub open: u64,
    /// Stores that nobody has looked at yet.
    pub not_reached: u64,
    /// Credentials that are to be replaced.
    pub credentials: u64,
    /// Of these, dead.
    pub credentials_dead: u64,
    /// Of these, replaced, while the old one works until a known time.
    pub credentials_dying: u64,
    /// Of these, replaced by somebody's word.
    pub credentials_attested: u64,
    /// Of these, still open.
    pub credentials_open: u64,
    /// How many things a human must do.
    pub must_act: u64,
}

/// One store of an incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StoreReport {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// The grants that were not over when the incident was opened.
    pub grants: Vec<OpenGrant>,
    /// Whether a grant that was over had let them in before.
    pub had_access: bool,
    /// What the first look showed; `None` where nobody has looked yet, or nobody can.
    pub found: Option<Found>,
    /// How the access stands.
    pub access: AccessReport,
    /// What stands in the way of the removal.
    pub troubles: Vec<Trouble>,
    /// What people must do about the access.
    pub must_act: Vec<MustAct>,
    /// The credentials that are to be replaced.
    pub credentials: Vec<CredentialReport>,
}

/// How the access to one store stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum AccessReport {
    /// Nobody has looked yet.
    NotReached {
        /// Why, in one sentence.
        reason: String,
    },
    /// They were not inside.
    WasOut {
        /// How we know.
        proof: Proof,
    },
    /// They may still be inside.
    Open {
        /// Since when their removal is written down, in UTC.
        ordered_at: Option<Timestamp>,
        /// What is missing, in one sentence.
        reason: String,
    },
    /// They were taken out.
    Closed {
        /// Since when we know, in UTC.
        at: Timestamp,
        /// How we know; `None` where nothing was ever sent that could have let them in.
        proof: Option<Proof>,
    },
}

/// Something that a human must do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MustAct {
    /// What names it: the id of the step, or of the rotation that waits for it; `None` where no step says how.
    pub id: Option<String>,
    /// What is achieved, in a few words.
    pub what: String,
    /// Where to click.
    pub links: Vec<Link>,
    /// All of it; `None` once the person's data was erased, and where no step leads there.
    pub step: Option<ManualStep>,
}

/// One credential that is to be replaced.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CredentialReport {
    /// Our name for it.
    pub name: CredentialName,
    /// What it is.
    pub kind: CredentialKind,
    /// How it is replaced.
    pub way: RotationWay,
    /// The rotation that replaces it.
    pub rotation: Option<RotationId>,
    /// How it stands.
    pub state: CredentialState,
    /// What a human must do about it.
    pub must_act: Option<MustAct>,
}

/// How a credential stands that is to be replaced.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum CredentialState {
    /// Nothing was begun: the removals come first, or it could not be begun.
    NotBegun {
        /// Why, in one sentence.
        reason: String,
    },
    /// It is replaced only where downtime is allowed.
    NeedsConsent,
    /// A human must replace it, and say so.
    ByHand {
        /// Why.
        reason: String,
    },
    /// It is being replaced.
    InWork {
        /// How far.
        stage: Stage,
        /// What it waits for, or what is in its way, in one sentence.
        waits_for: Option<String>,
    },
    /// The new one is in its place and the old one lives until this time at the latest.
    DiesAt {
        /// In UTC.
        at: Timestamp,
    },
    /// The old one is dead.
    Dead {
        /// Since when we know, in UTC.
        at: Timestamp,
        /// How we know; `None` where there was no old one.
        proof: Option<Proof>,
    },
    /// Somebody says that it was replaced.
    Attested {
        /// Who says so, and in which words.
        proof: Proof,
    },
}

impl IncidentReport {
    /// Whether nothing is open any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stores.iter().all(StoreReport::is_closed)
    }
}

impl CredentialReport {
    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        use CredentialState::{Attested, Dead, DiesAt};
        matches!(self.state, Attested { .. } | Dead { .. } | DiesAt { .. })
    }
}

impl StoreReport {
    /// Whether nothing more is to be done on this store.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.access, AccessReport::WasOut { .. } | AccessReport::Closed { .. })
            && self.credentials.iter().all(CredentialReport::is_closed)
    }

    /// Whether they were inside, or could have come in.
    #[must_use]
    pub fn was_inside(&self) -> bool {
        let found = self.found.as_ref().map(Found::is_inside);
        found.unwrap_or_else(|| self.grants.iter().any(|grant| grant.phase.is_owed()))
    }
}

/// What the ledger says about an incident now. Asks nobody else.
///
/// # Errors
/// [`ErrorKind::NotFound`] for an unknown id; when the ledger cannot be read.
pub async fn report(ledger: &dyn Ledger, id: IncidentId, now: Timestamp) -> Result<IncidentReport> {
    let incident = ledger.incident(id).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("there is no incident {id}"))
            .with_remedy("copy the id from the list of incidents")
    })?;
    let mut kept = Vec::new();
    loop {
        let after = kept.last().map_or(0, |store: &IncidentStore| store.number);
        let page = ledger.incident_stores(id, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        kept.extend(page);
    }
    let exposed = exposed(&kept);
    let mut stores = Vec::with_capacity(kept.len());
    let mut totals = Totals::default();
    for store in kept {
        let store = store_report(ledger, &incident, store, &exposed).await?;
        totals.count(&store, now);
        stores.push(store);
    }
    Ok(IncidentReport { incident, at: now, stores, totals })
}

impl MustAct {
    /// Something for which there is no step.
    pub(super) fn saying(what: &str) -> Self {
        Self { id: None, what: what.to_owned(), links: Vec::new(), step: None }
    }

    pub(super) fn of(id: impl ToString, step: Option<ManualStep>) -> Self {
        let links = step.iter().flat_map(|step| &step.instructions).filter_map(|one| one.link.clone());
        Self {
            id: Some(id.to_string()),
            what: step.as_ref().map_or_else(|| "a step without text".to_owned(), |step| step.title.clone()),
            links: links.collect(),
            step,
        }
    }
}

impl Totals {
    fn count(&mut self, store: &StoreReport, now: Timestamp) {
        self.stores += 1;
        self.were_inside += u64::from(store.was_inside());
        self.were_privileged += u64::from(store.found.as_ref().is_some_and(Found::is_privileged));
        let state = match &store.access {
            AccessReport::NotReached { .. } => &mut self.not_reached,
            AccessReport::WasOut { proof: Proof::Attested { .. } } => &mut self.were_out_attested,
            AccessReport::WasOut { .. } => &mut self.were_out,
            AccessReport::Open { .. } => &mut self.open,
            AccessReport::Closed { proof: Some(Proof::Attested { .. }), .. } => &mut self.closed_attested,
            AccessReport::Closed { proof: Some(_), .. } => &mut self.closed_proven,
            AccessReport::Closed { proof: None, .. } => &mut self.closed_unproven,
        };
        *state += 1;
        self.must_act += u64::try_from(store.must_act.len()).unwrap_or(u64::MAX);
        for credential in &store.credentials {
            self.credentials += 1;
            let state = match &credential.state {
                CredentialState::Attested { .. } => &mut self.credentials_attested,
                CredentialState::DiesAt { at } if *at > now => &mut self.credentials_dying,
                CredentialState::Dead { .. } | CredentialState::DiesAt { .. } => &mut self.credentials_dead,
                _ => &mut self.credentials_open,
            };
            *state += 1;
            self.must_act += u64::from(credential.must_act.is_some());
        }
    }
}

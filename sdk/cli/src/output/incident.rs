//! An incident and its report, as machines and people see them.

use std::collections::HashMap;

use guestpass::Timestamp;
use guestpass::grants::Found;
use guestpass::incident::{
    AccessReport, CredentialReport, CredentialState, Incident, IncidentReport, MustAct, OpenGrant,
    RotationScope, RotationWay, StoreReport, Totals,
};
use guestpass::rotation::{Rotation, RotationId, Stage};
use serde::Serialize;

use super::grant::TroubleView;
use super::{ProofView, RotationView, StepView, Who};

/// What was ordered.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentView {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) by: Who,
    pub(crate) reason: Option<String>,
    pub(crate) ticket: Option<String>,
    pub(crate) opened_at: Timestamp,
    /// When it was written down that nothing is open any more.
    pub(crate) finished_at: Option<Timestamp>,
    /// The credentials of which stores are replaced: `exposed`, `everywhere`, `nowhere`.
    pub(crate) rotate: &'static str,
    pub(crate) allows_downtime: bool,
    pub(crate) stores: u32,
}

/// How it stands, read from the ledger at one moment.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentReportView {
    pub(crate) incident: IncidentView,
    pub(crate) at: Timestamp,
    /// Whether nothing is open any more.
    pub(crate) is_over: bool,
    /// Whether all that is open waits for people.
    pub(crate) waits_for_people: bool,
    pub(crate) totals: Totals,
    pub(crate) stores: Vec<IncidentStoreView>,
}

/// One store.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentStoreView {
    pub(crate) store: String,
    pub(crate) platform: String,
    /// `not_reached`, `was_out`, `open` or `closed`.
    pub(crate) access: &'static str,
    /// Since when their removal is written down, where it is open.
    pub(crate) ordered_at: Option<Timestamp>,
    /// Since when we know that they are out.
    pub(crate) closed_at: Option<Timestamp>,
    /// What is missing.
    pub(crate) reason: Option<String>,
    pub(crate) proof: Option<ProofView>,
    /// Whether they were inside when it was opened, or could have come in.
    pub(crate) was_inside: bool,
    /// Whether a grant that was over then had let them in before.
    pub(crate) had_access: bool,
    pub(crate) found: Option<FoundView>,
    pub(crate) grants: Vec<OpenGrantView>,
    pub(crate) troubles: Vec<TroubleView>,
    pub(crate) must_act: Vec<MustActView>,
    /// The command that goes on, where it is open.
    pub(crate) next: Option<String>,
    pub(crate) credentials: Vec<IncidentCredentialView>,
    #[serde(skip)]
    waits_for_people: bool,
}

/// What the first look showed, before anything was sent.
#[derive(Debug, Serialize)]
pub(crate) struct FoundView {
    state: String,
    at: Timestamp,
    account: Option<String>,
    roles: Vec<String>,
    permissions: Vec<String>,
    privileged: Vec<String>,
    owner: bool,
}

/// A grant that was not over when the incident was opened.
#[derive(Debug, Serialize)]
pub(crate) struct OpenGrantView {
    id: String,
    role: Option<String>,
    phase: &'static str,
    since: Timestamp,
    until: Timestamp,
}

/// What a human must do.
#[derive(Debug, Serialize)]
pub(crate) struct MustActView {
    /// Of the step; `null` where no step says how.
    pub(crate) id: Option<String>,
    pub(crate) what: String,
    pub(crate) links: Vec<String>,
    /// `null` once the person's data was erased.
    step: Option<StepView>,
    /// The command that shows all of it, or goes on where no step says how.
    pub(crate) next: String,
}

/// A credential that is to be replaced.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentCredentialView {
    pub(crate) credential: String,
    pub(crate) kind: String,
    /// `automatic`, `guided`, `in_place` or `by_hand`.
    pub(crate) way: &'static str,
    pub(crate) rotation: Option<String>,
    /// `not_begun`, `needs_consent`, `by_hand`, `in_work`, `dies_at`, `dead` or `attested`.
    pub(crate) state: &'static str,
    /// How far its rotation is, while it is in work.
    stage: Option<Stage>,
    /// What it waits for, or why nothing was begun.
    pub(crate) reason: Option<String>,
    /// Since when the old one is dead or said to be, or when it dies by itself.
    pub(crate) at: Option<Timestamp>,
    pub(crate) proof: Option<ProofView>,
    pub(crate) must_act: Option<MustActView>,
    /// The command that goes on, where it is open.
    pub(crate) next: Option<String>,
    #[serde(skip)]
    pub(crate) is_closed: bool,
    #[serde(skip)]
    pub(crate) waits_for_people: bool,
}

impl From<&Incident> for IncidentView {
    fn from(incident: &Incident) -> Self {
        Self {
            id: incident.id.to_string(),
            person: incident.person.to_string(),
            by: Who::from(&incident.by),
            reason: incident.reason.clone(),
            ticket: incident.ticket.clone(),
            opened_at: incident.opened_at,
            finished_at: incident.finished_at,
            rotate: scope(incident.scope),
            allows_downtime: incident.allow_downtime,
            stores: incident.stores,
        }
    }
}

/// As the command line names it.
pub(crate) fn scope(scope: RotationScope) -> &'static str {
    match scope {
        RotationScope::Exposed => "exposed",
        RotationScope::Everywhere => "everywhere",
        RotationScope::Nowhere => "nowhere",
        _ => "other",
    }
}

/// How a credential is replaced.
pub(crate) fn way(way: &RotationWay) -> &'static str {
    match way {
        RotationWay::Automatic => "automatic",
        RotationWay::Guided => "guided",
        RotationWay::InPlace => "in_place",
        _ => "by_hand",
    }
}

impl IncidentReportView {
    /// The report, with what comes next of each rotation that is under way.
    pub(crate) fn new(report: &IncidentReport, rotations: &HashMap<RotationId, Rotation>) -> Self {
        let view = |store| IncidentStoreView::new(store, &report.incident, rotations);
        let stores: Vec<_> = report.stores.iter().map(view).collect();
        let mut open = stores.iter().filter(|store| !store.is_closed()).peekable();
        Self {
            incident: IncidentView::from(&report.incident),
            at: report.at,
            is_over: report.is_over(),
            waits_for_people: open.peek().is_some() && open.all(IncidentStoreView::is_for_people),
            totals: report.totals,
            stores,
        }
    }
}

impl IncidentStoreView {
    fn new(store: &StoreReport, incident: &Incident, rotations: &HashMap<RotationId, Rotation>) -> Self {
        let (access, ordered_at, closed_at, reason, proof) = match &store.access {
            AccessReport::NotReached { reason } => ("not_reached", None, None, Some(reason.clone()), None),
            AccessReport::WasOut { proof } => ("was_out", None, None, None, Some(proof.into())),
            AccessReport::Open { ordered_at, reason } => {
                ("open", *ordered_at, None, Some(reason.clone()), None)
            }
            AccessReport::Closed { at, proof } => {
                ("closed", None, Some(*at), None, proof.as_ref().map(ProofView::from))
            }
            _ => ("open", None, None, Some("a newer program wrote this".to_owned()), None),
        };
        let go_on = format!("guestpass incident continue {}", incident.id);
        let must_act: Vec<_> = store.must_act.iter().map(|must| MustActView::new(must, &go_on)).collect();
        let next = match (access, must_act.first()) {
            ("was_out" | "closed", _) => None,
            ("open", Some(must)) => Some(must.next.clone()),
            _ => Some(go_on),
        };
        let credentials = store.credentials.iter();
        Self {
            store: store.store.to_string(),
            platform: store.platform.to_string(),
            // A trouble is tried again by sweeps, and so is no reason to wait for anybody.
            waits_for_people: access == "open" && !must_act.is_empty() && store.troubles.is_empty(),
            access,
            ordered_at,
            closed_at,
            reason,
            proof,
            was_inside: store.was_inside(),
            had_access: store.had_access,
            found: store.found.as_ref().map(FoundView::from),
            grants: store.grants.iter().map(OpenGrantView::from).collect(),
            troubles: store.troubles.iter().map(TroubleView::from).collect(),
            must_act,
            next,
            credentials: credentials
                .map(|credential| IncidentCredentialView::new(credential, store, incident, rotations))
                .collect(),
        }
    }

    /// Whether they are out, however we know.
    pub(crate) fn is_out(&self) -> bool {
        matches!(self.access, "was_out" | "closed")
    }

    fn is_closed(&self) -> bool {
        self.is_out() && self.credentials.iter().all(|credential| credential.is_closed)
    }

    /// Whether all that is open here waits for people.
    fn is_for_people(&self) -> bool {
        (self.is_out() || self.waits_for_people)
            && self.credentials.iter().all(|credential| credential.is_closed || credential.waits_for_people)
    }
}

impl IncidentCredentialView {
    fn new(
        credential: &CredentialReport,
        store: &StoreReport,
        incident: &Incident,
        rotations: &HashMap<RotationId, Rotation>,
    ) -> Self {
        let id = incident.id;
        let go_on = format!("guestpass incident continue {id}");
        let rotation = credential.rotation.and_then(|id| rotations.get(&id));
        let resume = rotation.map_or_else(|| go_on.clone(), |rotation| RotationView::from(rotation).next);
        let must_act = credential.must_act.as_ref().map(|must| MustActView::new(must, &go_on));
        // Somebody must agree to what the new one lacks.
        let trouble = rotation.and_then(|rotation| rotation.trouble.as_ref());
        let needs_word = trouble.is_some_and(|trouble| !trouble.lost_rights.is_empty());
        let (state, reason, at, proof, next) = match &credential.state {
            CredentialState::NotBegun { reason } => {
                ("not_begun", Some(reason.clone()), None, None, Some(go_on))
            }
            CredentialState::NeedsConsent => {
                let reason =
                    "whoever uses it is refused from the moment it is replaced, until they take the new one";
                let next = format!("agree to that: {go_on} --allow-downtime");
                ("needs_consent", Some(reason.to_owned()), None, None, Some(next))
            }
            CredentialState::ByHand { reason } => {
                let (store, name) = (&store.store, &credential.name);
                let next = format!(
                    "replace it, then say so: guestpass incident attest {id} {store} {name} --note '…'"
                );
                ("by_hand", Some(reason.clone()), None, None, Some(next))
            }
            CredentialState::InWork { waits_for, .. } => {
                ("in_work", waits_for.clone(), None, None, Some(resume))
            }
            CredentialState::DiesAt { at } => ("dies_at", None, Some(*at), None, None),
            CredentialState::Dead { at, proof } => ("dead", None, Some(*at), proof.as_ref(), None),
            CredentialState::Attested { proof } => ("attested", None, Some(proof.at()), Some(proof), None),
            _ => ("in_work", Some("a newer program wrote this".to_owned()), None, None, Some(go_on)),
        };
        Self {
            credential: credential.name.to_string(),
            kind: credential.kind.to_string(),
            way: way(&credential.way),
            rotation: credential.rotation.map(|id| id.to_string()),
            state,
            stage: match &credential.state {
                CredentialState::InWork { stage, .. } => Some(*stage),
                _ => None,
            },
            reason,
            at,
            proof: proof.map(ProofView::from),
            next: match (&must_act, state) {
                (Some(must), "not_begun") => Some(must.next.clone()),
                _ => next,
            },
            is_closed: credential.is_closed(),
            waits_for_people: must_act.is_some()
                || needs_word
                || matches!(state, "needs_consent" | "by_hand"),
            must_act,
        }
    }
}

impl From<&Found> for FoundView {
    fn from(found: &Found) -> Self {
        Self {
            state: found.state.clone(),
            at: found.at,
            account: found.account.as_ref().map(ToString::to_string),
            roles: found.roles.clone(),
            permissions: found.permissions.clone(),
            privileged: found.privileged.clone(),
            owner: found.owner,
        }
    }
}

impl From<&OpenGrant> for OpenGrantView {
    fn from(grant: &OpenGrant) -> Self {
        Self {
            id: grant.id.to_string(),
            role: grant.role.clone(),
            phase: grant.phase.as_str(),
            since: grant.since,
            until: grant.until,
        }
    }
}

impl MustActView {
    fn new(must: &MustAct, go_on: &str) -> Self {
        let mut links: Vec<_> = must.links.iter().map(|link| link.url.clone()).collect();
        links.dedup();
        Self {
            id: must.id.clone(),
            what: must.what.clone(),
            links,
            step: must.step.as_ref().map(StepView::from),
            next: must
                .id
                .as_ref()
                .map_or_else(|| go_on.to_owned(), |id| format!("guestpass steps show {id}")),
        }
    }
}

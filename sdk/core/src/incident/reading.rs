//! How the access to one store stands, from the records alone.

use std::collections::HashSet;

use super::chain::Chain;
use super::credentials::credential_report;
use super::record::{Incident, IncidentStore};
use super::report::{AccessReport, MustAct, StoreReport};
use super::rotating::applies;
use crate::error::Result;
use crate::grants::{
    Found, GrantQuery, Ledger, OffboardState, Phase, Step, StepKind, StepQuery, Trouble, TroubleKind,
};
use crate::model::StoreHandle;

const PAGE: u32 = 100;

pub(super) async fn store_report(
    ledger: &dyn Ledger,
    incident: &Incident,
    store: IncidentStore,
    exposed: &HashSet<StoreHandle>,
) -> Result<StoreReport> {
    let place = &store.place;
    let chain = Chain::read(ledger, &store, &incident.person).await?;
    let holding = ledger.holding(&place.store, &place.subject).await?;
    let living = ledger.grants(&GrantQuery::living(place), None, PAGE).await?;
    let evicted = holding.as_ref().is_some_and(|holding| holding.eviction.is_some());
    let mut theirs = living.iter().filter(|grant| grant.person == incident.person);
    // A grant that still stands is no removal.
    let ordered = evicted || theirs.clone().any(|grant| grant.phase == Phase::Closing);
    let owed = evicted || theirs.any(|grant| grant.phase.is_owed());
    let steps = open_steps(ledger, &store).await?;
    let troubles = holding.map(|holding| holding.troubles).unwrap_or_default();
    let found = chain.found.clone().or_else(|| store.found.clone());
    let access = access(&store, &chain, Duty { owed, ordered }, &troubles, &steps);
    let mut must_act: Vec<_> = steps.into_iter().map(|step| MustAct::of(step.id, step.manual)).collect();
    if let (AccessReport::Open { reason, .. }, true) = (&access, must_act.is_empty()) {
        // Where nothing of ours is owed and nothing is to be sent, nobody else will do it.
        if !owed && !store.unsent && troubles.is_empty() {
            must_act.push(MustAct::saying(reason));
        }
    }
    let mut report = StoreReport {
        platform: place.platform.clone(),
        store: place.store.clone(),
        access,
        must_act,
        troubles,
        found,
        grants: store.grants.clone(),
        had_access: store.had_access,
        credentials: Vec::new(),
    };
    // What a look has shown counts even where it is not in the store's own record yet.
    let seen = IncidentStore { found: report.found.clone(), ..store };
    for credential in &seen.credentials {
        if applies(incident, &seen, credential, exposed) {
            let said = credential_report(ledger, incident, &seen.place.store, credential).await?;
            report.credentials.push(said);
        }
    }
    Ok(report)
}

/// Steps about the subject that take them out or belong to what they leave behind.
async fn open_steps(ledger: &dyn Ledger, store: &IncidentStore) -> Result<Vec<Step>> {
    let mut all: Vec<Step> = Vec::new();
    let mut after = None;
    loop {
        let page = ledger.steps(&StepQuery::open_at(&store.place), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.id);
        let out = |step: &Step| !matches!(step.kind, StepKind::Entry | StepKind::FollowUp | StepKind::Pause);
        all.extend(page.into_iter().filter(out));
    }
}

/// What our own records say is to be done.
#[derive(Clone, Copy)]
struct Duty {
    /// Their access is not over.
    owed: bool,
    /// Their removal is written down.
    ordered: bool,
}

fn access(
    store: &IncidentStore,
    chain: &Chain,
    duty: Duty,
    troubles: &[Trouble],
    steps: &[Step],
) -> AccessReport {
    if let OffboardState::Out { proof } = &store.state {
        let was_inside = chain.ordered_at.is_some() || store.is_exposed_now();
        return match &chain.closed {
            Some((at, proof)) => AccessReport::Closed { at: *at, proof: proof.clone() },
            None if was_inside => AccessReport::Closed { at: proof.at(), proof: Some(proof.clone()) },
            None => AccessReport::WasOut { proof: proof.clone() },
        };
    }
    if let (false, Some((at, proof))) = (duty.owed, &chain.closed) {
        return AccessReport::Closed { at: *at, proof: proof.clone() };
    }
    let ordered_at = chain.ordered_at;
    let trouble = troubles.iter().find(|trouble| trouble.kind != TroubleKind::RemovalLate);
    let step = steps.iter().find(|step| matches!(step.kind, StepKind::Exit | StepKind::Decision));
    let by_hand =
        step.and_then(|step| step.manual.as_ref()).map(|manual| format!("by hand: {}", manual.title));
    let known = by_hand.or_else(|| trouble.map(|trouble| trouble.reason.clone()));
    match &store.state {
        OffboardState::Open { reason } => {
            AccessReport::Open { ordered_at, reason: known.unwrap_or_else(|| reason.clone()) }
        }
        _ if ordered_at.is_some() || duty.ordered => AccessReport::Open {
            ordered_at,
            reason: known.unwrap_or_else(|| "their removal is written down and not proven yet".to_owned()),
        },
        _ => AccessReport::NotReached { reason: "nobody has looked at this store yet".to_owned() },
    }
}

impl IncidentStore {
    /// Whether they were inside when the incident was opened, as far as anybody knows.
    fn is_exposed_now(&self) -> bool {
        self.found.as_ref().is_some_and(Found::is_inside)
            || self.grants.iter().any(|grant| grant.phase.is_owed())
    }
}

//! What the ledger knows of one person on one store.

use std::time::Duration;

use super::explainer::Explainer;
use super::facts::KeptCredential;
use crate::Timestamp;
use crate::error::Result;
use crate::grants::{Grant, GrantQuery, Holding, Place, Step, StepQuery};
use crate::model::{PersonHandle, StoreHandle};
use crate::rotation::{Rotation, RotationId, RotationQuery, Stage};

const PAGE: u32 = 100;
/// An invitation that was sent before so many events of its store is not looked for.
const MOST_EVENTS: u64 = 5_000;

/// The grants of one person on one store, as far as an explanation needs them.
#[derive(Default)]
pub(super) struct Past {
    /// The last grant, whether it is over or not.
    pub(super) last: Option<Grant>,
    /// The last one that is over.
    pub(super) over: Option<Grant>,
    /// Until when they were inside, by the latest of those that are over.
    pub(super) inside_until: Option<Timestamp>,
}

impl Explainer {
    pub(super) async fn past(&self, person: &PersonHandle, store: &StoreHandle) -> Result<Past> {
        let query =
            GrantQuery { person: Some(person.clone()), store: Some(store.clone()), ..GrantQuery::new() };
        let mut past = Past::default();
        let mut after = None;
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(past) };
            after = Some(last.id);
            for grant in page {
                past.last = Some(grant.clone());
                if !grant.phase.is_over() {
                    continue;
                }
                if grant.was_active {
                    let left = grant.end.as_ref().map_or(grant.ends_at, |end| end.since);
                    past.inside_until = past.inside_until.max(Some(left));
                }
                past.over = Some(grant);
            }
        }
    }

    pub(super) async fn open_steps(&self, place: &Place) -> Result<Vec<Step>> {
        let mut all: Vec<Step> = Vec::new();
        let mut after = None;
        loop {
            let page = self.ledger.steps(&StepQuery::open_at(place), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.id);
            all.extend(page);
        }
    }

    /// How long an invitation may stay unanswered, by the strictest rule of these grants.
    pub(super) fn patience(&self, grants: &[Grant], store: &StoreHandle) -> Option<Duration> {
        let of_store = self.directory.policy(store, None);
        let policies = grants.iter().map(|grant| self.directory.policy(store, grant.role.as_deref()));
        policies.fold(of_store, |all, one| all.and(&one)).patience
    }

    /// When the invitation that is open was sent, as the chain of the store says.
    pub(super) async fn invited_at(&self, holding: &Holding) -> Result<Option<Timestamp>> {
        let store = &holding.place.store;
        let heads = self.ledger.heads().await?;
        let Some(head) = heads.into_iter().find(|head| head.store == *store) else { return Ok(None) };
        let kept_from = self.ledger.checkpoint(store).await?.map_or(0, |checkpoint| checkpoint.seq);
        let mut after = head.seq.saturating_sub(MOST_EVENTS).max(kept_from);
        let mut sent = None;
        loop {
            let page = self.ledger.events(store, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(sent) };
            after = last.seq;
            let facts = page.iter().filter_map(|event| event.fact().ok());
            let ours = facts
                .filter(|fact| fact.kind == "invite_sent" && fact.person.as_ref() == Some(&holding.person));
            sent = ours.map(|fact| fact.at).next_back().or(sent);
        }
    }

    /// Credentials that were in use while the person was inside and still are.
    pub(super) async fn kept_credentials(
        &self,
        left_at: Option<Timestamp>,
        store: &StoreHandle,
    ) -> Result<Vec<KeptCredential>> {
        let Some(left_at) = left_at else { return Ok(Vec::new()) };
        let mut kept = Vec::new();
        for slot in self.directory.credentials(store) {
            let query = RotationQuery::of(store, &slot.name);
            let mut after: Option<RotationId> = None;
            let mut is_kept = slot.made_at.is_none_or(|made_at| made_at < left_at);
            let mut credential = KeptCredential::new(slot.name, left_at);
            loop {
                let page = self.ledger.rotations(&query, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                for rotation in page {
                    is_kept &= !is_replaced_since(&rotation, left_at);
                    if !rotation.stage.is_over() {
                        credential.under_way = Some(rotation.id);
                    }
                }
            }
            if is_kept {
                kept.push(credential);
            }
        }
        Ok(kept)
    }
}

fn is_replaced_since(rotation: &Rotation, left_at: Timestamp) -> bool {
    rotation.stage == Stage::Done && rotation.promoted_at.is_some_and(|at| at >= left_at)
}

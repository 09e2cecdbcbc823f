//! What the chain of a store says.

use super::record::IncidentStore;
use crate::Timestamp;
use crate::error::Result;
use crate::grants::{Found, Ledger};
use crate::model::{PersonHandle, Proof};

const PAGE: u32 = 100;

/// What the chain of a store says about the person since the incident was opened.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) found: Option<Found>,
    pub(super) ordered_at: Option<Timestamp>,
    pub(super) closed: Option<(Timestamp, Option<Proof>)>,
}

impl Chain {
    pub(super) async fn read(
        ledger: &dyn Ledger,
        store: &IncidentStore,
        person: &PersonHandle,
    ) -> Result<Self> {
        let mut chain = Self::default();
        let mut after = store.chain;
        loop {
            let page = ledger.events(&store.place.store, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(chain) };
            after = last.seq;
            for event in page {
                let fact = event.fact()?;
                if fact.person.as_ref() != Some(person) {
                    continue;
                }
                match fact.kind.as_str() {
                    "offboarding_ordered" => {
                        chain.ordered_at.get_or_insert(fact.at);
                        let found = fact.detail.get("found").cloned();
                        let found = found.and_then(|found| serde_json::from_value(found).ok()).flatten();
                        chain.found = chain.found.or(found);
                    }
                    "evicted" | "access_ended" | "access_never_used" | "access_gone" => {
                        chain.closed = Some((fact.proof.as_ref().map_or(fact.at, Proof::at), fact.proof));
                    }
                    _ => {}
                }
            }
        }
    }
}

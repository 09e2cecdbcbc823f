//! Reading what an explanation needs: the ledger, one check, one look, and a listing where it shows other accounts.

use std::sync::Arc;

use serde::Serialize;

use super::asking::{Thoroughness, look};
use super::causes::{Cause, Standing};
use super::decide::decide;
use super::facts::{Facts, Failure, Looked};
use crate::Timestamp;
use crate::call::CallContext;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::grants::{Directory, Grant, GrantId, GrantQuery, Ledger, Phase, Place, SubjectKey};
use crate::model::{AccessState, AccountId, ContentionKey, Person, PersonHandle, ProviderId, StoreHandle};
use crate::provider::AccessProvider;

const PAGE: u32 = 100;

/// Explains why somebody is inside or not. Changes nothing anywhere.
#[derive(Debug, Clone)]
pub struct Explainer {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) directory: Arc<dyn Directory>,
    env: Environment,
}

/// One person on one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// About whom.
    pub person: PersonHandle,
    /// When it was asked, in UTC.
    pub at: Timestamp,
    /// Whether they can get in.
    pub standing: Standing,
    /// What the look showed, as [`AccessState::name`] names it; `None` where none was possible.
    pub seen: Option<String>,
    /// When the look began, in UTC.
    pub seen_at: Option<Timestamp>,
    /// The account that was seen, where exactly one was.
    pub account: Option<AccountId>,
    /// Their grants that are not over.
    pub grants: Vec<GrantView>,
    /// Why, what matters most first.
    pub causes: Vec<Cause>,
}

/// A grant, as far as an explanation shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantView {
    /// Which.
    pub id: GrantId,
    /// Whose.
    pub person: PersonHandle,
    /// Where it stands.
    pub phase: Phase,
    /// With which of our roles.
    pub role: Option<String>,
    /// When it begins, in UTC.
    pub starts_at: Timestamp,
    /// When it ends, in UTC.
    pub ends_at: Timestamp,
}

impl Explainer {
    /// An explainer of these stores.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, directory: Arc<dyn Directory>, env: Environment) -> Self {
        Self { ledger, directory, env }
    }

    /// Explains one person on one store. A store that cannot be asked is no error: that is the first cause then.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for a person whom nobody knows; when the ledger
    /// cannot be read.
    pub async fn store(
        &self,
        handle: &PersonHandle,
        store: &StoreHandle,
        cx: &CallContext,
    ) -> Result<Explanation> {
        let person = self.person(handle).await?;
        Box::pin(self.explain(&person, store, Thoroughness::Everything, cx)).await
    }

    /// The same on every store that is configured, and on those that left while something is owed there. What only the
    /// check of a connection shows is told for stores that could not be looked at.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub async fn everywhere(
        &self,
        handle: &PersonHandle,
        cx: &CallContext,
        mut each: impl FnMut(Explanation) + Send,
    ) -> Result<()> {
        let person = self.person(handle).await?;
        // One reading serves every store that is listed together.
        let cx = cx.clone().with_looks_since(self.env.clock().now());
        for store in self.stores_of(handle).await? {
            each(Box::pin(self.explain(&person, &store, Thoroughness::WhatIsShared, &cx)).await?);
        }
        Ok(())
    }

    async fn stores_of(&self, person: &PersonHandle) -> Result<Vec<StoreHandle>> {
        let mut stores = self.directory.stores();
        let query = GrantQuery { person: Some(person.clone()), ..GrantQuery::new() }.not_over();
        let mut after = None;
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(stores) };
            after = Some(last.id);
            for grant in page {
                if !stores.contains(&grant.place.store) {
                    stores.push(grant.place.store);
                }
            }
        }
    }

    async fn explain(
        &self,
        person: &Person,
        store: &StoreHandle,
        much: Thoroughness,
        cx: &CallContext,
    ) -> Result<Explanation> {
        let provider = self.directory.connect(store);
        let past = self.past(&person.handle, store).await?;
        let connected = provider.as_ref().ok().and_then(Option::as_ref);
        let place = match (connected, past.last) {
            (Some(provider), _) => place_at(&**provider, store, person),
            (None, Some(grant)) => grant.place,
            (None, None) => unknown_place(store, person)?,
        };
        let holding = self.ledger.holding(&place.store, &place.subject).await?;
        let look = match &provider {
            Ok(Some(provider)) => look(&**provider, person, holding.as_ref(), cx).await,
            Ok(None) => Looked::NoStore,
            Err(error) => Looked::Failed(Failure::of(error)),
        };
        let mut facts = Facts::new(self.env.clock().now(), person.handle.clone(), look);
        facts.past = past.over;
        facts.grants = self.ledger.grants(&GrantQuery::living(&place), None, PAGE).await?;
        facts.steps = self.open_steps(&place).await?;
        facts.patience = self.patience(&facts.grants, store);
        if let Some(holding) = holding.as_ref().filter(|_| facts.waits_for_an_answer()) {
            facts.invited_at = self.invited_at(holding).await?;
        }
        facts.holding = holding;
        facts.kept_credentials = self.kept_credentials(past.inside_until, store).await?;
        if let Some(provider) = connected {
            Box::pin(self.ask(&**provider, person, &mut facts, much, cx)).await;
        }
        Ok(explanation(facts, place))
    }

    async fn person(&self, handle: &PersonHandle) -> Result<Person> {
        let kept = self.ledger.person(handle).await?.and_then(|record| record.to_person());
        self.directory.person(handle).or(kept).ok_or_else(|| {
            Error::invalid("person", format!("names {handle}, whom nobody knows"), "name one of your people")
        })
    }
}

fn place_at(provider: &dyn AccessProvider, store: &StoreHandle, person: &Person) -> Place {
    let connection = provider.connection();
    Place {
        platform: connection.provider().clone(),
        store: store.clone(),
        subject: connection.subject(person),
        contention: connection.contention_key().clone(),
    }
}

/// A store that nobody knows and on which nobody of ours ever was.
fn unknown_place(store: &StoreHandle, person: &Person) -> Result<Place> {
    Ok(Place {
        platform: ProviderId::from_static("unknown"),
        store: store.clone(),
        subject: SubjectKey::mailbox(&person.email),
        contention: ContentionKey::new(format!("unknown/{store}"))?,
    })
}

fn explanation(facts: Facts, place: Place) -> Explanation {
    let (standing, causes) = decide(&facts);
    let view = |grant: &Grant| GrantView {
        id: grant.id,
        person: grant.person.clone(),
        phase: grant.phase,
        role: grant.role.clone(),
        starts_at: grant.starts_at,
        ends_at: grant.ends_at,
    };
    let look = match &facts.look {
        Looked::Seen(look) => Some(look),
        _ => None,
    };
    let account = look.and_then(|look| look.state.account());
    Explanation {
        platform: place.platform,
        store: place.store,
        at: facts.now,
        standing,
        seen: look.map(|look| AccessState::name(&look.state).to_owned()),
        seen_at: look.map(|look| look.evidence.began_at),
        account: account.map(|account| account.id.clone()),
        grants: facts.grants.iter().map(view).collect(),
        causes,
        person: facts.person,
    }
}

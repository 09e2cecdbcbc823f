//! Opening an incident, and what people say about one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::record::{Incident, IncidentCredential, IncidentId, IncidentStore, OpenGrant, RotationWay};
use super::request::{IncidentPlan, IncidentRequest, IncidentWatcher, ResponseOptions};
use crate::Timestamp;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::audit::Fact;
use crate::grants::{
    Commit, Directory, Engine, Grant, GrantQuery, Ledger, OffboardState, OffboardingId, Principal,
};
use crate::model::{CredentialName, Person, PersonHandle, Proof, ProviderId, StoreHandle};
use crate::provider::AccessProvider;
use crate::rotation::{CredentialSlot, Driver};

pub(super) const PAGE: u32 = 100;
/// How often a change is written anew when somebody else changed the same record meanwhile.
const TRIES: usize = 8;

/// Ends a person's access everywhere at once, and has every credential replaced that they may have seen.
///
/// Several responders, in as many processes, may work on one ledger: removals and rotations hold leases of their own.
#[derive(Debug, Clone)]
pub struct Responder {
    pub(super) engine: Engine,
    pub(super) driver: Driver,
    env: Environment,
}

/// What the ledger says of a person on one store when an incident is opened.
#[derive(Default)]
struct History {
    platform: Option<ProviderId>,
    open: Vec<OpenGrant>,
    had_access: bool,
}

impl Responder {
    /// A responder that removes with this engine and rotates with this driver. Both work on the same ledger.
    #[must_use]
    pub fn new(engine: Engine, driver: Driver, env: Environment) -> Self {
        Self { engine, driver, env }
    }

    /// Writes an incident down. Nothing is sent. Whoever has one that is not finished, and was not let in since, keeps that
    /// one: a second call goes on with the first. One of which nothing is open any more is written down as finished first;
    /// the next one looks everywhere again, and replaces credentials again.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a person whom nobody knows; when the ledger cannot be read or written.
    pub async fn open(&self, request: IncidentRequest) -> Result<Incident> {
        let person = self.engine.person_to_offboard(&request.person).await?;
        let history = self.history(&request.person).await?;
        if let Some(known) = self.unfinished(&request.person, &history).await? {
            // What sweeps have finished meanwhile says nothing about today: another one looks everywhere again.
            let known = self.close_if_done(known.id).await?;
            if known.finished_at.is_none() {
                let allows = request.allow_downtime;
                return if allows { self.allow_downtime(known.id, &request.by).await } else { Ok(known) };
            }
        }
        let now = self.now();
        let mut incident = Incident {
            id: IncidentId::new(now),
            person: request.person,
            by: request.by,
            reason: request.reason,
            ticket: request.ticket,
            opened_at: now,
            finished_at: None,
            offboarding: OffboardingId::random(),
            scope: request.scope,
            allow_downtime: request.allow_downtime,
            stores: 0,
            revision: 0,
        };
        let mut change = Commit::new();
        change.incident_stores = self.stores_of(incident.id, &person, history).await?;
        incident.stores = u32::try_from(change.incident_stores.len()).unwrap_or(u32::MAX);
        for store in &change.incident_stores {
            change.facts.push(fact(&incident, store, "incident_opened", now));
            if incident.allow_downtime && has_in_place(store) {
                change.facts.push(downtime_allowed(&incident, store, &incident.by, now));
            }
        }
        change.incidents.push(incident.clone());
        self.ledger().commit(change).await?;
        self.incident(incident.id).await
    }

    /// Takes an incident as far as it goes now: removals first, then, on each contention key whose removals have left, the
    /// credentials. To be called again until the [report](super::report) says that nothing is open.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown id; when the ledger cannot be read or written. What fails at a store or with a
    /// credential is in the report, not an error.
    pub async fn continue_incident(
        &self,
        id: IncidentId,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<Incident> {
        // Sweeps may have finished it: then nothing is sent.
        let incident = self.close_if_done(id).await?;
        if incident.finished_at.is_some() {
            return Ok(incident);
        }
        Box::pin(self.remove_and_rotate(&incident, options, watcher)).await?;
        self.close_if_done(id).await
    }

    /// What [`open`](Self::open) would write down now. Nothing is written, and nothing is sent.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn plan(&self, request: &IncidentRequest) -> Result<IncidentPlan> {
        let person = self.engine.person_to_offboard(&request.person).await?;
        let history = self.history(&request.person).await?;
        if let Some(known) = self.unfinished(&request.person, &history).await? {
            let report = super::report(&**self.ledger(), known.id, self.now()).await?;
            if !report.is_over() {
                let stores = self.stores(known.id).await?;
                return Ok(IncidentPlan { goes_on_with: Some(known), stores });
            }
        }
        let stores = self.stores_of(IncidentId::new(self.now()), &person, history).await?;
        Ok(IncidentPlan { goes_on_with: None, stores })
    }

    /// Agrees to downtime: credentials whose old one ends with the making of the new one are replaced, too. Who agreed is
    /// in the chain of every store that has such a credential.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown id; [`ErrorKind::Conflict`] for an incident that is finished; when the ledger
    /// cannot be read or written.
    pub async fn allow_downtime(&self, id: IncidentId, by: &Principal) -> Result<Incident> {
        let stores: Vec<_> = self.stores(id).await?.into_iter().filter(has_in_place).collect();
        let mut tries = 0;
        loop {
            tries += 1;
            let before = self.incident(id).await?;
            if before.allow_downtime {
                return Ok(before);
            }
            if before.finished_at.is_some() {
                return Err(Error::new(ErrorKind::Conflict, format!("the incident {id} is finished"))
                    .with_remedy("rotate the credential by itself, or open another incident"));
            }
            let now = self.now();
            let mut change = Commit::new();
            change.facts = stores.iter().map(|store| downtime_allowed(&before, store, by, now)).collect();
            change.incidents.push(Incident { allow_downtime: true, ..before });
            match self.ledger().commit(change).await {
                Err(error) if error.is_stale() && tries < TRIES => {}
                other => other?,
            }
        }
    }

    /// Somebody says that they replaced a credential by hand. Recorded as said.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown incident, store or credential; when the ledger cannot be read or written.
    pub async fn attest_replaced(
        &self,
        id: IncidentId,
        store: &StoreHandle,
        credential: &CredentialName,
        by: &Principal,
        note: &str,
    ) -> Result<Incident> {
        let unknown = || {
            Error::new(ErrorKind::NotFound, format!("the incident knows no credential {store}/{credential}"))
                .with_remedy("see its report")
        };
        let stores = self.stores(id).await?;
        let kept = stores.iter().find(|kept| kept.place.store == *store).ok_or_else(unknown)?;
        let index =
            kept.credentials.iter().position(|known| known.name == *credential).ok_or_else(unknown)?;
        let word = Proof::Attested { who: by.name.clone(), at: self.now(), note: note.to_owned() };
        let mut said = fact(&self.incident(id).await?, kept, "incident_credential_attested", self.now());
        said.actor = Some(by.clone());
        said.proof = Some(word.clone());
        said.detail = serde_json::json!({ "incident": id, "credential": credential });
        let change = |store: &mut IncidentStore| {
            if let Some(known) = store.credentials.get_mut(index) {
                known.word = Some(word.clone());
            }
        };
        self.amend_store_with(id, kept.number, change, &[said]).await?;
        self.close_if_done(id).await
    }

    pub(super) fn ledger(&self) -> &Arc<dyn Ledger> {
        self.engine.ledger()
    }

    pub(super) fn directory(&self) -> &Arc<dyn Directory> {
        self.engine.directory()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.env.clock().now()
    }

    pub(super) fn env(&self) -> &Environment {
        &self.env
    }

    pub(super) async fn incident(&self, id: IncidentId) -> Result<Incident> {
        self.ledger().incident(id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no incident {id}"))
                .with_remedy("copy the id from the list of incidents")
        })
    }

    /// Every store of an incident.
    pub(super) async fn stores(&self, id: IncidentId) -> Result<Vec<IncidentStore>> {
        let mut all: Vec<IncidentStore> = Vec::new();
        loop {
            let after = all.last().map_or(0, |store| store.number);
            let page = self.ledger().incident_stores(id, after, PAGE).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    pub(super) async fn store(&self, id: IncidentId, number: u32) -> Result<IncidentStore> {
        let found = self.ledger().incident_stores(id, number.saturating_sub(1), 1).await?;
        found.into_iter().find(|store| store.number == number).ok_or_else(|| {
            Error::new(ErrorKind::Internal, format!("store {number} of incident {id} is missing"))
        })
    }

    /// Reads one store of an incident, changes it and writes it back, anew when somebody else was faster.
    pub(super) async fn amend_store(
        &self,
        id: IncidentId,
        number: u32,
        change: impl Fn(&mut IncidentStore),
    ) -> Result<IncidentStore> {
        self.amend_store_with(id, number, change, &[]).await
    }

    /// The same, with these facts if something changes.
    async fn amend_store_with(
        &self,
        id: IncidentId,
        number: u32,
        change: impl Fn(&mut IncidentStore),
        facts: &[Fact],
    ) -> Result<IncidentStore> {
        let mut tries = 0;
        loop {
            tries += 1;
            let before = self.store(id, number).await?;
            let mut store = before.clone();
            change(&mut store);
            if store == before {
                return Ok(before);
            }
            let mut commit = Commit::new();
            commit.incident_stores.push(store);
            commit.facts.extend_from_slice(facts);
            match self.ledger().commit(commit).await {
                Err(error) if error.is_stale() && tries < TRIES => {}
                other => other?,
            }
        }
    }

    async fn unfinished(
        &self,
        person: &PersonHandle,
        history: &BTreeMap<StoreHandle, History>,
    ) -> Result<Option<Incident>> {
        let newest = self.ledger().incidents(Some(person), 1).await?.into_iter().next();
        let was_let_in = |incident: &Incident| {
            let open = history.values().flat_map(|history| &history.open);
            open.map(|grant| grant.since).any(|since| since > incident.opened_at)
        };
        Ok(newest.filter(|incident| incident.finished_at.is_none() && !was_let_in(incident)))
    }

    async fn history(&self, person: &PersonHandle) -> Result<BTreeMap<StoreHandle, History>> {
        let query = GrantQuery { person: Some(person.clone()), ..GrantQuery::new() };
        let mut histories: BTreeMap<StoreHandle, History> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.ledger().grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(histories) };
            after = Some(last.id);
            for grant in page {
                let history = histories.entry(grant.place.store.clone()).or_default();
                history.platform = Some(grant.place.platform.clone());
                if grant.phase.is_over() {
                    history.had_access |= grant.was_active;
                } else {
                    history.open.push(opened(&grant));
                }
            }
        }
    }

    /// Every store that is configured, and those that left while something is owed there or was once.
    async fn stores_of(
        &self,
        id: IncidentId,
        person: &Person,
        mut history: BTreeMap<StoreHandle, History>,
    ) -> Result<Vec<IncidentStore>> {
        let ends: HashMap<StoreHandle, u64> =
            self.ledger().heads().await?.into_iter().map(|head| (head.store, head.seq)).collect();
        let mut names = self.directory().stores();
        let left: Vec<_> = history
            .iter()
            .filter(|(store, history)| !names.contains(store) && !history.open.is_empty())
            .map(|(store, _)| store.clone())
            .collect();
        names.extend(left);
        let mut stores = Vec::with_capacity(names.len());
        for (number, store) in (1..).zip(names) {
            let history = history.remove(&store).unwrap_or_default();
            let provider = self.directory().connect(&store).ok().flatten();
            let platform = provider
                .as_ref()
                .map(|provider| provider.connection().provider().clone())
                .or(history.platform)
                // A store whose settings are wrong, and on which nobody of ours ever was.
                .unwrap_or(ProviderId::from_static("unknown"));
            let slots = self.directory().credentials(&store);
            stores.push(IncidentStore {
                incident: id,
                number,
                place: self.engine.place_of(&platform, &store, person)?,
                chain: ends.get(&store).copied().unwrap_or_default(),
                grants: history.open,
                had_access: history.had_access,
                state: OffboardState::Waiting,
                unsent: true,
                found: None,
                credentials: slots.iter().map(|slot| credential(slot, provider.as_deref())).collect(),
                revision: 0,
            });
        }
        Ok(stores)
    }
}

fn opened(grant: &Grant) -> OpenGrant {
    OpenGrant {
        id: grant.id,
        role: grant.role.clone(),
        phase: grant.phase,
        since: grant.created_at,
        until: grant.ends_at,
    }
}

fn credential(slot: &CredentialSlot, provider: Option<&dyn AccessProvider>) -> IncidentCredential {
    IncidentCredential {
        name: slot.name.clone(),
        kind: slot.kind.clone(),
        way: way(slot, provider),
        dependents: slot.dependents.clone(),
        rotation: None,
        earlier: None,
        trouble: None,
        word: None,
    }
}

fn way(slot: &CredentialSlot, provider: Option<&dyn AccessProvider>) -> RotationWay {
    let by_hand = |reason: &str| RotationWay::ByHand { reason: reason.to_owned() };
    let Some(provider) = provider else { return by_hand("the store is not connected") };
    let Some(rotator) = provider.credentials() else {
        return by_hand("nothing can be rotated through this connection");
    };
    match rotator.kinds().into_iter().find(|info| info.kind == slot.kind) {
        None => by_hand("the platform knows no such kind of credential"),
        Some(info) if info.is_in_place() => RotationWay::InPlace,
        Some(info) if info.is_guided() => RotationWay::Guided,
        Some(_) => RotationWay::Automatic,
    }
}

/// Something that happened to an incident on one of its stores.
pub(super) fn fact(incident: &Incident, store: &IncidentStore, kind: &str, now: Timestamp) -> Fact {
    let mut fact = Fact::new(now, kind, store.place.platform.clone(), store.place.store.clone());
    fact.person = Some(incident.person.clone());
    fact.actor = Some(incident.by.clone());
    fact.reason.clone_from(&incident.reason);
    fact.ticket.clone_from(&incident.ticket);
    fact.detail = serde_json::json!({ "incident": incident.id });
    fact
}

/// Somebody has agreed that whoever uses the credentials of a store is refused for a while.
fn downtime_allowed(incident: &Incident, store: &IncidentStore, by: &Principal, now: Timestamp) -> Fact {
    let mut fact = fact(incident, store, "incident_downtime_allowed", now);
    fact.actor = Some(by.clone());
    fact
}

fn has_in_place(store: &IncidentStore) -> bool {
    store.credentials.iter().any(|credential| credential.way == RotationWay::InPlace)
}

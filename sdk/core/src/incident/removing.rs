//! Removals first: rotations begin on a contention key once everything that takes the person out there has left.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::chain::Chain;
use super::record::{Incident, IncidentStore};
use super::request::{IncidentWatcher, ResponseOptions};
use super::responder::Responder;
use crate::call::Priority;
use crate::error::Result;
use crate::grants::{LeaseKey, OffboardRequest, OffboardedStore, Offboarding, Watcher};
use crate::model::StoreHandle;

/// What a job has done.
enum Done {
    /// A result is written down, and whether more of the removal is to be sent.
    Kept { store: StoreHandle, unsent: bool },
    /// The credentials of a key were looked after.
    Rotated,
}

/// Which stores of each contention key still wait for their removal to leave.
struct Keys {
    waiting: BTreeMap<LeaseKey, BTreeSet<StoreHandle>>,
    of: HashMap<StoreHandle, LeaseKey>,
    begun: HashSet<LeaseKey>,
}

impl Keys {
    fn of(stores: &[IncidentStore]) -> Self {
        let mut keys = Self { waiting: BTreeMap::new(), of: HashMap::new(), begun: HashSet::new() };
        for store in stores {
            let key = LeaseKey::of(&store.place);
            let waiting = keys.waiting.entry(key.clone()).or_default();
            if !store.is_out() && store.unsent {
                waiting.insert(store.place.store.clone());
            }
            keys.of.insert(store.place.store.clone(), key);
        }
        keys
    }

    /// Keys on which nothing is to be sent any more, each once.
    fn ready(&mut self) -> Vec<LeaseKey> {
        let sent = self.waiting.iter().filter(|(_, waiting)| waiting.is_empty());
        let ready: Vec<_> =
            sent.map(|(key, _)| key.clone()).filter(|key| !self.begun.contains(key)).collect();
        self.begun.extend(ready.iter().cloned());
        ready
    }

    fn sent(&mut self, store: &StoreHandle) {
        if let Some(waiting) = self.of.get(store).and_then(|key| self.waiting.get_mut(key)) {
            waiting.remove(store);
        }
    }
}

/// Passes results of the engine on, as they come.
struct Relay<'a> {
    to: &'a dyn IncidentWatcher,
    kept: UnboundedSender<OffboardedStore>,
}

impl Watcher for Relay<'_> {
    fn offboarded(&self, store: &OffboardedStore) {
        self.to.offboarded(store);
        // Nobody listens any more when the work is given up; then there is nobody to tell.
        drop(self.kept.send(store.clone()));
    }

    fn goes_on(&self) -> bool {
        self.to.goes_on()
    }
}

impl Responder {
    /// The removals of all stores, and beside them the rotations of every key whose removals have left.
    pub(super) async fn remove_and_rotate(
        &self,
        incident: &Incident,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<()> {
        let stores = self.stores(incident.id).await?;
        let numbers: HashMap<StoreHandle, u32> =
            stores.iter().map(|store| (store.place.store.clone(), store.number)).collect();
        let mut keys = Keys::of(&stores);
        let gate = Semaphore::new(options.parallel.max(1));
        let (kept, mut results) = unbounded_channel();
        let relay = Relay { to: watcher, kept };
        let mut removals = pin!(self.removals(incident, &stores, options, &relay));
        let mut removed = None;
        let mut first_error = None;
        let mut jobs: FuturesUnordered<BoxFuture<'_, Result<Done>>> = FuturesUnordered::new();
        // Nothing is awaited between two turns: what waits for the ledger there would let the others stand still.
        loop {
            while let Ok(result) = results.try_recv() {
                if let Some(number) = numbers.get(&result.store) {
                    jobs.push(Box::pin(self.keep(incident, *number, result)));
                }
            }
            for key in keys.ready() {
                jobs.push(Box::pin(self.rotate_key(incident, key, &gate, options, watcher)));
            }
            if removed.is_some() && jobs.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                Some(done) = jobs.next(), if !jobs.is_empty() => match done {
                    Ok(Done::Kept { store, unsent: false }) => keys.sent(&store),
                    Ok(_) => {}
                    Err(error) => drop(first_error.get_or_insert(error)),
                },
                Some(result) = results.recv() => if let Some(number) = numbers.get(&result.store) {
                    jobs.push(Box::pin(self.keep(incident, *number, result)));
                },
                ended = &mut removals, if removed.is_none() => {
                    removed = Some(());
                    match ended {
                        Ok(record) => for result in record.into_iter().flat_map(|record| record.stores) {
                            if let Some(number) = numbers.get(&result.store) {
                                jobs.push(Box::pin(self.keep(incident, *number, result)));
                            }
                        },
                        Err(error) => drop(first_error.get_or_insert(error)),
                    }
                },
            }
        }
        drop(jobs);
        if let Some(error) = first_error {
            return Err(error);
        }
        Box::pin(self.rotate_what_others_depend_on(incident, options, watcher)).await
    }

    async fn removals(
        &self,
        incident: &Incident,
        stores: &[IncidentStore],
        options: &ResponseOptions,
        relay: &Relay<'_>,
    ) -> Result<Option<Offboarding>> {
        if stores.iter().all(IncidentStore::is_out) {
            return Ok(None);
        }
        let mut order =
            OffboardRequest::new(incident.person.clone(), incident.by.clone()).under(incident.offboarding);
        order.reason.clone_from(&incident.reason);
        // One store whose settings are wrong keeps nobody inside the others.
        order.stores = stores
            .iter()
            .map(|store| &store.place.store)
            .filter(|store| self.directory().connect(store).is_ok_and(|provider| provider.is_some()))
            .cloned()
            .collect();
        if order.stores.is_empty() {
            return Ok(None);
        }
        let cx = self.env().call().with_timeout(options.removals).with_priority(Priority::Removal);
        self.engine.offboard(order, &cx, relay).await.map(Some)
    }

    async fn keep(&self, incident: &Incident, number: u32, result: OffboardedStore) -> Result<Done> {
        let known = self.store(incident.id, number).await?;
        // Whoever died after the first look has left it in the chain; a later one may show what they sent.
        let found = match known.found.clone() {
            Some(found) => Some(found),
            None => Chain::read(&**self.ledger(), &known, &incident.person).await?.found.or(result.found),
        };
        self.amend_store(incident.id, number, |store| {
            // Somebody else may have seen them out while this one only saw that somebody else was there.
            if !store.is_out() {
                store.state = result.state.clone();
                store.unsent = result.unsent;
            }
            store.found.clone_from(&found);
        })
        .await?;
        Ok(Done::Kept { store: result.store, unsent: result.unsent })
    }

    async fn rotate_key(
        &self,
        incident: &Incident,
        key: LeaseKey,
        gate: &Semaphore,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<Done> {
        // Never closed.
        let _turn = gate.acquire().await.ok();
        for store in self.stores(incident.id).await? {
            if LeaseKey::of(&store.place) == key {
                Box::pin(self.replace_credentials(incident, &store, &HashSet::new(), options, watcher))
                    .await?;
            }
        }
        Ok(Done::Rotated)
    }

    /// A credential of a store where the person never was may open another one where they were.
    async fn rotate_what_others_depend_on(
        &self,
        incident: &Incident,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<()> {
        let stores = self.stores(incident.id).await?;
        let exposed = exposed(&stores);
        let mut keys = Keys::of(&stores);
        let ready: HashSet<_> = keys.ready().into_iter().collect();
        let shared =
            stores.iter().filter(|store| !store.is_exposed() && ready.contains(&LeaseKey::of(&store.place)));
        for store in shared {
            if store.credentials.iter().any(|credential| is_shared(&credential.dependents, &exposed)) {
                Box::pin(self.replace_credentials(incident, store, &exposed, options, watcher)).await?;
            }
        }
        Ok(())
    }
}

/// The stores where the person may have seen something.
pub(super) fn exposed(stores: &[IncidentStore]) -> HashSet<StoreHandle> {
    stores.iter().filter(|store| store.is_exposed()).map(|store| store.place.store.clone()).collect()
}

pub(super) fn is_shared(dependents: &[StoreHandle], exposed: &HashSet<StoreHandle>) -> bool {
    dependents.iter().any(|store| exposed.contains(store))
}

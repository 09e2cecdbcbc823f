//! Taking one person out of every store.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::lock::Mutex;
use futures_util::stream;

use super::book::Ending;
use super::settle::Way;
use super::{Durable, Engine, Moment, OffboardRequest, Settled, Watcher};
use crate::Timestamp;
use crate::call::{CallContext, Priority};
use crate::error::{Error, ErrorKind, Result};
use crate::grants::grant::{Cause, Principal};
use crate::grants::holding::Eviction;
use crate::grants::ledger::{Commit, GrantQuery, Lease, LeaseKey, PersonRecord, StepQuery};
use crate::grants::offboarding::{Found, OffboardState, OffboardedStore, Offboarding, OffboardingId};
use crate::grants::phase::{Move, Phase};
use crate::grants::step::{StepEnd, StepKind};
use crate::grants::subject::Place;
use crate::grants::trouble::TroubleKind;
use crate::model::{
    AccessState, ContentionKey, Observation, Person, PersonHandle, Proof, ProviderId, Remains, StoreHandle,
};

/// How many keys are worked on at once.
const PARALLEL: usize = 8;
const PAGE: u32 = 100;
/// How often results are written anew when somebody else changed the same record meanwhile.
const TRIES: usize = 8;
const SHARED: &str = "others may come in the same way, so nobody is asked to close it: take the person out of what they share, \
    or end its access to this store";

/// Who goes, by whose word, why, since when.
struct Order {
    person: Person,
    record: PersonRecord,
    by: Principal,
    reason: Option<String>,
    began_at: Timestamp,
}

/// One store of an offboarding, as a task works on it.
struct Entry {
    index: usize,
    place: Place,
    state: OffboardState,
    found: Option<Found>,
    unsent: bool,
}

impl Engine {
    /// Takes somebody out of every store, whatever was there before us, and keeps a record with one entry for each store.
    ///
    /// What is not proven when this returns stays owed: sweeps go on with it, and
    /// [`continue_offboarding`](Self::continue_offboarding) brings the record up to date.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a person whom nobody knows; when the ledger cannot be read or written.
    pub async fn offboard(
        &self,
        request: OffboardRequest,
        cx: &CallContext,
        watcher: &dyn Watcher,
    ) -> Result<Offboarding> {
        if let Some(id) = request.id
            && self.ledger.offboarding(id).await?.is_some()
        {
            return self.continue_offboarding(id, cx, watcher).await;
        }
        let person = self.person_to_offboard(&request.person).await?;
        let mut stores: Vec<OffboardedStore> = Vec::new();
        let named = if request.stores.is_empty() { self.directory.stores() } else { request.stores };
        for store in named {
            let Some(provider) = self.directory.connect(&store)? else {
                return Err(Error::invalid(
                    "stores",
                    format!("names {store}, which is not configured"),
                    "name your stores",
                ));
            };
            let platform = provider.connection().provider().clone();
            stores.push(OffboardedStore::waiting(platform, store));
        }
        self.add_owing_stores(&request.person, &mut stores).await?;
        let record = Offboarding {
            id: request.id.unwrap_or_else(OffboardingId::random),
            person: request.person,
            by: request.by,
            reason: request.reason,
            began_at: self.now(),
            finished_at: None,
            stores,
            revision: 0,
        };
        let mut change = Commit::new();
        change.offboardings.push(record.clone());
        change.people.push(self.record_of(&person).await?);
        match self.commit_record(change).await {
            // Somebody else began the same one at this moment.
            Err(error) if error.is_stale() && request.id.is_some() => {}
            begun => begun?,
        }
        self.continue_offboarding(record.id, cx, watcher).await
    }

    /// Goes on with an offboarding that was interrupted or is not finished.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown id; as [`offboard`](Self::offboard).
    pub async fn continue_offboarding(
        &self,
        id: OffboardingId,
        cx: &CallContext,
        watcher: &dyn Watcher,
    ) -> Result<Offboarding> {
        Box::pin(self.go_on(id, cx, watcher)).await
    }

    async fn go_on(&self, id: OffboardingId, cx: &CallContext, watcher: &dyn Watcher) -> Result<Offboarding> {
        let record = self.offboarding(id).await?;
        let person = self.person_to_offboard(&record.person).await?;
        let order = Order {
            record: self.record_of(&person).await?,
            person,
            by: record.by.clone(),
            reason: record.reason.clone(),
            began_at: record.began_at,
        };
        let groups = self.grouped(&record, &order.person)?;
        let (order, record) = (&order, &Mutex::new(record));
        // Each group keeps its own results: whoever waited for the ledger between two of them would let the others
        // stand still, and one of those may be what the ledger waits for.
        let work = groups.into_iter().map(|(key, entries)| {
            Box::pin(async move {
                let entries = self.offboard_group(&key, entries, order, cx, watcher).await?;
                self.keep_results(entries, &mut *record.lock().await).await
            })
        });
        let mut done = stream::iter(work).buffer_unordered(PARALLEL);
        while let Some(kept) = done.next().await {
            kept?;
        }
        self.offboarding(id).await
    }

    /// Writes results down beside those of whoever works on the same record.
    async fn keep_results(&self, entries: Vec<Entry>, record: &mut Offboarding) -> Result<()> {
        let mut tries = 0;
        loop {
            tries += 1;
            for Entry { index, state, found, unsent, .. } in &entries {
                // Somebody else may have seen them out while this one only saw that somebody else was there.
                let store = record.stores.get_mut(*index);
                if let Some(store) = store.filter(|store| !matches!(store.state, OffboardState::Out { .. })) {
                    store.state = state.clone();
                    store.found.clone_from(found);
                    store.unsent = *unsent;
                }
            }
            if record.stores.iter().all(|store| matches!(store.state, OffboardState::Out { .. })) {
                record.finished_at.get_or_insert(self.now());
            }
            let mut change = Commit::new();
            change.offboardings.push(record.clone());
            match self.commit_record(change).await {
                Err(error) if error.is_stale() && tries < TRIES => {
                    *record = self.offboarding(record.id).await?
                }
                kept => {
                    record.revision += 1;
                    return kept;
                }
            }
        }
    }

    async fn offboarding(&self, id: OffboardingId) -> Result<Offboarding> {
        self.ledger.offboarding(id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no offboarding {id}"))
                .with_remedy("copy the id from the list of offboardings")
        })
    }

    async fn commit_record(&self, change: Commit) -> Result<()> {
        self.checkpoint.at(Durable::Offboarding, Moment::Before);
        self.ledger.commit(change).await?;
        self.checkpoint.at(Durable::Offboarding, Moment::After);
        Ok(())
    }

    pub(crate) async fn person_to_offboard(&self, handle: &PersonHandle) -> Result<Person> {
        let kept = self.ledger.person(handle).await?.and_then(|record| record.to_person());
        self.directory.person(handle).or(kept).ok_or_else(|| {
            Error::invalid("person", format!("names {handle}, whom nobody knows"), "name one of your people")
        })
    }

    /// Stores that left the configuration while the person may still be inside.
    async fn add_owing_stores(&self, person: &PersonHandle, stores: &mut Vec<OffboardedStore>) -> Result<()> {
        let query = GrantQuery { person: Some(person.clone()), ..GrantQuery::new() }.not_over();
        let mut after = None;
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for Place { platform, store, .. } in page.into_iter().map(|grant| grant.place) {
                if stores.iter().all(|known| known.store != store) {
                    stores.push(OffboardedStore::waiting(platform, store));
                }
            }
        }
    }

    /// What is not done yet, by what work on it competes for.
    fn grouped(&self, record: &Offboarding, person: &Person) -> Result<BTreeMap<LeaseKey, Vec<Entry>>> {
        let mut groups: BTreeMap<LeaseKey, Vec<Entry>> = BTreeMap::new();
        for (index, store) in record.stores.iter().enumerate() {
            if matches!(store.state, OffboardState::Out { .. }) {
                continue;
            }
            let place = self.place_of(&store.platform, &store.store, person)?;
            let (state, found) = (store.state.clone(), store.found.clone());
            let entry = Entry { index, place, state, found, unsent: true };
            groups.entry(LeaseKey::of(&entry.place)).or_default().push(entry);
        }
        Ok(groups)
    }

    /// As what a person comes into a store, and what work on it competes for.
    pub(crate) fn place_of(
        &self,
        platform: &ProviderId,
        store: &StoreHandle,
        person: &Person,
    ) -> Result<Place> {
        let provider = self.directory.connect(store).ok().flatten();
        let connection = provider.as_ref().map(|provider| provider.connection());
        Ok(Place {
            platform: platform.clone(),
            store: store.clone(),
            subject: connection.map_or_else(
                || crate::grants::subject::SubjectKey::of(person, platform),
                |connection| connection.subject(person),
            ),
            contention: match connection {
                Some(connection) => connection.contention_key().clone(),
                None => ContentionKey::new(format!("unknown/{store}"))?,
            },
        })
    }

    /// All stores of one key: who is inside is read for all of them together, before anything is sent and after.
    async fn offboard_group(
        &self,
        key: &LeaseKey,
        mut entries: Vec<Entry>,
        order: &Order,
        cx: &CallContext,
        watcher: &dyn Watcher,
    ) -> Result<Vec<Entry>> {
        let Some(first) = entries.first().filter(|_| watcher.goes_on()) else { return Ok(entries) };
        let Some(lease) = self.claim(key, self.settling(&first.place), cx).await? else {
            for entry in &mut entries {
                entry.state = open("somebody else works on this store just now");
            }
            return Ok(entries);
        };
        let result = Box::pin(self.offboard_under(&lease, &mut entries, order, cx, watcher)).await;
        self.ledger.release(&lease).await?;
        result.map(|()| entries)
    }

    async fn offboard_under(
        &self,
        lease: &Lease,
        entries: &mut [Entry],
        order: &Order,
        cx: &CallContext,
        watcher: &dyn Watcher,
    ) -> Result<()> {
        let together = entries.len() > 1;
        let mut looks = Vec::with_capacity(entries.len());
        let cx = cx.clone().with_priority(Priority::Removal);
        let reading = cx.clone().with_looks_since(self.now());
        for entry in entries.iter().take_while(|_| watcher.goes_on()) {
            looks.push(self.look_before(entry, order, &reading).await?);
        }
        let mut unproven = Vec::new();
        for (entry, look) in entries.iter_mut().zip(looks).take_while(|_| watcher.goes_on()) {
            self.ledger.renew(lease, self.now(), super::settle::LEASE).await?;
            let (look, unseen) = match look {
                Before::Out(proof) => {
                    entry.state = OffboardState::Out { proof };
                    entry.unsent = false;
                    watcher.offboarded(&entry.as_store());
                    continue;
                }
                Before::Inside(look) => (Some(look), None),
                Before::Unseen(why) => (None, why),
            };
            if let Some(look) = &look {
                entry.found.get_or_insert_with(|| Found::of(look));
            }
            self.evict(lease, entry, order).await?;
            let prove_later = together && self.leaves_nothing(&entry.place);
            let way = Way { look, prove_later, ..Way::default() };
            let settled = self.settle_under(lease, &entry.place, way, &cx).await?;
            let sent = prove_later && settled.writes > 0 && settled.proof.is_none();
            entry.state = self.state_of(&entry.place, &settled, unseen);
            entry.unsent = is_unsent(&settled);
            if sent {
                unproven.push(entry);
                continue;
            }
            watcher.offboarded(&entry.as_store());
        }
        let reading = cx.clone().with_looks_since(self.now());
        for entry in unproven {
            let settled = self.settle_under(lease, &entry.place, Way::default(), &reading).await?;
            entry.state = self.state_of(&entry.place, &settled, None);
            entry.unsent = false;
            watcher.offboarded(&entry.as_store());
        }
        Ok(())
    }

    fn leaves_nothing(&self, place: &Place) -> bool {
        let provider = self.directory.connect(&place.store).ok().flatten();
        provider.is_some_and(|provider| provider.connection().removal_leaves() == Remains::Nothing)
    }

    /// Whether whoever comes in there comes in as one with others.
    fn is_shared(&self, place: &Place) -> bool {
        let provider = self.directory.connect(&place.store).ok().flatten();
        provider.is_some_and(|provider| provider.connection().shares_subject())
    }

    fn state_of(&self, place: &Place, settled: &Settled, unseen: Option<String>) -> OffboardState {
        if let Some(proof) = &settled.proof {
            return OffboardState::Out { proof: proof.clone() };
        }
        // That it is late is no cause; what it waits for is.
        let trouble = settled.troubles.iter().find(|trouble| trouble.kind != TroubleKind::RemovalLate);
        let trouble = trouble.map(|trouble| trouble.reason.clone());
        let mut steps = settled.steps.iter();
        let step = steps.find(|step| matches!(step.kind, StepKind::Exit | StepKind::Decision));
        let step =
            step.and_then(|step| step.manual.as_ref()).map(|manual| format!("by hand: {}", manual.title));
        // Nothing is asked for where others may come in the same way, so somebody must be told.
        let shared = (self.is_shared(place) || settled.grants.iter().any(|grant| grant.phase.is_open()))
            .then(|| SHARED.to_owned());
        open(&trouble.or(step).or(unseen).or(shared).unwrap_or_else(|| "not proven yet".to_owned()))
    }

    /// What is there before anything is sent. Who is out already, and owed nothing, needs no further word.
    async fn look_before(&self, entry: &Entry, order: &Order, cx: &CallContext) -> Result<Before> {
        let place = &entry.place;
        let holding = self.ledger.holding(&place.store, &place.subject).await?;
        let evicted = holding.as_ref().is_some_and(|holding| holding.eviction.is_some());
        if matches!(entry.state, OffboardState::Open { .. })
            && !evicted
            && let Some(proof) = self.word_since(place, order.began_at).await?
        {
            return Ok(Before::Out(proof));
        }
        let Some(provider) = self.directory.connect(&place.store).ok().flatten() else {
            return Ok(Before::Unseen(None));
        };
        let account = holding.as_ref().and_then(|holding| holding.account.clone());
        let state = holding.as_ref().and_then(|holding| holding.state.clone());
        let mut person = order.person.clone();
        if let Some(account) = account {
            person.accounts.entry(place.platform.clone()).or_insert(account);
        }
        let target = person.on(&place.platform);
        let target = match state {
            Some(state) => target.with_state(state),
            None => target,
        };
        let look = match provider.observe(&target, cx).await {
            Ok(look) => look,
            // The work on the place says what is wrong, if there is any.
            Err(error) => {
                return Ok(Before::Unseen(Some(format!("{}; next: {}", error.message(), error.remedy()))));
            }
        };
        let query = GrantQuery::living(place);
        let owed = evicted
            || holding.as_ref().is_some_and(|holding| holding.intent.is_some())
            || !self.ledger.grants(&query, None, 1).await?.is_empty();
        match look.state {
            AccessState::Absent if !owed => Ok(Before::Out(Proof::of_absence(look.evidence))),
            _ => Ok(Before::Inside(look)),
        }
    }

    /// What people or looks have said since then about a step that took the subject out.
    async fn word_since(&self, place: &Place, began_at: Timestamp) -> Result<Option<Proof>> {
        let query = StepQuery {
            store: Some(place.store.clone()),
            subject: Some(place.subject.clone()),
            ..StepQuery::new()
        };
        let mut after = None;
        loop {
            let page = self.ledger.steps(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            let mut ends = page.into_iter().filter(|step| {
                step.opened_at >= began_at && matches!(step.kind, StepKind::Exit | StepKind::Decision)
            });
            if let Some(StepEnd::Done { proof }) =
                ends.find_map(|step| step.closed.filter(|end| matches!(end, StepEnd::Done { .. })))
            {
                return Ok(Some(proof));
            }
        }
    }

    /// Writes down that the subject has to go whatever was there before, and ends every grant.
    async fn evict(&self, lease: &Lease, entry: &Entry, order: &Order) -> Result<()> {
        let place = &entry.place;
        // Whoever comes in as one with others cannot be put out alone: only their own grants end.
        let shared = self.is_shared(place);
        self.amend(Durable::Order, place, &order.person.handle, Some(lease), |book| {
            let now = self.now();
            let ending =
                Ending { cause: Cause::Offboarded, by: Some(order.by.clone()), reason: order.reason.clone() };
            // What was open is known for ever before anything is sent.
            let found = serde_json::json!({ "found": entry.found });
            let living: Vec<_> = book
                .grants
                .iter()
                .filter(|grant| grant.phase != Phase::Closing)
                .filter(|grant| !shared || grant.person == order.person.handle)
                .map(|grant| grant.id)
                .collect();
            let ordered = (book.holding.eviction.is_none() && !shared) || (shared && !living.is_empty());
            for id in living {
                book.make(id, Move::End, Some(&ending), now)?;
            }
            if book.holding.eviction.is_none() && !shared {
                book.holding.eviction =
                    Some(Eviction { by: order.by.clone(), since: now, reason: order.reason.clone() });
                book.people.push(order.record.clone());
            }
            if ordered {
                let fact = book.note(now, "offboarding_ordered");
                fact.person = Some(order.person.handle.clone());
                fact.actor = Some(order.by.clone());
                fact.reason.clone_from(&order.reason);
                fact.detail = found;
            }
            book.holding.due_at = Some(now);
            book.holding.removing = book.holding.eviction.is_some()
                || book.grants.iter().any(|grant| grant.phase == Phase::Closing);
            Ok(())
        })
        .await
    }
}

/// What is there before anything is sent.
enum Before {
    /// Nobody, and nothing is owed.
    Out(Proof),
    /// Somebody, or somebody is owed.
    Inside(Observation),
    /// Nobody could look, and why.
    Unseen(Option<String>),
}

impl Entry {
    fn as_store(&self) -> OffboardedStore {
        OffboardedStore {
            platform: self.place.platform.clone(),
            store: self.place.store.clone(),
            state: self.state.clone(),
            found: self.found.clone(),
            unsent: self.unsent,
        }
    }
}

/// Whether what takes the subject out could not leave yet, and leaves later.
fn is_unsent(settled: &Settled) -> bool {
    let later = [ErrorKind::RateLimited, ErrorKind::Timeout, ErrorKind::Unavailable];
    let waits = settled.troubles.iter().any(|trouble| {
        trouble.kind == TroubleKind::StoreUnavailable
            && later.iter().any(|kind| trouble.error.as_deref() == Some(kind.as_str()))
    });
    settled.proof.is_none() && settled.writes == 0 && waits
}

fn open(reason: &str) -> OffboardState {
    OffboardState::Open { reason: reason.to_owned() }
}

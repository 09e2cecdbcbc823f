//! The ledger of tests and of programs that forget.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::audit::{Event, Fact, Head};
use super::grant::{Grant, GrantId};
use super::holding::Holding;
use super::ledger::{Commit, DueKey, GrantQuery, Lease, LeaseKey, Ledger, PersonRecord, StepQuery};
use super::offboarding::{Offboarding, OffboardingId};
use super::step::{Step, StepId};
use super::subject::SubjectKey;
use crate::Timestamp;
use crate::error::{Error, Result};
use crate::incident::{Incident, IncidentId, IncidentStore};
use crate::model::{PersonHandle, StoreHandle};
use crate::review::{KeptRow, LastLook, Review, ReviewId};
use crate::rotation::{Rotation, RotationId, RotationQuery};

/// A ledger that lives as long as the process.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    grants: BTreeMap<GrantId, Grant>,
    holdings: BTreeMap<(StoreHandle, SubjectKey), Holding>,
    steps: BTreeMap<StepId, Step>,
    offboardings: BTreeMap<OffboardingId, Offboarding>,
    rotations: BTreeMap<RotationId, Rotation>,
    reviews: BTreeMap<ReviewId, Review>,
    review_rows: BTreeMap<(ReviewId, u32), KeptRow>,
    last_looks: HashMap<StoreHandle, LastLook>,
    incidents: BTreeMap<IncidentId, Incident>,
    incident_stores: BTreeMap<(IncidentId, u32), IncidentStore>,
    people: HashMap<PersonHandle, PersonRecord>,
    chains: BTreeMap<StoreHandle, Vec<Event>>,
    leases: HashMap<LeaseKey, Held>,
}

#[derive(Debug, Clone)]
struct Held {
    owner: Option<String>,
    fence: u64,
    until: Timestamp,
}

impl MemoryLedger {
    /// A ledger that holds nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn holds(&self, lease: &Lease) -> bool {
        self.leases
            .get(&lease.key)
            .is_some_and(|held| held.fence == lease.fence && held.owner.as_ref() == Some(&lease.owner))
    }

    /// Whether everything was read before anybody else changed it.
    fn check(&self, change: &Commit) -> Result<()> {
        let same = |what, kept: Option<u64>, read| {
            if kept.unwrap_or_default() == read { Ok(()) } else { Err(Error::stale(what)) }
        };
        if change.lease.as_ref().is_some_and(|lease| !self.holds(lease)) {
            return Err(Error::stale("the lease"));
        }
        for grant in &change.grants {
            same("the grant", self.grants.get(&grant.id).map(|kept| kept.revision), grant.revision)?;
        }
        for holding in &change.holdings {
            let kept = self.holdings.get(&key_of(holding));
            same("the place", kept.map(|kept| kept.revision), holding.revision)?;
        }
        for step in &change.steps {
            same("the step", self.steps.get(&step.id).map(|kept| kept.revision), step.revision)?;
        }
        for record in &change.offboardings {
            let kept = self.offboardings.get(&record.id);
            same("the offboarding", kept.map(|kept| kept.revision), record.revision)?;
        }
        for rotation in &change.rotations {
            let kept = self.rotations.get(&rotation.id);
            same("the rotation", kept.map(|kept| kept.revision), rotation.revision)?;
            let rivals = |other: &&Rotation| {
                other.id != rotation.id
                    && !other.stage.is_over()
                    && (&other.store, &other.credential) == (&rotation.store, &rotation.credential)
            };
            if !rotation.stage.is_over() && self.rotations.values().any(|other| rivals(&other)) {
                return Err(Error::stale("the rotation"));
            }
        }
        for review in &change.reviews {
            let kept = self.reviews.get(&review.id);
            same("the review", kept.map(|kept| kept.revision), review.revision)?;
        }
        for row in &change.review_rows {
            let is_cut = |(review, last): &(ReviewId, u32)| *review == row.review && row.number > *last;
            let cut = change.cut_reviews.iter().any(is_cut);
            let kept = self.review_rows.get(&(row.review, row.number)).filter(|_| !cut);
            same("the row", kept.map(|kept| kept.revision), row.revision)?;
        }
        for look in &change.last_looks {
            let kept = self.last_looks.get(&look.store);
            same("the look", kept.map(|kept| kept.revision), look.revision)?;
        }
        for incident in &change.incidents {
            let kept = self.incidents.get(&incident.id);
            same("the incident", kept.map(|kept| kept.revision), incident.revision)?;
        }
        for store in &change.incident_stores {
            let kept = self.incident_stores.get(&(store.incident, store.number));
            same("the store of the incident", kept.map(|kept| kept.revision), store.revision)?;
        }
        Ok(())
    }

    fn chained(&self, facts: &[Fact]) -> Result<Vec<(StoreHandle, Event)>> {
        let mut heads: HashMap<&StoreHandle, Head> = HashMap::new();
        let mut events = Vec::with_capacity(facts.len());
        for fact in facts {
            let end = heads.entry(&fact.store).or_insert_with(|| {
                head(&fact.store, self.chains.get(&fact.store).map_or(&[], Vec::as_slice))
            });
            let event = Event::after(end, fact)?;
            *end = Head::new(fact.store.clone(), event.seq, event.hash.clone());
            events.push((fact.store.clone(), event));
        }
        Ok(events)
    }

    fn apply(&mut self, change: Commit) -> Result<()> {
        self.check(&change)?;
        let events = self.chained(&change.facts)?;
        for mut grant in change.grants {
            grant.revision += 1;
            self.grants.insert(grant.id, grant);
        }
        for mut holding in change.holdings {
            holding.revision += 1;
            self.holdings.insert(key_of(&holding), holding);
        }
        for mut step in change.steps {
            step.revision += 1;
            self.steps.insert(step.id, step);
        }
        for mut record in change.offboardings {
            record.revision += 1;
            self.offboardings.insert(record.id, record);
        }
        for mut rotation in change.rotations {
            rotation.revision += 1;
            self.rotations.insert(rotation.id, rotation);
        }
        for mut review in change.reviews {
            review.revision += 1;
            self.reviews.insert(review.id, review);
        }
        for (review, last) in change.cut_reviews {
            self.review_rows.retain(|(of, number), _| *of != review || *number <= last);
        }
        for mut row in change.review_rows {
            row.revision += 1;
            self.review_rows.insert((row.review, row.number), row);
        }
        for mut look in change.last_looks {
            look.revision += 1;
            self.last_looks.insert(look.store.clone(), look);
        }
        for mut incident in change.incidents {
            incident.revision += 1;
            self.incidents.insert(incident.id, incident);
        }
        for mut store in change.incident_stores {
            store.revision += 1;
            self.incident_stores.insert((store.incident, store.number), store);
        }
        for person in change.people {
            self.people.insert(person.handle.clone(), person);
        }
        for (store, event) in events {
            self.chains.entry(store).or_default().push(event);
        }
        Ok(())
    }
}

fn key_of(holding: &Holding) -> (StoreHandle, SubjectKey) {
    (holding.place.store.clone(), holding.place.subject.clone())
}

fn head(store: &StoreHandle, chain: &[Event]) -> Head {
    chain.last().map_or_else(
        || Head::empty(store.clone()),
        |last| Head::new(store.clone(), last.seq, last.hash.clone()),
    )
}

fn within(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn is_due(holding: &Holding, now: Timestamp) -> bool {
    holding.due_at.is_some_and(|due| due <= now)
}

/// Removals first, then the longest due.
fn urgency(holding: &Holding) -> (bool, Option<Timestamp>) {
    (!holding.removing, holding.due_at)
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn commit(&self, change: Commit) -> Result<()> {
        self.books().apply(change)
    }

    async fn grant(&self, id: GrantId) -> Result<Option<Grant>> {
        Ok(self.books().grants.get(&id).cloned())
    }

    async fn grants(&self, query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>> {
        let matches = |grant: &&Grant| {
            query.store.as_ref().is_none_or(|store| *store == grant.place.store)
                && query.subject.as_ref().is_none_or(|subject| *subject == grant.place.subject)
                && query.person.as_ref().is_none_or(|person| *person == grant.person)
                && (query.phases.is_empty() || query.phases.contains(&grant.phase))
                && after.is_none_or(|after| grant.id > after)
        };
        Ok(self.books().grants.values().filter(matches).take(within(limit)).cloned().collect())
    }

    async fn holding(&self, store: &StoreHandle, subject: &SubjectKey) -> Result<Option<Holding>> {
        Ok(self.books().holdings.get(&(store.clone(), subject.clone())).cloned())
    }

    async fn due_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<DueKey>> {
        let books = self.books();
        let mut keys: BTreeMap<LeaseKey, DueKey> = BTreeMap::new();
        for holding in books.holdings.values().filter(|holding| is_due(holding, now)) {
            let key = LeaseKey::of(&holding.place);
            let leased = |held: &Held| held.owner.is_some() && held.until > now;
            if books.leases.get(&key).is_some_and(leased) {
                continue;
            }
            let due = holding.due_at.unwrap_or(now);
            let entry = keys.entry(key.clone()).or_insert_with(|| DueKey::new(key, 0, 0, due));
            entry.places += 1;
            entry.removals += u32::from(holding.removing);
            entry.since = entry.since.min(due);
        }
        let mut keys: Vec<_> = keys.into_values().collect();
        keys.sort_by_key(|key| (key.removals == 0, key.since));
        keys.truncate(within(limit));
        Ok(keys)
    }

    async fn due_holdings(&self, key: &LeaseKey, now: Timestamp, limit: u32) -> Result<Vec<Holding>> {
        let books = self.books();
        let of_key = |holding: &&Holding| LeaseKey::of(&holding.place) == *key && is_due(holding, now);
        let mut due: Vec<_> = books.holdings.values().filter(of_key).cloned().collect();
        due.sort_by_key(urgency);
        due.truncate(within(limit));
        Ok(due)
    }

    async fn claim(
        &self,
        key: &LeaseKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        let mut books = self.books();
        let until = now.saturating_add(ttl).unwrap_or(Timestamp::MAX);
        let before = books.leases.get(key).cloned();
        let holder = before.as_ref().and_then(|held| held.owner.as_deref());
        let expired = before.as_ref().is_none_or(|held| held.until <= now);
        if holder.is_some_and(|holder| holder != owner) && !expired {
            return Ok(None);
        }
        let taken_over_at = before
            .as_ref()
            .filter(|held| held.owner.as_deref().is_some_and(|holder| holder != owner))
            .map(|held| held.until);
        let fence = before.as_ref().map_or(0, |held| held.fence) + 1;
        books.leases.insert(key.clone(), Held { owner: Some(owner.to_owned()), fence, until });
        Ok(Some(Lease { taken_over_at, ..Lease::new(key.clone(), owner, fence, until) }))
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<bool> {
        let mut books = self.books();
        if !books.holds(lease) {
            return Ok(false);
        }
        if let Some(held) = books.leases.get_mut(&lease.key) {
            held.until = now.saturating_add(ttl).unwrap_or(Timestamp::MAX);
        }
        Ok(true)
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let mut books = self.books();
        if books.holds(lease)
            && let Some(held) = books.leases.get_mut(&lease.key)
        {
            held.owner = None;
        }
        Ok(())
    }

    async fn step(&self, id: StepId) -> Result<Option<Step>> {
        Ok(self.books().steps.get(&id).cloned())
    }

    async fn steps(&self, query: &StepQuery, after: Option<StepId>, limit: u32) -> Result<Vec<Step>> {
        let matches = |step: &&Step| {
            query.store.as_ref().is_none_or(|store| *store == step.place.store)
                && query.subject.as_ref().is_none_or(|subject| *subject == step.place.subject)
                && query.person.as_ref().is_none_or(|person| *person == step.person)
                && (!query.open || step.closed.is_none())
                && after.is_none_or(|after| step.id > after)
        };
        Ok(self.books().steps.values().filter(matches).take(within(limit)).cloned().collect())
    }

    async fn offboarding(&self, id: OffboardingId) -> Result<Option<Offboarding>> {
        Ok(self.books().offboardings.get(&id).cloned())
    }

    async fn offboardings(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Offboarding>> {
        let books = self.books();
        let of_person = |record: &&Offboarding| person.is_none_or(|person| record.person == *person);
        let mut found: Vec<_> = books.offboardings.values().filter(of_person).cloned().collect();
        found.sort_by_key(|record| std::cmp::Reverse(record.began_at));
        found.truncate(within(limit));
        Ok(found)
    }

    async fn rotation(&self, id: RotationId) -> Result<Option<Rotation>> {
        Ok(self.books().rotations.get(&id).cloned())
    }

    async fn rotations(
        &self,
        query: &RotationQuery,
        after: Option<RotationId>,
        limit: u32,
    ) -> Result<Vec<Rotation>> {
        let matches = |rotation: &&Rotation| {
            query.store.as_ref().is_none_or(|store| *store == rotation.store)
                && query.credential.as_ref().is_none_or(|credential| *credential == rotation.credential)
                && (!query.open || !rotation.stage.is_over())
                && query.due_by.is_none_or(|now| rotation.due_at.is_some_and(|due| due <= now))
                && after.is_none_or(|after| rotation.id > after)
        };
        Ok(self.books().rotations.values().filter(matches).take(within(limit)).cloned().collect())
    }

    async fn review(&self, id: ReviewId) -> Result<Option<Review>> {
        Ok(self.books().reviews.get(&id).cloned())
    }

    async fn reviews(&self, limit: u32) -> Result<Vec<Review>> {
        Ok(self.books().reviews.values().rev().take(within(limit)).cloned().collect())
    }

    async fn review_rows(&self, review: ReviewId, after: u32, limit: u32) -> Result<Vec<KeptRow>> {
        let books = self.books();
        let following = (review, after.saturating_add(1))..=(review, u32::MAX);
        Ok(books.review_rows.range(following).map(|(_, row)| row).take(within(limit)).cloned().collect())
    }

    async fn last_look(&self, store: &StoreHandle) -> Result<Option<LastLook>> {
        Ok(self.books().last_looks.get(store).cloned())
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>> {
        Ok(self.books().incidents.get(&id).cloned())
    }

    async fn incidents(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Incident>> {
        let books = self.books();
        let of_them = |incident: &&Incident| person.is_none_or(|person| incident.person == *person);
        Ok(books.incidents.values().rev().filter(of_them).take(within(limit)).cloned().collect())
    }

    async fn incident_stores(
        &self,
        incident: IncidentId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<IncidentStore>> {
        let books = self.books();
        let following = (incident, after.saturating_add(1))..=(incident, u32::MAX);
        Ok(books
            .incident_stores
            .range(following)
            .map(|(_, store)| store)
            .take(within(limit))
            .cloned()
            .collect())
    }

    async fn person(&self, handle: &PersonHandle) -> Result<Option<PersonRecord>> {
        Ok(self.books().people.get(handle).cloned())
    }

    async fn erase(&self, handle: &PersonHandle) -> Result<bool> {
        let mut books = self.books();
        let mut anything = books.people.remove(handle).is_some();
        for step in books.steps.values_mut().filter(|step| step.person == *handle && step.manual.is_some()) {
            step.manual = None;
            step.revision += 1;
            anything = true;
        }
        Ok(anything)
    }

    async fn events(&self, store: &StoreHandle, after: u64, limit: u32) -> Result<Vec<Event>> {
        let books = self.books();
        let chain = books.chains.get(store).into_iter().flatten();
        Ok(chain.filter(|event| event.seq > after).take(within(limit)).cloned().collect())
    }

    async fn checkpoint(&self, _store: &StoreHandle) -> Result<Option<Head>> {
        Ok(None)
    }

    async fn heads(&self) -> Result<Vec<Head>> {
        Ok(self.books().chains.iter().map(|(store, chain)| head(store, chain)).collect())
    }
}

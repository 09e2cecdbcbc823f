//! A pass over stores: each is read once, and what was found is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::lock::Mutex;
use futures_util::stream;
use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::record::{Review, ReviewId, ReviewedStore};
use super::row::{Ends, Reading, StoreReview};
use super::store::Reviewer;
use super::work::Work;
use crate::call::CallContext;
use crate::clock::Wait;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::{Commit, Lease, LeaseKey, Principal};
use crate::model::{ContentionKey, ProviderId, StoreHandle};

/// How many keys are read at once.
const PARALLEL: usize = 8;
/// More stores than one record can hold.
const MOST_STORES: usize = 2_000;
/// Of a reading that many stores share, so many of its requests are named in the record.
const REQUEST_IDS: usize = 2;
/// How long the lease of a review lasts without being renewed.
const LEASE: Duration = Duration::from_secs(300);

/// A wish to look who is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReviewRequest {
    /// Only these stores; all of them if empty.
    pub stores: Vec<StoreHandle>,
    /// Who asks for it.
    pub by: Principal,
    /// Why.
    pub reason: Option<String>,
}

impl ReviewRequest {
    /// A review of every store.
    #[must_use]
    pub fn new(by: Principal) -> Self {
        Self { stores: Vec::new(), by, reason: None }
    }

    /// Only of these stores.
    #[must_use]
    pub fn of(mut self, stores: impl IntoIterator<Item = StoreHandle>) -> Self {
        self.stores = stores.into_iter().collect();
        self
    }

    /// For this reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// Told of stores as they are read, so that nobody has to collect them.
pub trait ReviewWatcher: Send + Sync {
    /// Work on this review begins or goes on. Whatever happens from here, its id names it.
    fn began(&self, _review: &Review) {}

    /// A store was read and its rows are kept: the first one has this number, and the others follow it. Of a large review,
    /// several stores come at once.
    fn reviewed(&self, _store: &StoreReview, _first_number: u32) {}

    /// Asked before each store. Where it says no, the stores that are left wait for
    /// [`continue_review`](Reviewer::continue_review), as when the time is over.
    fn goes_on(&self) -> bool {
        true
    }
}

/// Watches nothing.
impl ReviewWatcher for () {}

impl Reviewer {
    /// Reads stores and keeps what is found. The record is written first; what is kept of a store holds no name and no
    /// address.
    ///
    /// A store that cannot be read is part of the result, with its reason. When the time of `cx` is over, the stores that
    /// are left wait for [`continue_review`](Self::continue_review). `cx` also says how urgent the reading is.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a store that is not configured, and for more stores than one review may have;
    /// when the ledger cannot be read or written.
    pub async fn run(
        &self,
        request: ReviewRequest,
        cx: &CallContext,
        watcher: &dyn ReviewWatcher,
    ) -> Result<Review> {
        let now = self.env.clock().now();
        let named = if request.stores.is_empty() { self.directory.stores() } else { request.stores };
        if named.len() > MOST_STORES {
            let problem = format!("are {}, and a review is about {MOST_STORES} at most", named.len());
            return Err(Error::invalid("stores", problem, "review them in several parts"));
        }
        let mut stores: Vec<ReviewedStore> = Vec::with_capacity(named.len());
        for store in named {
            let platform = self.platform_of(&store)?;
            if stores.iter().all(|known| known.store != store) {
                stores.push(ReviewedStore::waiting(platform, store));
            }
        }
        let review = Review {
            id: ReviewId::new(now),
            by: request.by,
            reason: request.reason,
            began_at: now,
            finished_at: stores.is_empty().then_some(now),
            stores,
            revision: 0,
        };
        let id = review.id;
        let mut change = Commit::new();
        change.reviews.push(review);
        self.ledger.commit(change).await?;
        self.continue_review(id, cx, watcher).await
    }

    /// Goes on with a review that was interrupted. One that is finished stays as it is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown id, [`ErrorKind::Conflict`] while somebody else works on it; as
    /// [`run`](Self::run).
    pub async fn continue_review(
        &self,
        id: ReviewId,
        cx: &CallContext,
        watcher: &dyn ReviewWatcher,
    ) -> Result<Review> {
        if self.review(id).await?.finished_at.is_some() {
            return self.review(id).await;
        }
        let key = LeaseKey::new(ProviderId::from_static("review"), ContentionKey::new(id.to_string())?);
        let owner = Uuid::new_v4().to_string();
        let Some(lease) = self.ledger.claim(&key, &owner, self.env.clock().now(), LEASE).await? else {
            return Err(Error::new(ErrorKind::Conflict, "somebody else works on this review")
                .with_remedy("wait until they are done; after a crash, five minutes at most"));
        };
        let work = Box::pin(self.go_on(id, &lease, cx, watcher));
        let kept = Box::pin(self.keep(&lease));
        let done = match select(work, kept).await {
            Either::Left((done, _)) => done,
            // Somebody else has the lease: the next write to the ledger finds that out.
            Either::Right(((), work)) => work.await,
        };
        self.ledger.release(&lease).await?;
        done?;
        self.review(id).await
    }

    /// The review of this id.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown one; when the ledger cannot be read.
    pub async fn review(&self, id: ReviewId) -> Result<Review> {
        self.ledger.review(id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no review {id}"))
                .with_remedy("copy the id from the list of reviews")
        })
    }

    /// Renews a lease until it is lost.
    async fn keep(&self, lease: &Lease) {
        loop {
            self.env.clock().sleep(LEASE / 3, Wait::Guard).await;
            if !matches!(self.ledger.renew(lease, self.env.clock().now(), LEASE).await, Ok(true)) {
                return;
            }
        }
    }

    async fn go_on(
        &self,
        id: ReviewId,
        lease: &Lease,
        cx: &CallContext,
        watcher: &dyn ReviewWatcher,
    ) -> Result<()> {
        let review = self.review(id).await?;
        let mut groups: BTreeMap<LeaseKey, Vec<usize>> = BTreeMap::new();
        for (index, entry) in review.stores.iter().enumerate().filter(|(_, entry)| entry.reading.is_none()) {
            groups.entry(self.key_of(entry)?).or_default().push(index);
        }
        // What was written for a store that was not finished is not part of the review.
        let mut change = Commit::under(lease);
        change.cut_reviews.push((id, review.last_row()));
        self.ledger.commit(change).await?;
        watcher.began(&review);
        let work = &Mutex::new(Work::on(review, self.env.clock().now()));
        let groups = groups.into_values().map(|group| {
            Box::pin(async move {
                // One reading may serve all stores of a key; a store alone is read by itself.
                let reading = match group.len() {
                    1 => cx.clone(),
                    _ => cx.clone().with_looks_since(self.env.clock().now()),
                };
                for index in group {
                    let entry = work.lock().await.record.stores.get(index).cloned();
                    let Some(entry) = entry else { continue };
                    if cx.remaining().is_zero() || !watcher.goes_on() {
                        break;
                    }
                    let seen = self.seen(&entry, &reading).await?;
                    if !seen.reading.is_complete() && cx.remaining().is_zero() {
                        break;
                    }
                    let mut work = work.lock().await;
                    work.read.push((index, seen));
                    if work.is_due(self.env.clock().now()) {
                        self.write_down(&mut work, lease, watcher).await?;
                    }
                }
                Result::Ok(())
            })
        });
        let done = stream::iter(groups).buffer_unordered(PARALLEL);
        let done = done.try_collect::<()>().await;
        // Whatever went wrong, what was read is worth keeping.
        let written = self.write_down(&mut *work.lock().await, lease, watcher).await;
        done.and(written)
    }

    /// One store, whatever is wrong with it.
    async fn seen(&self, entry: &ReviewedStore, cx: &CallContext) -> Result<StoreReview> {
        let reason = match self.directory.connect(&entry.store) {
            Ok(Some(_)) => return self.store(&entry.store, cx).await,
            Ok(None) => "the store left the configuration".to_owned(),
            Err(error) => error.to_string(),
        };
        Ok(StoreReview {
            platform: entry.platform.clone(),
            store: entry.store.clone(),
            began_at: self.env.clock().now(),
            reading: Reading::Failed { reason },
            again_after: None,
            rows: Vec::new(),
            ends: Ends::default(),
        })
    }

    /// Also of a store whose settings are wrong, where they say that much.
    fn platform_of(&self, store: &StoreHandle) -> Result<ProviderId> {
        let provider = self.directory.connect(store).or_else(|_| self.directory.by_hand(store))?;
        let unknown = || {
            let problem = format!("names {store}, which is not configured");
            Error::invalid("stores", problem, "name your stores")
        };
        provider.map(|provider| provider.connection().provider().clone()).ok_or_else(unknown)
    }

    fn key_of(&self, entry: &ReviewedStore) -> Result<LeaseKey> {
        let provider = self.directory.connect(&entry.store).ok().flatten();
        let contention = match &provider {
            Some(provider) => provider.connection().contention_key().clone(),
            None => ContentionKey::new(format!("unknown/{}", entry.store))?,
        };
        Ok(LeaseKey::new(entry.platform.clone(), contention))
    }
}

impl Review {
    /// The number of its last row so far; 0 before the first one.
    #[must_use]
    pub fn last_row(&self) -> u32 {
        self.stores.iter().map(ReviewedStore::last_row).max().unwrap_or_default()
    }
}

impl ReviewedStore {
    pub(super) fn waiting(platform: ProviderId, store: StoreHandle) -> Self {
        Self {
            platform,
            store,
            began_at: None,
            reading: None,
            first_row: 0,
            rows: 0,
            findings: BTreeMap::new(),
            ends: Ends::default(),
        }
    }

    /// The number of its last row; 0 without rows.
    #[must_use]
    pub fn last_row(&self) -> u32 {
        self.first_row.saturating_add(self.rows).saturating_sub(1)
    }

    pub(super) fn keep(&mut self, seen: &StoreReview, first: u32) {
        let mut reading = seen.reading.clone();
        if let Reading::Complete { evidence } = &mut reading {
            evidence.request_ids.truncate(REQUEST_IDS);
        }
        self.began_at = Some(seen.began_at);
        self.reading = Some(reading);
        self.rows = u32::try_from(seen.rows.len()).unwrap_or(u32::MAX);
        self.first_row = if self.rows == 0 { 0 } else { first };
        self.findings = BTreeMap::new();
        for finding in seen.rows.iter().flat_map(|row| &row.findings) {
            *self.findings.entry(finding.kind().to_owned()).or_default() += 1;
        }
        self.ends = seen.ends;
    }
}

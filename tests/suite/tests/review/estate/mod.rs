//! Three hundred stores on every platform, prepared with everything that a review can find.
//!
//! What is to be found is worked out by itself, from the plan, the fakes' books and what the ledger holds; see [`expect`].

mod asked;
mod changes;
mod decisions;
mod expect;
mod first;
mod plan;
mod plant;
mod site;
mod weather;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use guestpass::grants::{
    Directory, Engine, Grant, GrantQuery, Ledger, MemoryLedger, Step, StepQuery, SweepOptions, SweepReport,
    Watcher,
};
use guestpass::review::{KeptRow, Review, ReviewId, ReviewRequest, ReviewWatcher, Reviewer, StoreReview};
use guestpass::{CallContext, Clock, Environment, MemoryCoordination, StoreHandle, Timestamp};
use guestpass_ledger::SqlLedger;
use guestpass_testkit::ManualClock;
use tempfile::TempDir;

use crate::desk::{DAY, boss};
use expect::ByStore;
use site::{Fakes, Site};

/// Who signs in is dormant after so many days without it.
const DORMANT: u32 = 90;

pub(crate) struct Estate {
    pub(crate) fakes: Fakes,
    pub(crate) sites: Vec<Site>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) env: Environment,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) engine: Engine,
    _folder: Option<TempDir>,
}

/// What the ledger holds of a store.
pub(crate) struct Books {
    pub(crate) grants: Vec<Grant>,
    pub(crate) steps: Vec<Step>,
    pub(crate) holdings: Vec<guestpass::grants::Holding>,
}

/// Keeps what a review shows.
#[derive(Default)]
pub(crate) struct Shown(pub(crate) Mutex<BTreeMap<String, StoreReview>>);

impl ReviewWatcher for Shown {
    fn reviewed(&self, store: &StoreReview, _: u32) {
        let before = self.0.lock().unwrap().insert(store.store.to_string(), store.clone());
        assert!(before.is_none(), "{} is told once", store.store);
    }
}

impl Estate {
    /// On a ledger in memory.
    pub(crate) async fn in_memory() -> Self {
        Self::start(None).await
    }

    /// On a ledger in a file.
    pub(crate) async fn on_sqlite() -> Self {
        Self::start(Some(tempfile::tempdir().unwrap())).await
    }

    async fn start(folder: Option<TempDir>) -> Self {
        let clock = Arc::new(ManualClock::new());
        let transport = Arc::new(guestpass::http::ReqwestTransport::new().unwrap());
        let env = Environment::new(transport, clock.clone(), Arc::new(MemoryCoordination::new()));
        let (fakes, sites) = Fakes::start(&clock).await;
        let directory: Arc<dyn Directory> = Arc::new(plant::directory(&fakes, &sites, &env));
        let draft = Arc::new(MemoryLedger::new());
        let engine = Engine::new(draft.clone(), directory.clone(), env.clone());
        let mut estate =
            Self { fakes, sites, clock, env, directory, ledger: draft.clone(), engine, _folder: None };
        estate.plant().await;
        // Nothing that connections have read meanwhile is fresh.
        estate.clock.advance(DAY);
        if let Some(folder) = folder {
            let file: Arc<dyn Ledger> =
                Arc::new(SqlLedger::open_sqlite(folder.path().join("ledger")).await.unwrap());
            estate.copy_to(&*file).await;
            estate.engine = Engine::new(file.clone(), estate.directory.clone(), estate.env.clone());
            estate.ledger = file;
            estate._folder = Some(folder);
        }
        estate.fakes.clear_requests();
        estate
    }

    pub(crate) fn reviewer(&self) -> Reviewer {
        Reviewer::new(self.ledger.clone(), self.directory.clone(), self.env.clone())
    }

    /// Looks at every store for drift, one account after another: the clock is that of all of them, and runs through what
    /// each has to wait for.
    pub(crate) async fn look_for_drift(&self, watcher: &dyn Watcher) -> SweepReport {
        let mut options = SweepOptions::default().looking_for_drift_every(DAY);
        options.parallel = 1;
        let report = self.engine.sweep(&options, watcher).await.unwrap();
        assert_eq!(report.failed, 0);
        report
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn call(&self) -> CallContext {
        self.env.call().with_timeout(DAY)
    }

    /// Reviews all stores.
    pub(crate) async fn review(&self) -> (Review, BTreeMap<String, StoreReview>) {
        let shown = Shown::default();
        let wish = ReviewRequest::new(boss()).because("quarter");
        let review = self.reviewer().run(wish, &self.call(), &shown).await.unwrap();
        assert!(review.finished_at.is_some());
        (review, shown.0.into_inner().unwrap())
    }

    pub(crate) async fn rows(&self, review: ReviewId) -> Vec<KeptRow> {
        let mut rows: Vec<KeptRow> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.number);
            let page = self.ledger.review_rows(review, after, 500).await.unwrap();
            if page.is_empty() {
                return rows;
            }
            rows.extend(page);
        }
    }

    pub(crate) async fn books(&self, site: &Site) -> Books {
        let store = StoreHandle::new(&site.handle).unwrap();
        let (mut query, mut steps) = (GrantQuery::new(), StepQuery::new().only_open());
        (query.store, steps.store) = (Some(store.clone()), Some(store.clone()));
        let grants = self.ledger.grants(&query, None, 100).await.unwrap();
        let steps = self.ledger.steps(&steps, None, 100).await.unwrap();
        let mut holdings = Vec::new();
        for grant in &grants {
            let holding = self.ledger.holding(&store, &grant.place.subject).await.unwrap();
            holdings.extend(holding.filter(|holding| !holdings.contains(holding)));
        }
        Books { grants, steps, holdings }
    }

    /// What is to be found now at every store, by its rows' keys.
    pub(crate) async fn expected(&self) -> ByStore {
        let mut all = BTreeMap::new();
        for site in &self.sites {
            let books = self.books(site).await;
            all.insert(site.handle.clone(), expect::expected(&self.fakes, site, &books, self.now()));
        }
        all
    }

    pub(crate) fn site(&self, handle: &str) -> &Site {
        self.sites.iter().find(|site| site.handle == handle).unwrap()
    }
}

//! Reviews that are run, or gone on with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use guestpass::review::{Review, ReviewId, ReviewRequest, ReviewWatcher, Reviewer, StoreReview};
use guestpass::{CallContext, Result, StoreHandle};

use super::kept::Kept;
use super::presenter::Presenter;
use super::which;
use crate::args::{ReviewArgs, ShownReview};
use crate::exit::{Exit, Failure, Outcome};
use crate::interrupt;
use crate::output::{Output, ReviewSummary, ReviewedStoreView, notice, warn};
use crate::progress::Progress;
use crate::session::Session;

/// Looks who is inside.
pub(super) async fn begin(args: &ReviewArgs, session: &Session, out: &mut Output) -> Outcome {
    let stores = args.stores.iter().map(|store| named(store, session)).collect::<Result<Vec<_>>>()?;
    let older = match &args.shown.since {
        Some(since) => older(since, session).await?,
        None => None,
    };
    let several = if stores.is_empty() { session.config().store_names().count() } else { stores.len() };
    let mut request = ReviewRequest::new(args.by.principal()).of(stores);
    request.reason.clone_from(&args.reason);
    let presenter = Presenter::open(&args.shown, older.is_some(), out)?;
    let reviewer = session.reviewer(true).await?;
    let teller = Teller::new(presenter, session.counting("reading who is inside", several));
    let cx = time_for(several, session);
    let work = Box::pin(reviewer.run(request, &cx, &teller));
    let done = interrupt::or_later(work, || teller.stop()).await;
    conclude(done, teller, older, &reviewer, session).await
}

/// Goes on with a review. What was read before comes from the ledger, so that files hold every store.
pub(super) async fn go_on(text: &str, shown: &ShownReview, session: &Session, out: &mut Output) -> Outcome {
    let ledger = session.ledger().await?;
    let review = which::review(text, &*ledger).await?;
    let older = match &shown.since {
        Some(since) => Some(super::show::older(since, &review, &*ledger).await?),
        None => None,
    };
    let mut presenter = Presenter::open(shown, older.is_some(), out)?;
    presenter.begin(&review);
    presenter.add_read(&review, &mut Kept::new(ledger, session)).await?;
    let several = review.stores.iter().filter(|store| store.reading.is_none()).count();
    let reviewer = session.reviewer(true).await?;
    let teller = Teller::new(presenter, session.counting("reading who is inside", several));
    teller.announced.store(true, Ordering::Relaxed);
    let cx = time_for(several, session);
    let work = Box::pin(reviewer.continue_review(review.id, &cx, &teller));
    let done = interrupt::or_later(work, || teller.stop()).await;
    conclude(done, teller, older, &reviewer, session).await
}

fn named(store: &str, session: &Session) -> Result<StoreHandle> {
    session.config().store(store)?;
    StoreHandle::new(store)
}

/// That there is nothing to compare the first review with must not stop it.
async fn older(since: &str, session: &Session) -> Result<Option<Review>> {
    let found = which::older(since, None, &*session.ledger().await?).await?;
    if found.is_none() {
        warn("no finished review was kept yet, so nothing is compared");
    }
    Ok(found)
}

/// The time that a command may take is for one store.
fn time_for(several: usize, session: &Session) -> CallContext {
    let several = u32::try_from(several.max(1)).unwrap_or(u32::MAX);
    session.call().with_timeout(session.timeout().saturating_mul(several).max(Duration::from_secs(1)))
}

/// Shows what is not shown yet. What was read stays kept, however the work has ended.
async fn conclude(
    done: Option<Result<Review>>,
    teller: Teller<'_>,
    older: Option<Review>,
    reviewer: &Reviewer,
    session: &Session,
) -> Outcome {
    let (mut presenter, id) = teller.into_parts();
    let (review, failure) = match (done, id) {
        (Some(Ok(review)), _) => (review, None),
        (Some(Err(error)), Some(id)) => match reviewer.review(id).await {
            Ok(review) => (review, Some(error)),
            Err(_) => return Err(error.into()),
        },
        (Some(Err(error)), None) => return Err(error.into()),
        (None, Some(id)) => {
            notice("left as it is; `guestpass review continue` goes on with it after five minutes at most");
            (reviewer.review(id).await?, None)
        }
        (None, None) => {
            notice("left before any store was read");
            return Ok(Exit::Failed);
        }
    };
    presenter.add_read(&review, &mut Kept::new(session.ledger().await?, session)).await?;
    presenter.add_waiting(&review);
    if let Some(older) = older {
        let comparison = reviewer.compare(older.id, review.id).await?;
        presenter.compare(&older, review.id, comparison).await?;
    }
    let summary = ReviewSummary::from(&review);
    presenter.finish(&summary)?;
    failure.map_or_else(|| Ok(judge(&summary)), |error| Err(Failure::Error(error)))
}

fn judge(review: &ReviewSummary) -> Exit {
    let read = review.complete + review.attested;
    match (review.failed, review.waiting) {
        (0, 0) => Exit::Done,
        (_, 0) if read == 0 => Exit::Failed,
        _ => Exit::Partly,
    }
}

/// Shows stores as they are read, until somebody says that it is enough.
struct Teller<'a> {
    presenter: Mutex<Presenter<'a>>,
    /// Which review, once there is work on it.
    review: Mutex<Option<ReviewId>>,
    bar: Progress,
    /// Whether people have been told which review it is.
    announced: AtomicBool,
    stopped: AtomicBool,
}

impl<'a> Teller<'a> {
    fn new(presenter: Presenter<'a>, bar: Progress) -> Self {
        Self {
            presenter: Mutex::new(presenter),
            review: Mutex::new(None),
            bar,
            announced: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn into_parts(self) -> (Presenter<'a>, Option<ReviewId>) {
        let presenter = self.presenter.into_inner().unwrap_or_else(PoisonError::into_inner);
        (presenter, self.review.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn present(&self, show: impl FnOnce(&mut Presenter<'a>)) {
        let mut presenter = self.presenter.lock().unwrap_or_else(PoisonError::into_inner);
        self.bar.aside(|| show(&mut presenter));
    }
}

impl ReviewWatcher for Teller<'_> {
    fn began(&self, review: &Review) {
        *self.review.lock().unwrap_or_else(PoisonError::into_inner) = Some(review.id);
        if !self.announced.swap(true, Ordering::Relaxed) {
            self.present(|presenter| presenter.begin(review));
        }
    }

    fn reviewed(&self, store: &StoreReview, first_number: u32) {
        let review = *self.review.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(review) = review {
            let view = ReviewedStoreView::read(review, store, first_number);
            self.present(|presenter| presenter.add(&store.store, &view));
        }
        self.bar.one_more();
    }

    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }
}

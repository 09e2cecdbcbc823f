//! `guestpass review show`

use guestpass::grants::Ledger;
use guestpass::review::Review;
use guestpass::{Error, ErrorKind, Result};

use super::kept::Kept;
use super::presenter::Presenter;
use super::which;
use crate::args::ShownReview;
use crate::exit::{Exit, Outcome};
use crate::output::{Output, ReviewSummary};
use crate::session::Session;

/// Shows a review from the ledger alone.
pub(super) async fn run(text: &str, shown: &ShownReview, session: &Session, out: &mut Output) -> Outcome {
    let ledger = session.ledger().await?;
    let review = which::review(text, &*ledger).await?;
    let older = match &shown.since {
        Some(since) => Some(older(since, &review, &*ledger).await?),
        None => None,
    };
    let mut presenter = Presenter::open(shown, older.is_some(), out)?;
    presenter.begin(&review);
    presenter.add_read(&review, &mut Kept::new(ledger, session)).await?;
    presenter.add_waiting(&review);
    if let Some(older) = older {
        let reviewer = session.reviewer(false).await?;
        let comparison = reviewer.compare(older.id, review.id).await?;
        presenter.compare(&older, review.id, comparison).await?;
    }
    presenter.finish(&ReviewSummary::from(&review))?;
    Ok(Exit::Done)
}

/// The older review to compare with.
pub(super) async fn older(since: &str, review: &Review, ledger: &dyn Ledger) -> Result<Review> {
    which::older(since, Some(review.id), ledger).await?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "no finished review is older than this one")
            .with_remedy("leave --since away, or name one of `guestpass review list`")
    })
}

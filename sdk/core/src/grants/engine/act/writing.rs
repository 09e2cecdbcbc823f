//! What every write needs: its intent, its lease, what to do when it fails.

use crate::error::{Error, ErrorKind, Result, Retry};
use crate::grants::engine::book::Book;
use crate::grants::engine::goal::Goal;
use crate::grants::engine::settle::{Next, Work};
use crate::grants::engine::{Durable, Moment};
use crate::grants::holding::{Intent, IntentKind};
use crate::model::{Person, ProviderState};

impl Work<'_> {
    /// Writes down what is about to be sent.
    pub(super) async fn intend(
        &self,
        kind: IntentKind,
        makes_secret: bool,
        role: Option<String>,
        state: Option<Option<ProviderState>>,
    ) -> Result<()> {
        let now = self.now();
        self.amend(Durable::Intent, |book| {
            if let Some(state) = &state {
                book.holding.state.clone_from(state);
            }
            let intent = Intent { kind: kind.clone(), since: now, makes_secret, role: role.clone() };
            book.holding.intent = Some(intent);
            Ok(())
        })
        .await
    }

    /// Nothing is sent by somebody who has lost the lease.
    pub(super) async fn still_ours(&self) -> Result<()> {
        let engine = self.engine;
        if engine.ledger.renew(self.lease, engine.now(), crate::grants::engine::settle::LEASE).await? {
            return Ok(());
        }
        Err(Error::stale("the lease"))
    }

    pub(super) fn writing(&mut self, by_hand: bool, step: Durable, moment: Moment) {
        if by_hand {
            return;
        }
        if moment == Moment::Before {
            self.writes += 1;
        }
        self.engine.checkpoint.at(step, moment);
    }

    /// A write that failed: its intent stays where it may have been executed all the same.
    pub(super) async fn write_failed(&mut self, error: &Error, book: &Book, who: &Person) -> Result<Next> {
        let known = self.book().await?;
        let makes_secret = known.holding.intent.as_ref().is_some_and(|intent| intent.makes_secret);
        let was_refused = !matches!(
            error.kind(),
            ErrorKind::Unavailable
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::Protocol
                | ErrorKind::Internal
        );
        // Where a password comes with it, what failed may have been what came after it.
        let executed_perhaps = error.is_outcome_unknown() || (makes_secret && !was_refused);
        self.amend(Durable::Outcome, |book| {
            if executed_perhaps {
                if let Some(state) = error.state() {
                    book.holding.state = Some(state.clone());
                }
            } else {
                let was = book.holding.intent.take();
                if was.is_some_and(|was| was.kind == IntentKind::Invite) {
                    book.holding.state = None;
                }
            }
            Ok(())
        })
        .await?;
        self.refused(book, who, error).await
    }

    /// Nothing was done, for this reason; it is tried again later.
    pub(super) async fn refused(&mut self, book: &Book, who: &Person, error: &Error) -> Result<Next> {
        let wait = match error.retry() {
            Retry::After(wait) => Some(wait),
            _ => None,
        };
        self.fail(wait);
        let goal = Goal::of(&book.holding, &book.grants);
        self.stand_in_the_way(&goal, book, who, error).await?;
        Ok(Next::Rest)
    }
}

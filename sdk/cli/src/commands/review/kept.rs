//! Stores of a review as the ledger keeps them, with the names of our own people.

use std::collections::HashMap;
use std::sync::Arc;

use guestpass::grants::{Directory, Ledger};
use guestpass::review::{KeptRow, ReviewId, ReviewedStore};
use guestpass::{Person, PersonHandle, Result};

use crate::output::{ReviewRowView, ReviewedStoreView};
use crate::session::Session;

const PAGE: u32 = 500;

/// Reads stores of reviews.
pub(super) struct Kept<'a> {
    ledger: Arc<dyn Ledger>,
    session: &'a Session,
    /// Whom it was asked for already.
    people: HashMap<PersonHandle, Option<Person>>,
}

impl<'a> Kept<'a> {
    /// From this ledger.
    pub(super) fn new(ledger: Arc<dyn Ledger>, session: &'a Session) -> Self {
        Self { ledger, session, people: HashMap::new() }
    }

    /// One store with all its rows.
    pub(super) async fn store(
        &mut self,
        review: ReviewId,
        store: &ReviewedStore,
    ) -> Result<ReviewedStoreView> {
        let mut view = ReviewedStoreView::kept(review, store);
        let mut after = store.first_row.saturating_sub(1);
        while store.rows > 0 && after < store.last_row() {
            let limit = PAGE.min(store.last_row() - after);
            let page = self.ledger.review_rows(review, after, limit).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for row in &page {
                view.rows.push(self.row(row).await?);
            }
        }
        Ok(view)
    }

    /// One row.
    pub(super) async fn row(&mut self, row: &KeptRow) -> Result<ReviewRowView> {
        let mut view = ReviewRowView::from(row);
        let Some(handle) = &row.person else { return Ok(view) };
        if let Some(person) = self.person(handle).await? {
            let names = [person.first_name.as_deref(), person.last_name.as_deref()];
            let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
            view.name = (!name.is_empty()).then_some(name);
            view.email = Some(person.email.to_string());
        }
        Ok(view)
    }

    async fn person(&mut self, handle: &PersonHandle) -> Result<Option<&Person>> {
        if !self.people.contains_key(handle) {
            let found = match self.session.directory().person(handle) {
                Some(person) => Some(person),
                None => self.ledger.person(handle).await?.and_then(|record| record.to_person()),
            };
            self.people.insert(handle.clone(), found);
        }
        Ok(self.people.get(handle).and_then(Option::as_ref))
    }
}

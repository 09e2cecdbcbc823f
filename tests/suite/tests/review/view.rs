//! What a review shows, in short.

use std::collections::BTreeSet;

use guestpass::Operation;
use guestpass::grants::Ledger;
use guestpass::review::{Finding, ReviewRow, Reviewer, StoreReview};

use crate::desk::{Desk, store};

impl Desk {
    pub(crate) fn reviewer(&self) -> Reviewer {
        Reviewer::new(self.ledger.clone(), self.known.clone(), self.subject.env.clone())
    }

    pub(crate) async fn review(&self) -> StoreReview {
        self.reviewer().store(&store(), &self.subject.call()).await.unwrap()
    }

    /// Whether everybody can be listed here.
    pub(crate) fn is_listed(&self) -> bool {
        self.subject.does(Operation::List)
    }

    pub(crate) async fn facts(&self, kind: &str) -> Vec<guestpass::grants::audit::Fact> {
        let events = self.ledger.events(&store(), 0, 1000).await.unwrap();
        let facts = events.iter().map(|event| event.fact().unwrap());
        facts.filter(|fact| fact.kind == kind).collect()
    }
}

/// The guest's rows.
pub(crate) fn of_guest(review: &StoreReview) -> Vec<&ReviewRow> {
    let is_guest = |row: &&ReviewRow| row.person.as_ref().is_some_and(|person| person.as_str() == "gina");
    review.rows.iter().filter(is_guest).collect()
}

/// The kinds of findings of a row, without those that say only what the platform does not tell.
pub(crate) fn kinds(row: &ReviewRow) -> BTreeSet<&'static str> {
    let told = |finding: &&Finding| !matches!(finding, Finding::NotComparable { .. });
    row.findings.iter().filter(told).map(Finding::kind).collect()
}

pub(crate) fn set<const N: usize>(kinds: [&'static str; N]) -> BTreeSet<&'static str> {
    BTreeSet::from(kinds)
}

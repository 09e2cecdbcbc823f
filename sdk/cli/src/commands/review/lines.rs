//! The shapes of a review for machines, one object a line.

use guestpass::review::{Difference, ReviewId, StoreDifference};
use serde::Serialize;

use crate::output::{ReviewSummary, ReviewedStoreView, row_reference};

/// A store as it comes.
#[derive(Serialize)]
pub(super) struct StoreLine<'a> {
    pub(super) store: &'a ReviewedStoreView,
}

/// What is different at a store, or why that cannot be told.
#[derive(Serialize)]
pub(super) struct DifferenceLine<'a> {
    pub(super) difference: &'a DifferenceView,
}

/// The last line.
#[derive(Serialize)]
pub(super) struct SummaryLine<'a> {
    pub(super) summary: &'a ReviewSummary,
}

/// What has changed at one store since an older review.
#[derive(Debug, Serialize)]
pub(super) struct DifferenceView {
    pub(super) review: String,
    /// The older one.
    pub(super) since: String,
    pub(super) store: String,
    pub(super) platform: String,
    /// Why nothing can be compared; `null` where it can.
    pub(super) not_comparable: Option<String>,
    pub(super) changes: Vec<ChangedRowView>,
}

/// What has changed about a row.
#[derive(Debug, Serialize)]
pub(super) struct ChangedRowView {
    /// The same in every review.
    pub(super) key: String,
    /// Its reference in the newer review.
    pub(super) row: Option<String>,
    /// Its reference in the older one.
    pub(super) row_before: Option<String>,
    pub(super) person: Option<String>,
    pub(super) what: Vec<ChangeView>,
}

/// One change.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// All of it, by the fields of its kind.
    pub(super) detail: Difference,
}

impl DifferenceView {
    pub(super) fn new(since: ReviewId, review: ReviewId, store: &StoreDifference) -> Self {
        let changes = store.changes.iter().map(|change| ChangedRowView {
            key: change.key.to_string(),
            row: change.new.map(|number| row_reference(review, number)),
            row_before: change.old.map(|number| row_reference(since, number)),
            person: change.person.as_ref().map(ToString::to_string),
            what: change.what.iter().map(ChangeView::from).collect(),
        });
        Self {
            review: review.to_string(),
            since: since.to_string(),
            store: store.store.to_string(),
            platform: store.platform.to_string(),
            not_comparable: store.not_comparable.clone(),
            changes: changes.collect(),
        }
    }

    /// Whether there is nothing to say.
    pub(super) fn is_nothing(&self) -> bool {
        self.not_comparable.is_none() && self.changes.is_empty()
    }
}

impl From<&Difference> for ChangeView {
    fn from(change: &Difference) -> Self {
        let list = |words: &[String]| if words.is_empty() { "none".to_owned() } else { words.join(", ") };
        let status = |status: &Option<String>| status.clone().unwrap_or_else(|| "no account".to_owned());
        let (kind, text) = match change {
            Difference::Appeared => ("appeared", "was not there before".to_owned()),
            Difference::Gone => ("gone", "is not there any more".to_owned()),
            Difference::Status { before, after } => {
                ("status", format!("was {}, is {}", status(before), status(after)))
            }
            Difference::Roles { before, after } => {
                ("roles", format!("had the roles {}, has {}", list(before), list(after)))
            }
            Difference::Permissions { added, removed } => {
                ("permissions", format!("may do more: {}; less: {}", list(added), list(removed)))
            }
            Difference::Found { finding } => ("found", format!("now: {finding}")),
            Difference::Settled { finding } => ("settled", format!("no longer: {finding}")),
            Difference::NotFollowed { verdict } => {
                ("not_followed", format!("it was decided to {}, and that is not done", verdict.as_str()))
            }
            _ => ("other", "a newer program knows what has changed".to_owned()),
        };
        Self { kind, text, detail: change.clone() }
    }
}

//! A review as machines and people see it, read just now or kept earlier.

use std::collections::BTreeMap;

use guestpass::review::{
    Decision, Ends, Finding, KeptRow, Reading, Review, ReviewId, ReviewRow, ReviewedStore, StoreReview,
};
use guestpass::{Email, Timestamp, Told};
use serde::Serialize;

use super::{AccountView, Who};

/// One store of a review.
#[derive(Debug, Serialize)]
pub(crate) struct ReviewedStoreView {
    pub(crate) review: String,
    pub(crate) store: String,
    pub(crate) platform: String,
    /// `complete`, `attested`, `failed`, or `waiting` where it was not read yet.
    pub(crate) reading: &'static str,
    /// Why it is not complete.
    pub(crate) reason: Option<String>,
    /// When its reading began.
    pub(crate) began_at: Option<Timestamp>,
    /// How many pages a complete listing took.
    pub(crate) pages: Option<u32>,
    /// How the grants ended that are over.
    pub(crate) ends: Ends,
    pub(crate) rows: Vec<ReviewRowView>,
}

/// Somebody who is inside, or should be.
#[derive(Debug, Serialize)]
pub(crate) struct ReviewRowView {
    /// How `review decide` takes it.
    pub(crate) row: String,
    pub(crate) number: u32,
    /// The same in every review.
    pub(crate) key: String,
    pub(crate) account: Option<String>,
    /// Only while the store is read: the ledger keeps it of nobody.
    pub(crate) name: Option<String>,
    /// As the name.
    pub(crate) email: Option<String>,
    /// Who of ours.
    pub(crate) person: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) permissions: Vec<String>,
    /// As the name.
    pub(crate) last_login: Option<Timestamp>,
    pub(crate) grants: Vec<String>,
    /// Which of our roles these give.
    pub(crate) role: Option<String>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) findings: Vec<FindingView>,
    pub(crate) decision: Option<DecisionView>,
}

/// What somebody should look at.
#[derive(Debug, Serialize)]
pub(crate) struct FindingView {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// All of it, by the fields of its kind.
    pub(crate) detail: Finding,
}

/// What was decided.
#[derive(Debug, Serialize)]
pub(crate) struct DecisionView {
    pub(crate) verdict: &'static str,
    pub(crate) by: Who,
    pub(crate) at: Timestamp,
    pub(crate) reason: Option<String>,
}

/// A review in numbers.
#[derive(Debug, Serialize)]
pub(crate) struct ReviewSummary {
    pub(crate) id: String,
    /// Its last characters, as they stand before a row.
    pub(crate) mark: String,
    pub(crate) by: Who,
    pub(crate) reason: Option<String>,
    pub(crate) began_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) stores: usize,
    /// Stores where everybody was listed.
    pub(crate) complete: usize,
    /// Stores of which only people's word is known.
    pub(crate) attested: usize,
    /// Stores that could not be read.
    pub(crate) failed: usize,
    /// Stores that wait for `review continue`.
    pub(crate) waiting: usize,
    pub(crate) rows: u64,
    /// How many findings of each kind.
    pub(crate) findings: BTreeMap<String, u64>,
    /// How the grants ended that are over.
    pub(crate) ends: Ends,
}

/// The last characters of a review's id: short enough to copy, and of the part that is random.
pub(crate) fn mark(review: ReviewId) -> String {
    let id = review.to_string();
    id.get(id.len().saturating_sub(5)..).unwrap_or(&id).to_owned()
}

/// How people name a row.
pub(crate) fn row_reference(review: ReviewId, number: u32) -> String {
    format!("{}-{number}", mark(review))
}

impl ReviewedStoreView {
    /// As it was read now.
    pub(crate) fn read(review: ReviewId, store: &StoreReview, first_number: u32) -> Self {
        let numbered = store.rows.iter().zip(first_number..);
        let rows = numbered.map(|(row, number)| ReviewRowView::read(review, number, row)).collect();
        let (reading, reason, pages) = words_of(Some(&store.reading));
        Self {
            review: review.to_string(),
            store: store.store.to_string(),
            platform: store.platform.to_string(),
            reading,
            reason,
            began_at: Some(store.began_at),
            pages,
            ends: store.ends,
            rows,
        }
    }

    /// As it was kept, without its rows yet.
    pub(crate) fn kept(review: ReviewId, store: &ReviewedStore) -> Self {
        let (reading, reason, pages) = words_of(store.reading.as_ref());
        Self {
            review: review.to_string(),
            store: store.store.to_string(),
            platform: store.platform.to_string(),
            reading,
            reason,
            began_at: store.began_at,
            pages,
            ends: store.ends,
            rows: Vec::new(),
        }
    }
}

fn words_of(reading: Option<&Reading>) -> (&'static str, Option<String>, Option<u32>) {
    match reading {
        Some(Reading::Complete { evidence }) => ("complete", None, Some(evidence.pages)),
        Some(Reading::Attested { reason }) => ("attested", Some(reason.clone()), None),
        Some(Reading::Failed { reason }) => ("failed", Some(reason.clone()), None),
        Some(other) => (other.as_str(), None, None),
        None => ("waiting", None, None),
    }
}

impl ReviewRowView {
    fn read(review: ReviewId, number: u32, row: &ReviewRow) -> Self {
        let account = row.account.as_ref();
        Self {
            row: row_reference(review, number),
            number,
            key: row.key.to_string(),
            account: account.map(|account| account.id.to_string()),
            name: account.and_then(|account| account.name.known().cloned()),
            email: account.and_then(|account| account.email.known().map(Email::to_string)),
            person: row.person.as_ref().map(ToString::to_string),
            status: account.map(|account| AccountView::from(account).status.to_owned()),
            roles: account.map(|account| list(&account.roles)).unwrap_or_default(),
            permissions: account.map(|account| list(&account.permissions)).unwrap_or_default(),
            last_login: account.and_then(|account| account.last_login.known().copied().flatten()),
            grants: row.grants.iter().map(ToString::to_string).collect(),
            role: row.role.clone(),
            until: row.until,
            findings: row.findings.iter().map(FindingView::from).collect(),
            decision: None,
        }
    }
}

fn list(told: &Told<Vec<String>>) -> Vec<String> {
    told.known().cloned().unwrap_or_default()
}

impl From<&KeptRow> for ReviewRowView {
    fn from(row: &KeptRow) -> Self {
        Self {
            row: row_reference(row.review, row.number),
            number: row.number,
            key: row.key.to_string(),
            account: row.account.as_ref().map(ToString::to_string),
            name: None,
            email: None,
            person: row.person.as_ref().map(ToString::to_string),
            status: row.status.clone(),
            roles: row.roles.clone(),
            permissions: row.permissions.clone(),
            last_login: None,
            grants: row.grants.iter().map(ToString::to_string).collect(),
            role: row.role.clone(),
            until: row.until,
            findings: row.findings.iter().map(FindingView::from).collect(),
            decision: row.decision.as_ref().map(DecisionView::from),
        }
    }
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        Self { kind: finding.kind(), text: finding.to_string(), detail: finding.clone() }
    }
}

impl From<&Decision> for DecisionView {
    fn from(decision: &Decision) -> Self {
        Self {
            verdict: decision.verdict.as_str(),
            by: Who::from(&decision.by),
            at: decision.at,
            reason: decision.reason.clone(),
        }
    }
}

impl From<&Review> for ReviewSummary {
    fn from(review: &Review) -> Self {
        let how_many = |word: &str| {
            review.stores.iter().filter(|store| words_of(store.reading.as_ref()).0 == word).count()
        };
        let mut findings = BTreeMap::new();
        let mut ends = Ends::default();
        for store in &review.stores {
            for (kind, count) in &store.findings {
                *findings.entry(kind.clone()).or_default() += u64::from(*count);
            }
            ends.proven += store.ends.proven;
            ends.attested += store.ends.attested;
            ends.unproven += store.ends.unproven;
        }
        Self {
            id: review.id.to_string(),
            mark: mark(review.id),
            by: Who::from(&review.by),
            reason: review.reason.clone(),
            began_at: review.began_at,
            finished_at: review.finished_at,
            stores: review.stores.len(),
            complete: how_many("complete"),
            attested: how_many("attested"),
            failed: how_many("failed"),
            waiting: how_many("waiting"),
            rows: review.stores.iter().map(|store| u64::from(store.rows)).sum(),
            findings,
            ends,
        }
    }
}

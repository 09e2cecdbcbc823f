//! What a pass over stores has read, and how it is written down.
//!
//! The record of a review holds all its stores. Written with each of two thousand, it would take minutes.

use std::time::Duration;

use super::record::{KeptRow, Review};
use super::row::StoreReview;
use super::run::ReviewWatcher;
use super::store::Reviewer;
use crate::Timestamp;
use crate::error::Result;
use crate::grants::audit::Fact;
use crate::grants::{Commit, Lease};

/// How many rows are written at once.
const CHUNK: usize = 500;
/// A large review is written down in so many parts.
const PARTS: usize = 50;
/// What was read is written down after this time, however little it is.
const UNWRITTEN: Duration = Duration::from_secs(30);

/// A review while somebody works on it.
pub(super) struct Work {
    /// As the ledger has it.
    pub(super) record: Review,
    /// Stores that were read and are not written down, by their places in the record.
    pub(super) read: Vec<(usize, StoreReview)>,
    /// When something was last written down.
    written_at: Timestamp,
}

impl Work {
    pub(super) fn on(record: Review, now: Timestamp) -> Self {
        Self { record, read: Vec::new(), written_at: now }
    }

    /// Whether it is time to write down what was read.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let rows: usize = self.read.iter().map(|(_, seen)| seen.rows.len()).sum();
        let waits = Duration::try_from(now.duration_since(self.written_at)).unwrap_or_default();
        self.read.len() >= self.record.stores.len() / PARTS || rows >= CHUNK || waits >= UNWRITTEN
    }
}

impl Reviewer {
    /// Keeps the rows of the stores that were read, and with the last of them that they were.
    pub(super) async fn write_down(
        &self,
        work: &mut Work,
        lease: &Lease,
        watcher: &dyn ReviewWatcher,
    ) -> Result<()> {
        if work.read.is_empty() {
            return Ok(());
        }
        let now = self.env.clock().now();
        let mut changed = work.record.clone();
        let mut last_row = changed.last_row();
        let (mut rows, mut last) = (Vec::new(), Commit::under(lease));
        for (index, seen) in &work.read {
            let first = last_row.saturating_add(1);
            let numbered = seen.rows.iter().zip(first..);
            rows.extend(numbered.map(|(row, number)| KeptRow::of(changed.id, number, seen, row)));
            let Some(entry) = changed.stores.get_mut(*index) else { continue };
            entry.keep(seen, first);
            last_row = last_row.saturating_add(entry.rows);
            let mut fact = Fact::new(now, "store_reviewed", seen.platform.clone(), seen.store.clone());
            fact.actor = Some(changed.by.clone());
            fact.reason.clone_from(&changed.reason);
            fact.outcome = Some(seen.reading.as_str().to_owned());
            fact.detail = serde_json::json!({
                "review": changed.id, "rows": entry.rows, "findings": entry.findings, "ends": entry.ends,
            });
            last.facts.push(fact);
        }
        if changed.stores.iter().all(|store| store.reading.is_some()) {
            changed.finished_at = Some(now);
        }
        let mut chunks = rows.chunks(CHUNK).peekable();
        while let Some(chunk) = chunks.next() {
            if chunks.peek().is_none() {
                last.review_rows = chunk.to_vec();
                break;
            }
            let mut change = Commit::under(lease);
            change.review_rows = chunk.to_vec();
            self.ledger.commit(change).await?;
        }
        last.reviews.push(changed.clone());
        self.ledger.commit(last).await?;
        changed.revision += 1;
        (work.record, work.written_at) = (changed, now);
        for (index, seen) in std::mem::take(&mut work.read) {
            let entry = work.record.stores.get(index);
            watcher.reviewed(&seen, entry.map_or(0, |entry| entry.first_row));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::Principal;
    use crate::model::{AccountId, ProviderId, StoreHandle};
    use crate::review::{Ends, Reading, ReviewId, ReviewRow, ReviewedStore, RowKey};

    const SHOP: ProviderId = ProviderId::from_static("shop");

    fn store(rows: usize) -> StoreReview {
        let row =
            |number: usize| ReviewRow::new(RowKey::account(&AccountId::new(number.to_string()).unwrap()));
        StoreReview {
            platform: SHOP,
            store: StoreHandle::new("acme").unwrap(),
            began_at: Timestamp::UNIX_EPOCH,
            reading: Reading::Attested { reason: "so they say".to_owned() },
            again_after: None,
            rows: (0..rows).map(row).collect(),
            ends: Ends::default(),
        }
    }

    fn work(stores: usize) -> Work {
        let now = Timestamp::UNIX_EPOCH;
        let waiting = |number: usize| {
            ReviewedStore::waiting(SHOP, StoreHandle::new(format!("store-{number}")).unwrap())
        };
        let record = Review {
            id: ReviewId::new(now),
            by: Principal::stated("boss"),
            reason: None,
            began_at: now,
            finished_at: None,
            stores: (0..stores).map(waiting).collect(),
            revision: 1,
        };
        Work::on(record, now)
    }

    #[test]
    fn much_is_written_down_together_and_nothing_waits_for_long() {
        let (now, soon) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(29).unwrap());
        let mut few = work(40);
        few.read.push((0, store(1)));
        assert!(few.is_due(now), "of few stores each is written at once");
        let mut many = work(2_000);
        many.read = (0..39).map(|index| (index, store(1))).collect();
        assert!(!many.is_due(now) && !many.is_due(soon));
        assert!(many.is_due(Timestamp::from_second(30).unwrap()));
        many.read.push((39, store(1)));
        assert!(many.is_due(now));
        let mut full = work(2_000);
        full.read.push((0, store(CHUNK)));
        assert!(full.is_due(now), "so many rows are written at once");
    }
}

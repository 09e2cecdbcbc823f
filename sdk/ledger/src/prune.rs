//! What is long over is forgotten, and chains begin at a checkpoint then.

use std::time::Duration;

use guestpass::review::ReviewId;
use guestpass::{Error, ErrorKind, Result, Timestamp};

use crate::database::{Database, Transaction};
use crate::statement::Statement;
use crate::time::present;

/// Nothing that is younger than two years is pruned.
pub const KEEP_AT_LEAST: Duration = Duration::from_secs(2 * 366 * 24 * 3600);

/// How much was pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Pruned {
    /// Grants that were over.
    pub grants: u64,
    /// Steps that were closed.
    pub steps: u64,
    /// Reviews that began before then, with their rows.
    pub reviews: u64,
    /// Events, from the beginning of their chains.
    pub events: u64,
}

/// Each store's chain is pruned in a transaction of its own, so that nobody waits long.
pub(crate) async fn prune(database: &Database, before: Timestamp, now: Timestamp) -> Result<Pruned> {
    let latest = now.saturating_sub(KEEP_AT_LEAST).unwrap_or(Timestamp::MIN);
    if before > latest {
        return Err(Error::new(ErrorKind::InvalidRequest, "a ledger keeps at least two years")
            .with_remedy(format!("prune what is older than {latest}")));
    }
    // Ids of reviews begin with their time, in milliseconds, and sort by it.
    let first_kept: String = ReviewId::new(before).to_string().chars().take(13).collect();
    let before = present(before);
    let mut transaction = database.begin().await?;
    let removed = records(&mut transaction, before, &first_kept).await;
    let mut pruned = transaction.end(removed).await?;
    for row in database.read(Statement::new("SELECT store FROM chains ORDER BY store")).await? {
        let mut transaction = database.begin().await?;
        let removed = beginning(&mut transaction, &row.text(0)?, before).await;
        pruned.events += transaction.end(removed).await?;
    }
    Ok(pruned)
}

/// Grants stay as long as somebody still has something to do at their place.
async fn records(transaction: &mut Transaction, before: i64, first_kept: &str) -> Result<Pruned> {
    let over = Statement::new(
        "DELETE FROM grants WHERE over_since_ms < $1 AND NOT EXISTS (SELECT 1 FROM steps \
         WHERE steps.store = grants.store AND steps.subject = grants.subject AND closed_at_ms IS NULL)",
    );
    let grants = transaction.execute(over.bind(before)).await?;
    let steps =
        transaction.execute(Statement::new("DELETE FROM steps WHERE closed_at_ms < $1").bind(before)).await?;
    let rows = Statement::new("DELETE FROM review_rows").with(" WHERE review < ", first_kept);
    transaction.execute(rows).await?;
    let reviews = Statement::new("DELETE FROM reviews").with(" WHERE id < ", first_kept);
    let reviews = transaction.execute(reviews).await?;
    Ok(Pruned { grants, steps, reviews, events: 0 })
}

/// Only a beginning can go: an old event behind a younger one, after a clock was set back, stays.
async fn beginning(transaction: &mut Transaction, store: &str, before: i64) -> Result<u64> {
    let ends = Statement::new("SELECT seq FROM chains").with(" WHERE store = ", store);
    let Some(end) = transaction.read_locked(ends).await? else { return Ok(0) };
    let last = match first_young(transaction, store, before).await? {
        Some(seq) => seq.saturating_sub(1),
        None => end.counter(0)?,
    };
    let keep_hash = Statement::new(
        "UPDATE chains SET pruned_seq = $2, pruned_hash = (SELECT hash FROM events WHERE store = $1 AND seq = $2) \
         WHERE store = $1 AND pruned_seq < $2",
    );
    if transaction.execute(keep_hash.bind(store).bind(last)).await? == 0 {
        return Ok(0);
    }
    let remove = Statement::new("DELETE FROM events WHERE store = $1 AND seq <= $2").bind(store).bind(last);
    transaction.execute(remove).await
}

async fn first_young(transaction: &mut Transaction, store: &str, before: i64) -> Result<Option<u64>> {
    let young =
        Statement::new("SELECT seq FROM events WHERE store = $1 AND at_ms >= $2 ORDER BY seq LIMIT 1");
    let found = transaction.read(young.bind(store).bind(before)).await?.pop();
    found.map(|row| row.counter(0)).transpose()
}

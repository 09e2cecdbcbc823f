//! Leases: who may work under a key. Each call is one short transaction.

use std::time::Duration;

use guestpass::grants::{Lease, LeaseKey};
use guestpass::{Result, Timestamp};

use crate::database::{Database, Row, Transaction};
use crate::statement::Statement;
use crate::time::{awaited, kept, present};

/// A lease as it stands before it is claimed.
struct Before {
    owner: Option<String>,
    fence: u64,
    until: i64,
}

pub(crate) async fn claim(
    database: &Database,
    key: &LeaseKey,
    owner: &str,
    now: Timestamp,
    ttl: Duration,
) -> Result<Option<Lease>> {
    let mut transaction = database.begin().await?;
    let claimed = take(&mut transaction, key, owner, now, ttl).await;
    transaction.end(claimed).await
}

async fn take(
    transaction: &mut Transaction,
    key: &LeaseKey,
    owner: &str,
    now: Timestamp,
    ttl: Duration,
) -> Result<Option<Lease>> {
    // Whoever has the row locked is working under the lease or claiming it at this moment.
    let Some(before) = before(transaction, key).await? else { return Ok(None) };
    let of_another = before.owner.as_deref().is_some_and(|holder| holder != owner);
    if of_another && before.until > present(now) {
        return Ok(None);
    }
    let fence = before.fence.saturating_add(1);
    let until = end(now, ttl);
    let taken = of_key("UPDATE leases SET owner = $3, fence = $4, until_ms = $5", key)
        .bind(owner)
        .bind(fence)
        .bind(until);
    transaction.execute(taken).await?;
    let mut lease = Lease::new(key.clone(), owner, fence, kept(until));
    lease.taken_over_at = of_another.then(|| kept(before.until));
    Ok(Some(lease))
}

async fn before(transaction: &mut Transaction, key: &LeaseKey) -> Result<Option<Before>> {
    let make = Statement::new(
        "INSERT INTO leases (platform, contention, owner, fence, until_ms) VALUES ($1, $2, NULL, 0, 0) \
         ON CONFLICT DO NOTHING",
    )
    .bind(key.platform.as_str())
    .bind(key.contention.as_str());
    transaction.execute(make).await?;
    let row =
        transaction.read_unless_locked(of_key("SELECT owner, fence, until_ms FROM leases", key)).await?;
    row.as_ref().map(before_from).transpose()
}

fn before_from(row: &Row) -> Result<Before> {
    Ok(Before { owner: row.optional_text(0)?, fence: row.counter(1)?, until: row.number(2)? })
}

pub(crate) async fn renew(database: &Database, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<bool> {
    let keep = held("UPDATE leases SET until_ms = $5", lease).bind(end(now, ttl));
    Ok(database.execute(keep).await? == 1)
}

pub(crate) async fn release(database: &Database, lease: &Lease) -> Result<()> {
    database.execute(held("UPDATE leases SET owner = NULL", lease)).await.map(drop)
}

fn end(now: Timestamp, ttl: Duration) -> i64 {
    awaited(now.saturating_add(ttl).unwrap_or(Timestamp::MAX))
}

/// The statement on the row of a key; its own placeholders begin at `$3`.
fn of_key(sql: &str, key: &LeaseKey) -> Statement {
    Statement::new(sql)
        .then(" WHERE platform = $1 AND contention = $2")
        .bind(key.platform.as_str())
        .bind(key.contention.as_str())
}

/// The same, if the lease is still held; its own placeholders begin at `$5`.
fn held(sql: &str, lease: &Lease) -> Statement {
    of_key(sql, &lease.key).with(" AND owner = ", lease.owner.as_str()).with(" AND fence = ", lease.fence)
}

//! Tables, made and brought up to date when a ledger is opened.
//!
//! Migrations only go forward. All of them run in one transaction under a lock, so two programs that start at once do not
//! get in each other's way. A new optional field of a record needs none: it arrives as `None` from older documents.

use guestpass::{Error, ErrorKind, Result};
use sqlx::AssertSqlSafe;

use crate::database::{Database, Transaction};
use crate::fault::fault;
use crate::statement::Statement;

/// In their order; the version of a ledger is how many of them it has seen. None is ever changed.
const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001_ledger.sql"),
    include_str!("../migrations/0002_rotations.sql"),
    include_str!("../migrations/0003_reviews.sql"),
    include_str!("../migrations/0004_last_looks.sql"),
    include_str!("../migrations/0005_incidents.sql"),
];

/// What PostgreSQL's advisory lock is called: "guestpass" in letters of the alphabet, any number would do.
const LOCK: i64 = 7_211_920_161_919;

/// Brings the tables up to date.
pub(crate) async fn prepare(database: &Database) -> Result<()> {
    let mut transaction = database.begin().await?;
    let migrated = migrate(&mut transaction).await;
    transaction.end(migrated).await
}

async fn migrate(transaction: &mut Transaction) -> Result<()> {
    if let Transaction::Postgres(_) = transaction {
        transaction.read(Statement::new("SELECT pg_advisory_xact_lock($1)").bind(LOCK)).await?;
    }
    let before = version(transaction).await?;
    let known = MIGRATIONS.len();
    if before > known {
        return Err(newer(before, known));
    }
    if before == known {
        return Ok(());
    }
    for migration in MIGRATIONS.iter().skip(before) {
        run(transaction, migration).await?;
    }
    let note = Statement::new("UPDATE ledger_schema SET version = $1").bind(known as u64);
    transaction.execute(note).await.map(drop)
}

async fn version(transaction: &mut Transaction) -> Result<usize> {
    run(transaction, "CREATE TABLE IF NOT EXISTS ledger_schema (version BIGINT NOT NULL)").await?;
    match transaction.read(Statement::new("SELECT version FROM ledger_schema")).await?.pop() {
        Some(row) => Ok(usize::try_from(row.counter(0)?).unwrap_or(usize::MAX)),
        None => {
            transaction.execute(Statement::new("INSERT INTO ledger_schema (version) VALUES (0)")).await?;
            Ok(0)
        }
    }
}

fn newer(found: usize, known: usize) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the ledger has version {found}, this program knows versions up to {known}"),
    )
    .with_remedy("update guestpass")
    .with_retry(guestpass::Retry::Never)
}

/// Runs a script. `COLLATE "C"` is PostgreSQL's name for what SQLite does anyway: texts in the order of their bytes.
async fn run(transaction: &mut Transaction, script: &str) -> Result<()> {
    match transaction {
        Transaction::Sqlite(open) => {
            let script = script.replace(" COLLATE \"C\"", "");
            sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **open).await.map(drop)
        }
        Transaction::Postgres(open) => {
            sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut **open).await.map(drop)
        }
    }
    .map_err(fault)
}

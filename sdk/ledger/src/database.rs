//! The two databases behind one face: statements go in, rows of numbers and texts come out.

use guestpass::{Error, ErrorKind, Result};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row as _, Sqlite, SqlitePool};

use crate::fault::{commit_fault, fault};
use crate::statement::{Statement, Value};

#[derive(Clone)]
pub(crate) enum Database {
    /// One connection writes, several read; none ever waits for a reader.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl Database {
    /// Begins to write. SQLite takes its write lock here and not later, so that two writers cannot deadlock.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        match self {
            Self::Sqlite { writer, .. } => {
                writer.begin_with("BEGIN IMMEDIATE").await.map(Transaction::Sqlite).map_err(fault)
            }
            Self::Postgres(pool) => pool
                .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
                .await
                .map(Transaction::Postgres)
                .map_err(fault),
        }
    }

    /// Reads with one statement.
    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite { readers, .. } => {
                sqlite(statement).fetch_all(readers).await.map(sqlite_rows).map_err(fault)
            }
            Self::Postgres(pool) => {
                postgres(statement).fetch_all(pool).await.map(postgres_rows).map_err(fault)
            }
        }
    }

    /// Reads at most one row.
    pub(crate) async fn read_one(&self, statement: Statement) -> Result<Option<Row>> {
        Ok(self.read(statement).await?.pop())
    }

    /// Changes rows with one statement; gives how many.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let changed = transaction.execute(statement).await;
        transaction.end(changed).await
    }

    /// After something was erased: SQLite's log of writes still holds it, so its pages go where they belong and the log is
    /// emptied. A reader can keep that from happening now; then the next one does it.
    pub(crate) async fn leave_no_traces(&self) {
        if let Self::Sqlite { writer, .. } = self {
            let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await;
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction that writes. Dropped before its end, it has changed nothing.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    pub(crate) async fn read(&mut self, statement: Statement) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(open) => {
                sqlite(statement).fetch_all(&mut **open).await.map(sqlite_rows).map_err(fault)
            }
            Self::Postgres(open) => {
                postgres(statement).fetch_all(&mut **open).await.map(postgres_rows).map_err(fault)
            }
        }
    }

    /// Reads at most one row, which nobody else can change before this transaction ends.
    pub(crate) async fn read_locked(&mut self, statement: Statement) -> Result<Option<Row>> {
        let statement = match self {
            Self::Sqlite(_) => statement,
            Self::Postgres(_) => statement.then(" FOR UPDATE"),
        };
        Ok(self.read(statement).await?.pop())
    }

    /// The same, but a row that somebody else has locked is passed over.
    pub(crate) async fn read_unless_locked(&mut self, statement: Statement) -> Result<Option<Row>> {
        let statement = match self {
            Self::Sqlite(_) => statement,
            Self::Postgres(_) => statement.then(" FOR UPDATE SKIP LOCKED"),
        };
        Ok(self.read(statement).await?.pop())
    }

    /// Changes rows; gives how many.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64> {
        match self {
            Self::Sqlite(open) => {
                sqlite(statement).execute(&mut **open).await.map(|done| done.rows_affected()).map_err(fault)
            }
            Self::Postgres(open) => {
                postgres(statement).execute(&mut **open).await.map(|done| done.rows_affected()).map_err(fault)
            }
        }
    }

    /// Commits what went well and takes back what did not. Both are awaited: a lock that outlived this call would make the
    /// next claim believe that somebody is at work.
    pub(crate) async fn end<T>(self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(done) => self.commit().await.map(|()| done),
            Err(error) => {
                let _ = self.roll_back().await;
                Err(error)
            }
        }
    }

    async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(open) => open.commit().await,
            Self::Postgres(open) => open.commit().await,
        }
        .map_err(commit_fault)
    }

    async fn roll_back(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(open) => open.rollback().await,
            Self::Postgres(open) => open.rollback().await,
        }
    }
}

/// The text holds placeholders only; values are bound.
fn sqlite(statement: Statement) -> Query<'static, Sqlite, SqliteArguments> {
    let query = sqlx::query(AssertSqlSafe(statement.sql));
    statement.values.into_iter().fold(query, |query, value| match value {
        Value::Number(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
    })
}

fn postgres(statement: Statement) -> Query<'static, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(statement.sql));
    statement.values.into_iter().fold(query, |query, value| match value {
        Value::Number(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
    })
}

fn sqlite_rows(rows: Vec<SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn postgres_rows(rows: Vec<PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}

/// A row; its columns are asked for by their place in the statement.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub(crate) fn optional_number(&self, column: usize) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(fault)
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<String>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(fault)
    }

    pub(crate) fn number(&self, column: usize) -> Result<i64> {
        self.optional_number(column)?.ok_or_else(missing)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String> {
        self.optional_text(column)?.ok_or_else(missing)
    }

    /// A number that is never negative.
    pub(crate) fn counter(&self, column: usize) -> Result<u64> {
        u64::try_from(self.number(column)?).map_err(|_| missing())
    }
}

fn missing() -> Error {
    Error::new(ErrorKind::Internal, "the ledger holds a row without a value that belongs there")
        .with_remedy("compare the ledger with a backup: something else has written to it")
}

//! The ledger itself: opening it, and the trait.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::grants::audit::{Event, Head};
use guestpass::grants::{
    Commit, DueKey, Grant, GrantId, GrantQuery, Holding, Lease, LeaseKey, Ledger, Offboarding, OffboardingId,
    PersonRecord, Step, StepId, StepQuery, SubjectKey,
};
use guestpass::incident::{Incident, IncidentId, IncidentStore};
use guestpass::review::{KeptRow, LastLook, Review, ReviewId};
use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{PersonHandle, Result, StoreHandle, Timestamp};
use secrecy::SecretString;

use crate::database::Database;
use crate::open::{self, Location};
use crate::prune::{self, Pruned};
use crate::{commit, erase, lease, read, schema};

/// A ledger in a file of SQLite, or on a server of PostgreSQL.
///
/// Cheap to clone; clones share their connections. Opening it makes the tables, or brings those of an older program up to
/// date.
#[derive(Clone)]
pub struct SqlLedger {
    database: Database,
}

impl SqlLedger {
    /// Opens `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    ///
    /// # Errors
    /// [`Config`](guestpass::ErrorKind::Config) for any other URL; otherwise as [`open_sqlite`](Self::open_sqlite) and
    /// [`open_postgres`](Self::open_postgres). No error tells the URL.
    pub async fn open(url: &SecretString) -> Result<Self> {
        match Location::of(url)? {
            Location::File(path) => Self::open_sqlite(path).await,
            Location::Server => Self::open_postgres(url).await,
        }
    }

    /// Opens a file, for the programs of one machine. It is made when it is not there, readable by its owner alone; so is
    /// its folder.
    ///
    /// # Errors
    /// [`Unavailable`](guestpass::ErrorKind::Unavailable) when the file cannot be opened or written, or when a newer
    /// program has made it; [`Internal`](guestpass::ErrorKind::Internal) when it is damaged.
    pub async fn open_sqlite(path: impl AsRef<Path>) -> Result<Self> {
        Self::prepared(open::file(path.as_ref()).await?).await
    }

    /// Opens a database on a server, for programs of several machines.
    ///
    /// # Errors
    /// [`Config`](guestpass::ErrorKind::Config) when the URL is unusable, [`Unavailable`](guestpass::ErrorKind::Unavailable)
    /// when the server does not let us in, or when a newer program has made the tables.
    pub async fn open_postgres(url: &SecretString) -> Result<Self> {
        Self::prepared(open::server(url).await?).await
    }

    async fn prepared(database: Database) -> Result<Self> {
        schema::prepare(&database).await?;
        Ok(Self { database })
    }

    /// Removes grants that were over and steps that were closed before this time, and the events before it from the
    /// beginning of their chains; each chain keeps a [checkpoint](Ledger::checkpoint). `now` is the caller's clock.
    ///
    /// # Errors
    /// [`InvalidRequest`](guestpass::ErrorKind::InvalidRequest) when less than two years would be kept; otherwise as every
    /// method of [`Ledger`].
    pub async fn prune(&self, before: Timestamp, now: Timestamp) -> Result<Pruned> {
        prune::prune(&self.database, before, now).await
    }

    /// Closes all connections. What was committed is durable without it.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

impl fmt::Debug for SqlLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = match self.database {
            Database::Sqlite { .. } => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        };
        f.debug_tuple("SqlLedger").field(&database).finish()
    }
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn commit(&self, change: Commit) -> Result<()> {
        commit::commit(&self.database, change).await
    }

    async fn grant(&self, id: GrantId) -> Result<Option<Grant>> {
        read::grant(&self.database, id).await
    }

    async fn grants(&self, query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>> {
        read::grants(&self.database, query, after, limit).await
    }

    async fn holding(&self, store: &StoreHandle, subject: &SubjectKey) -> Result<Option<Holding>> {
        read::holding(&self.database, store, subject).await
    }

    async fn due_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<DueKey>> {
        read::due_keys(&self.database, now, limit).await
    }

    async fn due_holdings(&self, key: &LeaseKey, now: Timestamp, limit: u32) -> Result<Vec<Holding>> {
        read::due_holdings(&self.database, key, now, limit).await
    }

    async fn claim(
        &self,
        key: &LeaseKey,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        lease::claim(&self.database, key, owner, now, ttl).await
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<bool> {
        lease::renew(&self.database, lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        lease::release(&self.database, lease).await
    }

    async fn step(&self, id: StepId) -> Result<Option<Step>> {
        read::step(&self.database, id).await
    }

    async fn steps(&self, query: &StepQuery, after: Option<StepId>, limit: u32) -> Result<Vec<Step>> {
        read::steps(&self.database, query, after, limit).await
    }

    async fn offboarding(&self, id: OffboardingId) -> Result<Option<Offboarding>> {
        read::offboarding(&self.database, id).await
    }

    async fn offboardings(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Offboarding>> {
        read::offboardings(&self.database, person, limit).await
    }

    async fn rotation(&self, id: RotationId) -> Result<Option<Rotation>> {
        read::rotation(&self.database, id).await
    }

    async fn rotations(
        &self,
        query: &RotationQuery,
        after: Option<RotationId>,
        limit: u32,
    ) -> Result<Vec<Rotation>> {
        read::rotations(&self.database, query, after, limit).await
    }

    async fn review(&self, id: ReviewId) -> Result<Option<Review>> {
        read::review(&self.database, id).await
    }

    async fn reviews(&self, limit: u32) -> Result<Vec<Review>> {
        read::reviews(&self.database, limit).await
    }

    async fn review_rows(&self, review: ReviewId, after: u32, limit: u32) -> Result<Vec<KeptRow>> {
        read::review_rows(&self.database, review, after, limit).await
    }

    async fn last_look(&self, store: &StoreHandle) -> Result<Option<LastLook>> {
        read::last_look(&self.database, store).await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>> {
        read::incident(&self.database, id).await
    }

    async fn incidents(&self, person: Option<&PersonHandle>, limit: u32) -> Result<Vec<Incident>> {
        read::incidents(&self.database, person, limit).await
    }

    async fn incident_stores(
        &self,
        incident: IncidentId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<IncidentStore>> {
        read::incident_stores(&self.database, incident, after, limit).await
    }

    async fn person(&self, handle: &PersonHandle) -> Result<Option<PersonRecord>> {
        read::person(&self.database, handle).await
    }

    async fn erase(&self, handle: &PersonHandle) -> Result<bool> {
        erase::erase(&self.database, handle).await
    }

    async fn events(&self, store: &StoreHandle, after: u64, limit: u32) -> Result<Vec<Event>> {
        read::events(&self.database, store, after, limit).await
    }

    async fn checkpoint(&self, store: &StoreHandle) -> Result<Option<Head>> {
        read::checkpoint(&self.database, store).await
    }

    async fn heads(&self) -> Result<Vec<Head>> {
        read::heads(&self.database).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Statement;
    use guestpass::ErrorKind;
    use guestpass_testkit::ledger::samples::{fact, grant, key, noon, person, place};
    use sqlx::{AssertSqlSafe, Row as _, SqlitePool};

    async fn sqlite() -> (tempfile::TempDir, SqlLedger, SqlitePool) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = SqlLedger::open_sqlite(folder.path().join("ledger.sqlite")).await.unwrap();
        let Database::Sqlite { writer, .. } = ledger.database.clone() else { panic!("a file is of SQLite") };
        (folder, ledger, writer)
    }

    /// A change that fails after this statement fails as a whole, and what comes after a remedy is kept.
    async fn refused_after(statement: &'static str, remedy: &str, cure: &'static str) {
        let (_folder, ledger, writer) = sqlite().await;
        sqlx::query(statement).execute(&writer).await.unwrap();
        let mut large = grant(&place("acme", "1"), &person("anna"));
        large.reason = Some("x".repeat(500_000));
        let change = Commit::new().fact(fact("acme", "first")).grant(large);
        let error = ledger.commit(change.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.remedy().contains(remedy), "{error}");
        assert_eq!(ledger.heads().await.unwrap(), []);
        sqlx::query(cure).execute(&writer).await.unwrap();
        ledger.commit(change).await.unwrap();
        assert_eq!(ledger.heads().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_full_disk_changes_nothing() {
        let cure = "PRAGMA max_page_count = 100000";
        refused_after("PRAGMA max_page_count = 60", "make room", cure).await;
    }

    #[tokio::test]
    async fn a_file_that_may_only_be_read_changes_nothing() {
        refused_after("PRAGMA query_only = ON", "writable", "PRAGMA query_only = OFF").await;
    }

    /// What SQLite would do for the question of which keys are due, and for those of a long listing.
    #[tokio::test]
    async fn frequent_questions_are_served_by_indexes() {
        let (_folder, _ledger, writer) = sqlite().await;
        let plan = async |statement: Statement| {
            let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sql));
            let rows = sqlx::query(explained).fetch_all(&writer).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(3)).collect::<Vec<_>>().join("; ")
        };
        let due = plan(read::due_keys_statement(noon(), 10)).await;
        assert!(due.contains("SEARCH holdings USING COVERING INDEX holdings_due "), "{due}");
        let of_key = plan(read::due_holdings_statement(&key("acme"), noon(), 10)).await;
        assert!(of_key.contains("holdings_due_of_key"), "{of_key}");
        let living = GrantQuery::new().not_over();
        let listed = plan(read::grants_statement(&living, None, 10)).await;
        assert!(listed.contains("grants_that_live"), "{listed}");
        assert!(!listed.contains("TEMP B-TREE"), "{listed}");
        let placed = plan(read::grants_statement(&GrantQuery::living(&place("acme", "1")), None, 10)).await;
        assert!(placed.contains("grants_of_place"), "{placed}");
    }
}

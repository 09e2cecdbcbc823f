//! On PostgreSQL, on a server that the test kit starts.

use std::sync::Arc;

use async_trait::async_trait;
use guestpass::ErrorKind;
use guestpass::grants::{Commit, Ledger};
use guestpass_ledger::SqlLedger;
use guestpass_testkit::ledger::LedgerSubject;
use guestpass_testkit::ledger::samples::{fact, grant, key, noon, person, place};
use guestpass_testkit::postgres::Database;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::cases::{self, Data};

#[async_trait]
impl Data for Database {
    async fn open(&self) -> guestpass::Result<SqlLedger> {
        SqlLedger::open_postgres(&self.url().into()).await
    }

    async fn run(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn subject() -> Option<LedgerSubject> {
    let data = Database::make()?;
    let url = data.url();
    let open = move || {
        let url = url.clone().into();
        Box::pin(async move { Arc::new(SqlLedger::open(&url).await.unwrap()) as Arc<dyn Ledger> }) as _
    };
    Some(LedgerSubject::open(data, open).await)
}

mod suite {
    guestpass_testkit::ledger_suite!(super::subject);
}

crate::cases::sql_cases!(Database::make);

#[tokio::test]
async fn a_server_that_may_not_be_written_changes_nothing() {
    let Some(data) = Database::make() else { return };
    data.open().await.unwrap();
    let url = format!("{}&options=-c%20default_transaction_read_only%3Don", data.url());
    let ledger = SqlLedger::open(&url.into()).await;
    let error = match ledger {
        Ok(ledger) => ledger.commit(Commit::new().fact(fact("acme", "first"))).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.remedy().contains("may be written"), "{error}");
    assert_eq!(data.open().await.unwrap().heads().await.unwrap(), []);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let url = "postgres://olga:hunter2@localhost/ledger?host=/nowhere/at/all";
    let error = SqlLedger::open(&url.into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let error = SqlLedger::open(&"postgres://olga:hunt:er2@[oops/ledger".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!format!("{error} {error:?}").contains("er2"));
}

#[tokio::test]
async fn a_missing_database_is_named_as_the_problem() {
    let Some(data) = Database::make() else { return };
    let url = data.url().replace("guestpass_", "absent_");
    let error = SqlLedger::open(&url.into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.remedy().contains("database"), "{error}");
}

#[tokio::test]
async fn the_password_is_shown_nowhere() {
    let Some(data) = Database::make() else { return };
    let url = data.url().replace("guestpass@", "guestpass:hunter2@");
    let ledger = SqlLedger::open(&url.into()).await.unwrap();
    cases::shows_no_secret(&ledger);
    data.run("DROP TABLE chains CASCADE").await;
    let error = ledger.heads().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

/// Somebody writes under the lease at this moment: a claim does not wait for them, and does not get it.
#[tokio::test]
async fn a_claim_does_not_wait_for_a_writer() {
    let Some(data) = Database::make() else { return };
    let ledger = data.open().await.unwrap();
    let ttl = std::time::Duration::from_secs(60);
    let lease = ledger.claim(&key("acme"), "me", noon(), ttl).await.unwrap().unwrap();
    ledger.release(&lease).await.unwrap();
    let mut connection = PgConnection::connect(&data.url()).await.unwrap();
    let mut writing = connection.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM leases FOR UPDATE").execute(&mut *writing).await.unwrap();
    assert_eq!(ledger.claim(&key("acme"), "you", noon(), ttl).await.unwrap(), None);
    writing.rollback().await.unwrap();
    assert!(ledger.claim(&key("acme"), "you", noon(), ttl).await.unwrap().is_some());
}

/// What was refused has let go of its locks by the time that it is told.
#[tokio::test]
async fn a_refusal_leaves_nothing_locked() {
    let Some(data) = Database::make() else { return };
    let ledger = data.open().await.unwrap();
    let ttl = std::time::Duration::from_secs(60);
    let mut stale = grant(&place("acme", "1"), &person("anna"));
    stale.revision = 7;
    for _ in 0..20 {
        let lease = ledger.claim(&key("acme"), "me", noon(), ttl).await.unwrap().unwrap();
        assert_eq!(ledger.claim(&key("acme"), "you", noon(), ttl).await.unwrap(), None);
        let again = ledger.claim(&key("acme"), "me", noon(), ttl).await.unwrap().unwrap();
        assert!(again.fence > lease.fence);
        assert!(ledger.commit(Commit::under(&again).grant(stale.clone())).await.unwrap_err().is_stale());
    }
}

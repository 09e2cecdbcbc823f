//! On SQLite, in a temporary folder.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use guestpass::ErrorKind;
use guestpass::grants::{Commit, Ledger};
use guestpass_ledger::SqlLedger;
use guestpass_testkit::ledger::LedgerSubject;
use guestpass_testkit::ledger::samples::{fact, grant, person, place, record};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::cases::{self, Data};

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state/ledger.sqlite")
    }
}

#[async_trait]
impl Data for Folder {
    async fn open(&self) -> guestpass::Result<SqlLedger> {
        SqlLedger::open_sqlite(self.path()).await
    }

    async fn run(&self, sql: &str) {
        let mut connection = SqliteConnectOptions::new().filename(self.path()).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn subject() -> Option<LedgerSubject> {
    let data = Folder::new();
    let path = data.path();
    let open = move || {
        let path = path.clone();
        Box::pin(async move { Arc::new(SqlLedger::open_sqlite(path).await.unwrap()) as Arc<dyn Ledger> }) as _
    };
    Some(LedgerSubject::open(data, open).await)
}

fn data() -> Option<Folder> {
    Some(Folder::new())
}

mod suite {
    guestpass_testkit::ledger_suite!(super::subject);
}

crate::cases::sql_cases!(data);

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let data = Folder::new();
    let ledger = data.open().await.unwrap();
    ledger.commit(Commit::new().fact(fact("acme", "first"))).await.unwrap();
    let folder = data.path().parent().unwrap().to_owned();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 1, "the log of writes is beside the file");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn an_erased_name_is_not_in_the_file_any_more() {
    let data = Folder::new();
    let ledger = data.open().await.unwrap();
    let mut change = Commit::new();
    change.people.push(record(&person("anna"), "Unmistakable"));
    ledger.commit(change).await.unwrap();
    assert!(ledger.erase(&person("anna")).await.unwrap());
    for file in std::fs::read_dir(data.path().parent().unwrap()).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(12).any(|part| part == b"Unmistakable"), "{}", file.display());
    }
}

#[tokio::test]
async fn a_damaged_file_is_named_as_such() {
    let data = Folder::new();
    std::fs::create_dir_all(data.path().parent().unwrap()).unwrap();
    std::fs::write(data.path(), "this is no database, and it is longer than a header ".repeat(40)).unwrap();
    let error = data.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.remedy().contains("backup"), "{error}");
}

#[tokio::test]
async fn a_folder_is_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let error = SqlLedger::open_sqlite(folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("cannot be opened"), "{error}");
}

#[tokio::test]
async fn a_url_with_a_path_opens_the_file() {
    let data = Folder::new();
    let url = format!("sqlite:{}", data.path().display()).into();
    let ledger = SqlLedger::open(&url).await.unwrap();
    ledger.commit(Commit::new().grant(grant(&place("acme", "1"), &person("anna")))).await.unwrap();
    assert!(data.path().exists());
    let error = SqlLedger::open(&"mysql://root:hunter2@db/x".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    cases::shows_no_secret(&ledger);
}

//! Connections: how files are made and how servers are talked to.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use guestpass::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::database::Database;

/// How long a lock of somebody else's, or a free connection, is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 8;

/// Where a ledger is kept.
pub(crate) enum Location {
    File(PathBuf),
    Server,
}

impl Location {
    /// `postgres://…`, `postgresql://…` or `sqlite:PATH`.
    pub(crate) fn of(url: &SecretString) -> Result<Self> {
        let url = url.expose_secret();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Server);
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(Error::config(
                "ledger",
                "is neither sqlite:PATH nor a URL of PostgreSQL",
                "write sqlite:PATH or postgres://USER@HOST/DATABASE",
            )),
        }
    }
}

/// A file, readable by its owner alone when it is made here. What is committed survives a power cut.
pub(crate) async fn file(path: &Path) -> Result<Database> {
    let path = path.to_owned();
    let made = path.clone();
    let done = tokio::task::spawn_blocking(move || make_private(&made)).await;
    done.map_err(std::io::Error::other).and_then(|made| made).map_err(|error| {
        Error::new(ErrorKind::Unavailable, format!("{} cannot be opened", path.display()))
            .with_remedy("make the file and its folder writable for this program")
            .with_source(error)
    })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_release(|connection, _| Box::pin(is_usable(connection)))
    };
    Ok(Database::Sqlite {
        writer: pool().max_connections(1).connect_lazy_with(options.clone()),
        readers: pool().max_connections(READERS).connect_lazy_with(options.pragma("query_only", "ON")),
    })
}

/// Where a full disk has ended a transaction by itself, sqlx still counts it as open, and would never begin another one on
/// this connection. What is queued, for example a rollback, is awaited first.
async fn is_usable(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// A server. No error of this function tells anything of the URL.
pub(crate) async fn server(url: &SecretString) -> Result<Database> {
    let options = PgConnectOptions::from_str(url.expose_secret()).map_err(|_| {
        Error::config(
            "ledger",
            "is no usable URL of PostgreSQL",
            "write postgres://USER:PASSWORD@HOST/DATABASE; escape special characters of the password",
        )
    })?;
    let options = options
        .application_name("guestpass")
        .options([
            ("lock_timeout", "10s"),
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ])
        .disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(PATIENCE);
    Ok(Database::Postgres(pool.connect_lazy_with(options)))
}

/// SQLite gives its further files the permissions of the first.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

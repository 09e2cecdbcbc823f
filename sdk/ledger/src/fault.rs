//! What a database says, in our kinds of errors.
//!
//! Of the database's own error only its code and its one-line message are kept: its further details can hold what was
//! written, for example an address.

use guestpass::{Error, ErrorKind};

/// An error of anything but the end of a transaction: nothing was changed.
pub(crate) fn fault(error: sqlx::Error) -> Error {
    let said = error.to_string();
    match Failure::of(&error) {
        Failure::Contended => Error::stale("the ledger"),
        Failure::Unreachable(remedy) => {
            Error::new(ErrorKind::Unavailable, "the ledger cannot be reached or written").with_remedy(remedy)
        }
        Failure::Damaged => Error::new(ErrorKind::Internal, "the ledger cannot be read")
            .with_remedy("keep the file as it is and restore the newest backup"),
        Failure::Unexpected => Error::new(ErrorKind::Internal, "the ledger's database refused a statement")
            .with_remedy("update guestpass; if it is up to date, report this as a fault of guestpass"),
    }
    .with_source(said)
}

/// An error of the end of a transaction: when the connection broke there, nobody knows what became of it.
pub(crate) fn commit_fault(error: sqlx::Error) -> Error {
    let answered = matches!(error, sqlx::Error::Database(_));
    if answered {
        return fault(error);
    }
    Error::new(ErrorKind::Unavailable, "the ledger's answer to a change was lost")
        .with_remedy("read again: the change was kept as a whole, or not at all")
        .with_source(error.to_string())
}

enum Failure {
    /// Somebody else wrote at the same time, and the database chose them.
    Contended,
    Unreachable(&'static str),
    Damaged,
    Unexpected,
}

impl Failure {
    fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(told) => {
                let code = told.code().unwrap_or_default();
                if told.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                    Self::of_postgres(&code)
                } else {
                    Self::of_sqlite(&code)
                }
            }
            E::Tls(_) => Self::Unreachable(
                "check `sslmode` and `sslrootcert` in the ledger's URL; TLS needs the feature `tls`",
            ),
            E::PoolTimedOut => Self::Unreachable("try again; if it stays so, look whether the server runs"),
            E::Io(_) | E::PoolClosed | E::WorkerCrashed | E::BeginFailed => Self::Unreachable(
                "try again; if it stays so, look whether the server runs and its URL is right",
            ),
            _ => Self::Unexpected,
        }
    }

    /// By SQLSTATE.
    fn of_postgres(code: &str) -> Self {
        match (code, code.get(..2).unwrap_or_default()) {
            ("40001" | "40P01", _) => Self::Contended,
            ("55P03" | "57014", _) => Self::Unreachable("try again; somebody holds a lock for long"),
            ("25006", _) => Self::Unreachable("use the server that may be written"),
            ("42501", _) => Self::Unreachable("give the ledger's user the right to make and write tables"),
            (_, "28") => Self::Unreachable("check user and password in the ledger's URL"),
            (_, "3D") => Self::Unreachable("make the ledger's database, or check its name in the URL"),
            (_, "53") => Self::Unreachable("give the server room: disk, memory or connections are used up"),
            (_, "08" | "57" | "58") => {
                Self::Unreachable("try again; if it stays so, look at the server's log")
            }
            (_, "XX") => Self::Damaged,
            _ => Self::Unexpected,
        }
    }

    /// By result code; the higher bits say where it happened.
    fn of_sqlite(code: &str) -> Self {
        match code.parse::<u32>().unwrap_or_default() & 0xff {
            3 | 8 | 14 => Self::Unreachable("make the file and its folder writable for this program"),
            5 | 6 => Self::Unreachable("try again; another program holds the file's lock for long"),
            10 => Self::Unreachable("look at the disk: reading or writing the file failed"),
            13 => Self::Unreachable("make room on the disk"),
            11 | 26 => Self::Damaged,
            _ => Self::Unexpected,
        }
    }
}

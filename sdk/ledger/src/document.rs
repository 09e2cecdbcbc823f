//! Records as JSON.

use guestpass::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Records are small; a larger one is a mistake somewhere, and would stay in every backup.
const LARGEST: usize = 1 << 20;

/// A record as text.
pub(crate) fn write(what: &str, record: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(record).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("{what} cannot be written as JSON")).with_source(error)
    })?;
    within(what, &text)?;
    Ok(text)
}

/// Refuses what is too large to be kept.
pub(crate) fn within(what: &str, text: &str) -> Result<()> {
    if text.len() <= LARGEST {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        format!("{what} has {} bytes, a ledger keeps at most {LARGEST} of each", text.len()),
    )
    .with_remedy("shorten its texts"))
}

/// A record from its text. An error names the record; it does not show what it holds.
pub(crate) fn read<T: DeserializeOwned>(what: &str, id: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(what, id, &error))
}

/// A single name from a column.
pub(crate) fn name<T: DeserializeOwned>(what: &str, text: String) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(text))
        .map_err(|error| unreadable("name of a", what, &error))
}

fn unreadable(what: &str, id: &str, error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("the {what} {id} of the ledger cannot be read"))
        .with_remedy("update guestpass: a newer one may have written it; if not, the ledger is damaged")
        .with_source(format!("{:?} error at column {}", error.classify(), error.column()))
}

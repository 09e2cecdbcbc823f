//! Where grants are remembered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use guestpass::{Clock, FixedSecret, Result, SecretSource, SecretString};
use toml::Spanned;
use url::Url;

use super::file::LedgerTable;
use super::source::Source;
use crate::secrets::SecretReference;

const FIELD: &str = "url";

/// Where grants are remembered.
#[derive(Debug, Default)]
pub(crate) enum LedgerPlace {
    /// In a file of the state folder.
    #[default]
    StateFolder,
    /// In this file.
    File(PathBuf),
    /// On a server whose URL this gives: it may hold a password.
    Server(Arc<dyn SecretSource>),
}

/// Reads `[ledger]`.
pub(super) fn read(
    table: LedgerTable,
    source: &Source,
    folder: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<LedgerPlace> {
    match (table.path, table.url) {
        (None, None) => Ok(LedgerPlace::StateFolder),
        (Some(path), None) => Ok(LedgerPlace::File(folder.join(path.into_inner()))),
        (None, Some(url)) => server(&url, source, folder, clock).map(LedgerPlace::Server),
        (Some(_), Some(url)) => {
            Err(source.fault(url.span(), "the ledger has both `path` and `url`", "keep one of them"))
        }
    }
}

fn server(
    url: &Spanned<String>,
    source: &Source,
    folder: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn SecretSource>> {
    match SecretReference::parse(FIELD, url.get_ref(), folder) {
        Some(reference) => {
            let reference = reference.map_err(|error| error.found_at(&source.place(url.span())))?;
            Ok(reference.source(FIELD, clock.clone()))
        }
        None => literal(url, source),
    }
}

/// A URL may stand in the file only without a password.
fn literal(url: &Spanned<String>, source: &Source) -> Result<Arc<dyn SecretSource>> {
    let parsed = Url::parse(url.get_ref()).ok();
    let Some(parsed) = parsed.filter(|url| matches!(url.scheme(), "postgres" | "postgresql")) else {
        let remedy = "write postgres://USER@HOST/DATABASE, or env:NAME, file:PATH or cmd:PROGRAM";
        return Err(source.fault(
            url.span(),
            "`url` is neither a URL of PostgreSQL nor a reference to one",
            remedy,
        ));
    };
    if parsed.password().is_some() || parsed.query_pairs().any(|(key, _)| key.contains("password")) {
        let remedy = "refer to it with env:NAME, file:PATH or cmd:PROGRAM";
        return Err(source.fault(
            url.span(),
            "`url` holds a password, which may not stand in the file",
            remedy,
        ));
    }
    Ok(Arc::new(FixedSecret::new(SecretString::from(url.get_ref().as_str()))))
}

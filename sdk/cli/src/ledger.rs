//! The ledger that the configuration names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use guestpass::Result;
use guestpass::grants::Ledger;
use guestpass_ledger::SqlLedger;

use crate::config::LedgerPlace;

const FILE: &str = "ledger.sqlite";

/// Opens it; a file is made when it is not there.
pub(crate) async fn open(place: &LedgerPlace, state: &Path) -> Result<Arc<dyn Ledger>> {
    let ledger = match place {
        LedgerPlace::StateFolder => SqlLedger::open_sqlite(state.join(FILE)).await?,
        LedgerPlace::File(path) => SqlLedger::open_sqlite(path).await?,
        LedgerPlace::Server(url) => SqlLedger::open(&url.current().await?).await?,
    };
    Ok(Arc::new(ledger))
}

/// Whether there is something to open. A server is there until it is asked.
pub(crate) fn is_there(place: &LedgerPlace, state: &Path) -> bool {
    file(place, state).is_none_or(|path| path.exists())
}

fn file(place: &LedgerPlace, state: &Path) -> Option<PathBuf> {
    match place {
        LedgerPlace::StateFolder => Some(state.join(FILE)),
        LedgerPlace::File(path) => Some(path.clone()),
        LedgerPlace::Server(_) => None,
    }
}

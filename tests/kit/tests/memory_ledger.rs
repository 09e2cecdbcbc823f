//! The cases on ledgers, on the ledger of tests.

use std::sync::Arc;

use guestpass::grants::{Ledger, MemoryLedger};
use guestpass_testkit::ledger::LedgerSubject;

async fn memory() -> Option<LedgerSubject> {
    let ledger = Arc::new(MemoryLedger::new());
    let open = move || {
        let ledger: Arc<dyn Ledger> = ledger.clone();
        Box::pin(async move { ledger }) as _
    };
    Some(LedgerSubject::open((), open).await)
}

guestpass_testkit::ledger_suite!(volatile memory);

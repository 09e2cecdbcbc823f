//! What is due, in the order in which it matters.

use std::time::Duration;

use guestpass::grants::{Commit, Ledger};

use super::LedgerSubject;
use super::samples::{after, holding, key, noon, person, place, store, subject as account};

const MINUTE: Duration = Duration::from_secs(60);

/// Puts places into the ledger: store, account, due so many seconds after noon, whether it is a removal.
async fn with(ledger: &dyn Ledger, places: &[(&str, &str, i64, bool)]) {
    let change = places.iter().fold(Commit::new(), |change, (store, account, seconds, removing)| {
        change.holding(holding(&place(store, account), Some(after(*seconds)), *removing))
    });
    ledger.commit(change).await.unwrap();
}

async fn due_stores(ledger: &dyn Ledger, seconds: i64, limit: u32) -> Vec<String> {
    let keys = ledger.due_keys(after(seconds), limit).await.unwrap();
    keys.into_iter().map(|due| due.key.contention.to_string()).collect()
}

/// Keys with removals before all others, and the longest due first among each.
pub async fn removals_come_first(subject: LedgerSubject) {
    let ledger = subject.ledger();
    with(
        ledger,
        &[
            ("old", "1", -900, false),
            ("older", "1", -1000, false),
            ("leaving", "1", -10, true),
            ("leaving", "2", -500, false),
            ("gone", "1", -20, true),
            ("later", "1", 30, true),
        ],
    )
    .await;
    assert_eq!(due_stores(ledger, 0, 10).await, ["leaving", "gone", "older", "old"]);
    assert_eq!(due_stores(ledger, 0, 2).await, ["leaving", "gone"]);
    let first = ledger.due_keys(noon(), 1).await.unwrap().remove(0);
    assert_eq!((first.removals, first.places, first.since), (1, 2, after(-500)));
    assert_eq!(first.key, key("leaving"));
    assert_eq!(due_stores(ledger, 30, 10).await.len(), 5);
}

/// Nobody is sent to where somebody else is at work; an expired or returned lease hides nothing.
pub async fn leased_keys_are_left_out(subject: LedgerSubject) {
    let ledger = subject.ledger();
    with(ledger, &[("acme", "1", -5, false), ("zeta", "1", -4, false)]).await;
    let lease = ledger.claim(&key("acme"), "me", noon(), MINUTE).await.unwrap().unwrap();
    assert_eq!(due_stores(ledger, 59, 10).await, ["zeta"]);
    assert_eq!(due_stores(ledger, 60, 10).await, ["acme", "zeta"]);
    ledger.release(&lease).await.unwrap();
    assert_eq!(due_stores(ledger, 1, 10).await, ["acme", "zeta"]);
}

/// Places under one key: removals first, then the longest due; none of another key.
pub async fn what_is_due_under_a_key(subject: LedgerSubject) {
    let ledger = subject.ledger();
    with(
        ledger,
        &[
            ("acme", "1", -5, false),
            ("acme", "2", -50, false),
            ("acme", "3", -1, true),
            ("acme", "4", -2, true),
            ("acme", "5", 5, true),
            ("zeta", "6", -99, true),
        ],
    )
    .await;
    let under = |limit| async move {
        let due = ledger.due_holdings(&key("acme"), noon(), limit).await.unwrap();
        due.into_iter().map(|holding| holding.place.subject).collect::<Vec<_>>()
    };
    assert_eq!(under(10).await, ["4", "3", "2", "1"].map(account));
    assert_eq!(under(3).await, ["4", "3", "2"].map(account));
}

/// What is put off is no longer due, and what has no time never is.
pub async fn nothing_is_due_too_early(subject: LedgerSubject) {
    let ledger = subject.ledger();
    with(ledger, &[("acme", "1", 0, true)]).await;
    ledger.commit(Commit::new().holding(holding(&place("zeta", "1"), None, true))).await.unwrap();
    assert_eq!(due_stores(ledger, -1, 10).await, Vec::<String>::new());
    assert_eq!(due_stores(ledger, 0, 10).await, ["acme"]);
    let mut read = ledger.holding(&store("acme"), &account("1")).await.unwrap().unwrap();
    assert_eq!(read.person, person("anna"));
    read.due_at = Some(after(60) + jiff::SignedDuration::from_nanos(1));
    ledger.commit(Commit::new().holding(read.clone())).await.unwrap();
    assert_eq!(due_stores(ledger, 60, 10).await, Vec::<String>::new());
    assert_eq!(due_stores(ledger, 61, 10).await, ["acme"]);
    read.revision += 1;
    read.due_at = None;
    ledger.commit(Commit::new().holding(read)).await.unwrap();
    assert_eq!(due_stores(ledger, 86_400, 10).await, Vec::<String>::new());
}

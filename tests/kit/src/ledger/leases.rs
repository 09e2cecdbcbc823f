//! Leases: one owner at a time, and nothing written by whoever lost theirs.

use std::time::Duration;

use futures_util::future::join_all;
use guestpass::grants::{Commit, Lease, Ledger};

use super::LedgerSubject;
use super::samples::{after, fact, grant, key, noon, person, place, store};

const MINUTE: Duration = Duration::from_secs(60);

async fn claim(ledger: &dyn Ledger, owner: &str, seconds: i64) -> Option<Lease> {
    ledger.claim(&key("acme"), owner, after(seconds), MINUTE).await.unwrap()
}

/// Whoever has the lease has it alone, and only for its key.
pub async fn one_owner_at_a_time(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mine = claim(ledger, "me", 0).await.unwrap();
    assert_eq!((mine.owner.as_str(), &mine.key, mine.until), ("me", &key("acme"), after(60)));
    assert_eq!((mine.fence, mine.taken_over_at), (1, None));
    assert_eq!(claim(ledger, "you", 59).await, None);
    let elsewhere = ledger.claim(&key("zeta"), "you", noon(), MINUTE).await.unwrap();
    assert!(elsewhere.is_some());
}

/// Many ask at once, through two handles.
pub async fn of_many_claims_at_once_one_wins(subject: LedgerSubject) {
    let other = subject.another().await;
    for round in 0..5 {
        let claims = (0..8_u32).map(|number| {
            let ledger = if number.is_multiple_of(2) { subject.ledger() } else { &*other };
            async move { claim(ledger, &format!("worker-{number}"), round * 60).await }
        });
        let won: Vec<_> = join_all(claims).await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "{won:?}");
    }
}

/// At its end a lease goes to somebody else, who is told since when the former owner may be gone.
pub async fn an_expired_lease_is_taken_over(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mine = claim(ledger, "me", 0).await.unwrap();
    let yours = claim(ledger, "you", 60).await.unwrap();
    assert!(yours.fence > mine.fence);
    assert_eq!(yours.taken_over_at, Some(mine.until));
    assert!(!ledger.renew(&mine, after(61), MINUTE).await.unwrap());
    ledger.release(&mine).await.unwrap();
    assert_eq!(claim(ledger, "me", 61).await, None, "what was lost cannot be given back");
}

/// A lease that was given back is free at once, and its next owner need not wait for anything.
pub async fn a_returned_lease_is_not_taken_over(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mine = claim(ledger, "me", 0).await.unwrap();
    ledger.release(&mine).await.unwrap();
    assert!(!ledger.renew(&mine, after(1), MINUTE).await.unwrap());
    let yours = claim(ledger, "you", 1).await.unwrap();
    assert_eq!((yours.taken_over_at, yours.fence), (None, mine.fence + 1));
}

/// Renewing moves the end.
pub async fn a_renewed_lease_stays(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mine = claim(ledger, "me", 0).await.unwrap();
    assert!(ledger.renew(&mine, after(50), MINUTE).await.unwrap());
    assert_eq!(claim(ledger, "you", 109).await, None);
    assert_eq!(claim(ledger, "you", 110).await.unwrap().taken_over_at, Some(after(110)));
}

/// Nothing of a change is written when its lease is no longer held; while nobody has taken it, it is.
pub async fn a_late_write_is_refused(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mine = claim(ledger, "me", 0).await.unwrap();
    let change = |kind| {
        Commit::under(&mine).grant(grant(&place("acme", "1"), &person("anna"))).fact(fact("acme", kind))
    };
    ledger.commit(change("in_time")).await.unwrap();
    let yours = claim(ledger, "you", 60).await.unwrap();
    let late = change("late");
    let id = late.grants[0].id;
    assert!(ledger.commit(late).await.unwrap_err().is_stale());
    assert_eq!(ledger.grant(id).await.unwrap(), None);
    assert_eq!(ledger.events(&store("acme"), 0, 10).await.unwrap().len(), 1);
    ledger.commit(Commit::under(&yours).fact(fact("acme", "mine_now"))).await.unwrap();
    ledger.release(&yours).await.unwrap();
    assert!(ledger.commit(Commit::under(&yours)).await.unwrap_err().is_stale());
}

/// The same owner may claim again, for example after a restart; the earlier lease is void.
pub async fn claiming_again_ends_the_earlier_lease(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let before = claim(ledger, "me", 0).await.unwrap();
    let again = claim(ledger, "me", 1).await.unwrap();
    assert!(again.fence > before.fence);
    assert_eq!(again.taken_over_at, None);
    assert!(ledger.commit(Commit::under(&before)).await.unwrap_err().is_stale());
    ledger.commit(Commit::under(&again)).await.unwrap();
}

/// A worker whose clock is behind waits longer, never less.
pub async fn a_clock_set_back_frees_no_lease(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mine = claim(ledger, "me", 0).await.unwrap();
    assert_eq!(claim(ledger, "you", -86_400).await, None);
    assert!(ledger.renew(&mine, after(-3600), MINUTE).await.unwrap());
    ledger.commit(Commit::under(&mine)).await.unwrap();
    assert!(claim(ledger, "you", 0).await.unwrap().fence > mine.fence);
}

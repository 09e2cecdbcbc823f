//! Events: numbered without gaps, chained, one chain for each store.

use futures_util::future::join_all;
use guestpass::grants::audit::{Event, Head};
use guestpass::grants::{Commit, Ledger};

use super::LedgerSubject;
use super::samples::{fact, store};

/// Reads a chain from its checkpoint and asserts that every event follows the one before it, up to the head.
pub async fn verified(ledger: &dyn Ledger, store_name: &str) -> Vec<Event> {
    let store = store(store_name);
    let mut end = ledger.checkpoint(&store).await.unwrap().unwrap_or_else(|| Head::empty(store.clone()));
    let mut chain = Vec::new();
    loop {
        let page = ledger.events(&store, end.seq, 100).await.unwrap();
        if page.is_empty() {
            break;
        }
        for event in page {
            assert!(event.follows(&end), "{event:?} does not follow {end:?}");
            end = Head::new(store.clone(), event.seq, event.hash.clone());
            chain.push(event);
        }
    }
    let heads = ledger.heads().await.unwrap();
    let head = heads.into_iter().find(|head| head.store == store).unwrap_or_else(|| Head::empty(store));
    assert_eq!(head, end, "the head is the end of the chain");
    chain
}

fn kinds(chain: &[Event]) -> Vec<String> {
    chain.iter().map(|event| event.fact().unwrap().kind).collect()
}

/// Facts become events in their order, within a change and across changes.
pub async fn events_follow_each_other(subject: LedgerSubject) {
    let ledger = subject.ledger();
    assert_eq!(verified(ledger, "acme").await, []);
    ledger.commit(Commit::new().fact(fact("acme", "one")).fact(fact("acme", "two"))).await.unwrap();
    ledger.commit(Commit::new().fact(fact("acme", "three"))).await.unwrap();
    let chain = verified(ledger, "acme").await;
    assert_eq!(kinds(&chain), ["one", "two", "three"]);
    assert_eq!(chain.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(ledger.checkpoint(&store("acme")).await.unwrap(), None);
}

/// What comes out of a ledger is enough to see that a letter was changed.
pub async fn an_edit_breaks_a_chain(subject: LedgerSubject) {
    let ledger = subject.ledger();
    ledger.commit(Commit::new().fact(fact("acme", "granted")).fact(fact("acme", "ended"))).await.unwrap();
    let chain = verified(ledger, "acme").await;
    let first = Head::new(store("acme"), 1, chain[0].hash.clone());
    assert!(chain[1].follows(&first));
    let written = chain[1].written.replace("ended", "never");
    let edited = Event::from_kept(2, chain[1].previous.clone(), chain[1].hash.clone(), written);
    assert!(!edited.follows(&first));
}

/// A change of several stores appends to each chain its own facts.
pub async fn chains_of_stores_are_apart(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mixed = Commit::new()
        .fact(fact("zeta", "z1"))
        .fact(fact("acme", "a1"))
        .fact(fact("zeta", "z2"))
        .fact(fact("Beta", "b1"));
    ledger.commit(mixed).await.unwrap();
    assert_eq!(kinds(&verified(ledger, "zeta").await), ["z1", "z2"]);
    assert_eq!(kinds(&verified(ledger, "acme").await), ["a1"]);
    let heads = ledger.heads().await.unwrap();
    let ends: Vec<_> = heads.iter().map(|head| (head.store.as_str(), head.seq)).collect();
    assert_eq!(ends, [("Beta", 1), ("acme", 1), ("zeta", 2)]);
}

/// Writers at once, through two handles and in both orders of the stores: nobody is turned away, no number is missing.
pub async fn many_writers_leave_no_gap(subject: LedgerSubject) {
    let other = subject.another().await;
    let writers = (0..24_u32).map(|number| {
        let ledger = if number.is_multiple_of(2) { subject.ledger() } else { &*other };
        let (first, second) = if number.is_multiple_of(3) { ("acme", "zeta") } else { ("zeta", "acme") };
        let kind = number.to_string();
        ledger.commit(Commit::new().fact(fact(first, &kind)).fact(fact(second, &kind)))
    });
    for outcome in join_all(writers).await {
        outcome.unwrap();
    }
    for name in ["acme", "zeta"] {
        let mut written: Vec<u32> = kinds(&verified(subject.ledger(), name).await)
            .into_iter()
            .map(|kind| kind.parse().unwrap())
            .collect();
        written.sort_unstable();
        assert_eq!(written, (0..24).collect::<Vec<_>>());
    }
}

/// Events come after the one that is named, and no more than were asked for.
pub async fn events_are_read_in_pages(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let many = (0..250).fold(Commit::new(), |change, number| change.fact(fact("acme", &number.to_string())));
    ledger.commit(many).await.unwrap();
    assert_eq!(verified(ledger, "acme").await.len(), 250);
    let page = ledger.events(&store("acme"), 100, 3).await.unwrap();
    assert_eq!(page.iter().map(|event| event.seq).collect::<Vec<_>>(), [101, 102, 103]);
    assert_eq!(ledger.events(&store("acme"), 250, 3).await.unwrap(), []);
    assert_eq!(ledger.events(&store("acme"), 0, 0).await.unwrap(), []);
}

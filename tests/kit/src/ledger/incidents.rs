//! Incidents and their stores.

use guestpass::grants::Commit;

use super::LedgerSubject;
use super::samples::{after, incident, noon, person, place};

fn opened(stores: &[&str]) -> Commit {
    let places: Vec<_> = stores.iter().map(|store| place(store, "1")).collect();
    let (head, stores) = incident(&person("anna"), noon(), &places);
    let mut change = Commit::new();
    change.incidents.push(head);
    change.incident_stores = stores;
    change
}

/// What is written is read as it was, in its first revision; stores come in the order of their numbers, in pages.
pub async fn an_incident_comes_back_with_its_stores(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mut change = opened(&["c", "a", "b"]);
    ledger.commit(change.clone()).await.unwrap();
    ledger.commit(opened(&["other"])).await.unwrap();
    change.incidents[0].revision = 1;
    for store in &mut change.incident_stores {
        store.revision = 1;
    }
    let id = change.incidents[0].id;
    assert_eq!(ledger.incident(id).await.unwrap().as_ref(), change.incidents.first());
    assert_eq!(ledger.incident_stores(id, 0, 10).await.unwrap(), change.incident_stores);
    assert_eq!(ledger.incident_stores(id, 1, 1).await.unwrap(), change.incident_stores[1..2]);
    assert_eq!(ledger.incident_stores(id, 3, 10).await.unwrap(), []);
}

/// One store changes without the others, and who comes second is told.
pub async fn stores_of_an_incident_change_one_by_one(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let change = opened(&["a", "b"]);
    ledger.commit(change.clone()).await.unwrap();
    let id = change.incidents[0].id;
    let mut second = ledger.incident_stores(id, 1, 1).await.unwrap().remove(0);
    second.unsent = false;
    let mut again = Commit::new();
    again.incident_stores.push(second);
    ledger.commit(again.clone()).await.unwrap();
    assert!(ledger.commit(again).await.unwrap_err().is_stale());
    let kept = ledger.incident_stores(id, 0, 10).await.unwrap();
    assert_eq!(
        kept.iter().map(|store| (store.unsent, store.revision)).collect::<Vec<_>>(),
        [(true, 1), (false, 2)]
    );
    let mut anew = Commit::new();
    anew.incidents = change.incidents;
    assert!(ledger.commit(anew).await.unwrap_err().is_stale(), "a new one under a known id");
}

/// The newest one first, of everybody or of one person.
pub async fn the_newest_incident_comes_first(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mut ids = Vec::new();
    for (number, who) in ["anna", "bert", "anna"].into_iter().enumerate() {
        let at = after(i64::try_from(number).unwrap() * 60);
        let (head, stores) = incident(&person(who), at, &[place("a", "1")]);
        ids.push(head.id);
        let mut change = Commit::new();
        change.incidents.push(head);
        change.incident_stores = stores;
        ledger.commit(change).await.unwrap();
    }
    let found = async |who: Option<&str>, limit| {
        let who = who.map(person);
        let found = ledger.incidents(who.as_ref(), limit).await.unwrap();
        found.into_iter().map(|incident| incident.id).collect::<Vec<_>>()
    };
    assert_eq!(found(None, 10).await, [ids[2], ids[1], ids[0]]);
    assert_eq!(found(Some("anna"), 10).await, [ids[2], ids[0]]);
    assert_eq!(found(Some("anna"), 1).await, [ids[2]]);
    assert_eq!(found(Some("carl"), 10).await, []);
}

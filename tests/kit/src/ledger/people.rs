//! Names and addresses, and how they are forgotten.

use guestpass::grants::Commit;

use super::LedgerSubject;
use super::chains::verified;
use super::samples::{fact, grant, person, place, record, step};

/// Name, addresses and texts go; grants, steps and events stay; nobody else is touched.
pub async fn an_erased_person_is_gone(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let (anna, bert, here) = (person("anna"), person("bert"), place("acme", "1"));
    let (of_anna, hers, his) = (grant(&here, &anna), step(&here, &anna), step(&here, &bert));
    let mut change = Commit::new().grant(of_anna.clone()).step(hers.clone()).step(his.clone());
    change.people = vec![record(&anna, "Example"), record(&bert, "Other")];
    change.facts.push(fact("acme", "grant_requested"));
    ledger.commit(change).await.unwrap();

    assert!(ledger.erase(&anna).await.unwrap());
    assert_eq!(ledger.person(&anna).await.unwrap(), None);
    assert_eq!(ledger.step(hers.id).await.unwrap().unwrap().manual, None);
    assert_eq!(ledger.grant(of_anna.id).await.unwrap().unwrap().person, anna);
    assert_eq!(verified(ledger, "acme").await.len(), 1);
    assert!(ledger.person(&bert).await.unwrap().is_some());
    assert!(ledger.step(his.id).await.unwrap().unwrap().manual.is_some());
    assert!(!ledger.erase(&anna).await.unwrap(), "there is nothing left");
}

/// Whoever has read a step before its text was erased cannot write the text back.
pub async fn an_erased_text_does_not_come_back(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let anna = person("anna");
    let new = step(&place("acme", "1"), &anna);
    ledger.commit(Commit::new().step(new.clone())).await.unwrap();
    let read = ledger.step(new.id).await.unwrap().unwrap();
    assert!(ledger.erase(&anna).await.unwrap());
    assert!(ledger.commit(Commit::new().step(read)).await.unwrap_err().is_stale());
    let again = ledger.step(new.id).await.unwrap().unwrap();
    assert_eq!(again.manual, None);
    ledger.commit(Commit::new().step(again)).await.unwrap();
}

/// What is written of a person replaces what was known.
pub async fn the_newest_name_counts(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let anna = person("anna");
    for name in ["Example", "Married"] {
        let mut change = Commit::new();
        change.people.push(record(&anna, name));
        ledger.commit(change).await.unwrap();
    }
    assert_eq!(ledger.person(&anna).await.unwrap(), Some(record(&anna, "Married")));
}

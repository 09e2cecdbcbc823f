//! What outlives the program that wrote it.

use std::time::Duration;

use guestpass::grants::{Commit, GrantQuery, StepQuery};
use guestpass::rotation::RotationQuery;

use super::LedgerSubject;
use super::chains::verified;
use super::samples::{
    after, fact, grant, holding, incident, key, noon, offboarding, person, place, record, rotation, step,
    store, subject as account,
};

const MINUTE: Duration = Duration::from_secs(60);

/// Every record is there again.
pub async fn everything_outlives_its_program(subject: LedgerSubject) {
    let (anna, here) = (person("anna"), place("acme", "1"));
    let mut change = Commit::new()
        .grant(grant(&here, &anna))
        .holding(holding(&here, Some(noon()), true))
        .step(step(&here, &anna))
        .rotation(rotation("acme", "web"));
    change.offboardings.push(offboarding(&anna, noon()));
    change.people.push(record(&anna, "Example"));
    subject.ledger().commit(change).await.unwrap();
    let grants = subject.ledger().grants(&GrantQuery::new(), None, 10).await.unwrap();
    let steps = subject.ledger().steps(&StepQuery::new(), None, 10).await.unwrap();
    let offboardings = subject.ledger().offboardings(None, 10).await.unwrap();
    let rotations = subject.ledger().rotations(&RotationQuery::new(), None, 10).await.unwrap();

    let subject = subject.reopened().await;
    let ledger = subject.ledger();
    assert_eq!((grants.len(), steps.len(), offboardings.len()), (1, 1, 1));
    assert_eq!(ledger.grants(&GrantQuery::new(), None, 10).await.unwrap(), grants);
    assert_eq!(ledger.steps(&StepQuery::new(), None, 10).await.unwrap(), steps);
    assert_eq!(ledger.offboardings(None, 10).await.unwrap(), offboardings);
    assert_eq!(rotations.len(), 1);
    assert_eq!(ledger.rotations(&RotationQuery::new(), None, 10).await.unwrap(), rotations);
    assert_eq!(ledger.person(&anna).await.unwrap(), Some(record(&anna, "Example")));
    assert!(ledger.holding(&store("acme"), &account("1")).await.unwrap().is_some());
    assert_eq!(ledger.due_keys(noon(), 10).await.unwrap().len(), 1);
}

/// An incident and its stores are there again.
pub async fn an_incident_outlives_its_program(subject: LedgerSubject) {
    let (head, stores) = incident(&person("anna"), noon(), &[place("acme", "1"), place("bolt", "1")]);
    let id = head.id;
    let mut change = Commit::new();
    change.incidents.push(head);
    change.incident_stores = stores;
    subject.ledger().commit(change).await.unwrap();
    let before = subject.ledger().incident_stores(id, 0, 10).await.unwrap();
    let subject = subject.reopened().await;
    assert!(subject.ledger().incident(id).await.unwrap().is_some());
    assert_eq!(subject.ledger().incident_stores(id, 0, 10).await.unwrap(), before);
    assert_eq!(before.len(), 2);
}

/// The next event follows the last one.
pub async fn chains_go_on_where_they_ended(subject: LedgerSubject) {
    subject.ledger().commit(Commit::new().fact(fact("acme", "before"))).await.unwrap();
    let heads = subject.ledger().heads().await.unwrap();
    let subject = subject.reopened().await;
    assert_eq!(subject.ledger().heads().await.unwrap(), heads);
    subject.ledger().commit(Commit::new().fact(fact("acme", "after"))).await.unwrap();
    assert_eq!(verified(subject.ledger(), "acme").await.len(), 2);
}

/// A lease outlives the program that holds it, and no fence comes twice.
pub async fn fences_go_on_where_they_ended(subject: LedgerSubject) {
    let lease = subject.ledger().claim(&key("acme"), "me", noon(), MINUTE).await.unwrap().unwrap();
    let subject = subject.reopened().await;
    let ledger = subject.ledger();
    assert_eq!(ledger.claim(&key("acme"), "you", after(59), MINUTE).await.unwrap(), None);
    ledger.commit(Commit::under(&lease)).await.unwrap();
    ledger.release(&lease).await.unwrap();
    let subject = subject.reopened().await;
    let next = subject.ledger().claim(&key("acme"), "you", after(59), MINUTE).await.unwrap().unwrap();
    assert_eq!((next.fence, next.taken_over_at), (lease.fence + 1, None));
}

//! Listings: what was asked for, in order, page by page.

use std::collections::BTreeSet;

use guestpass::grants::{Commit, GrantId, GrantQuery, Phase, StepQuery};
use guestpass::rotation::{Rotation, RotationQuery};

use super::LedgerSubject;
use super::samples::{
    after, closed, grant, noon, offboarding, over, person, place, rotated, rotation, step, store,
    subject as account,
};

/// By store, subject, person and phase, alone and together.
pub async fn grants_are_found_by_what_is_asked(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let (anna, bert) = (person("anna"), person("bert"));
    let at_acme = grant(&place("acme", "1"), &anna);
    let mut closing = grant(&place("acme", "1"), &bert);
    closing.phase = Phase::Closing;
    let ended = over(grant(&place("acme", "2"), &anna), noon());
    let at_zeta = grant(&place("zeta", "1"), &anna);
    let all = [&at_acme, &closing, &ended, &at_zeta];
    let change = all.into_iter().fold(Commit::new(), |change, grant| change.grant(grant.clone()));
    ledger.commit(change).await.unwrap();

    let found = |query: GrantQuery| async move {
        let grants = ledger.grants(&query, None, 10).await.unwrap();
        grants.iter().map(|grant| grant.id).collect::<BTreeSet<_>>()
    };
    let ids =
        |grants: &[&guestpass::grants::Grant]| grants.iter().map(|grant| grant.id).collect::<BTreeSet<_>>();
    assert_eq!(found(GrantQuery::new()).await, ids(&all));
    assert_eq!(found(GrantQuery::new().not_over()).await, ids(&[&at_acme, &closing, &at_zeta]));
    assert_eq!(found(GrantQuery::living(&place("acme", "1"))).await, ids(&[&at_acme, &closing]));
    assert_eq!(found(GrantQuery::living(&place("acme", "2"))).await, ids(&[]));
    let mut query = GrantQuery::new();
    query.store = Some(store("acme"));
    query.person = Some(anna);
    assert_eq!(found(query.clone()).await, ids(&[&at_acme, &ended]));
    query.phases = vec![Phase::NeverOpened, Phase::Closing];
    assert_eq!(found(query.clone()).await, ids(&[&ended]));
    query.person = None;
    assert_eq!(found(query.clone()).await, ids(&[&closing, &ended]));
    query.subject = Some(account("1"));
    assert_eq!(found(query).await, ids(&[&closing]));
}

/// By store, subject, person, and whether they are open.
pub async fn steps_are_found_by_what_is_asked(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let (anna, bert) = (person("anna"), person("bert"));
    let open = step(&place("acme", "1"), &anna);
    let done = closed(step(&place("acme", "1"), &anna), noon());
    let elsewhere = step(&place("zeta", "1"), &bert);
    let change = Commit::new().step(open.clone()).step(done.clone()).step(elsewhere.clone());
    ledger.commit(change).await.unwrap();

    let found = |query: StepQuery| async move {
        let steps = ledger.steps(&query, None, 10).await.unwrap();
        steps.iter().map(|step| step.id).collect::<BTreeSet<_>>()
    };
    assert_eq!(found(StepQuery::new()).await, BTreeSet::from([open.id, done.id, elsewhere.id]));
    assert_eq!(found(StepQuery::open_at(&place("acme", "1"))).await, BTreeSet::from([open.id]));
    let mut query = StepQuery::new();
    query.person = Some(anna);
    assert_eq!(found(query.clone()).await, BTreeSet::from([open.id, done.id]));
    query.store = Some(store("zeta"));
    assert_eq!(found(query.clone()).await, BTreeSet::new());
    query.person = Some(bert);
    assert_eq!(found(query.clone()).await, BTreeSet::from([elsewhere.id]));
    query.subject = Some(account("2"));
    assert_eq!(found(query).await, BTreeSet::new());
    let all = ledger.steps(&StepQuery::new(), None, 10).await.unwrap();
    assert!(all.is_sorted_by_key(|step| step.id));
    let rest = ledger.steps(&StepQuery::new(), Some(all[0].id), 1).await.unwrap();
    assert_eq!(rest, all[1..2]);
}

/// Nothing is skipped and nothing comes twice, also when something is added meanwhile.
pub async fn long_listings_are_read_in_pages(subject: LedgerSubject) {
    const MANY: usize = 1_000;
    let ledger = subject.ledger();
    let mut ids = Vec::with_capacity(MANY);
    for part in 0..10 {
        let mut change = Commit::new();
        for number in 0..MANY / 10 {
            let mut new = grant(&place("acme", &format!("{part}-{number}")), &person("anna"));
            new.id = GrantId::new(after(i64::try_from(number).unwrap() - 500));
            ids.push(new.id);
            change = change.grant(new);
        }
        ledger.commit(change).await.unwrap();
    }
    ids.sort_unstable();
    let mut read = Vec::new();
    loop {
        let page = ledger.grants(&GrantQuery::new().not_over(), read.last().copied(), 300).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 300);
        read.extend(page.iter().map(|grant| grant.id));
        let mut earlier = grant(&place("zeta", &read.len().to_string()), &person("anna"));
        earlier.id = GrantId::new(after(-86_400));
        ledger.commit(Commit::new().grant(earlier)).await.unwrap();
    }
    assert_eq!(read, ids);
}

/// Of one person, or of everybody.
pub async fn the_newest_offboarding_comes_first(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let (anna, bert) = (person("anna"), person("bert"));
    let mut change = Commit::new();
    change.offboardings =
        vec![offboarding(&anna, noon()), offboarding(&bert, after(20)), offboarding(&anna, after(10))];
    ledger.commit(change).await.unwrap();
    let times = |person, limit| async move {
        let found = ledger.offboardings(person, limit).await.unwrap();
        found.into_iter().map(|record| record.began_at).collect::<Vec<_>>()
    };
    assert_eq!(times(None, 10).await, [after(20), after(10), noon()]);
    assert_eq!(times(Some(&anna), 10).await, [after(10), noon()]);
    assert_eq!(times(None, 2).await, [after(20), after(10)]);
}

/// By store, credential, whether they are over, and when they are due, alone and together.
pub async fn rotations_are_found_by_what_is_asked(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let over = rotated(rotation("acme", "web"));
    let open = rotation("acme", "web");
    let mut later = rotation("acme", "back-office");
    later.due_at = Some(after(60));
    let mut waiting = rotation("zeta", "web");
    waiting.due_at = None;
    let all = [&over, &open, &later, &waiting];
    let change = all.into_iter().fold(Commit::new(), |change, one| change.rotation(one.clone()));
    ledger.commit(change).await.unwrap();

    let found = |query: RotationQuery| async move {
        let rotations = ledger.rotations(&query, None, 10).await.unwrap();
        rotations.iter().map(|rotation| rotation.id).collect::<BTreeSet<_>>()
    };
    let ids = |rotations: &[&Rotation]| rotations.iter().map(|one| one.id).collect::<BTreeSet<_>>();
    let query = RotationQuery::new;
    assert_eq!(found(query()).await, ids(&all));
    assert_eq!(found(query().only_open()).await, ids(&[&open, &later, &waiting]));
    assert_eq!(found(query().on(&store("acme"))).await, ids(&[&over, &open, &later]));
    assert_eq!(found(query().on(&store("zeta")).only_open()).await, ids(&[&waiting]));
    assert_eq!(found(RotationQuery::of(&store("acme"), &open.credential)).await, ids(&[&over, &open]));
    assert_eq!(found(RotationQuery::of(&store("acme"), &open.credential).only_open()).await, ids(&[&open]));
    assert_eq!(found(query().due_by(after(-1))).await, ids(&[]));
    assert_eq!(found(query().due_by(noon())).await, ids(&[&open]));
    assert_eq!(found(query().only_open().due_by(after(60))).await, ids(&[&open, &later]));
    let listed = ledger.rotations(&query(), None, 10).await.unwrap();
    assert!(listed.is_sorted_by_key(|rotation| rotation.id));
    let rest = ledger.rotations(&query(), Some(listed[1].id), 1).await.unwrap();
    assert_eq!(rest, listed[2..3]);
}

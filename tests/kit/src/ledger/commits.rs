//! Changes: whole, fresh, and one at a time.

use futures_util::future::join_all;
use guestpass::grants::Commit;

use super::LedgerSubject;
use super::samples::{
    fact, grant, holding, noon, offboarding, person, place, record, rotated, rotation, step, store,
    subject as account,
};

/// A change of one record of each kind.
fn of_everything() -> Commit {
    let (anna, here) = (person("anna"), place("acme", "1"));
    let mut change = Commit::new()
        .grant(grant(&here, &anna))
        .holding(holding(&here, Some(noon()), true))
        .step(step(&here, &anna))
        .rotation(rotation("acme", "web"))
        .fact(fact("acme", "grant_requested"));
    change.offboardings.push(offboarding(&anna, noon()));
    change.people.push(record(&anna, "Example"));
    change
}

/// What is written is read as it was, in its first revision.
pub async fn everything_comes_back(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mut change = of_everything();
    ledger.commit(change.clone()).await.unwrap();
    change.grants[0].revision = 1;
    change.holdings[0].revision = 1;
    change.steps[0].revision = 1;
    change.offboardings[0].revision = 1;
    change.rotations[0].revision = 1;
    assert_eq!(ledger.grant(change.grants[0].id).await.unwrap().as_ref(), change.grants.first());
    let held = ledger.holding(&store("acme"), &account("1")).await.unwrap();
    assert_eq!(held.as_ref(), change.holdings.first());
    assert_eq!(ledger.step(change.steps[0].id).await.unwrap().as_ref(), change.steps.first());
    let kept = ledger.offboarding(change.offboardings[0].id).await.unwrap();
    assert_eq!(kept.as_ref(), change.offboardings.first());
    let kept = ledger.rotation(change.rotations[0].id).await.unwrap();
    assert_eq!(kept.as_ref(), change.rotations.first());
    assert_eq!(ledger.person(&person("anna")).await.unwrap().as_ref(), change.people.first());
    let events = ledger.events(&store("acme"), 0, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].fact().unwrap(), change.facts[0]);
    assert_eq!(ledger.holding(&store("acme"), &account("2")).await.unwrap(), None);
    assert_eq!(ledger.person(&person("bert")).await.unwrap(), None);
}

/// One part that cannot be written keeps all others from being written.
pub async fn a_change_is_made_as_a_whole_or_not_at_all(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mut change = of_everything();
    change.offboardings[0].revision = 7;
    assert!(ledger.commit(change.clone()).await.unwrap_err().is_stale());
    assert_eq!(ledger.grant(change.grants[0].id).await.unwrap(), None);
    assert_eq!(ledger.holding(&store("acme"), &account("1")).await.unwrap(), None);
    assert_eq!(ledger.step(change.steps[0].id).await.unwrap(), None);
    assert_eq!(ledger.rotation(change.rotations[0].id).await.unwrap(), None);
    assert_eq!(ledger.person(&person("anna")).await.unwrap(), None);
    assert_eq!(ledger.heads().await.unwrap(), []);
    assert_eq!(ledger.events(&store("acme"), 0, 10).await.unwrap(), []);
}

/// Every kind of record is checked: new over known, old over newer, changed without being known.
pub async fn what_somebody_else_changed_is_stale(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let new = of_everything();
    ledger.commit(new.clone()).await.unwrap();
    for revision in [0, 2] {
        for part in parts(&new, revision) {
            let error = ledger.commit(part.clone()).await.unwrap_err();
            assert!(error.is_stale(), "{part:?}: {error}");
        }
    }
    for part in parts(&new, 1) {
        ledger.commit(part.clone()).await.unwrap();
        assert!(ledger.commit(part).await.unwrap_err().is_stale());
    }
    assert_eq!(ledger.grant(new.grants[0].id).await.unwrap().unwrap().revision, 2);
    assert_eq!(ledger.step(new.steps[0].id).await.unwrap().unwrap().revision, 2);
    assert_eq!(ledger.rotation(new.rotations[0].id).await.unwrap().unwrap().revision, 2);
}

/// One change for each record, as if it had been read in this revision.
fn parts(change: &Commit, revision: u64) -> Vec<Commit> {
    let mut change = change.clone();
    change.grants[0].revision = revision;
    change.holdings[0].revision = revision;
    change.steps[0].revision = revision;
    change.offboardings[0].revision = revision;
    change.rotations[0].revision = revision;
    let mut of_offboarding = Commit::new();
    of_offboarding.offboardings = change.offboardings.clone();
    vec![
        Commit::new().grant(change.grants[0].clone()),
        Commit::new().holding(change.holdings[0].clone()),
        Commit::new().step(change.steps[0].clone()),
        Commit::new().rotation(change.rotations[0].clone()),
        of_offboarding,
    ]
}

/// Many read the same revision and write at once: one is kept, and the others are told.
pub async fn of_two_writers_at_once_one_wins(subject: LedgerSubject) {
    let new = grant(&place("acme", "1"), &person("anna"));
    subject.ledger().commit(Commit::new().grant(new.clone())).await.unwrap();
    let read = subject.ledger().grant(new.id).await.unwrap().unwrap();
    let other = subject.another().await;
    let writers = (0..8).map(|number: u32| {
        let ledger = if number.is_multiple_of(2) { subject.ledger() } else { &*other };
        let mut mine = read.clone();
        mine.ticket = Some(format!("T-{number}"));
        let change = Commit::new().grant(mine).fact(fact("acme", "extended"));
        async move { (number, ledger.commit(change).await) }
    });
    let (won, lost): (Vec<_>, Vec<_>) =
        join_all(writers).await.into_iter().partition(|(_, outcome)| outcome.is_ok());
    assert_eq!(won.len(), 1);
    assert!(
        lost.iter().all(|(_, outcome)| outcome.as_ref().is_err_and(guestpass::Error::is_stale)),
        "{lost:?}"
    );
    let kept = subject.ledger().grant(new.id).await.unwrap().unwrap();
    assert_eq!((kept.ticket, kept.revision), (Some(format!("T-{}", won[0].0)), 2));
    assert_eq!(other.events(&store("acme"), 0, 10).await.unwrap().len(), 1);
}

/// A credential has one rotation that is not over, whoever begins it; another one when that is over.
pub async fn a_second_open_rotation_is_stale(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let first = rotation("acme", "web");
    ledger.commit(Commit::new().rotation(first.clone())).await.unwrap();
    let second = rotation("acme", "web");
    let both = Commit::new().rotation(second.clone()).fact(fact("acme", "rotation_planned"));
    assert!(ledger.commit(both).await.unwrap_err().is_stale());
    assert_eq!(ledger.rotation(second.id).await.unwrap(), None);
    assert_eq!(ledger.events(&store("acme"), 0, 10).await.unwrap(), []);
    // Others are not in its way: other credentials, other stores, and those that are over.
    let others = Commit::new()
        .rotation(rotation("acme", "back-office"))
        .rotation(rotation("zeta", "web"))
        .rotation(rotated(rotation("acme", "web")));
    ledger.commit(others).await.unwrap();
    let mut over = rotated(first);
    over.revision = 1;
    ledger.commit(Commit::new().rotation(over)).await.unwrap();
    ledger.commit(Commit::new().rotation(second)).await.unwrap();
}

/// Many begin a rotation of one credential at once: one is kept, and the others are told.
pub async fn of_many_rotations_begun_at_once_one_is_kept(subject: LedgerSubject) {
    let other = subject.another().await;
    let beginners = (0..8).map(|number: u32| {
        let ledger = if number.is_multiple_of(2) { subject.ledger() } else { &*other };
        async move { ledger.commit(Commit::new().rotation(rotation("acme", "web"))).await }
    });
    let (begun, told): (Vec<_>, Vec<_>) = join_all(beginners).await.into_iter().partition(Result::is_ok);
    assert_eq!(begun.len(), 1);
    assert!(told.iter().all(|outcome| outcome.as_ref().is_err_and(guestpass::Error::is_stale)), "{told:?}");
}

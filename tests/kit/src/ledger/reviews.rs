//! Reviews, their rows, and looks for drift.

use guestpass::grants::Commit;

use super::LedgerSubject;
use super::samples::{after, last_look, noon, review, review_row, store};

fn with_rows(rows: u32) -> Commit {
    let mut change = Commit::new();
    let new = review(noon());
    change.review_rows = (1..=rows).map(|number| review_row(new.id, number)).collect();
    change.reviews.push(new);
    change
}

/// What is written is read as it was, in its first revision.
pub async fn reviews_come_back(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mut change = with_rows(2);
    change.last_looks.push(last_look("acme"));
    ledger.commit(change.clone()).await.unwrap();
    change.reviews[0].revision = 1;
    change.last_looks[0].revision = 1;
    change.review_rows.iter_mut().for_each(|row| row.revision = 1);
    let id = change.reviews[0].id;
    assert_eq!(ledger.review(id).await.unwrap().as_ref(), change.reviews.first());
    assert_eq!(ledger.review_rows(id, 0, 10).await.unwrap(), change.review_rows);
    assert_eq!(ledger.last_look(&store("acme")).await.unwrap().as_ref(), change.last_looks.first());
    assert_eq!(ledger.last_look(&store("zeta")).await.unwrap(), None);
    assert_eq!(ledger.review(review(noon()).id).await.unwrap(), None);
}

/// Reviews, rows and looks are written with the revision that was read.
pub async fn a_stale_review_is_refused(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let mut new = with_rows(1);
    new.last_looks.push(last_look("acme"));
    ledger.commit(new.clone()).await.unwrap();
    let parts = |revision: u64| {
        let mut parts = [Commit::new(), Commit::new(), Commit::new()];
        parts[0].reviews = new.reviews.clone();
        parts[0].reviews[0].revision = revision;
        parts[1].review_rows = new.review_rows.clone();
        parts[1].review_rows[0].revision = revision;
        parts[2].last_looks = new.last_looks.clone();
        parts[2].last_looks[0].revision = revision;
        parts
    };
    for part in parts(0).into_iter().chain(parts(2)) {
        assert!(ledger.commit(part.clone()).await.unwrap_err().is_stale(), "{part:?}");
    }
    for part in parts(1) {
        ledger.commit(part.clone()).await.unwrap();
        assert!(ledger.commit(part).await.unwrap_err().is_stale());
    }
}

/// The newest review first; rows in the order of their numbers, page by page, of one review alone.
pub async fn reviews_and_rows_are_read_in_order(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let (older, newer) = (review(noon()), review(after(10)));
    let mut change = Commit::new();
    change.reviews = vec![newer.clone(), older.clone()];
    change.review_rows = [3, 1, 10, 2].map(|number| review_row(older.id, number)).to_vec();
    change.review_rows.push(review_row(newer.id, 4));
    ledger.commit(change).await.unwrap();
    let ids = |limit| async move {
        let found = ledger.reviews(limit).await.unwrap();
        found.into_iter().map(|review| review.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(10).await, [newer.id, older.id]);
    assert_eq!(ids(1).await, [newer.id]);
    let numbers = |after, limit| async move {
        let found = ledger.review_rows(older.id, after, limit).await.unwrap();
        found.into_iter().map(|row| row.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, 10).await, [1, 2, 3, 10]);
    assert_eq!(numbers(0, 2).await, [1, 2]);
    assert_eq!(numbers(2, 10).await, [3, 10]);
    assert_eq!(numbers(u32::MAX, 10).await, [0; 0]);
}

/// What an interrupted writer left is forgotten and written anew, in one change and in no other review.
pub async fn a_review_is_cut(subject: LedgerSubject) {
    let ledger = subject.ledger();
    let change = with_rows(5);
    let id = change.reviews[0].id;
    ledger.commit(change).await.unwrap();
    let mut other = Commit::new();
    let another = review(after(10));
    other.review_rows.push(review_row(another.id, 9));
    other.reviews.push(another.clone());
    ledger.commit(other).await.unwrap();

    let mut change = Commit::new();
    change.cut_reviews.push((id, 2));
    change.review_rows.push(review_row(id, 3));
    ledger.commit(change).await.unwrap();
    let rows = ledger.review_rows(id, 0, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.number, row.revision)).collect::<Vec<_>>(),
        [(1, 1), (2, 1), (3, 1)]
    );
    assert_eq!(ledger.review_rows(another.id, 0, 10).await.unwrap().len(), 1);
    // A cut that is refused cuts nothing.
    let mut refused = Commit::new();
    refused.cut_reviews.push((id, 0));
    refused.reviews.push(review(noon()));
    refused.reviews[0].revision = 7;
    assert!(ledger.commit(refused).await.unwrap_err().is_stale());
    assert_eq!(ledger.review_rows(id, 0, 10).await.unwrap().len(), 3);
}

//! Which review, and which of its rows: by id, by mark, or the last one.

use guestpass::grants::Ledger;
use guestpass::review::{Review, ReviewId};
use guestpass::{Error, ErrorKind, Result};

use crate::output::mark;

/// The last one.
const LAST: &str = "last";
/// A shorter mark would be one of too many.
const SHORTEST_MARK: usize = 4;
/// So many reviews are looked through at most, the newest ones.
const MOST: u32 = 1_000;
/// Where the last one is asked for, it is nearly always among so many.
const FEW: u32 = 8;

/// How people name a review.
enum Named<'a> {
    Last,
    Id(ReviewId),
    /// The last characters of its id.
    Mark(&'a str),
}

/// The review of this name; the last one is the newest, finished or not.
pub(super) async fn review(text: &str, ledger: &dyn Ledger) -> Result<Review> {
    match named(text)? {
        Named::Last => newest(ledger, |_| true).await?.ok_or_else(none_yet),
        Named::Id(id) => by_id(id, ledger).await,
        Named::Mark(mark) => by_mark(mark, ledger).await,
    }
}

/// The review to compare with; the last one is the newest that was finished, before this one where one is given.
pub(super) async fn older(text: &str, than: Option<ReviewId>, ledger: &dyn Ledger) -> Result<Option<Review>> {
    let is_older = |review: &Review| than.is_none_or(|than| review.id < than);
    let found = match named(text)? {
        Named::Last => {
            return newest(ledger, |review| review.finished_at.is_some() && is_older(review)).await;
        }
        Named::Id(id) => by_id(id, ledger).await?,
        Named::Mark(mark) => by_mark(mark, ledger).await?,
    };
    if !is_older(&found) {
        return Err(Error::invalid("--since", "names no older review", "see `guestpass review list`"));
    }
    Ok(Some(found))
}

/// The review and the number of a row: `9f3ac-7`, or with the whole id before the last hyphen.
pub(super) async fn row(text: &str, ledger: &dyn Ledger) -> Result<(Review, u32)> {
    let parts = text.rsplit_once('-').and_then(|(review, number)| Some((review, number.parse().ok()?)));
    let Some((review, number)) = parts.filter(|(_, number)| *number > 0) else {
        let message = format!("{text:?} is no row of a review");
        return Err(Error::new(ErrorKind::InvalidRequest, message)
            .with_remedy("copy it from `guestpass review show`: it looks like 9f3ac-7"));
    };
    let review = match named(review)? {
        Named::Last => return Err(no_name(review)),
        Named::Id(id) => by_id(id, ledger).await?,
        Named::Mark(mark) => by_mark(mark, ledger).await?,
    };
    Ok((review, number))
}

/// The newest review that has read a store after this one has.
pub(super) async fn newer_of(review: &Review, store: &str, ledger: &dyn Ledger) -> Result<Option<Review>> {
    let has_read = |other: &Review| {
        let read = other.stores.iter().find(|known| known.store.as_str() == store);
        other.id > review.id && read.is_some_and(|known| known.reading.is_some())
    };
    newest(ledger, has_read).await
}

fn named(text: &str) -> Result<Named<'_>> {
    if text == LAST {
        return Ok(Named::Last);
    }
    if let Ok(id) = text.parse() {
        return Ok(Named::Id(id));
    }
    let fits = text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if fits && text.len() >= SHORTEST_MARK { Ok(Named::Mark(text)) } else { Err(no_name(text)) }
}

fn no_name(text: &str) -> Error {
    let message = format!("{text:?} names no review");
    Error::new(ErrorKind::InvalidRequest, message).with_remedy(format!(
        "write an id of `guestpass review list`, {SHORTEST_MARK} or more of its last characters, or `{LAST}`"
    ))
}

fn none_yet() -> Error {
    Error::new(ErrorKind::NotFound, "no review was kept yet").with_remedy("run `guestpass review` first")
}

async fn by_id(id: ReviewId, ledger: &dyn Ledger) -> Result<Review> {
    ledger.review(id).await?.ok_or_else(|| unknown(&id.to_string()))
}

async fn by_mark(mark: &str, ledger: &dyn Ledger) -> Result<Review> {
    let mark = mark.to_ascii_lowercase();
    let mut found = ledger.reviews(MOST).await?;
    found.retain(|review| review.id.to_string().ends_with(&mark));
    let Some(only) = found.pop() else { return Err(unknown(&mark)) };
    if found.is_empty() {
        return Ok(only);
    }
    let all = found.iter().chain([&only]).map(|review| review.id.to_string()).collect::<Vec<_>>();
    Err(Error::new(ErrorKind::InvalidRequest, format!("several reviews end with {mark}"))
        .with_remedy(format!("write the whole id, one of {}", all.join(", "))))
}

fn unknown(text: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no review {text}"))
        .with_remedy("copy the id from `guestpass review list`")
}

async fn newest(ledger: &dyn Ledger, is_it: impl Fn(&Review) -> bool) -> Result<Option<Review>> {
    for limit in [FEW, MOST] {
        let reviews = ledger.reviews(limit).await?;
        let all = reviews.len() < limit as usize;
        let found = reviews.into_iter().find(&is_it);
        if found.is_some() || all {
            return Ok(found);
        }
    }
    Ok(None)
}

/// How a review is named in what people are told to type.
pub(super) fn name_of(review: &Review) -> String {
    mark(review.id)
}

#[cfg(test)]
mod tests {
    use guestpass::Timestamp;
    use guestpass::grants::{Commit, MemoryLedger, Principal};
    use serde_json::json;

    use super::*;

    /// Reviews one hour after the other, the last one unfinished.
    async fn ledger() -> (MemoryLedger, Vec<Review>) {
        let ledger = MemoryLedger::new();
        let mut reviews = Vec::new();
        for (hour, id) in [
            (1, "019a0000-0000-7000-8000-00000001abcd"),
            (2, "019a0000-0000-7000-8000-00000002abcd"),
            (3, "019a0000-0000-7000-8000-000000033333"),
        ] {
            let began: Timestamp = format!("2026-11-22T0{hour}:00:00Z").parse().unwrap();
            let review: Review = serde_json::from_value(json!({
                "id": id, "by": Principal::stated("Robin"), "reason": null, "began_at": began,
                "finished_at": (hour < 3).then_some(began), "stores": [], "revision": 0,
            }))
            .unwrap();
            let mut change = Commit::new();
            change.reviews.push(review.clone());
            ledger.commit(change).await.unwrap();
            reviews.push(review);
        }
        (ledger, reviews)
    }

    #[tokio::test]
    async fn a_review_is_found_by_its_id_its_end_or_as_the_last_one() {
        let (ledger, reviews) = ledger().await;
        for (text, expected) in [
            ("last", 2),
            ("33333", 2),
            ("3333", 2),
            ("1ABCD", 0),
            ("2abcd", 1),
            ("019a0000-0000-7000-8000-00000002abcd", 1),
        ] {
            assert_eq!(review(text, &ledger).await.unwrap().id, reviews[expected].id, "{text}");
        }
        for (text, kind, says) in [
            ("abcd", ErrorKind::InvalidRequest, "several reviews end with abcd"),
            ("333", ErrorKind::InvalidRequest, "names no review"),
            ("first", ErrorKind::InvalidRequest, "names no review"),
            ("fffff", ErrorKind::NotFound, "there is no review fffff"),
            ("019a0000-0000-7000-8000-0000000fffff", ErrorKind::NotFound, "there is no review"),
        ] {
            let error = review(text, &ledger).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{text}");
            assert!(error.to_string().contains(says), "{text}: {error}");
        }
        let nothing = review("last", &MemoryLedger::new()).await.unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn the_last_one_to_compare_with_is_finished_and_older() {
        let (ledger, reviews) = ledger().await;
        let since = async |text, than: Option<usize>| {
            let than = than.map(|index| reviews[index].id);
            older(text, than, &ledger).await.map(|found| found.map(|review| review.id))
        };
        assert_eq!(since("last", None).await.unwrap(), Some(reviews[1].id));
        assert_eq!(since("last", Some(1)).await.unwrap(), Some(reviews[0].id));
        assert_eq!(since("last", Some(0)).await.unwrap(), None);
        assert_eq!(since("1abcd", Some(2)).await.unwrap(), Some(reviews[0].id));
        since("33333", Some(1)).await.unwrap_err();
    }

    #[tokio::test]
    async fn a_row_is_a_review_and_a_number() {
        let (ledger, reviews) = ledger().await;
        for text in ["33333-7", "019a0000-0000-7000-8000-000000033333-7"] {
            let (review, number) = row(text, &ledger).await.unwrap();
            assert_eq!((review.id, number), (reviews[2].id, 7), "{text}");
        }
        for text in ["33333", "33333-0", "33333-x", "last-7", "-7", "", "33333-99999999999"] {
            assert_eq!(row(text, &ledger).await.unwrap_err().kind(), ErrorKind::InvalidRequest, "{text}");
        }
    }
}

//! Dates by which somebody should look whether a grant is still right.

use super::book::gone;
use super::operations::later;
use super::{Durable, Engine};
use crate::Timestamp;
use crate::error::Result;
use crate::grants::grant::{Grant, GrantId, Principal};
use crate::grants::ledger::GrantQuery;
use crate::grants::phase::Phase;

const PAGE: u32 = 100;

impl Engine {
    /// Somebody has looked at a grant and keeps it: the next look is due as the rules say, or never if that were after its
    /// end. Nothing is sent.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) for a grant that is not there or over; when the ledger cannot be written.
    pub async fn reviewed(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        let known = self.stored(id).await?;
        self.amend(Durable::Order, &known.place, &known.person, None, |book| {
            let now = self.now();
            let grant = book.grant(id).ok_or_else(|| gone(id))?;
            let policy = self.directory.policy(&grant.place.store, grant.role.as_deref());
            grant.review_at =
                policy.review_every.map(|every| later(now, every)).filter(|at| *at < grant.ends_at);
            let grant = grant.clone();
            let fact = book.note_grant(now, "grant_reviewed", &grant);
            fact.actor = Some(by.clone());
            fact.reason = reason.map(str::to_owned);
            fact.detail = serde_json::json!({ "review_at": grant.review_at });
            Ok(())
        })
        .await?;
        self.stored(id).await
    }

    /// Announces every living grant whose review is overdue, once for each date: a fact in the chain, and a word to
    /// `told`. Gives how many were announced now. Reads the ledger alone; a program calls it beside its sweeps, for example
    /// once an hour.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn announce_reviews(&self, mut told: impl FnMut(&Grant) + Send) -> Result<u64> {
        let mut announced = 0;
        let mut after = None;
        loop {
            let page = self.overdue_reviews(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(announced) };
            after = Some(last.id);
            for grant in page.iter().filter(|grant| grant.review_told != grant.review_at) {
                if self.announce(grant).await? {
                    announced += 1;
                    told(grant);
                }
            }
        }
    }

    /// Living grants whose review is overdue, in the order of their ids, after the given one; at most `limit`, which counts.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn overdue_reviews(&self, after: Option<GrantId>, limit: u32) -> Result<Vec<Grant>> {
        let now = self.now();
        let query = GrantQuery::new().not_over();
        let mut found = Vec::new();
        let mut after = after;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.id);
            found.extend(page.into_iter().filter(|grant| is_overdue(grant, now)));
            if found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    /// Gives whether nobody else has announced it meanwhile.
    async fn announce(&self, overdue: &Grant) -> Result<bool> {
        self.amend(Durable::Order, &overdue.place, &overdue.person, None, |book| {
            let now = self.now();
            let Some(grant) = book.grant(overdue.id) else { return Ok(false) };
            if !is_overdue(grant, now) || grant.review_told == grant.review_at {
                return Ok(false);
            }
            grant.review_told = grant.review_at;
            let grant = grant.clone();
            let fact = book.note_grant(now, "review_overdue", &grant);
            fact.detail = serde_json::json!({ "review_at": grant.review_at });
            Ok(true)
        })
        .await
    }
}

fn is_overdue(grant: &Grant, now: Timestamp) -> bool {
    grant.phase != Phase::Closing && grant.review_at.is_some_and(|at| at <= now)
}

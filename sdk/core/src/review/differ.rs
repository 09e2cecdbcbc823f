//! Two reviews, store by store: what is new, what is gone, and what was decided and not done.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::finding::Finding;
use super::record::{KeptRow, Review, ReviewId, ReviewedStore, Verdict};
use super::row::{Reading, RowKey};
use super::store::Reviewer;
use crate::error::Result;
use crate::model::{PersonHandle, ProviderId, StoreHandle};

const PAGE: u32 = 500;

/// What has changed at one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreDifference {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// Why nothing can be compared; `None` where it can.
    pub not_comparable: Option<String>,
    /// What has changed, in the order of the rows' keys.
    pub changes: Vec<RowDifference>,
}

/// What has changed about one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowDifference {
    /// What the row is about.
    pub key: RowKey,
    /// Its number in the older review.
    pub old: Option<u32>,
    /// Its number in the newer review.
    pub new: Option<u32>,
    /// Who of ours it is.
    pub person: Option<PersonHandle>,
    /// What has changed.
    pub what: Vec<Difference>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[non_exhaustive]
pub enum Difference {
    /// They were not there before.
    Appeared,
    /// They are not there any more.
    Gone,
    /// Whether they can get in has changed.
    Status {
        /// What it was, in snake case.
        before: Option<String>,
        /// What it is, in snake case.
        after: Option<String>,
    },
    /// They have other roles.
    Roles {
        /// What they had.
        before: Vec<String>,
        /// What they have.
        after: Vec<String>,
    },
    /// They have other permissions.
    Permissions {
        /// What they have besides.
        added: Vec<String>,
        /// What they have no more.
        removed: Vec<String>,
    },
    /// Something was found that was not there before.
    Found {
        /// What.
        finding: Finding,
    },
    /// Something that was found is not there any more.
    Settled {
        /// What.
        finding: Finding,
    },
    /// It was decided in the older review, and is not done.
    NotFollowed {
        /// What was decided.
        verdict: Verdict,
    },
}

/// Compares two reviews, one store after another; holds the rows of one store of each.
#[derive(Debug)]
pub struct Comparison<'a> {
    reviewer: &'a Reviewer,
    old: Review,
    new: Review,
    next: usize,
    left: std::vec::IntoIter<ReviewedStore>,
}

impl Reviewer {
    /// Compares a review with an older one. Nothing is read of the rows before it is asked for.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) for an unknown review; when the ledger cannot be read.
    pub async fn compare(&self, old: ReviewId, new: ReviewId) -> Result<Comparison<'_>> {
        let (old, new) = (self.review(old).await?, self.review(new).await?);
        let is_left = |store: &&ReviewedStore| new.stores.iter().all(|known| known.store != store.store);
        let left: Vec<_> = old.stores.iter().filter(is_left).cloned().collect();
        Ok(Comparison { reviewer: self, old, new, next: 0, left: left.into_iter() })
    }

    async fn rows_of(&self, review: ReviewId, store: &ReviewedStore) -> Result<BTreeMap<RowKey, KeptRow>> {
        let mut rows = BTreeMap::new();
        let mut after = store.first_row.saturating_sub(1);
        while store.rows > 0 && after < store.last_row() {
            let limit = PAGE.min(store.last_row() - after);
            let page = self.ledger.review_rows(review, after, limit).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            rows.extend(page.into_iter().map(|row| (row.key.clone(), row)));
        }
        Ok(rows)
    }
}

impl Comparison<'_> {
    /// The next store of either review, also where nothing has changed; `None` after the last one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn next_store(&mut self) -> Result<Option<StoreDifference>> {
        let Some(new) = self.new.stores.get(self.next) else {
            return Ok(self.left.next().map(|old| apart(&old, "the newer review is not about this store")));
        };
        self.next += 1;
        let Some(old) = self.old.stores.iter().find(|old| old.store == new.store) else {
            return Ok(Some(apart(new, "the older review is not about this store")));
        };
        if let Some(why) = not_comparable(old, new) {
            return Ok(Some(apart(new, why)));
        }
        let before = self.reviewer.rows_of(self.old.id, old).await?;
        let after = self.reviewer.rows_of(self.new.id, new).await?;
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changes = keys.into_iter().filter_map(|key| changed(key, before.get(key), after.get(key)));
        let changes = changes.collect();
        let (platform, store) = (new.platform.clone(), new.store.clone());
        Ok(Some(StoreDifference { platform, store, not_comparable: None, changes }))
    }
}

fn apart(store: &ReviewedStore, why: &str) -> StoreDifference {
    StoreDifference {
        platform: store.platform.clone(),
        store: store.store.clone(),
        not_comparable: Some(why.to_owned()),
        changes: Vec::new(),
    }
}

fn not_comparable(old: &ReviewedStore, new: &ReviewedStore) -> Option<&'static str> {
    match (&old.reading, &new.reading) {
        (Some(Reading::Complete { .. }), Some(Reading::Complete { .. }))
        | (Some(Reading::Attested { .. }), Some(Reading::Attested { .. })) => None,
        (Some(Reading::Complete { .. } | Reading::Attested { .. }), Some(Reading::Failed { .. }) | None) => {
            Some("the newer review could not read it completely")
        }
        (Some(Reading::Failed { .. }) | None, _) => Some("the older review could not read it completely"),
        (Some(_), Some(_)) => Some("one review has read it, the other has only what people said"),
    }
}

fn changed(key: &RowKey, old: Option<&KeptRow>, new: Option<&KeptRow>) -> Option<RowDifference> {
    let what = match (old, new) {
        (Some(old), Some(new)) => between(old, new),
        (None, Some(new)) => {
            std::iter::once(Difference::Appeared).chain(new.findings.iter().cloned().map(found)).collect()
        }
        (Some(_), None) => vec![Difference::Gone],
        (None, None) => Vec::new(),
    };
    let person = new.or(old).and_then(|row| row.person.clone());
    (!what.is_empty()).then(|| RowDifference {
        key: key.clone(),
        old: old.map(|row| row.number),
        new: new.map(|row| row.number),
        person,
        what,
    })
}

fn between(old: &KeptRow, new: &KeptRow) -> Vec<Difference> {
    let mut what = Vec::new();
    let added = beside(&new.permissions, &old.permissions);
    let removed = beside(&old.permissions, &new.permissions);
    if old.status != new.status {
        what.push(Difference::Status { before: old.status.clone(), after: new.status.clone() });
    }
    if !beside(&new.roles, &old.roles).is_empty() || !beside(&old.roles, &new.roles).is_empty() {
        what.push(Difference::Roles { before: old.roles.clone(), after: new.roles.clone() });
    }
    if !added.is_empty() || !removed.is_empty() {
        what.push(Difference::Permissions { added, removed });
    }
    let lacks =
        |row: &KeptRow, finding: &Finding| row.findings.iter().all(|known| known.kind() != finding.kind());
    what.extend(new.findings.iter().filter(|finding| lacks(old, finding)).cloned().map(found));
    let settled = old.findings.iter().filter(|finding| lacks(new, finding)).cloned();
    what.extend(settled.map(|finding| Difference::Settled { finding }));
    let verdict = old.decision.as_ref().map(|decision| decision.verdict);
    if let Some(verdict) = verdict.filter(|verdict| !is_followed(*verdict, new)) {
        what.push(Difference::NotFollowed { verdict });
    }
    what
}

fn found(finding: Finding) -> Difference {
    Difference::Found { finding }
}

fn is_followed(verdict: Verdict, new: &KeptRow) -> bool {
    match verdict {
        Verdict::Keep => true,
        // Without an account, or with one that is switched off, a row is about what is left to look after.
        Verdict::Revoke => {
            let is_off = new.account.is_none() || new.status.as_deref() == Some("suspended");
            is_off && new.grants.is_empty()
        }
        Verdict::Reduce => !new.findings.iter().any(|finding| matches!(finding, Finding::BeyondGrant { .. })),
    }
}

fn beside(these: &[String], those: &[String]) -> Vec<String> {
    these.iter().filter(|one| !those.contains(one)).cloned().collect()
}

//! What somebody decides about a row, and what must follow from it.

use serde::Serialize;

use super::record::{Decision, KeptRow, ReviewId, Verdict};
use super::store::Reviewer;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::audit::Fact;
use crate::grants::{Commit, GrantId, Phase, Principal};
use crate::model::{AccountId, PersonHandle, StoreHandle};

/// How often a decision is written anew when somebody else decided about the same row meanwhile.
const TRIES: usize = 8;

/// What must follow from a decision. [`Engine::carry_out`](crate::grants::Engine::carry_out) does what we can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
#[non_exhaustive]
pub enum Consequence {
    /// A grant ends now.
    Revoke {
        /// The grant.
        grant: GrantId,
    },
    /// Somebody of ours is inside without a grant: the access is made into one, which ends at once. Nobody is invited.
    TakeOut {
        /// From which store.
        store: StoreHandle,
        /// Who.
        person: PersonHandle,
        /// Which account.
        account: AccountId,
    },
    /// The grant's role is given again, and nothing more.
    ResetRole {
        /// The grant.
        grant: GrantId,
    },
    /// It is nobody of ours: the merchant takes them out, or takes rights from them.
    ByMerchant {
        /// On which store.
        store: StoreHandle,
        /// Which account.
        account: AccountId,
    },
}

impl Reviewer {
    /// Records what somebody decided about a row, and gives what must follow. Nothing is sent. Whoever decides again has
    /// changed their mind: the last word counts, and every word is in the audit log.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown review or row; [`ErrorKind::InvalidRequest`] to reduce what no grant gives;
    /// when the ledger cannot be read or written.
    pub async fn decide(
        &self,
        review: ReviewId,
        number: u32,
        verdict: Verdict,
        by: &Principal,
        reason: Option<&str>,
    ) -> Result<(KeptRow, Vec<Consequence>)> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut row = self.row(review, number).await?;
            let follows = self.consequences(&row, verdict).await?;
            let now = self.env.clock().now();
            let reason = reason.map(str::to_owned);
            let mut fact = Fact::new(now, "review_decided", row.platform.clone(), row.store.clone());
            fact.actor = Some(by.clone());
            fact.person.clone_from(&row.person);
            fact.reason.clone_from(&reason);
            fact.outcome = Some(verdict.as_str().to_owned());
            fact.detail = serde_json::json!({ "review": review, "row": number, "key": row.key });
            row.decision = Some(Decision { verdict, by: by.clone(), at: now, reason });
            let mut change = Commit::new().fact(fact);
            change.review_rows.push(row.clone());
            match self.ledger.commit(change).await {
                Ok(()) => {
                    row.revision += 1;
                    return Ok((row, follows));
                }
                Err(error) if error.is_stale() && tries < TRIES => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The row of this number.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown review or row; when the ledger cannot be read.
    pub async fn row(&self, review: ReviewId, number: u32) -> Result<KeptRow> {
        let found = self.ledger.review_rows(review, number.saturating_sub(1), 1).await?.pop();
        if let Some(row) = found.filter(|row| row.number == number) {
            return Ok(row);
        }
        self.review(review).await?;
        Err(Error::new(ErrorKind::NotFound, format!("the review has no row {number}"))
            .with_remedy("copy the number from the list of its rows"))
    }

    async fn consequences(&self, row: &KeptRow, verdict: Verdict) -> Result<Vec<Consequence>> {
        if verdict == Verdict::Keep {
            return Ok(Vec::new());
        }
        let mut living = Vec::new();
        for id in &row.grants {
            living.extend(self.ledger.grant(*id).await?.filter(|grant| !grant.phase.is_over()));
        }
        if !living.is_empty() && verdict == Verdict::Revoke {
            let ending = living.iter().filter(|grant| grant.phase != Phase::Closing);
            return Ok(ending.map(|grant| Consequence::Revoke { grant: grant.id }).collect());
        }
        // One role is in force at a place, whichever of its grants is named.
        let active = living.iter().filter(|grant| grant.phase == Phase::Active && grant.role.is_some());
        if let Some(highest) = active.max_by_key(|grant| grant.rank) {
            return Ok(vec![Consequence::ResetRole { grant: highest.id }]);
        }
        match (&row.account, &row.person, verdict) {
            (_, Some(_), Verdict::Reduce) => Err(Error::invalid(
                "verdict",
                "is to reduce, and no grant in use says to what",
                "keep or revoke, or adopt the access with a role first",
            )),
            (Some(account), Some(person), _) => Ok(vec![Consequence::TakeOut {
                store: row.store.clone(),
                person: person.clone(),
                account: account.clone(),
            }]),
            (Some(account), None, _) => {
                Ok(vec![Consequence::ByMerchant { store: row.store.clone(), account: account.clone() }])
            }
            (None, ..) => Ok(Vec::new()),
        }
    }
}

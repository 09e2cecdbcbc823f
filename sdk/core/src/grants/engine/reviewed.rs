//! Orders that follow from reviews.

use std::time::Duration;

use super::book::gone;
use super::goal::{Goal, Wanted};
use super::operations::{later, note};
use super::{Engine, GrantRequest};
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use crate::grants::grant::{Grant, GrantId, Principal};
use crate::grants::holding::Reset;
use crate::grants::ledger::GrantQuery;
use crate::grants::phase::Phase;
use crate::model::{AccessState, AccountId, PersonHandle, StoreHandle};
use crate::review::Consequence;

/// How long access lasts that was made into a grant only to end: should we die in between, it ends by itself.
const NO_LONGER: Duration = Duration::from_secs(60);

impl Engine {
    /// Gives a grant's role again, and nothing beyond it: the next work on its place sets the role, or asks people to set
    /// it where only they can.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when the grant is not in use, names no role, or several grants of unequal unranked roles
    /// hold the place.
    pub async fn reset_role(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        self.order(id, |_, book, now| {
            let grant = book.grant(id).ok_or_else(|| gone(id))?;
            if grant.phase != Phase::Active {
                return Err(Error::new(ErrorKind::Conflict, "the grant is not in use")
                    .with_remedy("what it gives is set when the person is inside"));
            }
            match Goal::of(&book.holding, &book.grants) {
                Goal::Inside(Wanted::Role(Some(_))) => {}
                Goal::Inside(Wanted::Role(None)) => {
                    return Err(Error::new(ErrorKind::Conflict, "the grant names no role")
                        .with_remedy("end it, and ask for one with a role"));
                }
                _ => {
                    return Err(Error::new(ErrorKind::Conflict, "nothing says which role is right here")
                        .with_remedy("rank the roles, or end what is too much"));
                }
            }
            book.holding.reset = Some(Reset::Ordered);
            note(book, id, "role_reset", by, reason, now);
            Ok(())
        })
        .await
    }

    /// Does what must follow from a decision about a row of a review: writes the order down, as the orders themselves do.
    /// Only to find somebody who is inside without a grant, the store is read; nobody is invited. Gives the grant that
    /// ends or is reset.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for what only the merchant can do; as [`revoke`](Self::revoke),
    /// [`reset_role`](Self::reset_role) and [`adopt`](Self::adopt).
    pub async fn carry_out(
        &self,
        what: &Consequence,
        by: &Principal,
        reason: Option<&str>,
        cx: &CallContext,
    ) -> Result<Grant> {
        match what {
            Consequence::Revoke { grant } => self.revoke(*grant, by, reason).await,
            Consequence::ResetRole { grant } => self.reset_role(*grant, by, reason).await,
            Consequence::TakeOut { store, person, account } => {
                let adopted = Box::pin(self.adopt_account(store, person, account, by, reason, cx)).await?;
                match adopted.phase {
                    Phase::Closing => Ok(adopted),
                    _ => self.revoke(adopted.id, by, reason).await,
                }
            }
            Consequence::ByMerchant { store, account } => {
                let message = format!("the account {account} is nobody of ours");
                let error = Error::new(ErrorKind::Unsupported, message)
                    .with_remedy("ask the merchant to take them out, or to take rights from them");
                Err(match self.directory.connect(store) {
                    Ok(Some(provider)) => error.at(provider.connection().provider(), store),
                    _ => error,
                })
            }
        }
    }

    /// Makes one account into a grant that is about to end. Rules for grants do not keep anybody inside.
    async fn adopt_account(
        &self,
        store: &StoreHandle,
        handle: &PersonHandle,
        account: &AccountId,
        by: &Principal,
        reason: Option<&str>,
        cx: &CallContext,
    ) -> Result<Grant> {
        let unknown = || {
            Error::invalid(
                "store",
                format!("names {store}, which is not configured"),
                "name one of your stores",
            )
        };
        let provider = self.directory.connect(store)?.ok_or_else(unknown)?;
        let platform = provider.connection().provider();
        let mut person = self.person_to_offboard(handle).await?;
        let mut look = provider.observe(&person.on(platform), cx).await?;
        let is_another = match &look.state {
            AccessState::Ambiguous { .. } => true,
            state => state.account().is_some_and(|seen| seen.id != *account),
        };
        if is_another && !provider.connection().shares_subject() {
            // They have several accounts here: this one is a subject of its own.
            person.accounts.insert(platform.clone(), account.clone());
            look = provider.observe(&person.on(platform), cx).await?;
        }
        let mut request = GrantRequest::new(store.clone(), handle.clone(), later(self.now(), NO_LONGER))
            .requested_by(by.clone());
        request.reason = reason.map(str::to_owned);
        let grant = self.grant_of(&request, &*provider, &person);
        match self.adopted_before(&grant).await? {
            Some(known) => Ok(known),
            None => self.adopt_seen(grant, &person, look).await,
        }
    }

    /// What an earlier try has made of the same access.
    async fn adopted_before(&self, grant: &Grant) -> Result<Option<Grant>> {
        let living = self.ledger.grants(&GrantQuery::living(&grant.place), None, 100).await?;
        let same = |known: &Grant| known.adopted && known.requested_by == grant.requested_by;
        Ok(living.into_iter().find(same))
    }
}

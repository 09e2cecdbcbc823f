//! Looking: who is inside, who was invited, what the site is.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use guestpass::{
    AccessState, AccountId, AccountKind, CallContext, Collaborator, Error, ErrorKind, Evidence, ListQuery,
    Page, PageEnd, Result, Role, Status, Target, Told, UnknownReason,
};

use super::{FACTS_LIFETIME, Facts, Holder, INVITATION, Known, Wix};
use crate::ID;
use crate::client::Listing;
use crate::invitations::{Invitation, Kept};
use crate::roles::{catalogue, is_privileged};
use crate::token::AppToken;
use crate::wire::Site;

impl Wix {
    pub(crate) fn here(&self, error: Error) -> Error {
        error.at(&ID, self.connection.store())
    }

    pub(super) fn invitation(&self, target: &Target, cx: &CallContext) -> Result<Option<Invitation>> {
        if target.account().is_some_and(|account| account.as_str().starts_with(INVITATION)) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "this is the id of an invitation, not of an account",
            )
            .with_remedy("name the person with the state that was kept of the invitation"));
        }
        self.memory.find(target, &self.site_id, cx.clock().now())
    }

    /// Everybody who has access beside the owner, from the site that is meant.
    pub(super) async fn listing(&self, cx: &CallContext) -> Result<Listing> {
        self.confirm_site(cx).await?;
        self.site.contributors(None, cx).await
    }

    /// A token of an app says itself which site it is for, whatever the request says: that must be ours.
    pub(super) async fn confirm_site(&self, cx: &CallContext) -> Result<()> {
        if matches!(self.holder, Holder::App(_)) && self.known().facts.is_none() {
            self.read_facts(cx).await?;
        }
        Ok(())
    }

    pub(super) fn state(
        &self,
        target: &Target,
        invitation: Option<Invitation>,
        listing: &Listing,
        owner: Option<&str>,
        evidence: &mut Evidence,
    ) -> Result<AccessState> {
        let account = target.account().map(AccountId::as_str);
        let is_owner = |account: &str| owner.is_some_and(|owner| owner.eq_ignore_ascii_case(account));
        if let Some(inside) =
            account.and_then(|account| listing.find(account).or(Some(account).filter(|a| is_owner(a))))
        {
            // An invitation without an id can be followed no further than to the account that it let in.
            if let Some(Invitation { kept, .. }) =
                invitation.filter(|sent| sent.kept.invite_id.is_none() && !sent.kept.was_there(inside))
            {
                self.memory.end(&kept);
            }
            return Ok(AccessState::Present { account: Box::new(row(inside, owner)?) });
        }
        let not_observable = |why: String| AccessState::Unknown { reason: UnknownReason::NotObservable(why) };
        let Some(Invitation { kept, open }) = invitation else {
            return Ok(match account {
                Some(_) => AccessState::Absent,
                None => not_observable(
                    "Wix tells no addresses: name the person's Wix account, or hand over the state that was kept of \
                     their invitation"
                        .to_owned(),
                ),
            });
        };
        let newcomers: Vec<_> =
            kept.newcomers(&listing.accounts).into_iter().filter(|id| !is_owner(id)).collect();
        if account.is_none() && !newcomers.is_empty() {
            let accounts: Result<_> = newcomers.into_iter().map(|id| row(id, owner)).collect();
            return Ok(AccessState::Ambiguous { accounts: accounts? });
        }
        if open && kept.invite_id.is_some() {
            return Ok(AccessState::Invited { account: None });
        }
        if open {
            return Ok(not_observable(format!(
                "whether an invitation was sent is not settled before it would have expired, on {}",
                day(&kept)
            )));
        }
        evidence.by_comparison = account.is_none();
        Ok(AccessState::Absent)
    }

    pub(super) async fn list(&self, query: &ListQuery, cx: &CallContext) -> Result<Page<Collaborator>> {
        let mut evidence = Evidence::begun(cx.clock().now());
        let listing = self.listing(cx).await?;
        see(&mut evidence, &listing);
        evidence.complete = false;
        let mut holders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for role in &query.roles {
            let with_role = self.site.contributors(Some(role.as_str()), cx).await?;
            evidence.request_ids.extend(with_role.request_id.clone());
            evidence.pages += 1;
            for account in with_role.accounts.iter().filter_map(|account| listing.find(account)) {
                holders.entry(account).or_default().push(role.as_str().to_owned());
            }
        }
        let owner = self.owner_for_labels(cx).await;
        let unlisted_owner = owner.as_deref().filter(|owner| listing.find(owner).is_none());
        let mut items = Vec::with_capacity(listing.accounts.len() + 1);
        for id in unlisted_owner.into_iter().chain(listing.accounts.iter().map(String::as_str)) {
            let mut account = row(id, owner.as_deref())?;
            account.email = query.known_email(&account.id).cloned().map_or(Told::NotTold, Told::Known);
            if let Some(roles) = holders.remove(id) {
                account.privileged = self.privileged_among(&roles);
                account.roles = Told::Known(roles);
            }
            items.push(account);
        }
        items.extend(self.pending(query, &listing, cx)?);
        evidence.complete = true;
        Ok(Page::new(items, PageEnd::Complete, evidence))
    }

    /// Invitations of people we know, as far as we know: Wix confirms none of them.
    pub(super) fn pending(
        &self,
        query: &ListQuery,
        listing: &Listing,
        cx: &CallContext,
    ) -> Result<Vec<Collaborator>> {
        let mut rows = Vec::new();
        for person in &query.known {
            let inside =
                person.account.as_ref().is_some_and(|account| listing.find(account.as_str()).is_some());
            let found = self.memory.find(&Target::Person(person.clone()), &self.site_id, cx.clock().now())?;
            let Some(Invitation { kept, .. }) = found.filter(|found| found.open && !inside) else { continue };
            let Some(id) = &kept.invite_id else { continue };
            let mut row = Collaborator::new(AccountId::new(format!("{INVITATION}{id}"))?, Status::Pending);
            row.email = person.emails.first().cloned().map_or(Told::NotTold, Told::Known);
            row.confirmed = false;
            row.kind = Told::Known(AccountKind::Staff);
            row.privileged = self.privileged_among(std::slice::from_ref(&kept.role));
            row.roles = Told::Known(vec![kept.role]);
            rows.push(row);
        }
        Ok(rows)
    }

    pub(super) fn privileged_among(&self, roles: &[String]) -> Vec<String> {
        let catalogue = self.known().roles.map(|(roles, _)| roles).unwrap_or_default();
        let listed = |id: &str| catalogue.iter().any(|role| role.privileged && role.id.as_str() == id);
        roles.iter().filter(|id| is_privileged(id, "") || listed(id)).cloned().collect()
    }

    pub(super) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known of the site, if the credential is for it.
    pub(super) async fn read_facts(&self, cx: &CallContext) -> Result<Facts> {
        let facts = match &self.holder {
            Holder::Key(account) => facts_of(account.site(&self.site_id, cx).await?)?,
            Holder::App(token) => self.facts_of_token(token, cx).await?,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.facts = Some((facts.clone(), cx.clock().monotonic()));
        Ok(facts)
    }

    /// Whose account a token's `accountId` is, is not documented in so many words; we take it for the owner's, which can
    /// only make guestpass refuse a removal.
    pub(crate) async fn facts_of_token(&self, token: &AppToken, cx: &CallContext) -> Result<Facts> {
        let info = token.info(cx).await?;
        if !info.active {
            return Err(Error::new(ErrorKind::Unauthenticated, "Wix does not accept the token that it gave")
                .with_remedy("check that the app is still installed on the site"));
        }
        match info.site_id {
            Some(site) if site.eq_ignore_ascii_case(&self.site_id) => Ok(Facts {
                owner: info.account_id,
                name: None,
                url: None,
                blocked: false,
                trashed: false,
                instance: info.instance_id,
            }),
            Some(_) => {
                Err(Error::new(ErrorKind::Conflict, "the app's token is for another site than `site_id`")
                    .with_remedy("use the `instance_id` of the app's installation on this site"))
            }
            None => Err(Error::new(ErrorKind::Conflict, "the app's token does not say which site it is for")
                .with_remedy("check `instance_id`: the app must be installed on this site")),
        }
    }

    /// The owner for labels: what was read lately, or nobody if it cannot be read.
    pub(super) async fn owner_for_labels(&self, cx: &CallContext) -> Option<String> {
        let fresh = |read: Duration| cx.clock().monotonic().saturating_sub(read) <= FACTS_LIFETIME;
        if let Some((facts, _)) = self.known().facts.filter(|(_, read)| fresh(*read)) {
            return facts.owner;
        }
        let facts = self.read_facts(&cx.clone().failing_fast()).await;
        facts
            .inspect_err(|error| tracing::warn!(%error, "the site's own facts could not be read"))
            .ok()?
            .owner
    }

    /// The roles there are; nothing where the credential may not list them.
    pub(super) async fn catalogue(&self, cx: &CallContext) -> Result<Option<Vec<Role>>> {
        let Holder::Key(account) = &self.holder else { return Ok(None) };
        let now = cx.clock().monotonic();
        let fresh = |read: Duration| now.saturating_sub(read) <= FACTS_LIFETIME;
        if let Some((roles, _)) = self.known().roles.filter(|(_, read)| fresh(*read)) {
            return Ok(Some(roles));
        }
        let roles = catalogue(account.roles(cx).await?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).roles = Some((roles.clone(), now));
        Ok(Some(roles))
    }
}

/// A listing as evidence: there are no pages, so an answer is complete.
pub(super) fn see(evidence: &mut Evidence, listing: &Listing) {
    evidence.pages += 1;
    evidence.complete = true;
    evidence.request_ids.extend(listing.request_id.clone());
}

pub(super) fn row(id: &str, owner: Option<&str>) -> Result<Collaborator> {
    let account = AccountId::new(id).map_err(|error| {
        Error::new(ErrorKind::Protocol, "Wix listed an account without a usable id").with_source(error)
    })?;
    let mut row = Collaborator::new(account, Status::Active);
    row.kind = match owner {
        Some(owner) if owner.eq_ignore_ascii_case(id) => Told::Known(AccountKind::Owner),
        Some(_) => Told::Known(AccountKind::Staff),
        None => Told::NotTold,
    };
    Ok(row)
}

fn facts_of(site: Option<Site>) -> Result<Facts> {
    let Some(site) = site else {
        return Err(Error::new(ErrorKind::Conflict, "`site_id` is not among the sites that `api_key` sees").with_remedy(
            "use a key that the site's owner made, in the account `account_id`, and tick this site for it",
        ));
    };
    Ok(Facts {
        owner: site.owner_account_id,
        name: site.display_name,
        url: site.view_url,
        blocked: site.blocked == Some(true),
        trashed: site.trashed_date.is_some(),
        instance: None,
    })
}

pub(super) fn day(kept: &Kept) -> String {
    kept.expires.strftime("%Y-%m-%d").to_string()
}

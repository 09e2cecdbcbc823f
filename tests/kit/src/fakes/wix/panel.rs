//! What the merchant and the invited people do by hand, behind the back of every API client.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;

use super::roles::Role;
use super::state::{Invite, InviteStatus, Site, World};
use crate::fakes::ground::{Refusal, refuse};

impl World {
    pub(super) fn add_site(
        &mut self,
        account: &str,
        id: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.account_mut(account)?;
        if self.sites.contains_key(id) {
            return refuse(format!("site {id} exists already"));
        }
        let site = Site {
            id: id.to_owned(),
            name: name.to_owned(),
            owner: account.to_owned(),
            headless: false,
            created: now,
            seats: None,
            contributors: Vec::new(),
            invites: Vec::new(),
            invitations: BTreeMap::new(),
            removals: BTreeMap::new(),
        };
        self.sites.insert(id.to_owned(), site);
        Ok(())
    }

    pub(super) fn add_custom_role(&mut self, account: &str, id: &str, title: &str) -> Result<(), Refusal> {
        let role = Role { id: id.to_owned(), title: title.to_owned(), not_on: None };
        self.account_mut(account)?.custom_roles.push(role);
        Ok(())
    }

    /// Returns the account's id.
    pub(super) fn add_contributor(
        &mut self,
        site: &str,
        email: &str,
        roles: &[String],
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.site(site)?;
        let account = self.account(email);
        self.admit(site, &account, roles, None, now, now)?;
        Ok(account)
    }

    fn contributor_by_email(&self, site: &str, email: &str) -> Result<String, Refusal> {
        let account = self.account_by_email(email);
        let site = self.site(site)?;
        let inside = account.filter(|account| site.contributor(account).is_some());
        inside.ok_or_else(|| Refusal(format!("{email} is no contributor of site {}", site.id)))
    }

    pub(super) fn dismiss_by_hand(&mut self, site: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let account = self.contributor_by_email(site, email)?;
        self.site_mut(site)?.dismiss(&account, now, Duration::ZERO);
        Ok(())
    }

    pub(super) fn change_roles_by_hand(
        &mut self,
        site: &str,
        email: &str,
        roles: &[String],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let account = self.contributor_by_email(site, email)?;
        self.admit(site, &account, roles, None, now, now).map(drop)
    }

    /// The newest invitation of an address that can still be answered.
    fn pending(&mut self, site: &str, email: &str, now: Timestamp) -> Result<&mut Invite, Refusal> {
        let invites = &mut self.site_mut(site)?.invites;
        let newest = invites.iter_mut().rev().find(|invite| invite.pending_for(email, now));
        newest.ok_or_else(|| Refusal(format!("no pending invitation of {email}")))
    }

    /// Accepts with whichever account; without one, with that of the invited address. Returns the account's id.
    pub(super) fn accept(
        &mut self,
        site: &str,
        email: &str,
        account: Option<&str>,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.pending(site, email, now)?;
        let account = match account {
            Some(account) if !self.accounts.contains_key(account) => {
                return refuse(format!("no account {account}"));
            }
            Some(account) => account.to_owned(),
            None => self.account(email),
        };
        if self.site(site)?.owner == account {
            return refuse("the owner has no use for an invitation");
        }
        let invite = self.pending(site, email, now)?;
        invite.settled = InviteStatus::Used;
        invite.accepted_by = Some(account.clone());
        let (roles, invited) = (invite.grants.clone(), invite.email.clone());
        self.admit(site, &account, &roles, Some(&invited), now, now)?;
        Ok(account)
    }

    pub(super) fn decline(&mut self, site: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
        self.pending(site, email, now)?.settled = InviteStatus::Declined;
        Ok(())
    }
}

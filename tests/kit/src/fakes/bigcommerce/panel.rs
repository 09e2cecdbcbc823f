//! What the merchant does in the control panel, behind the back of every API client.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;

use super::credentials::{FakeApiToken, Reach};
use super::quirks::Quirks;
use super::state::{Membership, Store, USER_PATH, World, all_permissions, fresh_permissions};
use super::webshop::Webshop;
use crate::fakes::ground::{Refusal, later, refuse};

impl World {
    pub(super) fn add_account(&mut self, uuid: &str, name: &str) {
        self.accounts.entry(uuid.to_owned()).or_default().name = name.to_owned();
    }

    pub(super) fn add_store(
        &mut self,
        account: &str,
        hash: &str,
        name: &str,
        owner: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if !self.accounts.contains_key(account) {
            return refuse(format!("no account {account}"));
        }
        if self.stores.contains_key(hash) {
            return refuse(format!("store {hash} exists already"));
        }
        let owner = self.person(owner, "Olivia", "Owner");
        let mut store = Store {
            hash: hash.to_owned(),
            number: 1_000_001 + self.stores.len() as u64,
            name: name.to_owned(),
            account: account.to_owned(),
            owner,
            members: Vec::new(),
            adds: BTreeMap::new(),
            removals: BTreeMap::new(),
            shop: Webshop::default(),
        };
        store.admit(owner, all_permissions(), now, Duration::ZERO);
        if let Some(member) = store.member_mut(owner) {
            member.last_login = Some(now);
        }
        self.stores.insert(hash.to_owned(), store);
        self.join_account(account, owner, now, Duration::ZERO);
        Ok(())
    }

    pub(super) fn add_user(
        &mut self,
        hash: &str,
        email: &str,
        first: &str,
        last: &str,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let account = self.store(hash)?.account.clone();
        let person = self.person(email, first, last);
        let store = self.store_mut(hash)?;
        if store.member(person).is_none() {
            store.admit(person, fresh_permissions(quirks), now, Duration::ZERO);
        }
        self.join_account(&account, person, now, Duration::ZERO);
        Ok(format!("{USER_PATH}{person}"))
    }

    pub(super) fn remove_user(&mut self, hash: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let person = self.member_by_email(hash, email)?;
        self.store_mut(hash)?.dismiss(person, now, Duration::ZERO);
        Ok(())
    }

    pub(super) fn make_owner(&mut self, hash: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let person = self.member_by_email(hash, email)?;
        self.store_mut(hash)?.owner = person;
        self.change(hash, email, now, |member| member.permissions = all_permissions())
    }

    /// Changes a membership and dates the change.
    pub(super) fn change(
        &mut self,
        hash: &str,
        email: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Membership),
    ) -> Result<(), Refusal> {
        let person = self.member_by_email(hash, email)?;
        if let Some(member) = self.store_mut(hash)?.member_mut(person) {
            change(member);
            member.updated_at = now;
        }
        Ok(())
    }

    pub(super) fn create_store_api_account(
        &mut self,
        hash: &str,
        name: &str,
        scopes: &[&str],
        now: Timestamp,
    ) -> Result<FakeApiToken, Refusal> {
        self.store(hash)?;
        self.credentials.create(Reach::Store(hash.to_owned()), name, scopes, now)
    }

    pub(super) fn create_account_api_account(
        &mut self,
        uuid: &str,
        name: &str,
        scopes: &[&str],
        now: Timestamp,
    ) -> Result<FakeApiToken, Refusal> {
        if !self.accounts.contains_key(uuid) {
            return refuse(format!("no account {uuid}"));
        }
        self.credentials.create(Reach::Account(uuid.to_owned()), name, scopes, now)
    }

    pub(super) fn reauthorize_app(
        &mut self,
        client_id: &str,
        hash: &str,
        scopes: &[&str],
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.store(hash)?;
        self.credentials.reauthorize(client_id, hash, scopes, now)
    }

    /// Deletes an API account. The webhooks of a store-level one go with it.
    pub(super) fn revoke_token(
        &mut self,
        token: &str,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let end = later(now, quirks.api_account_deletion_delay);
        let Some(token) = self.credentials.revoke(token, end) else {
            return refuse("no such token");
        };
        for store in self.stores.values_mut() {
            store.shop.hooks.retain(|hook| hook.client_id != token.client_id);
        }
        Ok(())
    }
}

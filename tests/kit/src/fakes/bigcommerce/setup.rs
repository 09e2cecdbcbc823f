//! The handle's methods that arrange the world and tell the truth about it.

use super::FakeBigCommerce;
use super::credentials::Reach;
use super::seed::{self, DemoSeed};
use super::truth::{self, FakeUser};
use super::webshop::LogEntry;
use crate::fakes::ground::Refusal;

/// Set-up, and what the merchant and the people do by hand.
impl FakeBigCommerce {
    /// Adds the demonstration world: an account, two stores, an owner, two ordinary staff, somebody with far too many
    /// rights, and a token for each API.
    ///
    /// # Panics
    ///
    /// When it is there already.
    pub fn seed_demo(&self) -> DemoSeed {
        self.arranged(|service, now| seed::plant(&mut service.world, now))
    }

    /// Adds an account, or renames it.
    pub fn add_account(&self, uuid: &str, name: &str) {
        self.with(|service, _| service.world.add_account(uuid, name));
    }

    /// Adds a store; its owner becomes a user with every permission who has signed in.
    ///
    /// # Panics
    ///
    /// When the account is unknown or the store exists.
    pub fn add_store(&self, account_uuid: &str, store_hash: &str, name: &str, owner_email: &str) {
        self.arranged(|service, now| {
            service.world.add_store(account_uuid, store_hash, name, owner_email, now)
        });
    }

    /// Makes an account-level token.
    pub fn add_account_token(&self, account_uuid: &str, token: &str, scopes: &[&str]) {
        let reach = Reach::Account(account_uuid.to_owned());
        self.with(|service, _| service.world.credentials.add(token, reach, scopes));
    }

    /// Makes a store-level token, with a client id of its own.
    pub fn add_store_token(&self, store_hash: &str, token: &str, scopes: &[&str]) {
        let reach = Reach::Store(store_hash.to_owned());
        self.with(|service, _| service.world.credentials.add(token, reach, scopes));
    }

    /// Deletes the token's API account, and with it its webhooks.
    ///
    /// # Panics
    ///
    /// When the token is unknown, or was deleted before.
    pub fn revoke_token(&self, token: &str) {
        self.arranged(|service, now| service.world.revoke_token(token, &service.quirks, now));
    }

    /// Replaces the scopes of a token, which the real platform never does.
    ///
    /// # Panics
    ///
    /// When the token is unknown.
    pub fn set_scopes(&self, token: &str, scopes: &[&str]) {
        self.arranged(|service, _| match service.world.credentials.set_scopes(token, scopes) {
            true => Ok(()),
            false => Err(Refusal("no such token".to_owned())),
        });
    }

    /// Registers an app for the code exchange.
    pub fn add_app(&self, client_id: &str, client_secret: &str) {
        self.with(|service, _| service.world.credentials.add_app(client_id, client_secret));
    }

    /// Issues a code that an app can exchange once for a token with these scopes.
    pub fn add_code(&self, code: &str, store_hash: &str, scopes: &[&str]) {
        self.with(|service, _| service.world.credentials.add_code(code, store_hash, scopes));
    }

    /// The merchant adds somebody behind our back. Returns the user id.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    pub fn add_user(&self, store_hash: &str, email: &str, first: &str, last: &str) -> String {
        self.arranged(|service, now| {
            let quirks = &service.quirks;
            service.world.add_user(store_hash, email, first, last, quirks, now)
        })
    }

    /// The merchant removes somebody behind our back.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn remove_user(&self, store_hash: &str, email: &str) {
        self.arranged(|service, now| service.world.remove_user(store_hash, email, now));
    }

    /// The store changes hands; the former owner stays a user.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn make_owner(&self, store_hash: &str, email: &str) {
        self.arranged(|service, now| service.world.make_owner(store_hash, email, now));
    }

    /// The merchant sets somebody's permissions.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn grant_permissions(&self, store_hash: &str, email: &str, permissions: &[&str]) {
        let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        self.arranged(|service, now| {
            service.world.change(store_hash, email, now, |member| member.permissions = permissions)
        });
    }

    /// The person signs in.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn accept(&self, store_hash: &str, email: &str) {
        self.arranged(|service, now| {
            service.world.change(store_hash, email, now, |member| member.last_login = Some(now))
        });
    }

    /// Sets the status that reads show.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn set_status(&self, store_hash: &str, email: &str, status: &str) {
        self.arranged(|service, now| {
            service.world.change(store_hash, email, now, |member| member.status = status.to_owned())
        });
    }

    /// Writes a line into the store's system log.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    pub fn add_log_entry(&self, store_hash: &str, kind: &str, severity: u8, summary: &str) {
        self.arranged(|service, now| {
            let log = &mut service.world.store_mut(store_hash)?.shop.log;
            log.push(LogEntry {
                id: log.len() as u64 + 1,
                kind: kind.to_owned(),
                severity,
                summary: summary.to_owned(),
                at: now,
            });
            Ok(())
        });
    }
}

/// Ground truth. These see every write at once, whatever `visibility_delay` says.
impl FakeBigCommerce {
    /// The users of a store.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    #[must_use]
    pub fn users(&self, store_hash: &str) -> Vec<FakeUser> {
        self.arranged(|service, _| Ok(truth::users(service.world.store(store_hash)?, &service.world)))
    }

    /// Whether somebody has access to a store, whatever the case of the e-mail.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    #[must_use]
    pub fn is_member(&self, store_hash: &str, email: &str) -> bool {
        self.arranged(|service, _| {
            Ok(truth::is_member(service.world.store(store_hash)?, &service.world, email))
        })
    }

    /// How many `addUserToStore` were applied for that e-mail, those for an existing user included.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    #[must_use]
    pub fn adds(&self, store_hash: &str, email: &str) -> usize {
        let email = email.to_lowercase();
        self.arranged(|service, _| {
            Ok(service.world.store(store_hash)?.adds.get(&email).copied().unwrap_or_default())
        })
    }

    /// How many times the API really removed that e-mail from the store.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    #[must_use]
    pub fn removals(&self, store_hash: &str, email: &str) -> usize {
        let email = email.to_lowercase();
        self.arranged(|service, _| {
            Ok(service.world.store(store_hash)?.removals.get(&email).copied().unwrap_or_default())
        })
    }
}

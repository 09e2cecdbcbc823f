//! The handle's methods about credentials: what people do about them, and which of them work.

use guestpass::Timestamp;

use super::credentials::FakeApiToken;
use super::webshop::{FakeHook, FakeStorefrontToken, Hook, StorefrontTokenKind};
use super::{FakeBigCommerce, shopfront, storefront};

/// What people do about credentials in the control panel.
impl FakeBigCommerce {
    /// Makes a store-level API account in the control panel, as an owner would.
    ///
    /// # Panics
    ///
    /// When the store is unknown or has fifty already, or the name has fewer than four characters.
    #[must_use]
    pub fn create_store_api_account(&self, store_hash: &str, name: &str, scopes: &[&str]) -> FakeApiToken {
        self.arranged(|service, now| service.world.create_store_api_account(store_hash, name, scopes, now))
    }

    /// Makes an account-level API account, as the owner would.
    ///
    /// # Panics
    ///
    /// When the account is unknown, or the name has fewer than four characters.
    #[must_use]
    pub fn create_account_api_account(&self, uuid: &str, name: &str, scopes: &[&str]) -> FakeApiToken {
        self.arranged(|service, now| service.world.create_account_api_account(uuid, name, scopes, now))
    }

    /// A user opens the app, accepts its scopes again, and the app exchanges its code. Gives the new token; the one before
    /// it is dead, and the webhooks stay.
    ///
    /// # Panics
    ///
    /// When the app or the store is unknown.
    #[must_use]
    pub fn reauthorize_app(&self, client_id: &str, store_hash: &str, scopes: &[&str]) -> String {
        self.arranged(|service, now| service.world.reauthorize_app(client_id, store_hash, scopes, now))
    }

    /// The program behind a token registers a webhook.
    ///
    /// # Panics
    ///
    /// When store or token are unknown.
    pub fn add_hook(&self, store_hash: &str, token: &str, hook: FakeHook) {
        self.arranged(|service, now| {
            let client = service.world.credentials.client_of(token)?.to_owned();
            service.world.store_mut(store_hash)?.shop.register(client, hook, now);
            Ok(())
        });
    }

    /// Makes a storefront token as somebody did at another time, perhaps before the rule for servers came.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    #[must_use]
    pub fn add_storefront_token(
        &self,
        store_hash: &str,
        kind: StorefrontTokenKind,
        made_at: Timestamp,
        expires_at: Timestamp,
    ) -> String {
        self.arranged(|service, _| {
            let store = service.world.store_mut(store_hash)?;
            Ok(storefront::plant(store, kind, made_at, expires_at))
        })
    }
}

/// Ground truth about credentials: all that were ever made, and whether they work now.
impl FakeBigCommerce {
    /// The tokens of API accounts and apps that there ever were, the dead among them.
    #[must_use]
    pub fn api_tokens(&self) -> Vec<FakeApiToken> {
        self.with(|service, now| service.world.credentials.all(now))
    }

    /// Whether the token of an API account or an app is accepted now.
    #[must_use]
    pub fn api_token_works(&self, token: &str) -> bool {
        self.with(|service, now| service.world.credentials.get(token, now).is_some())
    }

    /// Whether a shopper's client would get an answer with this storefront token now: a server with a private or a
    /// customer-impersonation token, a browser on an allowed page with one for browsers.
    #[must_use]
    pub fn storefront_token_works(&self, token: &str) -> bool {
        self.with(|service, now| {
            shopfront::known(&service.world, token)
                .is_some_and(|(_, token)| token.lives(&service.quirks, now))
        })
    }

    /// Whether a server would get an answer with this storefront token now.
    #[must_use]
    pub fn storefront_token_works_on_servers(&self, token: &str) -> bool {
        self.with(|service, now| {
            shopfront::known(&service.world, token).is_some_and(|(_, token)| {
                token.lives(&service.quirks, now) && token.serves_servers(&service.quirks, now)
            })
        })
    }

    /// The webhooks of a token's client on a store, by scope and destination. Those of a deleted API account are gone.
    ///
    /// # Panics
    ///
    /// When store or token are unknown.
    #[must_use]
    pub fn hooks(&self, store_hash: &str, token: &str) -> Vec<FakeHook> {
        self.arranged(|service, _| {
            let client = service.world.credentials.client_of(token)?.to_owned();
            let hooks = &service.world.store(store_hash)?.shop.hooks;
            let mut own: Vec<_> =
                hooks.iter().filter(|hook| hook.client_id == client).map(Hook::on_record).collect();
            own.sort_by(|a, b| (&a.scope, &a.destination).cmp(&(&b.scope, &b.destination)));
            Ok(own)
        })
    }

    /// The storefront tokens ever made for a store.
    ///
    /// # Panics
    ///
    /// When the store is unknown.
    #[must_use]
    pub fn storefront_tokens(&self, store_hash: &str) -> Vec<FakeStorefrontToken> {
        self.arranged(|service, _| Ok(service.world.store(store_hash)?.shop.storefront_tokens.clone()))
    }
}

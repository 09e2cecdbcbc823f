//! The demonstration store's credentials, in use and rotated.

use std::time::Duration;

use super::{BigCommerceWorld, FakeHook, StorefrontTokenKind};
use crate::On;
use crate::conformance::credentials::{CredentialWorld, InUse, Way};
use crate::fakes::ground::later;

const STOREFRONT: &str = "storefront-token";
const PRIVATE: &str = "private-token";
const IMPERSONATION: &str = "impersonation-token";
const STORE_ACCOUNT: &str = "store-api-account";
const ACCOUNT_ACCOUNT: &str = "account-api-account";
const APP: &str = "app-token";
const CLIENT: &str = "fake-app-of-ours";
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
const SCOPES: &[&str] = &["store_v2_information_read_only", "store_v2_products_read_only"];

impl BigCommerceWorld {
    fn hash(&self) -> &str {
        &self.seed.store_hash
    }

    fn token(&self, kind: StorefrontTokenKind) -> String {
        let now = self.fake.now();
        self.fake.add_storefront_token(self.hash(), kind, now, later(now, MONTH))
    }

    fn scopes_of(&self, token: &str) -> Vec<String> {
        let known = self.fake.api_tokens().into_iter().find(|known| known.token == token);
        known.map(|known| known.scopes).unwrap_or_default()
    }
}

fn kind_of(kind: &str) -> Option<StorefrontTokenKind> {
    match kind {
        STOREFRONT => Some(StorefrontTokenKind::Storefront),
        PRIVATE => Some(StorefrontTokenKind::Private),
        IMPERSONATION => Some(StorefrontTokenKind::CustomerImpersonation),
        _ => None,
    }
}

impl CredentialWorld for BigCommerceWorld {
    fn ways(&self) -> Vec<Way> {
        let tokens = [STOREFRONT, PRIVATE, IMPERSONATION].map(Way::by_calls);
        tokens.into_iter().chain([STORE_ACCOUNT, ACCOUNT_ACCOUNT, APP].map(Way::by_hand)).collect()
    }

    fn in_use(&self, way: Way) -> InUse {
        let used = match way.kind {
            STORE_ACCOUNT => {
                let made = self.fake.create_store_api_account(self.hash(), "before us", SCOPES).token;
                self.fake.add_hook(
                    self.hash(),
                    &made,
                    FakeHook::new("store/order/created", "https://erp.example/orders")
                        .sending("x-of-ours", "plain"),
                );
                self.fake.add_hook(
                    self.hash(),
                    &made,
                    FakeHook::new("store/product/updated", "https://erp.example/products").switched_off(),
                );
                InUse::new(made)
            }
            ACCOUNT_ACCOUNT => {
                let scopes = ["account_read", "account_users_read"];
                let made =
                    self.fake.create_account_api_account(&self.seed.account_uuid, "before us", &scopes);
                InUse::new(made.token)
            }
            APP => {
                self.fake.add_app(CLIENT, "fake-secret-of-the-app");
                let token = self.fake.reauthorize_app(CLIENT, self.hash(), SCOPES);
                self.fake.add_hook(
                    self.hash(),
                    &token,
                    FakeHook::new("store/app/uninstalled", "https://app.example/"),
                );
                InUse::new(token)
            }
            kind => {
                let token = self.token(kind_of(kind).unwrap_or(StorefrontTokenKind::Private));
                let used = InUse::new(token).with_text("channel_ids", "1");
                let used = match kind {
                    PRIVATE => used.with_text("scopes", "Unauthenticated, Customer"),
                    STOREFRONT => used.with_text("allowed_cors_origins", "https://www.shop.example"),
                    _ => used,
                };
                // Both calls are below this path; what comes first is what is asked for.
                used.by(On::Writes, Some(On::Writes))
            }
        };
        let seed = &self.seed;
        used.on_store("store_hash", &seed.store_hash)
            .on_store("account_uuid", &seed.account_uuid)
            .on_store("api_url", self.fake.uri())
            .on_store_secretly("account_token", &seed.account_token)
            .on_store_secretly("store_token", &seed.minting_token)
    }

    fn works(&self, kind: &str, secret: &str) -> bool {
        match kind_of(kind) {
            Some(_) => self.fake.storefront_token_works(secret),
            None => self.fake.api_token_works(secret),
        }
    }

    fn minted(&self, kind: &str) -> Vec<String> {
        let Some(kind) = kind_of(kind) else { return Vec::new() };
        let tokens = self.fake.storefront_tokens(self.hash()).into_iter();
        tokens.filter(|token| token.kind == kind).map(|token| token.token).collect()
    }

    fn person_makes(&self, kind: &str, in_use: &str) -> String {
        let scopes = self.scopes_of(in_use);
        let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
        match kind {
            STORE_ACCOUNT => self.fake.create_store_api_account(self.hash(), "by hand", &scopes).token,
            ACCOUNT_ACCOUNT => {
                self.fake.create_account_api_account(&self.seed.account_uuid, "by hand", &scopes).token
            }
            APP => self.fake.reauthorize_app(CLIENT, self.hash(), &scopes),
            kind => self.token(kind_of(kind).unwrap_or(StorefrontTokenKind::Private)),
        }
    }

    fn person_ends(&self, kind: &str, secret: &str) {
        if !self.works(kind, secret) {
            return;
        }
        if kind_of(kind).is_none() {
            // Whoever did so before, while the end takes its time, finds it gone from the panel.
            return self.fake.with(|service, now| {
                let _ = service.world.revoke_token(secret, &service.quirks, now);
            });
        }
        self.fake.arranged(|service, now| {
            let tokens = &mut service.world.store_mut(self.hash())?.shop.storefront_tokens;
            let found = tokens.iter_mut().filter(|token| token.token == secret);
            found.for_each(|token| token.revoke(Duration::ZERO, now));
            Ok(())
        });
    }

    /// The webhooks of the one before are gone with it, or are still its own; those of the new one are what counts.
    fn is_carried(&self, kind: &str, _old: &str, new: &str, _kept: &dyn Fn(&str) -> String) -> bool {
        let hooks = |token: &str| self.fake.hooks(self.hash(), token).len();
        match kind {
            STORE_ACCOUNT => hooks(new) == 2,
            APP => hooks(new) == 1,
            _ => true,
        }
    }
}

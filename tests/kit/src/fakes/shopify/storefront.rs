//! Storefront access tokens.

use guestpass::Timestamp;

use super::state::World;
use crate::fakes::ground::{Refusal, refuse};

/// The most tokens of a shop.
const MOST: usize = 100;

pub(super) struct StorefrontToken {
    pub(super) number: u64,
    pub(super) client_id: String,
    pub(super) title: String,
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    pub(super) created_at: Timestamp,
}

impl World {
    /// Makes a token with every `unauthenticated_*` scope of the app.
    pub(super) fn create_storefront_token(
        &mut self,
        domain: &str,
        client_id: &str,
        title: &str,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        if title.trim().is_empty() {
            return refuse("Title can't be blank");
        }
        let number = 1_003_304_000 + self.number();
        let shop = self.shop_mut(domain)?;
        let granted = shop.installations.get(client_id).map(|entry| entry.granted.clone());
        let mut scopes = granted.unwrap_or_default();
        scopes.retain(|scope| scope.starts_with("unauthenticated_"));
        if scopes.is_empty() {
            return refuse("The app has no scope for the storefront.");
        }
        if shop.storefront_tokens.len() >= MOST {
            return refuse("The shop has as many storefront access tokens as it can have.");
        }
        shop.storefront_tokens.push(StorefrontToken {
            number,
            client_id: client_id.to_owned(),
            title: title.to_owned(),
            token: format!("{number:032x}"),
            scopes,
            created_at: now,
        });
        Ok(number)
    }

    /// Deletes a token of the app; whether there was one.
    pub(super) fn delete_storefront_token(&mut self, domain: &str, client_id: &str, number: u64) -> bool {
        let Ok(shop) = self.shop_mut(domain) else {
            return false;
        };
        let before = shop.storefront_tokens.len();
        shop.storefront_tokens.retain(|token| token.client_id != client_id || token.number != number);
        shop.storefront_tokens.len() < before
    }
}

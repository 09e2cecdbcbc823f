//! The demonstration shop's credentials, in use and rotated.

use super::ShopifyWorld;
use crate::On;
use crate::conformance::credentials::{CredentialWorld, InUse, Way};

const STOREFRONT: &str = "storefront-token";
const OFFLINE: &str = "offline-token";
const SECRET: &str = "client-secret";

impl ShopifyWorld {
    fn next_secret(&self) -> String {
        let known = |secret: &String| {
            self.fake.with(|service, _| {
                let app = service.world.app(&self.seed.client_id);
                app.is_ok_and(|app| app.secrets.contains(secret))
            })
        };
        let mut numbers = 2..;
        numbers
            .find_map(|number: u32| {
                let secret = format!("shpss_fake-secret-number-{number}");
                (!known(&secret)).then_some(secret)
            })
            .unwrap_or_default()
    }
}

impl CredentialWorld for ShopifyWorld {
    fn ways(&self) -> Vec<Way> {
        vec![Way::by_calls(STOREFRONT), Way::by_calls(OFFLINE), Way::by_hand(SECRET)]
    }

    fn in_use(&self, way: Way) -> InUse {
        let seed = &self.seed;
        let used = match way.kind {
            STOREFRONT => {
                let token = self.fake.add_storefront_token(&seed.shop, &seed.client_id, "web shop");
                let operation = |name: &str| On::Operation(name.to_owned());
                InUse::new(token).on_store_secretly("access_token", &seed.token).by(
                    operation("storefrontAccessTokenCreate"),
                    Some(operation("storefrontAccessTokenDelete")),
                )
            }
            OFFLINE => InUse::new(&seed.token)
                .with_text("client_id", &seed.client_id)
                .with_secret("client_secret", &seed.client_secret)
                .on_store_secretly("access_token", &seed.token)
                .by(On::Operation("token_exchange".to_owned()), None),
            _ => {
                let mut used = InUse::new(&seed.client_secret)
                    .on_store("client_id", &seed.client_id)
                    .lived_on_by("client_secret");
                used.store_kept = vec![
                    ("access_token", seed.expiring_token.clone()),
                    ("refresh_token", seed.refresh_token.clone()),
                ];
                used
            }
        };
        used.on_store("shop", &seed.shop).on_store("api_url", format!("{}/{}", self.fake.uri(), seed.shop))
    }

    fn works(&self, kind: &str, secret: &str) -> bool {
        match kind {
            STOREFRONT => self.fake.is_storefront_token_alive(secret),
            OFFLINE => self.fake.is_alive(secret),
            _ => self.fake.knows_secret(&self.seed.client_id, secret),
        }
    }

    fn minted(&self, kind: &str) -> Vec<String> {
        match kind {
            STOREFRONT => self.fake.storefront_texts(&self.seed.shop),
            OFFLINE => {
                let known = self.fake.refresh_texts(&self.seed.shop).into_iter();
                known.filter(|text| *text != self.seed.refresh_token).collect()
            }
            _ => Vec::new(),
        }
    }

    fn person_makes(&self, kind: &str, _in_use: &str) -> String {
        let seed = &self.seed;
        match kind {
            STOREFRONT => self.fake.add_storefront_token(&seed.shop, &seed.client_id, "by hand"),
            OFFLINE => {
                let refresh = format!("shprt_connected-again-{}", self.fake.requests().len());
                let access = format!("shpat_connected-again-{}", self.fake.requests().len());
                self.fake.add_expiring_token(&seed.shop, &seed.client_id, &access, &refresh);
                refresh
            }
            _ => {
                let secret = self.next_secret();
                self.fake.add_secret(&seed.client_id, &secret);
                secret
            }
        }
    }

    fn person_ends(&self, kind: &str, secret: &str) {
        if !self.works(kind, secret) {
            return;
        }
        match kind {
            SECRET => self.fake.revoke_secret(&self.seed.client_id, secret),
            OFFLINE => self.fake.revoke_token(secret),
            _ => self.fake.kill_storefront_token(&self.seed.shop, secret),
        }
    }

    fn is_carried(&self, kind: &str, _old: &str, new: &str, kept: &dyn Fn(&str) -> String) -> bool {
        let is_ours = |name| {
            let token = kept(name);
            self.fake.is_alive(&token) && self.fake.is_minted_by(&token, new)
        };
        kind != SECRET || is_ours("refresh_token")
    }
}

//! The demonstration site's credentials, in use and rotated.

use super::{Permission, WixWorld};
use crate::conformance::credentials::{CredentialWorld, InUse, Way, pair, unpair};

const KEY: &str = "api-key";
const SECRET: &str = "app-secret";
const HEADLESS: &str = "headless-client";
const FIRST: &str = "7e40f1a9-58c2-4b36-a9d3-00000000aaaa";
const MAY: &[Permission] = &[Permission::ManageContributors, Permission::ReadRoles];

impl CredentialWorld for WixWorld {
    fn ways(&self) -> Vec<Way> {
        [KEY, SECRET, HEADLESS].map(Way::by_hand).to_vec()
    }

    fn in_use(&self, way: Way) -> InUse {
        let seed = &self.seed;
        let used = match way.kind {
            KEY => InUse::new(&seed.api_key).on_store("account_id", &seed.account_id).lived_on_by("api_key"),
            SECRET => InUse::new(&seed.client_secret)
                .on_store("app_id", &seed.client_id)
                .on_store("instance_id", &seed.instance_id)
                .lived_on_by("app_secret"),
            _ => {
                self.fake.add_app(FIRST, "fake-first-secret-of-the-shop-front", "Shop front");
                self.fake.bind_headless(FIRST, &seed.site_id, MAY);
                InUse::new(pair(FIRST, "fake-first-secret-of-the-shop-front"))
                    .on_store("account_id", &seed.account_id)
                    .on_store_secretly("api_key", &seed.api_key)
            }
        };
        used.on_store("site_id", &seed.site_id).on_store("api_url", self.fake.uri())
    }

    fn works(&self, kind: &str, secret: &str) -> bool {
        match kind {
            KEY => self.fake.key_works(secret),
            SECRET => self.fake.secret_works(&self.seed.client_id, secret),
            _ => unpair(secret).is_some_and(|(id, secret)| self.fake.secret_works(&id, &secret)),
        }
    }

    /// No call makes any.
    fn minted(&self, _kind: &str) -> Vec<String> {
        Vec::new()
    }

    fn person_makes(&self, kind: &str, in_use: &str) -> String {
        let number = self.fake.secrets().len();
        match kind {
            KEY => {
                let copy = format!("IST.fake-copy-of-the-key-{number}");
                if self.fake.key_works(in_use) {
                    self.fake.duplicate_key(in_use, &copy);
                } else {
                    self.fake.add_api_key(&self.seed.account_id, &copy, MAY);
                }
                copy
            }
            SECRET => {
                let secret = format!("fake-next-secret-of-the-app-{number}");
                self.fake.rotate_app_secret(&self.seed.client_id, &secret);
                secret
            }
            _ => {
                let (id, secret) = (
                    format!("7e40f1a9-58c2-4b36-a9d3-0000000{number:05}"),
                    format!("fake-next-secret-of-the-shop-front-{number}"),
                );
                self.fake.add_app(&id, &secret, "Shop front");
                self.fake.bind_headless(&id, &self.seed.site_id, MAY);
                pair(&id, &secret)
            }
        }
    }

    fn person_ends(&self, kind: &str, secret: &str) {
        if !self.works(kind, secret) {
            return;
        }
        match kind {
            KEY => self.fake.revoke_key(secret),
            SECRET => self.fake.delete_app_secret(&self.seed.client_id, secret),
            _ => {
                if let Some((id, _)) = unpair(secret) {
                    self.fake.delete_app(&id);
                }
            }
        }
    }
}

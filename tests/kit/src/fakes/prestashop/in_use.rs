//! The demonstration shop's credentials, in use and rotated.

use super::PrestashopWorld;
use crate::On;
use crate::conformance::credentials::{CredentialWorld, InUse, Way, pair, unpair};

const CLIENT: &str = "admin-api-client";
const KEY: &str = "webservice-key";
const PASSWORD: &str = "employee-password";
const EMPLOYEE: &str = "till@merchant.example";
const FIRST: &str = "erp";
const FIRST_SECRET: &str = "5ec2e70f7e2b5ec2e70f7e2b00000e0e";
const FIRST_KEY: &str = "ERPKEY00ERPKEY00ERPKEY00ERPKEY00";
const MAY: &[(&str, &[&str])] = &[("employees", &["GET", "PUT"]), ("languages", &["GET"])];
const SCOPES: &[&str] = &["profile_read", "webservice_key_read"];

impl PrestashopWorld {
    fn passwords(&self) -> Vec<String> {
        let hash = |text: &String| text.starts_with("$2y$");
        self.fake
            .with(|service, _| service.world.passwords.iter().filter(|text| !hash(text)).cloned().collect())
    }
}

impl CredentialWorld for PrestashopWorld {
    fn ways(&self) -> Vec<Way> {
        let calls = [CLIENT, KEY, PASSWORD].map(Way::by_calls);
        calls.into_iter().chain([CLIENT, KEY].map(Way::by_hand)).collect()
    }

    fn in_use(&self, way: Way) -> InUse {
        let operation = |name: &str| On::Operation(name.to_owned());
        let used = match way.kind {
            CLIENT => {
                self.fake.add_api_client(FIRST, FIRST_SECRET, SCOPES);
                InUse::new(pair(FIRST, FIRST_SECRET))
                    .by(operation("POST api-clients"), Some(operation("DELETE api-clients")))
            }
            KEY => {
                self.fake.add_key(FIRST_KEY, MAY);
                InUse::new(FIRST_KEY)
                    .by(operation("POST webservice-keys"), Some(operation("PATCH webservice-keys")))
            }
            _ => {
                self.fake.add_employee(EMPLOYEE, "Till", "Till", self.seed.support_profile);
                InUse::new(self.fake.password_of(EMPLOYEE).unwrap_or_default())
                    .with_text("employee", EMPLOYEE)
                    .by(operation("PUT employees"), None)
            }
        };
        let used = used.on_store("url", self.fake.url()).on_store_secretly("key", &self.seed.key);
        if way.by_hand {
            return InUse { issue: None, retire: None, ..used };
        }
        used.on_store("admin_client_id", &self.seed.client_id)
            .on_store_secretly("admin_client_secret", &self.seed.client_secret)
    }

    fn works(&self, kind: &str, secret: &str) -> bool {
        match kind {
            CLIENT => unpair(secret).is_some_and(|(id, secret)| self.fake.client_works(&id, &secret)),
            KEY => self.fake.key_works(secret),
            _ => self.fake.password_of(EMPLOYEE).as_deref() == Some(secret),
        }
    }

    /// Tokens live on when their client is deleted.
    fn lingers(&self, kind: &str, secret: &str) -> bool {
        let Some((id, _)) = unpair(secret).filter(|_| kind == CLIENT) else { return false };
        self.fake.api_clients().into_iter().any(|client| client.client_id == id && client.tokens > 0)
    }

    fn minted(&self, kind: &str) -> Vec<String> {
        match kind {
            CLIENT => self.fake.with(|service, _| {
                let apps = &service.world.apps;
                let ours = apps.clients.iter().chain(&apps.deleted);
                let ours = ours.filter(|client| client.client_id != self.seed.client_id);
                ours.map(|client| pair(&client.client_id, &client.secret)).collect()
            }),
            KEY => {
                let keys = self.fake.keys().into_iter();
                keys.filter(|key| key.key != self.seed.key).map(|key| key.key).collect()
            }
            _ => {
                self.passwords().into_iter().filter(|text| !text.starts_with("Plain-Passw0rd-of-")).collect()
            }
        }
    }

    fn person_makes(&self, kind: &str, _in_use: &str) -> String {
        let number = self.fake.keys().len() + self.fake.api_clients().len();
        match kind {
            CLIENT => {
                let (id, secret) = (format!("erp-{number}"), format!("5ec2e70fa9e2505{number:017x}"));
                self.fake.add_api_client(&id, &secret, SCOPES);
                pair(&id, &secret)
            }
            _ => {
                let key = format!("HANDED{number:02}").repeat(4);
                self.fake.add_key(&key, MAY);
                key
            }
        }
    }

    fn person_ends(&self, kind: &str, secret: &str) {
        if !self.works(kind, secret) {
            return;
        }
        match (kind, unpair(secret)) {
            (CLIENT, Some((id, _))) => self.fake.delete_api_client(&id),
            (KEY, _) => self.fake.set_key_enabled(secret, false),
            _ => {}
        }
    }
}

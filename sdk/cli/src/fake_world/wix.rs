//! The fake Wix.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Result, SystemClock};
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::{Permission, WixWorld};

use super::credential::{CredentialTruth, FakeCredential};
use super::{EMAIL, FakePlatform};

const KEY: &str = "IST.fake-web-key-for-demonstration-only";
const COPY: &str = "IST.fake-copy-of-the-web-key-for-demonstration-only";

/// Starts it with its demonstration sites.
pub(super) async fn start(listener: TcpListener) -> Result<FakePlatform> {
    let fake = FakeWix::start_on(listener, Arc::new(SystemClock::new())).await;
    let world = WixWorld::plant(fake)?;
    let (seed, url) = (world.seed.clone(), world.fake.uri());
    let credential = api_key(&world);
    // Wix tells nobody's address, so the configuration says which account is whose.
    let kim = world.fake.account(EMAIL);
    Ok(FakePlatform {
        id: "wix",
        title: "Wix",
        store: "demo-wix",
        byhand: "byhand-wix",
        settings: vec![
            ("site_id", seed.site_id.clone()),
            ("account_id", seed.account_id),
            ("api_url", url.clone()),
        ],
        secrets: vec![("api_key", seed.api_key)],
        credential,
        byhand_settings: vec![("site_id", seed.site_id.clone())],
        platform_role: Some(seed.support_role_id),
        permissions: Vec::new(),
        person_account: Some(kim),
        tells_addresses: false,
        store_id: seed.site_id,
        url,
        world: Arc::new(world),
        controls: &[
            ("POST accept", r#"{"site", "email", "account"?}: an invitation is accepted"#),
            ("POST decline", r#"{"site", "email"}: an invitation is declined"#),
            ("POST add-contributor", r#"{"site", "email", "roles"}: the merchant adds somebody"#),
            ("POST remove-contributor", r#"{"site", "email"}: the merchant removes somebody"#),
            ("POST change-roles", r#"{"site", "email", "roles"}: the merchant replaces the roles"#),
            ("POST set-seats", r#"{"site", "seats"}: limits the collaborators"#),
            ("POST revoke-key", r#"{"key"}: the merchant deletes an API key"#),
            ("POST duplicate-key", r#"{"key", "copy"}: the merchant duplicates an API key"#),
            ("POST forward", r#"{"seconds"}: moves the fake's time on"#),
            ("POST fault", r#"{"on", "fault", "times"}: breaks the next matching requests"#),
            ("POST reset", r#"{"seed": true}: starts over"#),
            ("GET  contributors?site=ID", "who is really inside"),
            ("GET  requests", "what was asked of the fake"),
        ],
        most_requests: 10,
    })
}

/// The key with which a program of somebody reads the site.
fn api_key(world: &WixWorld) -> FakeCredential {
    let fake = world.fake.clone();
    fake.add_api_key(&world.seed.account_id, KEY, &[Permission::ManageContributors, Permission::ReadRoles]);
    FakeCredential {
        kind: "api-key",
        settings: Vec::new(),
        secrets: Vec::new(),
        first: KEY.to_owned(),
        truth: Arc::new(Keys { fake }),
    }
}

#[derive(Debug)]
struct Keys {
    fake: FakeWix,
}

impl CredentialTruth for Keys {
    fn works(&self, secret: &str) -> bool {
        self.fake.key_works(secret)
    }

    fn ever(&self) -> usize {
        self.fake.secrets().len()
    }

    fn forward(&self, by: Duration) {
        self.fake.forward(by);
    }

    fn person_copies(&self, old: &str) -> Option<String> {
        self.fake.duplicate_key(old, COPY);
        Some(COPY.to_owned())
    }

    fn person_deletes(&self, old: &str) {
        self.fake.revoke_key(old);
    }
}

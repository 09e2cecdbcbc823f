//! The fake PrestaShop.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Result, SystemClock};
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::PrestashopWorld;

use super::FakePlatform;
use super::credential::{CredentialTruth, FakeCredential};

const KEY: &str = "FAKEWEBKEYFAKEWEBKEYFAKEWEBKEYFA";

/// Starts it with its demonstration shop.
pub(super) async fn start(listener: TcpListener) -> Result<FakePlatform> {
    let fake = FakePrestashop::start_on(listener, Arc::new(SystemClock::new())).await;
    let world = PrestashopWorld::plant(fake)?;
    let (seed, url) = (world.seed.clone(), world.fake.url());
    let credential = webservice_key(&world);
    let back_office = format!("{}/admin-demo", url.trim_end_matches('/'));
    Ok(FakePlatform {
        id: "prestashop",
        title: "PrestaShop",
        store: "demo-prestashop",
        byhand: "byhand-prestashop",
        settings: vec![
            ("url", url.clone()),
            ("back_office_url", back_office),
            ("admin_client_id", seed.client_id),
        ],
        secrets: vec![("key", seed.key), ("admin_client_secret", seed.client_secret)],
        credential,
        byhand_settings: vec![("url", url.clone())],
        platform_role: Some(seed.support_profile.to_string()),
        permissions: Vec::new(),
        person_account: None,
        tells_addresses: true,
        store_id: url.clone(),
        url,
        world: Arc::new(world),
        controls: &[
            ("POST shop", r#"{"version"?, "webservice"?, "multistore"?}: versions are 1.6, 8 and 9.0"#),
            ("POST add-employee", r#"{"email", "profile"}: the merchant adds somebody"#),
            ("POST remove-employee", r#"{"email"}: the merchant removes somebody"#),
            ("POST change-employee", r#"{"email", "active"?, "profile"?}"#),
            ("POST change-key", r#"{"key", "enabled"?, "permissions"?}"#),
            ("POST forward", r#"{"seconds"}: moves the fake's time on"#),
            ("POST fault", r#"{"on", "fault", "times"}: breaks the next matching requests"#),
            ("POST reset", r#"{"seed": true}: starts over"#),
            ("GET  employees", "who is really inside"),
            ("GET  password?email=E", "the password of somebody, to see that a hand-over worked"),
            ("GET  requests", "what was asked of the fake"),
        ],
        most_requests: 11,
    })
}

/// The key with which a program of somebody reads orders.
fn webservice_key(world: &PrestashopWorld) -> FakeCredential {
    let fake = world.fake.clone();
    fake.add_key(KEY, &[("orders", &["GET", "PUT"])]);
    FakeCredential {
        kind: "webservice-key",
        settings: Vec::new(),
        secrets: Vec::new(),
        first: KEY.to_owned(),
        truth: Arc::new(Keys { fake }),
    }
}

#[derive(Debug)]
struct Keys {
    fake: FakePrestashop,
}

impl CredentialTruth for Keys {
    fn works(&self, secret: &str) -> bool {
        self.fake.key_works(secret)
    }

    fn ever(&self) -> usize {
        self.fake.keys().len()
    }

    fn forward(&self, by: Duration) {
        self.fake.forward(by);
    }
}

//! The fake BigCommerce.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Result, SystemClock};
use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::{BigCommerceWorld, StorefrontTokenKind};

use super::FakePlatform;
use super::credential::{CredentialTruth, FakeCredential};

const A_MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Starts it with its demonstration stores.
pub(super) async fn start(listener: TcpListener) -> Result<FakePlatform> {
    let fake = FakeBigCommerce::start_on(listener, Arc::new(SystemClock::new())).await;
    let world = BigCommerceWorld::plant(fake)?;
    let (seed, url) = (world.seed.clone(), world.fake.uri());
    let credential = private_token(&world);
    Ok(FakePlatform {
        id: "bigcommerce",
        title: "BigCommerce",
        store: "demo",
        byhand: "byhand",
        settings: vec![
            ("store_hash", seed.store_hash.clone()),
            ("account_uuid", seed.account_uuid),
            ("api_url", url.clone()),
        ],
        secrets: vec![("account_token", seed.account_token), ("store_token", seed.store_token)],
        credential,
        byhand_settings: vec![("store_hash", seed.store_hash.clone())],
        platform_role: Some("Custom".to_owned()),
        permissions: world.ordinary_permissions(),
        person_account: None,
        tells_addresses: true,
        store_id: seed.store_hash,
        url,
        world: Arc::new(world),
        controls: &[
            ("POST accept", r#"{"store", "email", "at"?}: the person signs in, or did so then"#),
            ("POST grant-permissions", r#"{"store", "email", "permissions"}: the merchant sets the role"#),
            ("POST add-user", r#"{"store", "email"}: the merchant adds somebody"#),
            ("POST remove-user", r#"{"store", "email"}: the merchant removes somebody"#),
            ("POST make-owner", r#"{"store", "email"}: the store changes hands"#),
            ("POST revoke-token", r#"{"token"}"#),
            ("POST forward", r#"{"seconds"}: moves the fake's time on"#),
            ("POST fault", r#"{"on", "fault", "times"}: breaks the next matching requests"#),
            ("POST reset", r#"{"seed": true}: starts over"#),
            ("GET  users?store=HASH", "who is really inside"),
            ("GET  requests", "what was asked of the fake"),
        ],
        most_requests: 6,
    })
}

/// The token with which a shop's server asks for products.
fn private_token(world: &BigCommerceWorld) -> FakeCredential {
    let (fake, seed, now) = (world.fake.clone(), &world.seed, world.fake.now());
    let private = StorefrontTokenKind::Private;
    let first = fake.add_storefront_token(&seed.store_hash, private, now, now + A_MONTH);
    FakeCredential {
        kind: "private-token",
        settings: vec![("channel_id", "1".to_owned()), ("scopes", "Unauthenticated".to_owned())],
        secrets: vec![("store_token", seed.minting_token.clone())],
        first,
        truth: Arc::new(Tokens { fake, store_hash: seed.store_hash.clone() }),
    }
}

#[derive(Debug)]
struct Tokens {
    fake: FakeBigCommerce,
    store_hash: String,
}

impl CredentialTruth for Tokens {
    fn works(&self, secret: &str) -> bool {
        self.fake.storefront_token_works_on_servers(secret)
    }

    fn ever(&self) -> usize {
        self.fake.storefront_tokens(&self.store_hash).len()
    }

    fn forward(&self, by: Duration) {
        self.fake.forward(by);
    }
}

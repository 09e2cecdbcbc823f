//! The fake Shopify.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Result, SystemClock};
use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::FakeShopify;
use guestpass_testkit::fakes::shopify::{Listed, ShopifyWorld};

use super::FakePlatform;
use super::credential::{CredentialTruth, FakeCredential};

/// Starts it with its demonstration shops.
pub(super) async fn start(listener: TcpListener) -> Result<FakePlatform> {
    let fake = FakeShopify::start_on(listener, Arc::new(SystemClock::new())).await;
    let world = ShopifyWorld::plant(fake)?.listing(Listed::Everybody);
    let (seed, url) = (world.seed.clone(), world.fake.uri());
    let credential = storefront_token(&world);
    Ok(FakePlatform {
        id: "shopify",
        title: "Shopify",
        store: "demo-shopify",
        byhand: "byhand-shopify",
        settings: vec![("shop", seed.shop.clone()), ("api_url", format!("{url}/{}", seed.shop))],
        secrets: vec![("access_token", seed.token)],
        credential,
        byhand_settings: vec![("shop", seed.shop.clone())],
        platform_role: None,
        permissions: world.ordinary_permissions(),
        person_account: None,
        tells_addresses: true,
        store_id: seed.shop,
        url,
        world: Arc::new(world),
        controls: &[
            ("POST request-access", r#"{"shop", "organisation", "code"?}: the partner sends a request"#),
            ("POST approve", r#"{"shop", "organisation"}: the merchant accepts it"#),
            ("POST remove-collaborator", r#"{"shop", "organisation"}: the merchant ends the access"#),
            ("POST add-staff", r#"{"shop", "email", "kind"}: the merchant adds an account"#),
            ("POST remove-account", r#"{"shop", "email"}: the merchant removes an account"#),
            ("POST set-permissions", r#"{"shop", "email", "permissions"}: the merchant changes rights"#),
            ("POST log-in", r#"{"shop", "email"}: the person signs in"#),
            ("POST make-owner", r#"{"shop", "email"}: the store changes hands"#),
            ("POST shop", r#"{"shop", "plan"?, "state"?}"#),
            ("POST revoke-token", r#"{"token"}"#),
            ("POST forward", r#"{"seconds"}: moves the fake's time on"#),
            ("POST fault", r#"{"on", "fault", "times"}: breaks the next matching requests"#),
            ("POST reset", r#"{"seed": true}: starts over"#),
            ("GET  staff?shop=DOMAIN", "who is really inside"),
            ("GET  requests", "what was asked of the fake"),
        ],
        most_requests: 0,
    })
}

/// The token with which a shop's pages ask for products.
fn storefront_token(world: &ShopifyWorld) -> FakeCredential {
    let (fake, seed) = (world.fake.clone(), &world.seed);
    let first = fake.add_storefront_token(&seed.shop, &seed.client_id, "web shop");
    FakeCredential {
        kind: "storefront-token",
        settings: Vec::new(),
        secrets: Vec::new(),
        first,
        truth: Arc::new(Tokens { fake, shop: seed.shop.clone() }),
    }
}

#[derive(Debug)]
struct Tokens {
    fake: FakeShopify,
    shop: String,
}

impl CredentialTruth for Tokens {
    fn works(&self, secret: &str) -> bool {
        self.fake.is_storefront_token_alive(secret)
    }

    fn ever(&self) -> usize {
        self.fake.storefront_tokens_ever(&self.shop).len()
    }

    fn forward(&self, by: Duration) {
        self.fake.forward(by);
    }
}

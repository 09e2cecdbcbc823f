//! Shopify on its fake.

use std::sync::Arc;

use guestpass::{FixedSecret, Result, StoreHandle, StoreSettings};
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakeShopify;
use guestpass_testkit::fakes::shopify::{Listed, ShopifyWorld};

use crate::environment;

pub(crate) async fn with_credential() -> Result<Subject> {
    subject(|store, world| {
        store
            .with_text("api_url", world.fake.uri())
            .with_secret("access_token", Arc::new(FixedSecret::new(world.seed.token.clone().into())))
    })
    .await
}

pub(crate) async fn merchant_held() -> Result<Subject> {
    subject(|store, _| store.merchant_held()).await
}

async fn subject(settings: impl FnOnce(StoreSettings, &ShopifyWorld) -> StoreSettings) -> Result<Subject> {
    let (clock, env) = environment()?;
    let world = ShopifyWorld::plant(FakeShopify::start(clock.clone()).await)?.listing(Listed::Everybody);
    let store = StoreSettings::new(StoreHandle::new("demo")?).with_text("shop", &world.seed.shop);
    Ok(Subject {
        factory: Box::new(guestpass_shopify::factory()),
        settings: settings(store, &world),
        env,
        clock,
        world: Arc::new(world),
    })
}

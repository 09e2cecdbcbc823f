//! BigCommerce on its fake.

use std::sync::Arc;

use guestpass::{FixedSecret, Result, StoreHandle, StoreSettings};
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::BigCommerceWorld;

use crate::environment;

pub(crate) async fn with_credential() -> Result<Subject> {
    subject(|store, world| {
        let secret = |value: &str| Arc::new(FixedSecret::new(value.to_owned().into()));
        store
            .with_text("account_uuid", &world.seed.account_uuid)
            .with_text("api_url", world.fake.uri())
            .with_secret("account_token", secret(&world.seed.account_token))
            .with_secret("store_token", secret(&world.seed.store_token))
    })
    .await
}

pub(crate) async fn merchant_held() -> Result<Subject> {
    subject(|store, _| store.merchant_held()).await
}

async fn subject(
    settings: impl FnOnce(StoreSettings, &BigCommerceWorld) -> StoreSettings,
) -> Result<Subject> {
    let (clock, env) = environment()?;
    let world = BigCommerceWorld::plant(FakeBigCommerce::start(clock.clone()).await)?;
    let store = StoreSettings::new(StoreHandle::new("demo")?).with_text("store_hash", &world.seed.store_hash);
    Ok(Subject {
        factory: Box::new(guestpass_bigcommerce::factory()),
        settings: settings(store, &world),
        env,
        clock,
        world: Arc::new(world),
    })
}

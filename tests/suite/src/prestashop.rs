//! PrestaShop on its fake.

use std::sync::Arc;

use guestpass::{FixedSecret, Result, StoreHandle, StoreSettings};
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::PrestashopWorld;

use crate::environment;

pub(crate) async fn with_credential() -> Result<Subject> {
    subject(|shop, world| shop.with_secret("key", Arc::new(FixedSecret::new(world.seed.key.clone().into()))))
        .await
}

pub(crate) async fn merchant_held() -> Result<Subject> {
    subject(|shop, _| shop.merchant_held()).await
}

async fn subject(settings: impl FnOnce(StoreSettings, &PrestashopWorld) -> StoreSettings) -> Result<Subject> {
    let (clock, env) = environment()?;
    let world = PrestashopWorld::plant(FakePrestashop::start(clock.clone()).await)?;
    let shop = StoreSettings::new(StoreHandle::new("demo")?).with_text("url", world.fake.url());
    Ok(Subject {
        factory: Box::new(guestpass_prestashop::factory()),
        settings: settings(shop, &world),
        env,
        clock,
        world: Arc::new(world),
    })
}

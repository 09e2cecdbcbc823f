//! Wix on its fake.

use std::sync::Arc;

use guestpass::{FixedSecret, Result, StoreHandle, StoreSettings};
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::WixWorld;

use crate::environment;

pub(crate) async fn with_credential() -> Result<Subject> {
    subject(|site, world| {
        site.with_text("account_id", &world.seed.account_id)
            .with_text("api_url", world.fake.uri())
            .with_secret("api_key", Arc::new(FixedSecret::new(world.seed.api_key.clone().into())))
    })
    .await
}

pub(crate) async fn merchant_held() -> Result<Subject> {
    subject(|site, _| site.merchant_held()).await
}

async fn subject(settings: impl FnOnce(StoreSettings, &WixWorld) -> StoreSettings) -> Result<Subject> {
    let (clock, env) = environment()?;
    let world = WixWorld::plant(FakeWix::start(clock.clone()).await)?;
    let site = StoreSettings::new(StoreHandle::new("demo")?).with_text("site_id", &world.seed.site_id);
    Ok(Subject {
        factory: Box::new(guestpass_wix::factory()),
        settings: settings(site, &world),
        env,
        clock,
        world: Arc::new(world),
    })
}

#![doc = include_str!("../../README.md")]

#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-provider.md")]
mod adding_a_provider {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/embedding.md")]
mod embedding {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/grants.md")]
mod grants {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/incidents.md")]
mod incidents {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/reviews.md")]
mod reviews {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/rotation.md")]
mod rotation {}

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/testing.md")]
mod testing {}

use std::sync::Arc;

use guestpass::{Environment, FixedSecret, Result, StoreHandle, StoreSettings, SystemClock};
use guestpass_testkit::fakes::FakeBigCommerce;

/// A fake BigCommerce store to try things on, and the settings that reach it.
///
/// # Errors
/// When TLS cannot be set up on this machine.
pub async fn fake_store() -> Result<(FakeBigCommerce, StoreSettings, Environment)> {
    let fake = FakeBigCommerce::start(Arc::new(SystemClock::new())).await;
    let seed = fake.seed_demo();
    let settings = StoreSettings::new(StoreHandle::new("acme")?)
        .with_label("Acme Garden")
        .with_text("store_hash", seed.store_hash)
        .with_text("account_uuid", seed.account_uuid)
        .with_text("api_url", fake.uri())
        .with_secret("account_token", Arc::new(FixedSecret::new(seed.account_token.into())))
        .with_secret("store_token", Arc::new(FixedSecret::new(seed.store_token.into())));
    Ok((fake, settings, Environment::system()?))
}

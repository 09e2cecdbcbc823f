#![doc = include_str!("../README.md")]

mod authorization;
mod capabilities;
mod client;
mod config;
mod credentials;
mod delegate;
mod dialect;
mod gate;
mod guide;
mod oauth;
mod people;
mod provider;
mod reading;
mod storefront;
mod tokens;
mod wire;

use std::sync::Arc;

use guestpass::rotation::KindInfo;
use guestpass::{
    AccessProvider, Authorization, Capabilities, ConfigField, Environment, ProviderFactory, ProviderId,
    Result, StoreSettings,
};

use crate::gate::Gates;

/// The id of this platform.
pub static ID: ProviderId = ProviderId::from_static("shopify");

/// Makes connections to Shopify stores. Register one for each process: what a check learned of a store, for example that
/// its plan hides its people, holds for later connections to it.
///
/// ```
/// use std::sync::Arc;
/// use guestpass::{Environment, FixedSecret, Registry, StoreHandle, StoreSettings};
///
/// let registry = Registry::new().with(guestpass_shopify::factory());
/// let settings = StoreSettings::new(StoreHandle::new("acme")?)
///     .with_text("shop", "acme.myshopify.com")
///     .with_secret("access_token", Arc::new(FixedSecret::new("from your vault".into())));
/// let store = registry.connect("shopify", settings, &Environment::system()?)?;
/// assert_eq!(store.connection().contention_key().as_str(), "shop/acme.myshopify.com");
/// # Ok::<(), guestpass::Error>(())
/// ```
#[must_use]
pub fn factory() -> Factory {
    Factory { gates: Arc::default() }
}

/// See [`factory`].
#[derive(Debug)]
pub struct Factory {
    gates: Arc<Gates>,
}

impl ProviderFactory for Factory {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn title(&self) -> &str {
        "Shopify"
    }

    fn fields(&self) -> &[ConfigField] {
        config::FIELDS
    }

    fn capabilities(&self) -> Capabilities {
        capabilities::capabilities(None, true, false)
    }

    fn credential_kinds(&self) -> Vec<KindInfo> {
        credentials::every_kind()
    }

    fn connect(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>> {
        provider::connect(settings, env, &self.gates)
    }

    fn authorization(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn Authorization>> {
        Ok(Arc::new(authorization::CodeGrant::new(&settings, env)?))
    }
}

#![doc = include_str!("../README.md")]

mod admin;
mod admin_client;
mod capabilities;
mod client;
mod config;
mod credentials;
mod dialect;
mod guide;
mod kept;
mod names;
mod oauth;
mod password;
mod people;
mod provider;
mod roles;
mod scope;
mod version;
mod wire;
mod xml;

use std::sync::Arc;

use guestpass::rotation::KindInfo;
use guestpass::{
    AccessProvider, Authorization, Capabilities, ConfigField, Environment, ProviderFactory, ProviderId,
    Result, StoreSettings, no_authorization,
};

/// The id of this platform.
pub static ID: ProviderId = ProviderId::from_static("prestashop");

/// Makes connections to PrestaShop shops.
///
/// ```
/// use std::sync::Arc;
/// use guestpass::{Environment, FixedSecret, Registry, StoreHandle, StoreSettings};
///
/// let registry = Registry::new().with(guestpass_prestashop::factory());
/// let settings = StoreSettings::new(StoreHandle::new("acme")?)
///     .with_text("url", "https://acme.example/store/")
///     .with_secret("key", Arc::new(FixedSecret::new("from your vault".into())));
/// let shop = registry.connect("prestashop", settings, &Environment::system()?)?;
/// assert_eq!(shop.connection().contention_key().as_str(), "shop/acme.example/store");
/// # Ok::<(), guestpass::Error>(())
/// ```
#[must_use]
pub fn factory() -> Factory {
    Factory
}

/// See [`factory`].
#[derive(Debug)]
pub struct Factory;

impl ProviderFactory for Factory {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn title(&self) -> &str {
        "PrestaShop"
    }

    fn fields(&self) -> &[ConfigField] {
        config::FIELDS
    }

    fn capabilities(&self) -> Capabilities {
        capabilities::capabilities(true)
    }

    fn credential_kinds(&self) -> Vec<KindInfo> {
        credentials::kinds(true)
    }

    fn connect(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>> {
        provider::connect(settings, env)
    }

    fn authorization(&self, _settings: StoreSettings, _env: &Environment) -> Result<Arc<dyn Authorization>> {
        Err(no_authorization(
            "PrestaShop has no consent page: its clients and keys are made in the back office",
            "make a webservice key or an Admin API client in the back office and refer to it in the store's settings",
        ))
    }
}

#![doc = include_str!("../README.md")]

mod accounts;
mod authorization;
mod client;
mod config;
mod credentials;
mod dialect;
mod guide;
mod login;
mod permissions;
mod provider;
mod roster;
mod snapshot;
mod wire;

use std::sync::Arc;

use guestpass::rotation::KindInfo;
use guestpass::{
    AccessProvider, Authorization, Capabilities, ConfigField, Environment, ProviderFactory, ProviderId,
    Result, StoreSettings,
};

use crate::snapshot::Snapshots;

/// The id of this platform.
pub static ID: ProviderId = ProviderId::from_static("bigcommerce");

/// Makes connections to BigCommerce stores. Register one for each process: connections of one factory share listings of
/// the same account.
///
/// ```
/// use std::sync::Arc;
/// use guestpass::{Environment, FixedSecret, Registry, StoreHandle, StoreSettings};
///
/// let registry = Registry::new().with(guestpass_bigcommerce::factory());
/// let settings = StoreSettings::new(StoreHandle::new("acme")?)
///     .with_text("store_hash", "abc123")
///     .with_text("account_uuid", "0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11")
///     .with_secret("account_token", Arc::new(FixedSecret::new("from your vault".into())));
/// let store = registry.connect("bigcommerce", settings, &Environment::system()?)?;
/// assert_eq!(store.connection().contention_key().as_str(), "account/0b6e3f0a-52f1-4a3c-9a50-3a7f0c7c9a11");
/// # Ok::<(), guestpass::Error>(())
/// ```
#[must_use]
pub fn factory() -> Factory {
    Factory { snapshots: Arc::default() }
}

/// See [`factory`].
#[derive(Debug)]
pub struct Factory {
    snapshots: Arc<Snapshots>,
}

impl ProviderFactory for Factory {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn title(&self) -> &str {
        "BigCommerce"
    }

    fn fields(&self) -> &[ConfigField] {
        config::FIELDS
    }

    fn capabilities(&self) -> Capabilities {
        provider::capabilities(true)
    }

    fn credential_kinds(&self) -> Vec<KindInfo> {
        credentials::kinds()
    }

    fn connect(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>> {
        provider::connect(settings, env, self.snapshots.clone())
    }

    fn authorization(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn Authorization>> {
        Ok(Arc::new(authorization::Installation::new(&settings, env)?))
    }
}

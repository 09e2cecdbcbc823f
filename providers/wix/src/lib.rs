#![doc = include_str!("../README.md")]

mod client;
mod config;
mod credentials;
mod dialect;
mod guide;
mod invitations;
mod pair;
mod provider;
mod roles;
mod token;
mod wire;

use std::sync::Arc;

use guestpass::rotation::KindInfo;
use guestpass::{
    AccessProvider, Authorization, Capabilities, ConfigField, Environment, ProviderFactory, ProviderId,
    Result, StoreSettings, no_authorization,
};

use crate::invitations::Memory;
use crate::token::Tokens;

/// The id of this platform.
pub static ID: ProviderId = ProviderId::from_static("wix");

/// Makes connections to Wix sites. Register one for each process: connections of one factory share access tokens and
/// what they know of invitations under way, which Wix itself does not show.
///
/// ```
/// use std::sync::Arc;
/// use guestpass::{Environment, FixedSecret, Registry, StoreHandle, StoreSettings};
///
/// let registry = Registry::new().with(guestpass_wix::factory());
/// let settings = StoreSettings::new(StoreHandle::new("acme")?)
///     .with_text("site_id", "44444444-4444-4444-8444-444444444444")
///     .with_text("account_id", "33333333-3333-4333-8333-333333333333")
///     .with_secret("api_key", Arc::new(FixedSecret::new("from your vault".into())));
/// let site = registry.connect("wix", settings, &Environment::system()?)?;
/// assert_eq!(site.connection().contention_key().as_str(), "site/44444444-4444-4444-8444-444444444444");
/// # Ok::<(), guestpass::Error>(())
/// ```
#[must_use]
pub fn factory() -> Factory {
    Factory { memory: Arc::default(), tokens: Arc::default() }
}

/// See [`factory`].
#[derive(Debug)]
pub struct Factory {
    memory: Arc<Memory>,
    tokens: Arc<Tokens>,
}

impl ProviderFactory for Factory {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn title(&self) -> &str {
        "Wix"
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
        provider::connect(settings, env, self.memory.clone(), &self.tokens)
    }

    fn authorization(&self, _settings: StoreSettings, _env: &Environment) -> Result<Arc<dyn Authorization>> {
        Err(no_authorization(
            "Wix gives no token of a site by a code: app tokens are fetched with the app's own secret",
            "install the app on the site and set `app_id`, `app_secret` and `instance_id`, or make an API key by hand and set `api_key`",
        ))
    }
}

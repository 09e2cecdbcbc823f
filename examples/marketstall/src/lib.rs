#![doc = include_str!("../README.md")]

mod accounts;
mod client;
mod config;
mod dialect;
mod guide;
mod provider;
mod roles;
mod roster;
mod wire;

use std::sync::Arc;

use guestpass::rotation::KindInfo;
use guestpass::{
    AccessProvider, Authorization, Capabilities, ConfigField, Environment, ProviderFactory, ProviderId,
    Result, StoreSettings, no_authorization,
};

/// The id of this platform.
pub static ID: ProviderId = ProviderId::from_static("org.example/marketstall");

/// Makes connections to stalls.
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
        "Marketstall"
    }

    fn fields(&self) -> &[ConfigField] {
        config::FIELDS
    }

    fn capabilities(&self) -> Capabilities {
        provider::capabilities()
    }

    fn credential_kinds(&self) -> Vec<KindInfo> {
        Vec::new()
    }

    fn connect(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>> {
        provider::connect(&settings, env)
    }

    fn authorization(&self, _settings: StoreSettings, _env: &Environment) -> Result<Arc<dyn Authorization>> {
        Err(no_authorization(
            "Marketstall gives no tokens by a code",
            "make a token in the office of the stall under Tokens and refer to it as `token`",
        ))
    }
}

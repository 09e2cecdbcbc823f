//! Which platforms a program knows. Explicit values only: no globals, no registration behind the scenes.

use std::fmt::Debug;
use std::sync::Arc;

use crate::authorization::Authorization;
use crate::capability::Capabilities;
use crate::config::{ConfigField, StoreSettings};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ProviderId;
use crate::provider::AccessProvider;
use crate::rotation::KindInfo;

/// Makes connections to the stores of one platform.
pub trait ProviderFactory: Debug + Send + Sync + 'static {
    /// The platform.
    fn id(&self) -> &ProviderId;

    /// The platform's name for people.
    fn title(&self) -> &str;

    /// The settings it understands.
    fn fields(&self) -> &[ConfigField];

    /// What the platform can do at its best.
    fn capabilities(&self) -> Capabilities;

    /// The kinds of credentials that can be rotated on the platform, at its best.
    fn credential_kinds(&self) -> Vec<KindInfo>;

    /// Makes a connection. Does no I/O: settings are checked, nothing is sent, no secret is read.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names the field and the remedy.
    fn connect(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>>;

    /// How a store whose token is not there yet gets one by a merchant's consent. Does no I/O, and needs no setting but
    /// those of the store and of the app that asks.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names the field and the remedy;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) with the reason and the other way, where tokens come otherwise.
    fn authorization(&self, settings: StoreSettings, env: &Environment) -> Result<Arc<dyn Authorization>>;
}

/// The platforms that a program knows.
///
/// Somebody else's platform registers in the same way as ours.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    factories: Vec<Arc<dyn ProviderFactory>>,
}

impl Registry {
    /// No platforms yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a platform. One with the same id takes the place of the former.
    #[must_use]
    pub fn with(mut self, factory: impl ProviderFactory) -> Self {
        self.factories.retain(|known| known.id() != factory.id());
        self.factories.push(Arc::new(factory));
        self
    }

    /// The platforms, in the order in which they were added.
    pub fn factories(&self) -> impl Iterator<Item = &Arc<dyn ProviderFactory>> {
        self.factories.iter()
    }

    /// The platform with this id.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] that lists the known ones.
    pub fn factory(&self, id: &str) -> Result<&Arc<dyn ProviderFactory>> {
        self.factories.iter().find(|factory| factory.id().as_str() == id).ok_or_else(|| {
            let known: Vec<_> = self.factories.iter().map(|factory| factory.id().as_str()).collect();
            Error::new(ErrorKind::Config, format!("`platform` names {id:?}, which is not known"))
                .with_remedy(format!("use one of: {}", known.join(", ")))
        })
    }

    /// Checks the settings against the platform's fields and makes the connection. Does no I/O.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] that names the field and the remedy.
    pub fn connect(
        &self,
        platform: &str,
        settings: StoreSettings,
        env: &Environment,
    ) -> Result<Arc<dyn AccessProvider>> {
        let factory = self.factory(platform)?;
        let store = settings.store.clone();
        settings
            .validate(factory.fields())
            .and_then(|()| factory.connect(settings, env))
            .map_err(|error| error.at(factory.id(), &store))
    }

    /// Checks the settings against the platform's fields and prepares an authorization. Does no I/O.
    ///
    /// # Errors
    /// As [`ProviderFactory::authorization`].
    pub fn authorization(
        &self,
        platform: &str,
        settings: StoreSettings,
        env: &Environment,
    ) -> Result<Arc<dyn Authorization>> {
        let factory = self.factory(platform)?;
        let store = settings.store.clone();
        settings
            .validate(factory.fields())
            .and_then(|()| factory.authorization(settings, env))
            .map_err(|error| error.at(factory.id(), &store))
    }
}

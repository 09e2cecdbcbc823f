//! The configuration as the grant engine sees it, and the connections to its stores.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use guestpass::grants::{Directory, Policy};
use guestpass::rotation::CredentialSlot;
use guestpass::{
    AccessProvider, Authorization, Environment, Person, PersonHandle, ProviderId, Registry, Result, RoleSpec,
    Sink, StoreHandle, StoreSettings,
};

use crate::config::{Config, StoreEntry};

/// Stores, people, roles, sinks and rules of one configuration.
#[derive(Debug)]
pub(crate) struct Configured {
    registry: Registry,
    config: Config,
    env: Environment,
    connections: Mutex<BTreeMap<String, Arc<dyn AccessProvider>>>,
    /// People who are not in the configuration, and whom this run is about.
    found: Mutex<BTreeMap<PersonHandle, Person>>,
}

impl Configured {
    /// Checks what only the platforms can check. Sends nothing.
    pub(crate) fn new(registry: Registry, mut config: Config, env: Environment) -> Result<Self> {
        config.complete_credentials(env.clock().now(), |entry| {
            let connection = registry.connect(entry.platform.as_str(), entry.settings.clone(), &env);
            connection.map_err(|error| entry.locate(error))
        })?;
        Ok(Self { registry, config, env, connections: Mutex::default(), found: Mutex::default() })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn env(&self) -> &Environment {
        &self.env
    }

    /// The connection to a configured store: one for each, so that what it has learned is used again. Sends nothing.
    pub(crate) fn open(&self, store: &str) -> Result<Arc<dyn AccessProvider>> {
        let entry = self.config.store(store)?;
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = connections.get(store) {
            return Ok(known.clone());
        }
        let connection = self.connect_with(entry, entry.settings.clone())?;
        connections.insert(store.to_owned(), connection.clone());
        Ok(connection)
    }

    /// How a configured store gets a token by a merchant's consent. Sends nothing.
    pub(crate) fn authorization(&self, store: &str) -> Result<Arc<dyn Authorization>> {
        let entry = self.config.store(store)?;
        let it = self.registry.authorization(entry.platform.as_str(), entry.settings.clone(), &self.env);
        it.map_err(|error| entry.locate(error))
    }

    /// Makes somebody known who is not in the configuration.
    pub(crate) fn found(&self, person: Person) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(person.handle.clone(), person);
    }

    fn connect_with(&self, entry: &StoreEntry, settings: StoreSettings) -> Result<Arc<dyn AccessProvider>> {
        let connection = self.registry.connect(entry.platform.as_str(), settings, &self.env);
        connection.map_err(|error| entry.locate(error))
    }
}

impl Directory for Configured {
    fn stores(&self) -> Vec<StoreHandle> {
        self.config.store_names().filter_map(|name| StoreHandle::new(name).ok()).collect()
    }

    fn connect(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        match self.config.store(store.as_str()) {
            Ok(_) => self.open(store.as_str()).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn by_hand(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        match self.config.store(store.as_str()) {
            Ok(entry) => self.connect_with(entry, entry.settings.clone().merchant_held()).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn person(&self, handle: &PersonHandle) -> Option<Person> {
        let found = || self.found.lock().unwrap_or_else(PoisonError::into_inner).get(handle).cloned();
        self.config.colleague(handle.as_str()).ok().cloned().or_else(found)
    }

    fn people(&self) -> Vec<Person> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.config.people().chain(found.values()).cloned().collect()
    }

    fn roles_on(&self, platform: &ProviderId) -> Vec<RoleSpec> {
        self.config.roles_on(platform)
    }

    fn role(&self, name: &str, platform: &ProviderId) -> Option<RoleSpec> {
        self.config.role(name, platform).ok()
    }

    fn rank(&self, role: &str) -> Option<i64> {
        self.config.rank(role)
    }

    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>> {
        self.config.sink(name).ok()
    }

    fn credentials(&self, store: &StoreHandle) -> Vec<CredentialSlot> {
        self.config.store(store.as_str()).map(|entry| entry.credentials.clone()).unwrap_or_default()
    }

    fn policy(&self, store: &StoreHandle, role: Option<&str>) -> Policy {
        self.config.policy(store.as_str(), role)
    }
}

//! What the engine must know of the world outside its ledger: stores, people, roles, sinks, credentials, rules.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use super::policy::Policy;
use crate::config::StoreSettings;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::{Person, PersonHandle, ProviderId, RoleSpec, StoreHandle};
use crate::provider::AccessProvider;
use crate::registry::Registry;
use crate::rotation::CredentialSlot;
use crate::sink::Sink;

/// Stores, people, roles, sinks, credentials and rules, as the embedding program knows them. Answers at once and does no I/O.
pub trait Directory: Debug + Send + Sync + 'static {
    /// Every store, in the order in which an offboarding goes through them.
    fn stores(&self) -> Vec<StoreHandle>;

    /// The connection to a store; `None` for a store that is not there (any more).
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when its settings are wrong.
    fn connect(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>>;

    /// The same store as if its merchant held the key: it sends nothing and says what people do by hand.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    fn by_hand(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>>;

    /// Somebody of ours.
    fn person(&self, handle: &PersonHandle) -> Option<Person>;

    /// Everybody of ours.
    fn people(&self) -> Vec<Person>;

    /// What our roles mean on a platform, those that mean anything there.
    fn roles_on(&self, platform: &ProviderId) -> Vec<RoleSpec>;

    /// What a role of ours means on a platform.
    fn role(&self, name: &str, platform: &ProviderId) -> Option<RoleSpec>;

    /// The rank of a role of ours: of two, the higher one decides.
    fn rank(&self, role: &str) -> Option<i64>;

    /// Where secrets go under this name.
    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>>;

    /// The credentials of a store that are to be rotated; none for a store that is not there.
    fn credentials(&self, store: &StoreHandle) -> Vec<CredentialSlot>;

    /// The rules for a grant of this role on this store, all that apply taken together.
    fn policy(&self, store: &StoreHandle, role: Option<&str>) -> Policy;
}

/// A directory that does not change while the program runs.
#[derive(Debug)]
pub struct StaticDirectory {
    registry: Registry,
    env: Environment,
    order: Vec<StoreHandle>,
    stores: HashMap<StoreHandle, Known>,
    people: HashMap<PersonHandle, Person>,
    roles: BTreeMap<String, Ranked>,
    sinks: HashMap<String, Arc<dyn Sink>>,
    credentials: HashMap<StoreHandle, Vec<CredentialSlot>>,
    policy: Policy,
    of_stores: HashMap<StoreHandle, Policy>,
    of_roles: HashMap<String, Policy>,
}

#[derive(Debug)]
struct Known {
    connection: Arc<dyn AccessProvider>,
    by_hand: Arc<dyn AccessProvider>,
}

#[derive(Debug, Default)]
struct Ranked {
    rank: Option<i64>,
    everywhere: Option<RoleSpec>,
    on: HashMap<ProviderId, RoleSpec>,
}

impl StaticDirectory {
    /// A directory of these platforms that knows no store and nobody yet.
    #[must_use]
    pub fn new(registry: Registry, env: Environment) -> Self {
        Self {
            registry,
            env,
            order: Vec::new(),
            stores: HashMap::new(),
            people: HashMap::new(),
            roles: BTreeMap::new(),
            sinks: HashMap::new(),
            credentials: HashMap::new(),
            policy: Policy::new(),
            of_stores: HashMap::new(),
            of_roles: HashMap::new(),
        }
    }

    /// Adds a store.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) that names the field and the remedy.
    pub fn with_store(mut self, platform: &str, settings: StoreSettings) -> Result<Self> {
        let by_hand = self.registry.connect(platform, settings.clone().merchant_held(), &self.env)?;
        let connection = self.registry.connect(platform, settings, &self.env)?;
        let store = connection.connection().store().clone();
        if self.stores.insert(store.clone(), Known { connection, by_hand }).is_none() {
            self.order.push(store);
        }
        Ok(self)
    }

    /// Adds somebody of ours.
    #[must_use]
    pub fn with_person(mut self, person: Person) -> Self {
        self.people.insert(person.handle.clone(), person);
        self
    }

    /// Adds a role that means the same on every platform that has no meaning of its own for it.
    #[must_use]
    pub fn with_role(mut self, spec: RoleSpec, rank: Option<i64>) -> Self {
        let role = self.roles.entry(spec.name.clone()).or_default();
        role.rank = rank;
        role.everywhere = Some(spec);
        self
    }

    /// Says what a role means on one platform.
    #[must_use]
    pub fn with_role_on(mut self, platform: ProviderId, spec: RoleSpec, rank: Option<i64>) -> Self {
        let role = self.roles.entry(spec.name.clone()).or_default();
        role.rank = rank.or(role.rank);
        role.on.insert(platform, spec);
        self
    }

    /// Adds a place for secrets.
    #[must_use]
    pub fn with_sink(mut self, name: impl Into<String>, sink: Arc<dyn Sink>) -> Self {
        self.sinks.insert(name.into(), sink);
        self
    }

    /// Adds a credential of a store, in place of one with the same name. Its settings are checked when it is used.
    #[must_use]
    pub fn with_credential(mut self, store: StoreHandle, slot: CredentialSlot) -> Self {
        let slots = self.credentials.entry(store).or_default();
        slots.retain(|known| known.name != slot.name);
        slots.push(slot);
        self
    }

    /// Sets the rules for every grant.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets further rules for grants on one store.
    #[must_use]
    pub fn with_store_policy(mut self, store: StoreHandle, policy: Policy) -> Self {
        self.of_stores.insert(store, policy);
        self
    }

    /// Sets further rules for grants of one role.
    #[must_use]
    pub fn with_role_policy(mut self, role: impl Into<String>, policy: Policy) -> Self {
        self.of_roles.insert(role.into(), policy);
        self
    }
}

impl Directory for StaticDirectory {
    fn stores(&self) -> Vec<StoreHandle> {
        self.order.clone()
    }

    fn connect(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        Ok(self.stores.get(store).map(|known| known.connection.clone()))
    }

    fn by_hand(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        Ok(self.stores.get(store).map(|known| known.by_hand.clone()))
    }

    fn person(&self, handle: &PersonHandle) -> Option<Person> {
        self.people.get(handle).cloned()
    }

    fn people(&self) -> Vec<Person> {
        self.people.values().cloned().collect()
    }

    fn roles_on(&self, platform: &ProviderId) -> Vec<RoleSpec> {
        self.roles.keys().filter_map(|name| self.role(name, platform)).collect()
    }

    fn role(&self, name: &str, platform: &ProviderId) -> Option<RoleSpec> {
        let role = self.roles.get(name)?;
        role.on.get(platform).or(role.everywhere.as_ref()).cloned()
    }

    fn rank(&self, role: &str) -> Option<i64> {
        self.roles.get(role)?.rank
    }

    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>> {
        self.sinks.get(name).cloned()
    }

    fn credentials(&self, store: &StoreHandle) -> Vec<CredentialSlot> {
        self.credentials.get(store).cloned().unwrap_or_default()
    }

    fn policy(&self, store: &StoreHandle, role: Option<&str>) -> Policy {
        let mut policy = self.policy.clone();
        if let Some(more) = self.of_stores.get(store) {
            policy = policy.and(more);
        }
        if let Some(more) = role.and_then(|role| self.of_roles.get(role)) {
            policy = policy.and(more);
        }
        policy
    }
}

//! What a process needs to know to work on stores with others.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use guestpass::grants::{Checkpoint, Engine, Ledger, StaticDirectory};
use guestpass::http::ReqwestTransport;
use guestpass::{
    AccountId, CallbackSink, Clock, Environment, Error, ErrorKind, FileCoordination, FixedSecret, Person,
    PersonHandle, ProviderId, Registry, Result, RoleSpec, StoreHandle, StoreSettings,
};
use guestpass_ledger::SqlLedger;
use serde::{Deserialize, Serialize};

use crate::clock::SharedClock;

/// The sink of every set-up: a file for each label in its folder.
pub const SINK: &str = "files";

/// Ledger, clock, stores, people and roles, as one process tells them to another.
#[derive(Clone, Serialize, Deserialize)]
pub struct Setup {
    /// The URL of the ledger.
    pub ledger: String,
    /// A folder for the clock, the budgets and the secrets.
    pub folder: PathBuf,
    /// The stores.
    pub stores: Vec<Store>,
    /// Our people.
    pub people: Vec<Guest>,
    /// What our roles mean.
    pub roles: Vec<Role>,
}

/// A store and how it is reached.
#[derive(Clone, Serialize, Deserialize)]
pub struct Store {
    /// Its platform.
    pub platform: ProviderId,
    /// Our name for it.
    pub handle: String,
    /// Its plain settings.
    pub texts: BTreeMap<String, String>,
    /// Its secret ones: those of a fake.
    pub secrets: BTreeMap<String, String>,
    /// Whether the merchant holds the key.
    pub merchant_held: bool,
}

/// Somebody of ours.
#[derive(Clone, Serialize, Deserialize)]
pub struct Guest {
    /// Our name for them.
    pub handle: String,
    /// Their address.
    pub email: String,
    /// Their accounts, by platform.
    pub accounts: BTreeMap<ProviderId, AccountId>,
}

/// What a role of ours means on one platform.
#[derive(Clone, Serialize, Deserialize)]
pub struct Role {
    /// Our name for it.
    pub name: String,
    /// The platform.
    pub platform: ProviderId,
    /// The platform's own role.
    pub platform_role: Option<String>,
    /// Permissions, where it has none.
    pub permissions: Vec<String>,
}

/// One process, or what stands for one: an engine with its own connections.
#[derive(Debug, Clone)]
pub struct Host {
    /// The engine.
    pub engine: Engine,
    /// Its ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The clock of all.
    pub clock: Arc<SharedClock>,
    /// What its connections stand on.
    pub env: Environment,
}

impl Setup {
    /// The clock of all.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub fn clock(&self) -> Result<Arc<SharedClock>> {
        SharedClock::open(&self.folder.join("clock"))
            .map(Arc::new)
            .map_err(|error| failed(error, "the clock"))
    }

    /// Begins to work on it.
    ///
    /// # Errors
    /// When the ledger, the clock or a connection cannot be opened.
    pub async fn open(&self) -> Result<Host> {
        let ledger = SqlLedger::open(&self.ledger.clone().into()).await?;
        self.open_on(Arc::new(ledger))
    }

    /// Begins to work on it with this ledger.
    ///
    /// # Errors
    /// When the clock or a connection cannot be opened.
    pub fn open_on(&self, ledger: Arc<dyn Ledger>) -> Result<Host> {
        let clock = self.clock()?;
        let env = Environment::new(
            Arc::new(ReqwestTransport::new()?),
            clock.clone() as Arc<dyn Clock>,
            Arc::new(FileCoordination::new(self.folder.join("budgets"))),
        );
        let directory = Arc::new(self.directory(&env)?);
        let engine = Engine::new(ledger.clone(), directory, env.clone());
        Ok(Host { engine, ledger, clock, env })
    }

    fn directory(&self, env: &Environment) -> Result<StaticDirectory> {
        let registry = Registry::new()
            .with(guestpass_bigcommerce::factory())
            .with(guestpass_prestashop::factory())
            .with(guestpass_shopify::factory())
            .with(guestpass_wix::factory());
        let mut directory =
            StaticDirectory::new(registry, env.clone()).with_sink(SINK, Arc::new(self.sink()));
        for store in &self.stores {
            directory = directory.with_store(store.platform.as_str(), store.settings()?)?;
        }
        for guest in &self.people {
            directory = directory.with_person(guest.person()?);
        }
        for role in &self.roles {
            directory = directory.with_role_on(role.platform.clone(), role.spec(), Some(1));
        }
        Ok(directory)
    }

    /// The file of a label: its last secret.
    #[must_use]
    pub fn secret_file(&self, label: &str) -> PathBuf {
        self.folder.join(format!("secret-{}", label.replace('/', "-")))
    }

    fn sink(&self) -> CallbackSink {
        let setup = self.clone();
        CallbackSink::new(move |label, secret| {
            let file = setup.secret_file(&label);
            Box::pin(async move {
                fs::write(file, secret.expose()).map_err(|error| failed(error, "the secret's file"))
            })
        })
    }
}

impl Host {
    /// The same host, watched.
    #[must_use]
    pub fn watched_by(self, checkpoint: Arc<dyn Checkpoint>) -> Self {
        Self { engine: self.engine.with_checkpoint(checkpoint), ..self }
    }
}

impl Store {
    fn settings(&self) -> Result<StoreSettings> {
        let mut settings = StoreSettings::new(StoreHandle::new(&self.handle)?);
        for (name, value) in &self.texts {
            settings = settings.with_text(name, value);
        }
        if self.merchant_held {
            return Ok(settings.merchant_held());
        }
        for (name, value) in &self.secrets {
            settings = settings.with_secret(name, Arc::new(FixedSecret::new(value.clone().into())));
        }
        Ok(settings)
    }
}

impl Guest {
    fn person(&self) -> Result<Person> {
        let mut person =
            Person::new(PersonHandle::new(&self.handle)?, self.email.parse()?).with_name("Gina", "Guest");
        person.accounts.clone_from(&self.accounts);
        Ok(person)
    }
}

impl Role {
    fn spec(&self) -> RoleSpec {
        let spec = RoleSpec::new(&self.name).with_permissions(self.permissions.clone());
        match &self.platform_role {
            Some(role) => spec.with_platform_role(role),
            None => spec,
        }
    }
}

fn failed(error: std::io::Error, what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("{what} cannot be used")).with_source(error)
}

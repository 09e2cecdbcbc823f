//! What a process needs to know to work on stores with others.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use guestpass::grants::{Checkpoint, Engine, Ledger, StaticDirectory};
use guestpass::http::ReqwestTransport;
use guestpass::incident::Responder;
use guestpass::rotation::{CredentialName, CredentialSlot, Driver};
use guestpass::{
    AccountId, CallbackSink, Clock, Environment, Error, ErrorKind, ExposeSecret, FileCoordination,
    FixedSecret, LoadedSecret, Person, PersonHandle, ProviderId, Registry, Result, RoleSpec, SecretSource,
    Sink, StoreHandle, StoreSettings,
};
use guestpass_ledger::SqlLedger;
use serde::{Deserialize, Serialize};

use crate::clock::SharedClock;
use crate::files::{Files, write_whole};

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
    /// What is rotated.
    pub credentials: Vec<Kept>,
}

/// A credential of a store, kept in two places.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The store.
    pub store: String,
    /// Our name for it.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its plain settings.
    pub texts: BTreeMap<String, String>,
    /// Its secret ones: those of a fake.
    pub secrets: BTreeMap<String, String>,
    /// How long its users need to take a new one.
    pub drain: Duration,
    /// Other stores that depend on it.
    pub dependents: Vec<String>,
}

/// The sinks of every credential: a folder each.
pub const PLACES: [&str; 2] = ["first", "second"];

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
    /// Secret ones that are read from files and written back there.
    pub files: BTreeMap<String, PathBuf>,
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
    /// What rotates credentials.
    pub driver: Driver,
    /// Its ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The clock of all.
    pub clock: Arc<SharedClock>,
    /// What its connections stand on.
    pub env: Environment,
}

impl Setup {
    /// A ledger and a folder, and nobody and nothing yet.
    #[must_use]
    pub fn new(ledger: String, folder: &Path) -> Self {
        Self {
            ledger,
            folder: folder.to_owned(),
            stores: Vec::new(),
            people: Vec::new(),
            roles: Vec::new(),
            credentials: Vec::new(),
        }
    }

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
        self.open_between(ledger, |_, sink| sink)
    }

    /// Begins to work on it with this ledger, and with something between it and the places of credentials.
    ///
    /// # Errors
    /// When the clock or a connection cannot be opened.
    pub fn open_between(
        &self,
        ledger: Arc<dyn Ledger>,
        between: impl Fn(&str, Arc<dyn Sink>) -> Arc<dyn Sink>,
    ) -> Result<Host> {
        let clock = self.clock()?;
        let env = Environment::new(
            Arc::new(ReqwestTransport::new()?),
            clock.clone() as Arc<dyn Clock>,
            Arc::new(FileCoordination::new(self.folder.join("budgets"))),
        );
        let mut directory = self.directory(&env)?;
        for place in PLACES {
            directory = directory.with_sink(place, between(place, Arc::new(self.place(place))));
        }
        let directory = Arc::new(directory);
        let engine = Engine::new(ledger.clone(), directory.clone(), env.clone());
        let driver = Driver::new(ledger.clone(), directory, env.clone());
        Ok(Host { engine, driver, ledger, clock, env })
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
        for kept in &self.credentials {
            directory = directory.with_credential(StoreHandle::new(&kept.store)?, kept.slot()?);
        }
        for role in &self.roles {
            directory = directory.with_role_on(role.platform.clone(), role.spec(), Some(1));
        }
        Ok(directory)
    }

    /// The files of a sink of credentials.
    #[must_use]
    pub fn place(&self, name: &str) -> Files {
        Files::within(self.folder.join(name))
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
    /// What ends somebody's access everywhere, with this engine and this driver.
    #[must_use]
    pub fn responder(&self) -> Responder {
        Responder::new(self.engine.clone(), self.driver.clone(), self.env.clone())
    }

    /// The same host, watched.
    #[must_use]
    pub fn watched_by(self, checkpoint: Arc<dyn Checkpoint>) -> Self {
        Self {
            engine: self.engine.with_checkpoint(checkpoint.clone()),
            driver: self.driver.with_checkpoint(checkpoint),
            ..self
        }
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
            settings = settings.with_secret(name, fixed(value));
        }
        for (name, file) in &self.files {
            settings = settings.with_secret(name, in_file(file.clone()));
        }
        Ok(settings)
    }
}

impl Kept {
    fn slot(&self) -> Result<CredentialSlot> {
        let mut slot = CredentialSlot::new(CredentialName::new(&self.name)?, self.kind.clone().into());
        for (name, value) in &self.texts {
            slot = slot.with_text(name, value);
        }
        for (name, value) in &self.secrets {
            slot = slot.with_secret(name, fixed(value));
        }
        slot.dependents = self.dependents.iter().map(StoreHandle::new).collect::<Result<_>>()?;
        Ok(PLACES.iter().fold(slot.draining(self.drain), |slot, place| slot.kept_in(*place)))
    }
}

fn fixed(secret: &str) -> Arc<dyn SecretSource> {
    Arc::new(FixedSecret::new(secret.to_owned().into()))
}

/// A secret that whoever renews it writes back.
fn in_file(file: PathBuf) -> Arc<dyn SecretSource> {
    let place = file.clone();
    let load = move || {
        let read = fs::read_to_string(&file).map_err(|error| failed(error, "the secret's file"));
        let read = read.map(Into::into);
        Box::pin(async move { read }) as futures_util::future::BoxFuture<'static, _>
    };
    Arc::new(LoadedSecret::new(load).storing(move |secret| {
        let written = write_whole(&place, secret.expose_secret());
        Box::pin(async move { written.map_err(|error| failed(error, "the secret's file")) })
    }))
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

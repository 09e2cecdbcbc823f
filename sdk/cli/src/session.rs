//! What a command works with: platforms, configuration, time, budgets, and the ledger of grants.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use guestpass::explain::Explainer;
use guestpass::grants::{Commit, Engine, Grant, Ledger, MemoryLedger, TappedLedger};
use guestpass::http::ReqwestTransport;
use guestpass::incident::Responder;
use guestpass::review::Reviewer;
use guestpass::rotation::{Driver, DriverOptions, Rotation};
use guestpass::{
    Access, AccessProvider, Authorization, CallContext, Clock, ConfigValue, Environment, Error, ErrorKind,
    FileCoordination, ListQuery, ProviderId, Registry, Result,
};
use tokio::sync::OnceCell;
use tokio::sync::mpsc::UnboundedSender;

use crate::args::Global;
use crate::clock;
use crate::config::{Config, config_file, state_folder};
use crate::directory::Configured;
use crate::kept::Kept;
use crate::ledger;
use crate::progress::Progress;
use crate::watched::Rotations;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    directory: Arc<Configured>,
    state: PathBuf,
    timeout: Duration,
    show_progress: bool,
    engine: OnceCell<Engine>,
}

impl Session {
    /// Reads the configuration that the command line names. Reads no secret and sends nothing.
    pub(crate) fn open(registry: Registry, global: &Global) -> Result<Self> {
        let path = config_file(global.config.as_deref())?;
        let (clock, config) = clock::of_program(|clock| Config::load(&path, &registry, clock))?;
        Self::of(registry, global, config, clock)
    }

    /// The same, on this clock.
    pub(crate) fn open_at(registry: Registry, global: &Global, clock: Arc<dyn Clock>) -> Result<Self> {
        let path = config_file(global.config.as_deref())?;
        let config = Config::load(&path, &registry, &clock)?;
        Self::of(registry, global, config, clock)
    }

    fn of(registry: Registry, global: &Global, config: Config, clock: Arc<dyn Clock>) -> Result<Self> {
        let state = state_folder(global.state_dir.as_deref(), config.state_dir.as_deref())?;
        // Separate processes spend one budget together, so it is kept in files.
        let budgets = Arc::new(FileCoordination::new(state.join("budgets")));
        let env = Environment::new(Arc::new(ReqwestTransport::new()?), clock, budgets);
        Ok(Self {
            directory: Arc::new(Configured::new(registry, config, env)?),
            state,
            timeout: Duration::from_secs(global.timeout),
            show_progress: !global.json && global.verbose == 0,
            engine: OnceCell::new(),
        })
    }

    /// The grant engine, on the configured ledger.
    pub(crate) async fn engine(&self) -> Result<&Engine> {
        let made = self.engine.get_or_try_init(|| async {
            let ledger = ledger::open(&self.config().ledger, &self.state).await?;
            Ok(self.engine_on(ledger))
        });
        made.await
    }

    /// The ledger, to read from. One that is not there yet is empty, and is not made.
    pub(crate) async fn ledger(&self) -> Result<Arc<dyn Ledger>> {
        if self.engine.get().is_none() && !ledger::is_there(&self.config().ledger, &self.state) {
            return Ok(Arc::new(MemoryLedger::new()));
        }
        Ok(self.engine().await?.ledger().clone())
    }

    /// An engine to ask. A ledger that is not there yet is not made.
    pub(crate) async fn planning_engine(&self) -> Result<Engine> {
        Ok(self.engine_on(self.ledger().await?))
    }

    /// An engine that knows this grant alone and whose ledger is forgotten: it finds out what an order would do.
    pub(crate) async fn rehearsal(&self, grant: Option<&Grant>) -> Result<Engine> {
        let ledger = MemoryLedger::new();
        if let Some(grant) = grant {
            let mut grant = grant.clone();
            grant.revision = 0;
            ledger.commit(Commit::new().grant(grant)).await?;
        }
        Ok(self.engine_on(Arc::new(ledger)))
    }

    fn engine_on(&self, ledger: Arc<dyn Ledger>) -> Engine {
        let directory: Arc<Configured> = self.directory.clone();
        Engine::new(ledger, directory, self.env().clone()).named(&worker())
    }

    /// The driver of rotations, on the ledger of the engine.
    pub(crate) async fn driver(&self) -> Result<Driver> {
        Ok(self.driver_on(self.engine().await?.ledger().clone()))
    }

    /// The same; it tells of every rotation as it is written down.
    pub(crate) async fn telling_driver(&self, tell: UnboundedSender<Rotation>) -> Result<Driver> {
        let ledger = self.engine().await?.ledger().clone();
        Ok(self.driver_on(Arc::new(TappedLedger::new(ledger, Rotations(tell)))))
    }

    /// A driver to ask and to plan with. A ledger that is not there yet is not made.
    pub(crate) async fn planning_driver(&self) -> Result<Driver> {
        Ok(self.driver_on(self.ledger().await?))
    }

    fn driver_on(&self, ledger: Arc<dyn Ledger>) -> Driver {
        let directory: Arc<Configured> = self.directory.clone();
        Driver::new(ledger, directory, self.env().clone()).named(&worker())
    }

    /// Reads stores and compares them with the ledger. A ledger that is not there yet is made only where a review is kept.
    pub(crate) async fn reviewer(&self, keeps: bool) -> Result<Reviewer> {
        let ledger = if keeps { self.engine().await?.ledger().clone() } else { self.ledger().await? };
        Ok(self.reviewer_on(ledger))
    }

    /// The same on a ledger of one's own, to find out what a decision would do.
    pub(crate) fn reviewer_on(&self, ledger: Arc<dyn Ledger>) -> Reviewer {
        let directory: Arc<Configured> = self.directory.clone();
        Reviewer::new(ledger, directory, self.env().clone()).with_rules(self.config().review.rules.clone())
    }

    /// Explains why somebody is inside or not. A ledger that is not there yet is not made.
    pub(crate) async fn explainer(&self) -> Result<Explainer> {
        let directory: Arc<Configured> = self.directory.clone();
        Ok(Explainer::new(self.ledger().await?, directory, self.env().clone()))
    }

    /// Responds to incidents, on the ledger of the engine.
    pub(crate) async fn responder(&self) -> Result<Responder> {
        let engine = self.engine().await?.clone();
        Ok(Responder::new(engine, self.driver().await?, self.env().clone()))
    }

    /// A responder to plan with. A ledger that is not there yet is not made.
    pub(crate) async fn planning_responder(&self) -> Result<Responder> {
        let ledger = self.ledger().await?;
        Ok(Responder::new(self.engine_on(ledger.clone()), self.driver_on(ledger), self.env().clone()))
    }

    /// How rotations are worked on, with this much waiting in all.
    pub(crate) fn driver_options(&self, patience: Duration) -> DriverOptions {
        let mut options = DriverOptions::default();
        options.timeout = self.timeout;
        options.patience = patience;
        options
    }

    /// Stores and people as the engine sees them.
    pub(crate) fn directory(&self) -> &Configured {
        &self.directory
    }

    fn env(&self) -> &Environment {
        self.directory.env()
    }

    /// Stores, people and roles.
    pub(crate) fn config(&self) -> &Config {
        self.directory.config()
    }

    /// Where the program keeps what outlives it.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// What providers asked us to keep about people on a store.
    pub(crate) fn kept(&self, store: &str) -> Kept {
        Kept::of(&self.state, store)
    }

    /// A listing's query with our people and roles, for platforms that tell neither addresses nor roles.
    pub(crate) fn complete(&self, query: ListQuery, store: &str, platform: &ProviderId) -> Result<ListQuery> {
        let kept = self.kept(store);
        let mut known = Vec::new();
        for person in self.config().people() {
            known.extend(kept.onto_person(person.on(platform))?);
        }
        Ok(query.with_known(known).with_roles(self.config().platform_roles(platform)))
    }

    /// The time.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.env().clock().as_ref()
    }

    /// The same, to be kept.
    pub(crate) fn shared_clock(&self) -> Arc<dyn Clock> {
        self.env().clock().clone()
    }

    /// The connection to a configured store. Sends nothing.
    pub(crate) fn connect(&self, store: &str) -> Result<Arc<dyn AccessProvider>> {
        self.directory.open(store)
    }

    /// How a configured store gets a token by a merchant's consent. Sends nothing.
    pub(crate) fn authorization(&self, store: &str) -> Result<Arc<dyn Authorization>> {
        self.directory.authorization(store)
    }

    /// Reads the secrets of a store before anything is sent, so that a missing one costs no request.
    pub(crate) async fn read_secrets(&self, store: &str) -> Result<()> {
        let entry = self.config().store(store)?;
        if entry.settings.access == Access::Merchant {
            return Ok(());
        }
        for value in entry.settings.values.values() {
            if let ConfigValue::Secret(source) = value {
                source.current().await.map_err(|error| entry.locate(error))?;
            }
        }
        Ok(())
    }

    /// The same, where the store is still in the configuration: what nothing was sent for can be given up without it.
    pub(crate) async fn read_secrets_if_known(&self, store: &str) -> Result<()> {
        if self.config().store(store).is_ok() { self.read_secrets(store).await } else { Ok(()) }
    }

    /// How long the work on one store may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The circumstances of a call that begins now.
    pub(crate) fn call(&self) -> CallContext {
        self.env().call().with_timeout(self.timeout)
    }

    /// A sign of life on a terminal, until it is dropped.
    pub(crate) fn progress(&self, text: impl Into<String>) -> Progress {
        Progress::start(self.show_progress, text)
    }

    /// A bar on a terminal that says how many of several are done, until it is dropped.
    pub(crate) fn counting(&self, text: impl Into<String>, several: usize) -> Progress {
        Progress::counting(self.show_progress, text, several)
    }
}

/// This process, as its leases name it.
fn worker() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "host".to_owned());
    format!("{host}/{}", std::process::id())
}

/// An error for an outcome that a newer core knows and this program does not.
pub(crate) fn not_understood(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("this program does not know such {what}"))
        .with_remedy("update guestpass; look at the store before you send anything again")
}

//! What a command works with: platforms, configuration, time and budgets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use guestpass::http::ReqwestTransport;
use guestpass::{
    Access, AccessProvider, CallContext, Clock, ConfigValue, Environment, Error, ErrorKind, FileCoordination,
    ListQuery, ProviderId, Registry, Result, SystemClock,
};

use crate::args::Global;
use crate::config::{Config, config_file, state_folder};
use crate::kept::Kept;
use crate::progress::Progress;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    registry: Registry,
    config: Config,
    env: Environment,
    state: PathBuf,
    timeout: Duration,
    show_progress: bool,
    connections: Mutex<BTreeMap<String, Arc<dyn AccessProvider>>>,
}

impl Session {
    /// Reads the configuration that the command line names. Reads no secret and sends nothing.
    pub(crate) fn open(registry: Registry, global: &Global) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let path = config_file(global.config.as_deref())?;
        let config = Config::load(&path, &registry, &clock)?;
        let state = state_folder(global.state_dir.as_deref(), config.state_dir.as_deref())?;
        // Separate processes spend one budget together, so it is kept in files.
        let budgets = Arc::new(FileCoordination::new(state.join("budgets")));
        let env = Environment::new(Arc::new(ReqwestTransport::new()?), clock, budgets);
        let show_progress = !global.json && global.verbose == 0;
        Ok(Self {
            registry,
            config,
            env,
            state,
            timeout: Duration::from_secs(global.timeout),
            show_progress,
            connections: Mutex::default(),
        })
    }

    /// Stores, people and roles.
    pub(crate) fn config(&self) -> &Config {
        &self.config
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
        for person in self.config.people() {
            known.extend(kept.onto_person(person.on(platform))?);
        }
        Ok(query.with_known(known).with_roles(self.config.platform_roles(platform)))
    }

    /// The time.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.env.clock().as_ref()
    }

    /// The connection to a configured store: one for each, so that what it has learned is used again. Sends nothing.
    pub(crate) fn connect(&self, store: &str) -> Result<Arc<dyn AccessProvider>> {
        let entry = self.config.store(store)?;
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = connections.get(store) {
            return Ok(known.clone());
        }
        let connection = self
            .registry
            .connect(entry.platform.as_str(), entry.settings.clone(), &self.env)
            .map_err(|error| entry.locate(error))?;
        connections.insert(store.to_owned(), connection.clone());
        Ok(connection)
    }

    /// Reads the secrets of a store before anything is sent, so that a missing one costs no request.
    pub(crate) async fn read_secrets(&self, store: &str) -> Result<()> {
        let entry = self.config.store(store)?;
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

    /// The circumstances of a call that begins now.
    pub(crate) fn call(&self) -> CallContext {
        self.env.call().with_timeout(self.timeout)
    }

    /// A sign of life on a terminal, until it is dropped.
    pub(crate) fn progress(&self, text: impl Into<String>) -> Progress {
        Progress::start(self.show_progress, text)
    }
}

/// An error for an outcome that a newer core knows and this program does not.
pub(crate) fn not_understood(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("this program does not know such {what}"))
        .with_remedy("update guestpass; look at the store before you send anything again")
}

//! What a command works with: platforms, configuration, time and budgets.

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::ReqwestTransport;
use guestpass::{
    AccessProvider, CallContext, Clock, Environment, Error, ErrorKind, FileCoordination, Registry, Result,
    SystemClock,
};

use crate::args::Global;
use crate::config::{Config, StoreEntry, config_file, state_folder};
use crate::progress::Progress;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    registry: Registry,
    config: Config,
    env: Environment,
    timeout: Duration,
    show_progress: bool,
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
        Ok(Self { registry, config, env, timeout: Duration::from_secs(global.timeout), show_progress })
    }

    /// The platforms.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Stores, people and roles.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The time.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.env.clock().as_ref()
    }

    /// A connection to a configured store. Sends nothing.
    pub(crate) fn connect(&self, store: &str) -> Result<Arc<dyn AccessProvider>> {
        let entry = self.config.store(store)?;
        self.connect_entry(entry).map_err(|error| entry.locate(error))
    }

    fn connect_entry(&self, entry: &StoreEntry) -> Result<Arc<dyn AccessProvider>> {
        self.registry.connect(entry.platform.as_str(), entry.settings.clone(), &self.env)
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

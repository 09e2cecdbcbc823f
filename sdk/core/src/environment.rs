//! What connections share: the network, the time, and what is known of budgets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::call::CallContext;
use crate::clock::Clock;
use crate::coordination::{Budget, BudgetKey, Coordination};
use crate::http::Transport;

/// What connections share. Cheap to clone; make one for each process.
///
/// This is the seam for tests: another transport, a manual clock, budgets in memory.
#[derive(Debug, Clone)]
pub struct Environment {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    coordination: Arc<dyn Coordination>,
    gates: Arc<Mutex<HashMap<BudgetKey, Arc<Semaphore>>>>,
}

impl Environment {
    /// An environment of these parts.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        coordination: Arc<dyn Coordination>,
    ) -> Self {
        Self { transport, clock, coordination, gates: Arc::default() }
    }

    /// The usual environment: reqwest, the machine's clock, budgets in memory.
    ///
    /// Programs that run as several processes should share budgets through a
    /// [`FileCoordination`](crate::FileCoordination) instead.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when TLS cannot be set up on this machine.
    #[cfg(feature = "reqwest")]
    pub fn system() -> crate::Result<Self> {
        Ok(Self::new(
            Arc::new(crate::http::ReqwestTransport::new()?),
            Arc::new(crate::SystemClock::new()),
            Arc::new(crate::MemoryCoordination::new()),
        ))
    }

    /// Shares budgets through this instead.
    #[must_use]
    pub fn with_coordination(mut self, coordination: Arc<dyn Coordination>) -> Self {
        self.coordination = coordination;
        self
    }

    /// The network.
    #[must_use]
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What is known of budgets.
    #[must_use]
    pub fn coordination(&self) -> &Arc<dyn Coordination> {
        &self.coordination
    }

    /// A call that begins now, on this environment's clock.
    #[must_use]
    pub fn call(&self) -> CallContext {
        CallContext::new(self.clock.clone())
    }

    /// The places for requests under way within one budget, in this process.
    pub(crate) fn gate(&self, budget: &Budget) -> Arc<Semaphore> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates
            .entry(budget.key.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(budget.parallel.max(1))))
            .clone()
    }
}

//! Budgets within one process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Admission, Budget, BudgetKey, Coordination, LimitSignal, Window};
use crate::Timestamp;
use crate::call::Priority;
use crate::error::Result;

/// Budgets that live as long as the process.
#[derive(Debug, Default)]
pub struct MemoryCoordination {
    windows: Mutex<HashMap<BudgetKey, Window>>,
}

impl MemoryCoordination {
    /// Nothing used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BudgetKey, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Coordination for MemoryCoordination {
    async fn admit(&self, budget: &Budget, priority: Priority, now: Timestamp) -> Result<Admission> {
        Ok(self.lock().entry(budget.key.clone()).or_default().admit(budget, priority, now))
    }

    async fn learn(&self, budget: &Budget, signal: LimitSignal, now: Timestamp) -> Result<()> {
        self.lock().entry(budget.key.clone()).or_default().learn(budget, signal, now);
        Ok(())
    }

    async fn used(&self, budget: &Budget, now: Timestamp) -> Result<u32> {
        Ok(self.lock().entry(budget.key.clone()).or_default().used(budget, now))
    }
}

//! Budgets within one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Admission, Budget, BudgetKey, Coordination, Exclusive, LimitSignal, Window};
use crate::Timestamp;
use crate::call::Priority;
use crate::error::Result;

/// Budgets that live as long as the process.
#[derive(Debug, Default)]
pub struct MemoryCoordination {
    windows: Mutex<HashMap<BudgetKey, Window>>,
    turns: Mutex<HashMap<BudgetKey, Arc<tokio::sync::Mutex<()>>>>,
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

    async fn exclusive(&self, what: &BudgetKey) -> Result<Exclusive> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(what.clone()).or_default().clone()
        };
        Ok(Exclusive::new(turn.lock_owned().await))
    }
}

//! What is known of whether a store shows its people to us. Only the store can tell: its plan and the app's scope decide.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a store hides its people, for each store, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    stores: Mutex<BTreeMap<String, Arc<Gate>>>,
}

impl Gates {
    /// The gate of one store as one credential sees it.
    pub(crate) fn of(&self, store: &str) -> Arc<Gate> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.entry(store.to_owned()).or_default().clone()
    }
}

/// Whether one store shows its people.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Mutex<Option<String>>,
}

impl Gate {
    /// The store refused to show them, for this reason.
    pub(crate) fn close(&self, why: impl Into<String>) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.into());
    }

    /// The store showed them.
    pub(crate) fn open(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why the store hides its people, if it is known to.
    pub(crate) fn closed(&self) -> Option<String> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

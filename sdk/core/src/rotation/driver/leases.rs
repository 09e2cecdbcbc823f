//! One worker at a time for each credential.

use std::time::Duration;

use uuid::Uuid;

use super::pace::elapsed;
use super::{Driver, DriverOptions};
use crate::clock::Wait;
use crate::error::{Error, ErrorKind, Result, Retry, STALE};
use crate::grants::{Lease, LeaseKey};
use crate::model::StoreHandle;

/// How long a lease lasts without being renewed.
pub(super) const LEASE: Duration = Duration::from_secs(300);
/// How long whoever took over waits where nobody can say how late a write may show.
const TAKEOVER: Duration = Duration::from_secs(120);

impl Driver {
    /// Takes the lease of a credential. Whoever takes it over from somebody who may have died waits until what they sent
    /// has shown.
    pub(super) async fn claim(
        &self,
        key: &LeaseKey,
        store: &StoreHandle,
        options: &DriverOptions,
    ) -> Result<Lease> {
        // Each claim has a name of its own: two tasks of one host are as much in each other's way as two hosts.
        let owner = format!("{}/{}", self.owner, Uuid::new_v4());
        let Some(lease) = self.ledger.claim(key, &owner, self.now(), LEASE).await? else {
            return Err(busy());
        };
        let waited = lease.taken_over_at.map(|ended| elapsed(ended, self.now()));
        let settle_after = self.settle_after(store);
        let Some(wait) =
            waited.and_then(|waited| settle_after.checked_sub(waited)).filter(|wait| !wait.is_zero())
        else {
            return Ok(lease);
        };
        if wait > options.timeout.max(options.patience) {
            // Not given back but left to lapse, so that the next one still knows that it takes over.
            self.ledger.renew(&lease, self.now(), Duration::ZERO).await?;
            return Err(busy());
        }
        self.env.clock().sleep(wait, Wait::Backoff).await;
        if self.ledger.renew(&lease, self.now(), LEASE).await? { Ok(lease) } else { Err(busy()) }
    }

    fn settle_after(&self, store: &StoreHandle) -> Duration {
        let provider = self.directory.connect(store).ok().flatten();
        provider.map_or(TAKEOVER, |provider| provider.connection().settle_after())
    }

    /// Renews a lease until it is lost.
    pub(super) async fn keep(&self, lease: &Lease) {
        loop {
            self.env.clock().sleep(LEASE / 3, Wait::Guard).await;
            if !matches!(self.ledger.renew(lease, self.now(), LEASE).await, Ok(true)) {
                return;
            }
        }
    }

    /// Gives a lease back. One that cannot be given back lapses.
    pub(super) async fn give_back(&self, lease: &Lease) {
        if let Err(error) = self.ledger.release(lease).await {
            tracing::warn!(%error, "a lease could not be given back; it lapses");
        }
    }
}

/// Somebody else holds the lease.
fn busy() -> Error {
    Error::new(ErrorKind::Conflict, "somebody else is working on this credential")
        .with_remedy("try again; if they have died, it is free five minutes later")
        .with_retry(Retry::Backoff)
        .with_code(STALE)
}

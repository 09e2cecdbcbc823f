//! Passes over everything that is due.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{join, select};
use futures_util::stream;

use super::drift::PATIENCE;
use super::pace::jittered;
use super::settle::Way;
use super::{Engine, SweepOptions, SweepReport, Watcher};
use crate::clock::Wait;
use crate::error::Result;
use crate::grants::holding::Holding;
use crate::grants::ledger::{DueKey, Lease};

impl Engine {
    /// One pass: ends what is due, starts what is due, settles what is uncertain, and looks at what is watched; removals
    /// first. Looks for drift come last, where the options ask for them, and take no longer together than the work on one
    /// place: what does not fit in, also into a platform's budget, waits for another pass. Results go to the watcher as they
    /// come.
    ///
    /// # Errors
    /// When the ledger cannot be read at all. What fails at one place goes to the watcher, and the others go on.
    pub async fn sweep(&self, options: &SweepOptions, watcher: &dyn Watcher) -> Result<SweepReport> {
        let mut report = self.pass(options, watcher).await?;
        report.add(Box::pin(self.look_for_drift(options, watcher)).await?);
        Ok(report)
    }

    async fn pass(&self, options: &SweepOptions, watcher: &dyn Watcher) -> Result<SweepReport> {
        let keys = self.ledger.due_keys(self.now(), options.keys).await?;
        let more = u32::try_from(keys.len()).is_ok_and(|keys| keys >= options.keys);
        let passes = keys.into_iter().map(|key| Box::pin(self.sweep_key(key, options, watcher)));
        let report = SweepReport { more, ..SweepReport::default() };
        let passes = stream::iter(passes).buffer_unordered(options.parallel.max(1));
        Ok(passes
            .fold(report, |mut all, one| async move {
                all.add(one);
                all
            })
            .await)
    }

    /// Passes again and again, with about this pause between them, until `stop` is ready. Any number of hosts may do so on
    /// one ledger. A pass that fails because of the ledger is tried again after the pause. Looks for drift have passes of
    /// their own, so that nothing that is due waits for them.
    pub async fn sweep_every(
        &self,
        pause: Duration,
        options: &SweepOptions,
        watcher: &dyn Watcher,
        stop: impl Future<Output = ()> + Send,
    ) {
        let passes = pin!(self.again_and_again(pause, async || {
            Box::pin(self.pass(options, watcher)).await.map(|report| report.more)
        }));
        let looks = pin!(self.again_and_again(pause, async || {
            Box::pin(self.look_within(PATIENCE, options, watcher)).await.map(|_| false)
        }));
        let work = join(passes, looks);
        select(pin!(stop), pin!(work)).await;
    }

    /// Does something for ever, with about this pause in between unless there is more to do at once.
    async fn again_and_again(&self, pause: Duration, what: impl AsyncFn() -> Result<bool>) {
        loop {
            let more = what().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "a pass was not possible");
                false
            });
            let pause = if more { Duration::ZERO } else { jittered(pause) };
            self.env.clock().sleep(pause, Wait::Backoff).await;
        }
    }

    /// Everything that is due under one key, one place after another.
    async fn sweep_key(&self, key: DueKey, options: &SweepOptions, watcher: &dyn Watcher) -> SweepReport {
        let mut report = SweepReport::default();
        let due = match self.ledger.due_holdings(&key.key, self.now(), options.places).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "what is due could not be read");
                report.failed += 1;
                return report;
            }
        };
        let Some(first) = due.first() else { return report };
        report.more = u32::try_from(due.len()).is_ok_and(|places| places >= options.places);
        let cx = self.env.call().with_timeout(options.timeout);
        match self.claim(&key.key, self.settling(&first.place), &cx).await {
            Ok(Some(lease)) => {
                Box::pin(self.sweep_under(&lease, due, options, watcher, &mut report)).await;
                if let Err(error) = self.ledger.release(&lease).await {
                    tracing::warn!(%error, "a lease could not be given back; it lapses");
                }
            }
            Ok(None) => report.busy += 1,
            Err(error) => {
                watcher.failed(&first.place, &error);
                report.failed += 1;
            }
        }
        report
    }

    async fn sweep_under(
        &self,
        lease: &Lease,
        due: Vec<Holding>,
        options: &SweepOptions,
        watcher: &dyn Watcher,
        report: &mut SweepReport,
    ) {
        // One reading may serve every place of the pass.
        let since = self.now();
        for holding in due {
            let cx = self.env.call().with_timeout(options.timeout).with_looks_since(since);
            match self.settle_under(lease, &holding.place, Way::default(), &cx).await {
                Ok(settled) => {
                    report.count(settled.standing);
                    watcher.settled(&settled);
                }
                Err(error) => {
                    report.failed += 1;
                    watcher.failed(&holding.place, &error);
                    if error.is_stale() {
                        // Somebody else has the lease by now.
                        return;
                    }
                }
            }
        }
    }
}

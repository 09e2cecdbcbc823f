//! Looks at whole stores, once in a while: what has changed there without us.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use super::operations::later;
use super::settle::Way;
use super::{Drifted, Engine, SweepOptions, SweepReport, Watcher};
use crate::call::{CallContext, Priority};
use crate::error::Result;
use crate::grants::audit::Fact;
use crate::grants::ledger::{Commit, LeaseKey};
use crate::provider::AccessProvider;
use crate::review::{Finding, KnownFinding, LastLook, Reading, ReviewRow, Reviewer, StoreReview};

/// How long a look at all stores of one key may take. Nothing waits for it.
const PATIENCE: Duration = Duration::from_secs(3600);
/// When a store that could not be read is looked at again, at the latest.
const AGAIN: Duration = Duration::from_secs(3600);
/// More findings than a store should ever have; what is beyond them is not told.
const MOST_KNOWN: usize = 8_000;

impl Engine {
    /// Looks at every store whose last look is long enough ago. Stores of one key are read together.
    pub(super) async fn look_for_drift(
        &self,
        options: &SweepOptions,
        watcher: &dyn Watcher,
    ) -> Result<SweepReport> {
        let Some(every) = options.drift_every else { return Ok(SweepReport::default()) };
        let mut groups: BTreeMap<LeaseKey, Vec<LastLook>> = BTreeMap::new();
        for store in self.directory.stores() {
            let Ok(Some(provider)) = self.directory.connect(&store) else { continue };
            let connection = provider.connection();
            let (platform, now) = (connection.provider().clone(), self.now());
            let last = self.ledger.last_look(&store).await?;
            let last = last.unwrap_or_else(|| LastLook::new(platform.clone(), store, now));
            if last.due_at <= now {
                let key = LeaseKey::new(platform, connection.contention_key().clone());
                groups.entry(key).or_default().push(last);
            }
        }
        let looks = groups.into_values().map(|group| {
            Box::pin(async move {
                self.look_at(group, every, options, watcher).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "a look for drift was not possible");
                    SweepReport { failed: 1, ..SweepReport::default() }
                })
            })
        });
        let looks = stream::iter(looks).buffer_unordered(options.parallel.max(1));
        Ok(looks
            .fold(SweepReport::default(), |mut all, one| async move {
                all.add(one);
                all
            })
            .await)
    }

    async fn look_at(
        &self,
        group: Vec<LastLook>,
        every: Duration,
        options: &SweepOptions,
        watcher: &dyn Watcher,
    ) -> Result<SweepReport> {
        let mut report = SweepReport::default();
        let together = group.len() > 1;
        let since = self.now();
        let reviewer = Reviewer::new(self.ledger.clone(), self.directory.clone(), self.env.clone())
            .with_rules(options.drift_rules.clone());
        for last in group {
            // What is to end comes first; the rest is looked at in the next pass.
            if self.ledger.due_keys(self.now(), 1).await?.iter().any(|key| key.removals > 0) {
                break;
            }
            let Ok(Some(provider)) = self.directory.connect(&last.store) else { continue };
            let Some(mine) = self.take_look(last).await? else { continue };
            let priority = urgency(&*provider, together);
            let cx = self.env.call().with_timeout(PATIENCE).with_priority(priority);
            let cx = if together { cx.with_looks_since(since) } else { cx };
            let seen = reviewer.store(&mine.store, &cx).await?;
            let every = every.max(provider.connection().min_observe_interval());
            let drifted = self.keep_look(mine, &seen, every).await?;
            match &seen.reading {
                Reading::Failed { .. } => report.unreadable += 1,
                _ => report.looked_at += 1,
            }
            report.appeared += u64::try_from(drifted.appeared.len()).unwrap_or(u64::MAX);
            watcher.drifted(&drifted);
            self.settle_missing(&seen, &cx, watcher, &mut report).await;
        }
        Ok(report)
    }

    /// Says that we look now; nothing where somebody else does.
    async fn take_look(&self, mut last: LastLook) -> Result<Option<LastLook>> {
        last.due_at = later(self.now(), PATIENCE);
        let mut change = Commit::new();
        change.last_looks.push(last.clone());
        match self.ledger.commit(change).await {
            Ok(()) => {
                last.revision += 1;
                Ok(Some(last))
            }
            Err(error) if error.is_stale() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes down what is new and what is gone, each as a fact of its own.
    async fn keep_look(&self, mut last: LastLook, seen: &StoreReview, every: Duration) -> Result<Drifted> {
        let now = self.now();
        let mut change = Commit::new();
        let mut drifted = Drifted {
            platform: seen.platform.clone(),
            store: seen.store.clone(),
            reading: seen.reading.clone(),
            appeared: Vec::new(),
            gone: Vec::new(),
        };
        if let Reading::Failed { reason } = &seen.reading {
            if last.failed.is_none() {
                let mut fact = Fact::new(now, "drift_unreadable", seen.platform.clone(), seen.store.clone());
                fact.reason = Some(reason.clone());
                change.facts.push(fact);
            }
            last.failed = Some(reason.clone());
            last.due_at = later(now, every.min(AGAIN));
        } else {
            let found = findings(&seen.rows);
            for (known, (row, finding)) in &found {
                if !last.known.contains(known) {
                    change.facts.push(fact_about(now, "finding_appeared", seen, known, Some((row, finding))));
                    drifted.appeared.push((known.key.clone(), (*finding).clone()));
                }
            }
            for known in last.known.iter().filter(|known| !found.contains_key(known)) {
                let row = seen.rows.iter().find(|row| row.key == known.key);
                let mut fact = fact_about(now, "finding_gone", seen, known, None);
                fact.person = row.and_then(|row| row.person.clone());
                change.facts.push(fact);
                drifted.gone.push(known.clone());
            }
            last.known = found.into_keys().collect();
            last.failed = None;
            last.looked_at = Some(seen.began_at);
            last.due_at = later(seen.began_at, every);
        }
        change.last_looks.push(last);
        self.ledger.commit(change).await?;
        Ok(drifted)
    }

    /// Whoever was taken out by somebody else has no access left: their grants end now, not at the next watch.
    async fn settle_missing(
        &self,
        seen: &StoreReview,
        cx: &CallContext,
        watcher: &dyn Watcher,
        report: &mut SweepReport,
    ) {
        let missing = seen.rows.iter().filter(|row| row.findings.contains(&Finding::GrantWithoutPerson));
        for id in missing.filter_map(|row| row.grants.first()) {
            let place = match self.ledger.grant(*id).await {
                Ok(Some(grant)) => grant.place,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a grant could not be read");
                    report.failed += 1;
                    continue;
                }
            };
            let way = Way { look_anyway: true, ..Way::default() };
            match Box::pin(self.settle_in(&place, way, cx)).await {
                Ok(settled) => {
                    report.count(settled.standing);
                    watcher.settled(&settled);
                }
                Err(error) => {
                    report.failed += 1;
                    watcher.failed(&place, &error);
                }
            }
        }
    }
}

/// Looking has no hurry. But at a pace of one request in many minutes a reading of several would never end: there it counts
/// as what somebody waits for, once in the time between two looks, and leaves the reserve for removals alone.
fn urgency(provider: &dyn AccessProvider, together: bool) -> Priority {
    let slow = provider.connection().min_observe_interval() * 8 > PATIENCE;
    if together || slow { Priority::Normal } else { Priority::Background }
}

/// Each kind of finding once for each row.
fn findings(rows: &[ReviewRow]) -> BTreeMap<KnownFinding, (&ReviewRow, &Finding)> {
    let all = rows.iter().flat_map(|row| row.findings.iter().map(move |finding| (row, finding)));
    let mut found = BTreeMap::new();
    for (row, finding) in all {
        found.entry(KnownFinding::new(row.key.clone(), finding.kind())).or_insert((row, finding));
    }
    if found.len() > MOST_KNOWN {
        tracing::warn!(findings = found.len(), "more findings than are kept of one store");
        let kept: BTreeSet<_> = found.keys().take(MOST_KNOWN).cloned().collect();
        found.retain(|known, _| kept.contains(known));
    }
    found
}

fn fact_about(
    now: crate::Timestamp,
    kind: &str,
    seen: &StoreReview,
    known: &KnownFinding,
    about: Option<(&ReviewRow, &Finding)>,
) -> Fact {
    let mut fact = Fact::new(now, kind, seen.platform.clone(), seen.store.clone());
    if let Some((row, finding)) = about {
        fact.person.clone_from(&row.person);
        fact.grant = row.grants.first().copied();
        fact.reason = Some(finding.to_string());
    }
    fact.detail = serde_json::json!({ "key": known.key, "finding": known.kind });
    fact
}

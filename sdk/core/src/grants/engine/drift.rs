//! Looks at whole stores, once in a while: what has changed there without us.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;

use super::operations::later;
use super::pace::elapsed;
use super::settle::Way;
use super::{Drifted, Engine, SweepOptions, SweepReport, Watcher};
use crate::Timestamp;
use crate::call::CallContext;
use crate::error::Result;
use crate::grants::audit::Fact;
use crate::grants::grant::{Cause, Grant};
use crate::grants::ledger::{Commit, GrantQuery, LeaseKey};
use crate::model::{PersonHandle, StoreHandle};
use crate::review::{
    Ends, Finding, KnownFinding, LastLook, Reading, ReviewRow, Reviewer, RowKey, StoreReview,
};

/// How long looks may take where nothing waits for them: a platform's budget of an hour may come twice in it.
pub(super) const PATIENCE: Duration = Duration::from_secs(90 * 60);
/// When a store that could not be read is looked at again, at the latest; and at the earliest where there was no room for
/// the look: whoever comes back for every single request of a scarce budget spends it without ever finishing.
const AGAIN: Duration = Duration::from_secs(3600);
/// After so many refusals in a row the others under the key are not asked for: none of them is in a reading that we have.
const MOST_REFUSED: usize = 2;
/// How far ahead it is looked who is about to go.
const SOON: Duration = Duration::from_secs(3600);
/// How many places of a key are asked for it at most.
const MOST_PLACES: u32 = 100;
/// More findings than a store should ever have; what is beyond them is not told.
const MOST_KNOWN: usize = 8_000;

impl Engine {
    /// Looks at every store whose last look is long enough ago, as a [`sweep`](Self::sweep) does after everything that is
    /// due. All looks together take no longer than [`SweepOptions::timeout`]; nothing waits for a platform's budget beyond
    /// that, and what does not fit in is for another pass.
    ///
    /// # Errors
    /// When the ledger cannot be read at all. A store that cannot be read goes to the watcher.
    pub async fn look_for_drift(&self, options: &SweepOptions, watcher: &dyn Watcher) -> Result<SweepReport> {
        Box::pin(self.look_within(options.timeout, options, watcher)).await
    }

    /// Those that wait longest first, until this time is over. Stores of one key are read together.
    pub(super) async fn look_within(
        &self,
        patience: Duration,
        options: &SweepOptions,
        watcher: &dyn Watcher,
    ) -> Result<SweepReport> {
        let Some(every) = options.drift_every else { return Ok(SweepReport::default()) };
        let cx = &self.env.call().with_timeout(patience);
        let looks = self.due_looks().await?.into_iter().map(|group| {
            Box::pin(async move {
                self.look_at(group, every, options, cx, watcher).await.unwrap_or_else(|error| {
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

    /// Stores at which a pass would look for drift now, in no order. Reads the ledger alone.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn stores_to_look_at(&self) -> Result<Vec<StoreHandle>> {
        let groups = self.due_looks().await?;
        Ok(groups.into_iter().flat_map(|group| group.stores).map(|last| last.store).collect())
    }

    /// What is to be looked at now, by key.
    async fn due_looks(&self) -> Result<Vec<Group>> {
        let now = self.now();
        let mut groups: BTreeMap<LeaseKey, Vec<LastLook>> = BTreeMap::new();
        for store in self.directory.stores() {
            let Ok(Some(provider)) = self.directory.connect(&store) else { continue };
            let connection = provider.connection();
            let platform = connection.provider().clone();
            let last = self.ledger.last_look(&store).await?;
            let last = last.unwrap_or_else(|| LastLook::new(platform.clone(), store, now));
            if last.due_at <= now {
                let key = LeaseKey::new(platform, connection.contention_key().clone());
                groups.entry(key).or_default().push(last);
            }
        }
        let mut groups: Vec<_> = groups.into_iter().map(|(key, stores)| Group { key, stores }).collect();
        groups.sort_by_key(Group::due_at);
        Ok(groups)
    }

    async fn look_at(
        &self,
        group: Group,
        every: Duration,
        options: &SweepOptions,
        cx: &CallContext,
        watcher: &dyn Watcher,
    ) -> Result<SweepReport> {
        let mut report = SweepReport::default();
        if self.waits_for_somebody(&group, every).await? {
            return Ok(report);
        }
        let together = group.stores.len() > 1;
        let cx = if together { cx.clone().with_looks_since(self.now()) } else { cx.clone() };
        let reviewer = Reviewer::new(self.ledger.clone(), self.directory.clone(), self.env.clone())
            .with_rules(options.drift_rules.clone());
        let mut refused = 0;
        for last in group.stores {
            // What is to end comes first; the rest is looked at in the next pass.
            if cx.remaining().is_zero() || self.somebody_is_to_go().await? {
                break;
            }
            let Ok(Some(provider)) = self.directory.connect(&last.store) else { continue };
            // Whoever else looks at this store has a reading of the others, too.
            let Some(mut mine) = self.take_look(last).await? else { break };
            let every = every.max(provider.connection().min_observe_interval());
            let seen = match refused < MOST_REFUSED {
                true => reviewer.store(&mine.store, &cx).await?,
                false => not_asked(&mine, self.now()),
            };
            if let Some(wait) = no_room(&seen, &cx) {
                refused += 1;
                if self.put_off(&mine, wait, every).await? {
                    report.put_off += 1;
                    continue;
                }
            } else {
                refused = 0;
                mine.put_off_since = None;
            }
            let drifted = self.keep_look(mine, &seen, every).await?;
            match &seen.reading {
                Reading::Failed { .. } => report.unreadable += 1,
                _ => report.looked_at += 1,
            }
            report.appeared += u64::try_from(drifted.appeared.len()).unwrap_or(u64::MAX);
            report.gone += u64::try_from(drifted.gone.len()).unwrap_or(u64::MAX);
            watcher.drifted(&drifted);
            self.settle_missing(&seen, &cx, watcher, &mut report).await;
        }
        Ok(report)
    }

    async fn somebody_is_to_go(&self) -> Result<bool> {
        Ok(self.ledger.due_keys(self.now(), 1).await?.iter().any(|key| key.removals > 0))
    }

    /// Whether a look waits because somebody under the key goes soon, and what it spends would be missing then. Not for
    /// ever, and only where a platform's budget is scarce.
    async fn waits_for_somebody(&self, group: &Group, every: Duration) -> Result<bool> {
        let connected = group.stores.first().map(|last| self.directory.connect(&last.store));
        let Some(Ok(Some(provider))) = connected else { return Ok(false) };
        let is_scarce = provider.connection().min_observe_interval() * 4 >= SOON;
        let late = group
            .stores
            .iter()
            .any(|last| last.looked_at.is_none() || elapsed(last.due_at, self.now()) >= every / 4);
        if !is_scarce || late {
            return Ok(false);
        }
        let soon = later(self.now(), SOON);
        for holding in self.ledger.due_holdings(&group.key, soon, MOST_PLACES).await? {
            let living = self.ledger.grants(&GrantQuery::living(&holding.place), None, MOST_PLACES).await?;
            if holding.removing || living.iter().any(|grant| grant.ends_at <= soon) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leaves a look for later; longer from time to time. Gives whether that is still to be done: what was put off for as
    /// long as looks are apart is a store that could not be read.
    async fn put_off(&self, mine: &LastLook, wait: Duration, every: Duration) -> Result<bool> {
        let now = self.now();
        let mut last = mine.clone();
        let since = *last.put_off_since.get_or_insert(now);
        let waited = elapsed(since, now);
        if waited >= every {
            return Ok(false);
        }
        last.due_at = later(now, wait.max(AGAIN).max(waited)).min(later(since, every));
        let mut change = Commit::new();
        change.last_looks.push(last);
        self.ledger.commit(change).await?;
        Ok(true)
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
            since: last.looked_at,
            appeared: Vec::new(),
            gone: Vec::new(),
            people: people_of(&seen.rows),
        };
        if let Reading::Failed { reason } = &seen.reading {
            if last.failed.is_none() {
                let mut fact = Fact::new(now, "drift_unreadable", seen.platform.clone(), seen.store.clone());
                fact.reason = Some(reason.clone());
                change.facts.push(fact);
            }
            last.failed = Some(reason.clone());
            // What there was no room for is no better an hour later.
            let again = if last.put_off_since.is_some() { every } else { every.min(AGAIN) };
            last.due_at = later(now, again);
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
                    let by_drift = settled.grants.iter().filter(|grant| is_over_by_drift(grant));
                    report.ended_by_drift += u64::try_from(by_drift.count()).unwrap_or(u64::MAX);
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

/// Stores that are read together.
#[derive(Debug)]
struct Group {
    key: LeaseKey,
    stores: Vec<LastLook>,
}

impl Group {
    /// Since when the first of them waits.
    fn due_at(&self) -> Option<Timestamp> {
        self.stores.iter().map(|last| last.due_at).min()
    }
}

/// A store whose neighbours were refused for want of room.
fn not_asked(mine: &LastLook, now: Timestamp) -> StoreReview {
    let reason = "the platform's budget has no room for a reading of this account".to_owned();
    StoreReview {
        platform: mine.platform.clone(),
        store: mine.store.clone(),
        began_at: now,
        reading: Reading::Failed { reason },
        again_after: Some(Duration::ZERO),
        rows: Vec::new(),
        ends: Ends::default(),
    }
}

/// How long a look waits that failed because the platform's budget, or our time, was used up.
fn no_room(seen: &StoreReview, cx: &CallContext) -> Option<Duration> {
    let Reading::Failed { .. } = &seen.reading else { return None };
    seen.again_after.or_else(|| cx.remaining().is_zero().then_some(Duration::ZERO))
}

fn is_over_by_drift(grant: &Grant) -> bool {
    grant.phase.is_over() && grant.end.as_ref().is_some_and(|end| end.cause == Cause::Drift)
}

/// Who of ours a row is about.
fn people_of(rows: &[ReviewRow]) -> BTreeMap<RowKey, PersonHandle> {
    rows.iter().filter_map(|row| Some((row.key.clone(), row.person.clone()?))).collect()
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
    now: Timestamp,
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

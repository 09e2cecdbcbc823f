//! What several tasks, processes and hosts must agree on: how much of a platform's rate budget is left.

mod file;
mod memory;

use std::any::Any;
use std::fmt::{self, Debug};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::call::Priority;
use crate::error::Result;

pub use file::FileCoordination;
pub use memory::MemoryCoordination;

/// What a platform meters together: an account, a store, an app. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BudgetKey(String);

impl BudgetKey {
    /// A key, by convention `platform/what/which`.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BudgetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many requests a platform allows, and how we divide them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// What is metered together.
    pub key: BudgetKey,
    /// How many requests fit into any window of this length.
    pub limit: u32,
    /// The window.
    pub window: Duration,
    /// How many of them only removals and their proofs may use.
    pub reserve: u32,
    /// How often background work may send a request, at most.
    pub background_every: Duration,
    /// How many requests may be under way at once in this process.
    pub parallel: usize,
}

impl Budget {
    /// So many requests in any window, without a reserve, one at a time.
    #[must_use]
    pub fn new(key: BudgetKey, limit: u32, window: Duration) -> Self {
        Self { key, limit, window, reserve: 0, background_every: Duration::ZERO, parallel: 1 }
    }

    /// Keeps so many for removals.
    #[must_use]
    pub fn with_reserve(mut self, reserve: u32) -> Self {
        self.reserve = reserve;
        self
    }

    /// Lets background work send one request in this time.
    #[must_use]
    pub fn with_background_every(mut self, interval: Duration) -> Self {
        self.background_every = interval;
        self
    }

    /// Allows so many requests under way at once.
    #[must_use]
    pub fn with_parallel(mut self, parallel: usize) -> Self {
        self.parallel = parallel;
        self
    }
}

/// What the server itself said about its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LimitSignal {
    /// How many requests are left in the running window.
    pub remaining: Option<u32>,
    /// How long until the window ends.
    pub resets_in: Option<Duration>,
    /// How long to send nothing at all.
    pub blocked_for: Option<Duration>,
}

/// Whether a request may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admission {
    /// It may, and is counted.
    Granted,
    /// Not before this time has passed.
    Wait(Duration),
}

/// Something that nobody else does at the same time, until this is dropped.
#[must_use = "dropping it lets others in"]
pub struct Exclusive(#[allow(dead_code, reason = "held for its drop")] Box<dyn Any + Send + Sync>);

impl Exclusive {
    /// Holds whatever gives the turn back when it is dropped.
    pub fn new(guard: impl Any + Send + Sync) -> Self {
        Self(Box::new(guard))
    }
}

impl Debug for Exclusive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exclusive")
    }
}

/// Shared knowledge of rate budgets, and turns for what only one may do at a time.
///
/// In memory it serves one process; as files it serves every process that shares a state folder.
#[async_trait]
pub trait Coordination: Debug + Send + Sync + 'static {
    /// Takes one request out of the budget, or says how long to wait.
    ///
    /// # Errors
    /// When the shared state cannot be read or written. Nothing is then to be sent.
    async fn admit(&self, budget: &Budget, priority: Priority, now: Timestamp) -> Result<Admission>;

    /// Corrects the budget by what the server said.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    async fn learn(&self, budget: &Budget, signal: LimitSignal, now: Timestamp) -> Result<()>;

    /// How many requests of the running window have been counted.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    async fn used(&self, budget: &Budget, now: Timestamp) -> Result<u32>;

    /// Waits for the turn at something that only one may do at a time, for example renewing a single-use refresh token.
    /// The turn ends when what comes back is dropped, also when the process dies.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    async fn exclusive(&self, what: &BudgetKey) -> Result<Exclusive>;
}

/// The requests of the running window. Times are wall-clock milliseconds, because they outlive the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    sent: Vec<i64>,
    #[serde(default)]
    background: Option<i64>,
    #[serde(default)]
    blocked_until: Option<i64>,
    #[serde(default)]
    server: Option<ServerCount>,
}

/// What the server said was left, counted down by what we sent since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerCount {
    remaining: u32,
    until: i64,
}

impl Window {
    fn admit(&mut self, budget: &Budget, priority: Priority, now: Timestamp) -> Admission {
        let now = now.as_millisecond();
        self.forget(budget, now);
        if let Some(wait) = self.wait(budget, priority, now) {
            return Admission::Wait(wait);
        }
        self.sent.push(now);
        if priority == Priority::Background {
            self.background = Some(now);
        }
        if let Some(server) = &mut self.server {
            server.remaining = server.remaining.saturating_sub(1);
        }
        Admission::Granted
    }

    fn wait(&self, budget: &Budget, priority: Priority, now: i64) -> Option<Duration> {
        let reserve = if priority == Priority::Removal { 0 } else { budget.reserve };
        let mut free_at = self.blocked_until.unwrap_or(now);
        let allowed = usize::try_from(budget.limit.saturating_sub(reserve)).unwrap_or(usize::MAX);
        if let Some(too_many) = (self.sent.len() + 1).checked_sub(allowed).filter(|n| *n > 0) {
            // The request fits when the oldest ones that are too many have left the window.
            let oldest = self.sent.get(too_many - 1).copied().unwrap_or(now);
            free_at = free_at.max(oldest.saturating_add(millis(budget.window)).saturating_add(1));
        }
        if let Some(server) = self.server.filter(|server| server.remaining <= reserve) {
            free_at = free_at.max(server.until);
        }
        if let (Priority::Background, Some(last)) = (priority, self.background) {
            free_at = free_at.max(last.saturating_add(millis(budget.background_every)));
        }
        u64::try_from(free_at - now).ok().filter(|wait| *wait > 0).map(Duration::from_millis)
    }

    fn learn(&mut self, budget: &Budget, signal: LimitSignal, now: Timestamp) {
        let now = now.as_millisecond();
        self.forget(budget, now);
        if let Some(wait) = signal.blocked_for {
            let until = now.saturating_add(millis(wait));
            self.blocked_until = Some(self.blocked_until.map_or(until, |known| known.max(until)));
        }
        if let (Some(remaining), Some(resets_in)) = (signal.remaining, signal.resets_in) {
            let said =
                ServerCount { remaining, until: now.saturating_add(millis(resets_in.min(budget.window))) };
            self.server = Some(said);
        }
    }

    fn used(&mut self, budget: &Budget, now: Timestamp) -> u32 {
        self.forget(budget, now.as_millisecond());
        u32::try_from(self.sent.len()).unwrap_or(u32::MAX)
    }

    /// Drops what has left the window. A time in the future means that the clock was set back: it counts from now on.
    fn forget(&mut self, budget: &Budget, now: i64) {
        let start = now.saturating_sub(millis(budget.window));
        self.sent.retain(|sent| *sent >= start);
        for sent in &mut self.sent {
            *sent = (*sent).min(now);
        }
        self.sent.sort_unstable();
        let longest = now.saturating_add(millis(budget.window));
        self.blocked_until = self.blocked_until.filter(|until| *until > now).map(|until| until.min(longest));
        self.server = self.server.filter(|server| server.until > now);
        self.background = self.background.map(|last| last.min(now));
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn budget() -> Budget {
        Budget::new(BudgetKey::new("acme/account/1"), 70, HOUR)
            .with_reserve(10)
            .with_background_every(Duration::from_secs(900))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_reserve_is_for_removals_alone() {
        let mut window = Window::default();
        for _ in 0..60 {
            assert_eq!(window.admit(&budget(), Priority::Normal, at(0)), Admission::Granted);
        }
        assert!(matches!(window.admit(&budget(), Priority::Normal, at(1)), Admission::Wait(_)));
        for _ in 0..10 {
            assert_eq!(window.admit(&budget(), Priority::Removal, at(1)), Admission::Granted);
        }
        let Admission::Wait(wait) = window.admit(&budget(), Priority::Removal, at(2)) else {
            panic!("the budget is used up")
        };
        assert_eq!(wait, Duration::from_millis(3_598_001));
    }

    #[test]
    fn no_window_of_an_hour_ever_holds_more_than_the_limit() {
        let mut window = Window::default();
        let mut sent = Vec::new();
        let mut now = 0;
        while sent.len() < 400 {
            match window.admit(&budget(), Priority::Removal, at(now)) {
                Admission::Granted => sent.push(now),
                Admission::Wait(wait) => now += i64::try_from(wait.as_secs()).unwrap() + 1,
            }
            now += 7;
        }
        for (first, start) in sent.iter().enumerate() {
            let within = sent.iter().skip(first).take_while(|time| **time - start <= 3600).count();
            assert!(within <= 70, "{within} in an hour");
        }
    }

    #[test]
    fn background_work_keeps_its_pace() {
        let mut window = Window::default();
        assert_eq!(window.admit(&budget(), Priority::Background, at(0)), Admission::Granted);
        assert_eq!(
            window.admit(&budget(), Priority::Background, at(300)),
            Admission::Wait(Duration::from_secs(600))
        );
        assert_eq!(window.admit(&budget(), Priority::Normal, at(300)), Admission::Granted);
        assert_eq!(window.admit(&budget(), Priority::Background, at(900)), Admission::Granted);
    }

    #[test]
    fn the_server_has_the_last_word() {
        let mut window = Window::default();
        let minute = Some(Duration::from_secs(60));
        window.learn(&budget(), LimitSignal { blocked_for: minute, ..LimitSignal::default() }, at(0));
        assert_eq!(
            window.admit(&budget(), Priority::Removal, at(10)),
            Admission::Wait(Duration::from_secs(50))
        );
        let left = LimitSignal { remaining: Some(11), resets_in: minute, blocked_for: None };
        window.learn(&budget(), left, at(60));
        assert_eq!(window.admit(&budget(), Priority::Normal, at(61)), Admission::Granted);
        assert!(matches!(window.admit(&budget(), Priority::Normal, at(62)), Admission::Wait(_)));
        assert_eq!(window.admit(&budget(), Priority::Removal, at(62)), Admission::Granted);
        assert_eq!(window.admit(&budget(), Priority::Normal, at(121)), Admission::Granted);
    }

    #[test]
    fn a_clock_set_back_neither_frees_nor_blocks_for_ever() {
        let mut window = Window::default();
        for _ in 0..60 {
            let _ = window.admit(&budget(), Priority::Normal, at(1_000_000));
        }
        let Admission::Wait(wait) = window.admit(&budget(), Priority::Normal, at(0)) else {
            panic!("the requests of the future still count")
        };
        assert!(wait <= HOUR + Duration::from_millis(1));
    }
}

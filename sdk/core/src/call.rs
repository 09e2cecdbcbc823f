//! What every call carries: time, urgency, identity.

use std::sync::Arc;
use std::time::Duration;

use crate::Timestamp;
use crate::clock::Clock;
use crate::model::OperationId;

/// How urgent a call is, and so whether it may use the reserve of a rate budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Priority {
    /// Watching: may use a budget only at the platform's slow pace.
    Background,
    /// Somebody waits for it.
    #[default]
    Normal,
    /// Taking somebody out, or proving that they are out: may use the reserve.
    Removal,
}

/// The circumstances of one call: deadline, priority, identity and the clock they are measured with.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use guestpass::{CallContext, Priority, SystemClock};
///
/// let cx = CallContext::new(Arc::new(SystemClock::new()))
///     .with_timeout(Duration::from_secs(20))
///     .with_priority(Priority::Removal);
/// assert!(cx.remaining() <= Duration::from_secs(20));
/// ```
#[derive(Debug, Clone)]
pub struct CallContext {
    clock: Arc<dyn Clock>,
    deadline: Duration,
    priority: Priority,
    operation_id: OperationId,
    settle_after: Option<Duration>,
    fail_fast: bool,
    looks_since: Option<Timestamp>,
}

impl CallContext {
    /// How long a call may take unless told otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// Normal priority, a fresh operation id, a deadline of one minute from now.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let deadline = clock.monotonic() + Self::DEFAULT_TIMEOUT;
        Self {
            clock,
            deadline,
            priority: Priority::Normal,
            operation_id: OperationId::random(),
            settle_after: None,
            fail_fast: false,
            looks_since: None,
        }
    }

    /// Sets the deadline to this long from now.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.deadline = self.clock.monotonic().saturating_add(timeout);
        self
    }

    /// Sets the priority.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Sets how long after an unanswered write a second look is worth something, instead of the platform's own constant.
    #[must_use]
    pub fn with_settle_after(mut self, wait: Duration) -> Self {
        self.settle_after = Some(wait);
        self
    }

    /// Lets a look be answered from a complete reading that began then or later, where the provider keeps one that no
    /// write of ours has overtaken. So one reading serves all stores that are listed together.
    #[must_use]
    pub fn with_looks_since(mut self, time: Timestamp) -> Self {
        self.looks_since = Some(time);
        self
    }

    /// Asks for an answer now or an error: no waiting for budgets, no second attempts.
    #[must_use]
    pub fn failing_fast(mut self) -> Self {
        self.fail_fast = true;
        self
    }

    /// The clock that deadline and waits are measured with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// How much time is left.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_sub(self.clock.monotonic())
    }

    /// How urgent the call is.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// The intended operation, the same through all attempts.
    #[must_use]
    pub fn operation_id(&self) -> OperationId {
        self.operation_id
    }

    /// The wait before a second look, if it was set.
    #[must_use]
    pub fn settle_after(&self) -> Option<Duration> {
        self.settle_after
    }

    /// Since when a reading may have begun to answer a look; every look reads anew if it was not set.
    #[must_use]
    pub fn looks_since(&self) -> Option<Timestamp> {
        self.looks_since
    }

    /// Whether to fail rather than wait.
    #[must_use]
    pub fn is_failing_fast(&self) -> bool {
        self.fail_fast
    }
}

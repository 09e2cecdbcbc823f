//! What a grant needs before it may begin, and how long it may last.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Rules for grants. Where several apply, the stricter one of each counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Policy {
    /// How long a grant may last, extensions included.
    pub longest: Option<Duration>,
    /// Whether somebody must approve it before it begins.
    pub needs_approval: bool,
    /// Whether it must say why.
    pub needs_reason: bool,
    /// Whether it must name a ticket.
    pub needs_ticket: bool,
    /// Whether it must say who asks for it.
    pub needs_requester: bool,
    /// Whether nobody approves what they asked for. Enforced where both are authenticated.
    pub separate_approver: bool,
    /// How often somebody should look whether it is still right.
    pub review_every: Option<Duration>,
    /// How long an invitation or a step that lets somebody in may stay unanswered.
    pub patience: Option<Duration>,
}

impl Policy {
    /// No rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The stricter one of both, rule by rule.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            longest: shorter(self.longest, other.longest),
            needs_approval: self.needs_approval || other.needs_approval,
            needs_reason: self.needs_reason || other.needs_reason,
            needs_ticket: self.needs_ticket || other.needs_ticket,
            needs_requester: self.needs_requester || other.needs_requester,
            separate_approver: self.separate_approver || other.separate_approver,
            review_every: shorter(self.review_every, other.review_every),
            patience: shorter(self.patience, other.patience),
        }
    }

    /// Grants last this long at most.
    #[must_use]
    pub fn lasting_at_most(mut self, longest: Duration) -> Self {
        self.longest = Some(longest);
        self
    }

    /// Somebody must approve.
    #[must_use]
    pub fn needing_approval(mut self) -> Self {
        self.needs_approval = true;
        self
    }

    /// An invitation or a step that lets somebody in lapses after this time.
    #[must_use]
    pub fn waiting_at_most(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }
}

fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_rule_counts() {
        let hours = |n: u64| Duration::from_secs(n * 3600);
        let one = Policy::new().lasting_at_most(hours(8)).needing_approval();
        let other = Policy { needs_ticket: true, review_every: Some(hours(1)), ..Policy::new() }
            .lasting_at_most(hours(4));
        let both = one.clone().and(&other);
        assert_eq!(both, other.and(&one));
        assert_eq!(both.longest, Some(hours(4)));
        assert_eq!(both.review_every, Some(hours(1)));
        assert!(both.needs_approval && both.needs_ticket && !both.needs_reason);
    }
}

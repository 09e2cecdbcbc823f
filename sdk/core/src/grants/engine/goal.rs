//! What a place should be like, and what to do about it: decisions without any I/O.

use crate::capability::{Capabilities, Operation, Support};
use crate::grants::grant::Grant;
use crate::grants::holding::{Former, Holding};
use crate::grants::phase::Phase;
use crate::model::{AccessState, Baseline, Collaborator, Remains, UnknownReason};

/// What a place should be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Goal {
    /// Nothing is owed here, and nobody should be let in yet.
    Nothing,
    /// The subject is inside.
    Inside(Wanted),
    /// The subject is off for a while.
    Paused,
    /// The subject is as before us, or out whatever was before us.
    Out {
        /// Whatever was before us.
        evicted: bool,
    },
}

/// With which role of ours somebody should be inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// This one; `None` for the platform's own starting rights.
    Role(Option<String>),
    /// Several that nobody has ranked: the one that is there stays.
    Unranked(Vec<Option<String>>),
}

impl Goal {
    /// What the grants of a place ask for.
    pub(super) fn of(holding: &Holding, grants: &[Grant]) -> Self {
        if holding.eviction.is_some() {
            return Self::Out { evicted: true };
        }
        let open: Vec<_> = grants.iter().filter(|grant| grant.phase.is_open()).collect();
        let any = |phase| grants.iter().any(|grant| grant.phase == phase);
        if !open.is_empty() {
            Self::Inside(Wanted::of(&open))
        } else if any(Phase::Suspended) {
            Self::Paused
        } else if any(Phase::Closing) {
            Self::Out { evicted: false }
        } else {
            Self::Nothing
        }
    }
}

impl Wanted {
    fn of(open: &[&Grant]) -> Self {
        let mut roles: Vec<&Grant> = Vec::new();
        for grant in open {
            if roles.iter().all(|known| known.role != grant.role) {
                roles.push(grant);
            }
        }
        // No role at all is below every role.
        let level = |grant: &Grant| grant.role.as_ref().map(|_| grant.rank);
        let comparable = roles.iter().enumerate().all(|(at, one)| {
            roles.iter().skip(at + 1).all(|other| match (level(one), level(other)) {
                (Some(Some(one)), Some(Some(other))) => one != other,
                (Some(_), Some(_)) => false,
                _ => true,
            })
        });
        match roles.iter().max_by_key(|grant| level(grant)) {
            Some(top) if comparable => Self::Role(top.role.clone()),
            _ => Self::Unranked(roles.iter().map(|grant| grant.role.clone()).collect()),
        }
    }

    /// The role that is wanted, given the one that is there.
    pub(super) fn given(&self, present: Option<&String>) -> Option<String> {
        match self {
            Self::Role(role) => role.clone(),
            Self::Unranked(roles) => present.cloned().or_else(|| roles.first().cloned().flatten()),
        }
    }
}

/// What is to be done at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing: it is as it should be.
    Rest,
    /// Nothing: somebody must act.
    Wait,
    /// Nothing: a look shows too little to act on.
    Blind,
    /// Let the subject in.
    Invite,
    /// Give this role of ours.
    SetRole(Option<String>),
    /// Switch the account on again.
    SwitchOn,
    /// Switch the account off.
    SwitchOff,
    /// Take the subject out.
    Remove,
    /// Bring back the role that was there before us.
    RestoreRole,
    /// The end is reached.
    Finish,
    /// A human decides, for this reason.
    Decide(&'static str),
}

/// Everything a decision stands on.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) holding: &'a Holding,
    pub(super) grants: &'a [Grant],
    pub(super) state: &'a AccessState,
    pub(super) capabilities: &'a Capabilities,
    pub(super) leaves: Remains,
    /// Whether a step that lets the subject in or on again is open.
    pub(super) asked: bool,
}

impl View<'_> {
    /// What to do next for this goal.
    pub(super) fn act(&self, goal: &Goal) -> Act {
        match goal {
            Goal::Nothing => Act::Rest,
            Goal::Inside(wanted) => self.act_inside(wanted),
            Goal::Paused => self.act_paused(),
            Goal::Out { evicted } => self.act_out(*evicted),
        }
    }

    fn act_inside(&self, wanted: &Wanted) -> Act {
        let opening = self.any(Phase::Opening);
        let returning = self.holding.paused && opening;
        let role = wanted.given(self.holding.role.as_ref());
        let other_role = role.is_some() && role != self.holding.role;
        match self.state {
            AccessState::Ambiguous { .. } => Act::Decide(SEVERAL),
            AccessState::Absent if opening && !self.asked => Act::Invite,
            AccessState::Suspended { .. } if returning => Act::SwitchOn,
            AccessState::Suspended { .. } if opening && !self.asked => Act::Invite,
            AccessState::Absent | AccessState::Invited { .. } | AccessState::Suspended { .. } => Act::Wait,
            AccessState::Present { .. } if other_role => Act::SetRole(role),
            AccessState::Present { .. } => Act::Rest,
            AccessState::Unknown { reason } if !self.is_by_word(reason, Operation::Invite) => Act::Blind,
            AccessState::Unknown { .. } if self.asked => Act::Wait,
            AccessState::Unknown { .. } if returning => Act::SwitchOn,
            AccessState::Unknown { .. } if self.any(Phase::Active) && other_role => Act::SetRole(role),
            AccessState::Unknown { .. } if self.any(Phase::Active) => Act::Rest,
            AccessState::Unknown { .. } if self.any(Phase::Awaiting) || !opening => Act::Wait,
            AccessState::Unknown { .. } => Act::Invite,
        }
    }

    fn act_paused(&self) -> Act {
        let elevated = matches!(self.holding.former, Some(Former::Present { .. }));
        match self.state {
            AccessState::Ambiguous { .. } => Act::Decide(SEVERAL),
            AccessState::Present { .. } if elevated => {
                if self.holding.role.is_some() {
                    Act::RestoreRole
                } else {
                    Act::Rest
                }
            }
            AccessState::Present { .. } | AccessState::Invited { .. } => self.switch_off(),
            AccessState::Absent | AccessState::Suspended { .. } => Act::Rest,
            AccessState::Unknown { .. } if self.holding.paused => Act::Rest,
            AccessState::Unknown { reason } if self.is_by_word(reason, Operation::Remove) => {
                self.switch_off()
            }
            AccessState::Unknown { .. } => Act::Blind,
        }
    }

    /// Off natively or by hand where there is such a thing, else out until the pause ends.
    fn switch_off(&self) -> Act {
        match self.capabilities.support(Operation::SetActive) {
            Support::Unsupported if matches!(self.holding.former, Some(Former::Absent { .. })) => Act::Remove,
            Support::Unsupported => {
                Act::Decide("the platform cannot pause, and who was there before us is not ours to remove")
            }
            // Asked for by hand already, and not done yet.
            Support::Manual if self.holding.paused => Act::Wait,
            _ => Act::SwitchOff,
        }
    }

    fn act_out(&self, evicted: bool) -> Act {
        let elevated = self.holding.role.is_some();
        match (self.state, &self.holding.former) {
            (AccessState::Absent, _) => Act::Finish,
            (AccessState::Ambiguous { .. }, _) => Act::Decide(SEVERAL),
            (AccessState::Unknown { reason }, former) => {
                self.act_out_blindly(reason, former.as_ref(), evicted)
            }
            (_, Some(Former::Absent { .. })) => Act::Remove,
            (AccessState::Suspended { .. }, _) if evicted && self.leaves == Remains::Nothing => Act::Remove,
            (_, _) if evicted => Act::Remove,
            (_, Some(Former::Present { .. })) if elevated => Act::RestoreRole,
            (AccessState::Suspended { .. }, Some(Former::Suspended { roles, .. }))
                if elevated && roles.len() == 1 =>
            {
                Act::RestoreRole
            }
            (_, Some(Former::Present { .. }))
            | (AccessState::Suspended { .. }, Some(Former::Suspended { .. })) => Act::Finish,
            (_, Some(Former::Suspended { .. })) if self.leaves == Remains::DisabledAccount => Act::Remove,
            (_, Some(Former::Suspended { .. })) => Act::SwitchOff,
            (AccessState::Invited { .. }, Some(Former::Unknown { .. })) => Act::Remove,
            (_, Some(Former::Unknown { .. }) | None) => Act::Decide(BEFORE_US),
        }
    }

    fn act_out_blindly(&self, reason: &UnknownReason, former: Option<&Former>, evicted: bool) -> Act {
        let used = self.grants.iter().any(|grant| grant.was_active);
        if former.is_none() && !used && !self.asked && !evicted && self.is_by_word(reason, Operation::Invite)
        {
            // Nobody was ever asked.
            return Act::Finish;
        }
        match reason {
            _ if self.capabilities.support(Operation::Remove) == Support::Manual => Act::Remove,
            UnknownReason::NotObservable(_) if self.holding.state.is_some() => Act::Blind,
            UnknownReason::NotObservable(_) => Act::Decide(BEFORE_US),
            _ => Act::Blind,
        }
    }

    /// Whether only people's words tell who is inside.
    fn is_by_word(&self, reason: &UnknownReason, operation: Operation) -> bool {
        matches!(reason, UnknownReason::NotObservable(_))
            || (matches!(reason, UnknownReason::Denied(_))
                && self.capabilities.support(operation) == Support::Manual)
    }

    fn any(&self, phase: Phase) -> bool {
        self.grants.iter().any(|grant| grant.phase == phase)
    }
}

const SEVERAL: &str = "several accounts match, or one that nobody has named";
const BEFORE_US: &str = "nobody knows what was there before us";

/// What a removal is told of what was there before us.
pub(super) fn baseline(former: Option<&Former>) -> Baseline {
    match former {
        Some(Former::Absent { .. }) => Baseline::Absent,
        Some(Former::Suspended { .. } | Former::Present { .. }) => Baseline::Present,
        Some(Former::Unknown { .. }) | None => Baseline::Unknown,
    }
}

/// Whether an account shows the rights that were there before us, as far as the platform tells any.
pub(super) fn shows_former(former: Option<&Former>, account: &Collaborator) -> bool {
    let (roles, permissions): (&[String], &[String]) = match former {
        Some(Former::Present { roles, permissions, .. }) => (roles, permissions),
        Some(Former::Suspended { roles, .. }) => (roles, &[]),
        _ => return false,
    };
    let same = |before: &[String], now: &[String]| {
        before.len() == now.len() && before.iter().all(|name| now.contains(name))
    };
    match (account.roles.known(), account.permissions.known()) {
        (Some(now), _) if !roles.is_empty() => same(roles, now),
        (_, Some(now)) => same(permissions, now),
        _ => false,
    }
}

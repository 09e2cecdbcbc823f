//! What a place should be like, and what to do about it: decisions without any I/O.

use crate::capability::{Capabilities, Operation, Support};
use crate::grants::grant::Grant;
use crate::grants::holding::{Former, Holding, Reset};
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
        let is_reset = self.holding.reset == Some(Reset::Ordered);
        let other_role = role.is_some() && (is_reset || role != self.holding.role);
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
            (AccessState::Suspended { .. }, former @ Some(Former::Suspended { .. }))
                if elevated && had_rights(former.as_ref()) =>
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

/// Whether the platform told rights of before us that can be brought back to somebody who is switched off.
pub(super) fn had_rights(former: Option<&Former>) -> bool {
    match former {
        Some(Former::Suspended { roles, permissions, .. }) => roles.len() == 1 || !permissions.is_empty(),
        _ => false,
    }
}

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
        Some(Former::Present { roles, permissions, .. } | Former::Suspended { roles, permissions, .. }) => {
            (roles, permissions)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::capability::Capability;
    use crate::grants::grant::{GrantId, Principal};
    use crate::grants::holding::Eviction;
    use crate::grants::subject::{Place, SubjectKey};
    use crate::model::{
        AccountId, ContentionKey, Evidence, PersonHandle, ProviderId, Status, StoreHandle, Told,
    };

    fn place() -> Place {
        Place {
            platform: ProviderId::from_static("shop"),
            store: StoreHandle::new("acme").unwrap(),
            subject: SubjectKey::from_kept("mailbox:1"),
            contention: ContentionKey::new("store/1").unwrap(),
        }
    }

    fn grant(phase: Phase, role: Option<&str>, rank: Option<i64>) -> Grant {
        let now = Timestamp::UNIX_EPOCH;
        Grant {
            id: GrantId::new(now),
            place: place(),
            person: PersonHandle::new("sam").unwrap(),
            role: role.map(str::to_owned),
            rank,
            reason: None,
            ticket: None,
            requested_by: Principal::stated("x"),
            needs_approval: false,
            approved_by: None,
            starts_at: now,
            ends_at: Timestamp::MAX,
            review_at: None,
            review_told: None,
            deliver_to: None,
            also: Vec::new(),
            adopted: false,
            phase,
            was_active: phase == Phase::Active,
            end: None,
            created_at: now,
            revision: 0,
        }
    }

    fn evidence() -> Evidence {
        Evidence::begun(Timestamp::UNIX_EPOCH)
    }

    fn account() -> Collaborator {
        Collaborator::new(AccountId::new("7").unwrap(), Status::Active)
    }

    fn absent() -> AccessState {
        AccessState::Absent
    }

    fn present() -> AccessState {
        AccessState::Present { account: Box::new(account()) }
    }

    fn suspended() -> AccessState {
        AccessState::Suspended { account: Box::new(account()) }
    }

    fn invited() -> AccessState {
        AccessState::Invited { account: None }
    }

    fn ambiguous() -> AccessState {
        AccessState::Ambiguous { accounts: vec![account()] }
    }

    fn unreadable() -> AccessState {
        AccessState::Unknown { reason: UnknownReason::NotObservable("no".to_owned()) }
    }

    fn incomplete() -> AccessState {
        AccessState::Unknown { reason: UnknownReason::Incomplete("no".to_owned()) }
    }

    fn was_absent() -> Option<Former> {
        Some(Former::Absent { evidence: evidence() })
    }

    fn was_present() -> Option<Former> {
        Some(Former::Present { roles: vec!["r".to_owned()], permissions: Vec::new(), evidence: evidence() })
    }

    fn was_suspended() -> Option<Former> {
        Some(Former::Suspended { roles: vec!["r".to_owned()], permissions: Vec::new(), evidence: evidence() })
    }

    fn was_unknown() -> Option<Former> {
        Some(Former::Unknown { reason: "no".to_owned() })
    }

    fn able(support: Support) -> Capabilities {
        Capabilities::new(Operation::ALL.map(|operation| (operation, Capability::new(support, "test"))))
    }

    struct Case {
        former: Option<Former>,
        role: Option<&'static str>,
        state: AccessState,
        support: Support,
        grants: Vec<Grant>,
        evicted: bool,
    }

    impl Case {
        fn of(phase: Phase, former: Option<Former>, role: Option<&'static str>, state: AccessState) -> Self {
            let grants = vec![grant(phase, Some("support"), None)];
            Self { former, role, state, support: Support::Native, grants, evicted: false }
        }

        fn act(self) -> Act {
            let mut holding = Holding::new(place(), PersonHandle::new("sam").unwrap());
            holding.former = self.former;
            holding.role = self.role.map(str::to_owned);
            holding.eviction = self.evicted.then(|| Eviction {
                by: Principal::stated("x"),
                since: Timestamp::UNIX_EPOCH,
                reason: None,
            });
            let goal = Goal::of(&holding, &self.grants);
            View {
                holding: &holding,
                grants: &self.grants,
                state: &self.state,
                capabilities: &able(self.support),
                leaves: Remains::Nothing,
                asked: false,
            }
            .act(&goal)
        }
    }

    /// Letting in: what is sent for every state, and that nothing is sent where too little is known.
    #[test]
    fn opening_acts_on_what_a_look_shows() {
        let support = || Act::SetRole(Some("support".to_owned()));
        for (former, role, state, expected) in [
            (was_absent(), None, absent(), Act::Invite),
            (was_absent(), Some("support"), present(), Act::Rest),
            (was_absent(), Some("lead"), present(), support()),
            (was_absent(), Some("support"), invited(), Act::Wait),
            (was_present(), None, present(), support()),
            (was_present(), Some("support"), present(), Act::Rest),
            (was_suspended(), None, suspended(), Act::Invite),
            (was_unknown(), None, unreadable(), Act::Invite),
            (None, None, ambiguous(), Act::Decide(SEVERAL)),
            (None, None, incomplete(), Act::Blind),
        ] {
            let shown = format!("{former:?} {role:?} {state:?}");
            assert_eq!(Case::of(Phase::Opening, former, role, state).act(), expected, "{shown}");
        }
    }

    /// Taking out: what was there before us comes back, and only what is ours is removed.
    #[test]
    fn ending_brings_back_what_was_there_before() {
        for (former, role, state, expected) in [
            (was_absent(), Some("support"), present(), Act::Remove),
            (was_absent(), Some("support"), invited(), Act::Remove),
            (was_absent(), Some("support"), suspended(), Act::Remove),
            (was_absent(), Some("support"), absent(), Act::Finish),
            (was_present(), Some("support"), present(), Act::RestoreRole),
            (was_present(), None, present(), Act::Finish),
            (was_present(), Some("support"), absent(), Act::Finish),
            (was_suspended(), Some("support"), present(), Act::SwitchOff),
            (was_suspended(), Some("support"), suspended(), Act::RestoreRole),
            (was_suspended(), None, suspended(), Act::Finish),
            (was_unknown(), Some("support"), present(), Act::Decide(BEFORE_US)),
            (was_unknown(), Some("support"), absent(), Act::Finish),
            (was_unknown(), Some("support"), unreadable(), Act::Decide(BEFORE_US)),
            (was_absent(), Some("support"), ambiguous(), Act::Decide(SEVERAL)),
            (was_absent(), Some("support"), incomplete(), Act::Blind),
        ] {
            let shown = format!("{former:?} {role:?} {state:?}");
            let case = Case::of(Phase::Closing, former, role, state);
            assert_eq!(case.act(), expected, "{shown}");
        }
        let by_hand =
            Case { support: Support::Manual, ..Case::of(Phase::Closing, was_unknown(), None, unreadable()) };
        assert_eq!(by_hand.act(), Act::Remove, "people are asked");
    }

    #[test]
    fn whoever_is_put_out_goes_whatever_was_there_before() {
        for former in [was_absent(), was_present(), was_suspended(), was_unknown(), None] {
            for state in [present(), invited(), suspended()] {
                let case = Case { evicted: true, ..Case::of(Phase::Active, former.clone(), None, state) };
                assert_eq!(case.act(), Act::Remove, "{former:?}");
            }
            let case = Case { evicted: true, ..Case::of(Phase::Active, former, None, absent()) };
            assert_eq!(case.act(), Act::Finish);
        }
    }

    #[test]
    fn a_pause_removes_only_what_is_ours() {
        for (former, support, expected) in [
            (was_absent(), Support::Native, Act::SwitchOff),
            (was_absent(), Support::Manual, Act::SwitchOff),
            (was_absent(), Support::Unsupported, Act::Remove),
            (was_present(), Support::Unsupported, Act::RestoreRole),
        ] {
            let case = Case { support, ..Case::of(Phase::Suspended, former, Some("support"), present()) };
            assert_eq!(case.act(), expected);
        }
    }

    #[test]
    fn the_highest_role_is_wanted_and_unranked_ones_keep_the_present_one() {
        let wanted = |grants: &[Grant]| Wanted::of(&grants.iter().collect::<Vec<_>>());
        let of = |role, rank| grant(Phase::Active, role, rank);
        let (low, high) = (of(Some("low"), Some(1)), of(Some("high"), Some(2)));
        assert_eq!(wanted(&[low.clone(), high.clone()]), Wanted::Role(Some("high".to_owned())));
        assert_eq!(wanted(&[low.clone(), low.clone()]), Wanted::Role(Some("low".to_owned())));
        assert_eq!(wanted(&[of(None, None), low.clone()]), Wanted::Role(Some("low".to_owned())));
        let unranked = wanted(&[of(Some("a"), None), of(Some("b"), None)]);
        assert_eq!(unranked.given(Some(&"b".to_owned())), Some("b".to_owned()));
        assert_eq!(unranked.given(None), Some("a".to_owned()), "somebody has to be let in with one");
        assert!(matches!(wanted(&[low, of(Some("b"), None)]), Wanted::Unranked(_)));
        assert!(matches!(wanted(&[high, of(Some("b"), Some(2))]), Wanted::Unranked(_)));
    }

    #[test]
    fn rights_are_compared_as_far_as_they_are_told() {
        let mut seen = account();
        assert!(!shows_former(was_present().as_ref(), &seen), "nothing told proves nothing");
        seen.roles = Told::Known(vec!["r".to_owned()]);
        assert!(shows_former(was_present().as_ref(), &seen));
        seen.roles = Told::Known(vec!["r".to_owned(), "more".to_owned()]);
        assert!(!shows_former(was_present().as_ref(), &seen));
        assert!(!shows_former(was_absent().as_ref(), &seen));
    }
}

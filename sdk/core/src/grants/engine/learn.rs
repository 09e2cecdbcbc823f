//! What time and looks do to the grants of a place. Nothing is asked here and nothing is sent.

use std::time::Duration;

use super::book::{Book, Ending};
use super::goal::Goal;
use super::pace::lapses_at;
use crate::Timestamp;
use crate::error::Result;
use crate::grants::grant::{Cause, Grant, GrantId};
use crate::grants::holding::{Former, Holding};
use crate::grants::phase::{Move, Phase};
use crate::grants::step::StepKind;
use crate::grants::trouble::TroubleKind;
use crate::model::{AccessState, Evidence, Observation, Proof, UnknownReason};

impl Book {
    fn ids(&self, which: impl Fn(&Grant) -> bool) -> Vec<GrantId> {
        self.grants.iter().filter(|grant| which(grant)).map(|grant| grant.id).collect()
    }

    /// Starts what may start, ends what is past, and lets lapse what nobody answered.
    pub(super) fn let_time_pass(&mut self, patience: Option<Duration>, now: Timestamp) -> Result<()> {
        for id in self.ids(|grant| grant.is_past(now)) {
            self.make(id, Move::End, Some(&Ending::by_itself(Cause::Expired)), now)?;
            self.tell(id, "grant_expired", now);
        }
        for id in self.ids(|grant| lapses_at(grant, patience).is_some_and(|at| at <= now)) {
            self.make(id, Move::Lapse, Some(&Ending::by_itself(Cause::Lapsed)), now)?;
            self.tell(id, "grant_lapsed", now);
        }
        // Nobody is let in while somebody's word stands that they have to go.
        if self.holding.eviction.is_none() {
            for id in self.ids(|grant| grant.may_start(now)) {
                self.make(id, Move::Start, None, now)?;
                self.tell(id, "grant_started", now);
            }
        }
        Ok(())
    }

    /// Keeps what a look showed: the baseline, the account, and where it puts the grants.
    /// `by_hand` says that people let in and out, so that a refused look is no reason to wait for a better one.
    pub(super) fn learn(
        &mut self,
        look: &Observation,
        roles: Option<&[String]>,
        by_hand: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.holding.seen_at = Some(look.evidence.began_at);
        let cleared: &[TroubleKind] = match &look.state {
            AccessState::Unknown { reason: UnknownReason::NotObservable(_) } => {
                &[TroubleKind::StoreUnavailable]
            }
            AccessState::Unknown { .. } => &[],
            _ => &[TroubleKind::AuthorityLost, TroubleKind::Unsettled, TroubleKind::StoreUnavailable],
        };
        for kind in cleared {
            self.clear(*kind, now);
        }
        self.clear(TroubleKind::StoreUnknown, now);
        if let Some(account) = look.state.account() {
            self.holding.account = Some(account.id.clone());
        }
        self.learn_baseline(look, roles, by_hand, now);
        self.learn_phases(look, now)
    }

    fn learn_baseline(
        &mut self,
        look: &Observation,
        roles: Option<&[String]>,
        by_hand: bool,
        now: Timestamp,
    ) {
        let goal = Goal::of(&self.holding, &self.grants);
        if goal == Goal::Nothing {
            return;
        }
        let gone = look.state == AccessState::Absent
            && matches!(self.holding.former, Some(Former::Present { .. } | Former::Suspended { .. }))
            && matches!(goal, Goal::Inside(_));
        if self.holding.former.is_some() && !gone {
            return;
        }
        // Whoever was let in before anybody looked, for example by an older version, may have been there already.
        let used = self.grants.iter().any(|grant| grant.was_active || grant.phase == Phase::Awaiting);
        let former = if used && !gone && look.state != AccessState::Absent {
            Some(Former::Unknown { reason: "the grant began before anybody looked".to_owned() })
        } else {
            former(look, roles).filter(|former| {
                let unknown = matches!(former, Former::Unknown { .. });
                let denied = matches!(&look.state, AccessState::Unknown { reason: UnknownReason::Denied(_) });
                // To end what was never begun, nothing needs to be known.
                !unknown || (matches!(goal, Goal::Inside(_)) && (by_hand || !denied))
            })
        };
        let Some(former) = former else { return };
        let detail = serde_json::to_value(&former).unwrap_or_default();
        self.note(now, "baseline_recorded").detail = detail;
        self.holding.former = Some(former);
    }

    fn learn_phases(&mut self, look: &Observation, now: Timestamp) -> Result<()> {
        match &look.state {
            AccessState::Present { .. } => self.learn_present(&look.evidence, now),
            AccessState::Invited { .. } => self.move_all(Phase::Opening, Move::Asked, "access_offered", now),
            AccessState::Suspended { .. } => {
                let was_on = self.grants.iter().any(|grant| grant.phase == Phase::Active);
                self.holding.paused |= was_on;
                self.move_all(Phase::Active, Move::Off, "access_switched_off", now)
            }
            AccessState::Absent => self.learn_absent(&look.evidence, now),
            AccessState::Ambiguous { .. } | AccessState::Unknown { .. } => Ok(()),
        }
    }

    fn learn_present(&mut self, evidence: &Evidence, now: Timestamp) -> Result<()> {
        if matches!(self.holding.former, Some(Former::Absent { .. } | Former::Suspended { .. })) {
            // They have got in because of us, though nobody looked before the end began.
            for grant in self.grants.iter_mut().filter(|grant| grant.phase == Phase::Closing) {
                grant.was_active = true;
            }
        }
        let Goal::Inside(wanted) = Goal::of(&self.holding, &self.grants) else { return Ok(()) };
        let former = self.holding.former.as_ref();
        // Where they were inside before us, what we give is the role.
        let role = wanted.given(self.holding.role.as_ref());
        let before_us = match former {
            None => self.grants.iter().all(|grant| !grant.was_active && grant.phase != Phase::Awaiting),
            Some(former) => matches!(former, Former::Present { .. }),
        };
        if before_us && role.is_some() && role != self.holding.role {
            return Ok(());
        }
        self.holding.paused = false;
        for phase in [Phase::Opening, Phase::Awaiting] {
            self.move_all(phase, Move::Inside, "access_active", now)?;
        }
        let proof = Proof::Restored { evidence: evidence.clone() };
        self.close_steps(now, Some(&proof), |kind| matches!(kind, StepKind::Entry | StepKind::Pause));
        Ok(())
    }

    fn learn_absent(&mut self, evidence: &Evidence, now: Timestamp) -> Result<()> {
        let proof = Proof::of_absence(evidence.clone());
        for id in self.ids(|grant| grant.phase == Phase::Active) {
            self.make(id, Move::Gone, Some(&Ending::by_itself(Cause::Drift)), now)?;
            self.prove(id, Some(&proof), "access_gone", now);
        }
        if !self.is_asked() {
            for id in self.ids(|grant| grant.phase == Phase::Awaiting) {
                self.make(id, Move::Lapse, Some(&Ending::by_itself(Cause::Lapsed)), now)?;
                self.tell(id, "grant_lapsed", now);
            }
        }
        self.rest_if_over();
        Ok(())
    }

    /// Whether a step is open that lets the subject in, or on again.
    pub(super) fn is_asked(&self) -> bool {
        self.has_step(&StepKind::Entry) || self.has_step(&StepKind::Pause)
    }

    /// Lets all grants of one phase make a move.
    pub(super) fn move_all(&mut self, from: Phase, happens: Move, kind: &str, now: Timestamp) -> Result<()> {
        for id in self.ids(|grant| grant.phase == from) {
            self.make(id, happens, None, now)?;
            self.tell(id, kind, now);
        }
        Ok(())
    }

    /// Ends the grants that are ending and match, with this proof.
    pub(super) fn end_closing(
        &mut self,
        proof: Option<&Proof>,
        which: impl Fn(&Grant) -> bool,
        now: Timestamp,
    ) -> Result<()> {
        for id in self.ids(|grant| grant.phase == Phase::Closing && which(grant)) {
            let used = self.grant(id).is_some_and(|grant| grant.was_active);
            self.make(id, if used { Move::Out } else { Move::OutUnused }, None, now)?;
            self.prove(id, proof, if used { "access_ended" } else { "access_never_used" }, now);
        }
        Ok(())
    }

    /// The subject is as before us, or out: everything that was ending has ended.
    pub(super) fn finish(&mut self, proof: Option<&Proof>, now: Timestamp) -> Result<()> {
        self.end_closing(proof, |_| true, now)?;
        if let Some(eviction) = self.holding.eviction.take() {
            let fact = self.note(now, "evicted");
            fact.actor = Some(eviction.by);
            fact.reason = eviction.reason;
            fact.proof = proof.cloned();
        }
        self.close_steps(now, proof, |kind| *kind == StepKind::Exit);
        self.close_steps(now, None, |kind| {
            matches!(kind, StepKind::Entry | StepKind::FollowUp | StepKind::Pause | StepKind::Decision)
        });
        self.rest_if_over();
        Ok(())
    }

    /// Forgets what was known of the place once nothing is owed there: the next grant looks anew.
    pub(super) fn rest_if_over(&mut self) {
        let owed = self.grants.iter().any(|grant| grant.phase.is_owed());
        if owed || self.holding.eviction.is_some() {
            return;
        }
        let known = &self.holding;
        self.holding = Holding {
            due_at: known.due_at,
            seen_at: known.seen_at,
            revision: known.revision,
            ..Holding::new(known.place.clone(), known.person.clone())
        };
    }

    fn prove(&mut self, id: GrantId, proof: Option<&Proof>, kind: &str, now: Timestamp) {
        if let Some(end) = self.grant(id).and_then(|grant| grant.end.as_mut()) {
            end.proof = proof.cloned();
        }
        let Some(grant) = self.grant(id).cloned() else { return };
        let cause = grant.end.as_ref().map(|end| end.cause);
        let fact = self.note_grant(now, kind, &grant);
        fact.proof = proof.cloned();
        fact.detail = serde_json::json!({ "cause": cause });
    }

    fn tell(&mut self, id: GrantId, kind: &str, now: Timestamp) {
        if let Some(grant) = self.grant(id).cloned() {
            self.note_grant(now, kind, &grant);
        }
    }

    /// Notes what stands in the way.
    pub(super) fn trouble(&mut self, kind: TroubleKind, reason: &str, now: Timestamp) {
        if !self.holding.has(kind) {
            let fact = self.note(now, "trouble_began");
            fact.reason = Some(reason.to_owned());
            fact.detail = serde_json::json!({ "trouble": kind });
        }
        self.holding.trouble(kind, now, reason);
    }

    /// Notes that it stands in the way no more.
    pub(super) fn clear(&mut self, kind: TroubleKind, now: Timestamp) {
        if self.holding.clear(kind) {
            self.note(now, "trouble_ended").detail = serde_json::json!({ "trouble": kind });
        }
    }
}

/// What a look says about who was there before us; `None` when it says nothing that could be kept.
fn former(look: &Observation, roles: Option<&[String]>) -> Option<Former> {
    let evidence = look.evidence.clone();
    let account = look.state.account();
    let told = account.and_then(|account| account.roles.known().cloned());
    let roles = told.or_else(|| roles.map(<[String]>::to_vec)).unwrap_or_default();
    let permissions = account.and_then(|account| account.permissions.known().cloned()).unwrap_or_default();
    match &look.state {
        AccessState::Absent => Some(Former::Absent { evidence }),
        AccessState::Suspended { .. } => Some(Former::Suspended { roles, permissions, evidence }),
        AccessState::Invited { .. } | AccessState::Present { .. } => {
            Some(Former::Present { roles, permissions, evidence })
        }
        AccessState::Unknown {
            reason: UnknownReason::NotObservable(reason) | UnknownReason::Denied(reason),
        } => Some(Former::Unknown { reason: reason.clone() }),
        AccessState::Ambiguous { .. } | AccessState::Unknown { .. } => None,
    }
}

//! The judgement, fact by fact.

use std::time::Duration;

use serde_json::json;

use super::{CauseKind, Checked, Facts, Failure, KeptCredential, Looked, Standing, decide};
use crate::Timestamp;
use crate::error::{Error, ErrorKind};
use crate::grants::{Grant, GrantId, Holding, Phase, Place, Principal, Step, StepId, TroubleKind};
use crate::model::{
    AccessState, AccountId, Collaborator, CredentialName, Evidence, Observation, PersonHandle, Status,
    UnknownReason,
};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn hours(count: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(count)
}

fn gina() -> PersonHandle {
    PersonHandle::new("gina").unwrap()
}

fn place() -> Place {
    let place = json!({ "platform": "shop", "store": "acme", "subject": "account:7", "contention": "acme" });
    serde_json::from_value(place).unwrap()
}

fn grant(phase: Phase) -> Grant {
    let wish = json!({
        "id": GrantId::new(now()), "place": place(), "person": gina(), "role": "support", "rank": 1,
        "requested_by": Principal::stated("sam"), "needs_approval": false, "starts_at": hours(-2),
        "ends_at": hours(2), "also": [], "adopted": false, "phase": phase, "was_active": phase == Phase::Active,
        "created_at": hours(-2), "revision": 1,
    });
    serde_json::from_value(wish).unwrap()
}

fn over(cause: &str, proof: serde_json::Value) -> Grant {
    let mut grant = grant(Phase::Ended);
    grant.was_active = true;
    grant.end =
        serde_json::from_value(json!({ "cause": cause, "since": hours(-1), "proof": proof })).unwrap();
    grant
}

fn listed(by: &str) -> serde_json::Value {
    json!({ "by": by, "evidence": evidence() })
}

fn evidence() -> Evidence {
    let mut evidence = Evidence::begun(now());
    evidence.complete = true;
    evidence
}

fn account(id: &str) -> Collaborator {
    Collaborator::new(AccountId::new(id).unwrap(), Status::Active)
}

fn seen(state: AccessState) -> Facts {
    Facts::new(now(), gina(), Looked::Seen(Observation::new(state, evidence())))
}

fn absent() -> Facts {
    seen(AccessState::Absent)
}

fn present() -> Facts {
    seen(AccessState::Present { account: Box::new(account("7")) })
}

fn step(kind: &str) -> Step {
    let step = json!({
        "id": StepId::random(), "place": place(), "person": gina(), "kind": kind,
        "manual": crate::ManualStep::new("Do it", crate::StepCheck::Attest("done".to_owned())),
        "opened_at": hours(-1), "revision": 1,
    });
    serde_json::from_value(step).unwrap()
}

fn holding() -> Holding {
    Holding::new(place(), gina())
}

fn troubled(kind: TroubleKind, error: Option<ErrorKind>) -> Option<Holding> {
    let mut holding = holding();
    holding.trouble(kind, now(), "as it is");
    if let Some(error) = error {
        holding.blame(kind, error);
    }
    Some(holding)
}

fn failed(kind: ErrorKind) -> Failure {
    Failure::of(&Error::new(kind, "it failed"))
}

/// Each row: what it is called, the facts, whether they are inside, and the first cause.
#[test]
fn every_situation_has_its_first_cause() {
    use CauseKind as K;
    use Standing::{In, NotIn, Unknown};
    let with = |mut facts: Facts, change: &dyn Fn(&mut Facts)| {
        change(&mut facts);
        facts
    };
    let grants = |facts: Facts, grant: Grant| with(facts, &|facts| facts.grants = vec![grant.clone()]);
    let past = |facts: Facts, grant: Grant| with(facts, &|facts| facts.past = Some(grant.clone()));
    let invited = || seen(AccessState::Invited { account: None });
    let suspended = || seen(AccessState::Suspended { account: Box::new(account("7")) });
    let blind =
        || Facts::new(now(), gina(), Looked::CannotLook { reason: "the merchant holds the key".to_owned() });
    let late = {
        let mut grant = grant(Phase::Requested);
        grant.starts_at = hours(1);
        grant
    };
    let unapproved = {
        let mut grant = grant(Phase::Requested);
        grant.needs_approval = true;
        grant
    };
    let colleague = {
        let mut grant = grant(Phase::Active);
        grant.person = PersonHandle::new("gus").unwrap();
        grant
    };
    let forced = {
        let mut grant = over("forced", serde_json::Value::Null);
        grant.phase = Phase::ForceClosed;
        grant
    };
    let table = [
        ("nobody asked", absent(), NotIn, K::NoGrant),
        ("not approved", grants(absent(), unapproved), NotIn, K::ApprovalMissing),
        ("later", grants(absent(), late), NotIn, K::StartsLater),
        ("invited", grants(invited(), grant(Phase::Awaiting)), NotIn, K::InvitationOpen),
        (
            "entry step",
            with(grants(absent(), grant(Phase::Awaiting)), &|facts| facts.steps = vec![step("entry")]),
            NotIn,
            K::EntryStepOpen,
        ),
        ("lapsed", past(absent(), over("lapsed", listed("listed"))), NotIn, K::InvitationLapsed),
        ("expired", past(absent(), over("expired", listed("listed"))), NotIn, K::GrantEnded),
        ("drift", past(absent(), over("drift", listed("listed"))), NotIn, K::TakenOut),
        ("off", suspended(), NotIn, K::SwitchedOff),
        (
            "seats",
            with(grants(absent(), grant(Phase::Opening)), &|facts| {
                facts.holding = troubled(TroubleKind::StoreUnavailable, Some(ErrorKind::SeatLimit));
            }),
            NotIn,
            K::SeatLimit,
        ),
        (
            "budget",
            with(grants(absent(), grant(Phase::Opening)), &|facts| {
                facts.holding = troubled(TroubleKind::StoreUnavailable, Some(ErrorKind::RateLimited));
            }),
            NotIn,
            K::BudgetExhausted,
        ),
        (
            "a check without a budget, after a look",
            with(grants(present(), grant(Phase::Active)), &|facts| {
                facts.check = Checked::Failed(failed(ErrorKind::RateLimited));
            }),
            In,
            K::GrantLives,
        ),
        (
            "plan",
            with(grants(absent(), grant(Phase::Opening)), &|facts| {
                facts.unproven = Some("the plan".to_owned());
            }),
            NotIn,
            K::PlanLimit,
        ),
        (
            "down",
            Facts::new(now(), gina(), Looked::Failed(failed(ErrorKind::Unavailable))),
            Unknown,
            K::StoreUnavailable,
        ),
        (
            "dead key",
            with(absent(), &|facts| facts.check = Checked::Failed(failed(ErrorKind::Unauthenticated))),
            NotIn,
            K::AuthorityLost,
        ),
        (
            "refused look",
            Facts::new(now(), gina(), Looked::Failed(failed(ErrorKind::PermissionDenied))),
            Unknown,
            K::AuthorityLost,
        ),
        ("left", Facts::new(now(), gina(), Looked::NoStore), Unknown, K::StoreUnknown),
        (
            "ambiguous",
            seen(AccessState::Ambiguous { accounts: vec![account("7"), account("8")] }),
            Unknown,
            K::Ambiguous,
        ),
        (
            "refused",
            with(grants(absent(), grant(Phase::Opening)), &|facts| {
                facts.holding = troubled(TroubleKind::Ambiguous, Some(ErrorKind::Conflict));
            }),
            NotIn,
            K::Refused,
        ),
        (
            "two accounts once",
            with(grants(absent(), grant(Phase::Opening)), &|facts| {
                facts.holding = troubled(TroubleKind::Ambiguous, None);
            }),
            NotIn,
            K::Ambiguous,
        ),
        (
            "unsettled",
            with(grants(absent(), grant(Phase::Opening)), &|facts| {
                facts.holding = troubled(TroubleKind::Unsettled, None);
            }),
            NotIn,
            K::Unsettled,
        ),
        (
            "password",
            with(grants(present(), grant(Phase::Active)), &|facts| {
                facts.holding = troubled(TroubleKind::Undelivered, None);
            }),
            In,
            K::Undelivered,
        ),
        (
            "evicted",
            with(absent(), &|facts| {
                let mut holding = holding();
                let by = json!({ "by": Principal::stated("boss"), "since": now() });
                holding.eviction = serde_json::from_value(by).unwrap();
                facts.holding = Some(holding);
            }),
            NotIn,
            K::Evicted,
        ),
        ("gone", grants(absent(), grant(Phase::Active)), NotIn, K::TakenOut),
        ("out and not proven", grants(absent(), grant(Phase::Closing)), NotIn, K::GrantEnded),
        ("inside", grants(present(), grant(Phase::Active)), In, K::GrantLives),
        ("ending", grants(present(), grant(Phase::Closing)), In, K::RemovalOpen),
        ("no grant", present(), In, K::WithoutGrant),
        ("before us", past(present(), over("expired", listed("restored"))), In, K::BeforeUs),
        ("forced", past(present(), forced), In, K::ForcedClosed),
        ("shared", grants(present(), colleague), In, K::SharedAccess),
        (
            "role",
            with(grants(present(), grant(Phase::Active)), &|facts| {
                facts.wrong_role = Some("more".to_owned());
            }),
            In,
            K::WrongRole,
        ),
        (
            "role by hand",
            with(grants(present(), grant(Phase::Active)), &|facts| {
                facts.steps = vec![step("follow_up")];
            }),
            In,
            K::RoleByHand,
        ),
        ("said to be inside", grants(blind(), grant(Phase::Active)), In, K::GrantLives),
        ("never said", blind(), Unknown, K::NoGrant),
        (
            "unreadable",
            seen(AccessState::Unknown { reason: UnknownReason::Denied("no".to_owned()) }),
            Unknown,
            K::AuthorityLost,
        ),
        (
            "half read",
            seen(AccessState::Unknown { reason: UnknownReason::Incomplete("a page is missing".to_owned()) }),
            Unknown,
            K::StoreUnavailable,
        ),
        (
            "not told",
            grants(
                seen(AccessState::Unknown { reason: UnknownReason::NotObservable("no".to_owned()) }),
                grant(Phase::Awaiting),
            ),
            NotIn,
            K::InvitationOpen,
        ),
        (
            "hidden by the plan",
            with(blind(), &|facts| {
                facts.hidden = Some("needs a better plan".to_owned());
                facts.past = Some(over("expired", listed("listed")));
            }),
            NotIn,
            K::GrantEnded,
        ),
        ("asked in by nobody", invited(), NotIn, K::InvitationOpen),
        (
            "asked in by hand",
            with(grants(invited(), grant(Phase::Awaiting)), &|facts| facts.steps = vec![step("entry")]),
            NotIn,
            K::InvitationOpen,
        ),
        ("invitation gone", grants(absent(), grant(Phase::Awaiting)), NotIn, K::InvitationLapsed),
        ("not begun", grants(absent(), grant(Phase::Opening)), NotIn, K::NotBegun),
        ("about to begin", grants(absent(), grant(Phase::Requested)), NotIn, K::NotBegun),
    ];
    for (name, facts, standing, first) in table {
        let (found, causes) = decide(&facts);
        assert_eq!(found, standing, "{name}: {causes:?}");
        assert_eq!(causes.first().map(|cause| cause.kind), Some(first), "{name}: {causes:?}");
        let spoken = causes.iter().all(|cause| cause.what.ends_with('.') && !cause.next_step.is_empty());
        assert!(spoken && causes.iter().all(|cause| !cause.evidence.is_empty()), "{name}: {causes:?}");
        assert!(causes.is_sorted_by_key(|cause| cause.kind), "{name}: {causes:?}");
    }
}

#[test]
fn what_is_left_over_is_told_beside_the_first_cause() {
    let mut facts = absent();
    facts.past = Some(over("expired", listed("listed")));
    facts.others = vec![account("8")];
    facts.steps = vec![step("residual")];
    facts.kept_credentials = vec![KeptCredential::new(CredentialName::new("web").unwrap(), hours(-1))];
    let kinds = |facts: &Facts| decide(facts).1.into_iter().map(|cause| cause.kind).collect::<Vec<_>>();
    let left = [CauseKind::OtherAccount, CauseKind::ResidualStep, CauseKind::ResidualCredential];
    assert_eq!(kinds(&facts)[1..], left);
    facts.look =
        Looked::Seen(Observation::new(AccessState::Present { account: Box::new(account("7")) }, evidence()));
    assert!(!kinds(&facts).contains(&CauseKind::ResidualCredential), "first they have to be out");
}

#[test]
fn an_invitation_tells_its_age_and_when_it_lapses() {
    let mut facts = seen(AccessState::Invited { account: None });
    facts.grants = vec![grant(Phase::Awaiting)];
    let evidence = |facts: &Facts| decide(facts).1[0].evidence.clone();
    let untold = "the platform does not tell until when it can be accepted";
    assert_eq!(
        evidence(&facts),
        format!(
            "offered on 2026-11-22 10:00 UTC or later, 2 hours ago at most; seen on 2026-11-22 12:00 UTC; {untold}; \
             our rules keep it open until the grant ends on 2026-11-22 14:00 UTC"
        )
    );
    facts.invited_at = Some(hours(-1));
    facts.patience = Some(Duration::from_secs(3 * 3600));
    assert!(evidence(&facts).starts_with("sent on 2026-11-22 11:00 UTC, 60 minutes ago; "));
    assert!(evidence(&facts).ends_with("; by our rules it lapses on 2026-11-22 13:00 UTC"));
    facts.patience = Some(Duration::from_secs(3600));
    assert!(evidence(&facts).ends_with("it should have been accepted by 2026-11-22 11:00 UTC"));
    let Looked::Seen(look) = facts.look.clone() else { panic!("it was seen") };
    facts.look = Looked::Seen(look.lapsing(Some(hours(700))));
    assert!(evidence(&facts).contains("; the platform lets it be accepted until 2026-12-21 16:00 UTC; "));
}

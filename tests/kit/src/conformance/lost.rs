//! Writes whose answer never came.

use std::time::Duration;

use guestpass::{
    AccessProviderExt, Baseline, Error, ErrorKind, InviteResult, Operation, RemovalResult, RemoveRequest,
    Retry,
};

use super::Subject;
use super::life::{invites_by_hand_only, removes_by_hand_only};
use crate::{Fault, On};

/// The invitation was executed, its answer lost: it is found by looking, and its follow-ups are not forgotten.
pub async fn a_lost_answer_to_an_invitation_invites_once(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    if !s.does(Operation::ObserveInvitation) {
        invitation_stays_open(s, Fault::LostAnswer).await;
        return acceptance_settles(s).await;
    }
    s.world.inject(On::Writes, Fault::LostAnswer, 1);
    let report = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    let (InviteResult::Granted(entry) | InviteResult::Invited(entry)) = report.result else {
        panic!("let in, not {:?}", report.result)
    };
    assert_eq!(entry.follow_ups.is_empty(), s.does(Operation::AssignRole), "{:?}", entry.follow_ups);
    assert!(entry.note.is_some(), "how to get in is told all the same");
    assert_eq!(entry.secret.is_some(), s.does(Operation::ResetPassword), "a lost password is replaced");
    assert_eq!((s.world.invitations(&s.guest().email), s.world.writes()), (1, 1 + passwords(s)));
}

/// Where no look shows an invitation, what is kept before it is sent tells whoever comes after a crash that it may be open.
pub async fn an_intent_is_not_forgotten(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let intent = provider.intend(&s.invitation(), &cx).await.unwrap();
    assert_eq!(intent.is_none(), s.does(Operation::ObserveInvitation), "{intent:?}");
    assert_eq!(s.world.writes(), 0, "an intent sends nothing");
    let Some(intent) = intent else { return };
    s.world.inject(On::Writes, Fault::LostAnswer, 1);
    let error = provider.invite(&s.invitation().with_intent(intent.clone()), &cx).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let after_a_crash = s.invitation().with_state(intent);
    assert_stays_open(&s.connect().ensure_invited(&after_a_crash, &cx).await.unwrap_err());
    assert_eq!((s.world.invitations(&s.guest().email), s.world.writes()), (1, 1));
    acceptance_settles(s).await;
}

/// The invitation takes effect only after the first look: settling waits for it.
pub async fn a_late_invitation_is_found_out(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let late = s.connect().connection().settle_after() / 2;
    if !s.does(Operation::ObserveInvitation) {
        invitation_stays_open(s, Fault::LateCommit { after: late }).await;
        s.clock.advance(late);
        return acceptance_settles(s).await;
    }
    s.world.inject(On::Writes, Fault::LateCommit { after: late }, 1);
    let report = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    assert!(matches!(report.result, InviteResult::Granted(_) | InviteResult::Invited(_)), "{report:?}");
    assert!(s.guest_is_inside());
    assert_eq!((s.world.invitations(&s.guest().email), s.world.writes()), (1, 1 + passwords(s)));
}

/// How many writes it takes to replace a password that came with a lost answer.
fn passwords(s: &Subject) -> usize {
    usize::from(s.does(Operation::ResetPassword))
}

/// The invitation never arrived: two looks say so, and a new attempt is safe.
pub async fn an_invitation_that_never_arrived_may_be_tried_again(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    if !s.does(Operation::ObserveInvitation) {
        invitation_stays_open(s, Fault::ConnectionReset).await;
        assert!(!s.guest_is_inside());
        return lapse_settles(s).await;
    }
    s.world.inject(On::Writes, Fault::ConnectionReset, 1);
    let before = s.clock.elapsed();
    let error = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap_err();
    assert_not_executed(&error);
    assert!(
        s.clock.elapsed() - before >= s.connect().connection().settle_after(),
        "the second look comes later"
    );
    assert_eq!(s.world.writes(), 1, "never sent again blindly");
    assert!(!s.guest_is_inside());
    s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    assert!(s.guest_is_inside());
}

/// Where no look shows an invitation, one whose answer was lost stays open: nobody waits for a look that cannot tell, and
/// nothing is sent again, neither by this connection nor by another one, with what is to be kept or without.
async fn invitation_stays_open(s: &Subject, fault: Fault) {
    s.world.inject(On::Writes, fault.clone(), 1);
    let (writes, began) = (s.world.writes(), s.clock.elapsed());
    let error = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap_err();
    assert_stays_open(&error);
    assert_eq!(s.clock.elapsed(), began, "{fault:?}: no look could settle it, so nobody waits");
    assert!(s.world.requests().last().is_some_and(|last| last.write), "{fault:?}: and nobody looks");
    let kept = error.state().expect("what is to be kept comes with the error").clone();
    for request in [s.invitation(), s.invitation().with_state(kept)] {
        assert_stays_open(&s.connect().ensure_invited(&request, &s.call()).await.unwrap_err());
    }
    assert_eq!(s.world.writes(), writes + 1, "{fault:?}: never sent again");
}

/// It was executed after all: whoever accepts it shows, and is found instead of invited.
async fn acceptance_settles(s: &Subject) {
    assert!(s.guest_is_inside());
    s.world.person_accepts(&s.guest().email);
    let report = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    let InviteResult::AlreadyThere(entry) = report.result else {
        panic!("already there, not {:?}", report.result)
    };
    assert!(entry.account.is_some() && entry.note.is_some(), "{entry:?}");
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    let report = s.connect().ensure_removed(&removal, &s.call()).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
    assert!(!s.guest_is_inside());
}

/// It was not executed: when it would have expired, a new one may be sent.
async fn lapse_settles(s: &Subject) {
    s.let_invitations_lapse();
    s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    assert!(s.guest_is_inside());
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    s.connect().ensure_removed(&removal, &s.call()).await.unwrap();
    assert!(!s.guest_is_inside());
}

fn assert_stays_open(error: &Error) {
    assert_eq!((error.kind(), error.retry()), (ErrorKind::OutcomeUnknown, Retry::SettleFirst), "{error}");
    assert!(error.remedy().contains("expired"), "it says when it is settled: {error}");
}

/// The removal was executed, its answer lost: absence is proven by looking.
pub async fn a_lost_answer_to_a_removal_is_proven(s: &Subject) {
    removal_settles(s, Fault::LostAnswer).await;
}

/// The removal takes effect only after the first look.
pub async fn a_late_removal_is_found_out(s: &Subject) {
    let late = s.connect().connection().settle_after() / 2;
    removal_settles(s, Fault::LateCommit { after: late }).await;
}

async fn removal_settles(s: &Subject, fault: Fault) {
    if !s.does(Operation::Invite) {
        return removes_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    s.world.inject(On::Writes, fault.clone(), 1);
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    let report = provider.ensure_removed(&removal, &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
    assert!(!s.guest_is_inside());
    let writes = s.world.writes();
    assert_eq!(s.world.removals(&s.guest().email), 1);
    if s.does(Operation::ObserveInvitation) {
        assert_eq!(writes, 2);
        return;
    }
    // Nothing shows what became of a revocation but asking for it again; that is done once, and takes nothing more.
    assert_eq!(writes, 3);
    provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    s.world.person_accepts(&s.guest().email);
    s.world.inject(On::Writes, fault, 2);
    let report = provider.ensure_removed(&removal, &cx).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
    assert!(!s.guest_is_inside());
    assert_eq!(s.world.removals(&s.guest().email), 2);
}

/// The removal never arrived: that is known, not assumed.
pub async fn a_removal_that_never_arrived_may_be_tried_again(s: &Subject) {
    if !s.does(Operation::Invite) {
        return removes_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    s.world.inject(On::Writes, Fault::ConnectionReset, 1);
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    if !s.does(Operation::ObserveInvitation) {
        // What takes an invitation back may be asked for again at once.
        let report = provider.ensure_removed(&removal, &cx).await.unwrap();
        assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
        assert!(!s.guest_is_inside());
        return;
    }
    let error = provider.ensure_removed(&removal, &cx).await.unwrap_err();
    assert_not_executed(&error);
    assert!(s.guest_is_inside());
    provider.ensure_removed(&removal, &cx).await.unwrap();
    assert!(!s.guest_is_inside());
}

/// An answer that cannot be read is a lost answer: whatever the write did is found out, and done once.
pub async fn unreadable_answers_to_writes_are_settled(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let executed = [
        Fault::StatusAfterCommit(500),
        Fault::StatusAfterCommit(502),
        Fault::StatusAfterCommit(504),
        Fault::Truncated,
        Fault::WrongType,
        Fault::EmptyBody,
        Fault::Oversized(5 << 20),
        Fault::GraphqlPartial,
    ];
    for (round, fault) in (1..).zip(executed) {
        if !s.does(Operation::ObserveInvitation) {
            invitation_stays_open(s, fault).await;
            assert_eq!(s.world.invitations(&s.guest().email), round);
            acceptance_settles(s).await;
            continue;
        }
        s.world.inject(On::Writes, fault.clone(), 1);
        let report = provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
        assert!(
            matches!(report.result, InviteResult::Granted(_) | InviteResult::Invited(_)),
            "{fault:?}: {report:?}"
        );
        assert_eq!(s.world.invitations(&s.guest().email), round, "{fault:?}");
        let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
        provider.ensure_removed(&removal, &cx).await.unwrap();
    }
    let not_executed = [Fault::Status(500), Fault::Status(503), Fault::Html(502), Fault::GraphqlErrorUnknown];
    let so_far = s.world.invitations(&s.guest().email);
    for fault in not_executed {
        if !s.does(Operation::ObserveInvitation) {
            let so_far = s.world.invitations(&s.guest().email);
            invitation_stays_open(s, fault).await;
            assert_eq!(s.world.invitations(&s.guest().email), so_far);
            lapse_settles(s).await;
            continue;
        }
        s.world.inject(On::Writes, fault.clone(), 1);
        let error = provider.ensure_invited(&s.invitation(), &cx).await.unwrap_err();
        assert_not_executed(&error);
        assert_eq!(s.world.invitations(&s.guest().email), so_far, "{fault:?}");
    }
}

/// Reads are tried again until the platform recovers; the credential is not blamed.
pub async fn a_failing_platform_recovers(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    for fault in [
        Fault::Status(500),
        Fault::Status(504),
        Fault::Html(502),
        Fault::ConnectionReset,
        Fault::StoreSuspended,
    ] {
        s.world.inject(On::Reads, fault.clone(), 1);
        provider.observe(&s.target(), &cx).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
    }
    s.world.inject(On::Reads, Fault::Status(503), 20);
    let requests = s.world.requests().len();
    let error = provider.observe(&s.target(), &cx).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.is_exhausted(), "{error:?}");
    let tries = s.world.requests().len() - requests;
    assert!((2..=5).contains(&tries), "{tries} tries");
    while provider.observe(&s.target(), &cx).await.is_err() {}
}

/// Without time for a second look the outcome stays unknown, and the error says when to look.
pub async fn without_time_to_settle_the_outcome_stays_unknown(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let settle_after = s.connect().connection().settle_after();
    if !s.does(Operation::ObserveInvitation) {
        // Time would not help, so there is none to miss.
        invitation_stays_open(s, Fault::LateCommit { after: settle_after / 2 }).await;
        s.clock.advance(settle_after);
        return acceptance_settles(s).await;
    }
    s.world.inject(On::Writes, Fault::LateCommit { after: settle_after / 2 }, 1);
    let hasty = s.call().with_timeout(settle_after.saturating_sub(Duration::from_secs(1)));
    let error = s.connect().ensure_invited(&s.invitation(), &hasty).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::OutcomeUnknown, Retry::SettleFirst), "{error}");
    assert!(error.remedy().contains("look again"), "{error}");
    s.clock.advance(settle_after);
    let report = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    assert!(matches!(report.result, InviteResult::AlreadyThere(_)), "{report:?}");
    assert_eq!(s.world.invitations(&s.guest().email), 1);
}

fn assert_not_executed(error: &Error) {
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff), "{error}");
    assert!(error.to_string().contains("safe to try again"), "{error}");
}

//! What is refused, and that nothing is sent then.

use guestpass::{
    Access, AccessProviderExt, AccessState, Assignable, Change, ChangeOutcome, ErrorKind, Operation,
    RemoveRequest, Retry, RoleSpec, Support, UnknownReason,
};

use super::life::{invites_by_hand_only, removal_is_a_step, removes_by_hand_only};
use super::{Denial, Subject};

/// A dead credential is reported after one request, and nothing is written.
pub async fn a_revoked_credential_is_not_hammered(s: &Subject) {
    s.world.revoke_credential();
    if s.settings.access == Access::Merchant {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let error = provider.check(&cx).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unauthenticated, Retry::Never), "{error}");
    assert!(s.world.requests().len() <= 2);
    let error = provider.ensure_invited(&s.invitation(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    assert_eq!(s.world.writes(), 0);
    assert!(!s.guest_is_inside());
}

/// A look that was denied proves nothing, so nothing is written after it.
pub async fn a_missing_right_stops_before_any_write(s: &Subject) {
    for denial in [Denial::Status, Denial::Body] {
        s.world.take_rights_away(denial);
        if !s.does(Operation::Observe) {
            return removes_by_hand_only(s).await;
        }
        let (provider, cx) = (s.connect(), s.call());
        let look = provider.observe(&s.target(), &cx).await.unwrap();
        let denied = matches!(look.state, AccessState::Unknown { reason: UnknownReason::Denied(_) });
        assert!(denied && !look.evidence.complete, "{denial:?}: {look:?}");
        let listed = super::everybody(&*provider, guestpass::ListQuery::fresh(), &cx).await;
        assert_eq!(listed.unwrap_err().kind(), ErrorKind::PermissionDenied, "{denial:?}");
        if !s.does(Operation::Invite) {
            // A human needs no look: the step is given, and says nothing about who is inside.
            invites_by_hand_only(s).await;
            removal_is_a_step(s).await;
            return;
        }
        let error = provider.ensure_invited(&s.invitation(), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{denial:?}: {error}");
        let error = provider.ensure_removed(&RemoveRequest::new(s.target()), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{denial:?}: {error}");
        assert_eq!(s.world.writes(), 0);
    }
}

const CHANGES: [(Operation, fn() -> Change); 6] = [
    (Operation::Resend, || Change::Resend),
    (Operation::CancelInvitation, || Change::CancelInvitation),
    (Operation::SetRole, || Change::SetRole(RoleSpec::new("support"))),
    (Operation::SetActive, || Change::SetActive(false)),
    (Operation::SetActive, || Change::SetActive(true)),
    (Operation::ResetPassword, || Change::ResetPassword),
];

/// What capabilities rule out is refused before any request.
pub async fn unsupported_operations_send_nothing(s: &Subject) {
    let (provider, cx) = (s.connect(), s.call());
    for (operation, change) in CHANGES {
        if s.support(operation) == Support::Unsupported {
            let error = provider.change(&s.target(), &change(), &cx).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{operation}: {error}");
            assert!(error.store().is_some(), "an error names the store");
        }
    }
    let unsupported = |operation| s.support(operation) == Support::Unsupported;
    if unsupported(Operation::ListRoles) {
        assert_eq!(provider.list_roles(&cx).await.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    if unsupported(Operation::Invite) {
        let error = provider.invite(&s.invitation(), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    if unsupported(Operation::Remove) {
        let error = provider.remove(&RemoveRequest::new(s.target()), &cx).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    assert!(s.world.requests().is_empty(), "{:?}", s.world.requests());
    for (operation, capability) in provider.capabilities().iter() {
        assert!(!capability.reason.is_empty(), "{operation} has no reason");
    }
}

/// What only a human can do is a step with instructions and a check, and nothing is written.
pub async fn manual_operations_write_nothing(s: &Subject) {
    let (provider, cx) = (s.connect(), s.call());
    for (operation, change) in CHANGES {
        if s.support(operation) != Support::Manual {
            continue;
        }
        let outcome = provider.change(&s.target(), &change(), &cx).await.unwrap();
        let ChangeOutcome::ActionRequired(step) = outcome else {
            panic!("{operation}: by hand, not {outcome:?}")
        };
        assert!(!step.title.is_empty() && !step.instructions.is_empty(), "{operation}: {step:?}");
    }
    if s.support(Operation::Invite) == Support::Manual {
        invites_by_hand_only(s).await;
    }
    if s.support(Operation::Remove) == Support::Manual {
        removes_by_hand_only(s).await;
    }
    if s.support(Operation::List) == Support::Manual {
        let error = super::everybody(&*provider, guestpass::ListQuery::new(), &cx).await.unwrap_err();
        assert!(error.manual_step().is_some(), "{error}");
    }
    assert_eq!(s.world.writes(), 0);
}

/// Roles are told to be assignable by somebody or not, and why not.
pub async fn roles_say_who_may_assign_them(s: &Subject) {
    if s.support(Operation::ListRoles) == Support::Unsupported {
        return unsupported_operations_send_nothing(s).await;
    }
    let roles = s.connect().list_roles(&s.call()).await.unwrap();
    assert!(!roles.is_empty());
    for role in roles {
        if let Assignable::Never(why) = &role.assignable {
            assert!(!why.is_empty(), "{role:?}");
        }
    }
}

/// A role with an owner's rights is refused before any request, unless the configuration names it so.
pub async fn privileged_roles_are_not_handed_out(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let role = s.world.privileged_role();
    let error = provider.invite(&s.invitation().with_role(role.clone()), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(s.world.requests().is_empty());
    provider.ensure_invited(&s.invitation().with_role(role.allowing_privileged()), &cx).await.unwrap();
    assert!(s.guest_is_inside());
}

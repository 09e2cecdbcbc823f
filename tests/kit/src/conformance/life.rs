//! The life of an access: in, seen, out, proven.

use guestpass::{
    AccessProviderExt, AccessState, AccountKind, Baseline, ErrorKind, Evidence, InviteResult, ListQuery,
    Operation, Proof, Remains, RemovalReport, RemovalResult, RemoveRequest, Told,
};

use super::{Subject, addresses, email, everybody};

/// Invite, list, observe, remove: each step is true in the fake's books.
pub async fn round_trip(s: &Subject) {
    let (provider, cx) = (s.connect(), s.call());
    let report = provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    if !s.does(Operation::Invite) {
        assert!(matches!(report.result, InviteResult::ActionRequired(_)), "{report:?}");
        assert!(!s.guest_is_inside() && s.world.writes() == 0);
        return;
    }
    assert!(matches!(report.result, InviteResult::Granted(_) | InviteResult::Invited(_)), "{report:?}");
    assert_eq!(report.baseline(), Baseline::Absent);
    assert!(s.guest_is_inside());

    let kept = report.result.entry().and_then(|entry| entry.state.clone());
    let query = s.knowing(ListQuery::new(), kept.as_ref());
    let listed = everybody(&*provider, query, &cx).await.unwrap();
    assert_eq!(addresses(&listed), s.everybody_inside());

    s.world.person_accepts(&s.guest().email);
    let seen = provider.wait_until_active(&s.target(), &cx).await.unwrap();
    assert!(matches!(seen.state, AccessState::Present { .. }), "{seen:?}");
    assert!(seen.evidence.complete);

    let removal = RemoveRequest::new(s.target()).with_baseline(report.baseline());
    let report = provider.ensure_removed(&removal, &cx).await.unwrap();
    let evidence = proof_of_removal(s, &report);
    assert!(evidence.complete && evidence.began_at >= report.before.evidence.began_at);
    assert!(!s.guest_is_inside());
    assert_eq!((s.world.invitations(&s.guest().email), s.world.removals(&s.guest().email)), (1, 1));
}

/// The second invitation finds the first one by looking, and sends nothing.
pub async fn inviting_twice_invites_once(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let cx = s.call();
    s.connect().ensure_invited(&s.invitation(), &cx).await.unwrap();
    let again = s.connect().ensure_invited(&s.invitation(), &cx).await.unwrap();
    assert!(matches!(again.result, InviteResult::AlreadyThere(_)), "{again:?}");
    assert_eq!(again.baseline(), Baseline::Present);
    assert_eq!(s.world.writes(), 1, "look before the write");
    assert_eq!(s.world.invitations(&s.guest().email), 1);
}

/// The second removal finds nobody, and proves it. Where a removal leaves an account, its password is replaced once more,
/// because nothing shows whether that was done.
pub async fn removing_twice_removes_once(s: &Subject) {
    if !s.does(Operation::Invite) {
        return removes_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    provider.ensure_removed(&removal, &cx).await.unwrap();
    let writes = s.world.writes();
    let again = provider.ensure_removed(&removal, &cx).await.unwrap();
    assert_eq!(s.world.removals(&s.guest().email), 1);
    match provider.connection().removal_leaves() {
        Remains::DisabledAccount => {
            proof_of_removal(s, &again);
        }
        _ => {
            assert!(matches!(again.result, RemovalResult::AlreadyAbsent(Proof::Listed { .. })), "{again:?}");
            assert_eq!(s.world.writes(), writes);
        }
    }
}

/// Where the API sets no role, the step to set it comes with the access and goes when the role is seen.
pub async fn a_role_that_must_be_set_by_hand_is_a_follow_up(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let report = provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    let (InviteResult::Granted(entry) | InviteResult::Invited(entry)) = report.result else {
        panic!("let in, not {:?}", report.result)
    };
    if s.does(Operation::AssignRole) {
        assert!(entry.follow_ups.is_empty(), "{:?}", entry.follow_ups);
        return;
    }
    let [step] = entry.follow_ups.as_slice() else { panic!("one follow-up, not {:?}", entry.follow_ups) };
    let ticked: Vec<_> =
        step.instructions.iter().flat_map(|instruction| instruction.permissions.clone()).collect();
    assert_eq!(ticked, s.world.ordinary_permissions());
    assert!(!step.reason.is_empty(), "a manual step says why");

    s.world.merchant_sets_permissions(&s.guest().email, &ticked);
    let again = provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    let InviteResult::AlreadyThere(entry) = again.result else {
        panic!("already there, not {:?}", again.result)
    };
    assert!(entry.follow_ups.is_empty(), "the role was set: {:?}", entry.follow_ups);
}

/// Taking the guest out leaves everybody else where they were.
pub async fn somebody_of_the_merchants_stays(s: &Subject) {
    let colleague = email("colleague@merchant.example");
    s.world.merchant_adds(&colleague);
    let before = s.world.inside();
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    provider.ensure_removed(&removal, &cx).await.unwrap();
    assert_eq!(s.world.inside(), before);
}

/// The owner is refused without a write.
pub async fn the_owner_is_never_removed(s: &Subject) {
    if !s.does(Operation::Remove) && !s.does(Operation::Observe) {
        return removes_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let owner = s.world.owner();
    let removal = RemoveRequest::new(s.target_of(&owner)).with_baseline(Baseline::Unknown);
    let error = provider.ensure_removed(&removal, &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(s.world.is_inside(&owner) && s.world.writes() == 0);

    let listed = everybody(&*provider, s.knowing(ListQuery::fresh(), None), &cx).await.unwrap();
    let row =
        listed.iter().find(|account| account.email.known().is_some_and(|known| known.same_mailbox(&owner)));
    let kind = row.expect("the owner is listed").kind;
    assert!(matches!(kind, Told::Known(AccountKind::Owner) | Told::NotTold), "{kind:?}");
}

/// Letter case does not hide anybody, and another address of the person is looked for too.
pub async fn a_removed_person_is_proven_absent_under_every_address(s: &Subject) {
    if !s.does(Operation::Remove) {
        return removes_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    let second = email("gina@old-agency.example");
    let mut gina = s.guest().with_other_email(email("GINA@OLD-AGENCY.EXAMPLE"));
    s.world.merchant_adds(&second);
    if let Some(account) = s.world.account(&second) {
        // The platform tells no addresses: what is the other address elsewhere is the account here.
        gina.accounts.insert(s.factory.id().clone(), account);
    }
    let look = provider.observe(&gina.on(s.factory.id()), &cx).await.unwrap();
    assert!(look.state.account().is_some(), "{look:?}");
    let removal = RemoveRequest::new(gina.on(s.factory.id())).with_baseline(Baseline::Absent);
    provider.ensure_removed(&removal, &cx).await.unwrap();
    assert!(!s.world.is_inside(&second));
}

/// A check names the store and costs little; it never waits.
pub async fn checking(s: &Subject) {
    let before = s.clock.elapsed();
    let report = s.connect().check(&s.call()).await.unwrap();
    assert!(!report.facts.is_empty());
    assert_eq!(s.clock.elapsed(), before, "a check never waits");
    assert!(s.world.requests().len() <= 3);
}

/// The evidence that a removal worked, in the way this platform ends an access.
pub(super) fn proof_of_removal(s: &Subject, report: &RemovalReport) -> Evidence {
    let remains = s.connect().connection().removal_leaves();
    match (&report.result, remains) {
        (RemovalResult::Removed(Proof::Listed { evidence }), Remains::Nothing)
        | (RemovalResult::Removed(Proof::Disabled { evidence }), Remains::DisabledAccount) => {
            evidence.clone()
        }
        (result, _) => panic!("removed with proof, not {result:?}"),
    }
}

/// What stands in for a case about invitations where only people can invite.
pub(super) async fn invites_by_hand_only(s: &Subject) {
    let report = s.connect().ensure_invited(&s.invitation(), &s.call()).await.unwrap();
    let InviteResult::ActionRequired(step) = report.result else {
        panic!("by hand, not {:?}", report.result)
    };
    assert!(!step.instructions.is_empty());
    assert!(!s.guest_is_inside() && s.world.writes() == 0);
}

/// What stands in for a case about removals where only people can remove.
pub(super) async fn removes_by_hand_only(s: &Subject) {
    if s.does(Operation::Observe) {
        return removes_by_hand_and_proves(s).await;
    }
    removal_is_a_step(s).await;
}

/// Where people remove and the platform can be read, what they did is proven by looking.
async fn removes_by_hand_and_proves(s: &Subject) {
    let (provider, cx) = (s.connect(), s.call());
    let removal = RemoveRequest::new(s.target());
    let guest = s.guest().email;
    for inside in [false, true] {
        if inside {
            s.world.people_let_in(&guest);
            let listed = everybody(&*provider, ListQuery::fresh(), &cx).await.unwrap();
            assert_eq!(addresses(&listed), s.world.inside());
            removal_is_a_step(s).await;
            assert!(s.guest_is_inside(), "a step is not a removal");
            s.world.merchant_removes(&guest);
            assert!(!s.guest_is_inside());
        }
        let report = provider.ensure_removed(&removal, &cx).await.unwrap();
        let RemovalResult::AlreadyAbsent(Proof::Listed { evidence }) = report.result else {
            panic!("absent with proof, not {:?}", report.result)
        };
        assert!(evidence.complete);
    }
    assert_eq!(s.world.writes(), 0);
}

pub(super) async fn removal_is_a_step(s: &Subject) {
    let removal = RemoveRequest::new(s.target());
    let report = s.connect().ensure_removed(&removal, &s.call()).await.unwrap();
    let RemovalResult::ActionRequired(step) = report.result else {
        panic!("by hand, not {:?}", report.result)
    };
    assert!(!step.instructions.is_empty());
    assert_eq!(s.world.writes(), 0);
}

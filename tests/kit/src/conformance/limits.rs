//! Politeness: throttles, budgets, the reserve.

use std::time::Duration;

use futures_util::future::join_all;
use guestpass::{
    AccessProviderExt, Baseline, CallContext, Clock, ErrorKind, Operation, Priority, RemovalResult,
    RemoveRequest, Retry,
};

use super::Subject;
use super::life::{invites_by_hand_only, removes_by_hand_only};
use crate::{Fault, On, ThrottleShape};

const SHAPES: [ThrottleShape; 7] = [
    ThrottleShape::AllHeaders,
    ThrottleShape::RetryAfterSeconds,
    ThrottleShape::ResetMillis,
    ThrottleShape::NoHeaders,
    ThrottleShape::NoHeadersHtml,
    ThrottleShape::StandardRetryAfterDate,
    ThrottleShape::Status509,
];

/// The most requests that one removal takes, with the looks before and after it.
const A_REMOVAL: usize = 4;

/// Each form of "too many requests" is understood, and its wait is kept, on the clock alone.
pub async fn every_throttle_is_waited_out(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    for shape in SHAPES {
        s.world.inject(On::Reads, Fault::Throttled(shape), 1);
        let before = s.clock.elapsed();
        provider.observe(&s.target(), &cx).await.unwrap();
        let waited = s.clock.elapsed() - before;
        let told = !matches!(
            shape,
            ThrottleShape::NoHeaders | ThrottleShape::NoHeadersHtml | ThrottleShape::Status509
        );
        assert!(!told || waited >= Duration::from_secs(4), "{shape:?}: waited only {waited:?}");
    }
}

/// A throttled write was not executed: it is sent again, and happens once.
pub async fn a_throttled_write_is_sent_again_and_done_once(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let cx = s.call();
    for shape in SHAPES {
        let provider = s.connect();
        s.world.inject(On::Writes, Fault::Throttled(shape), 1);
        provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
        assert!(s.guest_is_inside(), "{shape:?}");
        s.world.inject(On::Writes, Fault::Throttled(shape), 1);
        let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
        provider.ensure_removed(&removal, &cx).await.unwrap();
        assert!(!s.guest_is_inside(), "{shape:?}");
    }
    let guest = s.guest().email;
    assert_eq!((s.world.invitations(&guest), s.world.removals(&guest)), (SHAPES.len(), SHAPES.len()));
}

/// Many callers at once wait for the budget instead of breaking it.
pub async fn fifty_callers_stay_inside_the_budget(s: &Subject) {
    if !s.does(Operation::Observe) {
        return removes_by_hand_only(s).await;
    }
    let (limit, window) = s.world.budget();
    let (provider, cx, target) = (s.connect(), s.call(), s.target());
    for _ in 0..limit / 2 {
        provider.observe(&target, &cx).await.unwrap();
    }
    let many = join_all((0..50).map(|_| provider.observe(&target, &cx))).await;
    assert!(many.iter().all(Result::is_ok));
    let metered: Vec<_> =
        s.world.requests().into_iter().filter(|request| s.world.is_metered(request)).collect();
    assert!(metered.len() >= limit / 2 + 50);
    assert!(metered.iter().all(|request| !request.throttled), "the platform had to refuse");
    for (first, request) in metered.iter().enumerate() {
        let within = metered
            .iter()
            .skip(first)
            .take_while(|later| Duration::try_from(later.at.duration_since(request.at)).unwrap() < window)
            .count();
        assert!(within <= limit, "{within} requests within {window:?}");
    }
}

/// When the budget for ordinary work is used up, somebody can still be taken out, with proof.
pub async fn the_reserve_is_kept_for_removals(s: &Subject) {
    if !s.does(Operation::Invite) || s.world.reserve() == 0 {
        return removes_by_hand_only(s).await;
    }
    let (provider, cx) = (s.connect(), s.call());
    provider.ensure_invited(&s.invitation(), &cx).await.unwrap();
    let impatient = cx.clone().failing_fast();
    let mut refused = None;
    for _ in 0..s.world.budget().0 {
        if let Err(error) = provider.observe(&s.target(), &impatient).await {
            refused = Some(error);
            break;
        }
    }
    let refused = refused.expect("ordinary work is refused before the budget is empty");
    assert_eq!(refused.kind(), ErrorKind::RateLimited, "{refused}");
    assert!(matches!(refused.retry(), Retry::After(_)));
    let ((limit, window), now) = (s.world.budget(), s.clock.now());
    let counts = |at| Duration::try_from(now.duration_since(at)).is_ok_and(|age| age <= window);
    let requests = s.world.requests();
    let used = requests.iter().filter(|request| s.world.is_metered(request) && counts(request.at)).count();
    assert_eq!(used, limit - s.world.reserve());

    // A reserve too small for a whole removal lets it begin at once, and is full again soon.
    let enough = s.world.reserve() >= A_REMOVAL;
    if !enough {
        let first = impatient.clone().with_priority(Priority::Removal);
        provider.observe(&s.target(), &first).await.expect("a removal goes first");
    }
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    let report = provider.ensure_removed(&removal, if enough { &impatient } else { &cx }).await.unwrap();
    assert!(matches!(report.result, RemovalResult::Removed(_)), "{report:?}");
    assert!(!s.guest_is_inside());
}

/// Waiting for somebody to accept looks rarely.
pub async fn watching_keeps_its_slow_pace(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    let provider = s.connect();
    let interval = provider.connection().min_observe_interval();
    let hours = Duration::from_secs(3 * 3600);
    let cx = s.call().with_timeout(hours);
    let error = provider.wait_until_active(&s.target(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let watching = cx.with_timeout(hours).with_priority(Priority::Background);
    for _ in 0..3 {
        provider.observe(&s.target(), &watching).await.unwrap();
    }
    let looks = s.world.requests().iter().filter(|request| s.world.is_metered(request)).count();
    let most = s.clock.elapsed().as_secs() / interval.as_secs().max(1) + 1;
    assert!(looks as u64 <= most, "{looks} looks in {:?}", s.clock.elapsed());
}

/// A wait that cannot end in time is an error now, with the time to come back.
pub async fn a_wait_beyond_the_deadline_fails_at_once(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    let provider = s.connect();
    s.world.inject(On::Reads, Fault::Throttled(ThrottleShape::AllHeaders), 1);
    let cx: CallContext = s.call().with_timeout(Duration::from_secs(2));
    let before = s.clock.elapsed();
    let error = provider.observe(&s.target(), &cx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    let Retry::After(wait) = error.retry() else { panic!("a time to come back, not {:?}", error.retry()) };
    assert!(wait >= Duration::from_secs(4), "{wait:?}");
    assert_eq!(s.clock.elapsed(), before, "nobody waited");
}

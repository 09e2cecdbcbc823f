//! Time that runs out, and callers who leave.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use guestpass::{AccessProvider, AccessProviderExt, Baseline, ErrorKind, Operation, RemoveRequest};

use super::Subject;
use super::life::invites_by_hand_only;
use crate::{Fault, On};

const HANGING: Duration = Duration::from_secs(300);

/// A read that hangs ends at the deadline.
pub async fn a_slow_read_ends_at_the_deadline(s: &Subject) {
    if !s.does(Operation::Observe) {
        return invites_by_hand_only(s).await;
    }
    s.world.inject(On::Reads, Fault::Slow(HANGING), 1);
    let provider = s.connect();
    let cx = s.call().with_timeout(Duration::from_secs(10));
    let target = s.target();
    let error = until_time_runs_out(s, provider.observe(&target, &cx), a_read_arrived).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout);
}

/// A token may have to be fetched before the first read.
fn a_read_arrived(s: &Subject) -> bool {
    s.world.requests().iter().any(|request| !request.write)
}

/// A write that hangs may have been executed: it is not reported as a mere time-out.
pub async fn a_slow_write_leaves_the_outcome_unknown(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    s.world.inject(On::Writes, Fault::Slow(HANGING), 1);
    let provider = s.connect();
    let cx = s.call().with_timeout(Duration::from_secs(10));
    let invitation = s.invitation();
    let error = until_time_runs_out(s, provider.invite(&invitation, &cx), |s| s.world.writes() > 0).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(s.world.invitations(&s.guest().email), 1);
}

/// Runs the work, and advances the clock beyond every deadline once the fake has seen what it waits for.
async fn until_time_runs_out<T>(
    s: &Subject,
    work: impl Future<Output = T>,
    arrived: impl Fn(&Subject) -> bool,
) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::task::yield_now() => {}
        }
        if arrived(s) {
            s.clock.advance(HANGING);
        }
    }
}

/// Whenever the caller stops waiting, what follows finds one access at most and can end it.
pub async fn a_caller_who_leaves_at_any_point_leaves_one_access_at_most(s: &Subject) {
    if !s.does(Operation::Invite) {
        return invites_by_hand_only(s).await;
    }
    let invitation = s.invitation();
    let removal = RemoveRequest::new(s.target()).with_baseline(Baseline::Absent);
    let (mut left_early, mut polls) = (0, 1);
    loop {
        let (provider, cx) = (s.connect(), s.call());
        let stayed = Leaving { work: pin!(provider.ensure_invited(&invitation, &cx)), polls }.await;
        settle_connections(&*provider).await;
        let again = provider.ensure_invited(&invitation, &cx).await;
        let guest = s.guest().email.as_str().to_lowercase();
        let accesses = s.everybody_inside().iter().filter(|email| **email == guest).count();
        match again {
            Ok(_) => assert_eq!(accesses, 1, "after {polls} polls"),
            // No look shows whether the caller left before or after the invitation: it is not sent again.
            Err(error) if !s.does(Operation::ObserveInvitation) => {
                assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
                assert!(accesses <= 1, "after {polls} polls");
                if accesses == 1 {
                    s.world.person_accepts(&s.guest().email)
                } else {
                    s.let_invitations_lapse()
                }
            }
            Err(error) => panic!("after {polls} polls: {error}"),
        }

        let cx = s.call();
        let leaving = Leaving { work: pin!(provider.ensure_removed(&removal, &cx)), polls }.await;
        settle_connections(&*provider).await;
        provider.ensure_removed(&removal, &cx).await.unwrap();
        assert!(!s.guest_is_inside(), "after {polls} polls");
        if stayed.is_some() && leaving.is_some() {
            break;
        }
        (left_early, polls) = (left_early + 1, polls + 1);
    }
    assert!(left_early >= 3, "the caller left only {left_early} times");
}

/// A request that was on its way when its caller left may still arrive; a look of the same connection comes after it.
async fn settle_connections(provider: &dyn AccessProvider) {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    let _ = provider.connection();
}

/// Stops waiting for its work after so many polls.
struct Leaving<'a, F> {
    work: Pin<&'a mut F>,
    polls: u32,
}

impl<F: Future> Future for Leaving<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        let polled = self.work.as_mut().poll(cx).map(Some);
        if polled.is_pending() && self.polls == 0 {
            return Poll::Ready(None);
        }
        polled
    }
}

//! When to try again, and when to look again.

use std::time::Duration;

use super::operations::later;
use crate::Timestamp;
use crate::grants::grant::Grant;
use crate::grants::holding::Holding;
use crate::grants::phase::Phase;
use crate::grants::step::Step;
use crate::grants::trouble::TroubleKind;
use crate::model::StepCheck;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How often it is looked whether somebody has accepted, or taken a step.
const WATCH_AWAITING: Duration = Duration::from_secs(15 * 60);
/// How often it is looked whether somebody has done what else was asked for.
const WATCH_STEPS: Duration = HOUR;
/// How often it is looked whether somebody is still inside.
const WATCH_ACTIVE: Duration = Duration::from_secs(6 * 3600);
/// From when on a removal is late.
pub(super) const LATE: Duration = HOUR;

/// What pacing needs to know of a platform.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) min_observe_interval: Duration,
    pub(super) settle_after: Duration,
    /// Whether looks show anything.
    pub(super) readable: bool,
    pub(super) patience: Option<Duration>,
}

/// The pause before the next try of a removal that is due since then: six within the first hour, hourly for a day, then
/// daily.
pub(super) fn removal_pause(since: Timestamp, now: Timestamp) -> Duration {
    match elapsed(since, now) {
        waited if waited < HOUR => 10 * MINUTE,
        waited if waited < HOUR + DAY => HOUR,
        _ => DAY,
    }
}

/// The pause before the next try of anything else, after so many failures: a minute, doubled up to an hour.
pub(crate) fn opening_pause(failed: u32) -> Duration {
    (MINUTE * 2_u32.saturating_pow(failed.saturating_sub(1).min(6))).min(HOUR)
}

/// Up to a tenth longer, so that many hosts do not come at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause
        + Duration::from_millis(fastrand::u64(0..=u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) / 10))
}

/// Since when somebody should be out.
pub(super) fn removal_since(holding: &Holding, grants: &[Grant]) -> Option<Timestamp> {
    let closing = grants.iter().filter(|grant| grant.phase == Phase::Closing);
    let ends = closing.filter_map(|grant| grant.end.as_ref()).map(|end| end.since);
    ends.chain(holding.eviction.as_ref().map(|eviction| eviction.since)).min()
}

/// When an unanswered invitation or entry step lapses.
pub(super) fn lapses_at(grant: &Grant, patience: Option<Duration>) -> Option<Timestamp> {
    let waits = grant.phase == Phase::Awaiting && !grant.was_active;
    patience.filter(|_| waits).map(|patience| later(grant.starts_at, patience))
}

/// When there is something to do at a place next, if ever.
pub(super) fn due(
    holding: &Holding,
    grants: &[Grant],
    steps: &[Step],
    pace: Pace,
    now: Timestamp,
) -> Option<Timestamp> {
    let evicted = holding.eviction.is_some();
    let times = grants.iter().flat_map(|grant| {
        let approved = !grant.needs_approval || grant.approved_by.is_some();
        [
            (grant.phase == Phase::Requested && approved && !evicted).then_some(grant.starts_at),
            (grant.phase != Phase::Closing).then_some(grant.ends_at),
            lapses_at(grant, pace.patience),
        ]
    });
    let any = |phase| grants.iter().any(|grant| grant.phase == phase);
    let often = [
        any(Phase::Awaiting).then_some(WATCH_AWAITING),
        steps.iter().any(is_observed).then_some(WATCH_STEPS),
        (any(Phase::Active) || any(Phase::Suspended)).then_some(WATCH_ACTIVE),
    ];
    // What fails is tried again at its own pace, and what has to end as well.
    let watches = pace.readable && holding.tries.failed == 0 && removal_since(holding, grants).is_none();
    let watch = often.into_iter().flatten().min().filter(|_| watches).map(|often| {
        let seen = holding.seen_at.unwrap_or(now).min(now);
        later(seen, jittered(often.max(pace.min_observe_interval)))
    });
    let again = again(holding, grants, pace, now);
    times.flatten().chain(watch).chain(again).min()
}

/// When to try again what is not done.
fn again(holding: &Holding, grants: &[Grant], pace: Pace, now: Timestamp) -> Option<Timestamp> {
    let settles =
        holding.intent.as_ref().map(|intent| later(intent.since, pace.settle_after)).filter(|at| *at > now);
    if settles.is_some() {
        return settles;
    }
    let slow = [TroubleKind::AuthorityLost, TroubleKind::StoreUnknown].iter().any(|kind| holding.has(*kind));
    let pause = match removal_since(holding, grants) {
        Some(since) => Some(removal_pause(since, now)),
        None if holding.tries.failed > 0 => Some(opening_pause(holding.tries.failed)),
        None if slow => Some(HOUR),
        None => None,
    };
    pause.map(|pause| later(now, jittered(if slow { pause.max(HOUR) } else { pause })))
}

fn is_observed(step: &Step) -> bool {
    step.closed.is_none()
        && step.manual.as_ref().is_some_and(|manual| matches!(manual.check, StepCheck::Observe(_)))
}

/// How long it was from then to now; nothing if the clock was set back.
pub(crate) fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        later(Timestamp::UNIX_EPOCH, Duration::from_secs(seconds))
    }

    #[test]
    fn removals_are_tried_six_times_in_the_first_hour_then_hourly_for_a_day_then_daily() {
        let mut tries = Vec::new();
        let mut now = at(0);
        while elapsed(at(0), now) < 4 * DAY {
            now = later(now, removal_pause(at(0), now));
            tries.push(elapsed(at(0), now));
        }
        let within = |limit| tries.iter().filter(|at| **at <= limit).count();
        assert_eq!(within(HOUR), 6);
        assert_eq!(within(HOUR + DAY), 6 + 24);
        assert_eq!(within(4 * DAY), 6 + 24 + 2);
        assert_eq!(removal_pause(at(100), at(0)), 10 * MINUTE, "a clock set back is no reason to wait");
    }

    fn pace() -> Pace {
        Pace {
            min_observe_interval: 15 * MINUTE,
            settle_after: MINUTE,
            readable: true,
            patience: Some(30 * MINUTE),
        }
    }

    fn holding() -> Holding {
        use crate::grants::subject::{Place, SubjectKey};
        use crate::model::{ContentionKey, PersonHandle, ProviderId, StoreHandle};
        let place = Place {
            platform: ProviderId::from_static("shop"),
            store: StoreHandle::new("acme").unwrap(),
            subject: SubjectKey::from_kept("mailbox:1"),
            contention: ContentionKey::new("store/1").unwrap(),
        };
        Holding::new(place, PersonHandle::new("sam").unwrap())
    }

    fn grant(phase: Phase) -> Grant {
        use crate::grants::grant::{GrantId, Principal};
        Grant {
            id: GrantId::new(at(0)),
            place: holding().place,
            person: holding().person,
            role: None,
            rank: None,
            reason: None,
            ticket: None,
            requested_by: Principal::stated("x"),
            needs_approval: false,
            approved_by: None,
            starts_at: at(600),
            ends_at: at(400_000),
            review_at: None,
            review_told: None,
            deliver_to: None,
            also: Vec::new(),
            adopted: false,
            phase,
            was_active: false,
            end: None,
            created_at: at(0),
            revision: 0,
        }
    }

    #[test]
    fn what_comes_first_is_due() {
        let due_of = |holding: &Holding, phase| due(holding, &[grant(phase)], &[], pace(), at(1000));
        let mut holding = holding();
        holding.seen_at = Some(at(900));
        assert_eq!(due_of(&holding, Phase::Requested), Some(at(600)));
        assert_eq!(due_of(&holding, Phase::Ended), Some(at(400_000)));
        let within = |due: Option<Timestamp>, from: u64, to: u64| {
            let due = due.unwrap();
            assert!(at(from) <= due && due <= at(to), "{due}");
        };
        within(due_of(&holding, Phase::Awaiting), 1800, 1890);
        within(due_of(&holding, Phase::Active), 22_500, 24_660);
        // What fails is not asked again at once, however long ago the last look was.
        holding.seen_at = Some(at(0));
        holding.tries.failed = 3;
        within(due_of(&holding, Phase::Active), 1240, 1264);
        holding.trouble(TroubleKind::AuthorityLost, at(0), "no");
        within(due_of(&holding, Phase::Active), 4600, 4960);
        within(due_of(&holding, Phase::Awaiting), 2400, 2400);
    }

    #[test]
    fn other_tries_slow_down_to_an_hour() {
        let pauses: Vec<_> = (1..=9).map(|failed| opening_pause(failed).as_secs() / 60).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(opening_pause(u32::MAX), HOUR);
    }
}

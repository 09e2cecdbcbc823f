//! One request from arrival to answer, on whichever platform: budget, fault, answer, log.

use guestpass::Timestamp;

use super::ground::later;
use super::http::{Answer, Incoming, Outcome};
use super::limits::{INJECTED, Limits, Standing};
use super::mangle;
use crate::fault::{Fault, FaultQueue, RequestFacts, ThrottleShape};
use crate::request_log::RequestLog;

/// Longer bodies are refused, as no honest request is that long.
const MAX_BODY: usize = 1024 * 1024;
/// Edges set cookies on API answers; nobody's log should show them.
pub(super) const SESSION_COOKIE: &str = "fake-session-cookie-to-be-redacted";

/// What every fake remembers beside its world.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) faults: FaultQueue,
    pub(super) log: RequestLog,
    pub(super) limits: Limits,
    late: Vec<LateWrite>,
}

/// A write that was received, and takes effect later.
struct LateWrite {
    due: Timestamp,
    request: Incoming,
}

/// The part of a fake that is particular to its platform.
pub(super) trait Platform: Default + Send + 'static {
    fn desk(&mut self) -> &mut Desk;

    /// What the log and the faults may know of a request.
    fn facts(request: &Incoming) -> RequestFacts;

    /// Counts the request for whoever sent it; strangers have no budget. `Ok` holds the standing that a success shows.
    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<Standing>, Standing>;

    /// How a request beyond its budget is refused, when no fault says it.
    fn throttle_shape(&self) -> ThrottleShape;

    /// The refusal of one request too many.
    fn throttled(&self, standing: &Standing, shape: ThrottleShape, now: Timestamp) -> Answer;

    /// The platform's own body for a status.
    fn error(&self, request: &Incoming, status: u16) -> Answer;

    /// The platform's form of a refusal that other platforms do not know.
    fn refusal(&self, fault: &Fault) -> Option<Answer>;

    /// Success and failure in one answer.
    fn half_failed(&self, answer: &mut Answer);

    /// The honest answer, with all its effects.
    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer;

    /// Puts on a served answer what only served answers carry.
    fn finish(&self, answer: Answer, standing: Option<Standing>, request: &Incoming) -> Answer;

    /// Puts on any answer what each one carries.
    fn stamp(&mut self, answer: Answer) -> Answer {
        answer
    }
}

/// Applies the late writes that are due.
pub(super) fn settle(platform: &mut impl Platform, now: Timestamp) {
    let (mut due, waiting): (Vec<_>, Vec<_>) =
        std::mem::take(&mut platform.desk().late).into_iter().partition(|write| write.due <= now);
    platform.desk().late = waiting;
    due.sort_by_key(|write| write.due);
    for write in due {
        platform.serve(&write.request, write.due);
    }
}

/// Answers a request and logs it.
pub(super) fn handle<P: Platform>(platform: &mut P, request: &Incoming, now: Timestamp) -> Outcome {
    let facts = P::facts(request);
    let (outcome, throttled) = exchange(platform, request, &facts, now);
    let outcome = match outcome {
        Outcome::Answered(answer) => Outcome::Answered(platform.stamp(answer)),
        Outcome::Dropped => Outcome::Dropped,
    };
    let status = match &outcome {
        Outcome::Answered(answer) => Some(answer.status),
        Outcome::Dropped => None,
    };
    platform.desk().log.record(facts, now, status, throttled);
    outcome
}

/// A request beyond the budget is refused before any fault, which then waits for the next request.
fn exchange<P: Platform>(
    platform: &mut P,
    request: &Incoming,
    facts: &RequestFacts,
    now: Timestamp,
) -> (Outcome, bool) {
    if request.body.len() > MAX_BODY {
        return (Outcome::Answered(platform.error(request, 413)), false);
    }
    let standing = match platform.spend(request, now) {
        Ok(standing) => standing,
        Err(full) => {
            let shape = platform.throttle_shape();
            return (Outcome::Answered(platform.throttled(&full, shape, now)), true);
        }
    };
    let Some(fault) = platform.desk().faults.take(facts) else {
        let answer = platform.serve(request, now);
        return (Outcome::Answered(platform.finish(answer, standing, request)), false);
    };
    let throttled = matches!(fault, Fault::Throttled(_));
    (fail(platform, &fault, request, facts, standing, now), throttled)
}

fn fail<P: Platform>(
    platform: &mut P,
    fault: &Fault,
    request: &Incoming,
    facts: &RequestFacts,
    standing: Option<Standing>,
    now: Timestamp,
) -> Outcome {
    match fault {
        Fault::ConnectionReset => Outcome::Dropped,
        Fault::LostAnswer => {
            platform.serve(request, now);
            Outcome::Dropped
        }
        Fault::LateCommit { after } => {
            if facts.write {
                let write = LateWrite { due: later(now, *after), request: request.clone() };
                platform.desk().late.push(write);
            }
            Outcome::Dropped
        }
        other => {
            if let Some(refusal) = instead_of_serving(platform, other, request, now) {
                return Outcome::Answered(refusal);
            }
            let mut answer = platform.serve(request, now);
            after_serving(platform, other, &mut answer, request);
            Outcome::Answered(platform.finish(answer, standing, request))
        }
    }
}

/// The answer of a fault that keeps the request from being applied.
fn instead_of_serving(
    platform: &impl Platform,
    fault: &Fault,
    request: &Incoming,
    now: Timestamp,
) -> Option<Answer> {
    Some(match fault {
        Fault::Throttled(shape) => platform.throttled(&INJECTED, *shape, now),
        Fault::Status(status) => platform.error(request, *status),
        Fault::Html(status) => Answer::html(*status, "Something is in the way"),
        Fault::Redirect(target) => Answer::html(302, "Moved").with_header("location", target),
        other => return platform.refusal(other),
    })
}

/// Spoils the answer to a request that was applied.
fn after_serving(platform: &impl Platform, fault: &Fault, answer: &mut Answer, request: &Incoming) {
    match fault {
        Fault::StatusAfterCommit(status) => *answer = platform.error(request, *status),
        Fault::Truncated => mangle::truncate(answer),
        Fault::WrongType => mangle::confuse_types(answer),
        Fault::Oversized(size) => mangle::pad(answer, *size),
        Fault::Slow(delay) => answer.delay = *delay,
        Fault::GraphqlPartial => platform.half_failed(answer),
        Fault::EmptyBody => *answer = Answer::empty(200),
        Fault::ExtraFields => mangle::add_unknown_fields(answer),
        _ => {}
    }
}

//! One request from arrival to answer, on whichever platform: budget, fault, answer, log.

use guestpass::Timestamp;

use super::ground::later;
use super::http::{Answer, Incoming, Outcome};
use super::limits::{Limits, Standing};
use super::mangle;
use crate::fault::{Fault, FaultQueue, RequestFacts, ThrottleShape};
use crate::request_log::RequestLog;

/// Longer bodies are refused, as no honest request is that long.
const MAX_BODY: usize = 1024 * 1024;
/// Edges set cookies on API answers; nobody's log should show them.
pub const SESSION_COOKIE: &str = "fake-session-cookie-to-be-redacted";

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

    /// Does what happens by itself, without any request.
    fn let_time_pass(&mut self, _: Timestamp) {}

    /// Counts the request for whoever sent it; strangers have no budget. `Ok` holds the standing that a success shows,
    /// `Err` the refusal of one request too many.
    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<Standing>, Answer>;

    /// The refusal of a request that a fault declares to be one too many.
    fn throttled(&self, request: &Incoming, shape: ThrottleShape, now: Timestamp) -> Answer;

    /// The platform's own body for a status.
    fn error(&self, request: &Incoming, status: u16) -> Answer;

    /// The platform's form of a refusal that other platforms do not know.
    fn refusal(&self, fault: &Fault, facts: &RequestFacts) -> Option<Answer>;

    /// Whether a fault is a refusal by something before the platform, which stamps nothing.
    fn from_edge(_: &Fault) -> bool {
        false
    }

    /// Success and failure in one answer.
    fn half_failed(&self, answer: &mut Answer);

    /// The honest answer, with all its effects.
    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer;

    /// Puts on a served answer what only served answers carry.
    fn finish(&self, answer: Answer, _: Option<Standing>, _: &Incoming) -> Answer {
        answer
    }

    /// Puts on any answer what each one carries.
    fn stamp(&mut self, answer: Answer, _: &Incoming) -> Answer {
        answer
    }
}

/// Lets time do its work, and applies the late writes that are due.
pub(super) fn settle(platform: &mut impl Platform, now: Timestamp) {
    let (mut due, waiting): (Vec<_>, Vec<_>) =
        std::mem::take(&mut platform.desk().late).into_iter().partition(|write| write.due <= now);
    platform.desk().late = waiting;
    due.sort_by_key(|write| write.due);
    for write in due {
        platform.let_time_pass(write.due);
        platform.serve(&write.request, write.due);
    }
    platform.let_time_pass(now);
}

/// Answers a request and logs it.
pub(super) fn handle<P: Platform>(platform: &mut P, request: &Incoming, now: Timestamp) -> Outcome {
    let facts = P::facts(request);
    let (outcome, throttled) = exchange(platform, request, &facts, now);
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
        let refusal = platform.error(request, 413);
        return (answered(platform, refusal, request), false);
    }
    let standing = match platform.spend(request, now) {
        Ok(standing) => standing,
        Err(refusal) => return (answered(platform, refusal, request), true),
    };
    let Some(fault) = platform.desk().faults.take(facts) else {
        let answer = platform.serve(request, now);
        let answer = platform.finish(answer, standing, request);
        return (answered(platform, answer, request), false);
    };
    let throttled = matches!(fault, Fault::Throttled(_));
    (fail(platform, &fault, request, facts, standing, now), throttled)
}

fn answered(platform: &mut impl Platform, answer: Answer, request: &Incoming) -> Outcome {
    Outcome::Answered(platform.stamp(answer, request))
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
            if let Some(refusal) = instead_of_serving(platform, other, request, facts, now) {
                return match P::from_edge(other) {
                    true => Outcome::Answered(refusal),
                    false => answered(platform, refusal, request),
                };
            }
            let mut answer = platform.serve(request, now);
            after_serving(platform, other, &mut answer, request);
            let answer = platform.finish(answer, standing, request);
            answered(platform, answer, request)
        }
    }
}

/// The answer of a fault that keeps the request from being applied.
fn instead_of_serving(
    platform: &impl Platform,
    fault: &Fault,
    request: &Incoming,
    facts: &RequestFacts,
    now: Timestamp,
) -> Option<Answer> {
    Some(match fault {
        Fault::Throttled(shape) => platform.throttled(request, *shape, now),
        Fault::Status(status) => platform.error(request, *status),
        Fault::Html(status) => Answer::html(*status, "Something is in the way"),
        Fault::Redirect(target) => Answer::html(302, "Moved").with_header("location", target),
        other => return platform.refusal(other, facts),
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

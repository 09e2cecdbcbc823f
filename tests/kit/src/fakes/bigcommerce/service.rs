//! One request from arrival to answer: budget, fault, authentication, route, log.

use std::time::Duration;

use guestpass::Timestamp;

use super::limits::{Limits, Standing};
use super::quirks::{LimitSharing, Quirks};
use super::route::{Route, facts};
use super::state::{World, later};
use super::{bodies, disturb, graphql, oauth, rest};
use crate::fakes::http::{Answer, Incoming, Outcome};
use crate::fakes::mangle;
use crate::fault::{Fault, FaultQueue, RequestFacts};
use crate::request_log::RequestLog;

/// Longer bodies are refused, as no honest request is that long.
const MAX_BODY: usize = 1024 * 1024;
/// Edges set cookies on API answers; nobody's log should show them.
pub(super) const SESSION_COOKIE: &str = "fake-session-cookie-to-be-redacted";
const HOUR: Duration = Duration::from_secs(3600);
const STORE_WINDOW: Duration = Duration::from_secs(30);

/// Everything the fake knows and remembers.
#[derive(Default)]
pub(super) struct Service {
    pub(super) world: World,
    pub(super) quirks: Quirks,
    pub(super) faults: FaultQueue,
    pub(super) log: RequestLog,
    limits: Limits,
    late: Vec<LateWrite>,
}

/// A write that was received, and takes effect later.
struct LateWrite {
    due: Timestamp,
    request: Incoming,
}

impl Service {
    /// Applies the late writes that are due.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let (mut due, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|write| write.due <= now);
        self.late = waiting;
        due.sort_by_key(|write| write.due);
        for write in due {
            self.serve(&write.request, write.due);
        }
    }

    pub(super) fn handle(&mut self, request: &Incoming, now: Timestamp) -> Outcome {
        let facts = facts(request);
        let (outcome, throttled) = self.exchange(request, &facts, now);
        let status = match &outcome {
            Outcome::Answered(answer) => Some(answer.status),
            Outcome::Dropped => None,
        };
        self.log.record(facts, now, status, throttled);
        outcome
    }

    /// A request beyond the budget is refused before any fault, which then waits for the next request.
    fn exchange(&mut self, request: &Incoming, facts: &RequestFacts, now: Timestamp) -> (Outcome, bool) {
        if request.body.len() > MAX_BODY {
            return (Outcome::Answered(bodies::error(request, 413, &self.quirks)), false);
        }
        let standing = match self.spend(request, now) {
            Ok(standing) => standing,
            Err(full) => {
                return (Outcome::Answered(full.refusal(self.quirks.limit_shape, now)), true);
            }
        };
        let Some(fault) = self.faults.take(facts) else {
            let answer = self.serve(request, now);
            return (Outcome::Answered(self.finish(answer, standing, request)), false);
        };
        let throttled = matches!(fault, Fault::Throttled(_));
        (self.fail(&fault, request, facts, standing, now), throttled)
    }

    fn fail(
        &mut self,
        fault: &Fault,
        request: &Incoming,
        facts: &RequestFacts,
        standing: Option<(Standing, bool)>,
        now: Timestamp,
    ) -> Outcome {
        match fault {
            Fault::ConnectionReset => Outcome::Dropped,
            Fault::LostAnswer => {
                self.serve(request, now);
                Outcome::Dropped
            }
            Fault::LateCommit { after } => {
                if facts.write {
                    self.late.push(LateWrite { due: later(now, *after), request: request.clone() });
                }
                Outcome::Dropped
            }
            other => {
                if let Some(refusal) = disturb::instead_of_serving(other, request, &self.quirks, now) {
                    return Outcome::Answered(refusal);
                }
                let mut answer = self.serve(request, now);
                disturb::after_serving(other, &mut answer, request, &self.quirks);
                Outcome::Answered(self.finish(answer, standing, request))
            }
        }
    }

    /// Counts the request for whoever sent it; strangers have no budget. The flag says whether success shows it.
    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<(Standing, bool)>, Standing> {
        let route = Route::of(&request.path);
        if route.token(request, &self.world).is_none() {
            return Ok(None);
        }
        let quirks = &self.quirks;
        let (who, quota, window, shown) = match route {
            Route::Account { uuid, .. } => {
                let who = match quirks.limit_sharing {
                    LimitSharing::ByAccount => format!("account {uuid}"),
                    LimitSharing::ByToken => {
                        format!("token {}", request.header("x-auth-token").unwrap_or_default())
                    }
                };
                (who, quirks.limit_per_hour, HOUR, quirks.rate_headers_on_success)
            }
            Route::Store { hash, .. } => (format!("store {hash}"), quirks.store_limit, STORE_WINDOW, true),
            Route::Login | Route::Unknown => return Ok(None),
        };
        let standing = self.limits.admit(&who, quota, window, now)?;
        Ok(Some((standing, shown)))
    }

    fn finish(&self, mut answer: Answer, standing: Option<(Standing, bool)>, request: &Incoming) -> Answer {
        answer = answer.with_header("set-cookie", format!("session={SESSION_COOKIE}; Secure; HttpOnly"));
        if let Some((standing, true)) = standing {
            answer = standing.onto(answer);
        }
        let accepted = request.header("accept-encoding").unwrap_or_default();
        if self.quirks.gzip_answers && accepted.contains("gzip") && !answer.body.is_empty() {
            mangle::gzip(&mut answer);
        }
        answer
    }

    /// The honest answer, with all its effects.
    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer {
        let route = Route::of(&request.path);
        if let Route::Login = route {
            return oauth::answer(request, &mut self.world);
        }
        if let Route::Unknown = route {
            return bodies::error(request, 404, &self.quirks);
        }
        let Some(token) = route.token(request, &self.world).cloned() else {
            return bodies::error(request, 401, &self.quirks);
        };
        match route {
            Route::Account { uuid, tail: "graphql" } if request.method == "POST" => {
                graphql::answer(request, &mut self.world, &self.quirks, uuid, &token, now)
            }
            Route::Store { hash, tail } => {
                rest::answer(request, &mut self.world, &self.quirks, hash, tail, &token, now)
            }
            _ => bodies::error(request, 404, &self.quirks),
        }
    }
}

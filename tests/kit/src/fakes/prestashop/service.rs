//! The shop behind the fake, as the common machinery sees it.

use guestpass::Timestamp;

use super::bodies::{HOST_WINDOW, JUNK, Stamp, throttled};
use super::quirks::Quirks;
use super::route::{Route, facts};
use super::state::World;
use super::{admin, gate, reads, writes};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::limits::{INJECTED, Standing};
use crate::fakes::mangle;
use crate::fakes::platform::{Desk, Platform};
use crate::fault::{Fault, RequestFacts, ThrottleShape};

/// Everything the fake knows and remembers.
#[derive(Default)]
pub(super) struct Service {
    pub(super) world: World,
    pub(super) quirks: Quirks,
    pub(super) desk: Desk,
    /// The address that the fake is served on: the shop's domain, unless the shop has another one.
    pub(super) home: String,
    /// The time of the last request, for answers that are made without one.
    pub(super) now: Timestamp,
}

impl Service {
    fn letterhead(&self) -> Stamp {
        Stamp { version: self.world.version, now: self.now }
    }

    fn webservice(&mut self, request: &Incoming, place: (u64, &str)) -> Answer {
        let stamp = self.letterhead();
        let (world, quirks) = (&mut self.world, &self.quirks);
        let call = match gate::enter(request, place, world, &self.home, quirks, stamp.now) {
            Ok(call) => call,
            Err(stopped) => return stamp.stopped(&stopped, request, quirks.redirect_status),
        };
        let reply = match call.method.as_str() {
            "POST" | "PUT" | "PATCH" if call.resource == "employees" => {
                writes::write(&call, world, quirks, stamp.now)
            }
            "DELETE" if call.resource == "employees" => writes::delete(&call, world),
            _ => reads::answer(&call, world, quirks),
        };
        match reply {
            Ok(reply) => stamp.reply(&reply, &call.writer, request),
            Err(failure) => stamp.failure(&failure, request),
        }
    }
}

impl Platform for Service {
    fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    fn facts(request: &Incoming) -> RequestFacts {
        facts(request)
    }

    fn let_time_pass(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The host counts whatever comes, whoever sends it.
    fn spend(&mut self, _: &Incoming, now: Timestamp) -> Result<Option<Standing>, Answer> {
        match self.desk.limits.admit("host", self.quirks.limit_per_second, HOST_WINDOW, now) {
            Ok(_) => Ok(None),
            Err(full) => Err(throttled(&full, self.quirks.limit_shape, now)),
        }
    }

    fn throttled(&self, _: &Incoming, shape: ThrottleShape, now: Timestamp) -> Answer {
        throttled(&INJECTED, shape, now)
    }

    fn error(&self, request: &Incoming, status: u16) -> Answer {
        self.letterhead().error(request, status)
    }

    fn refusal(&self, fault: &Fault, _: &RequestFacts) -> Option<Answer> {
        Some(match fault {
            Fault::GraphqlDenied => Answer::html(403, "Forbidden"),
            Fault::GraphqlErrorUnknown => {
                Answer { content_type: "text/html; charset=utf-8", ..Answer::empty(500) }
            }
            Fault::ComplexityExceeded => Answer::html(406, "Not Acceptable"),
            Fault::StoreSuspended => Answer::html(503, "The shop is in maintenance"),
            _ => return None,
        })
    }

    /// A PHP notice beside a good answer.
    fn half_failed(&self, answer: &mut Answer) {
        mangle::add_xml_error(answer);
    }

    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer {
        self.now = now;
        let blocked = matches!(request.method.as_str(), "PUT" | "PATCH" | "DELETE");
        if self.quirks.firewall_blocks_methods && blocked {
            return Answer::html(403, "Forbidden");
        }
        match Route::of(request, &self.world) {
            Route::Webservice { shop, tail } => {
                let tail = tail.to_owned();
                self.webservice(request, (shop, &tail))
            }
            Route::Admin { tail } => {
                let tail = tail.to_owned();
                admin::answer(request, &tail, &mut self.world, &self.quirks, now)
            }
            Route::TokenElsewhere => admin::token_elsewhere(request, &mut self.world, now),
            Route::Unknown => Answer::html(404, "Not Found"),
        }
    }

    fn finish(&self, mut answer: Answer, _: Option<Standing>, _: &Incoming) -> Answer {
        if self.quirks.junk_before_body && !answer.body.is_empty() {
            answer.body.splice(0..0, JUNK.bytes());
        }
        answer
    }
}

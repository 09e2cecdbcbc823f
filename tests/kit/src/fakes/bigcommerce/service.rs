//! The platform behind the fake, as the common machinery sees it.

use std::time::Duration;

use guestpass::Timestamp;

use super::credentials::Reach;
use super::quirks::{LimitSharing, Quirks};
use super::route::{Route, facts};
use super::state::World;
use super::{bodies, disturb, graphql, limits, oauth, rest, shopfront};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::limits::{INJECTED, Standing};
use crate::fakes::mangle;
use crate::fakes::platform::{Desk, Platform, SESSION_COOKIE};
use crate::fault::{Fault, RequestFacts, ThrottleShape};

const HOUR: Duration = Duration::from_secs(3600);
const STORE_WINDOW: Duration = Duration::from_secs(30);

/// Everything the fake knows and remembers.
#[derive(Default)]
pub(super) struct Service {
    pub(super) world: World,
    pub(super) quirks: Quirks,
    pub(super) desk: Desk,
}

impl Platform for Service {
    fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    fn facts(request: &Incoming) -> RequestFacts {
        facts(request)
    }

    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<Standing>, Answer> {
        let route = Route::of(&request.path);
        if route.token(request, &self.world, &self.quirks, now).is_none() {
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
            Route::Storefront { .. } | Route::Login | Route::Unknown => return Ok(None),
        };
        match self.desk.limits.admit(&who, quota, window, now) {
            Ok(standing) => Ok(shown.then_some(standing)),
            Err(full) => Err(limits::refusal(&full, quirks.limit_shape, now)),
        }
    }

    fn throttled(&self, _: &Incoming, shape: ThrottleShape, now: Timestamp) -> Answer {
        limits::refusal(&INJECTED, shape, now)
    }

    fn error(&self, request: &Incoming, status: u16) -> Answer {
        bodies::error(request, status, &self.quirks)
    }

    fn refusal(&self, fault: &Fault, _: &RequestFacts) -> Option<Answer> {
        disturb::refusal(fault, &self.quirks)
    }

    fn half_failed(&self, answer: &mut Answer) {
        mangle::add_graphql_error(answer, "A part of the answer is missing.");
    }

    fn finish(&self, mut answer: Answer, standing: Option<Standing>, request: &Incoming) -> Answer {
        answer = answer.with_header("set-cookie", format!("session={SESSION_COOKIE}; Secure; HttpOnly"));
        if let Some(standing) = standing {
            answer = limits::onto(answer, &standing);
        }
        if self.quirks.gzip_answers {
            mangle::gzip_where_accepted(&mut answer, request);
        }
        answer
    }

    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer {
        let route = Route::of(&request.path);
        if let Route::Login = route {
            return oauth::answer(request, &mut self.world, &self.quirks, now);
        }
        if let Route::Storefront { hash } = route {
            return shopfront::answer(request, &self.world, &self.quirks, hash, now);
        }
        if let Route::Unknown = route {
            return bodies::error(request, 404, &self.quirks);
        }
        let Some(token) = route.token(request, &self.world, &self.quirks, now).cloned() else {
            return bodies::error(request, 401, &self.quirks);
        };
        match route {
            Route::Account { uuid, tail: "graphql" } if request.method == "POST" => {
                graphql::answer(request, &mut self.world, &self.quirks, uuid, &token, now)
            }
            Route::Store { tail, hash } => {
                let hash = match &token.reach {
                    Reach::Store(own) => own,
                    Reach::Account(_) => hash,
                };
                rest::answer(request, &mut self.world, &self.quirks, hash, tail, &token, now)
            }
            _ => bodies::error(request, 404, &self.quirks),
        }
    }
}

//! The platform behind the fake, as the common machinery sees it.

use std::time::Duration;

use guestpass::Timestamp;
use serde_json::{Map, Value, json};

use super::guard::Call;
use super::quirks::{LimitSharing, Quirks};
use super::route::{Route, facts};
use super::state::World;
use super::{bodies, contributors, guard, invites, roles, sites, team, tokens};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::limits::{INJECTED, Standing};
use crate::fakes::mangle;
use crate::fakes::platform::{Desk, Platform, SESSION_COOKIE};
use crate::fault::{Fault, RequestFacts, ThrottleShape};

const MINUTE: Duration = Duration::from_secs(60);

/// Everything the fake knows and remembers.
#[derive(Default)]
pub(super) struct Service {
    pub(super) world: World,
    pub(super) quirks: Quirks,
    pub(super) desk: Desk,
    /// Requests with both selector headers.
    pub(super) doubly_selected: usize,
    answered: u64,
}

impl Platform for Service {
    fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    fn facts(request: &Incoming) -> RequestFacts {
        facts(request)
    }

    /// No header tells how much is left.
    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<Standing>, Answer> {
        self.doubly_selected += usize::from(guard::doubly_selected(request));
        let Some(mut who) = guard::limited(request, &self.world, now) else {
            return Ok(None);
        };
        if self.quirks.limit_sharing == LimitSharing::ByCredential {
            who = request.header("authorization").unwrap_or_default().to_owned();
        }
        let quirks = &self.quirks;
        match self.desk.limits.admit(&who, quirks.limit_per_minute, MINUTE, now) {
            Ok(_) => Ok(None),
            Err(full) => Err(throttled(&full, quirks.limit_shape, quirks, now)),
        }
    }

    fn throttled(&self, _: &Incoming, shape: ThrottleShape, now: Timestamp) -> Answer {
        throttled(&INJECTED, shape, &self.quirks, now)
    }

    fn error(&self, _: &Incoming, status: u16) -> Answer {
        bodies::error(status, &self.quirks)
    }

    fn refusal(&self, fault: &Fault, _: &RequestFacts) -> Option<Answer> {
        Some(match fault {
            Fault::GraphqlDenied => bodies::forbidden(&self.quirks),
            Fault::GraphqlErrorUnknown => bodies::coded(500, "UNHEARD_OF", "Something unusual happened."),
            Fault::ComplexityExceeded => bodies::invalid("body", "asks for too much", "OUT_OF_RANGE"),
            Fault::StoreSuspended => bodies::error(503, &self.quirks),
            _ => return None,
        })
    }

    /// Addresses that were invited are told to have failed as well; other answers get an error beside their data.
    fn half_failed(&self, answer: &mut Answer) {
        mangle::rewrite(answer, |body| {
            let Value::Object(fields) = body else {
                return;
            };
            match invited(fields) {
                Some(emails) => _ = fields.insert("failedEmails".to_owned(), json!(emails)),
                None => bodies::add_error(fields),
            }
        });
    }

    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer {
        let (world, quirks) = (&mut self.world, &self.quirks);
        let route = Route::of(&request.path);
        if route == Route::Unknown {
            return bodies::error(404, quirks);
        }
        if !route.answers_to(&request.method) {
            return bodies::error(quirks.wrong_method_status, quirks);
        }
        let call = Call { request, quirks, now };
        let answer = match route {
            Route::QueryContributors => contributors::query(call, world),
            Route::ChangeRole => contributors::change_role(call, world),
            Route::RemoveContributor => contributors::remove(call, world),
            Route::Invite => invites::bulk(call, world),
            Route::Resend(id) => invites::resend(call, id, world),
            Route::Revoke(id) => invites::revoke(call, id, world),
            Route::Roles => guard::roles(call, world)
                .map(|account| roles::list(request, world.custom_roles(&account), quirks)),
            Route::QuerySites => sites::query(call, world),
            Route::CountSites => sites::count(call, world),
            Route::SiteProperties => sites::properties(call, world),
            Route::MintToken => Ok(tokens::mint(call, world)),
            Route::TokenInfo => Ok(tokens::info(call, world)),
            Route::AppInstance => tokens::instance(call, world),
            Route::OauthApp(id) => tokens::oauth_app(call, id, world),
            Route::SearchTeam => team::search(call, world),
            Route::AssignTeam => team::assign(call, world),
            Route::RemoveTeam => team::remove(call, world),
            Route::InviteToTeam => team::invite(call, world),
            Route::Unknown => return bodies::error(404, quirks),
        };
        answer.unwrap_or_else(|refused| refused)
    }

    fn finish(&self, mut answer: Answer, _: Option<Standing>, request: &Incoming) -> Answer {
        answer = answer.with_header("set-cookie", format!("session={SESSION_COOKIE}; Secure; HttpOnly"));
        if self.quirks.gzip_answers {
            mangle::gzip_where_accepted(&mut answer, request);
        }
        answer
    }

    fn stamp(&mut self, answer: Answer, _: &Incoming) -> Answer {
        self.answered += 1;
        answer.with_header("x-wix-request-id", format!("1795348800.{:06}", self.answered))
    }
}

/// The refusal, in the given shape.
fn throttled(standing: &Standing, shape: ThrottleShape, quirks: &Quirks, now: Timestamp) -> Answer {
    let refused = || if quirks.limit_body_empty { Answer::empty(429) } else { bodies::error(429, quirks) };
    match shape {
        ThrottleShape::AllHeaders | ThrottleShape::RetryAfterSeconds | ThrottleShape::ResetMillis => {
            refused().with_header("retry-after", standing.reset_seconds())
        }
        ThrottleShape::NoHeaders => refused(),
        ThrottleShape::NoHeadersHtml => Answer::html(429, "Too many requests"),
        ThrottleShape::StandardRetryAfterDate => {
            refused().with_header("retry-after", standing.reset_date(now))
        }
        ThrottleShape::Status509 => Answer::html(509, "Bandwidth limit exceeded"),
    }
}

/// The addresses in the answer to an invitation.
fn invited(fields: &Map<String, Value>) -> Option<Vec<Value>> {
    let invites = fields.get("invites")?.as_array()?;
    Some(invites.iter().filter_map(|invite| invite.get("email").cloned()).collect())
}

//! The platform behind the fake, as the common machinery sees it.

use guestpass::Timestamp;

use super::apps::{AppKind, covers};
use super::cost::{self, Bill, Buckets};
use super::graphql::set;
use super::quirks::{BucketSize, Quirks};
use super::resolvers::Context;
use super::route::{Call, Route, TOKEN_HEADER, facts};
use super::state::{Plan, ShopState, World};
use super::vault::{Death, TokenKind};
use super::{bodies, consent, disturb, graphql, oauth, rest, storefront, versions};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::limits::Standing;
use crate::fakes::mangle;
use crate::fakes::platform::{Desk, Platform, SESSION_COOKIE};
use crate::fault::{Fault, RequestFacts, ThrottleShape};

/// Public apps may use tokens that never expire until then: 2027-01-01.
const TOKENS_MUST_EXPIRE: Timestamp = Timestamp::constant(1_798_761_600, 0);

/// Everything the fake knows and remembers.
#[derive(Default)]
pub(super) struct Service {
    pub(super) world: World,
    pub(super) quirks: Quirks,
    pub(super) desk: Desk,
    buckets: Buckets,
    answered: u64,
}

/// Whose token a request carries.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) token: String,
    pub(super) shop: String,
    pub(super) client_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) person: Option<String>,
    pub(super) kind: AppKind,
    plan: Plan,
}

impl Platform for Service {
    fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    fn facts(request: &Incoming) -> RequestFacts {
        facts(request)
    }

    fn let_time_pass(&mut self, now: Timestamp) {
        self.world.let_time_pass(&self.quirks, now);
    }

    fn spend(&mut self, request: &Incoming, now: Timestamp) -> Result<Option<Standing>, Answer> {
        self.beyond_budget(request, now).map_or(Ok(None), Err)
    }

    fn throttled(&self, request: &Incoming, shape: ThrottleShape, now: Timestamp) -> Answer {
        let graphql = matches!(Route::of(request).call, Call::Graphql { .. });
        disturb::throttled(shape, graphql, now)
    }

    fn error(&self, _: &Incoming, status: u16) -> Answer {
        bodies::error(status)
    }

    fn refusal(&self, fault: &Fault, facts: &RequestFacts) -> Option<Answer> {
        let field = facts.operations.first().map(String::as_str).unwrap_or_default();
        disturb::refusal(fault, field, &self.quirks)
    }

    fn from_edge(fault: &Fault) -> bool {
        matches!(fault, Fault::Html(_) | Fault::Redirect(_) | Fault::Status(520))
    }

    fn half_failed(&self, answer: &mut Answer) {
        mangle::add_graphql_error(answer, "A part of the answer is missing.");
    }

    fn serve(&mut self, request: &Incoming, now: Timestamp) -> Answer {
        let Route { shop, call } = Route::of(request);
        match call {
            Call::Unknown => return bodies::error(404),
            Call::Token if request.method == "POST" => {
                return oauth::answer(request, shop, &mut self.world, &self.quirks, now);
            }
            Call::Token => return bodies::error(404),
            Call::Storefront { version } => {
                return storefront::answer(request, shop, version, &self.world, &self.quirks);
            }
            Call::Authorize => return consent::page(request, shop, &mut self.world, &self.quirks, now),
            _ => {}
        }
        let client = match self.client(request, shop, now) {
            Ok(client) => client,
            Err(refusal) => return refusal,
        };
        self.world.vault.used(&client.token);
        match call {
            Call::Graphql { version } if request.method == "POST" => {
                self.graphql(request, version, &client, now)
            }
            Call::Rest { version, tail } if versions::answering(version).is_some() => {
                let (who, size) = self.rest_bucket(&client);
                let left = self.buckets.take(&who, size, 1.0, now);
                let answer = rest::answer(request, tail, &mut self.world, &self.quirks, &client, now);
                let used = size.maximum.saturating_sub(left.floor() as u64);
                answer.with_header("x-shopify-shop-api-call-limit", format!("{used}/{}", size.maximum))
            }
            Call::AccessScopes if request.method == "GET" => rest::access_scopes(&client),
            Call::Permissions if request.method == "DELETE" => rest::uninstall(&mut self.world, &client),
            _ => bodies::error(404),
        }
    }

    fn stamp(&mut self, answer: Answer, request: &Incoming) -> Answer {
        self.answered += 1;
        let answer = answer
            .with_header("x-request-id", format!("00000000-0000-4000-8000-{:012x}", self.answered))
            .with_header("set-cookie", format!("session={SESSION_COOKIE}; Secure; HttpOnly"));
        let (Call::Graphql { version } | Call::Rest { version, .. } | Call::Storefront { version }) =
            Route::of(request).call
        else {
            return answer;
        };
        match versions::answering(version) {
            Some(version) => answer.with_header("x-shopify-api-version", version),
            None => answer,
        }
    }
}

impl Service {
    /// Whose request this is, or why it is refused.
    fn client(&self, request: &Incoming, shop: Option<&str>, now: Timestamp) -> Result<Client, Answer> {
        let world = &self.world;
        let named = shop.map(str::to_lowercase);
        if named.as_ref().is_some_and(|shop| !world.shops.contains_key(shop)) {
            return Err(bodies::error(404));
        }
        let value = request.header(TOKEN_HEADER).unwrap_or_default();
        let Some(token) = world.vault.alive(value, now) else {
            let uninstalled =
                world.vault.get(value).is_some_and(|token| token.death == Some(Death::Uninstalled));
            return Err(bodies::error(if uninstalled { self.quirks.uninstalled_status } else { 401 }));
        };
        let shop = world.shops.get(&token.shop).filter(|shop| named.is_none_or(|named| named == shop.domain));
        let installed = shop.and_then(|shop| Some((shop, shop.installations.get(&token.client_id)?)));
        let (Some((shop, installation)), Some(app)) = (installed, world.apps.get(&token.client_id)) else {
            return Err(bodies::error(401));
        };
        match shop.state {
            ShopState::Frozen => return Err(bodies::error(402)),
            ShopState::Locked => return Err(bodies::error(423)),
            ShopState::Closed => return Err(disturb::shop_inactive()),
            ShopState::Open => {}
        }
        if !app.address_allowed {
            return Err(bodies::text(403, &self.quirks.address_denial));
        }
        if token.kind == TokenKind::Static && app.kind == AppKind::Public && now >= TOKENS_MUST_EXPIRE {
            return Err(bodies::must_expire());
        }
        let scopes = match &token.scopes {
            Some(own) => own.iter().filter(|scope| covers(&installation.granted, scope)).cloned().collect(),
            None => installation.granted.clone(),
        };
        Ok(Client {
            token: value.to_owned(),
            shop: shop.domain.clone(),
            client_id: token.client_id.clone(),
            scopes,
            person: token.person.clone(),
            kind: app.kind,
            plan: shop.plan,
        })
    }

    /// The bucket of an app on a shop, and its size.
    fn bucket(&self, client: &Client) -> (String, BucketSize) {
        let size = self.quirks.bucket.unwrap_or_else(|| cost::size(client.plan));
        (format!("points {} {}", client.client_id, client.shop), size)
    }

    fn rest_bucket(&self, client: &Client) -> (String, BucketSize) {
        let restore_rate = match client.plan {
            Plan::Basic | Plan::Grow => 2,
            Plan::Advanced => 4,
            Plan::Plus => 20,
        };
        let size = BucketSize { maximum: u64::from(self.quirks.rest_bucket), restore_rate };
        (format!("calls {} {}", client.client_id, client.shop), size)
    }

    fn beyond_budget(&self, request: &Incoming, now: Timestamp) -> Option<Answer> {
        let route = Route::of(request);
        let quirks = &self.quirks;
        match route.call {
            Call::Graphql { version } => {
                let client = self.client(request, route.shop, now).ok()?;
                let ready = graphql::read(request, versions::answering(version)?).ok()?;
                let (who, size) = self.bucket(&client);
                let available = self.buckets.available(&who, size, now);
                let bill = Bill { requested: ready.cost, actual: None, available, size };
                let refused = ready.cost <= quirks.max_cost && ready.cost as f64 > available;
                refused.then(|| {
                    let block = bill.extensions(quirks.throttled_cost_block, quirks.float_costs);
                    bodies::throttled("THROTTLED", block)
                })
            }
            Call::Rest { .. } => {
                let client = self.client(request, route.shop, now).ok()?;
                let (who, size) = self.rest_bucket(&client);
                let available = self.buckets.available(&who, size, now);
                let wait = (1.0 - available) / size.restore_rate as f64;
                (available < 1.0).then(|| {
                    let limit = format!("{0}/{0}", size.maximum);
                    bodies::error(429)
                        .with_header("retry-after", format!("{:.1}", wait.max(0.1)))
                        .with_header("x-shopify-shop-api-call-limit", limit)
                })
            }
            _ => None,
        }
    }

    fn graphql(&mut self, request: &Incoming, version: &str, client: &Client, now: Timestamp) -> Answer {
        let Some(version) = versions::answering(version) else {
            return bodies::error(404);
        };
        let ready = match graphql::read(request, version) {
            Ok(ready) => ready,
            Err(refusal) => return refusal,
        };
        if ready.cost > self.quirks.max_cost {
            return bodies::too_expensive(ready.cost, self.quirks.max_cost);
        }
        let (who, size) = self.bucket(client);
        let context = Context::new(&mut self.world, &self.quirks, client, now);
        let mut body = graphql::execute(&ready, &context);
        let (saved, forbidden) = (context.saved(), context.forbidden());
        if forbidden {
            return bodies::error(403);
        }
        let actual = ready.cost.saturating_sub(saved);
        let available = self.buckets.take(&who, size, actual as f64, now);
        let bill = Bill { requested: ready.cost, actual: Some(actual), available, size };
        if let Some(extensions) = bill.extensions(self.quirks.cost_block, self.quirks.float_costs) {
            set(&mut body, "extensions", extensions);
        }
        let answer = Answer::json(200, &body);
        if ready.deprecated {
            let reason = "https://shopify.dev/api/usage/versioning#deprecation-practices";
            return answer.with_header("x-shopify-api-deprecated-reason", reason);
        }
        answer
    }
}

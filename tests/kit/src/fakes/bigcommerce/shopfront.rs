//! A trace of the API for shoppers: enough to see which storefront token works, for whom.
//!
//! Only the header, the two error codes that are documented and the rule for servers are known; the rest is assumed. A
//! request with an `Origin` counts as a browser's, every other one as a server's.

use std::sync::LazyLock;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use guestpass::Timestamp;
use serde_json::{Value, json};

use super::quirks::Quirks;
use super::state::{Store, World};
use super::webshop::{FakeStorefrontToken, StorefrontTokenKind};
use crate::fakes::graphql::{Entity, GraphqlRequest, Parsed, Resolver, Wanted, parsed};
use crate::fakes::http::{Answer, Incoming};

static SCHEMA: LazyLock<Parsed> = LazyLock::new(|| {
    let schema = "type Query { site: Site! } \
        type Site { settings: Settings } \
        type Settings { storeHash: String! storeName: String! }";
    parsed(schema, "storefront-api.graphql")
});

/// The token and its store, whether it lives or not.
pub(super) fn known<'w>(world: &'w World, token: &str) -> Option<(&'w Store, &'w FakeStorefrontToken)> {
    world.stores.values().find_map(|store| {
        let token = store.shop.storefront_tokens.iter().find(|known| known.token == token)?;
        Some((store, token))
    })
}

/// Answers a request to the store `hash`, or to whichever store its token is for.
pub(super) fn answer(
    request: &Incoming,
    world: &World,
    quirks: &Quirks,
    hash: Option<&str>,
    now: Timestamp,
) -> Answer {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let found = bearer.and_then(|token| known(world, token));
    let Some((store, token)) = found.filter(|(store, _)| hash.is_none_or(|hash| store.hash == hash)) else {
        return refused(401, json!({"message": "There is no such token."}));
    };
    if !token.lives(quirks, now) {
        return refused(401, json!({"message": "The token has expired or was revoked."}));
    }
    match request.header("origin") {
        Some(origin) if !token.serves_browsers(origin) => {
            return refused(403, json!({"message": "The token is not for this page."}));
        }
        None if !token.serves_servers(quirks, now) => {
            return refused(quirks.server_refusal_status, json!({"message": "The token is for browsers."}));
        }
        _ => {}
    }
    executed(request, store, token, quirks)
}

fn executed(request: &Incoming, store: &Store, token: &FakeStorefrontToken, quirks: &Quirks) -> Answer {
    let error_status = if quirks.storefront_errors_as_401 { 401 } else { 200 };
    let invalid = |message: String| refused(error_status, json!({"message": message}));
    let schema = match SCHEMA.as_ref() {
        Ok(schema) => schema,
        Err(problem) => return refused(500, json!({"message": problem})),
    };
    let Ok(body) = request.json::<GraphqlRequest>() else {
        return invalid("The body is no GraphQL request.".to_owned());
    };
    let document = match ExecutableDocument::parse_and_validate(schema, body.query, "request.graphql") {
        Ok(document) => document,
        Err(problem) => return invalid(problem.errors.to_string()),
    };
    let Ok(operation) = document.operations.get(body.operation_name.as_deref()) else {
        return invalid("It is not clear which operation to execute.".to_owned());
    };
    let asks_for_data = operation.root_fields(&document).any(|field| field.name != "__typename");
    if asks_for_data && !may_read(token) {
        let extensions = json!({"code": "INSUFFICIENT_ACCESS_SCOPE", "requiredScopes": ["Unauthenticated"]});
        let error = json!({"message": "The token lacks a scope.", "extensions": extensions});
        return refused(error_status, error);
    }
    let Ok(variables) = coerce_variable_values(schema, operation, &body.variables.unwrap_or_default()) else {
        return invalid("The variables do not fit.".to_owned());
    };
    let shop = Shop { store };
    let done = Execution::new(schema, &document)
        .operation(operation)
        .coerced_variable_values(&variables)
        .execute_sync(&Entity::root(operation.object_type(), &shop));
    match done {
        Ok(response) => Answer::json(200, &json!(response)),
        Err(problem) => invalid(problem.message().to_string()),
    }
}

/// Private tokens have scopes; the others read whatever an anonymous shopper may.
fn may_read(token: &FakeStorefrontToken) -> bool {
    token.kind != StorefrontTokenKind::Private || token.scopes.iter().any(|scope| scope == "Unauthenticated")
}

fn refused(status: u16, error: Value) -> Answer {
    Answer::json(status, &json!({"data": null, "errors": [error]}))
}

struct Shop<'s> {
    store: &'s Store,
}

impl Resolver for Shop<'_> {
    fn resolve(&self, wanted: &Wanted<'_>) -> Result<Value, String> {
        Ok(match wanted.field {
            "site" => json!({"settings": {"storeHash": self.store.hash, "storeName": self.store.name}}),
            _ => wanted.plain(),
        })
    }
}

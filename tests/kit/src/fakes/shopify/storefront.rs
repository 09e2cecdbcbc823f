//! Storefront access tokens, and the Storefront API as whoever holds one sees it.

use std::sync::LazyLock;

use apollo_compiler::ExecutableDocument;
use guestpass::Timestamp;
use serde_json::{Map, Value, json};

use super::quirks::{Quirks, StorefrontRefusal};
use super::state::{Shop, ShopState, World};
use super::{bodies, disturb, versions};
use crate::fakes::graphql::{GraphqlRequest, Parsed, parsed};
use crate::fakes::ground::{Refusal, refuse};
use crate::fakes::http::{Answer, Incoming};

pub(super) const STOREFRONT_HEADER: &str = "x-shopify-storefront-access-token";

/// As much of the Storefront API as shows whether a token works.
static SCHEMA: LazyLock<Parsed> = LazyLock::new(|| {
    let text =
        "schema { query: QueryRoot } type QueryRoot { shop: Shop! } type Shop { id: ID! name: String! }";
    parsed(text, "storefront-api.graphql")
});

/// The most tokens of a shop.
const MOST: usize = 100;

pub(super) struct StorefrontToken {
    pub(super) number: u64,
    pub(super) client_id: String,
    pub(super) title: String,
    pub(super) token: String,
    pub(super) scopes: Vec<String>,
    pub(super) created_at: Timestamp,
    /// Deleted, or its app was taken out.
    pub(super) dead: bool,
}

impl Shop {
    /// The tokens that work.
    pub(super) fn living_storefront_tokens(&self) -> impl Iterator<Item = &StorefrontToken> {
        self.storefront_tokens.iter().filter(|token| !token.dead)
    }
}

impl World {
    /// Makes a token with every `unauthenticated_*` scope of the app.
    pub(super) fn create_storefront_token(
        &mut self,
        domain: &str,
        client_id: &str,
        title: &str,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        if title.trim().is_empty() {
            return refuse("Title can't be blank");
        }
        let number = 1_003_304_000 + self.number();
        let shop = self.shop_mut(domain)?;
        let granted = shop.installations.get(client_id).map(|entry| entry.granted.clone());
        let mut scopes = granted.unwrap_or_default();
        scopes.retain(|scope| scope.starts_with("unauthenticated_"));
        if scopes.is_empty() {
            return refuse("The app has no scope for the storefront.");
        }
        if shop.living_storefront_tokens().count() >= MOST {
            return refuse("The shop has as many storefront access tokens as it can have.");
        }
        shop.storefront_tokens.push(StorefrontToken {
            number,
            client_id: client_id.to_owned(),
            title: title.to_owned(),
            token: format!("{number:032x}"),
            scopes,
            created_at: now,
            dead: false,
        });
        Ok(number)
    }

    /// Deletes a token of the app; whether there was one.
    pub(super) fn delete_storefront_token(&mut self, domain: &str, client_id: &str, number: u64) -> bool {
        let Ok(shop) = self.shop_mut(domain) else {
            return false;
        };
        let doomed = |token: &&mut StorefrontToken| {
            !token.dead && token.client_id == client_id && token.number == number
        };
        match shop.storefront_tokens.iter_mut().find(doomed) {
            Some(token) => {
                token.dead = true;
                true
            }
            None => false,
        }
    }

    /// The text of a token.
    pub(super) fn storefront_text(&self, domain: &str, number: u64) -> Result<String, Refusal> {
        let tokens = &self.shop(domain)?.storefront_tokens;
        let made = tokens.iter().find(|token| token.number == number).map(|token| token.token.clone());
        made.ok_or_else(|| Refusal(format!("no storefront token {number}")))
    }

    /// The shop on which a storefront token works.
    pub(super) fn shop_of_storefront_token(&self, text: &str) -> Option<&Shop> {
        let has = |shop: &&Shop| shop.living_storefront_tokens().any(|token| token.token == text);
        self.shops.values().find(has)
    }
}

/// Answers a request to the Storefront API.
pub(super) fn answer(
    request: &Incoming,
    named: Option<&str>,
    version: &str,
    world: &World,
    quirks: &Quirks,
) -> Answer {
    if request.method != "POST" || versions::answering(version).is_none() {
        return bodies::error(404);
    }
    let named = named.map(str::to_lowercase);
    if named.as_ref().is_some_and(|shop| !world.shops.contains_key(shop)) {
        return bodies::error(404);
    }
    let token = request.header(STOREFRONT_HEADER).unwrap_or_default();
    let shop = world.shop_of_storefront_token(token);
    let Some(shop) = shop.filter(|shop| named.is_none_or(|named| named == shop.domain)) else {
        return refused(quirks.storefront_refusal);
    };
    match shop.state {
        ShopState::Frozen => return bodies::error(402),
        ShopState::Locked => return bodies::error(423),
        ShopState::Closed => return disturb::shop_inactive(),
        ShopState::Open => {}
    }
    if quirks.storefront_shop_denied {
        let (message, extensions) = bodies::denied("shop", false);
        return bodies::graphql_errors(&json!([{"message": message, "extensions": extensions}]));
    }
    shown(request, shop)
}

fn refused(how: StorefrontRefusal) -> Answer {
    let error = json!([{"message": "", "extensions": {"code": "UNAUTHORIZED"}}]);
    match how {
        StorefrontRefusal::Status401 => Answer::json(401, &json!({"errors": error})),
        StorefrontRefusal::Status403 => bodies::text(403, "Forbidden"),
        StorefrontRefusal::Graphql200 => bodies::graphql_errors(&error),
    }
}

/// The fields of the shop that were asked for.
fn shown(request: &Incoming, shop: &Shop) -> Answer {
    let schema = match SCHEMA.as_ref() {
        Ok(schema) => schema,
        Err(problem) => return bodies::text(500, problem),
    };
    let Ok(body) = request.json::<GraphqlRequest>() else { return bodies::error(400) };
    let document = ExecutableDocument::parse_and_validate(schema, body.query, "request.graphql");
    let operation = document.as_ref().ok().and_then(|document| {
        document.operations.get(body.operation_name.as_deref()).ok().map(|operation| (document, operation))
    });
    let Some((document, operation)) = operation else {
        let error = json!({"message": "The query cannot be read", "extensions": {"code": "PARSE_ERROR"}});
        return bodies::graphql_errors(&json!([error]));
    };
    let mut fields = Map::new();
    for field in operation.root_fields(document).flat_map(|field| field.selection_set.root_fields(document)) {
        let value = match field.name.as_str() {
            "id" => json!(format!("gid://shopify/Shop/{}", shop.number)),
            "name" => json!(shop.name),
            _ => Value::Null,
        };
        fields.insert(field.response_key().to_string(), value);
    }
    Answer::json(200, &json!({"data": {"shop": fields}}))
}

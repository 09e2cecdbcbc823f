//! The Account API: a document is parsed, validated, checked for scopes and cost, and executed.

use std::sync::LazyLock;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, JsonMap};
use guestpass::Timestamp;
use serde_json::{Value, json};

use super::credentials::Token;
use super::quirks::{FailedData, Quirks, ScopeDenial};
use super::resolvers::Context;
use super::state::World;
use super::{bodies, paging};
use crate::fakes::graphql::{self as shared, Asked, Entity, GraphqlRequest, Meter, Parsed, parsed};
use crate::fakes::http::{Answer, Incoming};

static SCHEMA: LazyLock<Parsed> =
    LazyLock::new(|| parsed(include_str!("account-api.graphql"), "account-api.graphql"));

/// A query is named by its namespaces and what they hold, a mutation by what it does there.
pub(super) fn asked(request: &Incoming) -> Asked {
    shared::asked(request, &SCHEMA, |operation, document| {
        let write = operation.is_mutation();
        let mut names = Vec::new();
        for field in operation.root_fields(document) {
            if !write {
                names.push(field.name.to_string());
            }
            let below = field.selection_set.root_fields(document);
            let telling = below.filter(|field| write || !field.selection_set.is_empty());
            names.extend(telling.map(|field| field.name.to_string()));
        }
        names
    })
}

/// Answers a request of a token that is valid for `account`.
pub(super) fn answer(
    request: &Incoming,
    world: &mut World,
    quirks: &Quirks,
    account: &str,
    token: &Token,
    now: Timestamp,
) -> Answer {
    let schema = match SCHEMA.as_ref() {
        Ok(schema) => schema,
        Err(problem) => return bodies::titled(500, problem),
    };
    let refused =
        |messages: Vec<Value>| Answer::json(quirks.unknown_field_status, &json!({"errors": messages}));
    let Ok(body) = request.json::<GraphqlRequest>() else {
        return refused(vec![json!({"message": "The body is no GraphQL request."})]);
    };
    let document = match ExecutableDocument::parse_and_validate(schema, body.query, "request.graphql") {
        Ok(document) => document,
        Err(invalid) => {
            return refused(invalid.errors.iter().map(|error| json!(error.to_json())).collect());
        }
    };
    let Ok(operation) = document.operations.get(body.operation_name.as_deref()) else {
        return refused(vec![json!({"message": "It is not clear which operation to execute."})]);
    };
    let variables = match coerce_variable_values(schema, operation, &body.variables.unwrap_or_default()) {
        Ok(variables) => variables,
        Err(problem) => return refused(vec![json!({"message": problem.message().to_string()})]),
    };
    if let Some(denied) = denied(operation, &document, token, quirks, request) {
        return denied;
    }
    let cost = cost(operation, &document, &variables, quirks);
    if cost > quirks.complexity_limit {
        return bodies::too_complex(cost, quirks.complexity_limit);
    }

    let context = Context::new(world, quirks, account, now);
    let executed = Execution::new(schema, &document)
        .operation(operation)
        .coerced_variable_values(&variables)
        .execute_sync(&Entity::root(operation.object_type(), &context));
    match executed {
        Ok(response) => {
            executed_answer(response, operation, quirks).with_header("x-bc-graphql-complexity", cost)
        }
        Err(problem) => refused(vec![json!({"message": problem.message().to_string()})]),
    }
}

fn executed_answer(mut response: ExecutionResponse, operation: &Operation, quirks: &Quirks) -> Answer {
    for error in &mut response.errors {
        if let Some(message) = error.message.strip_prefix("resolver error: ") {
            error.message = message.to_owned();
        }
    }
    if !response.errors.is_empty() && operation.is_mutation() && quirks.failed_data == FailedData::AllNull {
        response.data = None;
    }
    Answer::json(200, &json!(response))
}

/// The refusal, if a field needs a scope that the token lacks.
fn denied(
    operation: &Operation,
    document: &ExecutableDocument,
    token: &Token,
    quirks: &Quirks,
    request: &Incoming,
) -> Option<Answer> {
    let lacking = |field: &Field| !enough(scopes_for(field), token);
    let field = operation.all_fields(document).find(|field| lacking(field))?;
    let denied = match quirks.scope_denial {
        ScopeDenial::Http403 => bodies::error(request, 403, quirks),
        ScopeDenial::Graphql200 => {
            let root = operation.root_fields(document).next();
            let path: Vec<String> =
                root.into_iter().chain([field]).map(|field| field.response_key().to_string()).collect();
            bodies::graphql_denied(&path, scopes_for(field))
        }
    };
    Some(denied)
}

fn enough(scopes: &[&str], token: &Token) -> bool {
    scopes.is_empty() || scopes.iter().any(|scope| token.has(scope))
}

/// Any one of these is enough; none means that the field is free.
fn scopes_for(field: &Field) -> &'static [&'static str] {
    match field.ty().inner_named_type().as_str() {
        "AccountInfo" => &["account_read"],
        "StoreConnection" => &["account_stores_read"],
        "UserConnection" | "StoreUserConnection" => &["account_users_read"],
        "AppsConnection" => &["account_apps_read"],
        "AddUserToStoreResult" | "AddUserToAccountResult" => &["account_users_write"],
        "RemoveUserFromStoreResult" => &["account_users_delete"],
        // The documentation names the one here and the other there.
        "RemoveUserFromAccountResult" => &["account_users_delete", "account_users_write"],
        _ => &[],
    }
}

/// What an operation costs: every field one, and what is inside a connection once for each item of a page.
fn cost(operation: &Operation, document: &ExecutableDocument, variables: &JsonMap, quirks: &Quirks) -> u64 {
    let price =
        |field: &Field, inside: u64| inside.saturating_mul(items(field, variables, quirks)).saturating_add(1);
    Meter::new(document, price).selections(&operation.selection_set)
}

/// A page size that is refused later counts as one here, so that the error is about the page size.
fn items(field: &Field, variables: &JsonMap, quirks: &Quirks) -> u64 {
    if !field.ty().inner_named_type().ends_with("Connection") {
        return 1;
    }
    let first = shared::number(field, "first", variables).unwrap_or_default();
    u64::try_from(paging::size(&first, quirks).unwrap_or(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_valid() {
        assert_eq!(SCHEMA.as_ref().err(), None);
    }

    #[test]
    fn nested_connections_multiply() {
        let schema = SCHEMA.as_ref().unwrap();
        let cost = |query: &str| {
            let document = ExecutableDocument::parse_and_validate(schema, query, "q").unwrap();
            let (variables, quirks) = (JsonMap::new(), Quirks::default());
            let operation = document.operations.get(None).unwrap();
            super::cost(operation, &document, &variables, &quirks)
        };
        assert_eq!(cost("{ account { id } }"), 2);
        assert_eq!(cost("{ account { users { edges { node { id } } } } }"), 2 + 10 * 3);
        assert_eq!(
            cost(
                "{ account { users(first: 50) { ...u } } } fragment u on UserConnection { edges { cursor } }"
            ),
            2 + 50 * 2
        );
        let nested = "{ account { stores(first: 4) { edges { node { users(first: 50) { edges { node { id } } } } } } } }";
        assert_eq!(cost(nested), 2 + 4 * (2 + 1 + 50 * 3));
    }
}

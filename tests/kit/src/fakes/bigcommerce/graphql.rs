//! The Account API: a document is parsed, validated, checked for scopes and cost, and executed.

use std::sync::LazyLock;

use apollo_compiler::collections::HashMap;
use apollo_compiler::executable::{Field, Operation, OperationMap, Selection, SelectionSet};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, JsonMap};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};
use guestpass::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::credentials::Token;
use super::quirks::{FailedData, Quirks, ScopeDenial};
use super::resolvers::{Context, Entity};
use super::state::World;
use super::{bodies, paging};
use crate::fakes::http::{Answer, Incoming};

static SCHEMA: LazyLock<Result<Valid<Schema>, String>> = LazyLock::new(|| {
    Schema::parse_and_validate(include_str!("account-api.graphql"), "account-api.graphql")
        .map_err(|invalid| invalid.errors.to_string())
});

#[derive(Deserialize)]
struct GraphqlRequest {
    query: String,
    #[serde(default)]
    variables: Option<JsonMap>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

/// What a request asks for, as far as it can be told without executing it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) operations: Vec<String>,
    pub(super) write: bool,
}

/// Reads as much of a document as makes sense; a refused mutation is still an attempt to write.
pub(super) fn asked(request: &Incoming) -> Asked {
    let (Ok(schema), Ok(body)) = (SCHEMA.as_ref(), request.json::<GraphqlRequest>()) else {
        return Asked::default();
    };
    let document = ExecutableDocument::parse(schema, body.query, "request.graphql")
        .unwrap_or_else(|invalid| invalid.partial);
    let Some(operation) = selected(&document.operations, body.operation_name.as_deref()) else {
        return Asked::default();
    };
    let write = operation.is_mutation();
    let mut operations = Vec::new();
    for field in operation.root_fields(&document) {
        if !write {
            operations.push(field.name.to_string());
        }
        let below = field.selection_set.root_fields(&document);
        operations.extend(
            below
                .filter(|field| write || !field.selection_set.is_empty())
                .map(|field| field.name.to_string()),
        );
    }
    Asked { operations, write }
}

fn selected<'d>(operations: &'d OperationMap, name: Option<&str>) -> Option<&'d Node<Operation>> {
    operations.get(name).ok()
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
    let Some(operation) = selected(&document.operations, body.operation_name.as_deref()) else {
        return refused(vec![json!({"message": "It is not clear which operation to execute."})]);
    };
    let variables = match coerce_variable_values(schema, operation, &body.variables.unwrap_or_default()) {
        Ok(variables) => variables,
        Err(problem) => return refused(vec![json!({"message": problem.message().to_string()})]),
    };
    if let Some(denied) = denied(operation, &document, token, quirks, request) {
        return denied;
    }
    let cost = Meter::new(&document, &variables, quirks).selection_set(&operation.selection_set);
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

/// Counts what a document costs: every field one, and what is inside a connection once for each item of a page.
struct Meter<'d> {
    document: &'d ExecutableDocument,
    variables: &'d JsonMap,
    quirks: &'d Quirks,
    /// Costs of named fragments; without them a short document could keep the fake counting for ever.
    fragments: HashMap<&'d Name, u64>,
}

impl<'d> Meter<'d> {
    fn new(document: &'d ExecutableDocument, variables: &'d JsonMap, quirks: &'d Quirks) -> Self {
        Self { document, variables, quirks, fragments: HashMap::default() }
    }

    fn selection_set(&mut self, selections: &'d SelectionSet) -> u64 {
        let mut cost = 0_u64;
        for selection in &selections.selections {
            cost = cost.saturating_add(self.selection(selection));
        }
        cost
    }

    fn selection(&mut self, selection: &'d Selection) -> u64 {
        match selection {
            Selection::Field(field) => {
                let inside = self.selection_set(&field.selection_set);
                inside.saturating_mul(self.items(field)).saturating_add(1)
            }
            Selection::InlineFragment(inline) => self.selection_set(&inline.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
        }
    }

    fn fragment(&mut self, name: &'d Name) -> u64 {
        if let Some(&known) = self.fragments.get(name) {
            return known;
        }
        let document = self.document;
        let cost =
            document.fragments.get(name).map_or(0, |fragment| self.selection_set(&fragment.selection_set));
        self.fragments.insert(name, cost);
        cost
    }

    /// A page size that is refused later counts as one here, so that the error is about the page size.
    fn items(&self, field: &Field) -> u64 {
        if !field.ty().inner_named_type().ends_with("Connection") {
            return 1;
        }
        let first = field.specified_argument_by_name("first").map(|value| match value.as_variable() {
            Some(name) => json!(self.variables.get(name.as_str())),
            None => json!(value.to_i32()),
        });
        let size = paging::size(&first.unwrap_or_default(), self.quirks).unwrap_or(1);
        u64::try_from(size).unwrap_or(u64::MAX)
    }
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
            Meter::new(&document, &variables, &quirks).selection_set(&operation.selection_set)
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

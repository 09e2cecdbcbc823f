//! The Admin API: a document is parsed, validated, priced and executed.

use std::sync::LazyLock;

use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, JsonMap};
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Map, Value, json};

use super::resolvers::Context;
use super::{bodies, cost, versions};
use crate::fakes::graphql::{self as shared, Asked, Entity, GraphqlRequest, Parsed, parsed};
use crate::fakes::http::{Answer, Incoming};

const NAME: &str = "admin-api.graphql";
const SDL: &str = include_str!("admin-api.graphql");
const EXPIRY: &str = "extend type DelegateAccessToken { expiresIn: Int }";

static OLDER: LazyLock<Parsed> = LazyLock::new(|| parsed(SDL, NAME));
static NEWER: LazyLock<Parsed> = LazyLock::new(|| parsed(format!("{SDL}\n{EXPIRY}\n"), NAME));

/// The schema of an API version.
fn schema(version: &str) -> &'static Parsed {
    if versions::tells_expiry(version) { &NEWER } else { &OLDER }
}

/// An operation is named by its fields and by the lists that these hold.
pub(super) fn asked(request: &Incoming) -> Asked {
    shared::asked(request, &NEWER, |operation, document| {
        let mut names = Vec::new();
        for field in operation.root_fields(document) {
            names.push(field.name.to_string());
            let below = field.selection_set.root_fields(document);
            let lists = below.filter(|field| field.ty().inner_named_type().ends_with("Connection"));
            names.extend(lists.map(|field| field.name.to_string()));
        }
        names
    })
}

/// A request that can be executed, and its price.
pub(super) struct Ready {
    schema: &'static Valid<Schema>,
    document: Valid<ExecutableDocument>,
    name: Option<String>,
    variables: Valid<JsonMap>,
    pub(super) cost: u64,
    /// Whether it selects something deprecated.
    pub(super) deprecated: bool,
}

/// Reads a request for an API version, or refuses it.
pub(super) fn read(request: &Incoming, version: &str) -> Result<Ready, Answer> {
    let schema = schema(version).as_ref().map_err(|problem| bodies::text(500, problem))?;
    let body = request.json::<GraphqlRequest>().map_err(|_| bodies::error(400))?;
    let document = ExecutableDocument::parse_and_validate(schema, body.query, "request.graphql")
        .map_err(|invalid| invalid_document(&invalid.errors))?;
    let unclear = |_| {
        let error =
            json!({"message": "An operation name is required", "extensions": {"code": "BAD_REQUEST"}});
        bodies::graphql_errors(&json!([error]))
    };
    let operation = document.operations.get(body.operation_name.as_deref()).map_err(unclear)?;
    let variables = coerce_variable_values(schema, operation, &body.variables.unwrap_or_default())
        .map_err(|problem| invalid_variable(&problem.message().to_string()))?;
    let cost = cost::of(operation, &document, &variables);
    let deprecated =
        operation.all_fields(&document).any(|field| field.definition.directives.has("deprecated"));
    Ok(Ready { schema, document, name: body.operation_name, variables, cost, deprecated })
}

/// A document that cannot be read has no other faults.
fn invalid_document(errors: &DiagnosticList) -> Answer {
    let syntax = errors.iter().any(|diagnostic| diagnostic.error.unstable_error_name().is_none());
    let errors: Vec<Value> = errors
        .iter()
        .filter(|diagnostic| !syntax || diagnostic.error.unstable_error_name().is_none())
        .map(|diagnostic| {
            let mut error = json!(diagnostic.to_json());
            let code = match diagnostic.error.unstable_error_name() {
                Some("UndefinedField") => "undefinedField",
                Some("MissingSubselection" | "SubselectionOnScalarType") => "selectionMismatch",
                Some("UndefinedArgument" | "UndefinedInputValue") => "argumentNotAccepted",
                Some("RequiredArgument") => "missingRequiredArguments",
                Some("RequiredField" | "UnsupportedValueType" | "IntCoercionError") => {
                    "argumentLiteralsIncompatible"
                }
                Some("DisallowedVariableUsage") => "variableMismatch",
                Some("UndefinedVariable") => "variableNotDefined",
                None => "PARSE_ERROR",
                Some(_) => "INVALID_FIELD_ARGUMENTS",
            };
            set(&mut error, "extensions", json!({"code": code}));
            error
        })
        .collect();
    bodies::graphql_errors(&json!(errors))
}

fn invalid_variable(explanation: &str) -> Answer {
    let extensions = json!({
        "code": "INVALID_VARIABLE",
        "value": null,
        "problems": [{"path": [], "explanation": explanation}],
    });
    let message = "Variable was provided invalid value";
    bodies::graphql_errors(&json!([{"message": message, "extensions": extensions}]))
}

/// Executes a request; the cost block is still missing.
pub(super) fn execute(ready: &Ready, context: &Context<'_>) -> Value {
    let Ok(operation) = ready.document.operations.get(ready.name.as_deref()) else {
        return Value::Null;
    };
    let executed = Execution::new(ready.schema, &ready.document)
        .operation(operation)
        .coerced_variable_values(&ready.variables)
        .execute_sync(&Entity::root(operation.object_type(), context));
    match executed {
        Ok(response) => explained(response, context),
        Err(problem) => json!({"errors": [{"message": problem.message().to_string()}]}),
    }
}

/// Gives the errors of resolvers their words and codes back.
fn explained(response: ExecutionResponse, context: &Context<'_>) -> Value {
    let failures = context.failures();
    let mut body = json!(response);
    let errors = body.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        let number = error.get("message").and_then(Value::as_str).and_then(|message| message.split_once('#'));
        let failure = number.and_then(|(_, number)| failures.get(number.parse::<usize>().ok()?));
        if let Some((message, extensions)) = failure {
            set(error, "message", json!(message));
            set(error, "extensions", extensions.clone());
        }
    }
    body
}

pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(query: &str) -> u64 {
        let schema = NEWER.as_ref().unwrap();
        let document = ExecutableDocument::parse_and_validate(schema, query, "q").unwrap();
        let operation = document.operations.get(None).unwrap();
        cost::of(operation, &document, &JsonMap::new())
    }

    #[test]
    fn both_schemas_are_valid() {
        assert_eq!(OLDER.as_ref().err(), None);
        assert_eq!(NEWER.as_ref().err(), None);
    }

    #[test]
    fn objects_cost_one_and_connections_their_page() {
        assert_eq!(cost("{ staffMembers(first: 50) { nodes { id email } pageInfo { endCursor } } }"), 52);
        assert_eq!(cost("{ staffMembers(first: 50) { edges { cursor node { id } } } }"), 52);
        assert_eq!(cost("{ shop { id plan { shopifyPlus } } currentAppInstallation { id } }"), 3);
        assert_eq!(cost("mutation { appUninstall { userErrors { message } } }"), 10);
        let spread = "{ shop { storefrontAccessTokens(first: 9) { nodes { ...t } } } } \
            fragment t on StorefrontAccessToken { accessScopes { handle } }";
        assert_eq!(cost(spread), 1 + 2 + 9 * 2);
    }
}

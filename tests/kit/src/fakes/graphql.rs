//! What the fakes with a `GraphQL` API have in common: requests, their price, and values behind fields.

use apollo_compiler::collections::HashMap;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Schema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::Incoming;

/// A schema, or what is wrong with it.
pub(super) type Parsed = Result<Valid<Schema>, String>;

pub(super) fn parsed(text: impl Into<String>, name: &str) -> Parsed {
    Schema::parse_and_validate(text, name).map_err(|invalid| invalid.errors.to_string())
}

#[derive(Deserialize)]
pub(super) struct GraphqlRequest {
    pub(super) query: String,
    #[serde(default)]
    pub(super) variables: Option<JsonMap>,
    #[serde(default, rename = "operationName")]
    pub(super) operation_name: Option<String>,
}

/// What a request asks for, as far as it can be told without executing it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) operations: Vec<String>,
    pub(super) write: bool,
}

/// Reads as much of a document as makes sense; a refused mutation is still an attempt to write. `names` tells the fields
/// that say what an operation is for.
pub(super) fn asked(
    request: &Incoming,
    schema: &Parsed,
    names: impl Fn(&Operation, &ExecutableDocument) -> Vec<String>,
) -> Asked {
    let (Ok(schema), Ok(body)) = (schema, request.json::<GraphqlRequest>()) else {
        return Asked::default();
    };
    let document = ExecutableDocument::parse(schema, body.query, "request.graphql")
        .unwrap_or_else(|invalid| invalid.partial);
    let Ok(operation) = document.operations.get(body.operation_name.as_deref()) else {
        return Asked::default();
    };
    Asked { operations: names(operation, &document), write: operation.is_mutation() }
}

/// Counts what a document costs. `price` is what a field costs, given the cost of what is selected inside.
pub(super) struct Meter<'d, P> {
    document: &'d ExecutableDocument,
    price: P,
    /// Costs of named fragments; without them a short document could keep the fake counting for ever.
    fragments: HashMap<&'d Name, u64>,
}

impl<'d, P: Fn(&Field, u64) -> u64> Meter<'d, P> {
    pub(super) fn new(document: &'d ExecutableDocument, price: P) -> Self {
        Self { document, price, fragments: HashMap::default() }
    }

    pub(super) fn selections(&mut self, selections: &'d SelectionSet) -> u64 {
        let mut cost = 0_u64;
        for selection in &selections.selections {
            cost = cost.saturating_add(self.selection(selection));
        }
        cost
    }

    fn selection(&mut self, selection: &'d Selection) -> u64 {
        match selection {
            Selection::Field(field) => {
                let inside = self.selections(&field.selection_set);
                (self.price)(field, inside)
            }
            Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
        }
    }

    fn fragment(&mut self, name: &'d Name) -> u64 {
        if let Some(&known) = self.fragments.get(name) {
            return known;
        }
        let document = self.document;
        let cost =
            document.fragments.get(name).map_or(0, |fragment| self.selections(&fragment.selection_set));
        self.fragments.insert(name, cost);
        cost
    }
}

/// The whole number that a field is given as an argument, perhaps through a variable; `None` where it is left out.
pub(super) fn number(field: &Field, name: &str, variables: &JsonMap) -> Option<Value> {
    let value = field.specified_argument_by_name(name)?;
    Some(match value.as_variable() {
        Some(variable) => json!(variables.get(variable.as_str())),
        None => json!(value.to_i32()),
    })
}

/// A field of an object, as a document asks for it.
pub(super) struct Wanted<'w> {
    /// The type of the object.
    pub(super) of: &'w str,
    /// The object, as far as it is in the view.
    pub(super) object: &'w Value,
    pub(super) field: &'w str,
    pub(super) arguments: Value,
    /// The type of the field, without lists and nulls.
    pub(super) returns: &'w str,
}

impl Wanted<'_> {
    /// What the view holds.
    pub(super) fn plain(&self) -> Value {
        self.object.get(self.field).cloned().unwrap_or_default()
    }
}

/// Knows the values behind the fields.
pub(super) trait Resolver {
    fn resolve(&self, wanted: &Wanted<'_>) -> Result<Value, String>;
}

/// A `GraphQL` object: a piece of a JSON view, or one of the roots and namespaces.
pub(super) struct Entity<'c, R> {
    type_name: String,
    value: Value,
    resolver: &'c R,
}

impl<'c, R> Entity<'c, R> {
    pub(super) fn root(type_name: &str, resolver: &'c R) -> Self {
        Self::new(type_name, Value::Null, resolver)
    }

    fn new(type_name: &str, value: Value, resolver: &'c R) -> Self {
        Self { type_name: type_name.to_owned(), value, resolver }
    }
}

impl<R: Resolver> ObjectValue for Entity<'_, R> {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let returns = info.field_definition().ty.inner_named_type().as_str();
        let wanted = Wanted {
            of: &self.type_name,
            object: &self.value,
            field: info.field_name(),
            arguments: json!(info.arguments()),
            returns,
        };
        let value = self.resolver.resolve(&wanted).map_err(|message| FieldError { message })?;
        let object = |value| ResolvedValue::object(Self::new(returns, value, self.resolver));
        Ok(match value {
            Value::Array(items) => ResolvedValue::list(items.into_iter().map(move |item| match item {
                Value::Object(_) => object(item),
                leaf => ResolvedValue::leaf(leaf),
            })),
            Value::Object(_) => object(value),
            leaf => ResolvedValue::leaf(leaf),
        })
    }
}

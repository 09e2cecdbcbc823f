//! The values behind the fields of the Account API.

use std::cell::RefCell;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use guestpass::Timestamp;
use serde_json::{Value, json};

use super::mutations::UserReference;
use super::quirks::Quirks;
use super::state::World;
use super::{paging, views};
use crate::fakes::ground::Refusal;

/// What one request works on.
pub(super) struct Context<'c> {
    world: RefCell<&'c mut World>,
    quirks: &'c Quirks,
    account: &'c str,
    now: Timestamp,
}

impl<'c> Context<'c> {
    pub(super) fn new(world: &'c mut World, quirks: &'c Quirks, account: &'c str, now: Timestamp) -> Self {
        Self { world: RefCell::new(world), quirks, account, now }
    }

    fn account_view(&self) -> Value {
        views::account(&self.world.borrow(), self.account, self.quirks, self.now)
    }

    fn mutate(&self, mutation: &str, input: &Value) -> Result<Value, Refusal> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut world = self.world.borrow_mut();
        let (quirks, account, now) = (self.quirks, self.account, self.now);
        match mutation {
            "addUserToStore" => {
                let user = one_user(input.get("user").unwrap_or(&Value::Null), "id")?;
                let id = world.add_user_to_store(account, text("storeId"), &user, quirks, now)?;
                Ok(json!({"storeId": id}))
            }
            "removeUserFromStore" => {
                let (store, user) = (text("storeId"), text("userId"));
                let person = world.remove_user_from_store(account, store, user, quirks, now)?;
                Ok(json!({"storeId": store, "user": person.as_ref().map(views::user)}))
            }
            "addUserToAccount" => {
                world.add_user_to_account(account, text("email"), quirks, now)?;
                drop(world);
                Ok(json!({"account": self.account_view()}))
            }
            "removeUserFromAccount" => {
                let user = one_user(input, "userId")?;
                let id = world.remove_user_from_account(account, &user, quirks, now)?;
                Ok(json!({"accountId": views::account_id(account), "userId": id}))
            }
            unknown => Err(Refusal(format!("There is no mutation {unknown}."))),
        }
    }
}

/// Exactly one of the id and the e-mail must be given.
fn one_user(input: &Value, id_field: &str) -> Result<UserReference, Refusal> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
    match (text(id_field), text("email")) {
        (Some(id), None) => Ok(UserReference::Id(id)),
        (None, Some(email)) => Ok(UserReference::Email(email)),
        _ => Err(Refusal("Name the user by id or by e-mail.".to_owned())),
    }
}

/// A GraphQL object: a piece of the JSON view, or one of the roots and namespaces.
pub(super) struct Entity<'c> {
    type_name: String,
    value: Value,
    context: &'c Context<'c>,
}

impl<'c> Entity<'c> {
    pub(super) fn root(type_name: &str, context: &'c Context<'c>) -> Self {
        Self::new(type_name, Value::Null, context)
    }

    fn new(type_name: &str, value: Value, context: &'c Context<'c>) -> Self {
        Self { type_name: type_name.to_owned(), value, context }
    }

    fn field(&self, field: &str, arguments: &Value) -> Result<Value, String> {
        match self.type_name.as_str() {
            "Query" if field == "account" => Ok(self.context.account_view()),
            "Query" => Ok(json!({"time": views::date_time(self.context.now)})),
            "Mutation" => Ok(json!({})),
            "AccountMutations" | "UserMutations" => {
                let input = arguments.get("input").unwrap_or(&Value::Null);
                self.context.mutate(field, input).map_err(|refusal| refusal.0)
            }
            _ => Ok(self.value.get(field).cloned().unwrap_or_default()),
        }
    }
}

impl ObjectValue for Entity<'_> {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let arguments = json!(info.arguments());
        let type_name = info.field_definition().ty.inner_named_type().as_str();
        let failed = |message| FieldError { message };
        let value = self.field(info.field_name(), &arguments).map_err(failed)?;
        let object = |value| ResolvedValue::object(Entity::new(type_name, value, self.context));
        Ok(match value {
            Value::Array(items) if type_name.ends_with("Connection") => {
                object(paging::page(type_name, &items, &arguments, self.context.quirks).map_err(failed)?)
            }
            Value::Array(items) => ResolvedValue::list(items.into_iter().map(move |item| match item {
                Value::Object(_) => object(item),
                leaf => ResolvedValue::leaf(leaf),
            })),
            Value::Object(_) => object(value),
            leaf => ResolvedValue::leaf(leaf),
        })
    }
}

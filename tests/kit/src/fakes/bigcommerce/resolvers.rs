//! The values behind the fields of the Account API.

use std::cell::RefCell;

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::mutations::UserReference;
use super::quirks::Quirks;
use super::state::World;
use super::{paging, views};
use crate::fakes::graphql::{Resolver, Wanted};
use crate::fakes::ground::{Refusal, date_time};

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

impl Resolver for Context<'_> {
    fn resolve(&self, wanted: &Wanted<'_>) -> Result<Value, String> {
        let value = match wanted.of {
            "Query" if wanted.field == "account" => self.account_view(),
            "Query" => json!({"time": date_time(self.now)}),
            "Mutation" => json!({}),
            "AccountMutations" | "UserMutations" => {
                let input = wanted.arguments.get("input").unwrap_or(&Value::Null);
                self.mutate(wanted.field, input).map_err(|refusal| refusal.0)?
            }
            _ => wanted.plain(),
        };
        match value {
            Value::Array(items) if wanted.returns.ends_with("Connection") => {
                paging::page(wanted.returns, &items, &wanted.arguments, self.quirks)
            }
            value => Ok(value),
        }
    }
}

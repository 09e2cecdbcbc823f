//! The values behind the fields of the Admin API.

use std::cell::{Cell, RefCell};

use guestpass::Timestamp;
use serde_json::{Value, json};

use super::apps::{Revocation, covers, people_open};
use super::delegates::{self, Caller};
use super::graphql::set;
use super::paging::{self, Entry};
use super::quirks::{CurrentStaffOffline, Quirks, StaffDenial};
use super::service::Client;
use super::state::{Shop, Staff, World};
use super::{bodies, search, versions, views};
use crate::fakes::Verdict;
use crate::fakes::graphql::{Resolver, Wanted};
use crate::fakes::ground::same_email;

/// The message and the extensions of an error on a field.
type Failure = (String, Value);

/// What one request works on.
pub(super) struct Context<'c> {
    world: RefCell<&'c mut World>,
    quirks: &'c Quirks,
    client: &'c Client,
    now: Timestamp,
    failures: RefCell<Vec<Failure>>,
    /// The entries that pages had fewer than asked for.
    saved: Cell<u64>,
    forbidden: Cell<bool>,
}

impl<'c> Context<'c> {
    pub(super) fn new(world: &'c mut World, quirks: &'c Quirks, client: &'c Client, now: Timestamp) -> Self {
        Self {
            world: RefCell::new(world),
            quirks,
            client,
            now,
            failures: RefCell::default(),
            saved: Cell::new(0),
            forbidden: Cell::new(false),
        }
    }

    pub(super) fn failures(&self) -> Vec<Failure> {
        self.failures.borrow().clone()
    }

    pub(super) fn saved(&self) -> u64 {
        self.saved.get()
    }

    /// Whether the whole request is to be refused with 403.
    pub(super) fn forbidden(&self) -> bool {
        self.forbidden.get()
    }

    /// Notes the failure; resolvers can only say a text, so this one says where the failure is kept.
    fn failure(&self, failure: Failure) -> String {
        let mut failures = self.failures.borrow_mut();
        failures.push(failure);
        format!("#{}", failures.len() - 1)
    }

    fn problem(&self, code: &str, message: &str) -> String {
        self.failure((message.to_owned(), json!({"code": code})))
    }

    /// Works on the shop of the token.
    fn shop<T>(&self, work: impl FnOnce(&World, &Shop) -> T) -> Result<T, String> {
        let world = self.world.borrow();
        match world.shops.get(&self.client.shop) {
            Some(shop) => Ok(work(&world, shop)),
            None => Err(self.problem("INTERNAL_SERVER_ERROR", "Internal error.")),
        }
    }

    /// Whether the token may read people; the error says it for the field in the short or the long form.
    fn may_read_people(&self, field: &str, long: bool) -> Result<(), String> {
        let client = self.client;
        let open = self.shop(|world, shop| {
            world.apps.get(&client.client_id).is_some_and(|app| people_open(shop, app))
        })?;
        if open && covers(&client.scopes, "read_users") {
            return Ok(());
        }
        self.forbidden.set(self.quirks.staff_denial == StaffDenial::Http403);
        Err(self.failure(bodies::denied(field, long)))
    }

    fn root(&self, field: &str, arguments: &Value) -> Result<Value, String> {
        match field {
            "shop" => self.shop(|_, shop| views::shop(shop)),
            "currentAppInstallation" => self.installation(),
            "appInstallation" => {
                let own = self.installation()?;
                let asked = arguments.get("id").filter(|id| !id.is_null());
                Ok(if asked.is_none_or(|id| own.get("id") == Some(id)) { own } else { Value::Null })
            }
            "publicApiVersions" => Ok(versions::all()),
            "staffMembers" => self.people(arguments),
            "staffMember" => match arguments.get("id").and_then(Value::as_str) {
                Some(id) => self.person(id),
                None => self.current_person(),
            },
            "currentStaffMember" => self.current_person(),
            _ => Ok(Value::Null),
        }
    }

    fn installation(&self) -> Result<Value, String> {
        let client = self.client;
        self.shop(|world, shop| {
            let (app, entry) =
                (world.apps.get(&client.client_id)?, shop.installations.get(&client.client_id)?);
            Some(views::installation(shop, entry, app, &client.scopes))
        })?
        .ok_or_else(|| self.problem("APP_NOT_INSTALLED", "The application is not installed."))
    }

    fn people(&self, arguments: &Value) -> Result<Value, String> {
        self.may_read_people("staffMembers", false)?;
        let query = arguments.get("query").and_then(Value::as_str).unwrap_or_default();
        let mut rows: Vec<Staff> = self.shop(|_, shop| {
            shop.staff.iter().filter(|staff| search::matches(query, staff, self.quirks)).cloned().collect()
        })?;
        match arguments.get("sortKey").and_then(Value::as_str) {
            Some("EMAIL") => rows.sort_by_key(|staff| staff.email.to_lowercase()),
            Some("FIRST_NAME") => rows.sort_by_key(|staff| staff.first.to_lowercase()),
            Some("LAST_NAME") => rows.sort_by_key(|staff| staff.last.to_lowercase()),
            _ => rows.sort_by_key(|staff| staff.number),
        }
        let entry =
            |staff: &Staff| Some(Entry { number: staff.number, value: views::staff(staff, self.quirks)? });
        self.connection(rows.iter().filter_map(entry).collect(), arguments, self.quirks)
    }

    fn person(&self, id: &str) -> Result<Value, String> {
        self.may_read_people("staffMember", true)?;
        let parts = id.strip_prefix("gid://shopify/").and_then(|rest| rest.split_once('/'));
        let number = parts.and_then(|(kind, number)| Some((kind, number.parse::<u64>().ok()?)));
        let Some((kind, number)) = number else {
            let extensions = json!({"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"});
            return Err(self.failure((format!("Invalid global id '{id}'"), extensions)));
        };
        let found = self.shop(|_, shop| {
            let staff = shop.staff.iter().find(|staff| kind == "StaffMember" && staff.number == number)?;
            views::staff(staff, self.quirks)
        })?;
        Ok(found.unwrap_or_default())
    }

    fn current_person(&self) -> Result<Value, String> {
        let Some(person) = &self.client.person else {
            return match self.quirks.current_staff_offline {
                CurrentStaffOffline::Null => Ok(Value::Null),
                CurrentStaffOffline::Denied => Err(self.failure(bodies::denied("currentStaffMember", false))),
            };
        };
        let found =
            self.shop(|_, shop| shop.account(person).and_then(|staff| views::staff(staff, self.quirks)))?;
        Ok(found.unwrap_or_default())
    }

    fn connection(&self, entries: Vec<Entry>, arguments: &Value, quirks: &Quirks) -> Result<Value, String> {
        let paged = paging::page(entries, arguments, quirks);
        let (page, fewer) = paged.map_err(|message| self.problem("INVALID_FIELD_ARGUMENTS", &message))?;
        self.saved.set(self.saved.get().saturating_add(fewer));
        Ok(page)
    }

    fn of_shop(&self, field: &str, arguments: &Value) -> Result<Option<Value>, String> {
        Ok(Some(match field {
            "accountOwner" => {
                self.may_read_people("accountOwner", true)?;
                let owner =
                    self.shop(|_, shop| shop.owner().and_then(|owner| views::staff(owner, self.quirks)))?;
                owner.unwrap_or_default()
            }
            "staffMembers" => self.people(arguments)?,
            "storefrontAccessTokens" => {
                let mut tokens =
                    self.shop(|_, shop| views::storefront_tokens(shop, &self.client.client_id))?;
                if !self.quirks.storefront_texts {
                    tokens.iter_mut().for_each(|entry| set(&mut entry.value, "accessToken", json!("")));
                }
                // The faults of listings are about people.
                self.connection(tokens, arguments, &Quirks::default())?
            }
            _ => return Ok(None),
        }))
    }

    /// Settings of an account are for its person alone.
    fn private_data(&self, staff: &Value) -> Result<Value, String> {
        let email = staff.get("email").and_then(Value::as_str).unwrap_or_default();
        if self.client.person.as_ref().is_some_and(|person| same_email(person, email)) {
            return Ok(staff.get("privateData").cloned().unwrap_or_default());
        }
        Err(self.failure(bodies::denied("privateData", false)))
    }

    fn mutate(&self, mutation: &str, arguments: &Value) -> Result<Value, String> {
        let input = arguments.get("input").unwrap_or(&Value::Null);
        let mut payload = self.mutated(mutation, arguments, input);
        let shop = self.shop(|_, shop| views::shop(shop))?;
        set(&mut payload, "shop", shop);
        Ok(payload)
    }

    fn mutated(&self, mutation: &str, arguments: &Value, input: &Value) -> Value {
        let mut world = self.world.borrow_mut();
        let Client { token, shop, client_id, scopes, .. } = self.client;
        match mutation {
            "delegateAccessTokenCreate" => {
                delegates::create(&mut world, &Caller { token, scopes }, input, self.quirks, self.now)
            }
            "delegateAccessTokenDestroy" => {
                let doomed = arguments.get("accessToken").and_then(Value::as_str).unwrap_or_default();
                delegates::destroy(&mut world, token, doomed, self.now)
            }
            "storefrontAccessTokenCreate" => {
                let title = input.get("title").and_then(Value::as_str).unwrap_or_default();
                match world.create_storefront_token(shop, client_id, title, self.now) {
                    Ok(number) => {
                        let tokens = world.shops.get(shop).map(|shop| &shop.storefront_tokens);
                        let made = tokens.into_iter().flatten().find(|token| token.number == number);
                        let made = made.map(views::storefront_token);
                        json!({"storefrontAccessToken": made, "userErrors": []})
                    }
                    Err(refusal) => user_error(&json!(["input", "title"]), &refusal.0, None),
                }
            }
            "storefrontAccessTokenDelete" => {
                let id = input.get("id").and_then(Value::as_str).unwrap_or_default();
                let number = id.rsplit('/').next().and_then(|number| number.parse().ok());
                let deleted =
                    number.is_some_and(|number| world.delete_storefront_token(shop, client_id, number));
                if deleted || self.quirks.storefront_delete_absent == Verdict::Success {
                    return json!({"deletedStorefrontAccessTokenId": id, "userErrors": []});
                }
                user_error(&json!(["input", "id"]), "Access token not found", None)
            }
            "appRevokeAccessScopes" => {
                let asked = arguments.get("scopes").and_then(Value::as_array).cloned().unwrap_or_default();
                let asked: Vec<String> = asked.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                match world.revoke_scopes(shop, client_id, &asked) {
                    Revocation::Revoked(scopes) => {
                        json!({"revoked": views::handles(&scopes), "userErrors": []})
                    }
                    Revocation::Refused { code, message } => {
                        user_error(&json!(["scopes"]), message, Some(code))
                    }
                }
            }
            "appUninstall" => match world.uninstall(shop, client_id) {
                Ok(()) => json!({"app": world.apps.get(client_id).map(views::app), "userErrors": []}),
                Err(_) => {
                    user_error(&Value::Null, "The application is not installed.", Some("APP_NOT_INSTALLED"))
                }
            },
            _ => Value::Null,
        }
    }
}

fn user_error(field: &Value, message: &str, code: Option<&str>) -> Value {
    json!({"userErrors": [{"field": field, "message": message, "code": code}]})
}

impl Resolver for Context<'_> {
    fn resolve(&self, wanted: &Wanted<'_>) -> Result<Value, String> {
        let Wanted { of, object, field, arguments, .. } = wanted;
        match (*of, *field) {
            ("QueryRoot", _) => self.root(field, arguments),
            ("Mutation", _) => self.mutate(field, arguments),
            ("Shop", _) => Ok(self.of_shop(field, arguments)?.unwrap_or_else(|| wanted.plain())),
            ("StaffMember", "privateData") => self.private_data(object),
            _ => Ok(wanted.plain()),
        }
    }
}

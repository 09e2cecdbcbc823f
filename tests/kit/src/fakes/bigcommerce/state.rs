//! Accounts, stores and people: the truth of the fake, and what may be done to it.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;

use super::credentials::Credentials;
use super::permissions;
use super::quirks::{FreshPermissions, Quirks, StoreIdForm};
use super::webshop::Webshop;
use crate::fakes::ground::{Refusal, Seat, later, same_email};

/// Everything that exists behind the fake.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) stores: BTreeMap<String, Store>,
    pub(super) people: Vec<Person>,
    pub(super) credentials: Credentials,
}

#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) members: Vec<Seat<u64>>,
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) hash: String,
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) account: String,
    pub(super) owner: u64,
    pub(super) members: Vec<Membership>,
    pub(super) adds: BTreeMap<String, usize>,
    pub(super) removals: BTreeMap<String, usize>,
    pub(super) shop: Webshop,
}

/// Somebody known to the platform, on whichever store or account.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) number: u64,
    pub(super) email: String,
    pub(super) first: String,
    pub(super) last: String,
}

impl Person {
    pub(super) fn id(&self) -> String {
        format!("{USER_PATH}{}", self.number)
    }
}

/// A person's place in a store.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) seat: Seat<u64>,
    pub(super) permissions: Vec<String>,
    pub(super) last_login: Option<Timestamp>,
    pub(super) status: String,
    pub(super) updated_at: Timestamp,
}

pub(super) const USER_PATH: &str = "bc/account/user/";

impl Store {
    pub(super) fn id(&self, quirks: &Quirks) -> String {
        match quirks.store_id_form {
            StoreIdForm::Hash => format!("bc/account/store/{}", self.hash),
            StoreIdForm::Numeric => format!("bc/account/store/{}", self.number),
        }
    }

    pub(super) fn member(&self, person: u64) -> Option<&Membership> {
        self.members.iter().find(|member| member.seat.person == person && member.seat.taken())
    }

    pub(super) fn member_mut(&mut self, person: u64) -> Option<&mut Membership> {
        self.members.iter_mut().find(|member| member.seat.person == person && member.seat.taken())
    }

    pub(super) fn admit(&mut self, person: u64, permissions: Vec<String>, now: Timestamp, delay: Duration) {
        self.members.retain(|member| member.seat.person != person);
        self.members.push(Membership {
            seat: Seat::new(person, later(now, delay)),
            permissions,
            last_login: None,
            status: "ACTIVE".to_owned(),
            updated_at: now,
        });
    }

    pub(super) fn dismiss(&mut self, person: u64, now: Timestamp, delay: Duration) {
        if let Some(member) = self.member_mut(person) {
            member.seat.leave(now, delay);
        }
    }
}

/// Finding things, and the changes all others are made of.
impl World {
    pub(super) fn store(&self, hash: &str) -> Result<&Store, Refusal> {
        self.stores.get(hash).ok_or_else(|| Refusal(format!("no store {hash}")))
    }

    pub(super) fn store_mut(&mut self, hash: &str) -> Result<&mut Store, Refusal> {
        self.stores.get_mut(hash).ok_or_else(|| Refusal(format!("no store {hash}")))
    }

    pub(super) fn person_by_number(&self, number: u64) -> Option<&Person> {
        self.people.iter().find(|person| person.number == number)
    }

    pub(super) fn email_of(&self, number: u64) -> String {
        self.person_by_number(number).map(|person| person.email.to_lowercase()).unwrap_or_default()
    }

    pub(super) fn member_by_email(&self, hash: &str, email: &str) -> Result<u64, Refusal> {
        let store = self.store(hash)?;
        self.people
            .iter()
            .find(|person| same_email(&person.email, email) && store.member(person.number).is_some())
            .map(|person| person.number)
            .ok_or_else(|| Refusal(format!("{email} is no user of store {hash}")))
    }

    /// One e-mail is one person on the whole platform.
    pub(super) fn person(&mut self, email: &str, first: &str, last: &str) -> u64 {
        if let Some(known) = self.people.iter().find(|person| same_email(&person.email, email)) {
            return known.number;
        }
        let number = 9_000_001 + self.people.len() as u64;
        self.people.push(Person {
            number,
            email: email.to_owned(),
            first: first.to_owned(),
            last: last.to_owned(),
        });
        number
    }

    pub(super) fn in_account(&self, account: &str, person: u64) -> bool {
        self.accounts
            .get(account)
            .is_some_and(|account| account.members.iter().any(|seat| seat.person == person && seat.taken()))
    }

    /// Whether the person is new there.
    pub(super) fn join_account(
        &mut self,
        account: &str,
        person: u64,
        now: Timestamp,
        delay: Duration,
    ) -> bool {
        if self.in_account(account, person) {
            return false;
        }
        if let Some(account) = self.accounts.get_mut(account) {
            account.members.retain(|seat| seat.person != person);
            account.members.push(Seat::new(person, later(now, delay)));
        }
        true
    }
}

pub(super) fn all_permissions() -> Vec<String> {
    permissions::ALL.iter().map(|&name| name.to_owned()).collect()
}

pub(super) fn fresh_permissions(quirks: &Quirks) -> Vec<String> {
    match quirks.fresh_permissions {
        FreshPermissions::DuplicateNone => vec![permissions::NONE.to_owned(); 2],
        FreshPermissions::Empty | FreshPermissions::Missing => Vec::new(),
    }
}

//! What the four mutations of the Account API do to the world.

use guestpass::Timestamp;

use super::quirks::{EmailForm, Quirks};
use super::state::{Person, USER_PATH, World, fresh_permissions};
use crate::fakes::Verdict;
use crate::fakes::ground::{Refusal, refuse, same_email};

/// How a mutation names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UserReference {
    Email(String),
    Id(String),
}

impl World {
    /// Returns the id of the store.
    pub(super) fn add_user_to_store(
        &mut self,
        account: &str,
        store_id: &str,
        user: &UserReference,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let hash = self.store_of_account(account, store_id, quirks)?;
        let person = match user {
            UserReference::Email(email) => self.person(plain_email(email, quirks)?, "", ""),
            UserReference::Id(id) => self.account_member(account, id)?,
        };
        let email = self.email_of(person);
        let store = self.store_mut(&hash)?;
        if store.member(person).is_none() {
            store.admit(person, fresh_permissions(quirks), now, quirks.visibility_delay);
        } else if quirks.add_existing == Verdict::Error {
            return refuse("This user already has access to the store.");
        }
        *store.adds.entry(email).or_default() += 1;
        self.join_account(account, person, now, quirks.visibility_delay);
        Ok(store_id.to_owned())
    }

    /// Returns the person the id stands for, if anybody.
    pub(super) fn remove_user_from_store(
        &mut self,
        account: &str,
        store_id: &str,
        user_id: &str,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<Option<Person>, Refusal> {
        let hash = self.store_of_account(account, store_id, quirks)?;
        let person = self.people.iter().find(|person| person.id() == user_id).cloned();
        let store = self.store_mut(&hash)?;
        let present = person.as_ref().filter(|person| store.member(person.number).is_some());
        match present {
            None if quirks.remove_absent == Verdict::Error => {
                return refuse("This user has no access to the store.");
            }
            None => {}
            Some(person) if person.number == store.owner && quirks.owner_removal == Verdict::Error => {
                return refuse("The owner of a store cannot be removed.");
            }
            Some(person) => {
                store.dismiss(person.number, now, quirks.visibility_delay);
                *store.removals.entry(person.email.to_lowercase()).or_default() += 1;
            }
        }
        Ok(person)
    }

    pub(super) fn add_user_to_account(
        &mut self,
        account: &str,
        email: &str,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let person = self.person(checked_email(email)?, "", "");
        let joined = self.join_account(account, person, now, quirks.visibility_delay);
        if !joined && quirks.add_existing == Verdict::Error {
            return refuse("This user is already in the account.");
        }
        Ok(())
    }

    /// Removes somebody from the account and all of its stores, and returns the id.
    pub(super) fn remove_user_from_account(
        &mut self,
        account: &str,
        user: &UserReference,
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        let person = match user {
            UserReference::Id(id) => self.people.iter().find(|person| person.id() == *id),
            UserReference::Email(email) => self.people.iter().find(|person| same_email(&person.email, email)),
        };
        let person = person.map(|person| person.number);
        let present = person.filter(|person| self.in_account(account, *person));
        let Some(person) = present else {
            return match quirks.remove_absent {
                Verdict::Error => refuse("This user is not in the account."),
                Verdict::Success => Ok(person.map(|person| format!("{USER_PATH}{person}"))),
            };
        };
        let email = self.email_of(person);
        let stores = || self.stores.values().filter(|store| store.account == account);
        if quirks.owner_removal == Verdict::Error && stores().any(|store| store.owner == person) {
            return refuse("The owner of a store cannot be removed from its account.");
        }
        for store in self.stores.values_mut().filter(|store| store.account == account) {
            if store.member(person).is_some() {
                store.dismiss(person, now, quirks.visibility_delay);
                *store.removals.entry(email.clone()).or_default() += 1;
            }
        }
        if let Some(account) = self.accounts.get_mut(account) {
            let seats = account.members.iter_mut().filter(|seat| seat.person == person);
            seats.for_each(|seat| seat.leave(now, quirks.visibility_delay));
        }
        Ok(Some(format!("{USER_PATH}{person}")))
    }
}

impl World {
    fn store_of_account(&self, account: &str, id: &str, quirks: &Quirks) -> Result<String, Refusal> {
        self.stores
            .values()
            .find(|store| store.account == account && store.id(quirks) == id)
            .map(|store| store.hash.clone())
            .ok_or_else(|| Refusal("There is no such store in this account.".to_owned()))
    }

    fn account_member(&self, account: &str, id: &str) -> Result<u64, Refusal> {
        self.people
            .iter()
            .find(|person| person.id() == id && self.in_account(account, person.number))
            .map(|person| person.number)
            .ok_or_else(|| Refusal("There is no such user in this account.".to_owned()))
    }
}

fn plain_email<'e>(email: &'e str, quirks: &Quirks) -> Result<&'e str, Refusal> {
    let plain = match (quirks.email_form, email.strip_prefix(USER_PATH)) {
        (EmailForm::Plain, None) | (EmailForm::PlainOrPath, None) => email,
        (EmailForm::PlainOrPath | EmailForm::Path, Some(plain)) => plain,
        (EmailForm::Plain, Some(_)) | (EmailForm::Path, None) => {
            return refuse("The e-mail address is not in the expected form.");
        }
    };
    checked_email(plain)
}

fn checked_email(email: &str) -> Result<&str, Refusal> {
    let valid = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !email.contains([' ', '/'])
    });
    if valid { Ok(email) } else { refuse("The e-mail address is invalid.") }
}

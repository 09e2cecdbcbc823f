//! Who of ours an account belongs to.

use std::collections::HashMap;

use crate::grants::Holding;
use crate::model::{AccountId, Collaborator, Email, KnownPerson, Person, PersonHandle, ProviderId, Target};

/// Our people as one store may know them, by account and by mailbox.
#[derive(Debug, Default)]
pub(super) struct Ours {
    people: HashMap<PersonHandle, Person>,
    by_account: HashMap<AccountId, PersonHandle>,
    by_mailbox: HashMap<String, PersonHandle>,
}

impl Ours {
    /// What the configuration says.
    pub(super) fn on(platform: &ProviderId, people: Vec<Person>) -> Self {
        let mut ours = Self::default();
        for person in people {
            if let Some(account) = person.accounts.get(platform) {
                ours.by_account.insert(account.clone(), person.handle.clone());
            }
            for email in std::iter::once(&person.email).chain(&person.other_emails) {
                ours.by_mailbox.insert(mailbox(email), person.handle.clone());
            }
            ours.people.insert(person.handle.clone(), person);
        }
        ours
    }

    /// What the ledger says besides: accounts that a look has shown, and people who left the configuration.
    pub(super) fn learn(&mut self, holding: &Holding, person: Option<Person>) {
        if let Some(account) = &holding.account {
            self.by_account.entry(account.clone()).or_insert_with(|| holding.person.clone());
        }
        self.add(person);
    }

    pub(super) fn knows(&self, handle: &PersonHandle) -> bool {
        self.people.contains_key(handle)
    }

    /// Somebody whom only the ledger knows.
    pub(super) fn add(&mut self, person: Option<Person>) {
        let Some(person) = person else { return };
        for email in std::iter::once(&person.email).chain(&person.other_emails) {
            self.by_mailbox.entry(mailbox(email)).or_insert_with(|| person.handle.clone());
        }
        self.people.entry(person.handle.clone()).or_insert(person);
    }

    /// Whose account it is.
    pub(super) fn owner(&self, account: &Collaborator) -> Option<&Person> {
        let by_mailbox = || account.email.known().and_then(|email| self.by_mailbox.get(&mailbox(email)));
        let handle = self.by_account.get(&account.id).or_else(by_mailbox)?;
        self.people.get(handle)
    }

    /// Whether it has the address that invitations of its person go to.
    pub(super) fn is_invited_by(&self, account: &Collaborator) -> bool {
        let invited =
            |person: &Person| account.email.known().is_some_and(|email| email.same_mailbox(&person.email));
        self.owner(account).is_some_and(invited)
    }

    /// Everybody, to be handed to a listing, with what the provider asked us to keep.
    pub(super) fn known(&self, platform: &ProviderId, holdings: &[Holding]) -> Vec<KnownPerson> {
        let known = |person: &Person| {
            known(person, platform, holdings.iter().find(|holding| holding.person == person.handle))
        };
        self.people.values().map(known).collect()
    }

    /// Somebody of ours, to be looked up.
    pub(super) fn target(
        &self,
        handle: &PersonHandle,
        platform: &ProviderId,
        holding: Option<&Holding>,
    ) -> Option<Target> {
        self.people.get(handle).map(|person| Target::Person(known(person, platform, holding)))
    }
}

fn known(person: &Person, platform: &ProviderId, holding: Option<&Holding>) -> KnownPerson {
    let mut known = match person.on(platform) {
        Target::Person(known) => known,
        Target::Account(id) => KnownPerson { account: Some(id), ..KnownPerson::default() },
    };
    if let Some(holding) = holding {
        known.account = known.account.or_else(|| holding.account.clone());
        known.state.clone_from(&holding.state);
    }
    known
}

fn mailbox(email: &Email) -> String {
    email.as_str().to_lowercase()
}

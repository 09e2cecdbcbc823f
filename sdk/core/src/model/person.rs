//! People of ours, and whom an operation is about.

use std::collections::BTreeMap;

use super::{AccountId, Collaborator, Email, PersonHandle, ProviderId, ProviderState};

/// Somebody of ours who gets into stores.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// Our name for them.
    pub handle: PersonHandle,
    /// The address an invitation goes to.
    pub email: Email,
    /// Further addresses under which a store may know them.
    pub other_emails: Vec<Email>,
    /// First name, where a platform asks for one.
    pub first_name: Option<String>,
    /// Last name, where a platform asks for one.
    pub last_name: Option<String>,
    /// Their account on a platform, where it is the same on every store.
    pub accounts: BTreeMap<ProviderId, AccountId>,
    /// Whether the address is a team's mailbox, so that removing it takes the whole team out.
    pub shared: bool,
}

impl Person {
    /// A person with one address.
    #[must_use]
    pub fn new(handle: PersonHandle, email: Email) -> Self {
        Self {
            handle,
            email,
            other_emails: Vec::new(),
            first_name: None,
            last_name: None,
            accounts: BTreeMap::new(),
            shared: false,
        }
    }

    /// Sets the name.
    #[must_use]
    pub fn with_name(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first_name = Some(first.into());
        self.last_name = Some(last.into());
        self
    }

    /// Adds an address under which a store may know them.
    #[must_use]
    pub fn with_other_email(mut self, email: Email) -> Self {
        self.other_emails.push(email);
        self
    }

    /// What we know of them on one platform, to look them up there.
    #[must_use]
    pub fn on(&self, provider: &ProviderId) -> Target {
        let mut emails = vec![self.email.clone()];
        emails.extend(self.other_emails.iter().cloned());
        Target::Person(KnownPerson { emails, account: self.accounts.get(provider).cloned(), state: None })
    }
}

/// Whom an operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// One account, by the platform's id.
    Account(AccountId),
    /// A person, with everything we know that may identify them.
    Person(KnownPerson),
}

/// What we know of a person on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct KnownPerson {
    /// Addresses under which the store may know them; the first one is where invitations go.
    pub emails: Vec<Email>,
    /// Their account, if it is known. It wins over addresses.
    pub account: Option<AccountId>,
    /// What the provider asked us to keep when it let them in.
    pub state: Option<ProviderState>,
}

impl Target {
    /// A person known by one address.
    #[must_use]
    pub fn email(email: Email) -> Self {
        Self::Person(KnownPerson { emails: vec![email], ..KnownPerson::default() })
    }

    /// The same target with what the provider asked us to keep about it.
    #[must_use]
    pub fn with_state(self, state: ProviderState) -> Self {
        let person = match self {
            Self::Account(id) => KnownPerson { account: Some(id), ..KnownPerson::default() },
            Self::Person(person) => person,
        };
        Self::Person(KnownPerson { state: Some(state), ..person })
    }

    /// What the provider asked us to keep, where it was handed over.
    #[must_use]
    pub fn state(&self) -> Option<&ProviderState> {
        match self {
            Self::Account(_) => None,
            Self::Person(person) => person.state.as_ref(),
        }
    }

    /// The account's id, where it is known.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(id) => Some(id),
            Self::Person(person) => person.account.as_ref(),
        }
    }

    /// The addresses, if any are known.
    #[must_use]
    pub fn emails(&self) -> &[Email] {
        match self {
            Self::Account(_) => &[],
            Self::Person(person) => &person.emails,
        }
    }

    /// The same target with what a look showed: the account's id, and its address beside those already known.
    #[must_use]
    pub fn resolved(&self, seen: &Collaborator) -> Self {
        let mut person = match self {
            Self::Account(_) => KnownPerson::default(),
            Self::Person(person) => person.clone(),
        };
        person.account = Some(seen.id.clone());
        person.emails.extend(seen.email.known().cloned());
        Self::Person(person)
    }
}

/// Picks the account that a [`Target`] means out of a listing, without keeping the listing.
///
/// The account's id decides; addresses are asked only when no account has that id. So a subject counts as absent only
/// when neither its id nor any of its addresses is listed.
#[derive(Debug)]
pub struct Finder<'a> {
    target: &'a Target,
    by_id: Option<Collaborator>,
    by_email: Vec<Collaborator>,
}

impl<'a> Finder<'a> {
    /// Looks for this target.
    #[must_use]
    pub fn new(target: &'a Target) -> Self {
        Self { target, by_id: None, by_email: Vec::new() }
    }

    /// Takes the next account of the listing.
    pub fn see(&mut self, account: Collaborator) {
        if self.target.account() == Some(&account.id) {
            self.by_id = Some(account);
            return;
        }
        let same = |email: &Email| account.email.known().is_some_and(|known| known.same_mailbox(email));
        let is_new = self.by_email.iter().all(|known| known.id != account.id);
        if is_new && self.target.emails().iter().any(same) {
            self.by_email.push(account);
        }
    }

    /// Everything that matches: nothing, one account, or several that only a human can tell apart.
    #[must_use]
    pub fn found(self) -> Vec<Collaborator> {
        self.by_id.map_or(self.by_email, |account| vec![account])
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.emails().first(), self.account()) {
            (Some(email), _) => email.fmt(f),
            (None, Some(id)) => id.fmt(f),
            (None, None) => f.write_str("nobody"),
        }
    }
}

//! The configuration: stores, people, roles, rules, sinks and ledger, checked as a whole before anything is done.

mod credential;
mod file;
mod ledger;
mod locate;
mod reader;
mod review;
mod rules;
mod sink;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use guestpass::grants::Policy;
use guestpass::rotation::CredentialSlot;
use guestpass::{
    Access, AccessProvider, AccountId, Clock, ConfigValue, Email, Error, ErrorKind, Person, PersonHandle,
    ProviderId, Registry, Result, RoleId, RoleSpec, Sink, StoreSettings, Target, Timestamp,
};

use credential::CredentialEntry;
pub(crate) use ledger::LedgerPlace;
pub(crate) use locate::{config_file, state_folder};
use review::Looking;
use sink::{Room, SinkEntry};
use source::Source;

/// The configuration.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Where budgets are kept, if the file says so.
    pub(crate) state_dir: Option<PathBuf>,
    stores: BTreeMap<String, StoreEntry>,
    people: BTreeMap<String, Person>,
    roles: BTreeMap<String, Role>,
    /// Where grants are remembered.
    pub(crate) ledger: LedgerPlace,
    sinks: BTreeMap<String, SinkEntry>,
    policy: Policy,
    /// What reviews find, and how often sweeps look.
    pub(crate) review: Looking,
}

/// A role of ours.
#[derive(Debug, Default)]
struct Role {
    rank: Option<i64>,
    policy: Policy,
    meanings: BTreeMap<ProviderId, RoleSpec>,
}

/// A store of the configuration.
#[derive(Debug)]
pub(crate) struct StoreEntry {
    /// The platform's id, which the registry knows.
    pub(crate) platform: ProviderId,
    /// Its settings, checked against the platform's fields.
    pub(crate) settings: StoreSettings,
    /// Rules for grants on it.
    policy: Policy,
    /// Where its table stands.
    place: String,
    /// Where each setting stands.
    places: BTreeMap<String, String>,
    /// What is to be rotated on it, before its platform has said what it knows.
    unchecked: Vec<CredentialEntry>,
    /// What is to be rotated on it.
    pub(crate) credentials: Vec<CredentialSlot>,
}

impl StoreEntry {
    /// The same error, with the place in the file in front.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let place = error.field().and_then(|field| self.places.get(field)).unwrap_or(&self.place).clone();
        error.found_at(&place).at(&self.platform, &self.settings.store)
    }
}

impl Config {
    /// Reads and checks a file. Secrets are not read.
    pub(crate) fn load(path: &Path, registry: &Registry, clock: &Arc<dyn Clock>) -> Result<Self> {
        reader::read(&Source::read(path)?, folder_of(path), registry, clock)
    }

    /// Reads and checks a text as if it stood at `path`.
    #[cfg(test)]
    pub(crate) fn parse(
        path: &Path,
        text: &str,
        registry: &Registry,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self> {
        reader::read(&Source::new(path, text.to_owned()), folder_of(path), registry, clock)
    }

    /// The names of all stores.
    pub(crate) fn store_names(&self) -> impl Iterator<Item = &str> {
        self.stores.keys().map(String::as_str)
    }

    /// A store of which we hold the key and that is not on this machine, if there is one.
    pub(crate) fn store_elsewhere(&self) -> Option<&str> {
        let is_here = |entry: &StoreEntry| {
            let texts = || {
                entry.settings.values.values().filter_map(|value| match value {
                    ConfigValue::Text(text) => Some(text),
                    _ => None,
                })
            };
            let is_loopback = |text: &String| {
                ["http://127.", "http://localhost", "http://[::1]"].iter().any(|host| text.starts_with(host))
            };
            texts().any(is_loopback) && texts().all(|text| !text.starts_with("https://"))
        };
        let elsewhere = |(_, entry): &(&String, &StoreEntry)| {
            entry.settings.access == Access::Credential && !is_here(entry)
        };
        self.stores.iter().find(elsewhere).map(|(name, _)| name.as_str())
    }

    /// The store of this name.
    pub(crate) fn store(&self, name: &str) -> Result<&StoreEntry> {
        self.stores.get(name).ok_or_else(|| {
            unknown("store", name, self.store_names(), "add [stores.NAME] to the configuration")
        })
    }

    /// What a role means on a platform.
    pub(crate) fn role(&self, name: &str, platform: &ProviderId) -> Result<RoleSpec> {
        let remedy = format!("add [roles.NAME.{platform}] to the configuration");
        let role = self
            .roles
            .get(name)
            .ok_or_else(|| unknown("role", name, self.roles.keys().map(String::as_str), &remedy))?;
        role.meanings.get(platform).cloned().ok_or_else(|| {
            let message = format!("the role `{name}` says nothing about {platform}");
            Error::new(ErrorKind::InvalidRequest, message)
                .with_remedy(format!("add [roles.{name}.{platform}] to the configuration"))
        })
    }

    /// The platform's own roles that ours mean there, as far as they are ids.
    pub(crate) fn platform_roles(&self, platform: &ProviderId) -> impl Iterator<Item = RoleId> {
        let named = self.roles.values().filter_map(|role| role.meanings.get(platform)?.platform_role.clone());
        named.filter_map(|role| RoleId::new(role).ok())
    }

    /// What our roles mean on a platform, those that mean anything there.
    pub(crate) fn roles_on(&self, platform: &ProviderId) -> Vec<RoleSpec> {
        self.roles.values().filter_map(|role| role.meanings.get(platform).cloned()).collect()
    }

    /// The rank of a role.
    pub(crate) fn rank(&self, role: &str) -> Option<i64> {
        self.roles.get(role)?.rank
    }

    /// The rules for a grant of a role on a store: of each the strictest one.
    pub(crate) fn policy(&self, store: &str, role: Option<&str>) -> Policy {
        let of_store = self.stores.get(store).map(|store| &store.policy);
        let of_role = role.and_then(|role| self.roles.get(role)).map(|role| &role.policy);
        of_store.into_iter().chain(of_role).fold(self.policy.clone(), Policy::and)
    }

    /// The sink of this name.
    pub(crate) fn sink(&self, name: &str) -> Result<Arc<dyn Sink>> {
        self.sink_entry(name).map(|entry| entry.sink.clone())
    }

    /// Checks that passwords may go to this sink.
    pub(crate) fn check_takes_passwords(&self, name: &str) -> Result<()> {
        match self.sink_entry(name)?.room {
            Room::Many => Ok(()),
            Room::One(_) => {
                let message =
                    format!("the sink {name:?} is a file for one credential, and takes no passwords");
                Err(Error::new(ErrorKind::InvalidRequest, message)
                    .with_remedy("name a sink with a folder or a program"))
            }
        }
    }

    /// Checks that this credential, given by its label, may be rotated in this sink. A file that no credential names is
    /// refused: a second rotation could put another credential there.
    pub(crate) fn check_keeps(&self, name: &str, label: &str) -> Result<()> {
        match &self.sink_entry(name)?.room {
            Room::Many => Ok(()),
            Room::One(owner) if owner.as_deref() == Some(label) => Ok(()),
            Room::One(owner) => {
                let whose = owner.as_deref().unwrap_or("the credential that names it, and none does");
                let message = format!("the sink {name:?} is a file for {whose}, and {label} is another one");
                Err(Error::new(ErrorKind::InvalidRequest, message)
                    .with_remedy("name it among the sinks of the one credential that it is for"))
            }
        }
    }

    /// Checks that a secret with this label may be put into this sink. A file that a credential names is that one's alone; one
    /// that none names takes what a command puts there.
    pub(crate) fn check_takes(&self, name: &str, label: &str) -> Result<()> {
        match &self.sink_entry(name)?.room {
            Room::One(None) => Ok(()),
            Room::One(Some(_)) | Room::Many => self.check_keeps(name, label),
        }
    }

    fn sink_entry(&self, name: &str) -> Result<&SinkEntry> {
        self.sinks.get(name).ok_or_else(|| {
            let known = self.sinks.keys().map(String::as_str);
            unknown("sink", name, known, "add [sinks.NAME] to the configuration")
        })
    }

    /// What credentials name, and what can be said without asking their platform.
    fn check_credentials(&self, sinks: &[String]) -> Result<()> {
        for (store, entry) in &self.stores {
            for credential in &entry.unchecked {
                credential.check_sinks(sinks.iter().map(String::as_str))?;
                credential.check_stores(store, |name| self.stores.contains_key(name))?;
            }
        }
        Ok(())
    }

    /// The credential that names a sink which can be one credential's alone, as its label.
    fn owner_of(&self, sink: &str) -> Result<Option<String>> {
        let mut owner: Option<String> = None;
        for (store, entry) in &self.stores {
            for credential in entry.unchecked.iter().filter(|it| it.sinks().iter().any(|name| name == sink)) {
                let label = format!("{store}/{}", credential.name());
                match owner {
                    Some(other) => return Err(credential.taken(sink, &label, &other)),
                    None => owner = Some(label),
                }
            }
        }
        Ok(owner)
    }

    /// Checks every credential against the kinds of its store. Only stores that have some are connected to; that sends
    /// nothing.
    pub(crate) fn complete_credentials(
        &mut self,
        now: Timestamp,
        connect: impl Fn(&StoreEntry) -> Result<Arc<dyn AccessProvider>>,
    ) -> Result<()> {
        for entry in self.stores.values_mut() {
            let Some(first) = entry.unchecked.first() else { continue };
            let connection = connect(entry)?;
            let Some(rotator) = connection.credentials() else {
                return Err(first.without_kinds(entry.settings.access == Access::Merchant));
            };
            let kinds = rotator.kinds();
            let unchecked = std::mem::take(&mut entry.unchecked).into_iter();
            entry.credentials = unchecked.map(|it| it.complete(&kinds, now)).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// Somebody of ours, who may get a grant: a handle of the configuration, or an address of one of them.
    pub(crate) fn colleague(&self, text: &str) -> Result<&Person> {
        let email = Email::new(text).ok();
        let known = self.people.get(text).or_else(|| {
            self.people.values().find(|person| email.as_ref().is_some_and(|email| has_address(person, email)))
        });
        known.ok_or_else(|| {
            let remedy =
                "add [people.NAME] to the configuration: whoever gets a grant must be known when it ends";
            unknown("person", text, self.people.keys().map(String::as_str), remedy)
        })
    }

    /// Somebody who can be invited: a handle of the configuration or an e-mail address.
    pub(crate) fn person(&self, text: &str) -> Result<Person> {
        if let Some(person) = self.people.get(text) {
            return Ok(person.clone());
        }
        if text.starts_with(ACCOUNT) {
            return Err(Error::new(ErrorKind::InvalidRequest, "an account cannot be invited")
                .with_remedy("name a person by handle or e-mail address"));
        }
        if !text.contains('@') {
            let remedy = "add [people.NAME] to the configuration, or write an e-mail address";
            return Err(unknown("person", text, self.people.keys().map(String::as_str), remedy));
        }
        let email = Email::new(text).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, format!("{text:?}: {}", error.message()))
                .with_remedy(error.remedy())
        })?;
        // Whoever writes the address of somebody we know means that somebody, with everything else we know of them.
        let known = self.people.values().find(|person| has_address(person, &email));
        known.cloned().map_or_else(|| stranger(email), Ok)
    }

    /// Everybody of ours.
    pub(crate) fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Whom a command is about: a handle, an e-mail address, or `account:ID`.
    pub(crate) fn target(&self, text: &str, platform: &ProviderId) -> Result<Target> {
        match text.strip_prefix(ACCOUNT) {
            Some(id) => Ok(Target::Account(AccountId::new(id)?)),
            None => Ok(self.person(text)?.on(platform)),
        }
    }
}

#[cfg(test)]
mod tests;

/// In front of an account's own id, where a person can be named.
pub(crate) const ACCOUNT: &str = "account:";

fn has_address(person: &Person, email: &Email) -> bool {
    person.email.same_mailbox(email) || person.other_emails.iter().any(|other| other.same_mailbox(email))
}

/// A person who is not in the configuration.
fn stranger(email: Email) -> Result<Person> {
    let local = email.as_str().split('@').next().unwrap_or_default();
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let handle = PersonHandle::new(local.chars().map(plain).collect::<String>())?;
    Ok(Person::new(handle, email))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The error for a name that is not known, with the nearest known one.
pub(crate) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    if_none: &str,
) -> Error {
    const MOST_LISTED: usize = 20;
    let known: Vec<_> = known.collect();
    // One slip for a short word, two for a longer one.
    let slips = if name.chars().count() < 6 { 1 } else { 2 };
    let nearest = known
        .iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), *candidate))
        .filter(|(distance, _)| *distance <= slips)
        .min();
    let guess = nearest.map(|(_, candidate)| format!("did you mean `{candidate}`? ")).unwrap_or_default();
    let remedy = if known.is_empty() {
        if_none.to_owned()
    } else {
        let more = if known.len() > MOST_LISTED { ", …" } else { "" };
        let listed: Vec<_> = known.into_iter().take(MOST_LISTED).collect();
        format!("{guess}known are {}{more}", listed.join(", "))
    };
    Error::new(ErrorKind::InvalidRequest, format!("there is no {what} {name:?}")).with_remedy(remedy)
}

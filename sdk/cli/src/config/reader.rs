//! From the file as it is written to what the program works with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use guestpass::grants::Policy;
use guestpass::{
    Access, AccountId, Clock, ConfigField, ConfigValue, Email, Person, PersonHandle, ProviderId, Registry,
    Result, RoleSpec, StoreHandle, StoreSettings,
};
use toml::{Spanned, Value};

use super::credential::{CredentialEntry, Reading};
use super::file::{ConfigFile, PersonTable, RoleFile, StoreFile};
use super::rules::{self, RULES};
use super::source::Source;
use super::{Config, Role, StoreEntry, ledger, review, sink};
use crate::secrets::SecretReference;

/// Checks the whole file: a mistake anywhere stops every command, so that none is found only when it hurts.
pub(super) fn read(
    source: &Source,
    folder: &Path,
    registry: &Registry,
    clock: &Arc<dyn Clock>,
) -> Result<Config> {
    let file: ConfigFile = toml::from_str(source.whole()).map_err(|error| source.syntax(&error))?;
    let reader = Reader { source, folder, registry, clock };
    let mut config =
        Config { state_dir: file.state_dir.map(|state| folder.join(state)), ..Config::default() };
    for (name, table) in file.stores {
        let store = reader.store(&name, table)?;
        config.stores.insert(name.into_inner(), store);
    }
    for (name, table) in file.people {
        let person = reader.person(&name, table)?;
        config.people.insert(name.into_inner(), person);
    }
    for (name, file) in file.roles {
        let role = reader.role(&name, file)?;
        config.roles.insert(name, role);
    }
    let names: Vec<_> = file.sinks.keys().map(|name| name.get_ref().clone()).collect();
    config.check_credentials(&names)?;
    let with = Reading { source, folder, clock };
    config.sinks = sink::read_all(file.sinks, with, |name| config.owner_of(name))?;
    config.ledger = ledger::read(file.ledger, source, folder, clock)?;
    config.policy = reader.rules(file.policy)?;
    config.review = review::read(&file.review, source)?;
    Ok(config)
}

struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    registry: &'a Registry,
    clock: &'a Arc<dyn Clock>,
}

impl Reader<'_> {
    fn store(&self, name: &Spanned<String>, table: StoreFile) -> Result<StoreEntry> {
        let handle = StoreHandle::new(name.get_ref().as_str())
            .map_err(|error| self.source.located(name.span(), name.get_ref(), &error))?;
        let mut own = OwnSettings::default();
        let mut values = Vec::new();
        let mut rules = Vec::new();
        let mut places = BTreeMap::new();
        for (key, value) in table.settings {
            if RULES.contains(&key.get_ref().as_str()) {
                rules.push((key, value));
                continue;
            }
            let text = self.source.text(&key, &value)?;
            places.insert(key.get_ref().clone(), self.source.place(key.span()));
            match key.get_ref().as_str() {
                "platform" => own.platform = Some((key, text)),
                "label" => own.label = Some(text),
                "access" => own.access = self.access(&key, &text)?,
                _ => values.push((key, text)),
            }
        }
        let Some((platform_key, platform)) = own.platform else {
            let known: Vec<_> = self.registry.factories().map(|factory| factory.id().as_str()).collect();
            let remedy = format!("add platform = \"…\", one of: {}", known.join(", "));
            return Err(self.source.fault(name.span(), "`platform` is missing", remedy));
        };
        let factory = self
            .registry
            .factory(&platform)
            .map_err(|error| error.found_at(&self.source.place(platform_key.span())))?;
        let mut settings = StoreSettings::new(handle);
        settings.label = own.label;
        settings.access = own.access;
        for (key, text) in values {
            let value = self.value(&key, text, factory.fields())?;
            settings.values.insert(key.into_inner(), value);
        }
        let platform = factory.id().clone();
        let policy = self.rules(rules)?;
        let place = self.source.place(name.span());
        let with = Reading { source: self.source, folder: self.folder, clock: self.clock };
        let unchecked = table.credentials.into_iter();
        let unchecked = unchecked
            .map(|(name, settings)| CredentialEntry::read(&name, settings, with))
            .collect::<Result<_>>()?;
        let credentials = Vec::new();
        let entry = StoreEntry { platform, settings, policy, place, places, unchecked, credentials };
        entry.settings.validate(factory.fields()).map_err(|error| entry.locate(error))?;
        Ok(entry)
    }

    fn access(&self, key: &Spanned<String>, text: &str) -> Result<Access> {
        match text {
            "credential" => Ok(Access::Credential),
            "merchant" => Ok(Access::Merchant),
            _ => {
                let remedy =
                    "write \"credential\" if guestpass has a token, \"merchant\" if only the merchant has";
                Err(self.source.fault(key.span(), "`access` is neither of its two values", remedy))
            }
        }
    }

    /// A secret's text is taken for a reference; if it is none, the settings' own check refuses it without showing it.
    fn value(&self, key: &Spanned<String>, text: String, fields: &[ConfigField]) -> Result<ConfigValue> {
        let name = key.get_ref().as_str();
        let secret = fields.iter().any(|field| field.name == name && field.secret);
        let reference = secret.then(|| SecretReference::parse(name, &text, self.folder)).flatten();
        match reference {
            Some(Ok(reference)) => Ok(ConfigValue::Secret(reference.source(name, self.clock.clone()))),
            Some(Err(error)) => Err(error.found_at(&self.source.place(key.span()))),
            None => Ok(ConfigValue::Text(text)),
        }
    }

    fn person(&self, name: &Spanned<String>, table: PersonTable) -> Result<Person> {
        let handle = PersonHandle::new(name.get_ref().as_str())
            .map_err(|error| self.source.located(name.span(), name.get_ref(), &error))?;
        let mut person = Person::new(handle, self.email("email", &table.email)?);
        for other in &table.other_emails {
            person = person.with_other_email(self.email("other_emails", other)?);
        }
        person.first_name = table.first_name;
        person.last_name = table.last_name;
        person.shared = table.shared;
        for (platform, account) in &table.accounts {
            let id = AccountId::new(account.get_ref().as_str())
                .map_err(|error| self.source.located(account.span(), "accounts", &error))?;
            person.accounts.insert(self.platform(platform)?, id);
        }
        Ok(person)
    }

    fn email(&self, field: &str, text: &Spanned<String>) -> Result<Email> {
        Email::new(text.get_ref().as_str()).map_err(|error| self.source.located(text.span(), field, &error))
    }

    fn platform(&self, name: &Spanned<String>) -> Result<ProviderId> {
        let known = || self.registry.factories().map(|factory| factory.id().as_str());
        self.registry.factory(name.get_ref()).map(|factory| factory.id().clone()).map_err(|_| {
            let problem = format!("`{}` is no platform", name.get_ref());
            let remedy = format!("use one of: {}", known().collect::<Vec<_>>().join(", "));
            self.source.fault(name.span(), &problem, remedy)
        })
    }

    fn role(&self, name: &str, file: RoleFile) -> Result<Role> {
        let mut role = Role { rank: file.rank, policy: self.rules(file.rules)?, ..Role::default() };
        for (platform, table) in file.meanings {
            let mut meaning = RoleSpec::new(name).with_permissions(table.permissions);
            meaning.platform_role = table.role;
            meaning.allow_privileged = table.allow_privileged;
            role.meanings.insert(self.platform(&platform)?, meaning);
        }
        Ok(role)
    }

    fn rules(&self, rules: impl IntoIterator<Item = (Spanned<String>, Spanned<Value>)>) -> Result<Policy> {
        let mut policy = Policy::new();
        for (key, value) in rules {
            let set = rules::set(&mut policy, key.get_ref(), value.get_ref());
            set.map_err(|(problem, remedy)| self.source.fault(key.span(), &problem, remedy))?;
        }
        Ok(policy)
    }
}

/// The settings of a store that are the program's own.
#[derive(Default)]
struct OwnSettings {
    platform: Option<(Spanned<String>, String)>,
    label: Option<String>,
    access: Access,
}

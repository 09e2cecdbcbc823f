//! The configuration as it is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::{Spanned, Value};

use super::rules::RULES;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) state_dir: Option<String>,
    #[serde(default)]
    pub(super) stores: BTreeMap<Spanned<String>, StoreFile>,
    #[serde(default)]
    pub(super) people: BTreeMap<Spanned<String>, PersonTable>,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, RoleFile>,
    #[serde(default)]
    pub(super) ledger: LedgerTable,
    #[serde(default)]
    pub(super) sinks: BTreeMap<Spanned<String>, SinkTable>,
    /// Rules for every grant.
    #[serde(default)]
    pub(super) policy: Settings,
    #[serde(default)]
    pub(super) review: ReviewTable,
}

/// A table whose keys are not known beforehand.
pub(super) type Settings = BTreeMap<Spanned<String>, Spanned<Value>>;

/// `[people.HANDLE]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonTable {
    pub(super) email: Spanned<String>,
    #[serde(default)]
    pub(super) other_emails: Vec<Spanned<String>>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    #[serde(default)]
    pub(super) shared: bool,
    #[serde(default)]
    pub(super) accounts: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// `[review]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewTable {
    pub(super) dormant_after: Option<Spanned<String>>,
    pub(super) drift_every: Option<Spanned<String>>,
}

/// `[ledger]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerTable {
    pub(super) path: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
}

/// `[sinks.NAME]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinkTable {
    pub(super) path: Option<Spanned<String>>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) command: Option<Spanned<String>>,
    pub(super) reads_back: Option<Spanned<bool>>,
}

/// `[stores.NAME]`: settings of the platform, which alone knows their names, and a table for each credential.
#[derive(Debug, Default)]
pub(super) struct StoreFile {
    pub(super) settings: Settings,
    pub(super) credentials: BTreeMap<Spanned<String>, Settings>,
}

/// By hand, for the same reason as [`RoleFile`].
impl<'de> Deserialize<'de> for StoreFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = StoreFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the settings of a store")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StoreFile, A::Error> {
                let mut store = StoreFile::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    if key.get_ref() == "credentials" {
                        store.credentials = map.next_value()?;
                    } else {
                        store.settings.insert(key, map.next_value()?);
                    }
                }
                Ok(store)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// `[roles.NAME]`: a rank, rules, and one table for each platform, named after it.
#[derive(Debug, Default)]
pub(super) struct RoleFile {
    pub(super) rank: Option<i64>,
    pub(super) rules: Vec<(Spanned<String>, Spanned<Value>)>,
    pub(super) meanings: Vec<(Spanned<String>, RoleTable)>,
}

/// By hand, because serde's way to collect unknown keys forgets where they stand.
impl<'de> Deserialize<'de> for RoleFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = RoleFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rank, rules, and a table for each platform")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RoleFile, A::Error> {
                let mut role = RoleFile::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match key.get_ref().as_str() {
                        "rank" => role.rank = Some(map.next_value()?),
                        rule if RULES.contains(&rule) => role.rules.push((key, map.next_value()?)),
                        _ => role.meanings.push((key, map.next_value()?)),
                    }
                }
                Ok(role)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// `[roles.NAME.PLATFORM]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable {
    pub(super) role: Option<String>,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
    #[serde(default)]
    pub(super) allow_privileged: bool,
}

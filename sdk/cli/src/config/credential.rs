//! `[stores.NAME.credentials.CREDENTIAL]`: a credential that is to be rotated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guestpass::rotation::{CredentialKind, CredentialName, CredentialSlot, KindInfo, Lifetime};
use guestpass::{Clock, ConfigValue, Error, ErrorKind, Result, SecretSource, StoreHandle, Timestamp};
use toml::value::Datetime;
use toml::{Spanned, Value};

use super::file::Settings;
use super::source::Source;
use super::unknown;
use crate::duration;
use crate::secrets::SecretReference;

/// The settings that every credential may have. Whatever else stands there belongs to its kind.
const OWN: [(&str, &str); 10] = [
    ("kind", "what it is; `guestpass credentials --kinds` shows the kinds"),
    ("sinks", "where it is kept: names of sinks. `sink` where it is one"),
    ("sink", "where it is kept: the name of a sink"),
    ("current", "where the one in use can be read, if no sink gives it back"),
    ("made", "when the one in use was made, if somebody knows"),
    ("rotate_every", "how old it may get"),
    ("automatic", "whether `sweep` rotates it then; otherwise `sweep` says that it is due"),
    ("drain", "how long whoever uses it needs to take the new one"),
    ("lifetime", "how long a new one is to live, where that can be chosen"),
    ("stores", "other stores that depend on it"),
];

/// A credential as the file states it. What belongs to its kind is not checked yet.
#[derive(Debug)]
pub(super) struct CredentialEntry {
    slot: CredentialSlot,
    /// Where its table stands.
    place: String,
    /// Where each setting stands.
    places: BTreeMap<String, String>,
    /// What belongs to its kind.
    more: Vec<More>,
}

/// A setting of a kind: a text, or where it is a reference to a secret, what that refers to.
#[derive(Debug)]
struct More {
    name: String,
    text: String,
    secret: Option<Result<Arc<dyn SecretSource>>>,
}

/// What the settings are read with.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) source: &'a Source,
    pub(super) folder: &'a Path,
    pub(super) clock: &'a Arc<dyn Clock>,
}

impl CredentialEntry {
    /// Reads the table of one credential.
    pub(super) fn read(name: &Spanned<String>, settings: Settings, with: Reading<'_>) -> Result<Self> {
        let known = CredentialName::new(name.get_ref().as_str())
            .map_err(|error| with.source.located(name.span(), name.get_ref(), &error))?;
        let mut entry = Self {
            slot: CredentialSlot::new(known, CredentialKind::from_static("")),
            place: with.source.place(name.span()),
            places: BTreeMap::new(),
            more: Vec::new(),
        };
        for (key, value) in settings {
            entry.places.insert(key.get_ref().clone(), with.source.place(key.span()));
            entry.set(&key, &value, with)?;
        }
        if entry.slot.kind.as_str().is_empty() {
            let remedy = "add kind = \"…\"; `guestpass credentials --platform PLATFORM` shows the kinds";
            return Err(with.source.fault(name.span(), "`kind` is missing", remedy));
        }
        entry.check_ages()?;
        Ok(entry)
    }

    fn set(&mut self, key: &Spanned<String>, value: &Spanned<Value>, with: Reading<'_>) -> Result<()> {
        let text = || with.source.text(key, value);
        let slot = &mut self.slot;
        match key.get_ref().as_str() {
            "kind" => slot.kind = CredentialKind::from(text()?),
            "sink" => slot.sinks.push(text()?),
            "sinks" => slot.sinks.extend(texts(key, value, with)?),
            "current" => slot.current = Some(secret(key, &text()?, with)?),
            "made" => slot.made_at = Some(moment(key, value, with)?),
            "rotate_every" => slot.rotate_every = Some(length(key, value, with)?),
            "automatic" => slot.automatic = switch(key, value, with)?,
            "drain" => slot.drain = length(key, value, with)?,
            "lifetime" => slot.lifetime = Some(length(key, value, with)?),
            "stores" => slot.dependents = stores(key, value, with)?,
            name => {
                let text = text()?;
                let reference = SecretReference::parse(name, &text, with.folder);
                let secret = reference.map(|reference| Ok(reference?.source(name, with.clock.clone())));
                self.more.push(More { name: name.to_owned(), text, secret });
            }
        }
        Ok(())
    }

    fn check_ages(&self) -> Result<()> {
        if self.slot.automatic && self.slot.rotate_every.is_none() {
            let remedy = "add rotate_every = \"30d\", or leave `automatic` out";
            return Err(self.fault("automatic", "needs `rotate_every`", remedy));
        }
        if self.slot.automatic && self.slot.sinks.is_empty() {
            let remedy = "add sinks = [\"NAME\"], or leave `automatic` out";
            return Err(self.fault("automatic", "needs a sink, where the new one goes", remedy));
        }
        Ok(())
    }

    /// Its name.
    pub(super) fn name(&self) -> &CredentialName {
        &self.slot.name
    }

    /// The sinks that it names.
    pub(super) fn sinks(&self) -> &[String] {
        &self.slot.sinks
    }

    /// Checks that the sinks are there, each once, and can keep a credential.
    pub(super) fn check_sinks<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        let mut named = BTreeSet::new();
        for sink in &self.slot.sinks {
            let field = if self.places.contains_key("sinks") { "sinks" } else { "sink" };
            if !known.clone().any(|known| known == sink) {
                let error = unknown("sink", sink, known, "add [sinks.NAME] to the configuration");
                return Err(self.fault(
                    field,
                    &format!("names {sink:?}, and there is no such sink"),
                    error.remedy(),
                ));
            }
            if !named.insert(sink) {
                return Err(self.fault(field, &format!("names {sink:?} twice"), "name each sink once"));
            }
        }
        Ok(())
    }

    /// Checks that the stores that depend on it are there.
    pub(super) fn check_stores(&self, own: &str, is_known: impl Fn(&str) -> bool) -> Result<()> {
        for store in &self.slot.dependents {
            if store.as_str() == own {
                return Err(self.fault("stores", "names its own store", "name the others alone"));
            }
            if !is_known(store.as_str()) {
                let problem = format!("names {:?}, and there is no such store", store.as_str());
                return Err(self.fault("stores", &problem, "add [stores.NAME] to the configuration"));
            }
        }
        Ok(())
    }

    /// The error for a sink that is another credential's file.
    pub(super) fn taken(&self, sink: &str, own: &str, other: &str) -> Error {
        let problem =
            format!("names {sink:?}, a file for one credential, and both {other} and {own} name it");
        let field = if self.places.contains_key("sinks") { "sinks" } else { "sink" };
        self.fault(field, &problem, "give each of them a sink of its own, or one with a folder")
    }

    /// Checks it against the kinds of its store, and gives it as the rotations see it.
    pub(super) fn complete(mut self, kinds: &[KindInfo], now: Timestamp) -> Result<CredentialSlot> {
        let kind = self.slot.kind.as_str();
        let Some(info) = kinds.iter().find(|info| info.kind.as_str() == kind) else {
            let names = kinds.iter().map(|info| info.kind.as_str());
            let error = unknown("kind", kind, names, "leave this credential out");
            let problem = format!("names {kind:?}, which is no kind of credential on this store");
            return Err(self.fault("kind", &problem, error.remedy()));
        };
        for more in std::mem::take(&mut self.more) {
            let wants_secret = info.fields.iter().any(|field| field.name == more.name && field.secret);
            let value = match more.secret.filter(|_| wants_secret) {
                Some(secret) => ConfigValue::Secret(secret.map_err(|error| self.locate(error))?),
                // A secret that stands there itself is refused by the check of the settings, without being shown.
                None => ConfigValue::Text(more.text),
            };
            self.slot.values.insert(more.name, value);
        }
        self.slot.validate(info).map_err(|error| self.locate(explain(error, info)))?;
        self.check_kind(info, now)?;
        Ok(self.slot)
    }

    fn check_kind(&self, info: &KindInfo, now: Timestamp) -> Result<()> {
        let longest = match info.lifetime {
            Lifetime::Chosen { longest, .. } => longest,
            _ if self.slot.lifetime.is_some() => {
                let remedy = "leave it out";
                return Err(self.fault("lifetime", "cannot be chosen for this kind", remedy));
            }
            _ => None,
        };
        if let (Some(lifetime), Some(longest)) = (self.slot.lifetime, longest)
            && lifetime > longest
        {
            let remedy = format!("write at most \"{}\"", duration::text(longest));
            return Err(self.fault("lifetime", "is longer than the platform allows", &remedy));
        }
        if self.slot.automatic && info.is_in_place() {
            let problem = "is not for this kind: the old one dies before whoever uses it has the new one";
            return Err(self.fault("automatic", problem, "leave it out; `sweep` says when it is due"));
        }
        if self.slot.made_at.is_some_and(|made| made > now) {
            return Err(self.fault("made", "lies ahead", "write when the one in use was made"));
        }
        Ok(())
    }

    /// A mistake in one of its settings, with its place.
    pub(super) fn fault(&self, field: &str, problem: &str, remedy: &str) -> Error {
        self.locate(Error::config(field, problem, remedy))
    }

    fn locate(&self, error: Error) -> Error {
        let place = error.field().and_then(|field| self.places.get(field)).unwrap_or(&self.place);
        error.found_at(place)
    }

    /// The error where a store has no credentials that could be rotated.
    pub(super) fn without_kinds(&self, by_merchant: bool) -> Error {
        let (problem, remedy) = if by_merchant {
            (
                "stands on a store whose merchant holds the key, so nothing can be rotated there",
                "leave it out, or set access = \"credential\" and what the platform needs for it",
            )
        } else {
            ("stands on a store whose platform has no credentials that guestpass rotates", "leave it out")
        };
        let message = format!("{}: `{}` {problem}", self.place, self.slot.name);
        Error::new(ErrorKind::Config, message).with_remedy(remedy)
    }
}

/// The same error; for a name that is no setting of the kind also with what every credential may have.
fn explain(error: Error, info: &KindInfo) -> Error {
    if info.fields.iter().any(|field| error.field() == Some(field.name)) {
        return error;
    }
    let own: Vec<_> = OWN.iter().map(|(name, _)| *name).collect();
    let remedy = format!("{}; every credential may have {}", error.remedy(), own.join(", "));
    error.with_remedy(remedy)
}

fn texts(key: &Spanned<String>, value: &Spanned<Value>, with: Reading<'_>) -> Result<Vec<String>> {
    let texts = value.get_ref().as_array().and_then(|values| {
        values.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect::<Option<Vec<_>>>()
    });
    texts.ok_or_else(|| {
        let problem = format!("`{}` is no list of names", key.get_ref());
        with.source.fault(value.span(), &problem, "write for example [\"one\", \"other\"]")
    })
}

fn stores(key: &Spanned<String>, value: &Spanned<Value>, with: Reading<'_>) -> Result<Vec<StoreHandle>> {
    let handle = |name: String| {
        StoreHandle::new(name).map_err(|error| with.source.located(value.span(), key.get_ref(), &error))
    };
    texts(key, value, with)?.into_iter().map(handle).collect()
}

fn secret(key: &Spanned<String>, text: &str, with: Reading<'_>) -> Result<Arc<dyn SecretSource>> {
    let name = key.get_ref();
    let place = || with.source.place(key.span());
    match SecretReference::parse(name, text, with.folder) {
        Some(reference) => {
            Ok(reference.map_err(|error| error.found_at(&place()))?.source(name, with.clock.clone()))
        }
        None => Err(Error::config(
            name,
            "is a secret and may not stand in the configuration",
            "refer to it with env:NAME, file:PATH or cmd:PROGRAM",
        )
        .found_at(&place())),
    }
}

fn length(key: &Spanned<String>, value: &Spanned<Value>, with: Reading<'_>) -> Result<Duration> {
    value.get_ref().as_str().and_then(duration::parse).ok_or_else(|| {
        let problem = format!("`{}` is no length of time", key.get_ref());
        with.source.fault(
            value.span(),
            &problem,
            format!("write it in quotes, for example {}", duration::FORM),
        )
    })
}

fn switch(key: &Spanned<String>, value: &Spanned<Value>, with: Reading<'_>) -> Result<bool> {
    value.get_ref().as_bool().ok_or_else(|| {
        let problem = format!("`{}` is neither true nor false", key.get_ref());
        with.source.fault(value.span(), &problem, "write it without quotes")
    })
}

/// A day, which begins at midnight in UTC, or a moment; in quotes or without.
fn moment(key: &Spanned<String>, value: &Spanned<Value>, with: Reading<'_>) -> Result<Timestamp> {
    let text = match value.get_ref() {
        Value::String(text) => Some(text.clone()),
        Value::Datetime(Datetime { date: Some(_), .. }) => Some(value.get_ref().to_string()),
        _ => None,
    };
    let read = |text: String| {
        let day = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == "2026-01-31".len());
        let midnight = day.and_then(|day| Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()));
        midnight.or_else(|| text.parse().ok())
    };
    text.and_then(read).ok_or_else(|| {
        let problem = format!("`{}` is neither a day nor a moment", key.get_ref());
        with.source.fault(value.span(), &problem, "write 2026-01-31 or 2026-01-31T12:00:00Z")
    })
}

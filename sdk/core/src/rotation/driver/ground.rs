//! What a rotation stands on: the store's connection, the credential's settings, its sinks.

use std::sync::Arc;
use std::time::Duration;

use super::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{CredentialName, StoreHandle};
use crate::provider::AccessProvider;
use crate::rotation::{CredentialKind, CredentialRotator, CredentialSlot, Find, KindInfo, Lifetime};
use crate::sink::Sink;

/// A sink that keeps the credential, by its name.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) sink: Arc<dyn Sink>,
}

impl Kept {
    pub(super) fn reads_back(&self) -> bool {
        self.sink.abilities().reads_back
    }
}

/// What a rotation stands on.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) provider: Arc<dyn AccessProvider>,
    pub(super) info: KindInfo,
    pub(super) slot: CredentialSlot,
    pub(super) sinks: Vec<Kept>,
}

impl Ground {
    pub(super) fn rotator(&self) -> Result<&dyn CredentialRotator> {
        self.provider.credentials().ok_or_else(nothing_rotated)
    }

    /// Whether a human makes the new one.
    pub(super) fn is_guided(&self) -> bool {
        self.info.is_guided() || self.info.find == Find::HandedIn
    }

    pub(super) fn settle_after(&self) -> Duration {
        self.provider.connection().settle_after()
    }

    /// Under which name a sink keeps the credential.
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.provider.connection().store(), self.slot.name)
    }

    /// Every store that depends on the credential, the own one first, each once.
    pub(super) fn dependents(&self) -> Vec<StoreHandle> {
        let mut all = vec![self.provider.connection().store().clone()];
        for store in &self.slot.dependents {
            if !all.contains(store) {
                all.push(store.clone());
            }
        }
        all
    }

    /// How long a new one is to live: what was asked for, what the slot says, or what is usual.
    pub(super) fn lifetime(&self, asked: Option<Duration>) -> Result<Option<Duration>> {
        let wanted = asked.or(self.slot.lifetime);
        let refuse =
            |problem: String| Err(Error::invalid("lifetime", problem, "leave it out, or shorten it"));
        match (&self.info.lifetime, wanted) {
            (_, Some(Duration::ZERO)) => refuse("is nothing at all".to_owned()),
            (Lifetime::Chosen { longest: Some(longest), .. }, Some(wanted)) if wanted > *longest => {
                refuse(format!("is longer than the {} s that {} may live", longest.as_secs(), self.info.kind))
            }
            (Lifetime::Chosen { default, .. }, wanted) => Ok(Some(wanted.unwrap_or(*default))),
            (Lifetime::Fixed(fixed), None) => Ok(Some(*fixed)),
            (Lifetime::Fixed(fixed), Some(wanted)) if wanted == *fixed => Ok(Some(*fixed)),
            (Lifetime::Unlimited, None) => Ok(None),
            (Lifetime::Fixed(_) | Lifetime::Unlimited, Some(_)) => {
                refuse(format!("cannot be chosen for {}", self.info.kind))
            }
        }
    }
}

impl Driver {
    /// What a credential's rotation stands on; `sinks` in place of its own, unless empty.
    pub(super) fn ground(
        &self,
        store: &StoreHandle,
        credential: &CredentialName,
        sinks: &[String],
    ) -> Result<Ground> {
        let provider = self.directory.connect(store)?.ok_or_else(|| {
            let problem = format!("names {store}, which is not configured");
            Error::invalid("store", problem, "name one of your stores")
        })?;
        let at = |error: Error| error.at(provider.connection().provider(), store);
        let slot = self.slot(store, credential).map_err(at)?;
        let info = info_of(&*provider, &slot.kind).map_err(at)?;
        slot.validate(&info).map_err(at)?;
        let names = if sinks.is_empty() { &slot.sinks } else { sinks };
        let sinks = self.sinks(&slot, names).map_err(at)?;
        Ok(Ground { provider, info, slot, sinks })
    }

    fn slot(&self, store: &StoreHandle, credential: &CredentialName) -> Result<CredentialSlot> {
        let slots = self.directory.credentials(store);
        let names = names(slots.iter().map(|slot| slot.name.as_str()));
        slots.into_iter().find(|slot| slot.name == *credential).ok_or_else(|| {
            let problem = format!("names {credential}, which is no credential of {store}");
            Error::invalid("credential", problem, format!("name one of: {names}"))
        })
    }

    fn sinks(&self, slot: &CredentialSlot, names: &[String]) -> Result<Vec<Kept>> {
        if names.is_empty() {
            let remedy = "name a sink, so that the new secret is safe before anybody depends on it";
            return Err(Error::config(
                "sinks",
                format!("names none for the credential {}", slot.name),
                remedy,
            ));
        }
        let mut kept: Vec<Kept> = Vec::with_capacity(names.len());
        for name in names {
            let sink = self.directory.sink(name).ok_or_else(|| {
                Error::config("sinks", format!("names {name:?}, which is not configured"), "add that sink")
            })?;
            if !sink.abilities().keeps_credentials {
                let problem = format!("names {name:?}, which keeps no credentials");
                let remedy = "use a sink that can stage and promote, for example a file";
                return Err(Error::config("sinks", problem, remedy));
            }
            if kept.iter().all(|known| known.name != *name) {
                kept.push(Kept { name: name.clone(), sink });
            }
        }
        Ok(kept)
    }
}

/// What the platform allows for a kind.
pub(super) fn info_of(provider: &dyn AccessProvider, kind: &CredentialKind) -> Result<KindInfo> {
    let kinds = provider.credentials().ok_or_else(nothing_rotated)?.kinds();
    let names = names(kinds.iter().map(|info| info.kind.as_str()));
    kinds.into_iter().find(|info| info.kind == *kind).ok_or_else(|| {
        Error::config("kind", format!("is {kind}, which is not known here"), format!("use one of: {names}"))
    })
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "there are none".to_owned() } else { names.join(", ") }
}

fn nothing_rotated() -> Error {
    Error::new(ErrorKind::Unsupported, "no credential of this platform can be rotated with guestpass")
        .with_remedy("rotate it at the platform itself")
}

//! Webhooks of an API account: they are seen only by the client that made them, and are deleted with it. So they are made
//! again for the new one while both live; receivers get events twice meanwhile.

use std::collections::BTreeMap;

use guestpass::rotation::{Carried, CarryOver, Credential};
use guestpass::{CallContext, ErrorKind, Result};

use super::{Rotator, about_itself, source, steps};
use crate::client::StoreApi;
use crate::wire::Hook;

/// How many webhooks one client may have for one scope.
const MOST_PER_SCOPE: usize = 10;

impl Rotator {
    pub(super) async fn carry_webhooks(&self, change: &CarryOver<'_>, cx: &CallContext) -> Result<Carried> {
        let Some(old) = change.old else { return Ok(Carried::nothing()) };
        let Some(old) = &old.secret else {
            return Ok(left("the old token cannot be read"));
        };
        let Some(new) = &change.new.secret else {
            return Ok(left("the new token cannot be read"));
        };
        let wanted = match self.store_api(source(old)).hooks(cx).await {
            Ok(hooks) => hooks,
            Err(error) if error.kind() == ErrorKind::Unauthenticated => {
                return Ok(left("the old token is dead"));
            }
            Err(error) => return Err(about_itself(error)),
        };
        let new = self.store_api(source(new));
        let present = new.hooks(cx).await.map_err(about_itself)?;
        let missing: Vec<_> = wanted.iter().filter(|hook| !has(&present, hook)).collect();
        if missing.is_empty() {
            return Ok(Carried::Verified { what: told(wanted.len()), left: Vec::new() });
        }
        let refused = make(&new, &missing, &present, cx).await?;
        let present = new.hooks(cx).await.map_err(about_itself)?;
        let missing: Vec<_> = missing.into_iter().filter(|hook| !has(&present, hook)).collect();
        if missing.iter().any(|hook| !has(&refused, hook)) {
            return Ok(Carried::Refreshed);
        }
        let there = wanted.len() - missing.len();
        let left = (!missing.is_empty()).then(|| steps::recreate_refused_webhooks(&by_scope(&missing)));
        Ok(Carried::Verified { what: told(there), left: left.into_iter().collect() })
    }

    /// An app keeps its client id, and with it its webhooks; how many are there is told so that somebody may compare.
    pub(super) async fn count_webhooks(&self, new: &Credential, cx: &CallContext) -> Result<Carried> {
        let Some(new) = &new.secret else { return Ok(Carried::nothing()) };
        let hooks = self.store_api(source(new)).hooks(cx).await.map_err(about_itself)?;
        Ok(Carried::Verified { what: told(hooks.len()), left: Vec::new() })
    }
}

/// Makes those that are missing; gives those that the platform refuses for good, or has no room for.
async fn make(new: &StoreApi, missing: &[&Hook], present: &[Hook], cx: &CallContext) -> Result<Vec<Hook>> {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for hook in present {
        *taken.entry(&hook.scope).or_default() += 1;
    }
    let mut refused = Vec::new();
    for hook in missing {
        let taken = taken.entry(&hook.scope).or_default();
        if *taken >= MOST_PER_SCOPE {
            refused.push((*hook).clone());
            continue;
        }
        match new.create_hook(hook, cx).await {
            Ok(()) => *taken += 1,
            Err(error) if matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::Conflict) => {
                refused.push((*hook).clone());
            }
            Err(error) => return Err(about_itself(error)),
        }
    }
    Ok(refused)
}

fn has(hooks: &[Hook], wanted: &Hook) -> bool {
    hooks.iter().any(|hook| hook.is_like(wanted))
}

/// Addresses and headers may hold keys, so they are counted and never named.
fn told(count: usize) -> Vec<String> {
    match count {
        0 => Vec::new(),
        1 => vec!["1 webhook is there for the new token".to_owned()],
        many => vec![format!("{many} webhooks are there for the new token")],
    }
}

fn by_scope(hooks: &[&Hook]) -> BTreeMap<String, usize> {
    let mut scopes = BTreeMap::new();
    for hook in hooks {
        *scopes.entry(hook.scope.clone()).or_default() += 1;
    }
    scopes
}

fn left(why: &str) -> Carried {
    Carried::Verified { what: Vec::new(), left: vec![steps::recreate_unknown_webhooks(why)] }
}

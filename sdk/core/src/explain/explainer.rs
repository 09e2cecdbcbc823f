//! Reading what an explanation needs: the ledger, one check, one look, and a listing where it shows other accounts.

use std::sync::Arc;

use futures_util::StreamExt;
use serde::Serialize;

use super::causes::{Cause, Standing};
use super::decide::decide;
use super::facts::{Checked, Facts, Failure, Looked};
use crate::Timestamp;
use crate::call::CallContext;
use crate::capability::{Operation, Support};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::ext::AccessProviderExt;
use crate::grants::{
    Directory, Grant, GrantId, GrantQuery, Holding, Ledger, Phase, Place, Step, StepQuery, SubjectKey,
};
use crate::model::{
    AccessState, Collaborator, ContentionKey, Email, Person, PersonHandle, ProviderId, StoreHandle, Target,
};
use crate::page::ListQuery;
use crate::provider::AccessProvider;
use crate::review::compare_rights;
use crate::rotation::{Rotation, RotationId, RotationQuery, Stage};

const PAGE: u32 = 100;
/// A listing that goes on after so many accounts is not read to its end.
const MOST_ACCOUNTS: usize = 50_000;

/// Explains why somebody is inside or not. Changes nothing anywhere.
#[derive(Debug, Clone)]
pub struct Explainer {
    ledger: Arc<dyn Ledger>,
    directory: Arc<dyn Directory>,
    env: Environment,
}

/// One person on one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The platform.
    pub platform: ProviderId,
    /// The store.
    pub store: StoreHandle,
    /// About whom.
    pub person: PersonHandle,
    /// When it was asked, in UTC.
    pub at: Timestamp,
    /// Whether they can get in.
    pub standing: Standing,
    /// What the look showed, as [`AccessState::name`] names it; `None` where none was possible.
    pub seen: Option<String>,
    /// Their grants that are not over.
    pub grants: Vec<GrantView>,
    /// Why, what matters most first.
    pub causes: Vec<Cause>,
}

/// A grant, as far as an explanation shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantView {
    /// Which.
    pub id: GrantId,
    /// Whose.
    pub person: PersonHandle,
    /// Where it stands.
    pub phase: Phase,
    /// With which of our roles.
    pub role: Option<String>,
    /// When it begins, in UTC.
    pub starts_at: Timestamp,
    /// When it ends, in UTC.
    pub ends_at: Timestamp,
}

impl Explainer {
    /// An explainer of these stores.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, directory: Arc<dyn Directory>, env: Environment) -> Self {
        Self { ledger, directory, env }
    }

    /// Explains one person on one store. A store that cannot be asked is no error: that is the first cause then.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a person whom nobody knows; when the ledger cannot be read.
    pub async fn store(
        &self,
        handle: &PersonHandle,
        store: &StoreHandle,
        cx: &CallContext,
    ) -> Result<Explanation> {
        let person = self.person(handle).await?;
        let provider = self.directory.connect(store);
        let grants = self.grants_of(handle, store).await?;
        let last = grants.last().map(|grant| grant.place.clone());
        let connected = provider.as_ref().ok().and_then(Option::as_ref);
        let place = match (connected, last) {
            (Some(provider), _) => place_at(&**provider, store, &person),
            (None, Some(place)) => place,
            (None, None) => unknown_place(store, &person)?,
        };
        let holding = self.ledger.holding(&place.store, &place.subject).await?;
        let look = match &provider {
            Ok(Some(provider)) => look(&**provider, &person, holding.as_ref(), cx).await,
            Ok(None) => Looked::NoStore,
            Err(error) => Looked::Failed(Failure::of(error)),
        };
        let mut facts = Facts::new(self.env.clock().now(), handle.clone(), look);
        facts.past = grants.into_iter().rfind(|grant| grant.phase.is_over());
        facts.grants = self.ledger.grants(&GrantQuery::living(&place), None, PAGE).await?;
        facts.steps = self.open_steps(&place).await?;
        facts.patience = self.patience(&facts.grants, store);
        facts.holding = holding;
        facts.kept_credentials = self.kept_credentials(&facts, store).await?;
        if let Some(provider) = connected {
            self.ask(&**provider, &person, &mut facts, cx).await;
        }
        Ok(explanation(facts, place))
    }

    /// The same on every store that is configured, and on those that left while something is owed there.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub async fn everywhere(
        &self,
        person: &PersonHandle,
        cx: &CallContext,
        mut each: impl FnMut(Explanation) + Send,
    ) -> Result<()> {
        let mut stores = self.directory.stores();
        let query = GrantQuery { person: Some(person.clone()), ..GrantQuery::new() }.not_over();
        let mut after = None;
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for grant in page {
                if !stores.contains(&grant.place.store) {
                    stores.push(grant.place.store);
                }
            }
        }
        // One reading serves every store that is listed together.
        let cx = cx.clone().with_looks_since(self.env.clock().now());
        for store in stores {
            each(self.store(person, &store, &cx).await?);
        }
        Ok(())
    }

    async fn person(&self, handle: &PersonHandle) -> Result<Person> {
        let kept = self.ledger.person(handle).await?.and_then(|record| record.to_person());
        self.directory.person(handle).or(kept).ok_or_else(|| {
            Error::invalid("person", format!("names {handle}, whom nobody knows"), "name one of your people")
        })
    }

    /// Every grant of a person on a store, the oldest first; of those that are over, the last one alone.
    async fn grants_of(&self, person: &PersonHandle, store: &StoreHandle) -> Result<Vec<Grant>> {
        let query =
            GrantQuery { person: Some(person.clone()), store: Some(store.clone()), ..GrantQuery::new() };
        let mut all: Vec<Grant> = Vec::new();
        let mut after = None;
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.id);
            for grant in page {
                if grant.phase.is_over() {
                    all.retain(|known| !known.phase.is_over());
                }
                all.push(grant);
            }
        }
    }

    async fn open_steps(&self, place: &Place) -> Result<Vec<Step>> {
        let mut all: Vec<Step> = Vec::new();
        let mut after = None;
        loop {
            let page = self.ledger.steps(&StepQuery::open_at(place), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.id);
            all.extend(page);
        }
    }

    fn patience(&self, grants: &[Grant], store: &StoreHandle) -> Option<std::time::Duration> {
        let of_store = self.directory.policy(store, None);
        let policies = grants.iter().map(|grant| self.directory.policy(store, grant.role.as_deref()));
        policies.fold(of_store, |all, one| all.and(&one)).patience
    }

    /// Credentials that were in use while the person was inside and still are.
    async fn kept_credentials(
        &self,
        facts: &Facts,
        store: &StoreHandle,
    ) -> Result<Vec<crate::model::CredentialName>> {
        let was_inside = facts.past.as_ref().filter(|past| past.was_active);
        let Some(left_at) = was_inside.map(|past| past.end.as_ref().map_or(past.ends_at, |end| end.since))
        else {
            return Ok(Vec::new());
        };
        let mut kept = Vec::new();
        for slot in self.directory.credentials(store) {
            let replaced = |rotation: &Rotation| {
                rotation.stage == Stage::Done && rotation.promoted_at.is_some_and(|at| at >= left_at)
            };
            let query = RotationQuery::of(store, &slot.name);
            let mut after: Option<RotationId> = None;
            let mut is_kept = slot.made_at.is_none_or(|made_at| made_at < left_at);
            loop {
                let page = self.ledger.rotations(&query, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                is_kept &= !page.iter().any(replaced);
            }
            if is_kept {
                kept.push(slot.name);
            }
        }
        Ok(kept)
    }

    /// What only the store can tell: whether our credential works, other accounts, how the role differs.
    async fn ask(&self, provider: &dyn AccessProvider, person: &Person, facts: &mut Facts, cx: &CallContext) {
        let capabilities = provider.capabilities();
        facts.unproven = capabilities.get(Operation::Invite).unproven.map(std::borrow::Cow::into_owned);
        let is_manual =
            |operation| matches!(capabilities.support(operation), Support::Manual | Support::Unsupported);
        if !is_manual(Operation::Observe) {
            facts.check = match provider.check(cx).await {
                Ok(report) => Checked::Alive { warnings: report.warnings },
                Err(error) if error.kind() == ErrorKind::Unsupported => Checked::NotAsked,
                Err(error) => Checked::Failed(Failure::of(&error)),
            };
        }
        let seen = match &facts.look {
            Looked::Seen(look) => look.state.account().cloned(),
            _ => None,
        };
        if !is_manual(Operation::List) && matches!(facts.look, Looked::Seen(_)) {
            facts.others = others(provider, person, seen.as_ref(), cx).await;
        }
        let platform = provider.connection().provider();
        let grant = facts.grants.iter().filter(|grant| grant.phase.is_open()).max_by_key(|grant| grant.rank);
        if let (Some(account), Some(role)) = (&seen, grant.and_then(|grant| grant.role.as_deref()))
            && let Some(spec) = self.directory.role(role, platform)
        {
            let roles = match spec.platform_role.is_some() && account.roles.known().is_some() {
                true => provider.list_roles(cx).await.unwrap_or_default(),
                false => Vec::new(),
            };
            facts.wrong_role = compare_rights(account, &spec, &roles);
        }
    }
}

fn place_at(provider: &dyn AccessProvider, store: &StoreHandle, person: &Person) -> Place {
    let connection = provider.connection();
    Place {
        platform: connection.provider().clone(),
        store: store.clone(),
        subject: connection.subject(person),
        contention: connection.contention_key().clone(),
    }
}

/// A store that nobody knows and on which nobody of ours ever was.
fn unknown_place(store: &StoreHandle, person: &Person) -> Result<Place> {
    Ok(Place {
        platform: ProviderId::from_static("unknown"),
        store: store.clone(),
        subject: SubjectKey::mailbox(&person.email),
        contention: ContentionKey::new(format!("unknown/{store}"))?,
    })
}

async fn look(
    provider: &dyn AccessProvider,
    person: &Person,
    holding: Option<&Holding>,
    cx: &CallContext,
) -> Looked {
    let observe = provider.capabilities().get(Operation::Observe);
    if matches!(observe.support, Support::Manual | Support::Unsupported) {
        return Looked::CannotLook { reason: observe.reason.into_owned() };
    }
    let platform = provider.connection().provider();
    let mut person = person.clone();
    if let Some(account) = holding.and_then(|holding| holding.account.clone()) {
        person.accounts.entry(platform.clone()).or_insert(account);
    }
    let target: Target = person.on(platform);
    let target = match holding.and_then(|holding| holding.state.clone()) {
        Some(state) => target.with_state(state),
        None => target,
    };
    match provider.observe(&target, cx).await {
        Ok(look) => Looked::Seen(look),
        Err(error) => Looked::Failed(Failure::of(&error)),
    }
}

/// Accounts of the person beside the one that was seen, as far as a listing shows them.
async fn others(
    provider: &dyn AccessProvider,
    person: &Person,
    seen: Option<&Collaborator>,
    cx: &CallContext,
) -> Vec<Collaborator> {
    let mailbox = |email: &Email| email.as_str().to_lowercase();
    let mailboxes: Vec<_> = std::iter::once(&person.email).chain(&person.other_emails).map(mailbox).collect();
    let account = person.accounts.get(provider.connection().provider());
    let mut found = Vec::new();
    let mut listing = provider.list(ListQuery::new(), cx).take(MOST_ACCOUNTS);
    while let Some(next) = listing.next().await {
        // What could not be read is no other account; the look has said what is wrong.
        let Ok(next) = next else { break };
        let theirs = account == Some(&next.id)
            || next.email.known().is_some_and(|email| mailboxes.contains(&mailbox(email)));
        let is_seen = seen.is_some_and(|seen| seen.id == next.id);
        if theirs && !is_seen {
            found.push(next);
        }
    }
    found
}

fn explanation(facts: Facts, place: Place) -> Explanation {
    let (standing, causes) = decide(&facts);
    let view = |grant: &Grant| GrantView {
        id: grant.id,
        person: grant.person.clone(),
        phase: grant.phase,
        role: grant.role.clone(),
        starts_at: grant.starts_at,
        ends_at: grant.ends_at,
    };
    let state: Option<&AccessState> = match &facts.look {
        Looked::Seen(look) => Some(&look.state),
        _ => None,
    };
    Explanation {
        platform: place.platform,
        store: place.store,
        at: facts.now,
        standing,
        seen: state.map(|state| state.name().to_owned()),
        grants: facts.grants.iter().map(view).collect(),
        causes,
        person: facts.person,
    }
}

//! What only the store can tell: a look, whether our credential works, other accounts, how the role differs.

use futures_util::StreamExt;

use super::explainer::Explainer;
use super::facts::{Checked, Facts, Failure, Looked};
use crate::call::CallContext;
use crate::capability::{Operation, Support};
use crate::error::ErrorKind;
use crate::ext::AccessProviderExt;
use crate::grants::Holding;
use crate::model::{AccessState, Collaborator, Email, Person, Role, RoleSpec, Target, Told, UnknownReason};
use crate::page::ListQuery;
use crate::provider::{AccessProvider, Held};
use crate::review::compare_rights;

/// A listing that goes on after so many accounts is not read to its end.
const MOST_ACCOUNTS: usize = 50_000;
/// Who has which role is asked for so many roles at most.
const MOST_ROLES: usize = 100;

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thoroughness {
    /// Everything that may be a cause.
    Everything,
    /// Whatever one reading of several stores shows. A credential that has shown who is inside is not tried again, because
    /// where many stores have one account, each try would cost it a request.
    WhatIsShared,
}

/// What a listing shows of one person.
#[derive(Default)]
struct Listed {
    /// Accounts of theirs beside the one that was seen.
    others: Vec<Collaborator>,
    /// The account that was seen, as the listing has it.
    seen: Option<Collaborator>,
}

impl Explainer {
    pub(super) async fn ask(
        &self,
        provider: &dyn AccessProvider,
        person: &Person,
        facts: &mut Facts,
        much: Thoroughness,
        cx: &CallContext,
    ) {
        let thorough = much == Thoroughness::Everything || !matches!(facts.look, Looked::Seen(_));
        if holds_a_key(provider) && thorough {
            facts.check = checked(provider, cx).await;
        }
        let capabilities = provider.capabilities();
        facts.unproven = capabilities.get(Operation::Invite).unproven.map(std::borrow::Cow::into_owned);
        let observe = capabilities.get(Operation::Observe);
        let is_hidden = match &facts.look {
            Looked::CannotLook { .. } => true,
            Looked::Seen(look) => {
                matches!(look.state, AccessState::Unknown { reason: UnknownReason::Denied(_) })
            }
            _ => false,
        };
        if is_hidden && is_manual(observe.support) && holds_a_key(provider) {
            facts.hidden = Some(observe.reason.into_owned());
        }
        let Looked::Seen(look) = &facts.look else { return };
        let mut seen = look.state.account().cloned();
        let role = self.role_of(facts, provider);
        let needs_roles = seen.is_some() && role.as_ref().is_some_and(|spec| spec.platform_role.is_some());
        let roles = match needs_roles {
            true => provider.list_roles(cx).await.unwrap_or_default(),
            false => Vec::new(),
        };
        if !is_manual(capabilities.support(Operation::List)) {
            let asks = much == Thoroughness::Everything && needs_roles;
            let query = query(seen.as_ref().filter(|_| asks), &roles);
            let listed = listed(provider, person, seen.as_ref(), query, cx).await;
            facts.others = listed.others;
            if let (Some(seen), Some(listed)) = (&mut seen, listed.seen)
                && seen.roles.known().is_none()
            {
                seen.roles = listed.roles;
            }
        }
        if let (Some(account), Some(role)) = (&seen, &role) {
            facts.wrong_role = compare_rights(account, role, &roles);
        }
    }

    /// What the highest of their grants means here.
    fn role_of(&self, facts: &Facts, provider: &dyn AccessProvider) -> Option<RoleSpec> {
        let open = facts.grants.iter().filter(|grant| grant.phase.is_open());
        let role = open.max_by_key(|grant| grant.rank)?.role.as_deref()?;
        self.directory.role(role, provider.connection().provider())
    }
}

/// Whether there is a credential: without one, a check sends nothing.
fn holds_a_key(provider: &dyn AccessProvider) -> bool {
    let check = provider.capabilities().get(Operation::Check);
    !is_manual(check.support) && check.requests > 0
}

fn is_manual(support: Support) -> bool {
    matches!(support, Support::Manual | Support::Unsupported)
}

async fn checked(provider: &dyn AccessProvider, cx: &CallContext) -> Checked {
    match provider.check(cx).await {
        Ok(report) => {
            let missing = report.rights.into_iter().filter(|right| right.held == Held::No);
            Checked::Alive { warnings: report.warnings, missing: missing.map(|right| right.name).collect() }
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Checked::NotAsked,
        Err(error) => Checked::Failed(Failure::of(&error)),
    }
}

pub(super) async fn look(
    provider: &dyn AccessProvider,
    person: &Person,
    holding: Option<&Holding>,
    cx: &CallContext,
) -> Looked {
    let observe = provider.capabilities().get(Operation::Observe);
    if is_manual(observe.support) {
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

/// A listing, with the roles of an account that the look does not tell: some platforms say only who has a given role, and
/// more than the grant gives shows in the others.
fn query(untold: Option<&Collaborator>, roles: &[Role]) -> ListQuery {
    match untold.is_some_and(|seen| matches!(seen.roles, Told::NotTold)) {
        true => ListQuery::new().with_roles(roles.iter().take(MOST_ROLES).map(|role| role.id.clone())),
        false => ListQuery::new(),
    }
}

/// Accounts of the person, as far as a listing shows them.
async fn listed(
    provider: &dyn AccessProvider,
    person: &Person,
    seen: Option<&Collaborator>,
    query: ListQuery,
    cx: &CallContext,
) -> Listed {
    let mailbox = |email: &Email| email.as_str().to_lowercase();
    let mailboxes: Vec<_> = std::iter::once(&person.email).chain(&person.other_emails).map(mailbox).collect();
    let account = person.accounts.get(provider.connection().provider());
    let mut found = Listed::default();
    let mut listing = provider.list(query, cx).take(MOST_ACCOUNTS);
    while let Some(next) = listing.next().await {
        // What could not be read is no other account; the look has said what is wrong.
        let Ok(next) = next else { break };
        if seen.is_some_and(|seen| seen.id == next.id) {
            found.seen = Some(next);
            continue;
        }
        let theirs = account == Some(&next.id)
            || next.email.known().is_some_and(|email| mailboxes.contains(&mailbox(email)));
        if theirs {
            found.others.push(next);
        }
    }
    found
}

//! What programs call: look, write, look again.

use std::future::Future;
use std::time::Duration;

use futures_util::stream::BoxStream;

use crate::call::{CallContext, Priority};
use crate::capability::{Operation, Support};
use crate::clock::Wait;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    AccessState, Baseline, Change, ChangeOutcome, Collaborator, Entry, Evidence, InviteOutcome,
    InviteRequest, ManualStep, Observation, Proof, Remains, RemoveOutcome, RemoveRequest, Target,
    UnknownReason,
};
use crate::page::{Cursor, ListQuery, Pager};
use crate::provider::AccessProvider;

/// The operations that look before they write, settle what was lost and prove what they claim. Implemented for every
/// [`AccessProvider`].
pub trait AccessProviderExt: AccessProvider {
    /// Everybody who has access, one page in memory at a time, nothing read before the first item is asked for.
    ///
    /// The stream ends with an error when the listing is incomplete or runs in a circle.
    fn list<'a>(&'a self, query: ListQuery, cx: &'a CallContext) -> BoxStream<'a, Result<Collaborator>> {
        self.pages(query, None, cx).into_stream()
    }

    /// The same page by page, resumable from a [`Cursor`].
    fn pages<'a>(&'a self, query: ListQuery, from: Option<Cursor>, cx: &'a CallContext) -> Pager<'a, Self> {
        Pager::new(self, query, from, cx)
    }

    /// Makes sure that the person is in or was asked: looks, writes if needed, looks again.
    ///
    /// A lost answer is settled by reading. At most one invitation is sent.
    ///
    /// # Errors
    /// [`ErrorKind::OutcomeUnknown`] when reading could not settle it before the deadline; [`ErrorKind::Unavailable`]
    /// when the write was proven not to have been executed, so that it may be tried again.
    fn ensure_invited(
        &self,
        request: &InviteRequest,
        cx: &CallContext,
    ) -> impl Future<Output = Result<InviteReport>> + Send {
        ensure_invited(self, request, cx)
    }

    /// The same without the first look, for a caller who has just looked and written down what they saw.
    ///
    /// # Errors
    /// As [`ensure_invited`](Self::ensure_invited).
    fn invite_after(
        &self,
        before: Observation,
        request: &InviteRequest,
        cx: &CallContext,
    ) -> impl Future<Output = Result<InviteReport>> + Send {
        invite_after(self, before, request, cx)
    }

    /// Makes sure that somebody is out: looks, removes if needed, looks again until it is proven.
    ///
    /// Everything here runs with [`Priority::Removal`].
    ///
    /// # Errors
    /// As [`ensure_invited`](Self::ensure_invited).
    fn ensure_removed(
        &self,
        request: &RemoveRequest,
        cx: &CallContext,
    ) -> impl Future<Output = Result<RemovalReport>> + Send {
        ensure_removed(self, request, cx)
    }

    /// The same without the first look, for a caller who has just looked and written down what they saw.
    ///
    /// # Errors
    /// As [`ensure_removed`](Self::ensure_removed).
    fn remove_after(
        &self,
        before: Observation,
        request: &RemoveRequest,
        cx: &CallContext,
    ) -> impl Future<Output = Result<RemovalReport>> + Send {
        remove_after(self, before, request, cx)
    }

    /// Watches, at the platform's own slow pace, until the subject is inside.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when the deadline passes first.
    fn wait_until_active(
        &self,
        target: &Target,
        cx: &CallContext,
    ) -> impl Future<Output = Result<Observation>> + Send {
        wait_until_active(self, target, cx)
    }
}

impl<P: AccessProvider + ?Sized> AccessProviderExt for P {}

/// What [`ensure_invited`](AccessProviderExt::ensure_invited) found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InviteReport {
    /// How it ended.
    pub result: InviteResult,
    /// What the first look showed: the baseline of this access.
    pub before: Observation,
    /// What the last look showed, if there was one after the write.
    pub after: Option<Observation>,
}

impl InviteReport {
    /// What the first look says about who was there before us.
    #[must_use]
    pub fn baseline(&self) -> Baseline {
        match self.before.state {
            AccessState::Absent => Baseline::Absent,
            AccessState::Invited { .. } | AccessState::Present { .. } | AccessState::Suspended { .. } => {
                Baseline::Present
            }
            AccessState::Ambiguous { .. } | AccessState::Unknown { .. } => Baseline::Unknown,
        }
    }
}

/// How an invitation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InviteResult {
    /// Nothing was sent: they are in, or were asked, already.
    AlreadyThere(Entry),
    /// They can get in.
    Granted(Entry),
    /// They were asked, or the platform does not say whether they can get in already.
    Invited(Entry),
    /// The platform took the invitation, but two looks did not show it.
    Unconfirmed(Entry),
    /// Nothing was sent: a human must act.
    ActionRequired(ManualStep),
}

impl InviteResult {
    /// What comes with the access, where there is one.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::AlreadyThere(entry)
            | Self::Granted(entry)
            | Self::Invited(entry)
            | Self::Unconfirmed(entry) => Some(entry),
            Self::ActionRequired(_) => None,
        }
    }
}

/// What [`ensure_removed`](AccessProviderExt::ensure_removed) found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemovalReport {
    /// How it ended.
    pub result: RemovalResult,
    /// What the first look showed.
    pub before: Observation,
    /// What a removal does not cover and somebody must look at.
    pub residual: Vec<ManualStep>,
}

/// How a removal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemovalResult {
    /// Nothing was sent: they were out already.
    AlreadyAbsent(Proof),
    /// They were taken out.
    Removed(Proof),
    /// The platform took the removal, but the last look does not prove it.
    Unproven(Observation),
    /// Nothing was sent: a human must act.
    ActionRequired(ManualStep),
}

async fn ensure_invited<P: AccessProvider + ?Sized>(
    provider: &P,
    request: &InviteRequest,
    cx: &CallContext,
) -> Result<InviteReport> {
    let before = provider.observe(&request.target(provider.connection().provider()), cx).await?;
    invite_after(provider, before, request, cx).await
}

async fn invite_after<P: AccessProvider + ?Sized>(
    provider: &P,
    before: Observation,
    request: &InviteRequest,
    cx: &CallContext,
) -> Result<InviteReport> {
    let target = request.target(provider.connection().provider());
    let may_write = match &before.state {
        AccessState::Absent | AccessState::Suspended { .. } => true,
        AccessState::Invited { .. } | AccessState::Present { .. } => false,
        AccessState::Ambiguous { accounts } => return Err(ambiguous(provider, accounts)),
        AccessState::Unknown { reason } => {
            allow_blind_write(provider, Operation::Invite, reason)?;
            true
        }
    };
    if !may_write {
        let entry = provider.entry(request, before.state.account(), cx).await;
        return Ok(InviteReport { result: InviteResult::AlreadyThere(entry), before, after: None });
    }
    let entry = match provider.invite(request, cx).await {
        Ok(InviteOutcome::ActionRequired(step)) => {
            return Ok(InviteReport { result: InviteResult::ActionRequired(step), before, after: None });
        }
        Ok(InviteOutcome::Invited(entry)) if !sees_invitations(provider) => {
            return Ok(InviteReport { result: InviteResult::Invited(entry), before, after: None });
        }
        Ok(InviteOutcome::Granted(entry) | InviteOutcome::Invited(entry)) => Ok(entry),
        // No look shows an invitation, so none can settle this, however long one waits.
        Err(error) if error.is_outcome_unknown() && sees_invitations(provider) => Err(error),
        Err(error) => return Err(error),
    };
    let seen =
        |state: &AccessState| matches!(state, AccessState::Present { .. } | AccessState::Invited { .. });
    let after = look_until(provider, &target, seen, entry.is_err(), cx).await;
    let (entry, after) = match (entry, after) {
        (Ok(entry), after) => (entry, after.ok()),
        (Err(lost), Err(look)) => return Err(prefer_settling(lost, look)),
        (Err(_), Ok(look)) if seen(&look.state) => {
            (found_entry(provider, request, look.state.account(), cx).await?, Some(look))
        }
        (Err(lost), Ok(look))
            if matches!(look.state, AccessState::Absent | AccessState::Suspended { .. }) =>
        {
            return Err(not_executed(provider, "the invitation", lost));
        }
        (Err(lost), Ok(_)) => return Err(lost),
    };
    let result = match after.as_ref().map(|look| &look.state) {
        Some(AccessState::Present { account }) => InviteResult::Granted(with_account(entry, Some(account))),
        Some(AccessState::Invited { account }) => {
            InviteResult::Invited(with_account(entry, account.as_deref()))
        }
        _ => InviteResult::Unconfirmed(entry),
    };
    Ok(InviteReport { result, before, after })
}

async fn ensure_removed<P: AccessProvider + ?Sized>(
    provider: &P,
    request: &RemoveRequest,
    cx: &CallContext,
) -> Result<RemovalReport> {
    let cx = &cx.clone().with_priority(Priority::Removal);
    let before = provider.observe(&request.target, cx).await?;
    remove_after(provider, before, request, cx).await
}

async fn remove_after<P: AccessProvider + ?Sized>(
    provider: &P,
    before: Observation,
    request: &RemoveRequest,
    cx: &CallContext,
) -> Result<RemovalReport> {
    let cx = &cx.clone().with_priority(Priority::Removal);
    let account = match &before.state {
        AccessState::Absent => {
            let proof = Proof::of_absence(before.evidence.clone());
            return Ok(RemovalReport {
                result: RemovalResult::AlreadyAbsent(proof),
                before,
                residual: Vec::new(),
            });
        }
        AccessState::Ambiguous { accounts } => return Err(ambiguous(provider, accounts)),
        AccessState::Unknown { reason } => {
            allow_blind_write(provider, Operation::Remove, reason)?;
            None
        }
        AccessState::Invited { .. } | AccessState::Present { .. } | AccessState::Suspended { .. } => {
            before.state.account().cloned()
        }
    };
    let request = match account {
        Some(account) => {
            let target = request.target.resolved(&account);
            RemoveRequest { target, ..request.clone() }.with_seen(account)
        }
        None => request.clone(),
    };
    let (residual, lost) = match provider.remove(&request, cx).await {
        Ok(RemoveOutcome::ActionRequired(step)) => {
            let result = RemovalResult::ActionRequired(step);
            return Ok(RemovalReport { result, before, residual: Vec::new() });
        }
        Ok(RemoveOutcome::Accepted { residual }) => (residual, None),
        Err(error) if error.is_outcome_unknown() || error.kind() == ErrorKind::NotFound => {
            (Vec::new(), Some(error))
        }
        Err(error) => return Err(error),
    };
    let may_remain = !request.delete && provider.connection().removal_leaves() == Remains::DisabledAccount;
    // An account that was off before says nothing about whether an unanswered removal replaced its password.
    let off_is_proof =
        may_remain && !(lost.is_some() && matches!(before.state, AccessState::Suspended { .. }));
    let out = |state: &AccessState| match state {
        AccessState::Absent => true,
        AccessState::Suspended { .. } => off_is_proof,
        _ => false,
    };
    let after = look_until(provider, &request.target, out, lost.is_some(), cx).await;
    let result = match (lost, after) {
        (_, Ok(look)) if look.state == AccessState::Absent => {
            RemovalResult::Removed(Proof::of_absence(look.evidence))
        }
        (_, Ok(look)) if out(&look.state) => {
            RemovalResult::Removed(Proof::Disabled { evidence: look.evidence })
        }
        (Some(lost), Ok(look)) if still_on(&look.state, may_remain) => {
            return Err(not_executed(provider, "the removal", lost));
        }
        (Some(lost), Err(look)) => return Err(prefer_settling(lost, look)),
        (Some(lost), Ok(_)) => return Err(lost),
        (None, Ok(look)) => RemovalResult::Unproven(look),
        (None, Err(error)) => RemovalResult::Unproven(unread(&error, cx)),
    };
    Ok(RemovalReport { result, before, residual })
}

/// Whether a look shows that a removal was not executed.
fn still_on(state: &AccessState, removal_switches_off: bool) -> bool {
    match state {
        AccessState::Suspended { .. } => !removal_switches_off,
        state => state.account().is_some(),
    }
}

/// What comes with an access whose own answer was lost. Where a password came with it, nobody has it, so there is a new
/// one.
async fn found_entry<P: AccessProvider + ?Sized>(
    provider: &P,
    request: &InviteRequest,
    account: Option<&Collaborator>,
    cx: &CallContext,
) -> Result<Entry> {
    let entry = provider.entry(request, account, cx).await;
    let (Some(account), Support::Native | Support::Emulated) =
        (account, provider.capabilities().support(Operation::ResetPassword))
    else {
        return Ok(entry);
    };
    let target = request.target(provider.connection().provider()).resolved(account);
    match provider.change(&target, &Change::ResetPassword, cx).await? {
        ChangeOutcome::Renewed(renewed) => Ok(Entry { secret: renewed.secret, ..entry }),
        _ => Ok(entry),
    }
}

/// Looks now, and if that does not show what is hoped for, once more when a second look is worth something.
///
/// An error of the first look is kept only if the second one is out of reach.
async fn look_until<P: AccessProvider + ?Sized>(
    provider: &P,
    target: &Target,
    hoped_for: impl Fn(&AccessState) -> bool + Send,
    answer_was_lost: bool,
    cx: &CallContext,
) -> Result<Observation> {
    let first = provider.observe(target, cx).await;
    if let Ok(look) = &first
        && (hoped_for(&look.state) || not_observable(&look.state))
    {
        return first;
    }
    let wait = cx.settle_after().unwrap_or(provider.connection().settle_after());
    if wait >= cx.remaining() {
        return match (first, answer_was_lost) {
            (Ok(_), true) => Err(unsettled(provider, wait)),
            (first, _) => first,
        };
    }
    cx.clock().sleep(wait, Wait::Backoff).await;
    provider.observe(target, cx).await
}

async fn wait_until_active<P: AccessProvider + ?Sized>(
    provider: &P,
    target: &Target,
    cx: &CallContext,
) -> Result<Observation> {
    let cx = &cx.clone().with_priority(Priority::Background);
    let pause = provider.connection().min_observe_interval().max(Duration::from_secs(1));
    loop {
        let look = provider.observe(target, cx).await?;
        if matches!(look.state, AccessState::Present { .. }) {
            return Ok(look);
        }
        if pause >= cx.remaining() {
            return Err(at(
                provider,
                Error::new(
                    ErrorKind::Timeout,
                    format!("{target} is not active yet, only {}", look.state.name()),
                )
                .with_remedy(format!("look again in {} s or later", pause.as_secs())),
            ));
        }
        cx.clock().sleep(pause, Wait::Backoff).await;
    }
}

/// A write without a look before it is right only where nothing will be sent, or where the platform has nothing to
/// look at.
fn allow_blind_write<P: AccessProvider + ?Sized>(
    provider: &P,
    operation: Operation,
    reason: &UnknownReason,
) -> Result<()> {
    let by_hand = provider.capabilities().support(operation) == Support::Manual;
    if by_hand || matches!(reason, UnknownReason::NotObservable(_)) {
        return Ok(());
    }
    let kind = match reason {
        UnknownReason::Denied(_) => ErrorKind::PermissionDenied,
        _ => ErrorKind::Protocol,
    };
    let error = Error::new(kind, format!("nothing was sent, because the look before it failed: {reason}"));
    Err(at(provider, error.with_remedy("make the listing work first: run a check")))
}

/// Whether a look shows an invitation that was not accepted yet. If not, its absence from a look says nothing.
fn sees_invitations<P: AccessProvider + ?Sized>(provider: &P) -> bool {
    let support = provider.capabilities().support(Operation::ObserveInvitation);
    matches!(support, Support::Native | Support::Emulated)
}

fn not_observable(state: &AccessState) -> bool {
    matches!(state, AccessState::Unknown { reason: UnknownReason::NotObservable(_) })
}

fn with_account(entry: Entry, account: Option<&Collaborator>) -> Entry {
    let account = account.map(|account| account.id.clone()).or(entry.account);
    Entry { account, ..entry }
}

fn ambiguous<P: AccessProvider + ?Sized>(provider: &P, accounts: &[Collaborator]) -> Error {
    let ids: Vec<_> = accounts.iter().map(|account| account.id.as_str()).collect();
    let (message, remedy) = match ids.as_slice() {
        [id] => (
            format!("one account may be theirs, but nothing proves it: {id}"),
            "if it is theirs, name it by its id",
        ),
        ids => (format!("several accounts match: {}", ids.join(", ")), "name one of them by its account id"),
    };
    at(provider, Error::new(ErrorKind::Conflict, message).with_remedy(remedy))
}

fn not_executed<P: AccessProvider + ?Sized>(provider: &P, what: &str, lost: Error) -> Error {
    let error =
        Error::new(ErrorKind::Unavailable, format!("{what} was not executed: two looks did not show it"));
    let error = match lost.status() {
        Some(status) => error.with_status(status),
        None => error,
    };
    at(provider, error.with_remedy("it is safe to try again").with_source(lost))
}

fn unsettled<P: AccessProvider + ?Sized>(provider: &P, wait: Duration) -> Error {
    let error =
        Error::new(ErrorKind::OutcomeUnknown, "no answer came, and one look does not settle what happened");
    at(provider, error.with_remedy(format!("look again in {} s, send nothing before", wait.as_secs())))
}

/// Of a lost answer and a failed look after it, the one that tells more about when to look again.
fn prefer_settling(lost: Error, look: Error) -> Error {
    if look.is_outcome_unknown() { look.with_source(lost) } else { lost }
}

fn unread(error: &Error, cx: &CallContext) -> Observation {
    let reason = UnknownReason::Incomplete(error.message().to_owned());
    Observation::new(AccessState::Unknown { reason }, Evidence::begun(cx.clock().now()))
}

fn at<P: AccessProvider + ?Sized>(provider: &P, error: Error) -> Error {
    error.at(provider.connection().provider(), provider.connection().store())
}

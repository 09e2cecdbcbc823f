//! The trait: the vendor's calls in the vocabulary of guestpass.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::rotation::CredentialRotator;
use guestpass::{
    AccessProvider, AccessState, ApiAccess, Assignable, CallContext, Capabilities, Capability, Change,
    ChangeOutcome, CheckReport, Collaborator, Connection, ContentionKey, Cursor, Entry, Environment, Error,
    ErrorKind, Evidence, Finder, Held, InviteOutcome, InviteRequest, ListQuery, MerchantHeld, Observation,
    Operation, Page, PageEnd, ProviderState, RemoveOutcome, RemoveRequest, Result, Role, RoleSpec,
    StoreSettings, Support, Target, UnknownReason,
};

use crate::ID;
use crate::accounts::{account, accounts, is_owner, state_of};
use crate::client::{StallApi, WATCH_EVERY};
use crate::config::Config;
use crate::guide::Guide;
use crate::roles::{resolve, roles};
use crate::roster::{Place, roster};

/// How long after an unanswered write a second look is worth something: we stop waiting for an answer after 30 seconds,
/// and this gives the platform as long again.
const SETTLE_AFTER: Duration = Duration::from_secs(60);

/// Makes the connection that the settings describe.
pub(crate) fn connect(settings: &StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>> {
    let Config { stall, credential } = Config::read(settings)?;
    let store = settings.store.clone();
    let label = settings.label.clone().unwrap_or_else(|| store.to_string());
    let contention = ContentionKey::new(format!("stall/{stall}"))?;
    let connection = Connection::new(ID.clone(), store.clone(), label, contention, SETTLE_AFTER, WATCH_EVERY);
    let guide = Guide::new(&stall);
    Ok(match credential {
        None => Arc::new(MerchantHeld::new(connection, Arc::new(guide))),
        Some(credential) => {
            let api = StallApi::new(stall.clone(), credential, store, env);
            Arc::new(Marketstall { connection, api, stall, guide })
        }
    })
}

/// What Marketstall can do.
pub(crate) fn capabilities() -> Capabilities {
    let native = |why: &'static str, requests| Capability::new(Support::Native, why).costing(requests);
    let never = |why: &'static str| Capability::new(Support::Unsupported, why);
    Capabilities::new([
        (Operation::Check, native("reads the stall and the rights of the token", 1)),
        (Operation::ListRoles, native("the platform's fixed roles", 0)),
        (Operation::List, native("the members of the stall", 1)),
        (Operation::Observe, native("a complete listing of the members", 1)),
        (Operation::ObserveInvitation, native("an invited person is listed at once", 1)),
        (Operation::Invite, native("one address, with a role", 1)),
        (Operation::AssignRole, native("the invitation carries the role", 0)),
        (Operation::Remove, native("takes a member out, or an invitation back", 1)),
        (Operation::Resend, Capability::new(Support::Manual, "only the office sends an invitation again")),
        (Operation::CancelInvitation, never("an invited person is a member at once: remove them")),
        (Operation::SetRole, native("one role in place of the other", 2)),
        (Operation::SetActive, never("members are not switched off: remove, and invite again")),
        (Operation::ResetPassword, never("people make their own password")),
        (Operation::GrantApiAccess, never("no API makes tokens")),
        (Operation::RotateCredentials, never("no API makes tokens")),
    ])
}

/// A stall that guestpass reaches with a token.
#[derive(Debug)]
struct Marketstall {
    connection: Connection,
    api: StallApi,
    stall: String,
    guide: Guide,
}

#[async_trait]
impl AccessProvider for Marketstall {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    async fn check(&self, cx: &CallContext) -> Result<CheckReport> {
        let stall = self.api.stall(&cx.clone().failing_fast()).await?;
        if stall.id != self.stall {
            return Err(self.here(
                Error::new(ErrorKind::Conflict, "`token` belongs to another stall")
                    .with_remedy("use a token of the stall that `stall` names"),
            ));
        }
        let mut report = CheckReport::new();
        report.fact("stall", stall.id);
        if let Some(name) = stall.name {
            report.fact("name", name);
        }
        for right in ["members:read", "members:write"] {
            let held = stall.rights.iter().any(|held| held == right);
            report.right(right, if held { Held::Yes } else { Held::No });
        }
        Ok(report)
    }

    async fn list_roles(&self, _cx: &CallContext) -> Result<Vec<Role>> {
        Ok(roles(&Assignable::ByApi))
    }

    async fn list_page(
        &self,
        _query: &ListQuery,
        cursor: Option<&Cursor>,
        cx: &CallContext,
    ) -> Result<Page<Collaborator>> {
        let from: Option<Place> =
            cursor.map(|cursor| cursor.open(&ID, self.connection.store())).transpose()?;
        self.page(from, cx).await.map_err(|error| self.here(error))
    }

    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation> {
        let began = Evidence::begun(cx.clock().now());
        let roster = match roster(&self.api, cx).await {
            Ok(roster) => roster,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let reason = UnknownReason::Denied(format!("{}; {}", error.message(), error.remedy()));
                return Ok(Observation::new(AccessState::Unknown { reason }, began));
            }
            Err(error) => return Err(error),
        };
        let mut finder = Finder::new(target);
        for account in accounts(roster.members).map_err(|error| self.here(error))? {
            finder.see(account);
        }
        let mut found = finder.found();
        let state = match (found.pop(), found.is_empty(), roster.gap) {
            (Some(account), true, _) => state_of(account),
            (Some(account), false, _) => {
                found.push(account);
                AccessState::Ambiguous { accounts: found }
            }
            (None, _, None) => AccessState::Absent,
            (None, _, Some(gap)) => AccessState::Unknown { reason: UnknownReason::Incomplete(gap) },
        };
        Ok(Observation::new(state, roster.evidence))
    }

    async fn invite(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome> {
        let role = resolve(request.role.as_ref()).map_err(|error| self.here(error))?;
        let email = &request.person.email;
        let member = self.api.invite(email, &role, request.reason.as_deref(), cx).await?;
        // An id that cannot be used is no reason to call the invitation lost: the look after it tells the account.
        let seen = account(member).ok();
        Ok(InviteOutcome::Invited(self.entry(request, seen.as_ref(), cx).await))
    }

    async fn intend(&self, _request: &InviteRequest, _cx: &CallContext) -> Result<Option<ProviderState>> {
        Ok(None)
    }

    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, _cx: &CallContext) -> Entry {
        let mut entry = Entry::default();
        entry.account = seen.map(|account| account.id.clone());
        entry.note = Some(self.guide.access_note(request.person.email.as_str()));
        entry
    }

    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        let member = match &request.seen {
            Some(seen) => (**seen).clone(),
            None => self.find(&request.target, cx).await?,
        };
        self.refuse_owner(&member)?;
        self.api.remove(member.id.as_str(), cx).await?;
        Ok(RemoveOutcome::Accepted { residual: Vec::new() })
    }

    async fn change(&self, target: &Target, change: &Change, cx: &CallContext) -> Result<ChangeOutcome> {
        match change {
            Change::Resend => Ok(ChangeOutcome::ActionRequired(self.guide.resend(target))),
            Change::SetRole(role) => self.set_role(target, role, cx).await,
            Change::CancelInvitation => self.refuse(Operation::CancelInvitation),
            Change::SetActive(_) => self.refuse(Operation::SetActive),
            Change::ResetPassword => self.refuse(Operation::ResetPassword),
            _ => Err(self.here(Error::new(ErrorKind::Unsupported, "Marketstall knows no such change"))),
        }
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        None
    }
}

impl Marketstall {
    fn here(&self, error: Error) -> Error {
        error.at(&ID, self.connection.store())
    }

    /// The next page as the platform has it. Where the numbers disagree at its end, everybody is read once more, and
    /// that reading is the last page.
    async fn page(&self, from: Option<Place>, cx: &CallContext) -> Result<Page<Collaborator>> {
        let mut evidence = Evidence::begun(cx.clock().now());
        let (members, request_id) = self.api.members(from.as_ref().map(Place::cursor), cx).await?;
        evidence.pages = 1;
        evidence.request_ids.extend(request_id);
        let Ok(next) = Place::after(&members, from.as_ref()) else {
            let roster = roster(&self.api, cx).await?;
            let end = roster.gap.map_or(PageEnd::Complete, PageEnd::Incomplete);
            return Ok(Page::new(accounts(roster.members)?, end, roster.evidence));
        };
        let end = match next {
            Some(place) => PageEnd::More(Cursor::new(&ID, self.connection.store(), &place)?),
            None => PageEnd::Complete,
        };
        evidence.complete = end == PageEnd::Complete;
        Ok(Page::new(accounts(members.members)?, end, evidence))
    }

    async fn find(&self, target: &Target, cx: &CallContext) -> Result<Collaborator> {
        let look = self.observe(target, cx).await?;
        let error = match look.state {
            AccessState::Ambiguous { .. } => Error::new(ErrorKind::Conflict, "several members match"),
            AccessState::Unknown { reason } => Error::new(ErrorKind::Protocol, reason.to_string()),
            state => match state.account() {
                Some(account) => return Ok(account.clone()),
                None => Error::new(ErrorKind::NotFound, format!("{target} is no member of this stall")),
            },
        };
        Err(self.here(error))
    }

    async fn set_role(&self, target: &Target, spec: &RoleSpec, cx: &CallContext) -> Result<ChangeOutcome> {
        let role = resolve(Some(spec)).map_err(|error| self.here(error))?;
        let member = self.find(target, cx).await?;
        self.refuse_owner(&member)?;
        self.api.set_role(member.id.as_str(), &role, cx).await?;
        Ok(ChangeOutcome::Accepted)
    }

    /// The platform marks the owner, who is never touched.
    fn refuse_owner(&self, member: &Collaborator) -> Result<()> {
        if !is_owner(member) {
            return Ok(());
        }
        let message = format!("{} was left alone: it owns the stall", member.id);
        let error = Error::new(ErrorKind::PermissionDenied, message);
        Err(self.here(error.with_remedy("the merchant sells the stall, or nobody leaves it")))
    }

    /// The refusal of what capabilities rule out.
    fn refuse(&self, operation: Operation) -> Result<ChangeOutcome> {
        let refused = capabilities().require(operation).map_err(|error| self.here(error));
        refused.map(|()| ChangeOutcome::Accepted)
    }
}

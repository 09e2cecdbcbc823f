//! The trait: the vendor's calls in the vocabulary of guestpass.

mod looking;
mod writing;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::http::BaseUrl;
use guestpass::rotation::CredentialRotator;
use guestpass::{
    AccessProvider, AccessState, ApiAccess, CallContext, Capabilities, Capability, Change, ChangeOutcome,
    CheckReport, Collaborator, Connection, ContentionKey, Cursor, Entry, Environment, Error, ErrorKind,
    Evidence, Held, InviteOutcome, InviteRequest, ListQuery, MerchantHeld, Observation, Operation, Page,
    ProviderState, RemoveOutcome, RemoveRequest, Result, Role, StoreHandle, StoreSettings, Support, Target,
    UnknownReason,
};

use self::looking::see;
use crate::ID;
use crate::client::{AccountApi, SiteApi, WATCH_EVERY, signed_by};
use crate::config::{Config, Credential};
use crate::dialect::CredentialKind;
use crate::guide::Guide;
use crate::invitations::Memory;
use crate::token::{AppToken, Tokens};

/// How long after an unanswered write a second look is worth something. How late a write may show is not documented;
/// we stop waiting for an answer after 30 seconds, and this gives the platform as long again.
const SETTLE_AFTER: Duration = Duration::from_secs(60);
/// How long the site's own facts and its roles are believed. Guards read the facts anew.
const FACTS_LIFETIME: Duration = Duration::from_secs(300);
/// Marks the row of an invitation, which has no account yet.
const INVITATION: &str = "invitation/";

/// Makes the connection that the settings describe.
pub(crate) fn connect(
    settings: StoreSettings,
    env: &Environment,
    memory: Arc<Memory>,
    tokens: &Tokens,
) -> Result<Arc<dyn AccessProvider>> {
    let Config { site_id, credential } = Config::read(&settings)?;
    let store = settings.store.clone();
    let label = settings.label.clone().unwrap_or_else(|| store.to_string());
    let contention = ContentionKey::new(format!("site/{site_id}"))?;
    let connection = Connection::new(ID.clone(), store.clone(), label, contention, SETTLE_AFTER, WATCH_EVERY);
    let guide = Guide::new(&site_id);
    let Some((credential, base)) = credential else {
        return Ok(Arc::new(MerchantHeld::new(connection, Arc::new(guide))));
    };
    let mut reach =
        Reach { base: base.clone(), store: store.clone(), env: env.clone(), account_id: None, app: None };
    let (site, holder) = match credential {
        Credential::Key { account_id, api_key } => {
            reach.account_id = Some(account_id.clone());
            let account = AccountApi::new(&account_id, api_key.clone(), base.clone(), store.clone(), env)?;
            let site = SiteApi::new(&site_id, signed_by(api_key), CredentialKind::Key, base, store, env)?;
            (site, Holder::Key(account))
        }
        Credential::App { app_id, app_secret, instance_id } => {
            reach.app = Some((app_id.clone(), instance_id.clone()));
            let token =
                AppToken::new(app_id, app_secret, instance_id, base.clone(), store.clone(), tokens, env);
            let token = Arc::new(token);
            let site = SiteApi::new(&site_id, token.clone(), CredentialKind::App, base, store, env)?;
            (site, Holder::App(token))
        }
    };
    Ok(Arc::new(Wix { connection, site, holder, reach, site_id, guide, memory, known: Mutex::default() }))
}

/// What Wix can do, with an API key or with an app.
pub(crate) fn capabilities(with_key: bool) -> Capabilities {
    let rights = "the permission Manage Contributors shows only when it is used";
    let inviting = if with_key { rights } else { "whether Wix lets apps invite shows only when one does" };
    let native = |reason: &'static str, requests| Capability::new(Support::Native, reason).costing(requests);
    let roles = if with_key {
        native("the roles of the account; who has which is asked for one role at a time", 0)
    } else {
        Capability::new(Support::Unsupported, "Wix lists roles to API keys only: name a role by its id")
    };
    Capabilities::new([
        (Operation::Check, native("is the credential alive, does it see this site, may it list people", 1)),
        (Operation::ListRoles, roles),
        (
            Operation::List,
            native("accounts by id; addresses and pending invitations only of people we know ourselves", 1)
                .unproven(rights),
        ),
        (
            Operation::Observe,
            native(
                "by account id in a complete listing; without one, by comparison with who was there before",
                1,
            )
            .unproven(rights),
        ),
        (
            Operation::ObserveInvitation,
            Capability::new(
                Support::Unsupported,
                "Wix shows invitations to nobody: one is known from its own answer alone, which must be kept",
            ),
        ),
        (
            Operation::Invite,
            native("one address, with a role; whoever has the link can accept", 2).unproven(inviting),
        ),
        (Operation::AssignRole, native("the invitation carries the role", 0)),
        (
            Operation::Remove,
            native("revokes the invitation if it is known, then removes the account if it is known", 3)
                .unproven(rights),
        ),
        (Operation::Resend, native("with the state that was kept of the invitation", 1).unproven(inviting)),
        (
            Operation::CancelInvitation,
            native("with the state that was kept of the invitation", 2).unproven(inviting),
        ),
        (
            Operation::SetRole,
            native("replaces all roles of a present contributor by one", 2).unproven(rights),
        ),
        (
            Operation::SetActive,
            Capability::new(
                Support::Unsupported,
                "Wix knows no suspended collaborators: remove, and invite again",
            ),
        ),
        (
            Operation::ResetPassword,
            Capability::new(Support::Unsupported, "people make their own password at Wix"),
        ),
        (
            Operation::GrantApiAccess,
            Capability::new(Support::Unsupported, "no API makes a key with fewer rights"),
        ),
        (
            Operation::RotateCredentials,
            Capability::new(
                Support::Manual,
                "Wix makes and ends keys and secrets in the dashboard alone; guestpass says how, tries the new one and \
                 looks whether the old one is dead",
            )
            .costing(6),
        ),
    ])
}

/// A site that guestpass reaches with a credential.
#[derive(Debug)]
pub(crate) struct Wix {
    connection: Connection,
    pub(crate) site: SiteApi,
    pub(crate) holder: Holder,
    pub(crate) reach: Reach,
    pub(crate) site_id: String,
    pub(crate) guide: Guide,
    memory: Arc<Memory>,
    known: Mutex<Known>,
}

/// Where Wix is, and whose credential the store's settings name.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) base: BaseUrl,
    pub(crate) store: StoreHandle,
    pub(crate) env: Environment,
    /// The account, where the store is reached with an API key.
    pub(crate) account_id: Option<String>,
    /// The app and its installation, where the store is reached with one.
    pub(crate) app: Option<(String, Option<String>)>,
}

/// What guestpass works with.
#[derive(Debug)]
pub(crate) enum Holder {
    Key(AccountApi),
    App(Arc<AppToken>),
}

/// What earlier answers showed of the site.
#[derive(Debug, Default, Clone)]
struct Known {
    facts: Option<(Facts, Duration)>,
    roles: Option<(Vec<Role>, Duration)>,
}

/// The site, as its account or its token tells.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    owner: Option<String>,
    name: Option<String>,
    url: Option<String>,
    blocked: bool,
    trashed: bool,
    instance: Option<String>,
}

#[async_trait]
impl AccessProvider for Wix {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(matches!(self.holder, Holder::Key(_)))
    }

    async fn check(&self, cx: &CallContext) -> Result<CheckReport> {
        let cx = &cx.clone().failing_fast();
        let mut report = CheckReport::new();
        let facts = self.read_facts(cx).await.map_err(|error| self.here(error))?;
        report.fact("site", self.site_id.clone());
        let told = [("site name", facts.name), ("address", facts.url), ("owner", facts.owner.clone())];
        for (label, value) in told.into_iter().chain([("installation", facts.instance)]) {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                report.fact(label, value);
            }
        }
        let people = self.site.contributors(None, cx).await.map_err(|error| self.here(alive_but(error)))?;
        report.fact("contributors", people.accounts.len().to_string());
        report.right("Manage Contributors: see", Held::Yes);
        report.right("Manage Contributors: invite, change, remove", Held::NotProvable);
        if facts.owner.is_none() {
            report
                .warn("who owns the site is not told: only people who were not there before us are removed");
        }
        if facts.blocked {
            report.warn("the site is blocked");
        }
        if facts.trashed {
            report.warn("the site is in the trash");
        }
        report.warn(
            "Wix shows neither addresses nor invitations: keep the state that comes with an invitation, and name the \
             Wix accounts of your people",
        );
        Ok(report)
    }

    async fn list_roles(&self, cx: &CallContext) -> Result<Vec<Role>> {
        self.capabilities().require(Operation::ListRoles).map_err(|error| self.here(error))?;
        self.catalogue(cx).await.map(Option::unwrap_or_default).map_err(|error| self.here(error))
    }

    async fn list_page(
        &self,
        query: &ListQuery,
        cursor: Option<&Cursor>,
        cx: &CallContext,
    ) -> Result<Page<Collaborator>> {
        if let Some(cursor) = cursor {
            // Everything comes at once, so no cursor was ever given out.
            cursor.open::<()>(&ID, self.connection.store())?;
        }
        self.list(query, cx).await.map_err(|error| self.here(error))
    }

    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation> {
        let mut evidence = Evidence::begun(cx.clock().now());
        let invitation = self.invitation(target, cx).map_err(|error| self.here(error))?;
        let listing = match self.listing(cx).await {
            Ok(listing) => listing,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let reason = UnknownReason::Denied(format!("{}; {}", error.message(), error.remedy()));
                return Ok(Observation::new(AccessState::Unknown { reason }, evidence));
            }
            Err(error) => return Err(self.here(error)),
        };
        see(&mut evidence, &listing);
        let owner = self.owner_for_labels(cx).await;
        let expires = invitation.as_ref().map(|sent| sent.kept.expires);
        let state = self.state(target, invitation, &listing, owner.as_deref(), &mut evidence);
        let state = state.map_err(|error| self.here(error))?;
        let lapses_at = expires.filter(|_| matches!(state, AccessState::Invited { .. }));
        Ok(Observation::new(state, evidence).lapsing(lapses_at))
    }

    async fn invite(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome> {
        let invited = Box::pin(self.send_invitation(request, cx)).await;
        invited.map(InviteOutcome::Invited).map_err(|error| self.here(error))
    }

    async fn intend(&self, request: &InviteRequest, cx: &CallContext) -> Result<Option<ProviderState>> {
        let kept = Box::pin(self.prepare(request, cx)).await.map_err(|error| self.here(error))?;
        Ok(Some(kept.to_state()))
    }

    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, cx: &CallContext) -> Entry {
        let mut entry = Entry::default();
        let target = request.target(&ID);
        entry.account = seen.map(|account| account.id.clone());
        entry.note = Some(self.access_note(request));
        let invitation = self.memory.find(&target, &self.site_id, cx.clock().now()).ok().flatten();
        entry.state = invitation.map(|invitation| invitation.kept.to_state());
        entry
    }

    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        Box::pin(self.take_out(request, cx)).await.map_err(|error| self.here(error))
    }

    async fn change(&self, target: &Target, change: &Change, cx: &CallContext) -> Result<ChangeOutcome> {
        let changed = match change {
            Change::Resend => Box::pin(self.resend(target, cx)).await,
            Change::CancelInvitation => Box::pin(self.cancel(target, cx)).await,
            Change::SetRole(role) => Box::pin(self.set_role(target, role, cx)).await,
            Change::SetActive(_) => refuse(&self.capabilities(), Operation::SetActive),
            Change::ResetPassword => refuse(&self.capabilities(), Operation::ResetPassword),
            _ => Err(Error::new(ErrorKind::Unsupported, "Wix knows no such change")),
        };
        changed.map_err(|error| self.here(error))
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        Some(self)
    }
}

/// The refusal of what this connection's capabilities rule out.
fn refuse(capabilities: &Capabilities, operation: Operation) -> Result<ChangeOutcome> {
    capabilities.require(operation).map(|()| ChangeOutcome::Accepted)
}

/// After a call that showed the credential to be alive, a refusal is about a right, whatever its status.
fn alive_but(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unauthenticated => error
            .into_kind(ErrorKind::PermissionDenied)
            .with_remedy("the credential is alive: give it the permission Manage Contributors for this site"),
        _ => error,
    }
}

//! The trait: the vendor's calls in the vocabulary of guestpass.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::{
    AccessNote, AccessProvider, AccessState, AccountId, AccountKind, ApiAccess, Baseline, CallContext,
    Capabilities, Capability, Change, ChangeOutcome, CheckReport, Collaborator, Connection, ContentionKey,
    Cursor, Entry, Environment, Error, ErrorKind, Evidence, Held, InviteOutcome, InviteRequest, ListQuery,
    MerchantHeld, Observation, OneTimeSecret, Operation, Page, PageEnd, RemovalScope, RemoveOutcome,
    RemoveRequest, Result, Role, RoleSpec, Status, StoreSettings, Support, Target, Told, UnknownReason,
};

use crate::ID;
use crate::client::{AccountApi, Listing, SiteApi, WATCH_EVERY, signed_by};
use crate::config::{Config, Credential};
use crate::dialect::CredentialKind;
use crate::guide::Guide;
use crate::invitations::{Invitation, Kept, Memory};
use crate::roles::{catalogue, is_privileged, named, resolve};
use crate::token::{AppToken, Tokens};
use crate::wire::Site;

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
    let (site, holder) = match credential {
        Credential::Key { account_id, api_key } => {
            let account = AccountApi::new(&account_id, api_key.clone(), base.clone(), store.clone(), env)?;
            let site = SiteApi::new(&site_id, signed_by(api_key), CredentialKind::Key, base, store, env)?;
            (site, Holder::Key(account))
        }
        Credential::App { app_id, app_secret, instance_id } => {
            let token =
                AppToken::new(app_id, app_secret, instance_id, base.clone(), store.clone(), tokens, env);
            let token = Arc::new(token);
            let site = SiteApi::new(&site_id, token.clone(), CredentialKind::App, base, store, env)?;
            (site, Holder::App(token))
        }
    };
    Ok(Arc::new(Wix { connection, site, holder, site_id, guide, memory, known: Mutex::default() }))
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
            Operation::GrantApiAccess,
            Capability::new(Support::Unsupported, "no API makes a key with fewer rights"),
        ),
        (
            Operation::RotateCredentials,
            Capability::new(Support::Unsupported, "rotation is not part of this release"),
        ),
    ])
}

/// A site that guestpass reaches with a credential.
#[derive(Debug)]
struct Wix {
    connection: Connection,
    site: SiteApi,
    holder: Holder,
    site_id: String,
    guide: Guide,
    memory: Arc<Memory>,
    known: Mutex<Known>,
}

/// What guestpass works with.
#[derive(Debug)]
enum Holder {
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
struct Facts {
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
        let state = self.state(target, invitation, &listing, owner.as_deref(), &mut evidence);
        Ok(Observation::new(state.map_err(|error| self.here(error))?, evidence))
    }

    async fn invite(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome> {
        let invited = Box::pin(self.send_invitation(request, cx)).await;
        invited.map(InviteOutcome::Invited).map_err(|error| self.here(error))
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
            Change::SetActive(_) => {
                let refused = self.capabilities().require(Operation::SetActive);
                refused.map(|()| ChangeOutcome::Accepted)
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "Wix knows no such change")),
        };
        changed.map_err(|error| self.here(error))
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }
}

/// Looking.
impl Wix {
    fn here(&self, error: Error) -> Error {
        error.at(&ID, self.connection.store())
    }

    fn invitation(&self, target: &Target, cx: &CallContext) -> Result<Option<Invitation>> {
        if target.account().is_some_and(|account| account.as_str().starts_with(INVITATION)) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "this is the id of an invitation, not of an account",
            )
            .with_remedy("name the person with the state that was kept of the invitation"));
        }
        self.memory.find(target, &self.site_id, cx.clock().now())
    }

    /// Everybody who has access beside the owner, from the site that is meant.
    async fn listing(&self, cx: &CallContext) -> Result<Listing> {
        self.confirm_site(cx).await?;
        self.site.contributors(None, cx).await
    }

    /// A token of an app says itself which site it is for, whatever the request says: that must be ours.
    async fn confirm_site(&self, cx: &CallContext) -> Result<()> {
        if matches!(self.holder, Holder::App(_)) && self.known().facts.is_none() {
            self.read_facts(cx).await?;
        }
        Ok(())
    }

    fn state(
        &self,
        target: &Target,
        invitation: Option<Invitation>,
        listing: &Listing,
        owner: Option<&str>,
        evidence: &mut Evidence,
    ) -> Result<AccessState> {
        let account = target.account().map(AccountId::as_str);
        let is_owner = |account: &str| owner.is_some_and(|owner| owner.eq_ignore_ascii_case(account));
        if let Some(inside) =
            account.and_then(|account| listing.find(account).or(Some(account).filter(|a| is_owner(a))))
        {
            // An invitation without an id can be followed no further than to the account that it let in.
            if let Some(Invitation { kept, .. }) =
                invitation.filter(|sent| sent.kept.invite_id.is_none() && !sent.kept.was_there(inside))
            {
                self.memory.end(&kept);
            }
            return Ok(AccessState::Present { account: Box::new(row(inside, owner)?) });
        }
        let not_observable = |why: String| AccessState::Unknown { reason: UnknownReason::NotObservable(why) };
        let Some(Invitation { kept, open }) = invitation else {
            return Ok(match account {
                Some(_) => AccessState::Absent,
                None => not_observable(
                    "Wix tells no addresses: name the person's Wix account, or hand over the state that was kept of \
                     their invitation"
                        .to_owned(),
                ),
            });
        };
        let newcomers: Vec<_> =
            kept.newcomers(&listing.accounts).into_iter().filter(|id| !is_owner(id)).collect();
        if account.is_none() && !newcomers.is_empty() {
            let accounts: Result<_> = newcomers.into_iter().map(|id| row(id, owner)).collect();
            return Ok(AccessState::Ambiguous { accounts: accounts? });
        }
        if open && kept.invite_id.is_some() {
            return Ok(AccessState::Invited { account: None });
        }
        if open {
            return Ok(not_observable(format!(
                "whether an invitation was sent is not settled before it would have expired, on {}",
                day(&kept)
            )));
        }
        evidence.by_comparison = account.is_none();
        Ok(AccessState::Absent)
    }

    async fn list(&self, query: &ListQuery, cx: &CallContext) -> Result<Page<Collaborator>> {
        let mut evidence = Evidence::begun(cx.clock().now());
        let listing = self.listing(cx).await?;
        see(&mut evidence, &listing);
        evidence.complete = false;
        let mut holders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for role in &query.roles {
            let with_role = self.site.contributors(Some(role.as_str()), cx).await?;
            evidence.request_ids.extend(with_role.request_id.clone());
            evidence.pages += 1;
            for account in with_role.accounts.iter().filter_map(|account| listing.find(account)) {
                holders.entry(account).or_default().push(role.as_str().to_owned());
            }
        }
        let owner = self.owner_for_labels(cx).await;
        let unlisted_owner = owner.as_deref().filter(|owner| listing.find(owner).is_none());
        let mut items = Vec::with_capacity(listing.accounts.len() + 1);
        for id in unlisted_owner.into_iter().chain(listing.accounts.iter().map(String::as_str)) {
            let mut account = row(id, owner.as_deref())?;
            account.email = query.known_email(&account.id).cloned().map_or(Told::NotTold, Told::Known);
            if let Some(roles) = holders.remove(id) {
                account.privileged = self.privileged_among(&roles);
                account.roles = Told::Known(roles);
            }
            items.push(account);
        }
        items.extend(self.pending(query, &listing, cx)?);
        evidence.complete = true;
        Ok(Page::new(items, PageEnd::Complete, evidence))
    }

    /// Invitations of people we know, as far as we know: Wix confirms none of them.
    fn pending(&self, query: &ListQuery, listing: &Listing, cx: &CallContext) -> Result<Vec<Collaborator>> {
        let mut rows = Vec::new();
        for person in &query.known {
            let inside =
                person.account.as_ref().is_some_and(|account| listing.find(account.as_str()).is_some());
            let found = self.memory.find(&Target::Person(person.clone()), &self.site_id, cx.clock().now())?;
            let Some(Invitation { kept, .. }) = found.filter(|found| found.open && !inside) else { continue };
            let Some(id) = &kept.invite_id else { continue };
            let mut row = Collaborator::new(AccountId::new(format!("{INVITATION}{id}"))?, Status::Pending);
            row.email = person.emails.first().cloned().map_or(Told::NotTold, Told::Known);
            row.kind = Told::Known(AccountKind::Staff);
            row.privileged = self.privileged_among(std::slice::from_ref(&kept.role));
            row.roles = Told::Known(vec![kept.role]);
            rows.push(row);
        }
        Ok(rows)
    }

    fn privileged_among(&self, roles: &[String]) -> Vec<String> {
        let catalogue = self.known().roles.map(|(roles, _)| roles).unwrap_or_default();
        let listed = |id: &str| catalogue.iter().any(|role| role.privileged && role.id.as_str() == id);
        roles.iter().filter(|id| is_privileged(id, "") || listed(id)).cloned().collect()
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known of the site, if the credential is for it.
    async fn read_facts(&self, cx: &CallContext) -> Result<Facts> {
        let facts = match &self.holder {
            Holder::Key(account) => facts_of(account.site(&self.site_id, cx).await?)?,
            Holder::App(token) => self.facts_of_token(token, cx).await?,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.facts = Some((facts.clone(), cx.clock().monotonic()));
        Ok(facts)
    }

    /// Whose account a token's `accountId` is, is not documented in so many words; we take it for the owner's, which can
    /// only make guestpass refuse a removal.
    async fn facts_of_token(&self, token: &AppToken, cx: &CallContext) -> Result<Facts> {
        let info = token.info(cx).await?;
        if !info.active {
            return Err(Error::new(ErrorKind::Unauthenticated, "Wix does not accept the token that it gave")
                .with_remedy("check that the app is still installed on the site"));
        }
        match info.site_id {
            Some(site) if site.eq_ignore_ascii_case(&self.site_id) => Ok(Facts {
                owner: info.account_id,
                name: None,
                url: None,
                blocked: false,
                trashed: false,
                instance: info.instance_id,
            }),
            Some(_) => {
                Err(Error::new(ErrorKind::Conflict, "the app's token is for another site than `site_id`")
                    .with_remedy("use the `instance_id` of the app's installation on this site"))
            }
            None => Err(Error::new(ErrorKind::Conflict, "the app's token does not say which site it is for")
                .with_remedy("check `instance_id`: the app must be installed on this site")),
        }
    }

    /// The owner for labels: what was read lately, or nobody if it cannot be read.
    async fn owner_for_labels(&self, cx: &CallContext) -> Option<String> {
        let fresh = |read: Duration| cx.clock().monotonic().saturating_sub(read) <= FACTS_LIFETIME;
        if let Some((facts, _)) = self.known().facts.filter(|(_, read)| fresh(*read)) {
            return facts.owner;
        }
        let facts = self.read_facts(&cx.clone().failing_fast()).await;
        facts
            .inspect_err(|error| tracing::warn!(%error, "the site's own facts could not be read"))
            .ok()?
            .owner
    }

    /// The roles there are; nothing where the credential may not list them.
    async fn catalogue(&self, cx: &CallContext) -> Result<Option<Vec<Role>>> {
        let Holder::Key(account) = &self.holder else { return Ok(None) };
        let now = cx.clock().monotonic();
        let fresh = |read: Duration| now.saturating_sub(read) <= FACTS_LIFETIME;
        if let Some((roles, _)) = self.known().roles.filter(|(_, read)| fresh(*read)) {
            return Ok(Some(roles));
        }
        let roles = catalogue(account.roles(cx).await?);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).roles = Some((roles.clone(), now));
        Ok(Some(roles))
    }
}

/// Writing.
impl Wix {
    /// The id of the role that is meant. A key may manage people without the right to list roles: then an id will do.
    async fn resolve(&self, spec: &RoleSpec, named: &str, cx: &CallContext) -> Result<String> {
        let catalogue = match self.catalogue(cx).await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
            catalogue => catalogue?,
        };
        resolve(spec, named, catalogue.as_deref())
    }

    async fn send_invitation(&self, request: &InviteRequest, cx: &CallContext) -> Result<Entry> {
        let name = named(request.role.as_ref())?;
        let spec = request.role.clone().unwrap_or_default();
        let target = request.target(&ID);
        if let Some(Invitation { kept, .. }) =
            self.invitation(&target, cx)?.filter(|invitation| invitation.open)
        {
            return Err(match kept.invite_id {
                Some(_) => Error::new(ErrorKind::Conflict, format!("{target} has an invitation already"))
                    .with_remedy("send that one again, or cancel it first"),
                None => unsettled(
                    Error::new(
                        ErrorKind::OutcomeUnknown,
                        "nothing was sent: an earlier invitation is not settled",
                    ),
                    &kept,
                ),
            });
        }
        let role = self.resolve(&spec, name, cx).await?;
        let before = self.listing(cx).await?;
        if target.account().is_some_and(|account| before.find(account.as_str()).is_some()) {
            return Err(Error::new(ErrorKind::Conflict, format!("{target} is inside already"))
                .with_remedy("change their role instead"));
        }
        let kept = Kept::unanswered(&self.site_id, &role, before.accounts, cx.clock().now());
        let email = &request.person.email;
        self.memory.remember(email.as_str(), &kept);
        let invite = match self.site.invite(email, &role, request.reason.as_deref(), cx).await {
            Ok(invite) => invite,
            Err(error) if error.is_outcome_unknown() => return Err(unsettled(error, &kept)),
            Err(error) => {
                self.memory.forget(&kept);
                return Err(error);
            }
        };
        let kept = kept.answered(&invite, cx.clock().now());
        self.memory.remember(email.as_str(), &kept);
        let mut entry = Entry::default();
        entry.note = Some(self.access_note(request));
        entry.state = Some(kept.to_state());
        entry.secret = invite.accept_link.map(OneTimeSecret::new);
        Ok(entry)
    }

    fn access_note(&self, request: &InviteRequest) -> AccessNote {
        let note = AccessNote::new(request.person.email.as_str())
            .step("Open the invitation from Wix, in the spam folder too, or the link that came with it")
            .step("The link lets in whoever opens it first: hand it to nobody else");
        match request.person.accounts.get(&ID) {
            Some(account) => note.step(format!("Accept it while signed in to the Wix account {account}")),
            None => note
                .step("Accept it, and tell the id of the Wix account that did: Wix does not tell it to us"),
        }
    }

    /// Revoke, look, remove. Whether it worked is for the look after it to say.
    async fn take_out(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        if request.scope != RemovalScope::Store {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "people are taken out of one site at a time on Wix",
            )
            .with_remedy("remove them from each site"));
        }
        let target = &request.target;
        let invitation = self.invitation(target, cx)?;
        let account = request.seen.as_ref().map(|seen| &seen.id).or(target.account());
        if account.is_none() && invitation.is_none() {
            return Err(nothing_to_go_by(target));
        }
        if let Some(account) = account {
            self.refuse_owner(account, request.baseline, invitation.as_ref(), cx).await?;
        }
        let revoked = match &invitation {
            Some(Invitation { kept, open: true }) => self.revoke(kept, cx).await,
            _ => Ok(()),
        };
        let listing = self.listing(cx).await?;
        let inside = account.and_then(|account| listing.find(account.as_str()));
        if let Some(account) = inside {
            self.site.remove(account, cx).await?;
        }
        let used = inside.is_some_and(|id| invitation.as_ref().is_some_and(|sent| !sent.kept.was_there(id)));
        if let Some(Invitation { kept, .. }) = invitation.as_ref().filter(|_| used) {
            self.memory.end(kept);
        }
        match revoked {
            // Who is listed and was not there before has used the invitation: there was nothing left to revoke.
            Err(error) if !used => return Err(error),
            _ => {}
        }
        let newcomers =
            invitation.as_ref().map(|sent| sent.kept.newcomers(&listing.accounts)).unwrap_or_default();
        let others: Vec<_> = newcomers.into_iter().filter(|id| Some(*id) != inside).collect();
        let residual =
            if others.is_empty() { Vec::new() } else { vec![self.guide.newcomers(target, &others)] };
        Ok(RemoveOutcome::Accepted { residual })
    }

    /// Takes back an invitation whose id is known. One that is used, ended or unknown cannot be taken back, and how Wix
    /// says so is not documented: whether somebody is inside is for the listing to say.
    async fn revoke(&self, kept: &Kept, cx: &CallContext) -> Result<()> {
        let Some(id) = &kept.invite_id else { return Ok(()) };
        match self.site.revoke(id, cx).await {
            Ok(()) => {}
            Err(error) if says_nothing_to_revoke(&error) => {
                tracing::debug!(%error, "the invitation could not be revoked: it is no longer open");
            }
            Err(error) => return Err(error),
        }
        self.memory.end(kept);
        Ok(())
    }

    async fn resend(&self, target: &Target, cx: &CallContext) -> Result<ChangeOutcome> {
        let (kept, id) = self.known_invitation(target, cx)?;
        self.confirm_site(cx).await?;
        let invite = self.site.resend(&id, cx).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => error.with_remedy("it was accepted, declined or revoked: look who is inside"),
            ErrorKind::OutcomeUnknown => error.with_remedy(
                "the message may have gone out again, and the invitation may have another id now: to be sure, cancel it \
                 and look who is inside",
            ),
            _ => error,
        })?;
        let kept = kept.answered(&invite, cx.clock().now());
        self.memory.replace(&kept);
        let mut entry = Entry::default();
        entry.state = Some(kept.to_state());
        entry.secret = invite.accept_link.map(OneTimeSecret::new);
        Ok(ChangeOutcome::Renewed(Box::new(entry)))
    }

    async fn cancel(&self, target: &Target, cx: &CallContext) -> Result<ChangeOutcome> {
        let (kept, _) = self.known_invitation(target, cx)?;
        self.confirm_site(cx).await?;
        self.revoke(&kept, cx).await?;
        // Only the listing tells an invitation that was taken back from one that was accepted before.
        let listing = self.site.contributors(None, cx).await?;
        let newcomers = kept.newcomers(&listing.accounts);
        let accepted = match target.account() {
            Some(account) => newcomers.iter().any(|id| id.eq_ignore_ascii_case(account.as_str())),
            None => !newcomers.is_empty(),
        };
        if accepted {
            let message =
                format!("the invitation may have been accepted before: new are {}", newcomers.join(", "));
            return Err(Error::new(ErrorKind::Conflict, message).with_remedy("remove the account by its id"));
        }
        Ok(ChangeOutcome::Accepted)
    }

    async fn set_role(&self, target: &Target, spec: &RoleSpec, cx: &CallContext) -> Result<ChangeOutcome> {
        let name = named(Some(spec))?;
        let Some(account) = target.account() else { return Err(nothing_to_go_by(target)) };
        let role = self.resolve(spec, name, cx).await?;
        let invitation = self.invitation(target, cx)?;
        self.refuse_owner(account, Baseline::Unknown, invitation.as_ref(), cx).await?;
        let listing = self.listing(cx).await?;
        let Some(inside) = listing.find(account.as_str()) else {
            return Err(Error::new(ErrorKind::NotFound, format!("{target} is no contributor of this site"))
                .with_remedy("invite them; a role is changed only for people who are inside"));
        };
        self.site.change_role(inside, &role, cx).await?;
        Ok(ChangeOutcome::Accepted)
    }

    /// An invitation whose id is known. An ended one too: what Wix says of it counts.
    fn known_invitation(&self, target: &Target, cx: &CallContext) -> Result<(Kept, String)> {
        match self.invitation(target, cx)? {
            Some(Invitation { kept: kept @ Kept { invite_id: Some(_), .. }, .. }) => {
                let id = kept.invite_id.clone().unwrap_or_default();
                Ok((kept, id))
            }
            Some(Invitation { kept, .. }) => Err(Error::new(
                ErrorKind::InvalidRequest,
                "the invitation's answer was lost, and with it the id that this needs",
            )
            .with_remedy(format!("it ends by itself on {}", day(&kept)))),
            None => Err(Error::new(
                ErrorKind::InvalidRequest,
                "the state that was kept of the invitation is missing, and Wix lists no invitations",
            )
            .with_remedy("hand over the state that came with the invitation, or let the merchant do it")),
        }
    }

    /// Refuses to touch the owner, and anybody who might be the owner.
    async fn refuse_owner(
        &self,
        account: &AccountId,
        baseline: Baseline,
        invitation: Option<&Invitation>,
        cx: &CallContext,
    ) -> Result<()> {
        let ours = baseline == Baseline::Absent
            || invitation.is_some_and(|invitation| !invitation.kept.was_there(account.as_str()));
        let owner = match self.read_facts(cx).await {
            Ok(facts) => facts.owner,
            Err(error) if ours && error.kind() != ErrorKind::Conflict => {
                tracing::warn!(%error, "the owner could not be read; the person was not there before us");
                None
            }
            Err(error) => return Err(error),
        };
        allow(account.as_str(), owner.as_deref(), ours)
    }
}

/// Whether an account may be touched: never the owner's, and where the owner is not known only one that came with us.
fn allow(account: &str, owner: Option<&str>, ours: bool) -> Result<()> {
    let refused = |why: &str, remedy: &str| {
        let message = format!("{account} was left alone: {why}");
        Err(Error::new(ErrorKind::PermissionDenied, message).with_remedy(remedy))
    };
    match owner {
        Some(owner) if owner.eq_ignore_ascii_case(account) => {
            refused("it owns the site", "ownership is transferred by the merchant")
        }
        None if !ours => refused(
            "it may own the site, which Wix does not tell here",
            "use an API key with `account_id`, or say that they were not there before us (baseline absent)",
        ),
        _ => Ok(()),
    }
}

/// A listing as evidence: there are no pages, so an answer is complete.
fn see(evidence: &mut Evidence, listing: &Listing) {
    evidence.pages += 1;
    evidence.complete = true;
    evidence.request_ids.extend(listing.request_id.clone());
}

fn row(id: &str, owner: Option<&str>) -> Result<Collaborator> {
    let account = AccountId::new(id).map_err(|error| {
        Error::new(ErrorKind::Protocol, "Wix listed an account without a usable id").with_source(error)
    })?;
    let mut row = Collaborator::new(account, Status::Active);
    row.kind = match owner {
        Some(owner) if owner.eq_ignore_ascii_case(id) => Told::Known(AccountKind::Owner),
        Some(_) => Told::Known(AccountKind::Staff),
        None => Told::NotTold,
    };
    Ok(row)
}

fn facts_of(site: Option<Site>) -> Result<Facts> {
    let Some(site) = site else {
        return Err(Error::new(ErrorKind::Conflict, "`site_id` is not among the sites that `api_key` sees").with_remedy(
            "use a key that the site's owner made, in the account `account_id`, and tick this site for it",
        ));
    };
    Ok(Facts {
        owner: site.owner_account_id,
        name: site.display_name,
        url: site.view_url,
        blocked: site.blocked == Some(true),
        trashed: site.trashed_date.is_some(),
        instance: None,
    })
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

/// How Wix refuses to revoke what is no longer open is not documented.
fn says_nothing_to_revoke(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::InvalidRequest => true,
        ErrorKind::Config => error.status() == Some(428) && error.code() != Some("MISSING_METASITE_ID"),
        _ => false,
    }
}

/// Nothing can be looked up, so the invitation stays open until it would have ended by itself.
fn unsettled(error: Error, kept: &Kept) -> Error {
    let remedy = format!(
        "send nothing again: it stays unsettled until the invitation would have expired (30 days, on {}); whoever \
         accepts it shows among the contributors",
        day(kept)
    );
    error.with_remedy(remedy).with_state(kept.to_state())
}

fn nothing_to_go_by(target: &Target) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        format!("which account {target} has is not known, and Wix tells no addresses"),
    )
    .with_remedy("name their Wix account by its id, or hand over the state that was kept of their invitation")
}

fn day(kept: &Kept) -> String {
    kept.expires.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_and_who_may_be_the_owner_are_left_alone() {
        for (owner, ours, allowed) in [
            (Some("OLIVIA"), true, false),
            (Some("olivia"), false, false),
            (Some("somebody-else"), false, true),
            (None, true, true),
            (None, false, false),
        ] {
            assert_eq!(allow("olivia", owner, ours).is_ok(), allowed, "{owner:?} {ours}");
        }
    }

    #[test]
    fn a_refused_revocation_means_nothing_was_open_unless_it_is_about_us() {
        let refused = |kind, status, code: &str| {
            says_nothing_to_revoke(&Error::new(kind, "no").with_status(status).with_code(code))
        };
        assert!(refused(ErrorKind::NotFound, 404, "NOT_FOUND"));
        assert!(refused(ErrorKind::InvalidRequest, 400, "NOT_PENDING"));
        assert!(refused(ErrorKind::Config, 428, "NOT_PENDING"));
        assert!(!refused(ErrorKind::Config, 428, "MISSING_METASITE_ID"));
        assert!(!refused(ErrorKind::PermissionDenied, 403, ""));
        assert!(!refused(ErrorKind::Unavailable, 503, ""));
    }
}

//! The trait: the vendor's calls in the vocabulary of guestpass.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::rotation::CredentialRotator;
use guestpass::{
    AccessProvider, AccessState, ApiAccess, Baseline, CallContext, Capabilities, Capability, Change,
    ChangeOutcome, CheckReport, Collaborator, Connection, ContentionKey, Cursor, Entry, Environment, Error,
    ErrorKind, Finder, Held, InviteOutcome, InviteRequest, ListQuery, ManualStep, MerchantGuide,
    MerchantHeld, Observation, Operation, Page, PageEnd, ProviderState, RemovalScope, RemoveOutcome,
    RemoveRequest, Result, Role, RoleSpec, SecretSource, StoreSettings, Support, Target, UnknownReason,
};
use uuid::Uuid;

use crate::ID;
use crate::accounts::{accounts, same_address, state_of};
use crate::client::{AccountApi, StoreApi, WATCH_EVERY};
use crate::config::{Config, Credential};
use crate::credentials::Rotator;
use crate::guide::{Guide, roles};
use crate::permissions::{MAKES_TOKENS, privileged};
use crate::roster::{Next, Place, Reader, Roster, UsersPage, miscount};
use crate::snapshot::Snapshots;
use crate::wire::StoreInformation;

/// How long after an unanswered write a second look is worth something. The vendor asks for a minute of patience after
/// a failure; how late a write may take effect is not documented.
const SETTLE_AFTER: Duration = Duration::from_secs(90);
/// How long the store's own facts are believed for labels and links. Guards read them anew.
const FACTS_LIFETIME: Duration = Duration::from_secs(300);

/// Makes the connection that the settings describe.
pub(crate) fn connect(
    settings: StoreSettings,
    env: &Environment,
    snapshots: Arc<Snapshots>,
) -> Result<Arc<dyn AccessProvider>> {
    let config = Config::read(&settings)?;
    let store = settings.store.clone();
    let label = settings.label.clone().unwrap_or_else(|| store.to_string());
    let contention = match &config.credential {
        Some(credential) => format!("account/{}", credential.account_uuid),
        None => format!("store/{}", config.store_hash),
    };
    let contention = ContentionKey::new(contention)?;
    let connection = Connection::new(ID.clone(), store.clone(), label, contention, SETTLE_AFTER, WATCH_EVERY);
    let guide = Guide::unconfirmed(&config.store_hash);
    let Some(credential) = config.credential else {
        return Ok(Arc::new(MerchantHeld::new(connection, Arc::new(guide))));
    };
    let Credential { account_uuid, account_token, store_token, api } = credential;
    let rotator = Rotator {
        store: store.clone(),
        store_hash: config.store_hash.clone(),
        account_uuid,
        store_token: store_token.clone(),
        api: api.clone(),
        guide: guide.clone(),
        env: env.clone(),
    };
    let store_api = store_token
        .map(|token| StoreApi::new(config.store_hash.clone(), token, api.clone(), store.clone(), env));
    Ok(Arc::new(BigCommerce {
        connection,
        account: AccountApi::new(account_uuid, account_token.clone(), api, store, env),
        account_uuid,
        account_token,
        store: store_api,
        store_hash: config.store_hash,
        guide,
        snapshots,
        rotator,
        known: Mutex::default(),
    }))
}

/// What BigCommerce can do, with or without a store token beside the account token.
pub(crate) fn capabilities(with_store_token: bool) -> Capabilities {
    let scopes = "the token's scopes show only when they are used";
    let remove = if with_store_token {
        "removeUserFromStore; the owner is recognised by the store's administrator address"
    } else {
        "removeUserFromStore, but only for people who were not there before us: without `store_token` the owner is \
         not known"
    };
    let by_hand = |reason: &'static str| Capability::new(Support::Manual, reason);
    Capabilities::new([
        (
            Operation::Check,
            Capability::new(Support::Native, "reads the account, and the store if there is a `store_token`")
                .costing(1),
        ),
        (
            Operation::ListRoles,
            Capability::new(
                Support::Native,
                "the control panel's fixed roles; the API does not show who has which",
            ),
        ),
        (
            Operation::List,
            Capability::new(Support::Native, "the users of the store, from the account's listing")
                .costing(1)
                .unproven(scopes),
        ),
        (
            Operation::Observe,
            Capability::new(Support::Native, "a complete listing of the store's users")
                .costing(1)
                .unproven(scopes),
        ),
        (
            Operation::ObserveInvitation,
            Capability::new(
                Support::Native,
                "an invited person is listed at once; one who never signed in counts as pending",
            )
            .costing(1)
            .unproven(scopes),
        ),
        (
            Operation::Invite,
            Capability::new(
                Support::Native,
                "addUserToStore; whether the person must first confirm their address is not told",
            )
            .costing(1)
            .unproven(scopes),
        ),
        (Operation::AssignRole, by_hand("no API sets a user's permissions; a new user has none")),
        (Operation::Remove, Capability::new(Support::Native, remove).costing(1).unproven(scopes)),
        (
            Operation::Resend,
            by_hand("no API sends an invitation again, and removing and adding would lose the role"),
        ),
        (
            Operation::CancelInvitation,
            Capability::new(Support::Unsupported, "an invited person is a user at once: remove them"),
        ),
        (Operation::SetRole, by_hand("no API sets a user's permissions")),
        (Operation::SetActive, by_hand("no API sets a user's status")),
        (
            Operation::ResetPassword,
            Capability::new(Support::Unsupported, "people make their own password at BigCommerce"),
        ),
        (
            Operation::GrantApiAccess,
            Capability::new(Support::Unsupported, "no API makes API accounts or tokens with fewer rights"),
        ),
        (
            Operation::RotateCredentials,
            Capability::new(
                Support::Emulated,
                "tokens for shoppers by calls; API accounts and app tokens are made and deleted by people, the rest by \
                 calls",
            )
            .unproven(scopes),
        ),
    ])
}

/// A store that guestpass reaches with an account-level token.
#[derive(Debug)]
struct BigCommerce {
    connection: Connection,
    account: AccountApi,
    account_uuid: Uuid,
    account_token: Arc<dyn SecretSource>,
    store: Option<StoreApi>,
    store_hash: String,
    guide: Guide,
    snapshots: Arc<Snapshots>,
    rotator: Rotator,
    known: Mutex<Known>,
}

/// What earlier answers showed of the store.
#[derive(Debug, Default, Clone)]
struct Known {
    store_id: Option<String>,
    facts: Option<(StoreInformation, Duration)>,
}

#[async_trait]
impl AccessProvider for BigCommerce {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(self.store.is_some())
    }

    async fn check(&self, cx: &CallContext) -> Result<CheckReport> {
        let cx = &cx.clone().failing_fast();
        let mut report = CheckReport::new();
        self.check_account(&mut report, cx).await.map_err(|error| self.here(error))?;
        self.check_store(&mut report, cx).await.map_err(|error| self.here(error))?;
        report.warn(
            "an account-level token reaches every store of the account: keep it with the merchant where possible",
        );
        Ok(report)
    }

    async fn list_roles(&self, _cx: &CallContext) -> Result<Vec<Role>> {
        Ok(roles())
    }

    async fn list_page(
        &self,
        query: &ListQuery,
        cursor: Option<&Cursor>,
        cx: &CallContext,
    ) -> Result<Page<Collaborator>> {
        let place: Option<Place> =
            cursor.map(|cursor| cursor.open(&ID, self.connection.store())).transpose()?;
        let owner = self.owner_for_labels(cx).await;
        let reader = self.reader(cx).await?;
        if let (None, Some(since)) = (&place, cx.looks_since()) {
            // Whoever accepts this goes through all stores of the account.
            let roster = reader.shared_roster(since).await.map_err(|error| self.here(error))?;
            self.learn_store_id(&roster.store_id);
            let items = accounts(roster.users, owner.as_deref()).map_err(|error| self.here(error))?;
            let end = roster.gap.map_or(PageEnd::Complete, PageEnd::Incomplete);
            return Ok(Page::new(items, end, roster.evidence));
        }
        if place.is_none() && !query.fresh {
            let held = self.snapshots.get(reader.view, &self.store_hash, cx.clock().monotonic());
            if let Some(listing) = held {
                let items = accounts(listing.users, owner.as_deref()).map_err(|error| self.here(error))?;
                return Ok(Page::new(items, PageEnd::Complete, listing.evidence));
            }
        }
        self.read_page(&reader, place, owner.as_deref()).await.map_err(|error| self.here(error))
    }

    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation> {
        let began = guestpass::Evidence::begun(cx.clock().now());
        let roster = match self.read_roster(cx).await {
            Ok(roster) => roster,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let reason = UnknownReason::Denied(format!("{}; {}", error.message(), error.remedy()));
                return Ok(Observation::new(AccessState::Unknown { reason }, began));
            }
            Err(error) => return Err(self.here(error)),
        };
        let owner = self.owner_for_labels(cx).await;
        let mut finder = Finder::new(target);
        for account in accounts(roster.users, owner.as_deref()).map_err(|error| self.here(error))? {
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
        refuse_privileged(request.role.as_ref()).map_err(|error| self.here(error))?;
        let store_id = self.store_id(cx).await?;
        let writing = self.snapshots.writing(self.account_uuid);
        let added = self.account.add_user_to_store(&store_id, &request.person.email, cx).await;
        drop(writing);
        added.map_err(|error| self.here(error))?;
        Ok(InviteOutcome::Invited(self.entry(request, None, cx).await))
    }

    async fn intend(&self, _request: &InviteRequest, _cx: &CallContext) -> Result<Option<ProviderState>> {
        Ok(None)
    }

    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, cx: &CallContext) -> Entry {
        let guide = self.guide_for_links(cx).await;
        let target = Target::email(request.person.email.clone());
        let mut entry = Entry::default();
        entry.account = seen.map(|account| account.id.clone());
        entry.note = Some(guide.access_note(request.person.email.as_str()));
        if !has_role(seen, request.role.as_ref()) {
            entry.follow_ups.push(guide.set_role(&target, request.role.as_ref()));
        }
        entry
    }

    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        let account = match &request.seen {
            Some(account) => (**account).clone(),
            None => self.find(&request.target, cx).await?,
        };
        self.refuse_owner(&account, request.baseline, cx).await.map_err(|error| self.here(error))?;
        let store_id = self.store_id(cx).await?;
        let writing = self.snapshots.writing(self.account_uuid);
        let removed = match request.scope {
            RemovalScope::Account => self.account.remove_user_from_account(account.id.as_str(), cx).await,
            _ => self.account.remove_user_from_store(&store_id, account.id.as_str(), cx).await,
        };
        drop(writing);
        removed.map_err(|error| self.here(error))?;
        let could_make_tokens =
            account.permissions.known().map(|list| list.iter().any(|name| name == MAKES_TOKENS));
        let guide = self.guide_for_links(cx).await;
        Ok(RemoveOutcome::Accepted { residual: vec![guide.residual(&request.target, could_make_tokens)] })
    }

    async fn change(&self, target: &Target, change: &Change, cx: &CallContext) -> Result<ChangeOutcome> {
        let operation = match change {
            Change::Resend => Operation::Resend,
            Change::CancelInvitation => Operation::CancelInvitation,
            Change::SetRole(_) => Operation::SetRole,
            Change::SetActive(_) => Operation::SetActive,
            Change::ResetPassword => Operation::ResetPassword,
            _ => {
                return Err(self.here(Error::new(ErrorKind::Unsupported, "BigCommerce knows no such change")));
            }
        };
        self.capabilities().require(operation).map_err(|error| self.here(error))?;
        if let Change::SetRole(role) = change {
            refuse_privileged(Some(role)).map_err(|error| self.here(error))?;
        }
        let step: Option<ManualStep> = self.guide_for_links(cx).await.change(target, change);
        step.map(ChangeOutcome::ActionRequired)
            .ok_or_else(|| self.here(Error::new(ErrorKind::Unsupported, "BigCommerce knows no such change")))
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        Some(&self.rotator)
    }
}

impl BigCommerce {
    fn here(&self, error: Error) -> Error {
        error.at(&ID, self.connection.store())
    }

    async fn reader<'a>(&'a self, cx: &'a CallContext) -> Result<Reader<'a>> {
        let token = self.account_token.current().await.map_err(|error| self.here(error))?;
        Ok(Reader {
            api: &self.account,
            store_hash: &self.store_hash,
            snapshots: &self.snapshots,
            view: self.snapshots.view(self.account_uuid, &token),
            cx,
        })
    }

    async fn read_roster(&self, cx: &CallContext) -> Result<Roster> {
        let reader = self.reader(cx).await?;
        let roster = match cx.looks_since() {
            Some(since) => reader.shared_roster(since).await?,
            None => reader.roster().await?,
        };
        self.learn_store_id(&roster.store_id);
        Ok(roster)
    }

    /// The next page of the users, as the platform pages them. At the end the users must be as many as the platform
    /// counts; if not, everything is read once more, and that reading is the last page.
    async fn read_page(
        &self,
        reader: &Reader<'_>,
        place: Option<Place>,
        owner: Option<&str>,
    ) -> Result<Page<Collaborator>> {
        let mut evidence = guestpass::Evidence::begun(reader.cx.clock().now());
        let page: Option<UsersPage> = match &place {
            None => Some(reader.find_store(&mut evidence).await?),
            Some(place) => {
                reader.users_behind(place.before_store.clone(), &place.after_user, &mut evidence).await?
            }
        };
        let Some(page) = page else {
            return Err(Error::new(ErrorKind::Protocol, "the store list changed while it was read")
                .with_remedy("start the listing again"));
        };
        self.learn_store_id(&page.store_id);
        if let Some(next) = page.place(place.as_ref()) {
            let cursor = Cursor::new(&ID, self.connection.store(), &next)?;
            return Ok(Page::new(accounts(page.users, owner)?, PageEnd::More(cursor), evidence));
        }
        let adds_up = page.next == Next::End && miscount(page.counted(place.as_ref()), page.total).is_none();
        if adds_up {
            evidence.complete = true;
            return Ok(Page::new(accounts(page.users, owner)?, PageEnd::Complete, evidence));
        }
        let roster = reader.roster().await?;
        let end = roster.gap.map_or(PageEnd::Complete, PageEnd::Incomplete);
        Ok(Page::new(accounts(roster.users, owner)?, end, roster.evidence))
    }

    /// The platform's id of the store, as a listing gave it.
    async fn store_id(&self, cx: &CallContext) -> Result<String> {
        if let Some(id) = self.known().store_id {
            return Ok(id);
        }
        let roster = self.read_roster(cx).await.map_err(|error| self.here(error))?;
        Ok(roster.store_id)
    }

    fn learn_store_id(&self, id: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).store_id = Some(id.to_owned());
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn find(&self, target: &Target, cx: &CallContext) -> Result<Collaborator> {
        let look = self.observe(target, cx).await?;
        let error = match look.state {
            AccessState::Ambiguous { .. } => Error::new(ErrorKind::Conflict, "several users match"),
            AccessState::Unknown { reason } => Error::new(ErrorKind::Protocol, reason.to_string()),
            state => match state.account() {
                Some(account) => return Ok(account.clone()),
                None => Error::new(ErrorKind::NotFound, format!("{target} is no user of this store")),
            },
        };
        Err(self.here(error))
    }

    async fn check_account(&self, report: &mut CheckReport, cx: &CallContext) -> Result<()> {
        let account = self.account.account(cx).await?;
        let uuid = self.account_uuid.hyphenated().to_string();
        if !account.id.to_ascii_lowercase().ends_with(&uuid) {
            return Err(Error::new(ErrorKind::Conflict, "`account_token` belongs to another account")
                .with_remedy("use the token and the UUID of the same account-level API account"));
        }
        report.fact("account", uuid);
        if let Some(name) = account.account_info.and_then(|info| info.name) {
            report.fact("account name", name);
        }
        report.right("account_read", Held::Yes);
        for scope in
            ["account_stores_read", "account_users_read", "account_users_write", "account_users_delete"]
        {
            report.right(scope, Held::NotProvable);
        }
        Ok(())
    }

    async fn check_store(&self, report: &mut CheckReport, cx: &CallContext) -> Result<()> {
        let Some(store) = &self.store else {
            report.warn(
                "there is no `store_token`: the owner is not known, so only people who were not there before us are \
                 removed",
            );
            return Ok(());
        };
        let facts = match self.read_facts(store, cx).await {
            Err(error) if error.kind() == ErrorKind::PermissionDenied && store.is_alive(cx).await? => {
                report.right("store_v2_information_read_only", Held::No);
                report.warn("`store_token` is alive but lacks the scope store_v2_information_read_only");
                return Ok(());
            }
            facts => facts?,
        };
        report.right("store_v2_information_read_only", Held::Yes);
        let StoreInformation { id, name, status, plan_name, .. } = facts;
        report.fact("store hash", id);
        let told = [("store name", name), ("status", status.clone()), ("plan", plan_name)];
        for (label, value) in told {
            if let Some(value) = value {
                report.fact(label, value);
            }
        }
        if let Some(status) = status.filter(|status| status != "live") {
            report.warn(format!("the store's status is {status}"));
        }
        Ok(())
    }

    /// What the store says about itself, if it is our store and belongs to our account.
    async fn read_facts(&self, store: &StoreApi, cx: &CallContext) -> Result<StoreInformation> {
        let facts = store.information(cx).await?;
        if !facts.id.eq_ignore_ascii_case(&self.store_hash) {
            return Err(Error::new(ErrorKind::Conflict, "`store_token` belongs to another store")
                .with_remedy("use a token of the store that `store_hash` names"));
        }
        let account = facts.account_uuid.as_deref().and_then(|uuid| Uuid::try_parse(uuid).ok());
        if account.is_some_and(|account| account != self.account_uuid) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the store belongs to another account than `account_uuid`",
            )
            .with_remedy("use the account-level API account of the merchant who owns this store"));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.facts = Some((facts.clone(), cx.clock().monotonic()));
        Ok(facts)
    }

    /// The store's facts for labels and links: what was read lately, or nothing at all if it cannot be read.
    async fn facts_for_labels(&self, cx: &CallContext) -> Option<StoreInformation> {
        let store = self.store.as_ref()?;
        let fresh = |read: Duration| cx.clock().monotonic().saturating_sub(read) <= FACTS_LIFETIME;
        if let Some((facts, _)) = self.known().facts.filter(|(_, read)| fresh(*read)) {
            return Some(facts);
        }
        self.read_facts(store, &cx.clone().failing_fast())
            .await
            .inspect_err(|error| tracing::warn!(%error, "the store's own facts could not be read"))
            .ok()
    }

    async fn owner_for_labels(&self, cx: &CallContext) -> Option<String> {
        self.facts_for_labels(cx).await.and_then(|facts| facts.admin_email)
    }

    async fn guide_for_links(&self, cx: &CallContext) -> Guide {
        let facts = self.facts_for_labels(cx).await;
        self.guide.clone().at(facts.and_then(|facts| facts.control_panel_base_url).as_deref())
    }

    /// Refuses to remove the owner, and anybody who might be the owner.
    async fn refuse_owner(&self, account: &Collaborator, baseline: Baseline, cx: &CallContext) -> Result<()> {
        let owner = match &self.store {
            Some(store) => match self.read_facts(store, cx).await {
                Ok(facts) => facts.admin_email,
                Err(error) if baseline == Baseline::Absent => {
                    tracing::warn!(%error, "the owner could not be read; the person was not there before us");
                    None
                }
                Err(error) => return Err(error),
            },
            None => None,
        };
        let refused = |why: &str, remedy: &str| {
            Err(Error::new(ErrorKind::PermissionDenied, format!("{} was not removed: {why}", account.id))
                .with_remedy(remedy))
        };
        match (owner, account.email.known()) {
            (Some(owner), Some(email)) if same_address(&owner, email.as_str()) => refused(
                "it is the store's owner",
                "the owner is never removed; ownership is transferred by the merchant",
            ),
            (Some(_), Some(_)) => Ok(()),
            _ if baseline == Baseline::Absent => Ok(()),
            _ => refused(
                "it may be the store's owner, which cannot be told without a `store_token`",
                "add a `store_token` with the scope store_v2_information_read_only, or say that they were not there \
                 before us (baseline absent)",
            ),
        }
    }
}

/// Refuses a role that would let a guest act as an owner, unless the configuration says so.
fn refuse_privileged(role: Option<&RoleSpec>) -> Result<()> {
    let Some(role) = role else { return Ok(()) };
    let named = role.platform_role.as_deref().unwrap_or_default();
    let known = roles()
        .into_iter()
        .find(|known| known.name.eq_ignore_ascii_case(named) || known.id.as_str() == named);
    if let Some(Role { assignable: guestpass::Assignable::Never(why), .. }) = &known {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("the role {named} cannot be given: {why}"),
        )
        .with_remedy("choose another role"));
    }
    let dangerous = privileged(&role.permissions);
    let what =
        if known.is_some_and(|known| known.privileged) { named.to_owned() } else { dangerous.join(", ") };
    if what.is_empty() || role.allow_privileged {
        return Ok(());
    }
    Err(Error::new(ErrorKind::PermissionDenied, format!("the role {} is privileged: {what}", role.name))
        .with_remedy("set allow_privileged for this role if that is meant"))
}

/// Whether the permission list shows that the wanted role was set by hand already.
fn has_role(seen: Option<&Collaborator>, role: Option<&RoleSpec>) -> bool {
    let Some(held) = seen.and_then(|account| account.permissions.known()) else { return false };
    match role.map(|role| &role.permissions) {
        Some(wanted) if !wanted.is_empty() => wanted.iter().all(|name| held.contains(name)),
        _ => !held.is_empty(),
    }
}

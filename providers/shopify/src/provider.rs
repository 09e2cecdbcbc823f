//! The trait: the vendor's calls in the vocabulary of guestpass.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guestpass::rotation::CredentialRotator;
use guestpass::{
    AccessProvider, AccessState, AccountKind, ApiAccess, Assignable, CallContext, Capabilities, Change,
    ChangeOutcome, CheckReport, Collaborator, Connection, ContentionKey, Cursor, Email, Entry, Environment,
    Error, ErrorKind, Evidence, Held, InviteOutcome, InviteRequest, ListQuery, ManualStep, MerchantGuide,
    MerchantHeld, Observation, Page, PageEnd, ProviderState, RemovalScope, RemoveOutcome, RemoveRequest,
    Result, Role, RoleSpec, StepCheck, StoreSettings, Target, Told, UnknownReason,
};
use serde::{Deserialize, Serialize};

use crate::ID;
use crate::capabilities::capabilities;
use crate::client::{Address, AdminApi, StaffPage, WATCH_EVERY};
use crate::config::{Config, Credential, Shop, Source};
use crate::credentials::Rotator;
use crate::delegate::{Delegates, covers, wrong_store};
use crate::gate::{Gate, Gates};
use crate::guide::{Guide, roles};
use crate::oauth::TokenEndpoint;
use crate::people::{Rights, Subject, privileged};
use crate::reading::{self, Next};
use crate::tokens::{Control, Grant, TokenKeeper};
use crate::wire::WhoAmI;

/// How long after an unanswered write a second look is worth something. People are let in and out by hand, so no write of
/// ours waits for it; how late a listing follows is not documented.
const SETTLE_AFTER: Duration = Duration::from_secs(60);
const PEOPLE_SCOPE: &str = "read_users";
const HIDDEN: &str = "the app may not read the people of this store";
const GATE_REMEDY: &str = "it takes a store on Advanced or Plus (or a finance app), and Shopify Support must switch the \
                           scope read_users on for the app; until then the merchant looks under Settings > Users";

/// Makes the connection that the settings describe.
pub(crate) fn connect(
    settings: StoreSettings,
    env: &Environment,
    gates: &Gates,
) -> Result<Arc<dyn AccessProvider>> {
    let Config { shop, organisation, app_installed, credential } = Config::read(&settings)?;
    let store = settings.store.clone();
    let label = settings.label.clone().unwrap_or_else(|| store.to_string());
    let contention = ContentionKey::new(format!("shop/{}", shop.as_str()))?;
    let connection = Connection::new(ID.clone(), store.clone(), label, contention, SETTLE_AFTER, WATCH_EVERY)
        .letting_in(organisation.subject());
    let guide = Guide::new(shop.clone(), organisation.clone(), app_installed);
    let Some(Credential { source, version, rest_permissions, api: base }) = credential else {
        return Ok(Arc::new(MerchantHeld::new(connection, Arc::new(guide))));
    };
    let gate = gates.of(&format!("{store}/{}", shop.as_str()));
    let (blame, app) = (source.blame(), app_name(&source));
    let address = Address { shop: shop.clone(), store, base, version, app, blame };
    let control = control(source, &address, env)?;
    let api = Arc::new(AdminApi::new(&address, control.source(), env));
    let delegates =
        Delegates { api: api.clone(), control: control.clone(), address: address.clone(), env: env.clone() };
    let rotator = Rotator::new(api.clone(), control, address.clone(), env.clone());
    Ok(Arc::new(Shopify {
        connection,
        shop,
        version: address.version,
        organisation: organisation.emails,
        api,
        delegates,
        rotator,
        guide,
        gate,
        rest_permissions,
    }))
}

/// Whose budget requests come out of. A token does not say which app it belongs to; one token means one app here.
fn app_name(source: &Source) -> String {
    match source {
        Source::Static(_) => "token".to_owned(),
        Source::ClientCredentials(app) | Source::Expiring { app, .. } => app.client_id.clone(),
    }
}

fn control(source: Source, address: &Address, env: &Environment) -> Result<Control> {
    let (app, grant) = match source {
        Source::Static(token) => return Ok(Control::Static(token)),
        Source::ClientCredentials(app) => (app, Grant::ClientCredentials),
        Source::Expiring { app, refresh, access } => (app, Grant::Refresh { refresh, access }),
    };
    let endpoint = TokenEndpoint::new(app, &address.shop, address.base.clone(), address.store.clone(), env)?;
    Ok(Control::Kept(Arc::new(TokenKeeper::new(endpoint, grant, &address.shop, env))))
}

/// A store that guestpass reaches with a token of an app.
#[derive(Debug)]
struct Shopify {
    connection: Connection,
    shop: Shop,
    version: String,
    organisation: Vec<Email>,
    api: Arc<AdminApi>,
    delegates: Delegates,
    rotator: Rotator,
    guide: Guide,
    gate: Arc<Gate>,
    rest_permissions: bool,
}

/// Where a listing goes on.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    after: String,
}

#[async_trait]
impl AccessProvider for Shopify {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(self.gate.closed(), true, self.delegates.control.has_refresh_token())
    }

    async fn check(&self, cx: &CallContext) -> Result<CheckReport> {
        let cx = &cx.clone().failing_fast();
        let mut report = CheckReport::new();
        let told = self.api.who_am_i(cx).await.map_err(|error| self.here(error))?;
        let scopes = self.report_store(told, &mut report).map_err(|error| self.here(error))?;
        self.report_people(&scopes, &mut report, cx).await.map_err(|error| self.here(error))?;
        self.report_notices(&mut report);
        Ok(report)
    }

    async fn list_roles(&self, _cx: &CallContext) -> Result<Vec<Role>> {
        Ok(roles())
    }

    async fn list_page(
        &self,
        _query: &ListQuery,
        cursor: Option<&Cursor>,
        cx: &CallContext,
    ) -> Result<Page<Collaborator>> {
        let place: Option<Place> =
            cursor.map(|cursor| cursor.open(&ID, self.connection.store())).transpose()?;
        let mut evidence = Evidence::begun(cx.clock().now());
        let after = place.as_ref().map(|place| place.after.as_str());
        let read = reading::page(&self.api, after, &mut evidence, cx).await;
        let mut people = self.learned(read).map_err(|error| self.with_hand(error))?;
        self.add_rights(&mut people.accounts, cx).await.map_err(|error| self.here(error))?;
        let end = match people.next {
            Next::More(after) => PageEnd::More(Cursor::new(&ID, self.connection.store(), &Place { after })?),
            Next::Gap(why) => PageEnd::Incomplete(why),
            Next::End => {
                evidence.complete = true;
                PageEnd::Complete
            }
        };
        Ok(Page::new(people.accounts, end, evidence))
    }

    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation> {
        let mut evidence = Evidence::begun(cx.clock().now());
        let mut subject = Subject::new(target, &self.organisation);
        let read = reading::everybody(&self.api, &mut evidence, cx, |account| subject.see(account)).await;
        let gap = match self.learned(read) {
            Ok(gap) => gap,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let reason = UnknownReason::Denied(format!("{}; {}", error.message(), error.remedy()));
                return Ok(Observation::new(AccessState::Unknown { reason }, evidence));
            }
            Err(error) => return Err(self.here(error)),
        };
        let mut state = subject.state();
        if let Some(gap) =
            gap.filter(|_| !matches!(state, AccessState::Present { .. } | AccessState::Ambiguous { .. }))
        {
            state = AccessState::Unknown { reason: UnknownReason::Incomplete(gap) };
        }
        if let AccessState::Present { account } | AccessState::Suspended { account } = &mut state
            && let Err(error) = self.add_rights(std::slice::from_mut(&mut **account), cx).await
        {
            tracing::warn!(%error, "permissions could not be read; who is inside is known all the same");
        }
        Ok(Observation::new(state, evidence))
    }

    async fn invite(&self, request: &InviteRequest, _cx: &CallContext) -> Result<InviteOutcome> {
        refuse_privileged(request.role.as_ref()).map_err(|error| self.here(error))?;
        Ok(InviteOutcome::ActionRequired(self.checkable(self.guide.invite(request))))
    }

    async fn intend(&self, _request: &InviteRequest, _cx: &CallContext) -> Result<Option<ProviderState>> {
        Ok(None)
    }

    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, _cx: &CallContext) -> Entry {
        let mut entry = Entry::default();
        entry.account = seen.map(|account| account.id.clone());
        entry.note = Some(self.guide.access_note(request.person.email.as_str()));
        if !has_permissions(seen, request.role.as_ref()) {
            let target = request.target(&ID);
            entry.follow_ups.push(self.guide.set_role(&target, request.role.as_ref()));
        }
        entry
    }

    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        if request.scope != RemovalScope::Store {
            let error = Error::new(ErrorKind::Unsupported, "a store on Shopify has no account above it");
            return Err(self.here(error.with_remedy("remove from the store")));
        }
        let account = match &request.seen {
            Some(account) => Some((**account).clone()),
            None => self.look_before_removal(&request.target, cx).await?,
        };
        refuse_own_people(account.as_ref()).map_err(|error| self.here(error))?;
        Ok(RemoveOutcome::ActionRequired(self.checkable(self.guide.remove(&request.target))))
    }

    async fn change(&self, target: &Target, change: &Change, _cx: &CallContext) -> Result<ChangeOutcome> {
        if let Change::SetRole(role) = change {
            refuse_privileged(Some(role)).map_err(|error| self.here(error))?;
        }
        self.guide
            .change(target, change)
            .map(|step| ChangeOutcome::ActionRequired(self.checkable(step)))
            .ok_or_else(|| self.here(Error::new(ErrorKind::Unsupported, "Shopify knows no such change")))
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        Some(&self.delegates)
    }

    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        Some(&self.rotator)
    }
}

impl Shopify {
    fn here(&self, error: Error) -> Error {
        error.at(&ID, self.connection.store())
    }

    /// A step whose success guestpass cannot see here must be told by a human.
    fn checkable(&self, mut step: ManualStep) -> ManualStep {
        if let (Some(_), StepCheck::Observe(what)) = (self.gate.closed(), &step.check) {
            step.check = StepCheck::Attest(what.clone());
        }
        step
    }

    /// An error of a listing, with what the merchant can do instead where the store hides its people.
    fn with_hand(&self, error: Error) -> Error {
        let error = match error.kind() {
            ErrorKind::PermissionDenied => error.with_manual_step(self.guide.list()),
            _ => error,
        };
        self.here(error)
    }

    /// Keeps whether the store shows its people, and says what to do if it does not.
    fn learned<T>(&self, read: Result<T>) -> Result<T> {
        match read {
            Ok(read) => {
                self.gate.open();
                Ok(read)
            }
            Err(error) if error.code() == Some("ACCESS_DENIED") => {
                self.gate.close(HIDDEN);
                Err(error.with_remedy(GATE_REMEDY))
            }
            Err(error) if error.status() == Some(403) => {
                self.gate.close(HIDDEN);
                let remedy = format!("{}; to read people {GATE_REMEDY}", error.remedy());
                Err(error.with_remedy(remedy))
            }
            Err(error) => Err(error),
        }
    }

    async fn add_rights(&self, accounts: &mut [Collaborator], cx: &CallContext) -> Result<()> {
        if !self.rest_permissions || accounts.is_empty() {
            return Ok(());
        }
        let users = self.api.users(cx).await.map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => error.with_remedy(
                "only custom apps on Plus stores may read the legacy users; remove `staff_permissions`, or ask Plus \
                 Support for read_users",
            ),
            _ => error,
        })?;
        let rights = Rights::new(users);
        accounts.iter_mut().for_each(|account| rights.add_to(account));
        Ok(())
    }

    fn report_store(&self, told: WhoAmI, report: &mut CheckReport) -> Result<Vec<String>> {
        let WhoAmI { shop, current_app_installation } = told;
        if !shop.myshopify_domain.eq_ignore_ascii_case(self.shop.as_str()) {
            return Err(wrong_store());
        }
        report.fact("store", shop.myshopify_domain);
        if let Some(name) = shop.name {
            report.fact("store name", name);
        }
        if let Some(plan) = shop.plan {
            let name = plan.public_display_name.unwrap_or_else(|| "not told".to_owned());
            let plus = if plan.shopify_plus == Some(true) { " (Plus)" } else { "" };
            let development =
                if plan.partner_development == Some(true) { " (development store)" } else { "" };
            report.fact("plan", format!("{name}{plus}{development}"));
        }
        let installation =
            current_app_installation.unwrap_or(crate::wire::Installation { access_scopes: None, app: None });
        if let Some(title) = installation.app.and_then(|app| app.title) {
            report.fact("app", title);
        }
        let scopes: Vec<_> =
            installation.access_scopes.unwrap_or_default().into_iter().map(|scope| scope.handle).collect();
        for scope in scopes.iter().filter(|scope| *scope != PEOPLE_SCOPE) {
            report.right(scope, Held::Yes);
        }
        Ok(scopes)
    }

    /// Whether people can be read: the scope alone does not tell, so the first one is asked for.
    async fn report_people(
        &self,
        scopes: &[String],
        report: &mut CheckReport,
        cx: &CallContext,
    ) -> Result<()> {
        let refused = if covers(scopes, PEOPLE_SCOPE) {
            match self.learned(self.api.staff_probe(cx).await) {
                Ok(StaffPage { people: crate::dialect::Answer::Partial(why), .. }) => {
                    report.warn(format!("people could not be read just now: {why}"));
                    None
                }
                Ok(_) => None,
                Err(error) if error.kind() == ErrorKind::PermissionDenied => Some(error.message().to_owned()),
                Err(error) => return Err(error),
            }
        } else {
            self.gate.close(HIDDEN);
            Some("the app was not given the scope read_users".to_owned())
        };
        report.right(PEOPLE_SCOPE, if refused.is_none() { Held::Yes } else { Held::No });
        if let Some(why) = refused {
            report.warn(format!("nobody can be listed or looked up here: {why}; {GATE_REMEDY}"));
        }
        Ok(())
    }

    fn report_notices(&self, report: &mut CheckReport) {
        let notices = self.api.notices();
        let answered = notices.version.unwrap_or_else(|| "not told".to_owned());
        if answered != self.version && answered != "not told" {
            report.warn(format!(
                "API version {} is no longer served: {answered} answered instead; set `api_version` to a newer one",
                self.version
            ));
        }
        report.fact("API version", answered);
        if let Some(reason) = notices.deprecated {
            report.warn(format!("guestpass used something that Shopify will take away: {reason}"));
        }
    }

    /// Who would be removed, where the store shows it. A step for a human needs no look, so one that fails stops nothing.
    async fn look_before_removal(&self, target: &Target, cx: &CallContext) -> Result<Option<Collaborator>> {
        let state = match self.observe(target, cx).await {
            Ok(look) => look.state,
            Err(error) => {
                tracing::warn!(%error, "nobody could look who would be removed");
                return Ok(None);
            }
        };
        let error = match state {
            AccessState::Absent => {
                Error::new(ErrorKind::NotFound, format!("{target} is not listed in this store"))
            }
            AccessState::Ambiguous { .. } => Error::new(ErrorKind::Conflict, "several accounts match"),
            state => return Ok(state.account().cloned()),
        };
        Err(self.here(error))
    }
}

/// The owner and the merchant's own staff are not ours to take out, not even by asking.
fn refuse_own_people(account: Option<&Collaborator>) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    let who = match account.kind {
        Told::Known(AccountKind::Owner) => "the store's owner",
        Told::Known(AccountKind::Staff) => "one of the merchant's own staff",
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::PermissionDenied, format!("no removal is asked for: {} is {who}", account.id))
        .with_remedy("only collaborators are taken out; the merchant decides about their own people"))
}

/// Refuses a role that would let a guest act as an owner, unless the configuration says so.
fn refuse_privileged(role: Option<&RoleSpec>) -> Result<()> {
    let Some(role) = role else { return Ok(()) };
    let named = role.platform_role.as_deref().unwrap_or_default();
    let known = roles()
        .into_iter()
        .find(|known| known.name.eq_ignore_ascii_case(named) || known.id.as_str() == named);
    if !named.is_empty() && known.is_none() {
        let error = Error::new(ErrorKind::InvalidRequest, format!("Shopify has no role {named}"));
        return Err(error.with_remedy("list the permissions to tick, and name `collaborator` or no role"));
    }
    if let Some(Role { assignable: Assignable::Never(why), .. }) = known {
        let error = Error::new(ErrorKind::InvalidRequest, format!("the role {named} cannot be given: {why}"));
        return Err(error.with_remedy("name `collaborator`, or no role but permissions"));
    }
    let dangerous = privileged(&role.permissions);
    if dangerous.is_empty() || role.allow_privileged {
        return Ok(());
    }
    let what = dangerous.join(", ");
    Err(Error::new(ErrorKind::PermissionDenied, format!("the role {} is privileged: {what}", role.name))
        .with_remedy("set allow_privileged for this role if that is meant"))
}

/// Whether the wanted permissions are seen to be there.
fn has_permissions(seen: Option<&Collaborator>, role: Option<&RoleSpec>) -> bool {
    let wanted = role.map(|role| role.permissions.as_slice()).unwrap_or_default();
    let held = seen.and_then(|account| account.permissions.known());
    match held {
        Some(held) => wanted.iter().all(|name| held.contains(name)),
        None => wanted.is_empty(),
    }
}

//! The trait: the vendor's calls in the vocabulary of guestpass.

pub(crate) mod looking;
pub(crate) mod writing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::rotation::{CredentialRotator, Fingerprint};
use guestpass::{
    AccessProvider, AccessState, ApiAccess, CallContext, Capabilities, Change, ChangeOutcome, CheckReport,
    Collaborator, Connection, ContentionKey, Cursor, Entry, Environment, Error, ErrorKind, Evidence, Finder,
    InviteOutcome, InviteRequest, ListQuery, MerchantHeld, Observation, Operation, Page, PageEnd,
    ProviderState, Remains, RemoveOutcome, RemoveRequest, Result, Role, StoreSettings, Target, UnknownReason,
};

use self::looking::{Place, Slice};
use crate::ID;
use crate::admin::AdminApi;
use crate::capabilities::capabilities;
use crate::client::{Reach, WATCH_EVERY, Webservice};
use crate::config::Config;
use crate::guide::Guide;
use crate::kept::Kept;
use crate::people::{collaborator, state_of};
use crate::roles::{self, Profiles};

/// How long after an unanswered write a second look is worth something: PHP ends a request after thirty seconds where
/// nobody configured it otherwise, and hosts seldom give more than sixty.
const SETTLE_AFTER: Duration = Duration::from_secs(60);

/// Makes the connection that the settings describe.
pub(crate) fn connect(settings: StoreSettings, env: &Environment) -> Result<Arc<dyn AccessProvider>> {
    let Config { shop, back_office, profiles, credential } = Config::read(&settings)?;
    let store = settings.store.clone();
    let label = settings.label.clone().unwrap_or_else(|| store.to_string());
    let contention = ContentionKey::new(format!("shop/{}", shop.name)).map_err(|error| {
        Error::config("url", "is too long", "use the shop's own address").with_source(error)
    })?;
    let connection = Connection::new(ID.clone(), store.clone(), label, contention, SETTLE_AFTER, WATCH_EVERY);
    let guide = Guide::new(back_office, profiles.clone());
    let Some(credential) = credential else {
        return Ok(Arc::new(MerchantHeld::new(connection, Arc::new(guide))));
    };
    let reach = Reach {
        context: credential.context,
        method_override: credential.method_override,
        store,
        env: env.clone(),
        shop,
    };
    let webservice = Webservice::new(credential.key, &reach);
    let admin = credential.admin.map(|client| AdminApi::new(client, &reach)).transpose()?;
    Ok(Arc::new(Prestashop {
        connection: connection.removal_leaving(Remains::DisabledAccount),
        webservice,
        admin,
        shop: reach.shop.name.clone(),
        reach,
        profiles,
        language: credential.language,
        guide,
        made: Mutex::default(),
        replacing: Mutex::default(),
    }))
}

/// A shop that guestpass reaches with a webservice key.
#[derive(Debug)]
pub(crate) struct Prestashop {
    connection: Connection,
    pub(crate) webservice: Webservice,
    pub(crate) admin: Option<AdminApi>,
    pub(crate) reach: Reach,
    shop: String,
    profiles: Profiles,
    language: Option<u64>,
    pub(crate) guide: Guide,
    /// Profiles that this connection made, by the name they were given.
    made: Mutex<BTreeMap<String, Kept>>,
    /// By what the passwords are recognised that this connection replaced, by the tag of the attempt.
    pub(crate) replacing: Mutex<BTreeMap<String, Fingerprint>>,
}

#[async_trait]
impl AccessProvider for Prestashop {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        capabilities(self.admin.is_some())
    }

    async fn check(&self, cx: &CallContext) -> Result<CheckReport> {
        let cx = &cx.clone().failing_fast();
        let mut report = CheckReport::new();
        self.check_key(&mut report, cx).await.map_err(|error| self.here(error))?;
        self.check_admin(&mut report, cx).await.map_err(|error| self.here(error))?;
        Ok(report)
    }

    async fn list_roles(&self, cx: &CallContext) -> Result<Vec<Role>> {
        let mut all = Vec::new();
        for (id, name) in self.profiles.all() {
            let known = match &self.admin {
                Some(admin) if id != roles::SUPER_ADMIN => {
                    admin.profile(id, cx).await.map_err(|error| self.here(error))?
                }
                _ => Some(name.to_owned()),
            };
            let gone = known.is_none();
            let name = known.filter(|name| !name.is_empty()).unwrap_or_else(|| name.to_owned());
            all.extend(roles::role(id, name, gone));
        }
        Ok(all)
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
        let Slice { employees, next, gap } =
            self.slice(place.as_ref(), cx).await.map_err(|error| self.here(error))?;
        evidence.pages = 1;
        let end = match (gap, next) {
            (Some(gap), _) => PageEnd::Incomplete(gap),
            (None, Some(next)) => PageEnd::More(Cursor::new(&ID, self.connection.store(), &next)?),
            (None, None) => PageEnd::Complete,
        };
        evidence.complete = end == PageEnd::Complete;
        let items: Result<_> = employees.iter().map(collaborator).collect();
        Ok(Page::new(items.map_err(|error| self.here(error))?, end, evidence))
    }

    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation> {
        let began = Evidence::begun(cx.clock().now());
        let reading = match self.read_all(cx).await {
            Ok(reading) => reading,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let reason = UnknownReason::Denied(format!("{}; {}", error.message(), error.remedy()));
                return Ok(Observation::new(AccessState::Unknown { reason }, began));
            }
            Err(error) => return Err(self.here(error)),
        };
        let mut finder = Finder::new(target);
        for employee in &reading.employees {
            finder.see(collaborator(employee).map_err(|error| self.here(error))?);
        }
        let mut found = finder.found();
        let state = match (found.pop(), found.is_empty(), reading.gap) {
            (Some(account), true, _) => state_of(account),
            (Some(account), false, _) => {
                found.push(account);
                AccessState::Ambiguous { accounts: found }
            }
            (None, _, None) => AccessState::Absent,
            (None, _, Some(gap)) => AccessState::Unknown { reason: UnknownReason::Incomplete(gap) },
        };
        Ok(Observation::new(state, reading.evidence))
    }

    async fn invite(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome> {
        Box::pin(self.let_in(request, cx)).await.map_err(|error| self.here(error))
    }

    async fn intend(&self, _request: &InviteRequest, _cx: &CallContext) -> Result<Option<ProviderState>> {
        Ok(None)
    }

    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, _cx: &CallContext) -> Entry {
        self.entry_without_secret(request, seen)
    }

    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        Box::pin(self.take_out(request, cx)).await.map_err(|error| self.here(error))
    }

    async fn change(&self, target: &Target, change: &Change, cx: &CallContext) -> Result<ChangeOutcome> {
        let changed = match change {
            Change::SetActive(active) => Box::pin(self.set_active(target, *active, cx)).await,
            Change::SetRole(role) => Box::pin(self.set_role(target, role, cx)).await,
            Change::ResetPassword => Box::pin(self.reset_password(target, cx)).await,
            Change::Resend => self.refuse(Operation::Resend),
            Change::CancelInvitation => self.refuse(Operation::CancelInvitation),
            _ => Err(Error::new(ErrorKind::Unsupported, "PrestaShop knows no such change")),
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

impl Prestashop {
    pub(crate) fn here(&self, error: Error) -> Error {
        error.at(&ID, self.connection.store())
    }

    /// The refusal of what this connection's capabilities rule out.
    fn refuse(&self, operation: Operation) -> Result<ChangeOutcome> {
        self.capabilities().require(operation).map(|()| ChangeOutcome::Accepted)
    }
}

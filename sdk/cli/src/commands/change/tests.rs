//! No platform of ours changes anything by API yet, so these tests bring one that does.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use guestpass::{
    AccountId, ApiAccess, Capabilities, Capability, CheckReport, Collaborator, Connection, ContentionKey,
    Cursor, Email, Entry, Evidence, InviteOutcome, InviteRequest, ListQuery, Page, ProviderId, ProviderState,
    RemoveOutcome, RemoveRequest, Role, Status, StoreHandle, SystemClock, UnknownReason,
};

use super::*;

#[derive(Debug)]
struct Platform {
    connection: Connection,
    looks: Mutex<Vec<AccessState>>,
    changed: Mutex<Vec<Target>>,
}

impl Platform {
    /// Shows these one after the other, the last one first.
    fn showing(looks: Vec<AccessState>) -> Self {
        let connection = Connection::new(
            ProviderId::from_static("test"),
            StoreHandle::new("shop").unwrap(),
            "Shop",
            ContentionKey::new("shop").unwrap(),
            std::time::Duration::ZERO,
            std::time::Duration::ZERO,
        );
        Self { connection, looks: Mutex::new(looks), changed: Mutex::default() }
    }

    async fn suspend(&self) -> Result<Applied> {
        let cx = CallContext::new(Arc::new(SystemClock::new()));
        let sam = Target::email(Email::new("sam@vendor.example").unwrap());
        apply(self, &sam, Operation::SetActive, &Change::SetActive(false), &cx).await
    }
}

fn account(status: Status) -> Box<Collaborator> {
    Box::new(Collaborator::new(AccountId::new("7").unwrap(), status))
}

#[async_trait]
impl AccessProvider for Platform {
    fn connection(&self) -> &Connection {
        &self.connection
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities::new([(Operation::SetActive, Capability::new(Support::Native, "it can"))])
    }
    async fn check(&self, _: &CallContext) -> Result<CheckReport> {
        Ok(CheckReport::new())
    }
    async fn list_roles(&self, _: &CallContext) -> Result<Vec<Role>> {
        Ok(Vec::new())
    }
    async fn list_page(
        &self,
        _: &ListQuery,
        _: Option<&Cursor>,
        _: &CallContext,
    ) -> Result<Page<Collaborator>> {
        Err(Error::new(ErrorKind::Unsupported, "not here"))
    }
    async fn observe(&self, _: &Target, cx: &CallContext) -> Result<Observation> {
        let next = self.looks.lock().unwrap().pop();
        let state = next.ok_or_else(|| Error::new(ErrorKind::Unavailable, "no more looks"))?;
        Ok(Observation::new(state, Evidence::begun(cx.clock().now())))
    }
    async fn invite(&self, _: &InviteRequest, _: &CallContext) -> Result<InviteOutcome> {
        Err(Error::new(ErrorKind::Unsupported, "not here"))
    }
    async fn intend(&self, _: &InviteRequest, _: &CallContext) -> Result<Option<ProviderState>> {
        Ok(None)
    }

    async fn entry(&self, _: &InviteRequest, _: Option<&Collaborator>, _: &CallContext) -> Entry {
        Entry::default()
    }
    async fn remove(&self, _: &RemoveRequest, _: &CallContext) -> Result<RemoveOutcome> {
        Err(Error::new(ErrorKind::Unsupported, "not here"))
    }
    async fn change(&self, target: &Target, _: &Change, _: &CallContext) -> Result<ChangeOutcome> {
        self.changed.lock().unwrap().push(target.clone());
        Ok(ChangeOutcome::Accepted)
    }
    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn guestpass::rotation::CredentialRotator> {
        None
    }
}

#[tokio::test]
async fn the_account_that_was_seen_is_changed_and_looked_at_again() {
    let after = AccessState::Suspended { account: account(Status::Suspended) };
    let before = AccessState::Present { account: account(Status::Active) };
    let platform = Platform::showing(vec![after, before]);
    let (before, _, after) = platform.suspend().await.unwrap();
    assert_eq!(before.unwrap().state.name(), "present");
    assert_eq!(after.unwrap().state.name(), "suspended");
    assert_eq!(platform.changed.lock().unwrap()[0].account().unwrap().as_str(), "7");
}

#[tokio::test]
async fn a_failed_look_afterwards_does_not_hide_that_the_change_was_taken() {
    let platform = Platform::showing(vec![AccessState::Present { account: account(Status::Active) }]);
    let (_, outcome, after) = platform.suspend().await.unwrap();
    assert!(matches!(outcome, ChangeOutcome::Accepted) && after.is_none());
}

#[tokio::test]
async fn nothing_is_changed_without_exactly_one_account() {
    let two = vec![*account(Status::Active), *account(Status::Active)];
    let cases = [
        (AccessState::Absent, ErrorKind::NotFound),
        (AccessState::Ambiguous { accounts: two }, ErrorKind::Conflict),
        (AccessState::Unknown { reason: UnknownReason::Incomplete("cut".into()) }, ErrorKind::Protocol),
    ];
    for (state, kind) in cases {
        let platform = Platform::showing(vec![state]);
        let error = platform.suspend().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.store().unwrap().as_str(), "shop");
        assert!(platform.changed.lock().unwrap().is_empty());
    }
}

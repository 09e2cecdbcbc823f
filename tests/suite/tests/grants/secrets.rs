//! Passwords that are told once: they reach their place, or there is a new one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use guestpass::grants::{Ledger, Phase, TroubleKind};
use guestpass::{
    AccessProvider, ApiAccess, CallContext, CallbackSink, Capabilities, Capability, Change, ChangeOutcome,
    CheckReport, Collaborator, Connection, Cursor, Entry, Error, ErrorKind, InviteOutcome, InviteRequest,
    ListQuery, Observation, OneTimeSecret, Operation, Page, ProviderState, RemoveOutcome, RemoveRequest,
    Result, Role, SecretString, Support, Target,
};
use guestpass_testkit::{Fault, On};

use crate::desk::{DAY, Desk, HOUR, MINUTE, store};

/// A platform where whoever makes an account makes its password.
#[derive(Debug)]
struct WithPasswords {
    inner: Arc<dyn AccessProvider>,
    made: AtomicUsize,
}

impl WithPasswords {
    fn password(&self) -> Option<OneTimeSecret> {
        let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        Some(OneTimeSecret::new(SecretString::from(format!("password-{number}"))))
    }
}

#[async_trait]
impl AccessProvider for WithPasswords {
    fn connection(&self) -> &Connection {
        self.inner.connection()
    }

    fn capabilities(&self) -> Capabilities {
        let known = self.inner.capabilities();
        let entries: Vec<_> =
            known.iter().map(|(operation, capability)| (operation, capability.clone())).collect();
        let native = (Operation::ResetPassword, Capability::new(Support::Native, "here it does"));
        Capabilities::new(entries.into_iter().chain([native]))
    }

    async fn check(&self, cx: &CallContext) -> Result<CheckReport> {
        self.inner.check(cx).await
    }

    async fn list_roles(&self, cx: &CallContext) -> Result<Vec<Role>> {
        self.inner.list_roles(cx).await
    }

    async fn list_page(
        &self,
        query: &ListQuery,
        cursor: Option<&Cursor>,
        cx: &CallContext,
    ) -> Result<Page<Collaborator>> {
        self.inner.list_page(query, cursor, cx).await
    }

    async fn observe(&self, target: &Target, cx: &CallContext) -> Result<Observation> {
        self.inner.observe(target, cx).await
    }

    async fn invite(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome> {
        let outcome = self.inner.invite(request, cx).await?;
        Ok(match outcome {
            InviteOutcome::Invited(mut entry) => {
                entry.secret = self.password();
                InviteOutcome::Granted(entry)
            }
            other => other,
        })
    }

    async fn intend(&self, request: &InviteRequest, cx: &CallContext) -> Result<Option<ProviderState>> {
        self.inner.intend(request, cx).await
    }

    async fn entry(&self, request: &InviteRequest, seen: Option<&Collaborator>, cx: &CallContext) -> Entry {
        self.inner.entry(request, seen, cx).await
    }

    async fn remove(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        self.inner.remove(request, cx).await
    }

    async fn change(&self, target: &Target, change: &Change, cx: &CallContext) -> Result<ChangeOutcome> {
        if *change != Change::ResetPassword {
            return self.inner.change(target, change, cx).await;
        }
        let mut entry = Entry::default();
        entry.secret = self.password();
        Ok(ChangeOutcome::Renewed(Box::new(entry)))
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        self.inner.api_access()
    }

    fn credentials(&self) -> Option<&dyn guestpass::rotation::CredentialRotator> {
        self.inner.credentials()
    }
}

type Kept = Arc<Mutex<Vec<(String, String)>>>;

/// A desk with a platform that makes passwords, a sink that can be broken, and what the sink holds.
async fn desk() -> (Desk, Arc<AtomicBool>, Kept) {
    let (_, make) = guestpass_suite::columns().remove(0);
    let desk = Desk::new(make().await.unwrap());
    for (_, provider, _) in desk.known.stores.lock().unwrap().iter_mut() {
        *provider = Arc::new(WithPasswords { inner: provider.clone(), made: AtomicUsize::new(0) });
    }
    let (broken, kept) = (Arc::new(AtomicBool::new(false)), Kept::default());
    let (is_broken, keep) = (broken.clone(), kept.clone());
    let sink = CallbackSink::new(move |label, secret: OneTimeSecret| {
        let (is_broken, keep) = (is_broken.clone(), keep.clone());
        Box::pin(async move {
            if is_broken.load(Ordering::SeqCst) {
                return Err(Error::new(ErrorKind::Unavailable, "the vault is locked"));
            }
            keep.lock().unwrap().push((label, secret.expose().to_owned()));
            Ok(())
        })
    });
    desk.known.sinks.lock().unwrap().insert("vault".to_owned(), Arc::new(sink));
    (desk, broken, kept)
}

#[tokio::test]
async fn a_password_goes_to_its_sink_and_nowhere_else() {
    let (desk, _, kept) = desk().await;
    let grant = desk.engine.request(desk.wish().delivering_to("vault")).await.unwrap();
    let settled = desk.settle(&grant).await;
    assert_eq!(settled.secret, None);
    assert_eq!(*kept.lock().unwrap(), [("demo/gina".to_owned(), "password-1".to_owned())]);
    let events = desk.ledger.events(&store(), 0, 100).await.unwrap();
    assert!(!format!("{events:?} {settled:?}").contains("password-1"));
    let holding = desk.ledger.holding(&store(), &grant.place.subject).await.unwrap();
    assert!(!serde_json::to_string(&holding).unwrap().contains("password-1"));
    desk.finish();
}

#[tokio::test]
async fn without_a_sink_whoever_asks_gets_it_and_a_later_start_needs_one() {
    let (desk, ..) = desk().await;
    let later = desk.engine.request(desk.wish().starting(desk.later(HOUR))).await.unwrap_err();
    assert_eq!(later.field(), Some("deliver_to"));
    let grant = desk.engine.request(desk.wish()).await.unwrap();
    let settled = desk.settle(&grant).await;
    assert_eq!(settled.secret.as_ref().unwrap().expose(), "password-1");
    assert!(!format!("{settled:?}").contains("password-1"));
    desk.finish();
}

/// The answer was lost, and with it the password: there is a new one, and it arrives.
#[tokio::test]
async fn a_lost_password_is_replaced() {
    let (desk, _, kept) = desk().await;
    desk.subject.world.inject(On::Writes, Fault::LostAnswer, 1);
    let grant = desk.engine.request(desk.wish_for(DAY).delivering_to("vault")).await.unwrap();
    desk.settle(&grant).await;
    desk.subject.world.person_accepts(&desk.guest());
    desk.sweep_after(20 * MINUTE).await;
    assert_eq!(desk.grant(grant.id).await.phase, Phase::Active);
    assert_eq!(desk.subject.world.invitations(&desk.guest()), 1);
    assert_eq!(kept.lock().unwrap().len(), 1);
    desk.finish();
}

/// The sink did not take it: nobody has the password, so there is a new one once the sink works.
#[tokio::test]
async fn a_secret_that_did_not_arrive_is_replaced_by_one_that_does() {
    let (desk, broken, kept) = desk().await;
    broken.store(true, Ordering::SeqCst);
    let grant = desk.engine.request(desk.wish_for(DAY).delivering_to("vault")).await.unwrap();
    let settled = desk.settle(&grant).await;
    assert!(settled.troubles.iter().any(|trouble| trouble.kind == TroubleKind::Undelivered));
    desk.subject.world.person_accepts(&desk.guest());
    broken.store(false, Ordering::SeqCst);
    desk.sweep_after(20 * MINUTE).await;
    assert_eq!(*kept.lock().unwrap(), [("demo/gina".to_owned(), "password-2".to_owned())]);
    let holding = desk.ledger.holding(&store(), &grant.place.subject).await.unwrap().unwrap();
    assert!(!holding.has(TroubleKind::Undelivered) && holding.intent.is_none());
    desk.finish();
}

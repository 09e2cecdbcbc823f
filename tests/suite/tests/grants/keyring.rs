//! Credentials for stores whose fakes have none of their own: a book of keys, and connections that rotate them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use guestpass::grants::{Directory, Policy};
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialKind, CredentialName, CredentialRotator, CredentialSlot, Death,
    Find, FoundIssued, IssueOrder, IssueOutcome, KindInfo, NewCredential, Overlap, Retire, RetireOutcome,
    Tag, Verification,
};
use guestpass::*;

/// One key, as the store has it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) store: StoreHandle,
    pub(crate) secret: String,
    pub(crate) tag: Option<String>,
    pub(crate) alive: bool,
}

/// Told before every write about keys.
type Told = Box<dyn Fn(&StoreHandle) + Send + Sync>;

/// The book of all stores.
pub(crate) struct Keyring {
    clock: Arc<dyn Clock>,
    keys: Mutex<Vec<Key>>,
    told: Mutex<Option<Told>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

impl Keyring {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, keys: Mutex::default(), told: Mutex::default() })
    }

    /// Lets somebody see the world before every write.
    pub(crate) fn tell(&self, told: impl Fn(&StoreHandle) + Send + Sync + 'static) {
        *self.told.lock().unwrap() = Some(Box::new(told));
    }

    pub(crate) fn of(&self, store: &StoreHandle) -> Vec<Key> {
        self.keys.lock().unwrap().iter().filter(|key| key.store == *store).cloned().collect()
    }

    fn make(&self, store: &StoreHandle, secret: &str, tag: Option<&Tag>) -> Key {
        let mut keys = self.keys.lock().unwrap();
        let key = Key {
            id: format!("key-{}", keys.len()),
            store: store.clone(),
            secret: secret.to_owned(),
            tag: tag.map(|tag| tag.as_str().to_owned()),
            alive: true,
        };
        keys.push(key.clone());
        key
    }

    /// A person makes one by hand.
    pub(crate) fn make_by_hand(&self, store: &StoreHandle, secret: &str) {
        self.make(store, secret, None);
    }

    pub(crate) fn end(&self, secret: &str) {
        self.keys
            .lock()
            .unwrap()
            .iter_mut()
            .filter(|key| key.secret == secret)
            .for_each(|key| key.alive = false);
    }

    fn find(&self, wanted: &Credential) -> Option<Key> {
        let secret = wanted.secret.as_ref().map(OneTimeSecret::expose);
        let keys = self.keys.lock().unwrap();
        let found =
            keys.iter().find(|key| wanted.id.as_ref() == Some(&key.id) || secret == Some(&key.secret));
        found.cloned()
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::begun(self.clock.now());
        evidence.complete = true;
        evidence
    }
}

pub(crate) fn old_secret(store: &StoreHandle) -> String {
    format!("old-{store}")
}

fn kinds() -> Vec<KindInfo> {
    let kind = |name: &'static str, support| {
        KindInfo::new(CredentialKind::from_static(name), name, Capability::new(support, "as in this test"))
    };
    vec![
        kind("token", Support::Native).finding(Find::ByTag).retiring(Retire::Now),
        kind("guided", Support::Manual),
        kind("in-place", Support::Native)
            .finding(Find::ByTag)
            .retiring(Retire::Replaced)
            .overlapping(Overlap::InPlace),
    ]
}

/// A directory whose stores have credentials.
#[derive(Debug)]
pub(crate) struct Ringed {
    inner: Arc<dyn Directory>,
    ring: Arc<Keyring>,
    slots: Mutex<HashMap<StoreHandle, Vec<CredentialSlot>>>,
    copies: Arc<Mutex<Copies>>,
    vault: Arc<dyn Sink>,
}

/// What the sink of all keys holds, by label.
#[derive(Debug, Default)]
struct Copies {
    live: HashMap<String, OneTimeSecret>,
    staged: HashMap<String, OneTimeSecret>,
    previous: HashMap<String, OneTimeSecret>,
}

impl Copies {
    fn copy(&mut self, which: SinkCopy) -> &mut HashMap<String, OneTimeSecret> {
        match which {
            SinkCopy::Live => &mut self.live,
            SinkCopy::Staged => &mut self.staged,
            _ => &mut self.previous,
        }
    }

    fn answer(&mut self, label: &str, call: SinkCall) -> Option<OneTimeSecret> {
        match call {
            SinkCall::Stage(secret) => drop(self.staged.insert(label.to_owned(), secret)),
            SinkCall::Promote => {
                let staged = self.staged.remove(label)?;
                if let Some(live) = self.live.insert(label.to_owned(), staged) {
                    self.previous.insert(label.to_owned(), live);
                }
            }
            SinkCall::Discard(which) => drop(self.copy(which).remove(label)),
            SinkCall::ReadBack(which) => return self.copy(which).get(label).cloned(),
            _ => {}
        }
        None
    }
}

impl Ringed {
    pub(crate) fn new(inner: Arc<dyn Directory>, ring: Arc<Keyring>) -> Self {
        let copies = Arc::new(Mutex::new(Copies::default()));
        let shared = copies.clone();
        let vault = CallbackSink::new(|_, _| Box::pin(async { Ok(()) })).keeping(true, move |label, call| {
            let answer = shared.lock().unwrap().answer(&label, call);
            Box::pin(async move { Ok(answer) })
        });
        Self { inner, ring, slots: Mutex::default(), copies, vault: Arc::new(vault) }
    }

    /// Gives a store a credential of this kind that is in use.
    pub(crate) fn add(&self, store: &StoreHandle, kind: &'static str) {
        let secret = old_secret(store);
        self.ring.make(store, &secret, None);
        let slot =
            CredentialSlot::new(CredentialName::new("web").unwrap(), CredentialKind::from_static(kind))
                .kept_in("keys");
        let label = format!("{store}/web");
        self.copies.lock().unwrap().live.insert(label, OneTimeSecret::new(secret.into()));
        self.slots.lock().unwrap().entry(store.clone()).or_default().push(slot);
    }
}

impl Directory for Ringed {
    fn stores(&self) -> Vec<StoreHandle> {
        self.inner.stores()
    }
    fn connect(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        let Some(inner) = self.inner.connect(store)? else { return Ok(None) };
        let hooks = Hooks { store: store.clone(), ring: self.ring.clone() };
        Ok(Some(Arc::new(Keyed { inner, hooks })))
    }
    fn by_hand(&self, store: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        self.inner.by_hand(store)
    }
    fn person(&self, handle: &PersonHandle) -> Option<Person> {
        self.inner.person(handle)
    }
    fn people(&self) -> Vec<Person> {
        self.inner.people()
    }
    fn roles_on(&self, platform: &ProviderId) -> Vec<RoleSpec> {
        self.inner.roles_on(platform)
    }
    fn role(&self, name: &str, platform: &ProviderId) -> Option<RoleSpec> {
        self.inner.role(name, platform)
    }
    fn rank(&self, role: &str) -> Option<i64> {
        self.inner.rank(role)
    }
    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>> {
        if name == "keys" { Some(self.vault.clone()) } else { self.inner.sink(name) }
    }
    fn credentials(&self, store: &StoreHandle) -> Vec<CredentialSlot> {
        self.slots.lock().unwrap().get(store).cloned().unwrap_or_default()
    }
    fn policy(&self, store: &StoreHandle, role: Option<&str>) -> Policy {
        self.inner.policy(store, role)
    }
}

/// A connection that can rotate keys, too.
#[derive(Debug)]
struct Keyed {
    inner: Arc<dyn AccessProvider>,
    hooks: Hooks,
}

#[derive(Debug)]
struct Hooks {
    store: StoreHandle,
    ring: Arc<Keyring>,
}

impl Hooks {
    fn writing(&self) {
        if let Some(told) = &*self.ring.told.lock().unwrap() {
            told(&self.store);
        }
    }
}

fn refused() -> Error {
    Error::new(ErrorKind::Unauthenticated, "the key is refused")
}

#[async_trait]
impl CredentialRotator for Hooks {
    fn kinds(&self) -> Vec<KindInfo> {
        kinds()
    }

    fn make_secret(&self, _: &CredentialSlot) -> Result<OneTimeSecret> {
        Err(Error::new(ErrorKind::Unsupported, "the store makes them"))
    }

    async fn inspect(&self, _: &CredentialSlot, known: &Credential, _: &CallContext) -> Result<Credential> {
        let key = self.ring.find(known).filter(|key| key.alive).ok_or_else(refused)?;
        Ok(Credential::new().with_id(key.id))
    }

    async fn issue(&self, order: &IssueOrder<'_>, _: &CallContext) -> Result<IssueOutcome> {
        if order.slot.kind.as_str() == "guided" {
            let link = Link::verified("https://store.example/keys");
            let make = Instruction::new(Actor::Merchant, "Open the list of keys and add one").at(link);
            let check = StepCheck::Observe("the new key is accepted".to_owned());
            return Ok(IssueOutcome::ActionRequired(ManualStep::new("Make a new key", check).then(make)));
        }
        self.writing();
        let key = self.ring.make(&self.store, &format!("made-{}", Tag::random()), Some(order.tag));
        if order.slot.kind.as_str() == "in-place" {
            self.ring.end(&old_secret(&self.store));
        }
        let secret = OneTimeSecret::new(key.secret.into());
        Ok(IssueOutcome::Issued(NewCredential::new(Some(key.id), Some(secret), None)))
    }

    async fn find_issued(&self, order: &IssueOrder<'_>, _: &CallContext) -> Result<FoundIssued> {
        let ours = |key: &&Key| key.alive && key.tag.as_deref() == Some(order.tag.as_str());
        let found: Vec<_> = (self.ring.of(&self.store).iter().filter(ours))
            .map(|key| NewCredential::new(Some(key.id.clone()), None, None))
            .collect();
        Ok(if found.is_empty() { FoundIssued::Nothing } else { FoundIssued::Found(found) })
    }

    async fn verify(
        &self,
        _: &CredentialSlot,
        candidate: &Credential,
        _: &CallContext,
    ) -> Result<Verification> {
        self.ring.find(candidate).filter(|key| key.alive).ok_or_else(refused)?;
        Ok(Verification::accepted(Vec::new()))
    }

    async fn carry_over(&self, _: &CarryOver<'_>, _: &CallContext) -> Result<Carried> {
        Ok(Carried::nothing())
    }

    async fn retire(
        &self,
        _: &CredentialSlot,
        old: &Credential,
        _: Option<&Credential>,
        _: &CallContext,
    ) -> Result<RetireOutcome> {
        let Some(key) = self.ring.find(old).filter(|key| key.alive) else {
            return Ok(RetireOutcome::AlreadyGone);
        };
        self.writing();
        self.ring.end(&key.secret);
        Ok(RetireOutcome::Accepted)
    }

    async fn confirm_retired(&self, _: &CredentialSlot, old: &Credential, _: &CallContext) -> Result<Death> {
        let evidence = self.ring.evidence();
        match self.ring.find(old) {
            Some(key) if key.alive => Ok(Death::Alive),
            Some(_) => Ok(Death::Dead { proof: Proof::CredentialDead { evidence } }),
            None => Ok(Death::Dead { proof: Proof::Listed { evidence } }),
        }
    }
}

#[async_trait]
impl AccessProvider for Keyed {
    fn connection(&self) -> &Connection {
        self.inner.connection()
    }
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
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
        self.inner.invite(request, cx).await
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
        self.inner.change(target, change, cx).await
    }
    fn api_access(&self) -> Option<&dyn ApiAccess> {
        self.inner.api_access()
    }
    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        Some(&self.hooks)
    }
}

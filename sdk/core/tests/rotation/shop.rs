//! A platform whose book of credentials is the truth.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guestpass::rotation::{
    Carried, CarryOver, Credential, CredentialKind, CredentialRotator, CredentialSlot, Death, Find,
    FoundIssued, IssueOrder, IssueOutcome, KindInfo, Lifetime, NewCredential, Overlap, Retire, RetireOutcome,
    Tag, Verification,
};
use guestpass::*;

use super::clock::TestClock;

const HOUR: Duration = Duration::from_secs(3600);

/// One credential, as the platform has it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) tag: Option<String>,
    /// When it stops working.
    pub(crate) dies_at: Option<Timestamp>,
    pub(crate) rights: Vec<Right>,
}

/// What happens to the next calls of one method.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nothing was done, and no answer comes.
    LostBefore,
    /// It was done, and no answer comes.
    LostAfter,
    /// It was done twice, and no answer comes.
    LostTwice,
    /// Nothing was done, for this reason.
    Refused(ErrorKind),
    /// As if nothing had happened.
    None,
}

#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    faults: Vec<(&'static str, VecDeque<Fault>)>,
    calls: Vec<&'static str>,
    visible_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) info: KindInfo,
    connection: Connection,
    clock: Arc<TestClock>,
    book: Mutex<Book>,
    /// What a carry-over leaves to people.
    pub(crate) left: Mutex<Vec<ManualStep>>,
}

/// The kinds of credentials that platforms have, by what they allow.
pub(crate) fn kinds() -> Vec<KindInfo> {
    let kind = |name: &'static str| {
        let capability = Capability::new(Support::Native, "one call").costing(1);
        KindInfo::new(CredentialKind::from_static(name), name, capability)
    };
    let month = Duration::from_secs(30 * 86_400);
    let chosen = Lifetime::Chosen { default: month, longest: None };
    let guided = KindInfo::new(
        CredentialKind::from_static("guided"),
        "guided",
        Capability::new(Support::Manual, "no API makes one"),
    );
    vec![
        kind("by-tag").finding(Find::ByTag).retiring(Retire::Now),
        kind("unlistable").finding(Find::Impossible).retiring(Retire::Scheduled).living(chosen),
        kind("caller-made").finding(Find::CallerMade).retiring(Retire::Disable),
        guided,
        kind("in-place").finding(Find::ByTag).retiring(Retire::Replaced).overlapping(Overlap::InPlace),
        kind("in-place-own")
            .finding(Find::CallerMade)
            .retiring(Retire::Replaced)
            .overlapping(Overlap::InPlace),
        kind("expiring").finding(Find::ByTag).retiring(Retire::AtExpiry).living(Lifetime::Fixed(month)),
    ]
}

pub(crate) fn kind(name: &str) -> KindInfo {
    kinds().into_iter().find(|info| info.kind.as_str() == name).unwrap()
}

impl Shop {
    pub(crate) fn new(info: KindInfo, clock: Arc<TestClock>) -> Self {
        let connection = Connection::new(
            ProviderId::from_static("shop"),
            StoreHandle::new("acme").unwrap(),
            "Acme",
            ContentionKey::new("acme").unwrap(),
            Duration::from_secs(30),
            Duration::from_secs(60),
        );
        let shop = Self { info, connection, clock, book: Mutex::default(), left: Mutex::default() };
        shop.make("secret-old", None);
        shop
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A person, or a call, makes one.
    pub(crate) fn make(&self, secret: &str, tag: Option<&str>) -> Entry {
        let now = self.now();
        let mut book = self.book.lock().unwrap();
        if self.info.is_in_place() {
            for entry in &mut book.entries {
                entry.dies_at = Some(entry.dies_at.map_or(now, |at| at.min(now)));
            }
        }
        let life = match self.info.lifetime {
            Lifetime::Chosen { default, .. } => Some(default),
            Lifetime::Fixed(fixed) => Some(fixed),
            _ => None,
        };
        let entry = Entry {
            id: format!("id-{}", book.entries.len()),
            secret: secret.to_owned(),
            tag: tag.map(str::to_owned),
            dies_at: life.map(|life| now + life),
            rights: vec![Right::new("read", Held::Yes), Right::new("write", Held::Yes)],
        };
        book.entries.push(entry.clone());
        entry
    }

    /// Everything ever made.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.book.lock().unwrap().entries.clone()
    }

    pub(crate) fn works(&self, secret: &str) -> bool {
        let now = self.now();
        let alive = |entry: &Entry| entry.dies_at.is_none_or(|at| now < at);
        self.entries().iter().any(|entry| entry.secret == secret && alive(entry))
    }

    fn is_alive(&self, entry: &Entry) -> bool {
        entry.dies_at.is_none_or(|at| self.now() < at)
    }

    /// A person ends one.
    pub(crate) fn delete(&self, id: &str) {
        self.change(id, |entry, now| entry.dies_at = Some(now));
    }

    /// Somebody changes one.
    pub(crate) fn change(&self, id: &str, how: impl Fn(&mut Entry, Timestamp)) {
        let now = self.now();
        let mut book = self.book.lock().unwrap();
        book.entries.iter_mut().filter(|entry| entry.id == id).for_each(|entry| how(entry, now));
    }

    /// Faults of the next calls of a method, one for each.
    pub(crate) fn script(&self, method: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.book.lock().unwrap().faults.push((method, faults.into_iter().collect()));
    }

    /// Whether every fault that was set has happened.
    pub(crate) fn is_played(&self) -> bool {
        self.book.lock().unwrap().faults.iter().all(|(_, faults)| faults.is_empty())
    }

    /// What is made is refused until then.
    pub(crate) fn hide_new_until(&self, time: Timestamp) {
        self.book.lock().unwrap().visible_at = Some(time);
    }

    /// How many calls were made that change something.
    pub(crate) fn writes(&self) -> usize {
        ["issue", "retire", "carry_over"].into_iter().map(|method| self.calls(method)).sum()
    }

    pub(crate) fn calls(&self, method: &str) -> usize {
        self.book.lock().unwrap().calls.iter().filter(|call| **call == method).count()
    }

    fn fault(&self, method: &'static str) -> Fault {
        let mut book = self.book.lock().unwrap();
        book.calls.push(method);
        let scripted = book.faults.iter_mut().find(|(name, faults)| *name == method && !faults.is_empty());
        scripted.and_then(|(_, faults)| faults.pop_front()).unwrap_or(Fault::None)
    }

    fn reading(&self, method: &'static str) -> Result<()> {
        match self.fault(method) {
            Fault::None => Ok(()),
            Fault::Refused(kind) => Err(refused(kind)),
            _ => panic!("a look loses nothing"),
        }
    }

    fn find(&self, credential: &Credential) -> Option<Entry> {
        let secret = credential.secret.as_ref().map(OneTimeSecret::expose);
        let same = |entry: &&Entry| match (&credential.id, secret) {
            (Some(id), _) => *id == entry.id,
            (None, Some(secret)) => entry.secret == secret,
            (None, None) => false,
        };
        self.entries().iter().find(same).cloned()
    }

    fn is_hidden(&self, entry: &Entry) -> bool {
        let hidden = self.book.lock().unwrap().visible_at.is_some_and(|at| self.now() < at);
        hidden && entry.id != "id-0"
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::begun(self.now());
        evidence.complete = true;
        evidence
    }
}

fn refused(kind: ErrorKind) -> Error {
    Error::new(kind, format!("the shop says {}", kind.as_str()))
}

fn step(title: &str) -> ManualStep {
    ManualStep::new(title, StepCheck::Observe("it is seen".to_owned()))
}

#[async_trait]
impl CredentialRotator for Shop {
    fn kinds(&self) -> Vec<KindInfo> {
        vec![self.info.clone()]
    }

    fn make_secret(&self, _: &CredentialSlot) -> Result<OneTimeSecret> {
        Ok(OneTimeSecret::new(format!("secret-own-{}", Tag::random()).into()))
    }

    async fn inspect(&self, _: &CredentialSlot, known: &Credential, _: &CallContext) -> Result<Credential> {
        self.reading("inspect")?;
        let Some(entry) = self.find(known) else {
            let kind = if known.secret.is_some() { ErrorKind::Unauthenticated } else { ErrorKind::NotFound };
            return Err(refused(kind));
        };
        if !self.works(&entry.secret) || self.is_hidden(&entry) {
            return Err(refused(ErrorKind::Unauthenticated));
        }
        let mut seen = Credential::new().with_id(entry.id);
        seen.rights = entry.rights;
        seen.expires_at = entry.dies_at;
        Ok(seen)
    }

    async fn issue(&self, order: &IssueOrder<'_>, _: &CallContext) -> Result<IssueOutcome> {
        if self.info.is_guided() {
            return Ok(IssueOutcome::ActionRequired(step("Make a new one")));
        }
        let fault = self.fault("issue");
        let times = match fault {
            Fault::Refused(kind) => return Err(refused(kind)),
            Fault::LostBefore => 0,
            Fault::LostTwice => 2,
            _ => 1,
        };
        let own = order.secret.map(|secret| secret.expose().to_owned());
        assert_eq!(own.is_some(), self.info.find == Find::CallerMade);
        let mut made = None;
        for _ in 0..times {
            let secret = own.clone().unwrap_or_else(|| format!("secret-made-{}", Tag::random()));
            let entry = self.make(&secret, Some(order.tag.as_str()));
            if let Some(at) = order.expires_at {
                self.change(&entry.id, |entry, _| entry.dies_at = Some(at));
            }
            made = Some(Entry { dies_at: order.expires_at.or(entry.dies_at), ..entry });
        }
        let (Fault::None, Some(made)) = (fault, made) else { return Err(refused(ErrorKind::OutcomeUnknown)) };
        let secret = own.is_none().then(|| OneTimeSecret::new(made.secret.into()));
        Ok(IssueOutcome::Issued(NewCredential::new(Some(made.id), secret, made.dies_at)))
    }

    async fn find_issued(&self, order: &IssueOrder<'_>, _: &CallContext) -> Result<FoundIssued> {
        self.reading("find_issued")?;
        if self.info.find == Find::Impossible {
            return Ok(FoundIssued::CannotLook);
        }
        let now = self.now();
        let ours = |entry: &&Entry| {
            entry.tag.as_deref() == Some(order.tag.as_str()) && entry.dies_at.is_none_or(|at| now < at)
        };
        let found: Vec<_> = (self.entries().iter().filter(ours))
            .map(|entry| NewCredential::new(Some(entry.id.clone()), None, entry.dies_at))
            .collect();
        Ok(if found.is_empty() { FoundIssued::Nothing } else { FoundIssued::Found(found) })
    }

    async fn verify(
        &self,
        _: &CredentialSlot,
        candidate: &Credential,
        _: &CallContext,
    ) -> Result<Verification> {
        self.reading("verify")?;
        candidate.known_secret()?;
        let entry = self.find(candidate).ok_or_else(|| refused(ErrorKind::Unauthenticated))?;
        if !self.works(&entry.secret) || self.is_hidden(&entry) {
            return Err(refused(ErrorKind::Unauthenticated));
        }
        Ok(Verification::accepted(entry.rights))
    }

    async fn carry_over(&self, _: &CarryOver<'_>, _: &CallContext) -> Result<Carried> {
        self.reading("carry_over")?;
        Ok(Carried::Verified { what: vec!["a webhook".to_owned()], left: self.left.lock().unwrap().clone() })
    }

    async fn retire(
        &self,
        _: &CredentialSlot,
        old: &Credential,
        _: Option<&Credential>,
        _: &CallContext,
    ) -> Result<RetireOutcome> {
        if old.id.is_none() && old.secret.is_none() {
            return Ok(RetireOutcome::ActionRequired(step("Delete the old one, whatever it is")));
        }
        let Some(entry) = self.find(old) else { return Ok(RetireOutcome::AlreadyGone) };
        assert_ne!(self.info.retire, Retire::Replaced, "it ended already");
        match self.info.retire {
            Retire::Human if self.is_alive(&entry) => {
                return Ok(RetireOutcome::ActionRequired(step("Delete one")));
            }
            Retire::Human => return Ok(RetireOutcome::AlreadyGone),
            Retire::AtExpiry => return Ok(RetireOutcome::AtExpiry { at: entry.dies_at }),
            _ => {}
        }
        let fault = self.fault("retire");
        if let Fault::Refused(kind) = fault {
            return Err(refused(kind));
        }
        if !matches!(fault, Fault::LostBefore) {
            let delay = if self.info.retire == Retire::Scheduled { HOUR } else { Duration::ZERO };
            self.change(&entry.id, |entry, now| {
                entry.dies_at = Some(entry.dies_at.map_or(now + delay, |at| at.min(now + delay)));
            });
        }
        if matches!(fault, Fault::None) {
            Ok(RetireOutcome::Accepted)
        } else {
            Err(refused(ErrorKind::OutcomeUnknown))
        }
    }

    async fn confirm_retired(&self, _: &CredentialSlot, old: &Credential, _: &CallContext) -> Result<Death> {
        self.reading("confirm_retired")?;
        if old.secret.is_none() && old.id.is_none() {
            return Ok(Death::CannotTell { reason: "nothing is known of it".to_owned() });
        }
        let Some(entry) = self.find(old) else {
            return Ok(Death::Dead { proof: Proof::Listed { evidence: self.evidence() } });
        };
        if !self.is_alive(&entry) {
            return Ok(Death::Dead { proof: Proof::CredentialDead { evidence: self.evidence() } });
        }
        match entry.dies_at {
            Some(at) if self.info.retire == Retire::AtExpiry => Ok(Death::DiesAt { at }),
            _ => Ok(Death::Alive),
        }
    }
}

fn nothing<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Unsupported, "this shop has no people"))
}

#[async_trait]
impl AccessProvider for Shop {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new([])
    }

    async fn check(&self, _: &CallContext) -> Result<CheckReport> {
        nothing()
    }

    async fn list_roles(&self, _: &CallContext) -> Result<Vec<Role>> {
        nothing()
    }

    async fn list_page(
        &self,
        _: &ListQuery,
        _: Option<&Cursor>,
        _: &CallContext,
    ) -> Result<Page<Collaborator>> {
        nothing()
    }

    async fn observe(&self, _: &Target, _: &CallContext) -> Result<Observation> {
        nothing()
    }

    async fn invite(&self, _: &InviteRequest, _: &CallContext) -> Result<InviteOutcome> {
        nothing()
    }

    async fn intend(&self, _: &InviteRequest, _: &CallContext) -> Result<Option<ProviderState>> {
        nothing()
    }

    async fn entry(&self, _: &InviteRequest, _: Option<&Collaborator>, _: &CallContext) -> guestpass::Entry {
        guestpass::Entry::default()
    }

    async fn remove(&self, _: &RemoveRequest, _: &CallContext) -> Result<RemoveOutcome> {
        nothing()
    }

    async fn change(&self, _: &Target, _: &Change, _: &CallContext) -> Result<ChangeOutcome> {
        nothing()
    }

    fn api_access(&self) -> Option<&dyn ApiAccess> {
        None
    }

    fn credentials(&self) -> Option<&dyn CredentialRotator> {
        Some(self)
    }
}

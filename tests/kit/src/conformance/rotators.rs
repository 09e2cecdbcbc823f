//! What every rotator must do, for each kind and each way in which it is rotated.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use guestpass::rotation::{
    Credential, CredentialName, CredentialRotator, CredentialSlot, Death, Find, FoundIssued, IssueOrder,
    IssueOutcome, KindInfo, Lifetime, NewCredential, RetireOutcome, Tag, Verify,
};
use guestpass::{
    AccessProvider, CallContext, ErrorKind, ExposeSecret, FixedSecret, LoadedSecret, OneTimeSecret,
    SecretSource, StoreHandle, StoreSettings,
};

use super::Subject;
use super::credentials::{CredentialWorld, InUse, Way, pair, secret_part, unpair};
use crate::Fault;

/// A credential in use, and a connection that can rotate it.
#[derive(Debug)]
pub struct Rotated {
    world: Arc<dyn CredentialWorld>,
    way: Way,
    used: InUse,
    slot: CredentialSlot,
    provider: Arc<dyn AccessProvider>,
    subject: Subject,
    said: Mutex<String>,
}

impl Rotated {
    /// Puts a credential in use, and connects as its settings say.
    #[must_use]
    pub fn new(subject: Subject, world: Arc<dyn CredentialWorld>, way: Way) -> Self {
        let used = world.in_use(way);
        let name = CredentialName::new("ours").expect("a name");
        let mut slot = CredentialSlot::new(name, way.kind.to_owned().into());
        for (name, value) in &used.texts {
            slot = slot.with_text(*name, value);
        }
        for (name, value) in &used.secrets {
            slot = slot.with_secret(*name, fixed(value));
        }
        let provider =
            subject.factory.connect(settings(&used), &subject.env).expect("the store's settings are valid");
        Self { world, way, used, slot, provider, subject, said: Mutex::default() }
    }

    fn rotator(&self) -> &dyn CredentialRotator {
        self.provider.credentials().expect("whoever holds a key rotates")
    }

    fn info(&self) -> KindInfo {
        let kinds = self.rotator().kinds();
        kinds.into_iter().find(|info| info.kind.as_str() == self.way.kind).expect("a kind of the platform")
    }

    fn cx(&self) -> CallContext {
        self.subject.call()
    }

    fn works(&self, secret: &OneTimeSecret) -> bool {
        self.world.works(self.way.kind, secret.expose())
    }

    fn heard<T: Debug>(&self, said: T) -> T {
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_str(&format!("{said:?}"));
        drop(all);
        said
    }

    /// What is in use, as the platform tells of it.
    async fn old(&self) -> Credential {
        let known = Credential::new().with_secret(secret(&self.used.secret));
        self.heard(self.rotator().inspect(&self.slot, &known, &self.cx()).await).expect("it is in use")
    }

    fn ours(&self) -> Option<OneTimeSecret> {
        let made = self.info().find == Find::CallerMade && !self.info().is_guided();
        made.then(|| self.rotator().make_secret(&self.slot).expect("its secrets are ours to make"))
    }

    fn order<'a>(
        &'a self,
        tag: &'a Tag,
        old: Option<&'a Credential>,
        ours: Option<&'a OneTimeSecret>,
    ) -> IssueOrder<'a> {
        let mut order = IssueOrder::new(&self.slot, tag);
        (order.old, order.secret) = (old, ours);
        if let Lifetime::Chosen { default, .. } = self.info().lifetime {
            order.expires_at = self.cx().clock().now().checked_add(default).ok();
        }
        order
    }

    /// A new one, made by a call or by a person.
    async fn new_one(&self, old: &Credential) -> Credential {
        let (tag, ours) = (Tag::random(), self.ours());
        let order = self.order(&tag, Some(old), ours.as_ref());
        match self.heard(self.rotator().issue(&order, &self.cx()).await).expect("a new one or a step") {
            IssueOutcome::Issued(made) => credential(made, &tag, ours),
            IssueOutcome::ActionRequired(_) => {
                let made = self.world.person_makes(self.way.kind, &self.used.secret);
                let mut credential = Credential::new().with_secret(secret(&made));
                credential.tag = Some(tag);
                credential
            }
            other => panic!("neither made nor asked for: {other:?}"),
        }
    }

    /// Nothing that was said holds a secret, and every fault has fired.
    fn finish(self) {
        let said = self.said.into_inner().unwrap_or_else(PoisonError::into_inner);
        let secrets = self.world.minted(self.way.kind).into_iter().chain([self.used.secret]);
        for secret in secrets.map(|text| secret_part(&text)) {
            assert!(!said.contains(&secret), "{secret} was told: {said}");
        }
        assert_eq!(self.world.unfired(), Vec::<String>::new());
    }
}

/// One case.
#[derive(Clone, Copy)]
pub struct RotatorCase {
    /// Its name, that of its function.
    pub name: &'static str,
    run: for<'a> fn(&'a Rotated) -> BoxFuture<'a, ()>,
}

impl RotatorCase {
    /// Runs it on a credential of its own.
    pub async fn run(&self, rotated: Rotated) {
        (self.run)(&rotated).await;
        rotated.finish();
    }
}

impl Debug for RotatorCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every case.
#[must_use]
pub fn cases() -> Vec<RotatorCase> {
    macro_rules! list {
        ($($case:ident),+ $(,)?) => {
            vec![$(RotatorCase { name: stringify!($case), run: |rotated| Box::pin($case(rotated)) }),+]
        };
    }
    list![
        kinds_are_declared,
        kinds_are_those_of_the_platform,
        a_guided_order_sends_nothing,
        a_lost_answer_is_unknown_and_what_was_made_is_found,
        an_order_that_never_arrived_made_nothing,
        retiring_twice_is_a_success,
        a_strange_secret_is_refused,
        an_unknown_kind_is_refused,
    ]
}

/// Kinds are told apart, and where nothing finds a lost one it dies by itself.
pub async fn kinds_are_declared(r: &Rotated) {
    let kinds = r.rotator().kinds();
    for (number, info) in kinds.iter().enumerate() {
        assert!(kinds.iter().skip(number + 1).all(|other| other.kind != info.kind), "{} twice", info.kind);
        let dies = info.lifetime != Lifetime::Unlimited;
        assert!(info.find != Find::Impossible || dies, "a lost {} lives for ever", info.kind);
        assert!(
            !info.is_guided() || info.find == Find::HandedIn,
            "{}: what a human makes is handed in",
            info.kind
        );
        let makes =
            r.rotator().make_secret(&CredentialSlot::new(r.slot.name.clone(), info.kind.clone())).is_ok();
        assert!(info.find == Find::CallerMade || !makes, "{}: the platform makes it", info.kind);
    }
    assert_eq!(r.info().is_guided(), r.way.by_hand);
    r.slot.validate(&r.info()).expect("the settings fit the kind");
}

/// What a connection offers is what the platform declares without one; and what it declares is rotated in some way here.
pub async fn kinds_are_those_of_the_platform(r: &Rotated) {
    let declared = r.subject.factory.credential_kinds();
    for offered in r.rotator().kinds() {
        let known = declared.iter().find(|info| info.kind == offered.kind);
        let known = known.unwrap_or_else(|| panic!("{} is offered and not declared", offered.kind));
        assert_eq!((&known.title, known.fields), (&offered.title, offered.fields), "{}", offered.kind);
        // At its best it is offered as it is declared. Without the right to do so, a human does more of it.
        if offered.kind == r.info().kind && known.is_guided() == r.way.by_hand {
            assert_eq!(*known, offered);
        }
    }
    let ways = r.world.ways();
    for info in &declared {
        let is_rotated = ways.iter().any(|way| way.kind == info.kind.as_str());
        assert!(is_rotated, "{} is declared, and nothing shows that it can be rotated", info.kind);
    }
}

/// Where a human makes the new one, nothing leaves that changes anything.
pub async fn a_guided_order_sends_nothing(r: &Rotated) {
    if !r.info().is_guided() {
        return;
    }
    let (old, tag, writes) = (r.old().await, Tag::random(), r.world.writes());
    let order = r.order(&tag, Some(&old), None);
    let outcome = r.heard(r.rotator().issue(&order, &r.cx()).await).expect("a step");
    assert!(matches!(outcome, IssueOutcome::ActionRequired(_)), "{outcome:?}");
    let found = r.rotator().find_issued(&order, &r.cx()).await.expect("nothing was sent");
    assert!(matches!(found, FoundIssued::Nothing), "{found:?}");
    assert_eq!(r.world.writes(), writes);
}

/// A lost answer is said to be one, nothing is sent twice, and a look finds what was made, where there is such a look.
pub async fn a_lost_answer_is_unknown_and_what_was_made_is_found(r: &Rotated) {
    let Some(issue) = r.used.issue.clone() else { return };
    let (old, tag, ours) = (r.old().await, Tag::random(), r.ours());
    let before = r.world.minted(r.way.kind).len();
    r.world.inject(issue, Fault::LostAnswer, 1);
    let order = r.order(&tag, Some(&old), ours.as_ref());
    let error = r.heard(r.rotator().issue(&order, &r.cx()).await).expect_err("the answer was lost");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(r.world.minted(r.way.kind).len(), before + 1, "it was done once");
    r.subject.clock.advance(r.provider.connection().settle_after());
    let found = r.heard(r.rotator().find_issued(&order, &r.cx()).await);
    match (r.info().find, found) {
        (Find::ByTag | Find::CallerMade, Ok(FoundIssued::Found(all))) => assert_eq!(all.len(), 1),
        (Find::Impossible, Ok(FoundIssued::CannotLook)) => {}
        // Nothing lists it, but the one before it shows that it was made.
        (Find::Impossible, Err(error)) => {
            assert!(r.info().is_in_place() && error.kind() == ErrorKind::Unauthenticated, "{error}");
        }
        (find, found) => panic!("{find:?}: {found:?}"),
    }
    assert_eq!(r.world.minted(r.way.kind).len(), before + 1, "looking makes none");
    if let Some(ours) = ours {
        assert!(r.works(&ours));
    }
}

/// An order that was lost on its way made nothing, and a look says so.
pub async fn an_order_that_never_arrived_made_nothing(r: &Rotated) {
    let Some(issue) = r.used.issue.clone() else { return };
    let (old, tag, ours) = (r.old().await, Tag::random(), r.ours());
    let before = r.world.minted(r.way.kind).len();
    r.world.inject(issue, Fault::ConnectionReset, 1);
    let order = r.order(&tag, Some(&old), ours.as_ref());
    let error = r.heard(r.rotator().issue(&order, &r.cx()).await).expect_err("nobody answered");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    r.subject.clock.advance(r.provider.connection().settle_after());
    let found = r.heard(r.rotator().find_issued(&order, &r.cx()).await).expect("a look");
    assert!(matches!(found, FoundIssued::Nothing | FoundIssued::CannotLook), "{found:?}");
    assert_eq!(r.world.minted(r.way.kind).len(), before);
    assert!(r.works(&secret(&r.used.secret)), "the one in use is as it was");
}

/// What is gone is gone: ending it again is no error. The heir goes on.
pub async fn retiring_twice_is_a_success(r: &Rotated) {
    let old = r.old().await;
    let new = r.new_one(&old).await;
    for _ in 0..2 {
        let ended = r.heard(r.rotator().retire(&r.slot, &old, Some(&new), &r.cx()).await).expect("no error");
        if matches!(ended, RetireOutcome::ActionRequired(_)) {
            r.world.person_ends(r.way.kind, &r.used.secret);
        }
        // The end may take a moment.
        r.subject.clock.advance(std::time::Duration::from_secs(600));
    }
    assert!(!r.works(&secret(&r.used.secret)), "the one before is dead");
    assert!(new.secret.as_ref().is_some_and(|secret| r.works(secret)), "the one in its place lives");
    let death = r.heard(r.rotator().confirm_retired(&r.slot, &old, &r.cx()).await).expect("a look");
    assert_ne!(death, Death::Alive);
}

/// A secret that nobody has is refused by name, not taken for an outage.
pub async fn a_strange_secret_is_refused(r: &Rotated) {
    let candidate = Credential::new().with_secret(secret(&strange(&r.used.secret)));
    let tried = r.heard(r.rotator().verify(&r.slot, &candidate, &r.cx()).await);
    match (r.info().verify, tried) {
        (Verify::Probe, Err(error)) => assert!(
            matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Conflict | ErrorKind::NotFound),
            "{error:?}"
        ),
        // What cannot be tried now says so.
        (_, Ok(verified)) => assert!(verified.untried.is_some(), "{verified:?}"),
        (verify, Err(error)) => panic!("{verify:?}: {error:?}"),
    }
}

/// No platform guesses what a kind may be.
pub async fn an_unknown_kind_is_refused(r: &Rotated) {
    let slot = CredentialSlot::new(r.slot.name.clone(), "crystal-ball".to_owned().into());
    let error = r.heard(r.rotator().inspect(&slot, &Credential::new(), &r.cx()).await).expect_err("no kind");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let tag = Tag::random();
    let order = IssueOrder::new(&slot, &tag);
    assert!(r.heard(r.rotator().issue(&order, &r.cx()).await).is_err());
    assert!(r.world.requests().is_empty(), "nothing was sent");
}

fn credential(made: NewCredential, tag: &Tag, ours: Option<OneTimeSecret>) -> Credential {
    let mut credential = Credential::new();
    credential.id = made.id;
    credential.secret = made.secret.or(ours);
    credential.tag = Some(tag.clone());
    credential.expires_at = made.expires_at;
    credential
}

/// One of the same form that nobody has.
fn strange(known: &str) -> String {
    if let Some((id, secret)) = unpair(known) {
        return pair(&id, &strange(&secret));
    }
    let turned = |c: char| match c {
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        other => other,
    };
    let (begin, end) = known.split_at(known.len() - known.len().min(8));
    format!("{begin}{}", end.chars().map(turned).collect::<String>())
}

fn secret(text: &str) -> OneTimeSecret {
    OneTimeSecret::new(text.to_owned().into())
}

fn fixed(text: &str) -> Arc<dyn SecretSource> {
    Arc::new(FixedSecret::new(text.to_owned().into()))
}

fn settings(used: &InUse) -> StoreSettings {
    let mut settings = StoreSettings::new(StoreHandle::new("demo").expect("a handle"));
    for (name, value) in &used.store_texts {
        settings = settings.with_text(*name, value);
    }
    for (name, value) in &used.store_secrets {
        settings = settings.with_secret(*name, fixed(value));
    }
    for (name, value) in &used.store_kept {
        settings = settings.with_secret(*name, kept(value));
    }
    if let Some(name) = used.store_lives_on {
        settings = settings.with_secret(name, fixed(&used.secret));
    }
    settings
}

/// A secret that its user writes back.
fn kept(text: &str) -> Arc<dyn SecretSource> {
    let place = Arc::new(Mutex::new(text.to_owned()));
    let from = place.clone();
    let load = move || {
        let text = from.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { Ok(text.into()) }) as BoxFuture<'static, _>
    };
    Arc::new(LoadedSecret::new(load).storing(move |secret| {
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        secret.expose_secret().clone_into(&mut place);
        Box::pin(async { Ok(()) })
    }))
}

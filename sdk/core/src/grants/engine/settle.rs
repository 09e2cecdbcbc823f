//! Making one place as its grants say: lease, look, decide, act, write down.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use uuid::Uuid;

use super::book::Book;
use super::goal::{Act, Goal, View};
use super::operations::later;
use super::pace::{LATE, Pace, due, elapsed, removal_since};
use super::{Durable, Engine, Settled, Standing};
use crate::Timestamp;
use crate::call::{CallContext, Priority};
use crate::capability::{Capabilities, Operation, Support};
use crate::clock::Wait;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::grants::grant::{Grant, GrantId};
use crate::grants::holding::Reset;
use crate::grants::ledger::{GrantQuery, Lease, LeaseKey};
use crate::grants::phase::Phase;
use crate::grants::step::StepKind;
use crate::grants::subject::{Place, SubjectKey};
use crate::grants::trouble::TroubleKind;
use crate::model::{
    AccessNote, Email, KnownPerson, Observation, OneTimeSecret, Person, PersonHandle, Proof, Target,
};
use crate::provider::AccessProvider;

/// How long a lease lasts without being renewed.
pub(super) const LEASE: Duration = Duration::from_secs(300);
/// How long whoever took over waits where nobody can say how late a write may show.
const TAKEOVER: Duration = Duration::from_secs(120);
/// A place needs a few looks and writes at most; more would mean that two of them undo each other.
const ROUNDS: usize = 6;

/// How one place is worked on.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// What a look has shown just now.
    pub(super) look: Option<Observation>,
    /// Look even where a look of a while ago would do.
    pub(super) look_anyway: bool,
    /// Send what takes somebody out, and leave the proof to the next time.
    pub(super) prove_later: bool,
}

/// Whether there is more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    More,
    Rest,
}

impl Engine {
    /// Makes a place as its grants say: takes its lease, looks, sends what is needed, looks again and writes down what came
    /// out. What fails at the store is in the report, not an error.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; nothing more is sent then.
    pub async fn settle(&self, place: &Place, cx: &CallContext) -> Result<Settled> {
        Box::pin(self.settle_in(place, Way::default(), cx)).await
    }

    pub(super) async fn settle_in(&self, place: &Place, way: Way, cx: &CallContext) -> Result<Settled> {
        let known = self.ledger.holding(&place.store, &place.subject).await?;
        let place = known.as_ref().map_or_else(|| place.clone(), |known| known.place.clone());
        let Some(lease) = self.claim(&LeaseKey::of(&place), self.settling(&place), cx).await? else {
            return Ok(Settled::busy(place));
        };
        let settled = self.settle_under(&lease, &place, way, cx).await;
        self.ledger.release(&lease).await?;
        settled
    }

    /// How long after a write at this place another look is worth something.
    pub(super) fn settling(&self, place: &Place) -> Duration {
        let provider = self.directory.connect(&place.store).ok().flatten();
        provider.map_or(TAKEOVER, |provider| provider.connection().settle_after())
    }

    /// Takes a lease. Whoever takes it over from somebody who may have died waits until what they sent has shown.
    pub(super) async fn claim(
        &self,
        key: &LeaseKey,
        settle_after: Duration,
        cx: &CallContext,
    ) -> Result<Option<Lease>> {
        // Each claim has a name of its own: two tasks of one host are as much in each other's way as two hosts.
        let owner = format!("{}/{}", self.owner, Uuid::new_v4());
        let Some(lease) = self.ledger.claim(key, &owner, self.now(), LEASE).await? else { return Ok(None) };
        let waited = lease.taken_over_at.map(|ended| elapsed(ended, self.now()));
        let Some(wait) =
            waited.and_then(|waited| settle_after.checked_sub(waited)).filter(|wait| !wait.is_zero())
        else {
            return Ok(Some(lease));
        };
        if wait >= cx.remaining() {
            // Not given back but left to lapse, so that the next one still knows that it takes over.
            self.ledger.renew(&lease, self.now(), Duration::ZERO).await?;
            return Ok(None);
        }
        self.env.clock().sleep(wait, Wait::Backoff).await;
        Ok(self.ledger.renew(&lease, self.now(), LEASE).await?.then_some(lease))
    }

    /// The same for one of several places under a lease that is held.
    pub(super) async fn settle_under(
        &self,
        lease: &Lease,
        place: &Place,
        way: Way,
        cx: &CallContext,
    ) -> Result<Settled> {
        let work = Box::pin(self.work_on(lease, place, way, cx));
        let kept = Box::pin(self.keep(lease));
        match select(work, kept).await {
            Either::Left((settled, _)) => settled,
            // Somebody else has the lease: the first write to the ledger finds that out.
            Either::Right(((), work)) => work.await,
        }
    }

    /// Renews a lease until it is lost.
    async fn keep(&self, lease: &Lease) {
        loop {
            self.env.clock().sleep(LEASE / 3, Wait::Guard).await;
            if !matches!(self.ledger.renew(lease, self.now(), LEASE).await, Ok(true)) {
                return;
            }
        }
    }

    async fn work_on(&self, lease: &Lease, place: &Place, way: Way, cx: &CallContext) -> Result<Settled> {
        let known = self.ledger.holding(&place.store, &place.subject).await?;
        let person = match known {
            Some(holding) => holding.person,
            None => return Ok(Settled::of(place.clone(), Standing::Reached)),
        };
        let (provider, unconnected) = match self.directory.connect(&place.store) {
            Ok(Some(provider)) => (Some(provider), None),
            Ok(None) => {
                (None, Some((TroubleKind::StoreUnknown, "the store left the configuration".to_owned())))
            }
            Err(error) => (None, Some((TroubleKind::StoreUnavailable, error.message().to_owned()))),
        };
        let patience = self.patience_at(place).await?;
        match (provider, unconnected) {
            (Some(provider), _) => {
                let capabilities = provider.capabilities();
                let mut work = Work {
                    engine: self,
                    provider,
                    capabilities,
                    lease,
                    place,
                    person,
                    patience,
                    way,
                    cx,
                    failed: None,
                    note: None,
                    secret: None,
                    proof: None,
                    writes: 0,
                };
                work.run().await
            }
            (None, trouble) => self.wait_for_store(lease, place, &person, patience, trouble).await,
        }
    }

    /// How long what lets somebody in may stay unanswered here: the shortest of what the rules for its grants say.
    async fn patience_at(&self, place: &Place) -> Result<Option<Duration>> {
        let mut policy = self.directory.policy(&place.store, None);
        for grant in self.ledger.grants(&GrantQuery::living(place), None, 100).await? {
            policy = policy.and(&self.directory.policy(&place.store, grant.role.as_deref()));
        }
        Ok(policy.patience)
    }

    /// What is owed on a store that cannot be reached at all stays owed.
    async fn wait_for_store(
        &self,
        lease: &Lease,
        place: &Place,
        person: &PersonHandle,
        patience: Option<Duration>,
        trouble: Option<(TroubleKind, String)>,
    ) -> Result<Settled> {
        let book = self
            .amend(Durable::Schedule, place, person, Some(lease), |book| {
                let now = self.now();
                book.let_time_pass(patience, now)?;
                let owed =
                    book.grants.iter().any(|grant| grant.phase.is_owed()) || book.holding.eviction.is_some();
                if let (Some((kind, reason)), true) = (&trouble, owed) {
                    book.trouble(*kind, reason, now);
                }
                let pace = Pace {
                    min_observe_interval: Duration::ZERO,
                    settle_after: TAKEOVER,
                    readable: false,
                    patience,
                };
                book.schedule(pace, trouble.as_ref().map(|_| None), now);
                Ok(book.clone())
            })
            .await?;
        let standing =
            if book.holding.troubles.is_empty() { Standing::Reached } else { Standing::Unfinished };
        Ok(Settled {
            grants: book.grants,
            steps: book.steps.into_iter().filter(|step| step.closed.is_none()).collect(),
            troubles: book.holding.troubles,
            due_at: book.holding.due_at,
            ..Settled::of(place.clone(), standing)
        })
    }
}

impl Settled {
    pub(super) fn of(place: Place, standing: Standing) -> Self {
        Self {
            place,
            standing,
            grants: Vec::new(),
            steps: Vec::new(),
            troubles: Vec::new(),
            due_at: None,
            note: None,
            secret: None,
            proof: None,
            writes: 0,
        }
    }

    fn busy(place: Place) -> Self {
        Self::of(place, Standing::Busy)
    }
}

/// The work on one place under a lease.
pub(super) struct Work<'a> {
    pub(super) engine: &'a Engine,
    pub(super) provider: Arc<dyn AccessProvider>,
    pub(super) capabilities: Capabilities,
    pub(super) lease: &'a Lease,
    pub(super) place: &'a Place,
    pub(super) person: PersonHandle,
    pub(super) patience: Option<Duration>,
    pub(super) way: Way,
    pub(super) cx: &'a CallContext,
    /// What failed, and how long to wait for the next try at least.
    pub(super) failed: Option<Option<Duration>>,
    pub(super) note: Option<AccessNote>,
    pub(super) secret: Option<OneTimeSecret>,
    pub(super) proof: Option<Proof>,
    pub(super) writes: u32,
}

impl Work<'_> {
    async fn run(&mut self) -> Result<Settled> {
        let (now, patience) = (self.now(), self.patience);
        let ids: Vec<GrantId> = self
            .amend(Durable::Time, |book| {
                let ids = book.grants.iter().map(|grant| grant.id).collect();
                book.let_time_pass(patience, now)?;
                Ok(ids)
            })
            .await?;
        for _ in 0..ROUNDS {
            if self.round().await? == Next::Rest {
                break;
            }
        }
        self.schedule().await?;
        self.report(ids).await
    }

    async fn round(&mut self) -> Result<Next> {
        let book = self.book().await?;
        let goal = Goal::of(&book.holding, &book.grants);
        if goal == Goal::Nothing && book.holding.intent.is_none() {
            return Ok(Next::Rest);
        }
        let Some(who) = self.who(&book).await? else {
            return self.nobody_known().await;
        };
        let look = match self.way.look.take() {
            Some(look) => look,
            None if self.must_look(&book, &goal) => match self.look(&book, &goal, &who).await {
                Ok(look) => look,
                Err(error) => return self.look_failed(&book, &goal, &who, &error).await,
            },
            None => return Ok(Next::Rest),
        };
        if book.holding.intent.is_some() {
            return Box::pin(self.recover(&book, look, &who)).await;
        }
        let roles = self.former_roles(&book, &look, &who).await?;
        let (goal, act, book) = self.learn(&look, roles.as_deref()).await?;
        Box::pin(self.perform(act, &goal, look, &book, &who)).await
    }

    /// Keeps what a look showed, and decides what to do.
    async fn learn(&self, look: &Observation, roles: Option<&[String]>) -> Result<(Goal, Act, Book)> {
        let now = self.now();
        let by_hand = self.capabilities.support(Operation::Invite) == Support::Manual;
        self.amend(Durable::Look, |book| {
            book.learn(look, roles, by_hand, now)?;
            let goal = Goal::of(&book.holding, &book.grants);
            let view = View {
                holding: &book.holding,
                grants: &book.grants,
                state: &look.state,
                capabilities: &self.capabilities,
                leaves: self.provider.connection().removal_leaves(),
                asked: book.is_asked(),
            };
            let act = view.act(&goal);
            if !matches!(act, Act::Decide(_) | Act::Blind) {
                book.clear(TroubleKind::Ambiguous, now);
            }
            Ok((goal, act, book.clone()))
        })
        .await
    }

    /// Whether something is to be decided, or it is time to look whether all is still well.
    fn must_look(&self, book: &Book, goal: &Goal) -> bool {
        let any = |phase| book.grants.iter().any(|grant| grant.phase == phase);
        let unpaused = *goal == Goal::Paused && !book.holding.paused;
        self.way.look_anyway
            || book.holding.intent.is_some()
            || matches!(goal, Goal::Out { .. })
            || any(Phase::Opening)
            || any(Phase::Closing)
            || unpaused
            || self.role_differs(book, goal)
            || (self.is_readable() && self.may_watch(book))
    }

    fn role_differs(&self, book: &Book, goal: &Goal) -> bool {
        let Goal::Inside(wanted) = goal else { return false };
        let role = wanted.given(book.holding.role.as_ref());
        role.is_some() && (book.holding.reset == Some(Reset::Ordered) || role != book.holding.role)
    }

    fn may_watch(&self, book: &Book) -> bool {
        let interval = self.provider.connection().min_observe_interval();
        book.holding.seen_at.is_none_or(|seen| elapsed(seen, self.now()) >= interval || seen > self.now())
    }

    pub(super) fn is_readable(&self) -> bool {
        matches!(self.capabilities.support(Operation::Observe), Support::Native | Support::Emulated)
    }

    pub(super) fn is_manual(&self, operation: Operation) -> bool {
        self.capabilities.support(operation) == Support::Manual
    }

    async fn look(&self, book: &Book, goal: &Goal, who: &Person) -> Result<Observation> {
        let any = |phase| book.grants.iter().any(|grant| grant.phase == phase);
        let priority = match goal {
            Goal::Out { .. } => Priority::Removal,
            _ if any(Phase::Opening) || any(Phase::Closing) || self.way.look_anyway => Priority::Normal,
            _ if self.role_differs(book, goal) || book.holding.intent.is_some() => Priority::Normal,
            _ => Priority::Background,
        };
        self.provider.observe(&self.target(book, who), &self.cx.clone().with_priority(priority)).await
    }

    /// Whom a look or a removal is about: everything we ever knew of them.
    pub(super) fn target(&self, book: &Book, who: &Person) -> Target {
        let mut target = who.on(&self.place.platform);
        if let Target::Person(KnownPerson { account, .. }) = &mut target
            && account.is_none()
        {
            account.clone_from(&book.holding.account);
        }
        match &book.holding.state {
            Some(state) => target.with_state(state.clone()),
            None => target,
        }
    }

    /// The person through whom the subject is addressed, with every address that was ever written down.
    async fn who(&self, book: &Book) -> Result<Option<Person>> {
        let open = book.grants.iter().filter(|grant| grant.phase.is_open());
        let handle = open.map(|grant| &grant.person).next_back().unwrap_or(&book.holding.person);
        let kept = self.engine.ledger.person(handle).await?.and_then(|record| record.to_person());
        let listed = self.engine.directory.person(handle);
        let Some(mut person) = listed.or_else(|| kept.clone()) else { return Ok(None) };
        let mut emails = vec![person.email.clone()];
        let more = kept.into_iter().flat_map(|kept| std::iter::once(kept.email).chain(kept.other_emails));
        for email in person.other_emails.drain(..).chain(more) {
            if !emails.contains(&email) {
                emails.push(email);
            }
        }
        // Whoever has another address by now is still inside under the one that was invited.
        let is_invited = |email: &Email| SubjectKey::mailbox(email) == self.place.subject;
        let invited = emails.iter().position(is_invited).unwrap_or_default();
        person.email = emails.remove(invited);
        person.other_emails = emails;
        Ok(Some(person))
    }

    async fn nobody_known(&mut self) -> Result<Next> {
        let now = self.now();
        self.fail(None);
        self.amend(Durable::Look, |book| {
            let reason = "the person left the configuration, and their addresses were erased";
            book.trouble(TroubleKind::Ambiguous, reason, now);
            Ok(())
        })
        .await?;
        Ok(Next::Rest)
    }

    /// A look that was not possible at all.
    async fn look_failed(&mut self, book: &Book, goal: &Goal, who: &Person, error: &Error) -> Result<Next> {
        let any = |phase| book.grants.iter().any(|grant| grant.phase == phase);
        let only_watching = !matches!(goal, Goal::Out { .. })
            && !any(Phase::Opening)
            && !any(Phase::Closing)
            && book.holding.intent.is_none();
        let wait = match error.retry() {
            Retry::After(wait) => Some(wait),
            _ => None,
        };
        if only_watching && error.kind() == ErrorKind::RateLimited {
            // Watching has no hurry.
            self.failed = Some(Some(wait.unwrap_or(self.provider.connection().min_observe_interval())));
            return Ok(Next::Rest);
        }
        self.failed = Some(wait);
        self.stand_in_the_way(goal, book, who, error).await?;
        Ok(Next::Rest)
    }

    /// Writes down why nothing could be done; where our credential is at fault, people are asked to take the subject out.
    pub(super) async fn stand_in_the_way(
        &self,
        goal: &Goal,
        book: &Book,
        who: &Person,
        error: &Error,
    ) -> Result<()> {
        let now = self.now();
        let kind = match error.kind() {
            ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => TroubleKind::AuthorityLost,
            ErrorKind::OutcomeUnknown => TroubleKind::Unsettled,
            ErrorKind::Conflict => TroubleKind::Ambiguous,
            _ => TroubleKind::StoreUnavailable,
        };
        let out = matches!(goal, Goal::Out { .. });
        let by_hand = match error.manual_step() {
            Some(step) if out => Some(step.clone()),
            _ if out && kind == TroubleKind::AuthorityLost => self.step_out_by_hand(book, who).await,
            _ => None,
        };
        let reason = format!("{}; next: {}", error.message(), error.remedy());
        self.amend(Durable::Look, |book| {
            book.trouble(kind, &reason, now);
            book.holding.blame(kind, error.kind());
            if let (Some(step), false) = (&by_hand, book.has_step(&StepKind::Exit)) {
                book.open_step(StepKind::Exit, step.clone(), now);
            }
            Ok(())
        })
        .await
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.now()
    }

    pub(super) fn fail(&mut self, wait: Option<Duration>) {
        self.failed = Some(wait);
    }

    pub(super) async fn book(&self) -> Result<Book> {
        Book::open(&*self.engine.ledger, self.place, &self.person).await
    }

    pub(super) async fn amend<T>(&self, step: Durable, change: impl Fn(&mut Book) -> Result<T>) -> Result<T> {
        self.engine.amend(step, self.place, &self.person, Some(self.lease), change).await
    }

    /// Writes down what is due next.
    async fn schedule(&self) -> Result<()> {
        let connection = self.provider.connection();
        let pace = Pace {
            min_observe_interval: connection.min_observe_interval(),
            settle_after: connection.settle_after(),
            readable: self.is_readable(),
            patience: self.patience,
        };
        let contention = connection.contention_key().clone();
        let now = self.now();
        self.amend(Durable::Schedule, |book| {
            // Work from now on competes for what the connection says now.
            book.holding.place.contention = contention.clone();
            book.schedule(pace, self.failed, now);
            Ok(())
        })
        .await
    }

    async fn report(&mut self, ids: Vec<GrantId>) -> Result<Settled> {
        let book = self.book().await?;
        let mut grants: Vec<Grant> = Vec::with_capacity(ids.len());
        for id in ids {
            grants.extend(self.engine.ledger.grant(id).await?);
        }
        let needed = |kind: &StepKind| {
            matches!(kind, StepKind::Entry | StepKind::Pause | StepKind::Exit | StepKind::Decision)
        };
        let waits = grants.iter().any(|grant| matches!(grant.phase, Phase::Awaiting | Phase::Closing))
            || book.steps.iter().any(|step| needed(&step.kind));
        let standing = match (&self.failed, waits) {
            (Some(_), _) => Standing::Unfinished,
            (None, true) => Standing::Awaiting,
            (None, false) => Standing::Reached,
        };
        Ok(Settled {
            place: book.holding.place.clone(),
            standing,
            grants,
            steps: book.steps,
            troubles: book.holding.troubles,
            due_at: book.holding.due_at,
            note: self.note.take(),
            secret: self.secret.take(),
            proof: self.proof.take(),
            writes: self.writes,
        })
    }
}

impl Book {
    /// Writes down what is due next, and whether a removal is late.
    fn schedule(&mut self, pace: Pace, failed: Option<Option<Duration>>, now: Timestamp) {
        let removal = removal_since(&self.holding, &self.grants);
        self.holding.removing = removal.is_some();
        match removal.filter(|since| elapsed(*since, now) >= LATE) {
            Some(since) => {
                let reason =
                    format!("the access should have ended on {}", since.strftime("%Y-%m-%d %H:%M UTC"));
                self.trouble(TroubleKind::RemovalLate, &reason, now);
            }
            None => self.clear(TroubleKind::RemovalLate, now),
        }
        match failed {
            Some(_) => {
                self.holding.tries.failed = self.holding.tries.failed.saturating_add(1);
                self.holding.tries.since.get_or_insert(now);
            }
            None => self.holding.tries = crate::grants::holding::Tries::default(),
        }
        let next = due(&self.holding, &self.grants, &self.steps, pace, now);
        let not_before = failed.flatten().map(|wait| later(now, wait));
        self.holding.due_at = next.map(|next| not_before.map_or(next, |earliest| next.max(earliest)));
    }
}

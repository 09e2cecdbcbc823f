//! Orders about grants: written down, nothing sent.

use std::time::Duration;

use super::book::{Book, Ending, gone};
use super::{Durable, Engine, GrantRequest, Moment};
use crate::Timestamp;
use crate::call::CallContext;
use crate::capability::{Operation, Support};
use crate::error::{Error, ErrorKind, Result};
use crate::grants::audit::Fact;
use crate::grants::grant::{Cause, Grant, GrantId, Obligation, Principal};
use crate::grants::holding::Former;
use crate::grants::ledger::{Lease, PersonRecord};
use crate::grants::phase::{Move, Phase};
use crate::grants::policy::Policy;
use crate::grants::subject::Place;
use crate::model::{AccessState, Observation, Person, PersonHandle, UnknownReason};
use crate::provider::AccessProvider;

/// How often an order is written anew when somebody else changed the same place meanwhile.
const TRIES: usize = 8;

impl Engine {
    /// Writes down a wish for access. It begins when its time comes and, where the rules ask for it, somebody has approved
    /// it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] that names the field, with nothing written, for an unknown store, person, role or sink,
    /// for times that make no sense or break the rules, and where the rules ask for something that is not there.
    pub async fn request(&self, request: GrantRequest) -> Result<Grant> {
        let (grant, person) = self.checked(&request)?;
        let record = self.record_of(&person).await?;
        let wish = grant.clone();
        self.amend(Durable::Order, &wish.place, &wish.person, None, move |book| {
            let due = book.holding.due_at.map_or(grant.starts_at, |due| due.min(grant.starts_at));
            book.holding.due_at = Some(due);
            book.people.push(record.clone());
            book.grants.push(grant.clone());
            let fact = book.note_grant(grant.created_at, "grant_requested", &grant);
            fact.actor = Some(grant.requested_by.clone());
            fact.reason.clone_from(&grant.reason);
            Ok(())
        })
        .await?;
        self.stored(wish.id).await
    }

    /// Approves a grant.
    ///
    /// # Errors
    /// [`ErrorKind::PermissionDenied`] where the rules separate who asks from who approves, and both are authenticated and
    /// the same; [`ErrorKind::Conflict`] when it has begun or is over.
    pub async fn approve(&self, id: GrantId, by: &Principal) -> Result<Grant> {
        self.order(id, |engine, book, now| {
            let grant = book.grant(id).ok_or_else(|| gone(id))?;
            let policy = engine.directory.policy(&grant.place.store, grant.role.as_deref());
            refuse_own_approval(&policy, &grant.requested_by, by)?;
            grant.make(Move::Approve)?;
            grant.approved_by = Some(by.clone());
            note(book, id, "grant_approved", by, None, now);
            Ok(())
        })
        .await
    }

    /// Refuses a grant before it began, or says that whoever was asked said no.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is in use or over.
    pub async fn decline(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        self.finish(id, Move::Decline, Cause::Declined, by, reason).await
    }

    /// Takes a grant back before it was used.
    ///
    /// # Errors
    /// As [`decline`](Self::decline).
    pub async fn withdraw(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        self.finish(id, Move::Withdraw, Cause::Withdrawn, by, reason).await
    }

    /// Ends a grant now.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is over.
    pub async fn revoke(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        self.finish(id, Move::End, Cause::Revoked, by, reason).await
    }

    /// Moves the end of a grant, in either direction.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the new end is past, before the start, or further away than the rules allow;
    /// [`ErrorKind::Conflict`] when the grant is ending or over.
    pub async fn extend(
        &self,
        id: GrantId,
        until: Timestamp,
        by: &Principal,
        reason: Option<&str>,
    ) -> Result<Grant> {
        self.order(id, |engine, book, now| {
            let grant = book.grant(id).ok_or_else(|| gone(id))?;
            let policy = engine.directory.policy(&grant.place.store, grant.role.as_deref());
            refuse_times(&policy, grant.starts_at, until, now)?;
            grant.make(Move::Extend)?;
            let before = grant.ends_at;
            grant.ends_at = until;
            let fact = note(book, id, "grant_extended", by, reason, now);
            fact.detail = serde_json::json!({ "from": before, "to": until });
            Ok(())
        })
        .await
    }

    /// Pauses a grant.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is not in use.
    pub async fn suspend(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        self.order(id, |_, book, now| {
            book.make(id, Move::Suspend, None, now)?;
            note(book, id, "grant_suspended", by, reason, now);
            Ok(())
        })
        .await
    }

    /// Ends the pause of a grant.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is not paused.
    pub async fn resume(&self, id: GrantId, by: &Principal, reason: Option<&str>) -> Result<Grant> {
        self.order(id, |_, book, now| {
            book.make(id, Move::Resume, None, now)?;
            note(book, id, "grant_resumed", by, reason, now);
            Ok(())
        })
        .await
    }

    /// Closes the record of a grant without a proof. Nothing is sent, and nobody is taken out any more because of it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] without a reason; [`ErrorKind::Conflict`] when it is over.
    pub async fn force_close(&self, id: GrantId, by: &Principal, reason: &str) -> Result<Grant> {
        if reason.trim().is_empty() {
            return Err(Error::invalid(
                "reason",
                "is empty",
                "say why nobody will prove that this access ended",
            ));
        }
        self.finish(id, Move::Force, Cause::Forced, by, Some(reason)).await
    }

    /// Makes access that is there already into a grant: it counts as ours, and its end takes the person out.
    ///
    /// # Errors
    /// As [`request`](Self::request); [`ErrorKind::NotFound`] when a look shows nobody, [`ErrorKind::Conflict`] when
    /// several accounts match or a grant stands for that access already; what the look gives.
    pub async fn adopt(&self, request: GrantRequest, cx: &CallContext) -> Result<Grant> {
        Box::pin(self.adopt_found(request, cx)).await
    }

    async fn adopt_found(&self, request: GrantRequest, cx: &CallContext) -> Result<Grant> {
        let (grant, person) = self.checked(&request)?;
        let provider = self.connected(&grant.place)?;
        let look = provider.observe(&person.on(provider.connection().provider()), cx).await?;
        self.adopt_seen(grant, &person, look).await
    }

    /// Makes what a look has shown into this grant.
    pub(super) async fn adopt_seen(
        &self,
        mut grant: Grant,
        person: &Person,
        look: Observation,
    ) -> Result<Grant> {
        let account = look.state.account().map(|account| account.id.clone());
        let (former, moves): (_, &[Move]) = match look.state {
            AccessState::Present { .. } => {
                (Former::Absent { evidence: look.evidence }, &[Move::Start, Move::Inside])
            }
            AccessState::Invited { .. } => {
                (Former::Absent { evidence: look.evidence }, &[Move::Start, Move::Asked])
            }
            AccessState::Suspended { .. } => {
                (Former::Absent { evidence: look.evidence }, &[Move::Start, Move::Inside, Move::Off])
            }
            AccessState::Unknown { reason: UnknownReason::NotObservable(reason) } => {
                (Former::Unknown { reason }, &[Move::Start, Move::Inside])
            }
            AccessState::Absent => return Err(self.nobody_to_adopt(&grant)),
            AccessState::Ambiguous { .. } => {
                return Err(Error::new(ErrorKind::Conflict, "several accounts match")
                    .with_remedy("name one of them by its account id")
                    .at(&grant.place.platform, &grant.place.store));
            }
            AccessState::Unknown { reason } => {
                return Err(Error::new(ErrorKind::Unavailable, format!("nothing was adopted: {reason}"))
                    .at(&grant.place.platform, &grant.place.store));
            }
        };
        for happens in moves {
            grant.make(*happens)?;
        }
        grant.adopted = true;
        grant.needs_approval = false;
        let now = self.now();
        let record = self.record_of(person).await?;
        let wish = grant.clone();
        self.amend(Durable::Order, &wish.place, &wish.person, None, move |book| {
            if book.grants.iter().any(|known| known.phase.is_owed()) {
                return Err(Error::new(ErrorKind::Conflict, "a grant stands for this access already")
                    .with_remedy("extend that one, or ask for another one beside it")
                    .at(&grant.place.platform, &grant.place.store));
            }
            book.people.push(record.clone());
            book.holding.former = Some(former.clone());
            book.holding.account.clone_from(&account);
            book.holding.role.clone_from(&grant.role);
            book.holding.seen_at = Some(now);
            book.holding.due_at = Some(now);
            book.grants.push(grant.clone());
            let fact = book.note_grant(now, "grant_adopted", &grant);
            fact.actor = Some(grant.requested_by.clone());
            fact.reason.clone_from(&grant.reason);
            Ok(())
        })
        .await?;
        self.stored(wish.id).await
    }

    fn nobody_to_adopt(&self, grant: &Grant) -> Error {
        Error::new(ErrorKind::NotFound, format!("{} is not on this store", grant.person))
            .with_remedy("ask for a grant instead")
            .at(&grant.place.platform, &grant.place.store)
    }

    async fn finish(
        &self,
        id: GrantId,
        happens: Move,
        cause: Cause,
        by: &Principal,
        reason: Option<&str>,
    ) -> Result<Grant> {
        let ending = Ending { cause, by: Some(by.clone()), reason: reason.map(str::to_owned) };
        self.order(id, |_, book, now| {
            book.make(id, happens, Some(&ending), now)?;
            let kind = match cause {
                Cause::Declined => "grant_declined",
                Cause::Withdrawn => "grant_withdrawn",
                Cause::Forced => "grant_force_closed",
                _ => "grant_revoked",
            };
            note(book, id, kind, by, reason, now);
            Ok(())
        })
        .await
    }

    /// An order about one grant: changed, and its place looked after next.
    pub(super) async fn order(
        &self,
        id: GrantId,
        change: impl Fn(&Self, &mut Book, Timestamp) -> Result<()> + Send + Sync,
    ) -> Result<Grant> {
        let grant = self.stored(id).await?;
        if grant.phase.is_over() {
            // The table's own words for what is over.
            return Err(grant.phase.after(Move::End).err().unwrap_or_else(|| gone(id)));
        }
        self.amend(Durable::Order, &grant.place, &grant.person, None, |book| {
            let now = self.now();
            change(self, book, now)?;
            book.holding.due_at = Some(now);
            book.holding.removing = book.grants.iter().any(|grant| grant.phase == Phase::Closing);
            Ok(())
        })
        .await?;
        self.stored(id).await
    }

    /// Reads a place, changes it and writes it back, anew when somebody else was faster.
    pub(super) async fn amend<T>(
        &self,
        step: Durable,
        place: &Place,
        person: &PersonHandle,
        lease: Option<&Lease>,
        change: impl Fn(&mut Book) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut book = Book::open(&*self.ledger, place, person).await?;
            let changed = change(&mut book)?;
            let Some(commit) = book.into_commit(lease) else { return Ok(changed) };
            self.checkpoint.at(step, Moment::Before);
            match self.ledger.commit(commit).await {
                Ok(()) => {
                    self.checkpoint.at(step, Moment::After);
                    return Ok(changed);
                }
                Err(error) if error.is_stale() && tries < TRIES => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What is written down of a person: what is known now, and every address that was written down before.
    pub(super) async fn record_of(&self, person: &Person) -> Result<PersonRecord> {
        let mut record = PersonRecord::of(person);
        let before = self.ledger.person(&person.handle).await?;
        for email in before.into_iter().flat_map(|before| before.emails) {
            if !record.emails.contains(&email) {
                record.emails.push(email);
            }
        }
        Ok(record)
    }

    pub(super) async fn stored(&self, id: GrantId) -> Result<Grant> {
        self.ledger.grant(id).await?.ok_or_else(|| gone(id))
    }

    fn connected(&self, place: &Place) -> Result<std::sync::Arc<dyn AccessProvider>> {
        self.directory.connect(&place.store)?.ok_or_else(|| unknown_store(place.store.as_str()))
    }

    /// The grant that a wish becomes, or why not.
    fn checked(&self, request: &GrantRequest) -> Result<(Grant, Person)> {
        let provider =
            self.directory.connect(&request.store)?.ok_or_else(|| unknown_store(request.store.as_str()))?;
        let connection = provider.connection();
        let now = self.now();
        let person = self.directory.person(&request.person).ok_or_else(|| {
            Error::invalid(
                "person",
                format!("names {}, whom nobody knows", request.person),
                "name one of your people",
            )
        })?;
        let role = request.role.as_deref();
        if let Some(role) = role.filter(|role| self.directory.role(role, connection.provider()).is_none()) {
            let problem = format!("names {role}, which means nothing on {}", connection.provider());
            return Err(Error::invalid(
                "role",
                problem,
                "name one of your roles, or say what it means there",
            ));
        }
        let policy = self.directory.policy(&request.store, role);
        let starts_at = request.starts_at.map_or(now, |at| at.max(now));
        refuse_times(&policy, starts_at, request.ends_at, now)?;
        refuse_missing(&policy, request)?;
        self.refuse_undeliverable(request, &policy, starts_at > now, &*provider)?;
        let review_at = request.review_at.or_else(|| {
            policy.review_every.map(|every| later(starts_at, every)).filter(|at| *at < request.ends_at)
        });
        let mut grant = self.grant_of(request, &*provider, &person);
        grant.needs_approval = policy.needs_approval;
        grant.starts_at = starts_at;
        grant.review_at = review_at;
        Ok((grant, person))
    }

    /// A wish as a grant, whatever the rules say.
    pub(super) fn grant_of(
        &self,
        request: &GrantRequest,
        provider: &dyn AccessProvider,
        person: &Person,
    ) -> Grant {
        let connection = provider.connection();
        let now = self.now();
        let place = Place {
            platform: connection.provider().clone(),
            store: request.store.clone(),
            subject: connection.subject(person),
            contention: connection.contention_key().clone(),
        };
        Grant {
            id: GrantId::new(now),
            place,
            person: person.handle.clone(),
            role: request.role.clone(),
            rank: request.role.as_deref().and_then(|role| self.directory.rank(role)),
            reason: request.reason.clone(),
            ticket: request.ticket.clone(),
            requested_by: request.requested_by.clone().unwrap_or_else(|| Principal::stated("not stated")),
            needs_approval: false,
            approved_by: None,
            starts_at: request.starts_at.map_or(now, |at| at.max(now)),
            ends_at: request.ends_at,
            review_at: request.review_at,
            review_told: None,
            deliver_to: request.deliver_to.clone(),
            also: request.also.iter().map(|what| Obligation { what: what.clone(), ended: None }).collect(),
            adopted: false,
            phase: Phase::Requested,
            was_active: false,
            end: None,
            created_at: now,
            revision: 0,
        }
    }

    /// A secret that comes when nobody is there to read it needs a place to go.
    fn refuse_undeliverable(
        &self,
        request: &GrantRequest,
        policy: &Policy,
        is_later: bool,
        provider: &dyn AccessProvider,
    ) -> Result<()> {
        match &request.deliver_to {
            Some(name) if self.directory.sink(name).is_none() => {
                let problem = format!("names {name}, which is no sink");
                Err(Error::invalid("deliver_to", problem, "name one of your sinks"))
            }
            None if makes_passwords(provider) && (is_later || policy.needs_approval) => Err(Error::invalid(
                "deliver_to",
                "is missing: the account's password comes when nobody is there to read it",
                "name a sink, or let the grant begin at once",
            )),
            _ => Ok(()),
        }
    }
}

impl PersonRecord {
    /// What a ledger keeps of a person.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        let mut emails = vec![person.email.clone()];
        emails.extend(person.other_emails.iter().cloned());
        Self {
            handle: person.handle.clone(),
            emails,
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            accounts: person.accounts.clone(),
            shared: person.shared,
        }
    }

    /// The person, unless no address is known.
    #[must_use]
    pub fn to_person(&self) -> Option<Person> {
        let (email, others) = self.emails.split_first()?;
        let mut person = Person::new(self.handle.clone(), email.clone());
        person.other_emails = others.to_vec();
        person.first_name.clone_from(&self.first_name);
        person.last_name.clone_from(&self.last_name);
        person.accounts.clone_from(&self.accounts);
        person.shared = self.shared;
        Some(person)
    }
}

/// Whether an invitation here makes a password that must reach somebody.
pub(super) fn makes_passwords(provider: &dyn AccessProvider) -> bool {
    matches!(provider.capabilities().support(Operation::ResetPassword), Support::Native | Support::Emulated)
}

/// `time` plus `by`, or the end of time.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

pub(super) fn note<'a>(
    book: &'a mut Book,
    id: GrantId,
    kind: &str,
    by: &Principal,
    reason: Option<&str>,
    now: Timestamp,
) -> &'a mut Fact {
    let grant = book.grant(id).cloned();
    let fact = match grant {
        Some(grant) => book.note_grant(now, kind, &grant),
        None => book.note(now, kind),
    };
    fact.actor = Some(by.clone());
    fact.reason = reason.map(str::to_owned);
    fact
}

fn unknown_store(store: &str) -> Error {
    Error::invalid("store", format!("names {store}, which is not configured"), "name one of your stores")
}

fn refuse_own_approval(policy: &Policy, requester: &Principal, approver: &Principal) -> Result<()> {
    let both_known = requester.authenticated && approver.authenticated;
    if policy.separate_approver && both_known && requester.name == approver.name {
        return Err(Error::new(ErrorKind::PermissionDenied, "who asks for a grant does not approve it")
            .with_remedy("let somebody else approve it"));
    }
    Ok(())
}

fn refuse_times(policy: &Policy, starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> Result<()> {
    if ends_at <= now {
        return Err(Error::invalid("ends_at", "is past", "name a time that is still to come"));
    }
    if ends_at <= starts_at {
        return Err(Error::invalid("ends_at", "is not after the start", "let it end after it begins"));
    }
    match policy.longest {
        Some(longest) if ends_at > later(starts_at, longest) => {
            let problem = format!("is too far away: at most {} hours are allowed", longest.as_secs() / 3600);
            Err(Error::invalid("ends_at", problem, "let it end earlier"))
        }
        _ => Ok(()),
    }
}

fn refuse_missing(policy: &Policy, request: &GrantRequest) -> Result<()> {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    let named = request.requested_by.as_ref().is_some_and(|who| !who.name.trim().is_empty());
    let wanted = [
        ("reason", policy.needs_reason, given(&request.reason)),
        ("ticket", policy.needs_ticket, given(&request.ticket)),
        ("requested_by", policy.needs_requester, named),
    ];
    match wanted.into_iter().find(|(_, needed, is_there)| *needed && !is_there) {
        Some((field, ..)) => Err(Error::invalid(field, "is missing, and the rules ask for it", "give it")),
        None => Ok(()),
    }
}

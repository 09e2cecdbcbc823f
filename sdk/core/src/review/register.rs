//! The living register of access: who was let in, as what, by whom, why, until when, and how it ended.

use std::collections::BTreeMap;

use serde::Serialize;

use super::finding::Finding;
use super::row::{Reading, StoreReview};
use super::store::Reviewer;
use super::words::{status, status_of_end};
use crate::Timestamp;
use crate::call::CallContext;
use crate::error::Result;
use crate::grants::{Cause, Former, Grant, GrantId, GrantQuery, Holding, Phase, Principal, StepQuery};
use crate::model::{AccountId, Email, PersonHandle, Proof, ProviderId, StoreHandle};

const PAGE: u32 = 100;

/// What a register shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RegisterOptions {
    /// Access that ended before this time is left out, in UTC; without it, nothing is.
    pub since: Option<Timestamp>,
    /// Whether to look at the store: then accounts of ours without a grant are shown, and findings are noted.
    pub look: bool,
}

impl RegisterOptions {
    /// Everything, as the ledger has it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Without what ended before this time.
    #[must_use]
    pub fn since(mut self, time: Timestamp) -> Self {
        self.since = Some(time);
        self
    }

    /// With a look at the store.
    #[must_use]
    pub fn looking(mut self) -> Self {
        self.look = true;
        self
    }
}

/// The register of one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreRegister {
    /// The platform; `None` for a store that left the configuration and on which nobody of ours ever was.
    pub platform: Option<ProviderId>,
    /// The store.
    pub store: StoreHandle,
    /// When it was read, in UTC.
    pub at: Timestamp,
    /// How the store was looked at, where it was.
    pub reading: Option<Reading>,
    /// One entry for each person of ours: those who have access first.
    pub entries: Vec<RegisterEntry>,
}

/// One person of ours on one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RegisterEntry {
    /// Who.
    pub person: PersonHandle,
    /// Their name; empty after they were erased.
    pub name: Option<String>,
    /// Their addresses; empty after they were erased.
    pub emails: Vec<Email>,
    /// Their account, where one is known.
    pub account: Option<AccountId>,
    /// As what: our role, or the platform's where there is no grant.
    pub role: Option<String>,
    /// Since when, in UTC; `None` for access without a grant.
    pub added_at: Option<Timestamp>,
    /// Who asked for it.
    pub requested_by: Option<Principal>,
    /// Who approved it.
    pub approved_by: Option<Principal>,
    /// Why.
    pub reason: Option<String>,
    /// The ticket it belongs to.
    pub ticket: Option<String>,
    /// When somebody should look whether it is still right, in UTC.
    pub review_at: Option<Timestamp>,
    /// Whether that time has passed.
    pub review_overdue: bool,
    /// Where the grant stands; `None` for access without a grant.
    pub phase: Option<Phase>,
    /// Where the access stands, in words.
    pub status: String,
    /// How the end is known, where there is one.
    pub end: Option<EndKind>,
    /// Until when, in UTC: when it is meant to end, or since when it is over.
    pub until: Option<Timestamp>,
    /// The grants that are not over, or the last one.
    pub grants: Vec<GrantId>,
    /// What else belongs to it, in one sentence each.
    pub notes: Vec<String>,
}

/// How the end of an access is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndKind {
    /// A look shows it.
    Proven,
    /// Somebody says so.
    Attested,
    /// Somebody closed the record without either.
    Forced,
    /// Nothing was ever sent, or the access goes on for another grant.
    Unproven,
}

impl EndKind {
    /// How a grant's end is known; `None` while it has none.
    #[must_use]
    pub fn of(grant: &Grant) -> Option<Self> {
        if !grant.phase.is_over() {
            return None;
        }
        let end = grant.end.as_ref();
        Some(match end.and_then(|end| end.proof.as_ref()) {
            _ if grant.phase == Phase::ForceClosed => Self::Forced,
            Some(Proof::Attested { .. }) => Self::Attested,
            Some(_) => Self::Proven,
            None if end.is_some_and(|end| end.cause == Cause::Forced) => Self::Forced,
            None => Self::Unproven,
        })
    }
}

/// The grants of one person, as many of them as an entry shows.
#[derive(Default)]
struct History {
    living: Vec<Grant>,
    last: Option<Grant>,
    over: u32,
}

impl Reviewer {
    /// The register of one store, from the ledger alone unless a look is asked for. What it takes to read grows with the
    /// people, not with their grants.
    ///
    /// # Errors
    /// When the ledger cannot be read; with a look, as [`store`](Self::store).
    pub async fn register(
        &self,
        store: &StoreHandle,
        options: &RegisterOptions,
        cx: &CallContext,
    ) -> Result<StoreRegister> {
        let review = match options.look {
            true => Some(self.store(store, cx).await?),
            false => None,
        };
        let now = self.now();
        let mut platform = review.as_ref().map(|review| review.platform.clone());
        let mut entries = Vec::new();
        for (person, history) in self.histories(store, options).await? {
            let place = history.living.first().or(history.last.as_ref()).map(|grant| grant.place.clone());
            platform = platform.or_else(|| place.map(|place| place.platform));
            entries.extend(self.entry(person, history, now).await?);
        }
        if let Some(review) = &review {
            self.add_seen(review, &mut entries).await?;
        }
        entries.sort_by_key(|entry| (entry.end.is_some(), entry.until, entry.person.clone()));
        let reading = review.map(|review| review.reading);
        Ok(StoreRegister { platform, store: store.clone(), at: now, reading, entries })
    }

    async fn histories(
        &self,
        store: &StoreHandle,
        options: &RegisterOptions,
    ) -> Result<BTreeMap<PersonHandle, History>> {
        let query = GrantQuery { store: Some(store.clone()), ..GrantQuery::new() };
        let mut histories: BTreeMap<PersonHandle, History> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.ledger().grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(histories) };
            after = Some(last.id);
            for grant in page {
                let ended = grant.end.as_ref().map_or(grant.ends_at, |end| end.since);
                if grant.phase.is_over() && options.since.is_some_and(|since| ended < since) {
                    continue;
                }
                let history = histories.entry(grant.person.clone()).or_default();
                if grant.phase.is_over() {
                    history.over = history.over.saturating_add(1);
                    history.last = Some(grant);
                } else {
                    history.living.push(grant);
                }
            }
        }
    }

    async fn entry(
        &self,
        person: PersonHandle,
        history: History,
        now: Timestamp,
    ) -> Result<Option<RegisterEntry>> {
        // The one that lets them in, with the highest rank; or else the last one.
        let open =
            history.living.iter().max_by_key(|grant| (grant.phase.is_owed(), grant.rank, grant.ends_at));
        let Some(grant) = open.or(history.last.as_ref()) else { return Ok(None) };
        let holding = self.ledger().holding(&grant.place.store, &grant.place.subject).await?;
        let over = grant.phase.is_over();
        let review_at = if over { None } else { self.review_at(grant) };
        let mut entry = RegisterEntry {
            role: grant.role.clone(),
            added_at: Some(if grant.adopted { grant.created_at } else { grant.starts_at }),
            requested_by: Some(grant.requested_by.clone()),
            approved_by: grant.approved_by.clone(),
            reason: grant.reason.clone(),
            ticket: grant.ticket.clone(),
            review_at,
            review_overdue: review_at.is_some_and(|at| at <= now),
            phase: Some(grant.phase),
            status: status(grant, now),
            end: EndKind::of(grant),
            until: Some(until(grant)),
            grants: if over { vec![grant.id] } else { history.living.iter().map(|grant| grant.id).collect() },
            account: holding.as_ref().filter(|_| !over).and_then(|holding| holding.account.clone()),
            ..self.nobody_yet(person).await?
        };
        entry.notes = self.notes(grant, &history, holding.as_ref()).await?;
        Ok(Some(entry))
    }

    /// An entry with a name and nothing else.
    async fn nobody_yet(&self, person: PersonHandle) -> Result<RegisterEntry> {
        let kept = self.ledger().person(&person).await?.and_then(|record| record.to_person());
        let known = kept.or_else(|| self.directory().person(&person));
        let names = known.iter().flat_map(|known| [&known.first_name, &known.last_name]).flatten();
        let name = names.cloned().collect::<Vec<_>>().join(" ");
        let emails = known.iter().flat_map(|known| std::iter::once(&known.email).chain(&known.other_emails));
        Ok(RegisterEntry {
            name: Some(name).filter(|name| !name.is_empty()),
            emails: emails.cloned().collect(),
            person,
            account: None,
            role: None,
            added_at: None,
            requested_by: None,
            approved_by: None,
            reason: None,
            ticket: None,
            review_at: None,
            review_overdue: false,
            phase: None,
            status: String::new(),
            end: None,
            until: None,
            grants: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// When a grant is to be looked at again: as it says, or as the rules say that came after it.
    fn review_at(&self, grant: &Grant) -> Option<Timestamp> {
        let policy = self.directory().policy(&grant.place.store, grant.role.as_deref());
        let by_rules = policy.review_every.and_then(|every| grant.starts_at.checked_add(every).ok());
        grant.review_at.or(by_rules.filter(|at| *at < grant.ends_at))
    }

    async fn notes(
        &self,
        grant: &Grant,
        history: &History,
        holding: Option<&Holding>,
    ) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        if grant.adopted {
            notes.push("found inside, and made into a grant".to_owned());
        }
        for other in history.living.iter().filter(|other| other.id != grant.id) {
            let role = other.role.as_deref().unwrap_or("no role");
            notes.push(format!("another grant: {role}, until {}", other.ends_at.strftime("%Y-%m-%d")));
        }
        if history.over > u32::from(grant.phase.is_over()) {
            notes.push(format!(
                "earlier grants that are over: {}",
                history.over - u32::from(grant.phase.is_over())
            ));
        }
        for also in &grant.also {
            notes.push(match &also.ended {
                Some(Proof::Attested { who, .. }) => format!("{}: taken away, says {who}", also.what),
                Some(_) => format!("{}: taken away", also.what),
                None => format!("{}: given by hand, still there", also.what),
            });
        }
        if let Some(end) = status_of_end(grant) {
            notes.push(end);
        }
        if grant.phase.is_over() {
            return Ok(notes);
        }
        if let Some(holding) = holding {
            if let Some(Former::Present { .. } | Former::Suspended { .. }) = holding.former {
                notes.push("was there before us: the end of the last grant restores that".to_owned());
            }
            notes.extend(holding.troubles.iter().map(|trouble| format!("in the way: {}", trouble.reason)));
        }
        for step in self.ledger().steps(&StepQuery::open_at(&grant.place), None, PAGE).await? {
            let title = step.manual.map_or_else(|| "a step without text".to_owned(), |manual| manual.title);
            notes.push(format!("to do by hand: {title}"));
        }
        Ok(notes)
    }

    /// What a look adds: accounts without a grant, and findings.
    async fn add_seen(&self, review: &StoreReview, entries: &mut Vec<RegisterEntry>) -> Result<()> {
        for row in &review.rows {
            let Some(person) = &row.person else { continue };
            let findings: Vec<String> =
                row.findings.iter().filter(|one| !is_noted(one)).map(ToString::to_string).collect();
            let known = entries.iter_mut().find(|entry| {
                entry.person == *person && entry.grants.iter().any(|id| row.grants.contains(id))
            });
            if let Some(known) = known {
                known.account =
                    row.account.as_ref().map(|account| account.id.clone()).or(known.account.take());
                known.notes.extend(findings);
                continue;
            }
            let Some(account) = &row.account else { continue };
            let mut entry = self.nobody_yet(person.clone()).await?;
            entry.account = Some(account.id.clone());
            entry.role =
                account.roles.known().map(|roles| roles.join(", ")).filter(|roles| !roles.is_empty());
            entry.status = "inside without a grant".to_owned();
            entry.notes = findings;
            entries.push(entry);
        }
        Ok(())
    }
}

/// Whether the ledger's own notes say it already.
fn is_noted(finding: &Finding) -> bool {
    matches!(finding, Finding::Residual { .. } | Finding::OursWithoutGrant { .. })
}

fn until(grant: &Grant) -> Timestamp {
    let end = grant.end.as_ref().filter(|_| grant.phase.is_over());
    end.map_or(grant.ends_at, |end| end.proof.as_ref().map_or(end.since, Proof::at))
}

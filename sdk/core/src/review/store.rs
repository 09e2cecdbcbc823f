//! Reading one store, and finding what somebody should look at.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::compare::beyond;
use super::finding::Finding;
use super::people::Ours;
use super::row::{Ends, Reading, ReviewRow, RowKey, StoreReview};
use crate::Timestamp;
use crate::call::CallContext;
use crate::capability::{Operation, Support};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::ext::AccessProviderExt;
use crate::grants::{
    Directory, Former, Grant, GrantQuery, Holding, Ledger, Phase, StepKind, StepQuery, SubjectKey,
};
use crate::model::{
    AccountId, AccountKind, Collaborator, Evidence, Person, Proof, ProviderId, Role, StoreHandle, Told,
};
use crate::page::ListQuery;
use crate::provider::AccessProvider;

const PAGE: u32 = 100;
/// More accounts than any store of these platforms lets in; a listing that goes on is not believed.
const MOST_ACCOUNTS: usize = 50_000;

/// From when on something counts as a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReviewRules {
    /// Who has not signed in for this long is dormant, where the platform tells.
    pub dormant_after: Duration,
}

impl Default for ReviewRules {
    fn default() -> Self {
        Self { dormant_after: Duration::from_secs(90 * 24 * 3600) }
    }
}

/// Reads stores and compares them with the ledger. Changes nothing anywhere.
#[derive(Debug, Clone)]
pub struct Reviewer {
    ledger: Arc<dyn Ledger>,
    directory: Arc<dyn Directory>,
    env: Environment,
    rules: ReviewRules,
}

/// What the ledger knows of one store.
struct Books {
    holdings: Vec<Holding>,
    /// Living grants, by subject.
    grants: HashMap<SubjectKey, Vec<Grant>>,
    residuals: HashMap<SubjectKey, Vec<String>>,
    ends: Ends,
}

impl Reviewer {
    /// A reviewer of these stores.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, directory: Arc<dyn Directory>, env: Environment) -> Self {
        Self { ledger, directory, env, rules: ReviewRules::default() }
    }

    /// With these rules.
    #[must_use]
    pub fn with_rules(mut self, rules: ReviewRules) -> Self {
        self.rules = rules;
        self
    }

    /// Reads one store. A store that cannot be read is no error: its rows are what the ledger knows, and it says why.
    ///
    /// # Errors
    /// When the ledger cannot be read, or for a store that nobody knows.
    pub async fn store(&self, store: &StoreHandle, cx: &CallContext) -> Result<StoreReview> {
        let began_at = self.env.clock().now();
        let mut books = self.books(store).await?;
        let provider = self.directory.connect(store)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no store {store}"))
                .with_remedy("name a store of the configuration")
        })?;
        let platform = provider.connection().provider().clone();
        let ours = self.ours(&platform, &books).await?;
        let (reading, accounts) = self.read(provider.as_ref(), &ours, &books, began_at, cx).await;
        let roles = self.names_of_roles(provider.as_ref(), &accounts, &books, cx).await;
        let mut look =
            Look { reviewer: self, provider: provider.as_ref(), ours: &ours, roles: &roles, now: began_at };
        let mut rows: Vec<_> = accounts.into_iter().map(|account| look.row_of(account, &mut books)).collect();
        mark_duplicates(&mut rows);
        rows.extend(look.rows_of_unseen(&books, &reading));
        rows.sort_by_key(|row| row.findings.is_empty());
        Ok(StoreReview { platform, store: store.clone(), began_at, reading, rows, ends: books.ends })
    }

    async fn books(&self, store: &StoreHandle) -> Result<Books> {
        let mut books = Books {
            holdings: Vec::new(),
            grants: HashMap::new(),
            residuals: HashMap::new(),
            ends: Ends::default(),
        };
        let query = GrantQuery { store: Some(store.clone()), ..GrantQuery::new() };
        let mut after = None;
        loop {
            let page = self.ledger.grants(&query, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for grant in page {
                if grant.phase.is_over() {
                    books.ends.count(&grant);
                    continue;
                }
                let subject = grant.place.subject.clone();
                if !books.grants.contains_key(&subject)
                    && let Some(holding) = self.ledger.holding(store, &subject).await?
                {
                    books.holdings.push(holding);
                }
                books.grants.entry(subject).or_default().push(grant);
            }
        }
        self.add_residuals(store, &mut books).await?;
        Ok(books)
    }

    async fn add_residuals(&self, store: &StoreHandle, books: &mut Books) -> Result<()> {
        let query = StepQuery { store: Some(store.clone()), ..StepQuery::new() }.only_open();
        let mut after = None;
        loop {
            let page = self.ledger.steps(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for step in page {
                if !matches!(step.kind, StepKind::Residual | StepKind::Obligation { .. }) {
                    continue;
                }
                let what =
                    step.manual.map_or_else(|| "a step without text".to_owned(), |manual| manual.title);
                books.residuals.entry(step.place.subject).or_default().push(what);
            }
        }
    }

    async fn ours(&self, platform: &ProviderId, books: &Books) -> Result<Ours> {
        let mut ours = Ours::on(platform, self.directory.people());
        for holding in &books.holdings {
            let kept = self.ledger.person(&holding.person).await?.and_then(|record| record.to_person());
            ours.learn(holding, kept);
        }
        Ok(ours)
    }

    /// Everybody whom the store lists. What was read before a failure is no listing, and is not used.
    async fn read(
        &self,
        provider: &dyn AccessProvider,
        ours: &Ours,
        books: &Books,
        began_at: Timestamp,
        cx: &CallContext,
    ) -> (Reading, Vec<Collaborator>) {
        let list = provider.capabilities().get(Operation::List);
        if matches!(list.support, Support::Manual | Support::Unsupported) {
            return (Reading::Attested { reason: list.reason.into_owned() }, Vec::new());
        }
        let platform = provider.connection().provider();
        let roles = self
            .directory
            .roles_on(platform)
            .into_iter()
            .filter_map(|role| crate::model::RoleId::new(role.platform_role?).ok());
        let query = ListQuery::new().with_known(ours.known(platform, &books.holdings)).with_roles(roles);
        let mut pages = provider.pages(query, None, cx);
        let mut evidence = Evidence::begun(began_at);
        let mut accounts = Vec::new();
        loop {
            match pages.next_page().await {
                Ok(Some(page)) if accounts.len() + page.len() <= MOST_ACCOUNTS => {
                    evidence.pages = evidence.pages.saturating_add(1);
                    accounts.extend(page);
                }
                Ok(Some(_)) => {
                    let reason = format!("the listing holds more than {MOST_ACCOUNTS} accounts");
                    return (Reading::Failed { reason }, Vec::new());
                }
                Ok(None) => {
                    evidence.complete = true;
                    return (Reading::Complete { evidence }, accounts);
                }
                Err(error) => return (Reading::Failed { reason: error.to_string() }, Vec::new()),
            }
        }
    }

    /// The platform's roles, where they are needed to understand the name of one. Without them, names are taken for ids.
    async fn names_of_roles(
        &self,
        provider: &dyn AccessProvider,
        accounts: &[Collaborator],
        books: &Books,
        cx: &CallContext,
    ) -> Vec<Role> {
        let named = books.grants.values().flatten().any(|grant| {
            let spec = grant
                .role
                .as_ref()
                .and_then(|role| self.directory.role(role, provider.connection().provider()));
            spec.is_some_and(|spec| spec.platform_role.is_some())
        });
        let told = accounts.iter().any(|account| account.roles.known().is_some());
        if !(named && told) {
            return Vec::new();
        }
        provider.list_roles(cx).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "roles could not be listed; names of roles are taken for ids");
            Vec::new()
        })
    }
}

/// What is needed to judge the rows of one store.
struct Look<'a> {
    reviewer: &'a Reviewer,
    provider: &'a dyn AccessProvider,
    ours: &'a Ours,
    roles: &'a [Role],
    now: Timestamp,
}

impl Look<'_> {
    /// The row of an account. Its grants are taken out of the books.
    fn row_of(&mut self, account: Collaborator, books: &mut Books) -> ReviewRow {
        let person = self.ours.owner(&account);
        let subject = self.subject_of(&account, person, books);
        let grants = subject.as_ref().and_then(|subject| books.grants.remove(subject)).unwrap_or_default();
        let mut row = ReviewRow::new(RowKey::account(&account.id));
        row.person = person.map(|person| person.handle.clone());
        row.findings = self.of_account(&account, person);
        if let Some(subject) = &subject {
            row.findings.extend(residuals(books.residuals.remove(subject)));
        }
        let holding =
            |subject: &SubjectKey| books.holdings.iter().find(|known| known.place.subject == *subject);
        if person.is_some() || !grants.is_empty() {
            let before_us = subject.as_ref().and_then(holding).is_some_and(was_there);
            row.findings.extend(self.of_grants(&account, &grants, before_us));
        }
        fill(&mut row, &grants);
        row.account = Some(account);
        row
    }

    fn subject_of(
        &self,
        account: &Collaborator,
        person: Option<&Person>,
        books: &Books,
    ) -> Option<SubjectKey> {
        let seen = books.holdings.iter().find(|holding| holding.account.as_ref() == Some(&account.id));
        seen.map(|holding| holding.place.subject.clone())
            .or_else(|| person.map(|person| self.provider.connection().subject(person)))
    }

    fn of_account(&self, account: &Collaborator, person: Option<&Person>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let is_owner = account.kind == Told::Known(AccountKind::Owner);
        if is_owner || !account.privileged.is_empty() {
            findings.push(Finding::Privileged { rights: account.privileged.clone() });
        }
        if let Told::Known(last_login) = account.last_login {
            let latest = self.now.saturating_sub(self.reviewer.rules.dormant_after).unwrap_or(Timestamp::MIN);
            if last_login.is_none_or(|at| at < latest) {
                findings.push(Finding::Dormant { last_login });
            }
        }
        if person.is_some_and(|person| person.shared) {
            findings.push(Finding::SharedMailbox);
        }
        if !account.confirmed {
            findings.push(Finding::Unconfirmed);
        }
        findings
    }

    fn of_grants(&self, account: &Collaborator, grants: &[Grant], before_us: bool) -> Option<Finding> {
        let Some(highest) = highest(grants) else {
            return Some(Finding::OursWithoutGrant { before_us });
        };
        let platform = self.provider.connection().provider();
        let role = highest.role.as_ref().and_then(|role| self.reviewer.directory.role(role, platform));
        beyond(account, role.as_ref(), self.roles)
    }

    /// Grants whose people were not seen.
    fn rows_of_unseen(&self, books: &Books, reading: &Reading) -> Vec<ReviewRow> {
        let mut unseen: Vec<_> =
            books.grants.iter().filter(|(_, grants)| grants.iter().any(says_inside)).collect();
        unseen.sort_by_key(|(subject, _)| (*subject).clone());
        let row = |(subject, grants): (&SubjectKey, &Vec<Grant>)| {
            let mut row = ReviewRow::new(RowKey::subject(subject));
            row.person = grants.first().map(|grant| grant.person.clone());
            if reading.is_complete() {
                row.findings.push(Finding::GrantWithoutPerson);
            }
            row.findings.extend(residuals(books.residuals.get(subject).cloned()));
            fill(&mut row, grants);
            row
        };
        unseen.into_iter().map(row).collect()
    }
}

/// Whether a grant says that its person can get in now.
fn says_inside(grant: &Grant) -> bool {
    matches!(grant.phase, Phase::Active | Phase::Suspended | Phase::Closing)
}

fn was_there(holding: &Holding) -> bool {
    matches!(holding.former, Some(Former::Present { .. } | Former::Suspended { .. }))
}

fn highest(grants: &[Grant]) -> Option<&Grant> {
    grants.iter().max_by_key(|grant| grant.rank)
}

fn fill(row: &mut ReviewRow, grants: &[Grant]) {
    row.grants = grants.iter().map(|grant| grant.id).collect();
    row.role = highest(grants).and_then(|grant| grant.role.clone());
    row.until = grants.iter().map(|grant| grant.ends_at).max();
}

fn residuals(of_subject: Option<Vec<String>>) -> impl Iterator<Item = Finding> {
    of_subject.into_iter().flatten().map(|what| Finding::Residual { what })
}

/// Accounts of one person, or of one mailbox, name each other.
fn mark_duplicates(rows: &mut [ReviewRow]) {
    let mut first: HashMap<String, AccountId> = HashMap::new();
    for row in rows {
        let Some(account) = &row.account else { continue };
        let mailbox =
            || account.email.known().map(|email| format!("mailbox {}", email.as_str().to_lowercase()));
        let whose = row.person.as_ref().map(|person| format!("person {person}")).or_else(mailbox);
        let Some(whose) = whose else { continue };
        match first.get(&whose) {
            Some(other) => row.findings.push(Finding::Duplicate { of: other.clone() }),
            None => {
                first.insert(whose, account.id.clone());
            }
        }
    }
}

impl Ends {
    fn count(&mut self, grant: &Grant) {
        match grant.end.as_ref().and_then(|end| end.proof.as_ref()) {
            Some(Proof::Attested { .. }) => self.attested += 1,
            Some(_) => self.proven += 1,
            None => self.unproven += 1,
        }
    }
}

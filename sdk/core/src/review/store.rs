//! Reading one store.

use std::sync::Arc;
use std::time::Duration;

use super::books::{Books, says_inside};
use super::finding::Finding;
use super::judge::{Look, Resolved, fill, mark_duplicates};
use super::people::Ours;
use super::row::{Reading, ReviewRow, RowKey, StoreReview};
use crate::Timestamp;
use crate::call::CallContext;
use crate::capability::{Operation, Support};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::ext::AccessProviderExt;
use crate::grants::{Directory, Ledger, Phase, SubjectKey};
use crate::model::{AccessState, Collaborator, Evidence, ProviderId, Role, RoleId, StoreHandle};
use crate::page::ListQuery;
use crate::provider::AccessProvider;

/// More accounts than any store of these platforms lets in; a listing that goes on is not believed.
const MOST_ACCOUNTS: usize = 50_000;
/// More roles than any platform has; each of them may cost a request where a platform tells only who has a given one.
const MOST_ROLES: usize = 60;

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

impl ReviewRules {
    /// With this time without a sign-in.
    #[must_use]
    pub fn dormant_after(mut self, time: Duration) -> Self {
        self.dormant_after = time;
        self
    }
}

/// Reads stores, compares them with the ledger, and keeps what it finds there. Changes nothing at any store.
#[derive(Debug, Clone)]
pub struct Reviewer {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) env: Environment,
    pub(super) rules: ReviewRules,
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

    pub(super) fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    pub(super) fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    pub(super) fn now(&self) -> Timestamp {
        self.env.clock().now()
    }

    /// Reads one store. A store that cannot be read is no error: its rows are what the ledger knows, and it says why.
    ///
    /// # Errors
    /// When the ledger cannot be read, or for a store that nobody knows.
    pub async fn store(&self, store: &StoreHandle, cx: &CallContext) -> Result<StoreReview> {
        let provider = self.directory.connect(store)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no store {store}"))
                .with_remedy("name a store of the configuration")
        })?;
        Box::pin(self.read_store(store, provider.as_ref(), cx)).await
    }

    async fn read_store(
        &self,
        store: &StoreHandle,
        provider: &dyn AccessProvider,
        cx: &CallContext,
    ) -> Result<StoreReview> {
        let began_at = self.env.clock().now();
        let mut books = Books::read(&*self.ledger, store).await?;
        let platform = provider.connection().provider().clone();
        let ours = self.ours(&platform, &books).await?;
        let roles = roles_of(provider, cx).await;
        let Read { reading, again_after, accounts } =
            self.read(provider, &ours, &books, &roles, began_at, cx).await;
        let listed_at = match &reading {
            Reading::Complete { evidence } => evidence.began_at,
            _ => began_at,
        };
        let look = Look {
            directory: &*self.directory,
            rules: &self.rules,
            connection: provider.connection(),
            ours: &ours,
            roles: &roles,
            now: began_at,
            listed_at,
        };
        let mut matched = look.matched(&accounts, &books);
        for subject in look.odd(&accounts, &matched, &books, &reading) {
            books.read_again(&*self.ledger, store, &subject).await?;
        }
        let unseen = look.unseen(&matched, &books);
        let mut rows = Vec::with_capacity(accounts.len() + unseen.len());
        for subject in &unseen {
            let resolved = match reading.is_complete() {
                true => self.resolve(provider, &look, &books, subject, cx).await,
                false => Resolved::AsKept,
            };
            match resolved {
                Resolved::Listed(account) if accounts.iter().any(|known| known.id == account.id) => {
                    matched.insert(account.id.clone(), subject.clone());
                }
                resolved => rows.extend(row_of_unseen(&look, &books, subject, resolved)),
            }
        }
        let owners = accounts.iter().filter(|account| Look::is_owner(account)).count();
        let of_accounts =
            accounts.into_iter().map(|account| look.row_of(account, &matched, &mut books, owners));
        let mut listed: Vec<_> = of_accounts.collect();
        mark_duplicates(&mut listed, provider.connection().shares_subject());
        listed.append(&mut rows);
        look.add_what_is_left(&mut listed, &mut books);
        listed.sort_by(|one, other| {
            (one.findings.is_empty(), &one.key).cmp(&(other.findings.is_empty(), &other.key))
        });
        Ok(StoreReview {
            platform,
            store: store.clone(),
            began_at,
            reading,
            again_after,
            rows: listed,
            ends: books.ends,
        })
    }

    async fn ours(&self, platform: &ProviderId, books: &Books) -> Result<Ours> {
        let mut ours = Ours::on(platform, self.directory.people());
        for holding in &books.holdings {
            let kept = self.ledger.person(&holding.person).await?.and_then(|record| record.to_person());
            ours.learn(holding, kept);
        }
        for grant in books.grants.values().flatten() {
            if !ours.knows(&grant.person) {
                ours.add(self.ledger.person(&grant.person).await?.and_then(|record| record.to_person()));
            }
        }
        Ok(ours)
    }

    /// Everybody whom the store lists. What was read before a failure is no listing, and is not used.
    async fn read(
        &self,
        provider: &dyn AccessProvider,
        ours: &Ours,
        books: &Books,
        roles: &[Role],
        began_at: Timestamp,
        cx: &CallContext,
    ) -> Read {
        if let Some(reason) = not_listed(provider) {
            return Read::nobody(Reading::Attested { reason });
        }
        let platform = provider.connection().provider();
        let query = ListQuery::fresh()
            .with_known(ours.known(platform, &books.holdings))
            .with_roles(self.roles_to_ask_for(platform, roles));
        let mut pages = provider.pages(query, None, cx);
        let mut accounts = Vec::new();
        loop {
            match pages.next_page().await {
                Ok(Some(page)) if accounts.len() + page.len() <= MOST_ACCOUNTS => accounts.extend(page),
                Ok(Some(_)) => {
                    let reason = format!("the listing holds more than {MOST_ACCOUNTS} accounts");
                    return Read::nobody(Reading::Failed { reason });
                }
                Ok(None) => {
                    let mut evidence = pages.evidence().cloned().unwrap_or_else(|| Evidence::begun(began_at));
                    evidence.complete = true;
                    return Read { reading: Reading::Complete { evidence }, again_after: None, accounts };
                }
                Err(error) => {
                    // A store that refuses its listing may have turned out to be one that people must be asked about.
                    return match not_listed(provider) {
                        Some(reason) => Read::nobody(Reading::Attested { reason }),
                        None => Read {
                            again_after: wait_for_budget(&error),
                            ..Read::nobody(Reading::Failed { reason: error.to_string() })
                        },
                    };
                }
            }
        }
    }

    /// Where a platform tells only who has a given role, all of them: more than the grant gives shows in the others.
    fn roles_to_ask_for(&self, platform: &ProviderId, roles: &[Role]) -> Vec<RoleId> {
        if !roles.is_empty() {
            return roles.iter().take(MOST_ROLES).map(|role| role.id.clone()).collect();
        }
        let ours = self.directory.roles_on(platform);
        ours.into_iter().filter_map(|role| RoleId::new(role.platform_role?).ok()).collect()
    }

    /// The platform's own look at somebody whom a complete listing does not show as theirs: it knows more ways to tell.
    async fn resolve(
        &self,
        provider: &dyn AccessProvider,
        look: &Look<'_>,
        books: &Books,
        subject: &SubjectKey,
        cx: &CallContext,
    ) -> Resolved {
        let grants = books.owed(subject);
        if !grants.iter().any(|grant| grant.phase == Phase::Active) {
            return Resolved::Out;
        }
        let holding = books.holding(subject);
        let seen_later = holding.and_then(|known| known.seen_at).is_some_and(|seen| seen > look.listed_at);
        let asked_later = grants.iter().any(|grant| grant.created_at > look.listed_at);
        if seen_later || asked_later {
            return Resolved::AsKept;
        }
        let handle = holding.map(|known| &known.person).or_else(|| grants.first().map(|grant| &grant.person));
        let target = handle.and_then(|person| look.ours.target(person, look.connection.provider(), holding));
        let Some(target) = target else { return Resolved::Unclear };
        match provider.observe(&target, cx).await.map(|look| look.state) {
            Ok(AccessState::Absent) => Resolved::Gone,
            Ok(AccessState::Present { account } | AccessState::Suspended { account }) => {
                Resolved::Listed(account)
            }
            Ok(AccessState::Invited { account: Some(account) }) => Resolved::Listed(account),
            Ok(_) => Resolved::Unclear,
            Err(error) => {
                tracing::warn!(%error, "whether somebody with a grant is inside could not be looked up");
                Resolved::Unclear
            }
        }
    }
}

/// What a listing has shown.
struct Read {
    reading: Reading,
    again_after: Option<Duration>,
    accounts: Vec<Collaborator>,
}

impl Read {
    fn nobody(reading: Reading) -> Self {
        Self { reading, again_after: None, accounts: Vec::new() }
    }
}

/// How long to wait, where the platform's budget is all that was in the way.
fn wait_for_budget(error: &Error) -> Option<Duration> {
    match (error.kind(), error.retry()) {
        (ErrorKind::RateLimited, Retry::After(wait)) => Some(wait),
        (ErrorKind::RateLimited, _) => Some(Duration::ZERO),
        _ => None,
    }
}

/// Why nobody can be listed there, where that is so.
fn not_listed(provider: &dyn AccessProvider) -> Option<String> {
    let capabilities = provider.capabilities();
    let list = capabilities.get(Operation::List);
    matches!(list.support, Support::Manual | Support::Unsupported).then(|| list.reason.clone().into_owned())
}

/// The platform's roles. Without them, names of roles are taken for ids.
async fn roles_of(provider: &dyn AccessProvider, cx: &CallContext) -> Vec<Role> {
    let support = provider.capabilities().support(Operation::ListRoles);
    if not_listed(provider).is_some() || !matches!(support, Support::Native | Support::Emulated) {
        return Vec::new();
    }
    provider.list_roles(cx).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "roles could not be listed; names of roles are taken for ids");
        Vec::new()
    })
}

fn row_of_unseen(
    look: &Look<'_>,
    books: &Books,
    subject: &SubjectKey,
    resolved: Resolved,
) -> Option<ReviewRow> {
    let mut grants = books.owed(subject);
    let mut row = ReviewRow::new(RowKey::subject(subject));
    match resolved {
        Resolved::Out => return None,
        Resolved::Gone => row.findings.push(Finding::GrantWithoutPerson),
        Resolved::Unclear => row.findings.push(Finding::Unconfirmed),
        Resolved::AsKept => grants.retain(says_inside),
        Resolved::Listed(account) => {
            row.key = RowKey::account(&account.id);
            row.findings = look.of_account(&account, None, &grants, 1);
            row.account = Some(*account);
        }
    }
    row.person = Some(grants.first()?.person.clone());
    fill(&mut row, &grants);
    Some(row)
}

//! What there is to say about the accounts of one store. Nothing is asked here.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::books::{Books, highest};
use super::compare::beyond;
use super::finding::Finding;
use super::people::Ours;
use super::row::{Reading, ReviewRow, RowKey};
use super::store::ReviewRules;
use crate::Timestamp;
use crate::grants::{Directory, Former, Grant, Holding, Phase, SubjectKey};
use crate::model::{AccountId, AccountKind, Collaborator, Person, Role, Status, Told};
use crate::provider::Connection;

/// What is needed to judge the accounts of one store.
pub(super) struct Look<'a> {
    pub(super) directory: &'a dyn Directory,
    pub(super) rules: &'a ReviewRules,
    pub(super) connection: &'a Connection,
    pub(super) ours: &'a Ours,
    pub(super) roles: &'a [Role],
    pub(super) now: Timestamp,
    /// When the listing began.
    pub(super) listed_at: Timestamp,
}

/// Somebody with a grant whom the listing does not show as theirs.
pub(super) enum Resolved {
    /// They are inside all the same, as this account.
    Listed(Box<Collaborator>),
    /// They are not inside.
    Gone,
    /// They are not inside, and need not be.
    Out,
    /// Nobody can tell.
    Unclear,
    /// The ledger knows more than the listing.
    AsKept,
}

/// Which subject an account is, by its id.
pub(super) type Matched = HashMap<AccountId, SubjectKey>;

impl Look<'_> {
    /// Whose account each is. One subject is one account, except where everybody of ours comes in as one.
    pub(super) fn matched(&self, accounts: &[Collaborator], books: &Books) -> Matched {
        let listed: HashSet<_> = accounts.iter().map(|account| &account.id).collect();
        let mut matched = Matched::new();
        let mut taken: HashSet<SubjectKey> = HashSet::new();
        for account in accounts {
            let known = books.holdings.iter().find(|holding| holding.account.as_ref() == Some(&account.id));
            if let Some(holding) = known {
                taken.insert(holding.place.subject.clone());
                matched.insert(account.id.clone(), holding.place.subject.clone());
            }
        }
        let mut others: Vec<_> =
            accounts.iter().filter(|account| !matched.contains_key(&account.id)).collect();
        // Of several accounts of one person, grants are about the one that is invited.
        others.sort_by_key(|account| !self.ours.is_invited_by(account));
        for account in others {
            let Some(subject) = self.ours.owner(account).map(|person| self.subject_of(account, person))
            else {
                continue;
            };
            let elsewhere = books.holding(&subject).and_then(|holding| holding.account.as_ref());
            let is_another =
                elsewhere.is_some_and(|known| listed.contains(known)) || taken.contains(&subject);
            if is_another && !self.is_shared(account) {
                // A second account of theirs, which no grant of the first one covers.
                continue;
            }
            taken.insert(subject.clone());
            matched.insert(account.id.clone(), subject);
        }
        matched
    }

    fn subject_of(&self, account: &Collaborator, person: &Person) -> SubjectKey {
        if self.connection.shares_subject() && !self.is_shared(account) {
            return SubjectKey::of(person, self.connection.provider());
        }
        self.connection.subject(person)
    }

    /// Whether it comes in together with everybody of ours. Who has an ordinary account of the merchant's does not.
    fn is_shared(&self, account: &Collaborator) -> bool {
        self.connection.shares_subject()
            && matches!(account.kind, Told::Known(AccountKind::Collaborator) | Told::NotTold)
    }

    /// Subjects about which the ledger and the listing do not agree: while the store was read, grants may have changed.
    pub(super) fn odd(
        &self,
        accounts: &[Collaborator],
        matched: &Matched,
        books: &Books,
        reading: &Reading,
    ) -> BTreeSet<SubjectKey> {
        let inside = accounts.iter().filter_map(|account| matched.get(&account.id));
        let without = inside.filter(|subject| books.owed(subject).is_empty()).cloned();
        let missing = self.unseen(matched, books).into_iter().filter(|_| reading.is_complete());
        without.chain(missing).collect()
    }

    /// Subjects with grants whom no account is.
    pub(super) fn unseen(&self, matched: &Matched, books: &Books) -> Vec<SubjectKey> {
        let seen: HashSet<_> = matched.values().collect();
        let mut unseen: Vec<_> =
            books.grants.keys().filter(|subject| !seen.contains(subject)).cloned().collect();
        unseen.retain(|subject| !books.owed(subject).is_empty());
        unseen.sort();
        unseen
    }

    pub(super) fn row_of(
        &self,
        account: Collaborator,
        matched: &Matched,
        books: &mut Books,
        owners: usize,
    ) -> ReviewRow {
        let subject = matched.get(&account.id);
        let person = self.ours.owner(&account);
        let grants = subject.map(|subject| books.owed(subject)).unwrap_or_default();
        let mut row = ReviewRow::new(RowKey::account(&account.id));
        let of_grant = || grants.first().map(|grant| grant.person.clone());
        row.person = person.map(|person| person.handle.clone()).or_else(of_grant);
        row.findings = self.of_account(&account, person, &grants, owners);
        // Whoever is switched off is not inside; some platforms leave such an account behind a removal.
        if grants.is_empty() && person.is_some() && account.status != Status::Suspended {
            row.findings.extend(self.without_grant(subject, books));
        }
        if let Some(left) = subject.and_then(|subject| books.left.remove(subject)) {
            row.findings.extend(left.what.into_iter().map(|what| Finding::Residual { what }));
        }
        fill(&mut row, &grants);
        row.account = Some(account);
        row
    }

    /// What an account shows, and how it fits its grants.
    pub(super) fn of_account(
        &self,
        account: &Collaborator,
        person: Option<&Person>,
        grants: &[Grant],
        owners: usize,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let of_ours = person.is_some() || !grants.is_empty();
        if self.is_privileged(account, of_ours, owners) {
            findings.push(Finding::Privileged { rights: account.privileged.clone() });
        }
        findings.extend(self.dormant(account, grants));
        if person.is_some_and(|person| person.shared) {
            findings.push(Finding::SharedMailbox);
        }
        // What somebody has before they have their grant's role, or is about to lose, says nothing.
        let active: Vec<_> = grants.iter().filter(|grant| grant.phase == Phase::Active).cloned().collect();
        // An invitation that somebody waits for is as it should be. One instead of somebody who was inside is not.
        if !account.confirmed && (grants.is_empty() || !active.is_empty()) {
            findings.push(Finding::Unconfirmed);
            return findings;
        }
        if let Some(highest) = highest(&active) {
            let platform = self.connection.provider();
            let role = highest.role.as_ref().and_then(|role| self.directory.role(role, platform));
            findings.extend(beyond(account, role.as_ref(), self.roles));
        }
        findings
    }

    pub(super) fn is_owner(account: &Collaborator) -> bool {
        account.kind == Told::Known(AccountKind::Owner)
    }

    /// Every store has an owner, and that is nothing to look at. A second one is, and so is one of ours.
    fn is_privileged(&self, account: &Collaborator, of_ours: bool, owners: usize) -> bool {
        if Self::is_owner(account) { of_ours || owners > 1 } else { !account.privileged.is_empty() }
    }

    /// Who cannot sign in, or was let in only lately, need not have done so.
    fn dormant(&self, account: &Collaborator, grants: &[Grant]) -> Option<Finding> {
        let Told::Known(last_login) = account.last_login else { return None };
        if matches!(account.status, Status::Pending | Status::Suspended) {
            return None;
        }
        let latest = self.now.saturating_sub(self.rules.dormant_after).unwrap_or(Timestamp::MIN);
        let lately = grants.iter().any(|grant| grant.starts_at >= latest);
        let is_dormant = last_login.map_or(!lately, |at| at < latest && !lately);
        is_dormant.then_some(Finding::Dormant { last_login })
    }

    fn without_grant(&self, subject: Option<&SubjectKey>, books: &Books) -> Option<Finding> {
        let ended = subject.and_then(|subject| books.ended.get(subject));
        if ended.is_some_and(|ended| ended.at >= self.listed_at && !ended.restored) {
            // They were taken out after they were listed.
            return None;
        }
        let was_there = subject.and_then(|subject| books.holding(subject)).is_some_and(was_there);
        let before_us = was_there || ended.is_some_and(|ended| ended.restored);
        Some(Finding::OursWithoutGrant { before_us })
    }

    /// What is left to look after of people who have no account here any more.
    pub(super) fn add_what_is_left(&self, rows: &mut Vec<ReviewRow>, books: &mut Books) {
        for (subject, left) in std::mem::take(&mut books.left) {
            let key = RowKey::subject(&subject);
            let findings = left.what.into_iter().map(|what| Finding::Residual { what });
            match rows.iter_mut().find(|row| row.key == key) {
                Some(row) => row.findings.extend(findings),
                None => {
                    let mut row = ReviewRow::new(key);
                    row.person = Some(left.person);
                    row.findings = findings.collect();
                    rows.push(row);
                }
            }
        }
    }
}

fn was_there(holding: &Holding) -> bool {
    matches!(holding.former, Some(Former::Present { .. } | Former::Suspended { .. }))
}

pub(super) fn fill(row: &mut ReviewRow, grants: &[Grant]) {
    row.grants = grants.iter().map(|grant| grant.id).collect();
    row.role = highest(grants).and_then(|grant| grant.role.clone());
    row.until = grants.iter().map(|grant| grant.ends_at).max();
}

/// Accounts of one person, or of one mailbox, name each other. The rows of an organisation that comes in as one are no
/// duplicates of each other.
pub(super) fn mark_duplicates(rows: &mut [ReviewRow], shared: bool) {
    let mut accounts: HashMap<String, Vec<AccountId>> = HashMap::new();
    for row in rows.iter() {
        if let (Some(whose), Some(account)) = (whose(row, shared), &row.account) {
            accounts.entry(whose).or_default().push(account.id.clone());
        }
    }
    for row in rows {
        let Some(all) = whose(row, shared).and_then(|whose| accounts.get(&whose)) else { continue };
        let own = row.account.as_ref().map(|account| &account.id);
        if let Some(other) = all.iter().find(|id| Some(*id) != own) {
            row.findings.push(Finding::Duplicate { of: other.clone() });
        }
    }
}

fn whose(row: &ReviewRow, shared: bool) -> Option<String> {
    let account = row.account.as_ref()?;
    if shared && account.kind == Told::Known(AccountKind::Collaborator) {
        return None;
    }
    let mailbox = || account.email.known().map(|email| format!("mailbox {}", email.as_str().to_lowercase()));
    row.person.as_ref().map(|person| format!("person {person}")).or_else(mailbox)
}

#[cfg(test)]
#[cfg(feature = "reqwest")]
mod tests;

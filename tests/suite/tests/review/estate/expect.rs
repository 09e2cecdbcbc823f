//! What is to be found, worked out from the fakes' books and what the ledger holds. Nothing of the library judges here.

use std::collections::{BTreeMap, BTreeSet};

use guestpass::grants::{Former, Grant, GrantId, Phase, StepKind};
use guestpass::review::{Ends, Finding, ReviewRow};
use guestpass::{Proof, Timestamp};

use super::plan::{Kind, PEOPLE, TEAM};
use super::plant::{email, former_email};
use super::site::{Account, CO_OWNER, Fakes, Rights, Site, State, rights};
use super::{Books, DORMANT};
use crate::desk::DAY;

/// What is to be found, by store and by the key of the row.
pub(crate) type ByStore = BTreeMap<String, BTreeMap<String, Expected>>;

/// What a row is to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Expected {
    pub(crate) who: Option<String>,
    pub(crate) grants: BTreeSet<GrantId>,
    /// In words, sorted.
    pub(crate) found: Vec<String>,
    pub(crate) account: Option<Account>,
}

/// The same words for a finding that the library tells.
pub(crate) fn words(finding: &Finding) -> String {
    let kind = finding.kind();
    match finding {
        Finding::OursWithoutGrant { before_us } => format!("{kind} {before_us}"),
        Finding::BeyondGrant { rights } | Finding::Privileged { rights } => {
            let mut rights = rights.clone();
            rights.sort();
            format!("{kind} {}", rights.join(","))
        }
        Finding::Dormant { last_login } => format!("{kind} {:?}", last_login.map(Timestamp::as_second)),
        Finding::Duplicate { of } => format!("{kind} {of}"),
        _ => kind.to_owned(),
    }
}

/// A row of a review in the same form.
pub(crate) fn seen(row: &ReviewRow, account: Option<Account>) -> Expected {
    let mut found: Vec<_> = row.findings.iter().map(words).collect();
    found.sort();
    Expected {
        who: row.person.as_ref().map(ToString::to_string),
        grants: row.grants.iter().copied().collect(),
        found,
        account,
    }
}

/// What is to be found at a store now, by its rows' keys.
pub(crate) fn expected(
    fakes: &Fakes,
    site: &Site,
    books: &Books,
    now: Timestamp,
) -> BTreeMap<String, Expected> {
    let accounts = fakes.accounts(site);
    let mut rows = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for account in &accounts {
        let who = whose(site, account);
        let is_theirs = who.is_some_and(|who| is_the_one(account, who, &accounts, site, books));
        let subject = who.and_then(|who| subject(account, who, books)).filter(|_| is_theirs);
        seen.extend(subject.clone());
        let row = of_account(site, account, who, subject.as_deref(), &accounts, books, now);
        rows.insert(format!("account:{}", account.id), row);
    }
    for (who, id) in open_invitations(fakes, site, books) {
        let grants: Vec<&Grant> = owed(books).filter(|grant| grant.person.as_str() == who).collect();
        seen.extend(grants.iter().map(|grant| grant.place.subject.to_string()));
        let used = grants.iter().any(|grant| grant.phase == Phase::Active);
        let found = if used { vec!["unconfirmed".to_owned()] } else { Vec::new() };
        let grants = grants.iter().map(|grant| grant.id).collect();
        let row = Expected { who: Some(who), grants, found, account: None };
        rows.insert(format!("account:invitation/{id}"), row);
    }
    add_unseen(books, site.kind.is_held(), &seen, &mut rows);
    rows
}

/// What is to be found at a store that cannot be read: what the ledger says of who is inside, and nothing else.
pub(crate) fn unread(books: &Books) -> BTreeMap<String, Expected> {
    let mut rows = BTreeMap::new();
    add_unseen(books, true, &BTreeSet::new(), &mut rows);
    rows
}

/// Who has no account that anybody has seen.
fn add_unseen(books: &Books, blind: bool, seen: &BTreeSet<String>, rows: &mut BTreeMap<String, Expected>) {
    for grant in owed(books).filter(|grant| !seen.contains(grant.place.subject.as_str())) {
        let found = match grant.phase {
            Phase::Active if !blind => vec!["grant_without_person".to_owned()],
            Phase::Active | Phase::Suspended | Phase::Closing if blind => Vec::new(),
            _ => continue,
        };
        let row: &mut Expected = rows.entry(format!("subject:{}", grant.place.subject)).or_default();
        row.who = Some(grant.person.to_string());
        row.grants.insert(grant.id);
        row.found = found;
    }
    for step in &books.steps {
        let left = matches!(step.kind, StepKind::Residual | StepKind::Obligation { .. });
        if left && !seen.contains(step.place.subject.as_str()) {
            let row = rows.entry(format!("subject:{}", step.place.subject)).or_default();
            row.who = Some(step.person.to_string());
            row.found.push("residual".to_owned());
        }
    }
    rows.values_mut().for_each(|row| row.found.sort());
}

fn of_account(
    site: &Site,
    account: &Account,
    who: Option<&str>,
    subject: Option<&str>,
    all: &[Account],
    books: &Books,
    now: Timestamp,
) -> Expected {
    let grants: Vec<&Grant> =
        owed(books).filter(|grant| Some(grant.place.subject.as_str()) == subject).collect();
    let mut found = Vec::new();
    let owners = all.iter().filter(|account| account.owner).count();
    let power = power(site, account);
    let ours = who.is_some() || !grants.is_empty();
    if if account.owner { ours || owners > 1 } else { !power.is_empty() } {
        found.push(format!("privileged {}", power.join(",")));
    }
    found.extend(dormant(account, &grants, now));
    if who == Some(TEAM) {
        found.push("shared_mailbox".to_owned());
    }
    let mut used = grants.iter().filter(|grant| grant.phase == Phase::Active);
    // Of several grants the one that names the higher role decides; none of the plan has several.
    if let Some(grant) = used.next_back() {
        found.extend(beyond(site, account, grant.role.as_deref()));
    }
    if who.is_some() && grants.is_empty() && account.state != State::Off {
        found.push(format!(
            "ours_without_grant {}",
            subject.is_some_and(|subject| was_before(subject, books))
        ));
    }
    let residual = |step: &&guestpass::grants::Step| {
        matches!(step.kind, StepKind::Residual | StepKind::Obligation { .. })
            && Some(step.place.subject.as_str()) == subject
    };
    found.extend(books.steps.iter().filter(residual).map(|_| "residual".to_owned()));
    if !account.together {
        let same = |other: &&Account| {
            let same_person = who.is_some() && whose(site, other) == who;
            let same_mailbox = who.is_none() && site.kind != Kind::Wix && other.email == account.email;
            other.id != account.id && !other.together && (same_person || same_mailbox)
        };
        found.extend(all.iter().filter(same).map(|other| format!("duplicate {}", other.id)));
    }
    found.sort();
    Expected {
        who: who.or(grants.first().map(|grant| grant.person.as_str())).map(str::to_owned),
        grants: grants.iter().map(|grant| grant.id).collect(),
        found,
        account: Some(account.clone()),
    }
}

fn owed(books: &Books) -> impl Iterator<Item = &Grant> {
    let owed = [Phase::Opening, Phase::Awaiting, Phase::Active, Phase::Suspended, Phase::Closing];
    books.grants.iter().filter(move |grant| owed.contains(&grant.phase))
}

/// Whose account it is: by its address, and on Wix, which tells none, by the account alone.
fn whose(site: &Site, account: &Account) -> Option<&'static str> {
    PEOPLE.into_iter().chain([TEAM]).find(|who| {
        let former = site.kind != Kind::Wix && account.email == former_email(who);
        account.email == email(who) || former
    })
}

/// Of several accounts of one person, the one that looks have shown is the one of their grants, or else the one of the
/// address that they are invited by.
fn is_the_one(account: &Account, who: &str, all: &[Account], site: &Site, books: &Books) -> bool {
    let theirs: Vec<_> = all
        .iter()
        .filter(|other| other.together == account.together && whose(site, other) == Some(who))
        .collect();
    let kept = books.holdings.iter().filter(|holding| holding.person.as_str() == who);
    let kept: Vec<_> = kept.filter_map(|holding| holding.account.as_ref()).map(ToString::to_string).collect();
    let shown = theirs.iter().find(|one| kept.contains(&one.id));
    let now = theirs.iter().find(|one| one.email == email(who));
    shown.or(now).or(theirs.first()).is_some_and(|one| one.id == account.id) || account.together
}

/// The subject that an account is, where the ledger knows one.
fn subject(account: &Account, who: &str, books: &Books) -> Option<String> {
    let subjects =
        books.grants.iter().map(|grant| &grant.place).chain(books.steps.iter().map(|step| &step.place));
    let mut of_person =
        books.grants.iter().filter(|grant| grant.person.as_str() == who).map(|grant| &grant.place);
    if account.together {
        return subjects.map(|place| place.subject.to_string()).find(|it| it.starts_with("organisation:"));
    }
    let found = of_person.next().map(|place| place.subject.to_string());
    found.filter(|it| !it.starts_with("organisation:"))
}

/// Whether they were there before our first grant, or its end brought that back.
fn was_before(subject: &str, books: &Books) -> bool {
    let of_subject = |grant: &&Grant| grant.place.subject.as_str() == subject;
    let over = books.grants.iter().filter(of_subject).filter(|grant| grant.phase.is_over());
    let last = over.max_by_key(|grant| grant.end.as_ref().map(|end| end.since));
    let restored = last
        .and_then(|grant| grant.end.as_ref())
        .is_some_and(|end| matches!(end.proof, Some(Proof::Restored { .. })));
    let lives = books.grants.iter().filter(of_subject).any(|grant| !grant.phase.is_over());
    let found = |holding: &guestpass::grants::Holding| {
        let there = matches!(holding.former, Some(Former::Present { .. } | Former::Suspended { .. }));
        holding.place.subject.as_str() == subject && there
    };
    restored || (lives && books.holdings.iter().any(found))
}

/// What lets an account let others in, move money or take data out.
fn power(site: &Site, account: &Account) -> Vec<String> {
    let held = account.rights.clone().unwrap_or_default();
    let mut power: Vec<String> = match site.kind {
        Kind::Shared | Kind::Alone => held.into_iter().filter(|right| right == "Manage_Users").collect(),
        Kind::Shopify | Kind::ShopifyRights => {
            let powers = ["full", "staff_management", "collaborator_request_management"];
            held.into_iter().filter(|right| powers.contains(&right.as_str())).collect()
        }
        Kind::Wix => held.into_iter().filter(|right| right == CO_OWNER).collect(),
        Kind::Prestashop(_) => {
            held.into_iter().filter(|right| right == "1").map(|_| "SuperAdmin".to_owned()).collect()
        }
        Kind::Held(_) => Vec::new(),
    };
    power.sort();
    power
}

/// BigCommerce alone tells when somebody last signed in.
fn dormant(account: &Account, grants: &[&Grant], now: Timestamp) -> Option<String> {
    let last = account.last_login?;
    let limit = now.saturating_sub(DORMANT * DAY).unwrap();
    let lately = grants.iter().any(|grant| grant.starts_at >= limit);
    let can = matches!(account.state, State::Inside | State::Odd);
    let long = last.is_none_or(|last| last < limit);
    (can && long && !lately).then(|| format!("dormant {:?}", last.map(Timestamp::as_second)))
}

fn beyond(site: &Site, account: &Account, role: Option<&str>) -> Option<String> {
    let not = Some("not_comparable".to_owned());
    let Some(held) = account.rights.as_ref().filter(|_| role == Some("support")) else { return not };
    let meant = rights(site.kind.platform(), Rights::Support);
    let mut more: Vec<_> = held.iter().filter(|right| !meant.contains(right)).cloned().collect();
    more.sort();
    (!more.is_empty()).then(|| format!("beyond_grant {}", more.join(",")))
}

/// People whom an invitation of Wix's was sent to that may be open, for all that anybody can see. Wix does not show that
/// somebody took it, or was taken out since.
fn open_invitations(fakes: &Fakes, site: &Site, books: &Books) -> Vec<(String, String)> {
    if site.kind != Kind::Wix {
        return Vec::new();
    }
    let mut open = Vec::new();
    for invite in fakes.wix.invites(&site.name) {
        let inside = fakes.wix.is_contributor(&site.name, &invite.email);
        let who = PEOPLE.into_iter().find(|who| email(who) == invite.email);
        let kept = |holding: &guestpass::grants::Holding| {
            holding.state.is_some() && who.is_some_and(|who| holding.person.as_str() == who)
        };
        let lives = owed(books).any(|grant| who.is_some_and(|who| grant.person.as_str() == who));
        if let (Some(who), false, true) = (who, inside, lives && books.holdings.iter().any(kept)) {
            open.push((who.to_owned(), invite.id));
        }
    }
    open
}

/// How the grants of a store ended.
pub(crate) fn ends(books: &Books) -> (u64, u64, u64) {
    let over = books.grants.iter().filter(|grant| grant.phase.is_over());
    let proofs = over.map(|grant| grant.end.as_ref().and_then(|end| end.proof.as_ref()));
    proofs.fold((0, 0, 0), |(proven, attested, none), proof| match proof {
        Some(Proof::Attested { .. }) => (proven, attested + 1, none),
        Some(_) => (proven + 1, attested, none),
        None => (proven, attested, none + 1),
    })
}

pub(crate) fn told(ends: Ends) -> (u64, u64, u64) {
    (ends.proven, ends.attested, ends.unproven)
}

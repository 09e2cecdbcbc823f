//! Accounts as they may come, with empty books.

use std::time::Duration;

use super::*;
use crate::grants::StaticDirectory;
use crate::model::{ContentionKey, Email, PersonHandle, ProviderId, StoreHandle};

const SHOP: ProviderId = ProviderId::from_static("shop");

fn connection() -> Connection {
    let key = ContentionKey::new("store/1").unwrap();
    Connection::new(SHOP, StoreHandle::new("acme").unwrap(), "Acme", key, Duration::ZERO, Duration::ZERO)
}

fn sam() -> Person {
    Person::new(PersonHandle::new("sam").unwrap(), "sam@vendor.example".parse().unwrap())
        .with_other_email("s@home.example".parse().unwrap())
}

fn account(id: &str, email: Option<&str>) -> Collaborator {
    let mut account = Collaborator::new(AccountId::new(id).unwrap(), Status::Active);
    account.kind = Told::Known(AccountKind::Staff);
    account.email = email.map_or(Told::NotTold, |email| Told::Known(email.parse::<Email>().unwrap()));
    account
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// Something asked of a look at a store of which the ledger knows nothing.
fn with_look<T>(connection: &Connection, ask: impl FnOnce(&Look<'_>) -> T) -> T {
    let transport = std::sync::Arc::new(crate::http::ReqwestTransport::new().unwrap());
    let clock = std::sync::Arc::new(crate::clock::SystemClock::new());
    let coordination = std::sync::Arc::new(crate::coordination::MemoryCoordination::new());
    let env = crate::environment::Environment::new(transport, clock, coordination);
    let directory = StaticDirectory::new(crate::registry::Registry::new(), env);
    let rules = ReviewRules::default();
    let ours = Ours::on(&SHOP, vec![sam()]);
    ask(&Look {
        directory: &directory,
        rules: &rules,
        connection,
        ours: &ours,
        roles: &[],
        now: now(),
        listed_at: now(),
    })
}

/// What is said about these accounts, with empty books.
fn judged(connection: &Connection, accounts: Vec<Collaborator>) -> Vec<ReviewRow> {
    with_look(connection, |look| {
        let mut books = Books::default();
        let matched = look.matched(&accounts, &books);
        let owners = accounts.iter().filter(|account| Look::is_owner(account)).count();
        let mut rows: Vec<_> =
            accounts.into_iter().map(|account| look.row_of(account, &matched, &mut books, owners)).collect();
        mark_duplicates(&mut rows, connection.shares_subject());
        rows
    })
}

fn kinds(rows: &[ReviewRow]) -> Vec<Vec<&'static str>> {
    rows.iter().map(|row| row.findings.iter().map(Finding::kind).collect()).collect()
}

#[test]
fn the_one_owner_is_no_finding_and_a_second_one_is() {
    let owner = |id, email| {
        let mut account = account(id, Some(email));
        account.kind = Told::Known(AccountKind::Owner);
        account.privileged = vec!["everything".to_owned()];
        account
    };
    let one = owner("1", "olivia@merchant.example");
    assert_eq!(kinds(&judged(&connection(), vec![one.clone()])), [vec![""; 0]]);
    let two = vec![one, owner("2", "sam@merchant.example")];
    assert_eq!(kinds(&judged(&connection(), two)), [["privileged"], ["privileged"]]);
    let ours = vec![owner("1", "sam@vendor.example")];
    assert_eq!(kinds(&judged(&connection(), ours)), [["privileged", "ours_without_grant"]]);
    let mut admin = account("1", None);
    admin.privileged = vec!["Manage_Users".to_owned()];
    assert_eq!(kinds(&judged(&connection(), vec![admin])), [["privileged"]]);
}

#[test]
fn a_long_time_without_a_sign_in_is_dormant_from_its_first_day_on() {
    let last = |days: i64, status: Status| {
        let mut account = account("1", None);
        account.status = status;
        let at = now() - jiff::SignedDuration::from_hours(24 * days);
        account.last_login = Told::Known(Some(at));
        kinds(&judged(&connection(), vec![account])).remove(0)
    };
    assert_eq!(last(90, Status::Active), [""; 0]);
    assert_eq!(last(91, Status::Active), ["dormant"]);
    assert_eq!(last(91, Status::Unknown("ODD".to_owned())), ["dormant"]);
    assert_eq!(last(91, Status::Suspended), [""; 0]);
    assert_eq!(last(91, Status::Pending), [""; 0]);
    let mut never = account("1", None);
    never.last_login = Told::Known(None);
    assert_eq!(kinds(&judged(&connection(), vec![never])), [["dormant"]]);
    assert_eq!(kinds(&judged(&connection(), vec![account("1", None)])), [vec![""; 0]]);
}

#[test]
fn accounts_of_one_person_or_mailbox_name_each_other() {
    let rows = judged(
        &connection(),
        vec![
            account("1", Some("sam@vendor.example")),
            account("2", Some("S@home.example")),
            account("3", Some("ann@merchant.example")),
            account("4", Some("Ann@merchant.example")),
            account("5", Some("bob@merchant.example")),
            account("6", None),
        ],
    );
    let of = |row: &ReviewRow| {
        row.findings.iter().find_map(|finding| match finding {
            Finding::Duplicate { of } => Some(of.to_string()),
            _ => None,
        })
    };
    let named: Vec<_> = rows.iter().map(of).collect();
    let named: Vec<_> = named.iter().map(Option::as_deref).collect();
    assert_eq!(named, [Some("2"), Some("1"), Some("4"), Some("3"), None, None]);
}

/// In which order a platform lists accounts says nothing.
#[test]
fn of_two_accounts_of_one_person_grants_are_about_the_one_that_is_invited() {
    let accounts = [account("1", Some("s@home.example")), account("2", Some("Sam@vendor.example"))];
    let matched = with_look(&connection(), |look| look.matched(&accounts, &Books::default()));
    assert_eq!(matched.keys().map(AccountId::as_str).collect::<Vec<_>>(), ["2"]);
    let former = [account("1", Some("s@home.example"))];
    let matched = with_look(&connection(), |look| look.matched(&former, &Books::default()));
    assert_eq!(matched.len(), 1, "a former address is theirs where there is no other");
}

#[test]
fn an_organisations_people_are_no_duplicates() {
    let shared = connection().letting_in(SubjectKey::organisation("ours"));
    let collaborator = |id, email| {
        let mut account = account(id, Some(email));
        account.kind = Told::Known(AccountKind::Collaborator);
        account
    };
    let rows = judged(
        &shared,
        vec![collaborator("1", "sam@vendor.example"), collaborator("2", "sam@vendor.example")],
    );
    assert_eq!(kinds(&rows), [["ours_without_grant"], ["ours_without_grant"]]);
}

#[test]
fn who_is_switched_off_is_not_inside() {
    let mut off = account("1", Some("sam@vendor.example"));
    off.status = Status::Suspended;
    assert_eq!(kinds(&judged(&connection(), vec![off])), [vec![""; 0]]);
}

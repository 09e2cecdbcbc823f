//! Reviews of many stores, in the order in which they happen to be read.

use std::collections::BTreeMap;

use guestpass::grants::Principal;
use guestpass::review::{Ends, Finding};
use guestpass::{AccountId, Timestamp};

use crate::output::{DecisionView, FindingView, ReviewRowView, ReviewSummary, ReviewedStoreView, Who};

pub(super) const MARK: &str = "9f3ac";
const ID: &str = "01993d1c-5a00-7000-8000-00000009f3ac";
const PLATFORMS: [&str; 4] = ["bigcommerce", "prestashop", "shopify", "wix"];
const FIRST: [&str; 8] =
    ["Ada", "Björn", "Chiara", "Dũng", "Eun-ji", "Fatima", "Grzegorz", "Helena-Katharina"];
const LAST: [&str; 6] = ["Lovelace", "Ångström", "Papadopoulou-Wörthmüller", "Nguyễn", "Okafor", "Li"];

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn robin() -> Who {
    Who::from(&Principal::stated("Robin Boss"))
}

/// Stores with so many rows together.
pub(super) fn stores(several: usize, rows: u32) -> Vec<ReviewedStoreView> {
    let mut number = 0;
    let mut stores: Vec<_> = (0..several).map(|index| store(index, several)).collect();
    while number < rows {
        for (index, store) in stores.iter_mut().enumerate() {
            // A store that waits was not read, so nothing is known of it.
            if number < rows && store.reading != "waiting" {
                number += 1;
                let salt = index * 7 + store.rows.len();
                store.rows.push(row(number, salt));
            }
        }
    }
    stores
}

fn store(index: usize, several: usize) -> ReviewedStoreView {
    // Read in an order that is none of the page's.
    let name = (index * 37) % several;
    let (reading, reason) = match index % 40 {
        7 => ("attested", Some("the merchant holds the key of this store")),
        13 => {
            ("failed", Some("the credential was refused (401); next: make a new one, then `guestpass check`"))
        }
        39 => ("waiting", None),
        _ => ("complete", None),
    };
    let mut ends = Ends::default();
    (ends.proven, ends.attested, ends.unproven) = (3, 1, u64::from(index.is_multiple_of(10)));
    ReviewedStoreView {
        review: ID.to_owned(),
        store: format!("shop-{name:03}"),
        platform: PLATFORMS[index % 4].to_owned(),
        reading,
        reason: reason.map(str::to_owned),
        began_at: (reading != "waiting").then(|| at("2026-10-01T08:30:00Z")),
        pages: (reading == "complete").then_some(2),
        ends,
        rows: Vec::new(),
    }
}

/// A row; one in three has findings.
pub(super) fn row(number: u32, salt: usize) -> ReviewRowView {
    let (first, last) = (FIRST[salt % 8], LAST[(salt / 3) % 6]);
    let ours = salt.is_multiple_of(4);
    let findings = if number.is_multiple_of(3) { findings(salt) } else { Vec::new() };
    let decided = !findings.is_empty() && salt.is_multiple_of(5);
    ReviewRowView {
        row: format!("{MARK}-{number}"),
        number,
        key: format!("account:{number}"),
        account: Some(format!("user/{}", 10_000 + number)),
        name: Some(format!("{first} {last}")),
        email: Some(format!("{}.{}@agency.example", first.to_lowercase(), salt)),
        person: ours.then(|| first.to_lowercase()),
        status: Some(if salt.is_multiple_of(11) { "suspended" } else { "active" }.to_owned()),
        roles: if salt.is_multiple_of(3) { vec!["Administrator".to_owned()] } else { Vec::new() },
        permissions: rights(salt),
        last_login: salt.is_multiple_of(2).then(|| at("2026-09-12T14:05:00Z")),
        grants: if ours { vec![format!("01993d1c-5a00-7000-8000-{number:012}")] } else { Vec::new() },
        role: ours.then(|| "support".to_owned()),
        until: ours.then(|| at("2026-12-31T23:00:00Z")),
        findings: findings.iter().map(FindingView::from).collect(),
        decision: decided.then(|| DecisionView {
            verdict: "revoke",
            by: robin(),
            at: at("2026-10-02T09:00:00Z"),
            reason: Some("left the project".to_owned()),
        }),
    }
}

fn rights(salt: usize) -> Vec<String> {
    let several = [0, 2, 5, 12, 24][salt % 5];
    (0..several).map(|n| format!("Manage_{}_{n}", ["Orders", "Products", "Customers"][n % 3])).collect()
}

/// One to three findings of every kind in turn.
fn findings(salt: usize) -> Vec<Finding> {
    let other = AccountId::new("user/77").unwrap();
    let all = [
        Finding::OursWithoutGrant { before_us: salt.is_multiple_of(2) },
        Finding::GrantWithoutPerson,
        Finding::BeyondGrant { rights: rights(salt + 3) },
        Finding::NotComparable { reason: "the role does not name permissions".to_owned() },
        Finding::Privileged { rights: rights(salt + 4) },
        Finding::Dormant { last_login: salt.is_multiple_of(2).then(|| at("2026-02-01T10:00:00Z")) },
        Finding::Duplicate { of: other },
        Finding::SharedMailbox,
        Finding::Residual {
            what: "an API account that they may have made: look under Settings, API accounts".to_owned(),
        },
        Finding::Unconfirmed,
    ];
    let first = salt % all.len();
    all.iter().cycle().skip(first).take(1 + salt % 3).cloned().collect()
}

/// What a review of these stores says in numbers.
pub(super) fn summary(stores: &[ReviewedStoreView]) -> ReviewSummary {
    let how_many = |reading: &str| stores.iter().filter(|store| store.reading == reading).count();
    let mut findings = BTreeMap::new();
    let mut ends = Ends::default();
    for store in stores {
        ends.proven += store.ends.proven;
        ends.attested += store.ends.attested;
        ends.unproven += store.ends.unproven;
        for finding in store.rows.iter().flat_map(|row| &row.findings) {
            *findings.entry(finding.kind.to_owned()).or_default() += 1;
        }
    }
    let waiting = how_many("waiting");
    ReviewSummary {
        id: ID.to_owned(),
        mark: MARK.to_owned(),
        by: robin(),
        reason: Some("quarter 4".to_owned()),
        began_at: at("2026-10-01T08:00:00Z"),
        finished_at: (waiting == 0).then(|| at("2026-10-01T09:12:00Z")),
        stores: stores.len(),
        complete: how_many("complete"),
        attested: how_many("attested"),
        failed: how_many("failed"),
        waiting,
        rows: stores.iter().map(|store| store.rows.len() as u64).sum(),
        findings,
        ends,
    }
}

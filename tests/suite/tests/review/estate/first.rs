//! One review of everything: each thing that was prepared is found, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use guestpass::review::{KeptRow, Reading, Review, StoreReview};

use super::Estate;
use super::expect::{ByStore, Expected, ends, seen, told};
use super::plan::{KINDS, Kind, meant, repertoire};

/// How many stores BigCommerce tells at once.
const STORES_OF_A_PAGE: usize = 10;
/// Beside the listing of a site of Wix's: who holds each of its six roles, which roles there are, and what the site is.
const BESIDES: usize = 8;

impl Estate {
    /// A review shows exactly what is to be found, at every store and in every row.
    pub(crate) async fn assert_right(&self, expected: &ByStore, shown: &BTreeMap<String, StoreReview>) {
        let mut wrong = Vec::new();
        for site in &self.sites {
            let (rows, store) = (&expected[&site.handle], &shown[&site.handle]);
            let mut found = BTreeMap::new();
            for row in &store.rows {
                let account = rows.get(row.key.as_str()).and_then(|row| row.account.clone());
                let before = found.insert(row.key.to_string(), seen(row, account));
                assert_eq!(before, None, "{}: {} has one row", site.handle, row.key);
            }
            if found != *rows {
                let both: BTreeSet<_> = rows.keys().chain(found.keys()).collect();
                let differ = both.into_iter().filter(|key| rows.get(*key) != found.get(*key));
                let lines = differ.map(|key| {
                    format!("\n  {key}\n    is {}\n    to {}", short(found.get(key)), short(rows.get(key)))
                });
                wrong.push(format!(
                    "{} {:?} {:?}:{}",
                    site.handle,
                    site.kind,
                    site.cases,
                    lines.collect::<String>()
                ));
            }
            let is_right = match &store.reading {
                Reading::Complete { evidence } => evidence.complete && !site.kind.is_held(),
                Reading::Attested { reason } => !reason.is_empty() && site.kind.is_held(),
                _ => false,
            };
            assert!(is_right, "{}: {:?}", site.handle, store.reading);
            assert_eq!(told(store.ends), ends(&self.books(site).await), "{}", site.handle);
        }
        assert!(wrong.is_empty(), "{} stores:\n{}", wrong.len(), wrong.join("\n"));
    }

    /// What is kept is what was shown, and the numbers add up.
    pub(crate) async fn assert_kept(&self, review: &Review, shown: &BTreeMap<String, StoreReview>) {
        let rows = self.rows(review.id).await;
        let numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=u32::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
        let mut by_store: BTreeMap<String, Vec<&KeptRow>> = BTreeMap::new();
        for row in &rows {
            by_store.entry(row.store.to_string()).or_default().push(row);
        }
        assert_eq!(review.stores.len(), self.sites.len());
        for store in &review.stores {
            let (shown, kept) = (&shown[store.store.as_str()], by_store.remove(store.store.as_str()));
            let kept = kept.unwrap_or_default();
            assert_eq!(kept.first().map_or(0, |row| row.number), store.first_row);
            let pairs = |row: &KeptRow| (row.key.clone(), row.findings.clone(), row.grants.clone());
            let shown_rows =
                shown.rows.iter().map(|row| (row.key.clone(), row.findings.clone(), row.grants.clone()));
            assert_eq!(kept.iter().map(|row| pairs(row)).collect::<Vec<_>>(), shown_rows.collect::<Vec<_>>());
            assert_eq!(usize::try_from(store.rows).unwrap(), shown.rows.len());
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            for finding in shown.rows.iter().flat_map(|row| &row.findings) {
                *counts.entry(finding.kind().to_owned()).or_default() += 1;
            }
            assert_eq!((&store.findings, told(store.ends)), (&counts, told(shown.ends)));
        }
        let text = format!("{review:?}{rows:?}");
        assert!(!text.contains('@') && !text.contains("Some Body"), "neither names nor addresses are kept");
    }
}

fn short(row: Option<&Expected>) -> String {
    row.map_or_else(|| "nothing".to_owned(), |row| format!("{:?} {:?} {:?}", row.who, row.found, row.grants))
}

/// The plan means what it says: whatever was prepared is among what is to be found.
async fn assert_meant(estate: &Estate, expected: &ByStore) {
    let mut prepared = BTreeSet::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut as_it_should_be = 0;
    for site in &estate.sites {
        let rows = &expected[&site.handle];
        let found: Vec<_> = rows.values().flat_map(|row| &row.found).collect();
        for case in &site.cases {
            prepared.insert((site.kind.platform(), site.kind.is_held(), case.what));
            if let Some(kind) = meant(site.kind, case.what) {
                *kinds.entry(kind).or_default() += 1;
                assert!(found.iter().any(|it| it.starts_with(kind)), "{site:?} {rows:?}");
            }
        }
        as_it_should_be += usize::from(found.is_empty());
    }
    let all = KINDS.iter().flat_map(|(kind, _)| {
        repertoire(*kind).into_iter().map(|what| (kind.platform(), kind.is_held(), what))
    });
    let missing: Vec<_> = all.filter(|one| !prepared.contains(one)).collect();
    assert!(missing.is_empty(), "never prepared: {missing:?}");
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    assert!(as_it_should_be >= 40, "only {as_it_should_be} stores without a finding");
}

async fn everything_is_found(estate: Estate) {
    let expected = estate.expected().await;
    assert_meant(&estate, &expected).await;
    let (review, shown) = estate.review().await;
    estate.assert_right(&expected, &shown).await;
    estate.assert_kept(&review, &shown).await;
    let spent = estate.fakes.requests();
    println!("{} stores, {} rows, {spent:?} requests", review.stores.len(), review.last_row());
    assert_eq!(
        spent,
        estate.worth(&expected),
        "one reading for all stores of an account, and no look too many"
    );
}

impl Estate {
    /// What a review of everything costs: BigCommerce's account and store, Shopify, Wix, PrestaShop.
    fn worth(&self, expected: &ByStore) -> [usize; 5] {
        let count = |kind: Kind| self.sites.iter().filter(|site| site.kind == kind).count();
        let missing = |platform: &str| -> usize {
            let of_platform = self.sites.iter().filter(|site| site.kind.platform() == platform);
            let rows =
                of_platform.flat_map(|site| expected[&site.handle].values().map(move |row| (site, row)));
            let missing =
                rows.filter(|(_, row)| row.found.iter().any(|found| found == "grant_without_person"));
            missing
                .map(
                    |(site, _)| {
                        if site.kind == Kind::Alone { 1 } else { usize::from(site.kind != Kind::Shared) }
                    },
                )
                .sum()
        };
        let (shared, alone) = (count(Kind::Shared), count(Kind::Alone));
        let shopify = count(Kind::Shopify) + 2 * count(Kind::ShopifyRights);
        let prestashop = self.fakes.prestashop.len();
        [
            shared.div_ceil(STORES_OF_A_PAGE) + alone + missing("bigcommerce"),
            shared + alone,
            shopify + missing("shopify"),
            count(Kind::Wix) * (1 + BESIDES) + missing("wix"),
            prestashop + missing("prestashop"),
        ]
    }
}

#[tokio::test]
async fn everything_is_found_and_nothing_is_invented() {
    Box::pin(everything_is_found(Estate::in_memory().await)).await;
}

#[tokio::test]
async fn the_same_on_a_ledger_in_a_file() {
    let estate = Estate::on_sqlite().await;
    Box::pin(everything_is_found(estate)).await;
}

/// What is read of a store twice is the same.
#[tokio::test]
async fn a_second_review_differs_in_nothing() {
    let estate = Estate::in_memory().await;
    let (old, _) = estate.review().await;
    let (new, _) = estate.review().await;
    let reviewer = estate.reviewer();
    let mut comparison = reviewer.compare(old.id, new.id).await.unwrap();
    let mut stores = 0;
    while let Some(store) = comparison.next_store().await.unwrap() {
        stores += 1;
        assert_eq!((store.not_comparable, store.changes), (None, Vec::new()), "{}", store.store);
    }
    assert_eq!(stores, estate.sites.len());
}

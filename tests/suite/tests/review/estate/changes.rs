//! Things change at forty stores: a second review and a look for drift tell exactly that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use guestpass::grants::{Cause, Drifted, Phase, SweepOptions, SweepReport, Watcher};
use guestpass::review::{Difference, Reading, RowDifference};

use super::Estate;
use super::expect::{ByStore, Expected};
use super::plan::{Case, Kind, What};
use super::plant::{email, merchant};
use super::site::{Rights, Site};
use crate::desk::{DAY, HOUR};

/// How many stores change.
const CHANGED: usize = 40;
/// At most so many stores of a platform in the same way.
const ALIKE: usize = 4;

/// What somebody does at a store without us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// Somebody of ours is taken out.
    Out,
    /// Somebody of ours may do more.
    More,
    /// Somebody of ours may do no more than they should.
    Less,
    /// Somebody of ours is let in.
    In,
    /// Somebody of the merchant's is taken out.
    MerchantOut,
}

fn change(site: &Site, number: usize) -> Option<(Change, &'static str)> {
    if site.kind.is_held() {
        return None;
    }
    if site.cases.is_empty() {
        return Some((Change::In, "ann"));
    }
    let of_case = |case: &Case| match case.what {
        // What people may do is not told to every app of Shopify's.
        What::Fits if number.is_multiple_of(2) && site.kind != Kind::Shopify => {
            Some((Change::More, case.who))
        }
        What::Fits | What::NoGrant | What::Shared => Some((Change::Out, case.who)),
        What::Beyond | What::BeyondAdmin if site.kind != Kind::Shopify => Some((Change::Less, case.who)),
        What::Admin => Some((Change::MerchantOut, case.who)),
        _ => None,
    };
    site.cases.iter().find_map(of_case)
}

impl Estate {
    /// Changes what is prepared. Gives the stores.
    fn change(&self) -> BTreeSet<String> {
        let mut alike: BTreeMap<(&str, Change), usize> = BTreeMap::new();
        let mut changed = BTreeSet::new();
        for (number, site) in self.sites.iter().enumerate().rev() {
            let Some((change, who)) = change(site, number).filter(|_| changed.len() < CHANGED) else {
                continue;
            };
            let count = alike.entry((site.kind.platform(), change)).or_default();
            *count += 1;
            if *count > ALIKE {
                continue;
            }
            changed.insert(site.handle.clone());
            let ours = email(who);
            match change {
                Change::Out => self.fakes.take_out(site, &ours),
                Change::More => self.fakes.set_rights(site, &ours, Rights::More),
                Change::Less => self.fakes.set_rights(site, &ours, Rights::Support),
                Change::In => self.fakes.let_in(site, &ours, Rights::Support, false),
                Change::MerchantOut => {
                    let case = site.cases.iter().find(|case| case.what == What::Admin).unwrap();
                    self.fakes.take_out(site, &merchant(site, case));
                }
            }
        }
        let kinds: BTreeSet<_> = alike.keys().map(|(_, change)| *change).collect();
        assert_eq!((changed.len(), kinds.len()), (CHANGED, 5), "{alike:?}");
        changed
    }
}

/// The kinds of findings of a row.
fn kinds(row: &Expected) -> BTreeSet<String> {
    row.found.iter().map(|found| found.split(' ').next().unwrap().to_owned()).collect()
}

/// How two states of a store are to differ, in words, by the key of the row.
fn differences(
    platform: &str,
    old: &BTreeMap<String, Expected>,
    new: &BTreeMap<String, Expected>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let mut words = BTreeSet::new();
        match (old.get(key), new.get(key)) {
            (None, Some(new)) => {
                words.insert("appeared".to_owned());
                words.extend(kinds(new).iter().map(|kind| format!("found {kind}")));
            }
            (Some(_), None) => drop(words.insert("gone".to_owned())),
            (Some(old), Some(new)) => {
                words.extend(kinds(new).difference(&kinds(old)).map(|kind| format!("found {kind}")));
                words.extend(kinds(old).difference(&kinds(new)).map(|kind| format!("settled {kind}")));
                let rights = |row: &Expected| row.account.as_ref().map(|account| account.rights.clone());
                let state = |row: &Expected| row.account.as_ref().map(|account| account.state);
                if rights(old) != rights(new) {
                    let told =
                        if ["wix", "prestashop"].contains(&platform) { "roles" } else { "permissions" };
                    words.insert(told.to_owned());
                }
                if state(old) != state(new) {
                    words.insert("status".to_owned());
                }
            }
            (None, None) => {}
        }
        if !words.is_empty() {
            all.insert(key.clone(), words);
        }
    }
    all
}

fn words(change: &RowDifference) -> BTreeSet<String> {
    let word = |difference: &Difference| match difference {
        Difference::Appeared => "appeared".to_owned(),
        Difference::Gone => "gone".to_owned(),
        Difference::Status { .. } => "status".to_owned(),
        Difference::Roles { .. } => "roles".to_owned(),
        Difference::Permissions { .. } => "permissions".to_owned(),
        Difference::Found { finding } => format!("found {}", finding.kind()),
        Difference::Settled { finding } => format!("settled {}", finding.kind()),
        other => format!("{other:?}"),
    };
    change.what.iter().map(word).collect()
}

#[tokio::test]
async fn a_second_review_tells_what_has_changed_and_nothing_else() {
    let estate = Estate::in_memory().await;
    let before = estate.expected().await;
    let (old, _) = estate.review().await;
    let changed = estate.change();
    estate.clock.advance(2 * HOUR);
    let after = estate.expected().await;
    let (new, shown) = estate.review().await;
    estate.assert_right(&after, &shown).await;
    let reviewer = estate.reviewer();
    let mut comparison = reviewer.compare(old.id, new.id).await.unwrap();
    let mut told = BTreeSet::new();
    while let Some(store) = comparison.next_store().await.unwrap() {
        let handle = store.store.to_string();
        assert_eq!(store.not_comparable, None);
        let found: BTreeMap<_, _> =
            store.changes.iter().map(|change| (change.key.to_string(), words(change))).collect();
        let expected = differences(store.platform.as_str(), &before[&handle], &after[&handle]);
        assert_eq!(found, expected, "{handle} {:?}", estate.site(&handle));
        for change in &store.changes {
            let row = after[&handle].get(change.key.as_str()).or(before[&handle].get(change.key.as_str()));
            assert_eq!(change.person.as_ref().map(ToString::to_string), row.unwrap().who);
        }
        if !found.is_empty() {
            told.insert(handle);
        }
    }
    assert_eq!(told, changed);
}

/// Told of looks.
#[derive(Default)]
struct Heard(Mutex<BTreeMap<String, Drifted>>);

impl Watcher for Heard {
    fn drifted(&self, drifted: &Drifted) {
        let before = self.0.lock().unwrap().insert(drifted.store.to_string(), drifted.clone());
        assert!(before.is_none(), "{} is looked at once", drifted.store);
    }
}

impl Estate {
    async fn look(&self) -> (SweepReport, BTreeMap<String, Drifted>) {
        let heard = Heard::default();
        let report = self.look_for_drift(&heard).await;
        let heard = heard.0.into_inner().unwrap();
        let unread = heard.values().find(|told| matches!(told.reading, Reading::Failed { .. }));
        assert!(report.unreadable == 0 && unread.is_none(), "{unread:?}");
        (report, heard)
    }

    async fn sweep(&self) {
        let report = self.engine.sweep(&SweepOptions::default(), &()).await.unwrap();
        assert_eq!(report.failed, 0);
    }

    /// What was told of each store is what was not there before, and what is not there any more.
    fn assert_told(
        &self,
        before: &ByStore,
        now: &ByStore,
        heard: &BTreeMap<String, Drifted>,
    ) -> BTreeSet<String> {
        let known = |rows: &BTreeMap<String, Expected>| -> BTreeSet<(String, String)> {
            let each = |(key, row): (&String, &Expected)| {
                kinds(row).into_iter().map(|kind| (key.clone(), kind)).collect::<Vec<_>>()
            };
            rows.iter().flat_map(each).collect()
        };
        let mut stores = BTreeSet::new();
        for site in &self.sites {
            let told = &heard[&site.handle];
            let (old, new) = (known(&before[&site.handle]), known(&now[&site.handle]));
            let appeared: BTreeSet<_> =
                told.appeared.iter().map(|(key, it)| (key.to_string(), it.kind().to_owned())).collect();
            let gone: BTreeSet<_> =
                told.gone.iter().map(|known| (known.key.to_string(), known.kind.clone())).collect();
            assert_eq!(appeared, new.difference(&old).cloned().collect(), "{site:?}");
            assert_eq!(gone, old.difference(&new).cloned().collect(), "{site:?}");
            if !appeared.is_empty() || !gone.is_empty() {
                stores.insert(site.handle.clone());
            }
        }
        stores
    }

    /// Whoever had a grant and was not inside has none any more, because of that.
    async fn assert_ended(&self, expected: &ByStore) -> usize {
        let missing = |row: &&Expected| row.found.iter().any(|found| found == "grant_without_person");
        let mut ended = 0;
        for id in expected.values().flat_map(|rows| rows.values()).filter(missing).flat_map(|row| &row.grants)
        {
            let grant = self.ledger.grant(*id).await.unwrap().unwrap();
            assert_eq!((grant.phase, grant.end.map(|end| end.cause)), (Phase::Ended, Some(Cause::Drift)));
            ended += 1;
        }
        ended
    }
}

#[tokio::test]
async fn a_look_for_drift_tells_what_has_changed_and_nothing_else() {
    let estate = Estate::in_memory().await;
    let nothing: ByStore = estate.sites.iter().map(|site| (site.handle.clone(), BTreeMap::new())).collect();
    estate.sweep().await;
    let first = estate.expected().await;
    let (report, heard) = estate.look().await;
    assert_eq!(report.looked_at, u64::try_from(estate.sites.len()).unwrap());
    estate.assert_told(&nothing, &first, &heard);
    assert!(estate.assert_ended(&first).await >= 10);

    estate.clock.advance(DAY + HOUR);
    estate.sweep().await;
    let changed = estate.change();
    let second = estate.expected().await;
    let (report, heard) = estate.look().await;
    assert_eq!(report.looked_at, u64::try_from(estate.sites.len()).unwrap());
    let told = estate.assert_told(&first, &second, &heard);
    // Where a platform does not tell what people may do, nothing is found about those who come and go.
    assert!(changed.intersection(&told).count() > CHANGED * 3 / 4, "{told:?}");
    assert!(estate.assert_ended(&second).await >= 5);
    let appeared: usize = heard.values().map(|told| told.appeared.len()).sum();
    assert_eq!(report.appeared, u64::try_from(appeared).unwrap());
}

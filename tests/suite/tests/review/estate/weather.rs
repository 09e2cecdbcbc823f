//! Some stores are down, some take no more requests, some refuse: nothing is invented about them.

use std::collections::BTreeMap;

use guestpass::StoreHandle;
use guestpass::grants::{Drifted, Watcher};
use guestpass::review::{Reading, ReviewRequest};

use guestpass_testkit::{Fault, On, ThrottleShape};

use super::expect::{expected, seen, told, unread};
use super::plan::Kind;
use super::site::{Site, account_token};
use super::{Estate, Shown};
use crate::desk::{DAY, HOUR, boss};

/// More than anybody asks.
const ALL: usize = 1_000_000;

impl Estate {
    /// Every Shopify store is down, every site of Wix's takes no more requests, BigCommerce has forgotten the credentials
    /// of the stores that are alone, and every second shop of PrestaShop refuses to list.
    fn disturb(&self) {
        self.fakes.shopify.inject(On::Reads, Fault::Status(503), ALL);
        self.fakes.wix.inject(On::Reads, Fault::Throttled(ThrottleShape::NoHeaders), ALL);
        for site in self.sites.iter().filter(|site| self.is_disturbed(site)) {
            match site.kind {
                Kind::Alone => self.fakes.bigcommerce.revoke_token(&account_token(&site.account)),
                Kind::Prestashop(_) => {
                    let (fake, seed) = self.fakes.shop(site);
                    fake.set_key_permissions(&seed.key, &[("languages", &["GET"])]);
                }
                _ => {}
            }
        }
    }

    fn is_disturbed(&self, site: &Site) -> bool {
        match site.kind {
            Kind::Shopify | Kind::ShopifyRights | Kind::Wix | Kind::Alone => true,
            Kind::Prestashop(_) => site.name.parse::<usize>().unwrap().is_multiple_of(2),
            Kind::Shared | Kind::Held(_) => false,
        }
    }
}

/// Told of looks that showed something.
struct Heard;

impl Watcher for Heard {
    fn drifted(&self, drifted: &Drifted) {
        assert_eq!((&drifted.appeared[..], &drifted.gone[..]), (&[][..], &[][..]), "{}", drifted.store);
    }
}

#[tokio::test]
async fn nothing_is_invented_about_stores_that_cannot_be_read() {
    let estate = Estate::in_memory().await;
    // The first look ends the grants of those who were taken out; the second one knows that.
    for _ in 0..2 {
        assert_eq!(estate.look_for_drift(&()).await.unreadable, 0);
        estate.clock.advance(DAY + HOUR);
    }
    let (old, _) = estate.review().await;
    estate.disturb();
    estate.clock.advance(HOUR);

    let mut right = BTreeMap::new();
    for site in &estate.sites {
        let books = estate.books(site).await;
        let rows = match estate.is_disturbed(site) {
            true => unread(&books),
            false => expected(&estate.fakes, site, &books, estate.now()),
        };
        right.insert(site.handle.clone(), rows);
    }
    let shown = Shown::default();
    let cx = estate.env.call().with_timeout(400 * DAY);
    let new = estate.reviewer().run(ReviewRequest::new(boss()), &cx, &shown).await.unwrap();
    assert!(new.finished_at.is_some());
    let shown = shown.0.into_inner().unwrap();
    for site in &estate.sites {
        let (store, rows) = (&shown[&site.handle], &right[&site.handle]);
        let found: BTreeMap<_, _> = store
            .rows
            .iter()
            .map(|row| {
                let account = rows.get(row.key.as_str()).and_then(|row| row.account.clone());
                (row.key.to_string(), seen(row, account))
            })
            .collect();
        assert_eq!(found, *rows, "{site:?}");
        let is_right = match &store.reading {
            Reading::Complete { .. } => !estate.is_disturbed(site) && !site.kind.is_held(),
            Reading::Attested { .. } => site.kind.is_held(),
            Reading::Failed { reason } => estate.is_disturbed(site) && reason.contains("next:"),
            _ => false,
        };
        assert!(is_right, "{site:?} {:?}", store.reading);
        assert_eq!(told(store.ends), super::expect::ends(&estate.books(site).await));
    }

    let reviewer = estate.reviewer();
    let mut comparison = reviewer.compare(old.id, new.id).await.unwrap();
    while let Some(store) = comparison.next_store().await.unwrap() {
        let site = estate.site(store.store.as_str());
        assert_eq!(store.not_comparable.is_some(), estate.is_disturbed(site), "{site:?}");
        assert_eq!(store.changes, [], "{site:?}");
    }

    estate.clock.advance(DAY);
    let report = estate.look_for_drift(&Heard).await;
    // A platform that asks us to wait has said nothing about its stores: they are looked at later.
    let throttled = estate.sites.iter().filter(|site| site.kind == Kind::Wix).count();
    let disturbed = estate.sites.iter().filter(|site| estate.is_disturbed(site)).count();
    let told = (usize::try_from(report.unreadable).unwrap(), usize::try_from(report.put_off).unwrap());
    assert_eq!(told, (disturbed - throttled, throttled));
    for site in estate.sites.iter().filter(|site| estate.is_disturbed(site)) {
        let store = StoreHandle::new(&site.handle).unwrap();
        let last = estate.ledger.last_look(&store).await.unwrap().unwrap();
        assert_eq!(last.put_off_since.is_some(), site.kind == Kind::Wix);
        assert_eq!(last.failed.is_some(), site.kind != Kind::Wix);
        assert!(last.looked_at.is_some(), "what was known before is kept");
    }
}

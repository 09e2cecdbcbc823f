//! Many stores with their credentials in use, a ledger, and a host that survives.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use guestpass::grants::{GrantQuery, Phase, SweepOptions};
use guestpass::incident::{Incident, IncidentReport, report};
use guestpass::rotation::{CredentialName, Rotation, RotationQuery};
use guestpass::{Clock, PersonHandle, SinkCopy, StoreHandle};
use guestpass_suite::files::write_whole;
use guestpass_suite::setup::{Host, Kept, PLACES, Setup, Store};
use guestpass_suite::stage::{Books, GUEST, Platform};
use guestpass_suite::worker::{Alarm, Wish};
use guestpass_testkit::conformance::credentials::InUse;
use guestpass_testkit::postgres::Database;
use tempfile::TempDir;

use crate::stores::{self, Came, Site, Use};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
/// As long as a lease lasts that nobody renews.
pub(crate) const LEASE: Duration = Duration::from_secs(300);
/// How long users of a credential need to take a new one.
const DRAIN: Duration = Duration::from_secs(60);
pub(crate) const PLATFORMS: [Platform; 4] =
    [Platform::BigCommerce, Platform::Prestashop, Platform::Shopify, Platform::Wix];

/// Where ledgers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ledgers {
    Sqlite,
    Postgres,
}

/// A credential of a store, as it was before the incident.
pub(crate) struct Held {
    /// The index of its store.
    pub(crate) site: usize,
    pub(crate) what: Use,
    pub(crate) used: InUse,
    pub(crate) label: String,
    /// What there was of its kind before.
    pub(crate) before: Vec<String>,
    /// What people made.
    pub(crate) by_people: Mutex<Vec<String>>,
}

pub(crate) struct Estate {
    pub(crate) sites: Vec<Site>,
    pub(crate) held: Vec<Held>,
    pub(crate) setup: Setup,
    pub(crate) host: Host,
    pub(crate) books: Vec<Books>,
    pub(crate) folder: TempDir,
    _database: Option<Database>,
}

impl Estate {
    /// The stores of these platforms, with our guest inside.
    pub(crate) async fn new(platforms: &[Platform], ledgers: Ledgers) -> Self {
        let estate = Self::empty(platforms, ledgers).await;
        Box::pin(estate.our_guest_comes_in()).await;
        estate
    }

    /// The same stores, without our guest.
    pub(crate) async fn empty(platforms: &[Platform], ledgers: Ledgers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = (ledgers == Ledgers::Postgres).then(|| Database::make().unwrap());
        let file = || format!("sqlite:{}", folder.path().join("ledger").display());
        let mut setup = Setup::new(database.as_ref().map_or_else(file, Database::url), folder.path());
        let mut sites = Vec::new();
        for platform in platforms {
            sites.extend(stores::of(*platform, setup.clock().unwrap(), platforms.len() > 1).await);
        }
        if platforms.len() > 1 {
            sites.push(stores::foreign(setup.clock().unwrap()).await);
        }
        let mut held = Vec::new();
        for (number, site) in sites.iter().enumerate() {
            let (store, of_site) = furnish(&setup, number, site);
            setup.stores.push(store);
            setup.credentials.extend(of_site.iter().map(|held| kept(site, held)));
            held.extend(of_site);
        }
        let mut guest = sites[0].stage.guest();
        for site in &sites {
            guest.accounts.extend(site.stage.guest().accounts);
            if setup.roles.iter().all(|role| role.platform != site.stage.platform()) {
                setup.roles.push(site.stage.role());
            }
        }
        setup.people = vec![guest];
        let host = setup.open().await.unwrap();
        let books = sites.iter().map(|site| site.stage.books()).collect();
        Self { sites, held, setup, host, books, folder, _database: database }
    }

    async fn our_guest_comes_in(&self) {
        let email = self.setup.people[0].email.parse().unwrap();
        for site in &self.sites {
            match site.came {
                Came::ByGrant => self.grant(site).await,
                Came::Alone => site.stage.world().merchant_adds(&email),
                Came::Never => {}
            }
        }
        for _ in 0..8 {
            self.people_let_in().await;
            self.host.clock.advance(20 * MINUTE);
            Box::pin(self.host.engine.sweep(&SweepOptions::default(), &())).await.unwrap();
            let grants = self.host.ledger.grants(&GrantQuery::new(), None, 100).await.unwrap();
            if grants.iter().all(|grant| grant.phase == Phase::Active) {
                for site in self.sites.iter().filter(|site| site.came != Came::Never) {
                    assert!(site.stage.is_inside(), "{}", site.handle);
                }
                return;
            }
        }
        panic!("nobody got in");
    }

    /// Writes a grant down, and sends what there is to be sent.
    pub(crate) async fn grant(&self, site: &Site) {
        let grant = self.host.engine.request(self.wish(site).request().unwrap()).await.unwrap();
        let cx = self.host.env.call().with_timeout(DAY / 4);
        self.host.engine.settle(&grant.place, &cx).await.unwrap();
    }

    pub(crate) fn wish(&self, site: &Site) -> Wish {
        let until = self.host.clock.now().saturating_add(10 * DAY).unwrap();
        Wish { store: site.handle.to_owned(), person: GUEST.to_owned(), until }
    }

    pub(crate) fn alarm() -> Alarm {
        Alarm { person: GUEST.to_owned(), allow_downtime: true }
    }

    /// The incident, if it is written down.
    pub(crate) async fn incident(&self) -> Option<Incident> {
        let who = PersonHandle::new(GUEST).unwrap();
        let all = self.host.ledger.incidents(Some(&who), 10).await.unwrap();
        assert!(all.len() <= 1, "one was opened: {all:#?}");
        all.into_iter().next()
    }

    /// What the ledger says of it now.
    pub(crate) async fn report(&self, incident: &Incident) -> IncidentReport {
        report(&*self.host.ledger, incident.id, self.host.clock.now()).await.unwrap()
    }

    /// Every rotation of a credential, in order.
    pub(crate) async fn rotations(&self, held: &Held) -> Vec<Rotation> {
        let store = StoreHandle::new(self.sites[held.site].handle).unwrap();
        let query = RotationQuery::of(&store, &CredentialName::new(held.what.name).unwrap());
        self.host.ledger.rotations(&query, None, 100).await.unwrap()
    }

    /// What users of a credential find in each place.
    pub(crate) fn copies(&self, held: &Held, which: SinkCopy) -> Vec<String> {
        let read = |place: &&str| self.setup.place(place).read(&held.label, which).unwrap();
        PLACES.iter().filter_map(read).collect()
    }

    pub(crate) fn kept_file(&self, site: usize, name: &str) -> PathBuf {
        kept_file(&self.setup, self.sites[site].handle, name)
    }

    pub(crate) fn complaints(&self) -> PathBuf {
        self.folder.path().join("complaints")
    }
}

impl Held {
    /// Every secret of its kind that there ever was for this use.
    pub(crate) fn ever(&self, site: &Site) -> Vec<String> {
        let mut ever = site.stage.credentials().minted(self.what.way.kind);
        ever.retain(|secret| !self.before.contains(secret));
        ever.extend(self.by_people.lock().unwrap().iter().cloned());
        ever.push(self.used.secret.clone());
        ever.sort();
        ever.dedup();
        ever
    }
}

/// Puts a store's credentials into use, and gives its settings.
fn furnish(setup: &Setup, number: usize, site: &Site) -> (Store, Vec<Held>) {
    let world = site.stage.credentials();
    let mut store = Store {
        platform: site.stage.platform(),
        handle: site.handle.to_owned(),
        texts: BTreeMap::new(),
        secrets: BTreeMap::new(),
        files: BTreeMap::new(),
        merchant_held: false,
    };
    let mut held = Vec::new();
    for what in &site.uses {
        let used = world.in_use(what.way);
        let label = format!("{}/{}", site.handle, what.name);
        for place in PLACES {
            setup.place(place).plant(&label, &used.secret).unwrap();
        }
        if let Some(name) = used.store_lives_on {
            store.files.insert(name.to_owned(), setup.place(PLACES[0]).path(&label, SinkCopy::Live));
        }
        settle_on(setup, &mut store, &used);
        let before = world.minted(what.way.kind);
        let by_people = Mutex::default();
        held.push(Held { site: number, what: *what, used, label, before, by_people });
    }
    if let Some(way) = site.set_up_for {
        let used = world.in_use(way);
        settle_on(setup, &mut store, &used);
        store.secrets.extend(used.store_lives_on.map(|name| (name.to_owned(), used.secret.clone())));
    }
    store.secrets.extend(site.own_token.map(|token| ("access_token".to_owned(), token.to_owned())));
    if let Some((name, label)) = site.lives_on {
        store.secrets.remove(name);
        store.files.insert(name.to_owned(), setup.place(PLACES[0]).path(label, SinkCopy::Live));
    }
    (store, held)
}

fn settle_on(setup: &Setup, store: &mut Store, used: &InUse) {
    store.texts.extend(owned(&used.store_texts));
    store.secrets.extend(owned(&used.store_secrets));
    for (name, value) in &used.store_kept {
        let file = kept_file(setup, &store.handle, name);
        write_whole(&file, value).unwrap();
        store.files.insert((*name).to_owned(), file);
    }
}

fn kept(site: &Site, held: &Held) -> Kept {
    Kept {
        store: site.handle.to_owned(),
        name: held.what.name.to_owned(),
        kind: held.what.way.kind.to_owned(),
        texts: owned(&held.used.texts),
        secrets: owned(&held.used.secrets),
        drain: DRAIN,
        dependents: held.what.dependents.iter().map(|&store| store.to_owned()).collect(),
    }
}

fn kept_file(setup: &Setup, store: &str, name: &str) -> PathBuf {
    setup.folder.join(format!("kept-{store}-{name}"))
}

fn owned(pairs: &[(&'static str, String)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

//! One credential in use on a fake, the places where it is kept, and a host that survives.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use guestpass::SinkCopy;
use guestpass::rotation::{Rotation, RotationQuery};
use guestpass_suite::files::write_whole;
use guestpass_suite::setup::{Host, Kept, PLACES, Setup, Store};
use guestpass_suite::stage::{Platform, STORE, Stage};
use guestpass_suite::worker::Job;
use guestpass_testkit::conformance::credentials::{InUse, Way};
use tempfile::TempDir;

use crate::consumer::{Consumer, DRAIN};

/// Our name for the credential.
pub(crate) const NAME: &str = "ours";

/// A fake, a credential in use, a ledger, and a host that survives.
pub(crate) struct Scene {
    pub(crate) way: Way,
    pub(crate) stage: Arc<Stage>,
    pub(crate) setup: Setup,
    pub(crate) host: Host,
    pub(crate) consumer: Arc<Consumer>,
    pub(crate) used: InUse,
    /// What people made.
    pub(crate) by_people: Mutex<Vec<String>>,
    /// What was said on the way: by processes, in errors.
    pub(crate) said: Mutex<String>,
    pub(crate) folder: TempDir,
}

impl Scene {
    /// Every way in which the platform's credentials are rotated.
    pub(crate) async fn ways(platform: Platform) -> Vec<Way> {
        let folder = tempfile::tempdir().unwrap();
        let clock = guestpass_suite::clock::SharedClock::open(&folder.path().join("clock")).unwrap();
        Stage::start(platform, Arc::new(clock)).await.unwrap().credentials().ways()
    }

    pub(crate) async fn new(platform: Platform, way: Way) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut setup =
            Setup::new(format!("sqlite:{}", folder.path().join("ledger").display()), folder.path());
        let stage = Arc::new(Stage::start(platform, setup.clock().unwrap()).await.unwrap());
        let used = stage.credentials().in_use(way);
        let label = format!("{STORE}/{NAME}");
        for place in PLACES {
            setup.place(place).plant(&label, &used.secret).unwrap();
        }
        setup.stores = vec![store(&setup, &stage, &used, &label)];
        setup.credentials = vec![Kept {
            store: STORE.to_owned(),
            name: NAME.to_owned(),
            kind: way.kind.to_owned(),
            texts: owned(&used.texts),
            secrets: owned(&used.secrets),
            drain: DRAIN,
            dependents: Vec::new(),
        }];
        let places = PLACES.iter().map(|place| setup.place(place)).collect();
        let consumer =
            Arc::new(Consumer::new(stage.clone(), way.kind, label, places, setup.clock().unwrap()));
        let host = setup.open().await.unwrap().watched_by(consumer.clone());
        let (by_people, said) = (Mutex::default(), Mutex::default());
        Self { way, stage, setup, host, consumer, used, by_people, said, folder }
    }

    /// The rotation, if it is written down.
    pub(crate) async fn rotation(&self) -> Option<Rotation> {
        let all = self.host.ledger.rotations(&RotationQuery::new(), None, 10).await.unwrap();
        assert!(all.len() <= 1, "one was asked for: {all:#?}");
        all.into_iter().next()
    }

    /// How it begins.
    pub(crate) fn beginning() -> Job {
        Job::Rotate { store: STORE.to_owned(), credential: NAME.to_owned() }
    }

    /// Whether nobody may be refused on the way.
    pub(crate) fn overlaps(&self, rotation: &Rotation) -> bool {
        let kinds = self.host.driver.directory().connect(&rotation.store).unwrap().unwrap();
        let kinds = kinds.credentials().unwrap().kinds();
        kinds.iter().any(|info| info.kind == rotation.kind && !info.is_in_place())
    }

    /// What the users of each place find there.
    pub(crate) fn live(&self) -> Vec<String> {
        self.copies(SinkCopy::Live)
    }

    pub(crate) fn copies(&self, which: SinkCopy) -> Vec<String> {
        let read = |place: &guestpass_suite::files::Files| place.read(&self.consumer.label, which).unwrap();
        self.consumer.places.iter().filter_map(read).collect()
    }

    /// A secret setting that the store writes back itself.
    pub(crate) fn kept(&self, name: &str) -> String {
        fs::read_to_string(kept_file(&self.setup, name)).unwrap()
    }

    /// Every secret of the kind that there ever was.
    pub(crate) fn ever(&self) -> Vec<String> {
        let mut ever = self.stage.credentials().minted(self.way.kind);
        ever.extend(self.by_people.lock().unwrap().iter().cloned());
        ever.push(self.used.secret.clone());
        ever.sort();
        ever.dedup();
        ever
    }

    pub(crate) fn say(&self, what: &str) {
        self.said.lock().unwrap().push_str(what);
    }

    pub(crate) fn complaints(&self) -> PathBuf {
        self.folder.path().join("complaints")
    }
}

fn store(setup: &Setup, stage: &Stage, used: &InUse, label: &str) -> Store {
    let mut files = BTreeMap::new();
    if let Some(name) = used.store_lives_on {
        files.insert(name.to_owned(), setup.place(PLACES[0]).path(label, SinkCopy::Live));
    }
    for (name, value) in &used.store_kept {
        let file = kept_file(setup, name);
        write_whole(&file, value).unwrap();
        files.insert((*name).to_owned(), file);
    }
    Store {
        platform: stage.platform(),
        handle: STORE.to_owned(),
        texts: owned(&used.store_texts),
        secrets: owned(&used.store_secrets),
        files,
        merchant_held: false,
    }
}

fn kept_file(setup: &Setup, name: &str) -> PathBuf {
    setup.folder.join(format!("kept-{name}"))
}

fn owned(pairs: &[(&'static str, String)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

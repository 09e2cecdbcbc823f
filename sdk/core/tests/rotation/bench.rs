//! One shop, one credential, a ledger, sinks, and whoever uses the credential.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use guestpass::grants::{
    Checkpoint, Directory, Durable, Ledger, MemoryLedger, Moment, Policy, Principal, TappedLedger,
};
use guestpass::http::{Transport, TransportError};
use guestpass::rotation::*;
use guestpass::*;

use super::clock::TestClock;
use super::ledger::Shaky;
use super::shop::Shop;
use super::sinks::Shelf;

pub(crate) const DRAIN: Duration = Duration::from_secs(3600);

#[derive(Debug)]
struct NoNetwork;

#[async_trait]
impl Transport for NoNetwork {
    async fn send(
        &self,
        _: ::http::Request<Bytes>,
        _: usize,
    ) -> Result<::http::Response<Bytes>, TransportError> {
        panic!("nothing goes to the network")
    }
}

/// What the driver knows of the world.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) shop: Arc<Shop>,
    pub(crate) shelves: Vec<Arc<Shelf>>,
    pub(crate) slot: Mutex<CredentialSlot>,
    /// Further stores of the same shop.
    pub(crate) others: Mutex<Vec<StoreHandle>>,
}

impl Directory for World {
    fn stores(&self) -> Vec<StoreHandle> {
        vec![store()]
    }
    fn connect(&self, which: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        let is_known = *which == store() || self.others.lock().unwrap().contains(which);
        Ok(is_known.then(|| self.shop.clone() as Arc<dyn AccessProvider>))
    }
    fn by_hand(&self, _: &StoreHandle) -> Result<Option<Arc<dyn AccessProvider>>> {
        Ok(None)
    }
    fn person(&self, _: &PersonHandle) -> Option<Person> {
        None
    }
    fn people(&self) -> Vec<Person> {
        Vec::new()
    }
    fn roles_on(&self, _: &ProviderId) -> Vec<RoleSpec> {
        Vec::new()
    }
    fn role(&self, _: &str, _: &ProviderId) -> Option<RoleSpec> {
        None
    }
    fn rank(&self, _: &str) -> Option<i64> {
        None
    }
    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>> {
        let index: usize = name.strip_prefix("shelf-")?.parse().ok()?;
        self.shelves.get(index).map(|shelf| shelf.clone() as Arc<dyn Sink>)
    }
    fn credentials(&self, which: &StoreHandle) -> Vec<CredentialSlot> {
        if *which == store() { vec![self.slot.lock().unwrap().clone()] } else { Vec::new() }
    }
    fn policy(&self, _: &StoreHandle, _: Option<&str>) -> Policy {
        Policy::new()
    }
}

/// What a test lets happen at a step.
pub(crate) type Happening = Box<dyn FnOnce() + Send>;

/// Uses what is live, and keeps what it has read for as long as it may. Counts steps, and dies at one of them.
pub(crate) struct Consumer {
    world: Arc<World>,
    clock: Arc<TestClock>,
    read: Mutex<Vec<Option<(String, Timestamp)>>>,
    seen: Mutex<Vec<(Durable, Moment)>>,
    dies_at: Mutex<Option<usize>>,
    happens_at: Mutex<Option<(usize, Happening)>>,
    refused: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Consumer")
    }
}

/// What a process that was killed leaves behind instead of a result.
#[derive(Debug)]
pub(crate) struct Killed;

impl Checkpoint for Consumer {
    fn at(&self, step: Durable, moment: Moment) {
        self.use_it();
        let count = {
            let mut seen = self.seen.lock().unwrap();
            seen.push((step, moment));
            seen.len()
        };
        let happening = self.happens_at.lock().unwrap().take_if(|(at, _)| *at == count);
        if let Some((_, happens)) = happening {
            happens();
        }
        if *self.dies_at.lock().unwrap() == Some(count) {
            std::panic::resume_unwind(Box::new(Killed));
        }
    }
}

impl Consumer {
    fn use_it(&self) {
        let now = self.clock.now();
        let mut read = self.read.lock().unwrap();
        for (shelf, read) in self.world.shelves.iter().zip(read.iter_mut()) {
            let is_fresh =
                |at: &Timestamp| Duration::try_from(now.duration_since(*at)).is_ok_and(|age| age < DRAIN);
            if !read.as_ref().is_some_and(|(_, at)| is_fresh(at)) {
                *read = shelf.truth(SinkCopy::Live).map(|secret| (secret, now));
            }
            if let Some((secret, _)) = read.as_ref()
                && !self.world.shop.works(secret)
            {
                self.refused.lock().unwrap().push(secret.clone());
            }
        }
    }

    pub(crate) fn steps(&self) -> Vec<(Durable, Moment)> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }
}

pub(crate) struct Bench {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) world: Arc<World>,
    pub(crate) ledger: Arc<TappedLedger<Shaky>>,
    pub(crate) consumer: Arc<Consumer>,
    pub(crate) env: Environment,
    /// What a person made and remembers.
    made_by_hand: Mutex<Option<String>>,
}

pub(crate) fn store() -> StoreHandle {
    StoreHandle::new("acme").unwrap()
}

pub(crate) fn web() -> CredentialName {
    CredentialName::new("web").unwrap()
}

pub(crate) fn olga() -> Principal {
    Principal::stated("olga")
}

pub(crate) fn request() -> RotationRequest {
    let mut request = RotationRequest::new(store(), web(), olga());
    request.allow_downtime = true;
    request
}

impl Bench {
    /// Two sinks that give back what they keep.
    pub(crate) fn new(kind: &str) -> Self {
        Self::with_shelves(kind, &[true, true])
    }

    pub(crate) fn with_shelves(kind: &str, read_back: &[bool]) -> Self {
        Self::of(super::shop::kind(kind), read_back)
    }

    pub(crate) fn of(info: KindInfo, read_back: &[bool]) -> Self {
        let clock = Arc::new(TestClock::default());
        let mut slot = CredentialSlot::new(web(), info.kind.clone()).draining(DRAIN);
        for index in 0..read_back.len() {
            slot = slot.kept_in(format!("shelf-{index}"));
        }
        if !read_back.contains(&true) {
            slot = slot.read_from(Arc::new(FixedSecret::new("secret-old".to_owned().into())));
        }
        let shelf = |reads: &bool| Arc::new(Shelf::holding(Some("secret-old"), *reads));
        let world = Arc::new(World {
            shop: Arc::new(Shop::new(info, clock.clone())),
            shelves: read_back.iter().map(shelf).collect(),
            slot: Mutex::new(slot),
            others: Mutex::default(),
        });
        let consumer = Arc::new(Consumer {
            read: Mutex::new(vec![None; world.shelves.len()]),
            world: world.clone(),
            clock: clock.clone(),
            seen: Mutex::default(),
            dies_at: Mutex::default(),
            happens_at: Mutex::default(),
            refused: Mutex::default(),
        });
        let env = Environment::new(Arc::new(NoNetwork), clock.clone(), Arc::new(MemoryCoordination::new()));
        let ledger = Arc::new(TappedLedger::new(Arc::new(MemoryLedger::default()), Shaky::default()));
        Self { clock, world, ledger, consumer, env, made_by_hand: Mutex::default() }
    }

    pub(crate) fn shop(&self) -> &Shop {
        &self.world.shop
    }

    pub(crate) fn shelf(&self, index: usize) -> &Shelf {
        &self.world.shelves[index]
    }

    /// Another process on the same ledger.
    pub(crate) fn driver(&self) -> Driver {
        Driver::new(self.ledger.clone(), self.world.clone(), self.env.clone())
            .with_checkpoint(self.consumer.clone())
    }

    pub(crate) fn die_at(&self, step: Option<usize>) {
        *self.consumer.dies_at.lock().unwrap() = step;
    }

    /// Lets something happen at a step.
    pub(crate) fn at_step(&self, step: usize, happens: Happening) {
        *self.consumer.happens_at.lock().unwrap() = Some((step, happens));
    }

    pub(crate) async fn open(&self) -> Option<Rotation> {
        let query = RotationQuery::of(&store(), &web()).only_open();
        self.ledger.rotations(&query, None, 10).await.unwrap().into_iter().next()
    }

    pub(crate) async fn last(&self) -> Option<Rotation> {
        let query = RotationQuery::of(&store(), &web());
        self.ledger.rotations(&query, None, 100).await.unwrap().into_iter().next_back()
    }

    /// Goes on with what is open, as programs and people do, until it is over. Gives the last record.
    pub(crate) async fn finish(&self) -> Rotation {
        let mut handed = None;
        for _ in 0..400 {
            let Some(open) = self.open().await else { break };
            let advanced =
                match self.driver().advance(open.id, handed.take(), &DriverOptions::default()).await {
                    Ok(advanced) => advanced,
                    Err(error) if error.is_stale() => {
                        self.clock.advance(Duration::from_secs(301));
                        continue;
                    }
                    Err(error) => panic!("{error} at {open:?}"),
                };
            assert!(!advanced.rotation.summary().is_empty());
            if advanced.rotation.stage.is_over() {
                break;
            }
            handed = advanced.unsaved.clone();
            if handed.is_none() {
                handed = self.do_by_hand(&advanced.rotation);
            }
            if handed.is_none() {
                self.let_time_pass(&advanced.rotation);
            }
        }
        let last = self.last().await.expect("a rotation");
        assert!(last.stage.is_over(), "{}: {last:#?}", last.summary());
        last
    }

    fn let_time_pass(&self, rotation: &Rotation) {
        let now = self.clock.now();
        let due = rotation.due_at.unwrap_or(now);
        let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
        self.clock.advance(wait.max(Duration::from_secs(1)));
    }

    /// What people do when they are asked.
    fn do_by_hand(&self, rotation: &Rotation) -> Option<OneTimeSecret> {
        let Some(WaitsFor::Person { part, .. }) = &rotation.waits_for else { return None };
        let id_of = |minted: &Minted| minted.id.clone();
        match part {
            HumanPart::Issue => {
                let mut made = self.made_by_hand.lock().unwrap();
                let secret = made.get_or_insert_with(|| self.shop().make("secret-by-hand", None).secret);
                return Some(OneTimeSecret::new(secret.clone().into()));
            }
            HumanPart::Retire => self.shop().delete(&rotation.old.as_ref().and_then(id_of).unwrap()),
            HumanPart::CleanUp => {
                // Whoever cleans up at a platform deletes everything that is neither the old one nor the new one.
                let live: Vec<_> =
                    self.world.shelves.iter().filter_map(|one| one.truth(SinkCopy::Live)).collect();
                for entry in self.shop().entries().iter().filter(|entry| !live.contains(&entry.secret)) {
                    self.shop().delete(&entry.id);
                }
            }
            _ => {}
        }
        None
    }

    /// What must be true of a rotation that succeeded, by the shop's own book.
    pub(crate) async fn assert_sound(&self, rotation: &Rotation, story: &str) {
        assert_eq!(rotation.stage, Stage::Done, "{story}: {rotation:#?}");
        let live = self.shelf(0).truth(SinkCopy::Live).unwrap();
        for shelf in &self.world.shelves {
            assert_eq!(shelf.truth(SinkCopy::Live).as_ref(), Some(&live), "{story}");
            assert_eq!(shelf.truth(SinkCopy::Staged), None, "{story}");
            assert_eq!(shelf.truth(SinkCopy::Previous), None, "{story}");
        }
        assert_ne!(live, "secret-old", "{story}");
        assert!(self.shop().works(&live), "{story}: the promoted one is dead");
        let new = rotation.new.as_ref().unwrap();
        assert!(new.fingerprint.as_ref().unwrap().is_of(&OneTimeSecret::new(live.clone().into())), "{story}");
        assert_eq!(new.fate, Fate::Live);
        let minted = || rotation.old.iter().chain(&rotation.orphans);
        assert!(minted().all(|one| one.fate.is_settled()), "{story}: {rotation:#?}");
        for entry in self.shop().entries().iter().filter(|entry| entry.secret != live) {
            if !self.shop().works(&entry.secret) {
                continue;
            }
            let same = |one: &&Minted| {
                one.id.as_ref() == Some(&entry.id)
                    || (one.id.is_none() && one.tag.as_ref().map(Tag::as_str) == entry.tag.as_deref())
            };
            let journaled =
                minted().find(same).unwrap_or_else(|| panic!("{story}: {entry:?} is in no journal"));
            let Fate::DiesAt { at } = &journaled.fate else {
                panic!("{story}: {entry:?} lives: {journaled:?}")
            };
            assert!(entry.dies_at.is_some_and(|dies_at| dies_at <= *at), "{story}: {entry:?} outlives {at}");
        }
        self.assert_no_secret_written(story).await;
    }

    pub(crate) async fn assert_no_secret_written(&self, story: &str) {
        let rotations = self.ledger.rotations(&RotationQuery::new(), None, 100).await.unwrap();
        let mut written = format!("{rotations:?}{}", serde_json::to_string(&rotations).unwrap());
        for event in self.ledger.events(&store(), 0, 10_000).await.unwrap() {
            written.push_str(&event.written);
        }
        for entry in self.shop().entries() {
            assert!(!written.contains(&entry.secret), "{story}: {} is written down", entry.secret);
        }
    }

    pub(crate) async fn facts(&self) -> Vec<String> {
        let events = self.ledger.events(&store(), 0, 10_000).await.unwrap();
        events.iter().map(|event| event.fact().unwrap().kind).collect()
    }
}

//! One credential of each platform, to be rotated.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::grants::{MemoryLedger, Principal, StaticDirectory};
use guestpass::rotation::{
    CredentialKind, CredentialName, CredentialSlot, Driver, DriverOptions, Rotation, RotationRequest,
    WaitsFor,
};
use guestpass::{
    CallbackSink, Environment, Error, ErrorKind, FixedSecret, OneTimeSecret, Registry, SinkCall, SinkCopy,
    StoreHandle, StoreSettings,
};
use guestpass_suite::environment;
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::World;
use guestpass_testkit::fakes::bigcommerce::{BigCommerceWorld, StorefrontTokenKind};
use guestpass_testkit::fakes::prestashop::PrestashopWorld;
use guestpass_testkit::fakes::shopify::ShopifyWorld;
use guestpass_testkit::fakes::wix::{Permission, WixWorld};
use guestpass_testkit::fakes::{FakeBigCommerce, FakePrestashop, FakeShopify, FakeWix};

const AN_HOUR: Duration = Duration::from_secs(3600);
const SINK: &str = "vault";
const WIX_COPY: &str = "IST.the-copy-of-the-key";

/// A store with a credential that somebody uses.
pub(crate) struct Case {
    pub(crate) platform: &'static str,
    pub(crate) world: Arc<dyn World>,
    driver: Driver,
    request: RotationRequest,
    clock: Arc<ManualClock>,
    by_hand: Option<ByHand>,
}

/// What a human does, where no API makes or ends it.
struct ByHand {
    makes: Box<dyn Fn() -> OneTimeSecret>,
    ends: Box<dyn Fn()>,
}

impl Case {
    /// The name of the kind.
    pub(crate) fn kind(&self) -> String {
        let slots = self.driver.directory().credentials(&self.request.store);
        slots.first().map(|slot| slot.kind.to_string()).unwrap_or_default()
    }

    /// Until the new one is in place.
    pub(crate) async fn begin(&self) -> Rotation {
        let begun = self.driver.begin(self.request.clone()).await.unwrap();
        let mut handed = None;
        loop {
            let advanced = self.driver.advance(begun.id, handed.take(), &options()).await.unwrap();
            match (&advanced.rotation.waits_for, &self.by_hand) {
                (Some(WaitsFor::Person { .. }), Some(human)) => handed = Some((human.makes)()),
                _ => return advanced.rotation,
            }
        }
    }

    /// Until the old one is seen dead. Gives how it ended.
    pub(crate) async fn end(&self, begun: Rotation) -> Rotation {
        let mut rotation = begun;
        // Once for the drain, once for an end that comes later or by hand.
        for _ in 0..2 {
            self.clock.advance(AN_HOUR);
            rotation = self.driver.advance(rotation.id, None, &options()).await.unwrap().rotation;
            if let (Some(WaitsFor::Person { .. }), Some(human)) = (&rotation.waits_for, &self.by_hand) {
                (human.ends)();
            }
            if rotation.stage.is_over() {
                break;
            }
        }
        rotation
    }
}

/// Every platform.
pub(crate) async fn cases() -> Vec<Case> {
    vec![bigcommerce().await, shopify().await, wix().await, prestashop().await]
}

async fn bigcommerce() -> Case {
    let (clock, env) = environment().unwrap();
    let world = BigCommerceWorld::plant(FakeBigCommerce::start(clock.clone()).await).unwrap();
    let (seed, now) = (&world.seed, world.fake.now());
    let private = StorefrontTokenKind::Private;
    let first = world.fake.add_storefront_token(&seed.store_hash, private, now, now + AN_HOUR * 720);
    let settings = store()
        .with_text("store_hash", &seed.store_hash)
        .with_text("account_uuid", &seed.account_uuid)
        .with_text("api_url", world.fake.uri())
        .with_secret("account_token", secret(&seed.account_token))
        .with_secret("store_token", secret(&seed.minting_token));
    let slot = slot("private-token").with_text("channel_id", "1").with_text("scopes", "Unauthenticated");
    let (driver, request) = driver("bigcommerce", settings, slot, &first, env);
    Case { platform: "BigCommerce", world: Arc::new(world), driver, request, clock, by_hand: None }
}

async fn shopify() -> Case {
    let (clock, env) = environment().unwrap();
    let world = ShopifyWorld::plant(FakeShopify::start(clock.clone()).await).unwrap();
    let seed = &world.seed;
    let first = world.fake.add_storefront_token(&seed.shop, &seed.client_id, "web shop");
    let settings = store()
        .with_text("shop", &seed.shop)
        .with_text("api_url", world.fake.uri())
        .with_secret("access_token", secret(&seed.token));
    let (driver, request) = driver("shopify", settings, slot("storefront-token"), &first, env);
    Case { platform: "Shopify", world: Arc::new(world), driver, request, clock, by_hand: None }
}

async fn wix() -> Case {
    const KEY: &str = "IST.the-key-of-some-program";
    let (clock, env) = environment().unwrap();
    let world = WixWorld::plant(FakeWix::start(clock.clone()).await).unwrap();
    let seed = &world.seed;
    world.fake.add_api_key(&seed.account_id, KEY, &[Permission::ManageContributors, Permission::ReadRoles]);
    let settings = store()
        .with_text("site_id", &seed.site_id)
        .with_text("account_id", &seed.account_id)
        .with_text("api_url", world.fake.uri())
        .with_secret("api_key", secret(&seed.api_key));
    let (driver, request) = driver("wix", settings, slot("api-key"), KEY, env);
    let (maker, ender) = (world.fake.clone(), world.fake.clone());
    let by_hand = ByHand {
        makes: Box::new(move || {
            maker.duplicate_key(KEY, WIX_COPY);
            OneTimeSecret::new(WIX_COPY.to_owned().into())
        }),
        ends: Box::new(move || ender.revoke_key(KEY)),
    };
    Case { platform: "Wix", world: Arc::new(world), driver, request, clock, by_hand: Some(by_hand) }
}

async fn prestashop() -> Case {
    const KEY: &str = "ERPKEY00ERPKEY00ERPKEY00ERPKEY00";
    let (clock, env) = environment().unwrap();
    let world = PrestashopWorld::plant(FakePrestashop::start(clock.clone()).await).unwrap();
    let seed = &world.seed;
    world.fake.add_key(KEY, &[("orders", &["GET", "PUT"])]);
    let settings = store()
        .with_text("url", world.fake.url())
        .with_text("admin_client_id", &seed.client_id)
        .with_secret("key", secret(&seed.key))
        .with_secret("admin_client_secret", secret(&seed.client_secret));
    let (driver, request) = driver("prestashop", settings, slot("webservice-key"), KEY, env);
    Case { platform: "PrestaShop", world: Arc::new(world), driver, request, clock, by_hand: None }
}

fn store() -> StoreSettings {
    StoreSettings::new(StoreHandle::new("demo").unwrap())
}

fn secret(text: &str) -> Arc<FixedSecret> {
    Arc::new(FixedSecret::new(text.to_owned().into()))
}

fn slot(kind: &'static str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new("web").unwrap(), CredentialKind::from_static(kind))
        .kept_in(SINK)
        .draining(AN_HOUR)
}

fn options() -> DriverOptions {
    let mut options = DriverOptions::default();
    // The clock lets waits pass by itself.
    options.timeout = AN_HOUR;
    options
}

/// A driver for this store alone, and the order to rotate its credential.
fn driver(
    platform: &str,
    settings: StoreSettings,
    slot: CredentialSlot,
    first: &str,
    env: Environment,
) -> (Driver, RotationRequest) {
    let (store, name) = (settings.store.clone(), slot.name.clone());
    let registry = Registry::new()
        .with(guestpass_bigcommerce::factory())
        .with(guestpass_prestashop::factory())
        .with(guestpass_shopify::factory())
        .with(guestpass_wix::factory());
    let directory = StaticDirectory::new(registry, env.clone())
        .with_store(platform, settings)
        .unwrap()
        .with_sink(SINK, Arc::new(vault(first)))
        .with_credential(store.clone(), slot);
    let driver = Driver::new(Arc::new(MemoryLedger::new()), Arc::new(directory), env);
    (driver, RotationRequest::new(store, name, Principal::stated("robin")))
}

/// A vault that holds the first one.
fn vault(first: &str) -> CallbackSink {
    let first = OneTimeSecret::new(first.to_owned().into());
    let places = Arc::new(Mutex::new(HashMap::from([(SinkCopy::Live, first)])));
    let keep = move |_label: String, call: SinkCall| {
        let answer = answer(&mut places.lock().unwrap(), call);
        async { answer }.boxed()
    };
    CallbackSink::new(|_, _| async { Err(unknown()) }.boxed()).keeping(true, keep)
}

fn answer(
    places: &mut HashMap<SinkCopy, OneTimeSecret>,
    call: SinkCall,
) -> guestpass::Result<Option<OneTimeSecret>> {
    match call {
        SinkCall::Stage(new) => drop(places.insert(SinkCopy::Staged, new)),
        SinkCall::Promote => {
            if let Some(new) = places.remove(&SinkCopy::Staged)
                && let Some(old) = places.insert(SinkCopy::Live, new)
            {
                places.insert(SinkCopy::Previous, old);
            }
        }
        SinkCall::Discard(which) => drop(places.remove(&which)),
        SinkCall::ReadBack(which) => return Ok(places.get(&which).cloned()),
        _ => return Err(unknown()),
    }
    Ok(None)
}

fn unknown() -> Error {
    Error::new(ErrorKind::Unsupported, "this vault does not know how to do that")
}

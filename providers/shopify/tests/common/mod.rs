//! What the tests share.

#![allow(dead_code, clippy::unwrap_used, reason = "each test program uses a part of it")]

pub(crate) mod rotation;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use guestpass::http::ReqwestTransport;
use guestpass::{
    AccessProvider, CallContext, Clock, Coordination, Email, Environment, Error, ErrorKind, ExposeSecret,
    FixedSecret, LoadedSecret, MemoryCoordination, ProviderFactory, SecretSource, StoreHandle, StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeShopify;
use guestpass_testkit::fakes::shopify::DemoSeed;

/// A fake Shopify with its demonstration world, and what connections to it stand on.
pub(crate) struct Scene {
    pub(crate) fake: FakeShopify,
    pub(crate) seed: DemoSeed,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) env: Environment,
    factory: guestpass_shopify::Factory,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with_coordination(Arc::new(MemoryCoordination::new())).await
    }

    pub(crate) async fn with_coordination(coordination: Arc<dyn Coordination>) -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakeShopify::start(shared.clone()).await;
        let seed = fake.seed_demo();
        let env = Environment::new(Arc::new(ReqwestTransport::new().unwrap()), shared, coordination);
        Self { fake, seed, clock, env, factory: guestpass_shopify::factory() }
    }

    /// A store without a credential yet.
    pub(crate) fn settings_of(&self, shop: &str) -> StoreSettings {
        StoreSettings::new(StoreHandle::new(shop.split('.').next().unwrap()).unwrap())
            .with_text("shop", shop)
            .with_text("api_url", format!("{}/{shop}", self.fake.uri()))
            .with_text("organisation_id", &self.seed.new_organisation)
            .with_text("organisation_email", &self.seed.new_organisation_email)
    }

    pub(crate) fn with_token(&self) -> StoreSettings {
        let token = Arc::new(FixedSecret::new(self.seed.token.clone().into()));
        self.settings_of(&self.seed.shop).with_secret("access_token", token)
    }

    pub(crate) fn with_app(&self) -> StoreSettings {
        let secret = Arc::new(FixedSecret::new(self.seed.client_secret.clone().into()));
        self.settings_of(&self.seed.shop)
            .with_text("client_id", &self.seed.client_id)
            .with_secret("client_secret", secret)
    }

    pub(crate) fn connect(&self, settings: StoreSettings) -> Arc<dyn AccessProvider> {
        self.connect_in(settings, &self.env)
    }

    pub(crate) fn connect_in(&self, settings: StoreSettings, env: &Environment) -> Arc<dyn AccessProvider> {
        self.factory.connect(settings, env).unwrap()
    }

    pub(crate) fn cx(&self) -> CallContext {
        self.env.call().with_timeout(Duration::from_secs(6 * 3600))
    }

    /// How often each kind of grant was asked for.
    pub(crate) fn grants(&self, kind: &str) -> usize {
        let asked =
            |request: &guestpass_testkit::LoggedRequest| request.operations.iter().any(|name| name == kind);
        self.fake.requests().iter().filter(|request| asked(request)).count()
    }
}

pub(crate) fn email(text: &str) -> Email {
    text.parse().unwrap()
}

/// A place where a secret is kept, as several processes see it.
#[derive(Clone)]
pub(crate) struct Place(Arc<Mutex<(String, bool)>>);

impl Place {
    pub(crate) fn holding(text: &str) -> Self {
        Self(Arc::new(Mutex::new((text.to_owned(), true))))
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().0.clone()
    }

    pub(crate) fn set_writable(&self, writable: bool) {
        self.0.lock().unwrap().1 = writable;
    }

    /// One process's view of it: read when needed, written through.
    pub(crate) fn source(&self) -> Arc<dyn SecretSource> {
        let (from, to) = (self.clone(), self.clone());
        let load = move || -> BoxFuture<'static, guestpass::Result<_>> {
            let text = from.text();
            Box::pin(async move { Ok(text.into()) })
        };
        Arc::new(LoadedSecret::new(load).storing(move |value| {
            let mut place = to.0.lock().unwrap();
            let written = place.1;
            if written {
                place.0 = value.expose_secret().to_owned();
            }
            Box::pin(async move {
                if written { Ok(()) } else { Err(Error::new(ErrorKind::Internal, "the disk is full")) }
            })
        }))
    }
}

/// A secret in a place that can be written.
pub(crate) fn stored(text: &str) -> Arc<dyn SecretSource> {
    Place::holding(text).source()
}

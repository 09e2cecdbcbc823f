//! Every kind of credential, made, tried and ended, against what the fake knows to be true.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers outside of test functions fail a test in the same way"
)]

mod accounts;
mod apps;
mod orders;
mod secrets;
mod tokens;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use guestpass::http::ReqwestTransport;
use guestpass::rotation::{
    Credential, CredentialKind, CredentialName, CredentialRotator, CredentialSlot, IssueOrder, IssueOutcome,
    NewCredential, Tag,
};
use guestpass::{
    AccessProvider, CallContext, Clock, Environment, FixedSecret, Held, ManualStep, MemoryCoordination,
    OneTimeSecret, Registry, Result, Right, SecretSource, StoreHandle, StoreSettings, Timestamp,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::DemoSeed;

const STOREFRONT: &str = "storefront-token";
const PRIVATE: &str = "private-token";
const IMPERSONATION: &str = "impersonation-token";
const STORE_ACCOUNT: &str = "store-api-account";
const ACCOUNT_ACCOUNT: &str = "account-api-account";
const APP: &str = "app-token";
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Scene {
    fake: FakeBigCommerce,
    seed: DemoSeed,
    clock: Arc<ManualClock>,
    env: Environment,
    store: Arc<dyn AccessProvider>,
}

impl Scene {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        let shared: Arc<dyn Clock> = clock.clone();
        let fake = FakeBigCommerce::start(shared.clone()).await;
        let seed = fake.seed_demo();
        let env = Environment::new(
            Arc::new(ReqwestTransport::new().unwrap()),
            shared,
            Arc::new(MemoryCoordination::new()),
        );
        let settings = StoreSettings::new(StoreHandle::new("demo").unwrap())
            .with_text("store_hash", &seed.store_hash)
            .with_text("account_uuid", &seed.account_uuid)
            .with_text("api_url", fake.uri())
            .with_secret("account_token", fixed(&seed.account_token))
            .with_secret("store_token", fixed(&seed.minting_token));
        let registry = Registry::new().with(guestpass_bigcommerce::factory());
        let store = registry.connect("bigcommerce", settings, &env).unwrap();
        Self { fake, seed, clock, env, store }
    }

    fn rotator(&self) -> &dyn CredentialRotator {
        self.store.credentials().unwrap()
    }

    fn cx(&self) -> CallContext {
        self.env.call()
    }

    fn hash(&self) -> &str {
        &self.seed.store_hash
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn in_days(&self, days: u32) -> Timestamp {
        self.now() + DAY * days
    }

    async fn order(&self, slot: &CredentialSlot, expires_at: Option<Timestamp>) -> Result<IssueOutcome> {
        let tag = Tag::random();
        let mut order = IssueOrder::new(slot, &tag);
        order.expires_at = expires_at;
        self.rotator().issue(&order, &self.cx()).await
    }

    /// A new token for shoppers that ends in thirty days.
    async fn issue(&self, slot: &CredentialSlot) -> Credential {
        match self.order(slot, Some(self.in_days(30))).await.unwrap() {
            IssueOutcome::Issued(new) => credential(new),
            other => panic!("{other:?}"),
        }
    }

    /// What somebody must do to make one.
    async fn step(&self, slot: &CredentialSlot, tag: &Tag, old: Option<&Credential>) -> ManualStep {
        let mut order = IssueOrder::new(slot, tag);
        order.old = old;
        match self.rotator().issue(&order, &self.cx()).await.unwrap() {
            IssueOutcome::ActionRequired(step) => step,
            other => panic!("{other:?}"),
        }
    }
}

fn fixed(secret: &str) -> Arc<dyn SecretSource> {
    Arc::new(FixedSecret::new(secret.to_owned().into()))
}

fn slot(kind: &'static str) -> CredentialSlot {
    CredentialSlot::new(CredentialName::new("web").unwrap(), CredentialKind::from_static(kind))
}

/// A slot of a token for shoppers, for the first channel.
fn token_slot(kind: &'static str) -> CredentialSlot {
    let slot = slot(kind).with_text("channel_ids", "1");
    match kind {
        PRIVATE => slot.with_text("scopes", "Unauthenticated, Customer"),
        STOREFRONT => slot.with_text("allowed_cors_origins", "https://www.shop.example"),
        _ => slot,
    }
}

fn credential(new: NewCredential) -> Credential {
    let mut credential = Credential::new().with_secret(new.secret.unwrap());
    credential.id = new.id;
    credential.expires_at = new.expires_at;
    credential
}

fn holding(secret: &str) -> Credential {
    Credential::new().with_secret(OneTimeSecret::new(secret.to_owned().into()))
}

fn held(rights: &[Right], name: &str) -> Option<Held> {
    rights.iter().find(|right| right.name == name).map(|right| right.held.clone())
}

fn text(credential: &Credential) -> &str {
    credential.secret.as_ref().unwrap().expose()
}

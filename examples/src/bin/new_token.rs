//! A token is replaced while a program uses it: the driver of rotations in a program of your own, with a vault of your own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use guestpass::grants::{MemoryLedger, Principal, StaticDirectory};
use guestpass::http::ReqwestTransport;
use guestpass::rotation::{
    Advanced, CredentialKind, CredentialName, CredentialSlot, CredentialStatus, Driver, DriverOptions,
    RotationRequest, RotationWatcher,
};
use guestpass::{
    CallbackSink, Clock, Environment, Error, ErrorKind, FixedSecret, MemoryCoordination, OneTimeSecret,
    Registry, Result, Sink, SinkCall, SinkCopy, StoreHandle, StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::StorefrontTokenKind;

const AN_HOUR: Duration = Duration::from_secs(3600);
const A_MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// A vault has three places for a credential. Yours is a table, some files or a secret manager.
struct Vault(HashMap<SinkCopy, OneTimeSecret>);

impl Vault {
    fn live(&self) -> &str {
        self.0.get(&SinkCopy::Live).map_or("", OneTimeSecret::expose)
    }

    fn answer(&mut self, call: SinkCall) -> Result<Option<OneTimeSecret>> {
        match call {
            SinkCall::Stage(new) => drop(self.0.insert(SinkCopy::Staged, new)),
            SinkCall::Promote => self.promote(),
            SinkCall::Discard(which) => drop(self.0.remove(&which)),
            SinkCall::ReadBack(which) => return Ok(self.0.get(&which).cloned()),
            _ => return Err(unknown()),
        }
        Ok(None)
    }

    /// It may be asked twice: once nothing is staged any more, there is nothing to do.
    fn promote(&mut self) {
        if let Some(new) = self.0.remove(&SinkCopy::Staged)
            && let Some(old) = self.0.insert(SinkCopy::Live, new)
        {
            self.0.insert(SinkCopy::Previous, old);
        }
    }
}

fn unknown() -> Error {
    Error::new(ErrorKind::Unsupported, "this vault does not know how to do that")
}

/// The program that uses the token. It takes it from the vault at each use.
#[derive(Clone)]
struct Shop {
    fake: FakeBigCommerce,
    vault: Arc<Mutex<Vault>>,
    count: Arc<Mutex<Count>>,
}

#[derive(Default)]
struct Count {
    served: u32,
    refused: u32,
}

impl Shop {
    fn serves_somebody(&self) {
        let vault = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        let is_served = self.fake.storefront_token_works_on_servers(vault.live());
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if is_served { count.served += 1 } else { count.refused += 1 }
    }

    /// The vault as the driver sees it. Somebody comes into the shop before and after each thing that it is asked for.
    fn sink(&self) -> Arc<dyn Sink> {
        let shop = self.clone();
        let keep = move |_label: String, call: SinkCall| {
            shop.serves_somebody();
            let answer = shop.vault.lock().unwrap_or_else(PoisonError::into_inner).answer(call);
            shop.serves_somebody();
            async { answer }.boxed()
        };
        let no_password = |_, _| async { Err(unknown()) }.boxed();
        Arc::new(CallbackSink::new(no_password).keeping(true, keep))
    }
}

/// What a service does from time to time tells what came of it.
struct Log;

impl RotationWatcher for Log {
    fn advanced(&self, advanced: &Advanced) {
        println!("swept: {}", advanced.rotation.stage);
    }

    fn due(&self, store: &StoreHandle, status: &CredentialStatus) {
        println!("{store}/{} is due", status.name);
    }

    fn failed(&self, store: &StoreHandle, credential: &CredentialName, error: &Error) {
        println!("{store}/{credential}: {error}");
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // Time is moved by hand here; yours is `Environment::system()`.
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeBigCommerce::start(shared.clone()).await;
    let env =
        Environment::new(Arc::new(ReqwestTransport::new()?), shared, Arc::new(MemoryCoordination::new()));
    let seed = fake.seed_demo();
    let old = fake.add_storefront_token(
        &seed.store_hash,
        StorefrontTokenKind::Private,
        clock.now(),
        clock.now() + A_MONTH,
    );
    let vault = Vault([(SinkCopy::Live, OneTimeSecret::new(old.clone().into()))].into());
    let shop = Shop { fake: fake.clone(), vault: Arc::new(Mutex::new(vault)), count: Arc::default() };

    let store = StoreHandle::new("acme")?;
    let settings = StoreSettings::new(store.clone())
        .with_text("store_hash", seed.store_hash)
        .with_text("account_uuid", seed.account_uuid)
        .with_text("api_url", fake.uri())
        .with_secret("account_token", Arc::new(FixedSecret::new(seed.account_token.into())))
        .with_secret("store_token", Arc::new(FixedSecret::new(seed.minting_token.into())));
    let kind = CredentialKind::from_static("private-token");
    let slot = CredentialSlot::new(CredentialName::new("web")?, kind)
        .with_text("channel_id", "1")
        .with_text("scopes", "Unauthenticated")
        .kept_in("vault")
        .draining(AN_HOUR);
    let name = slot.name.clone();
    let directory = StaticDirectory::new(Registry::new().with(guestpass_bigcommerce::factory()), env.clone())
        .with_store("bigcommerce", settings)?
        .with_sink("vault", shop.sink())
        .with_credential(store.clone(), slot);
    // Yours must outlive the process: `guestpass-ledger` has one.
    let driver = Driver::new(Arc::new(MemoryLedger::new()), Arc::new(directory), env);
    let options = DriverOptions::default();

    let begun = driver.begin(RotationRequest::new(store, name, Principal::stated("robin"))).await?;
    let advanced = driver.advance(begun.id, None, &options).await?;
    if let Some(secret) = advanced.unsaved {
        // No sink has it. Keep it: hand it to the next `advance`, or `abort`.
        drop(secret);
        return Err(Error::new(ErrorKind::Internal, "the vault did not take the new token"));
    }
    println!("after the first command: {}", advanced.rotation.stage);
    shop.serves_somebody();

    // A timer of yours does this. The old token is ended after the drain, and seen dead a little later.
    for _ in 0..2 {
        clock.advance(AN_HOUR);
        driver.sweep(&options, &Log).await?;
        shop.serves_somebody();
    }
    let count = shop.count.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{} people were served and {} refused", count.served, count.refused);
    println!("the old token still works: {}", fake.storefront_token_works_on_servers(&old));
    Ok(())
}

//! What holds for all providers together: every conformance case on every platform, each in its usual set-up and as a
//! store whose merchant holds the key.

mod bigcommerce;
pub mod clock;
pub mod crowd;
pub mod files;
mod prestashop;
pub mod setup;
mod shopify;
pub mod stage;
mod teller;
mod wix;
pub mod worker;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{
    Clock, Environment, Error, MemoryCoordination, ProviderFactory, ProviderId, Result, StoreHandle,
    StoreSettings,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::conformance::credentials::Way;
use guestpass_testkit::conformance::rotators::Rotated;

use stage::{Platform, Stage};

/// Makes a subject with a fake of its own.
pub type MakeSubject = fn() -> Pin<Box<dyn Future<Output = Result<Subject>>>>;

/// A column of the coverage table: its heading, and what its cases run on.
pub type Column = (&'static str, MakeSubject);

/// Every platform, with a credential and without.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        ("BigCommerce", || Box::pin(bigcommerce::with_credential())),
        ("Shopify", || Box::pin(shopify::with_credential())),
        ("Wix", || Box::pin(wix::with_credential())),
        ("PrestaShop", || Box::pin(prestashop::with_credential())),
        ("BigCommerce, merchant-held", || Box::pin(bigcommerce::merchant_held())),
        ("Shopify, merchant-held", || Box::pin(shopify::merchant_held())),
        ("Wix, merchant-held", || Box::pin(wix::merchant_held())),
        ("PrestaShop, merchant-held", || Box::pin(prestashop::merchant_held())),
    ]
}

/// A factory that remembers nothing of earlier connections, as a new process has it.
///
/// # Errors
/// [`Config`](guestpass::ErrorKind::Config) for a platform that has no column.
pub fn fresh_factory(platform: &ProviderId) -> Result<Box<dyn ProviderFactory>> {
    match platform.as_str() {
        "bigcommerce" => Ok(Box::new(guestpass_bigcommerce::factory())),
        "shopify" => Ok(Box::new(guestpass_shopify::factory())),
        "wix" => Ok(Box::new(guestpass_wix::factory())),
        "prestashop" => Ok(Box::new(guestpass_prestashop::factory())),
        other => Err(Error::config("platform", format!("names {other}, which has no column"), "add one")),
    }
}

/// A credential in use on a fake of its own, for the cases of rotators.
///
/// # Errors
/// Never with the demonstration worlds as they are.
pub async fn rotated(platform: Platform, way: Way) -> Result<Rotated> {
    let (clock, env) = environment()?;
    let stage = Stage::start(platform, clock.clone()).await?;
    let factory = fresh_factory(&stage.platform())?;
    let settings = StoreSettings::new(StoreHandle::new(stage::STORE)?);
    let (world, credentials) = stage.sides();
    let subject = Subject { factory, settings, env, clock, world };
    Ok(Rotated::new(subject, credentials, way))
}

/// A clock moved by hand, and an environment that stands on it.
///
/// # Errors
/// When TLS cannot be set up on this machine.
pub fn environment() -> Result<(Arc<ManualClock>, Environment)> {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let transport = Arc::new(ReqwestTransport::new()?);
    Ok((clock, Environment::new(transport, shared, Arc::new(MemoryCoordination::new()))))
}

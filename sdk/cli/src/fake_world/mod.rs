//! The fakes with something in them to try things on, and a configuration that fits.

mod bigcommerce;
mod config;
mod credential;
mod prestashop;
mod shopify;
mod wix;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use guestpass::{Email, Error, ErrorKind, Result};
use guestpass_testkit::conformance::World;

pub(crate) use config::write_private;
pub(crate) use credential::{CREDENTIAL, FakeCredential};

/// Somebody of ours.
pub(crate) const PERSON: &str = "kim";
/// Their address.
pub(crate) const EMAIL: &str = "kim@vendor.example";
/// A role of ours.
pub(crate) const ROLE: &str = "support";

/// The running fakes.
#[derive(Debug)]
pub(crate) struct FakeWorld {
    pub(crate) platforms: Vec<FakePlatform>,
}

/// One running fake, and what a configuration says about its stores.
#[derive(Debug)]
pub(crate) struct FakePlatform {
    /// The platform's id.
    pub(crate) id: &'static str,
    /// The platform's name for people.
    pub(crate) title: &'static str,
    /// Where the fake answers.
    pub(crate) url: String,
    /// What the fake itself calls its first store.
    pub(crate) store_id: String,
    /// Its other side: people, merchant, truth.
    pub(crate) world: Arc<dyn World>,
    /// The configured name of a store of which we hold the key.
    pub(crate) store: &'static str,
    /// The configured name of the same store, if only the merchant held the key.
    pub(crate) byhand: &'static str,
    /// Settings of the first.
    settings: Vec<(&'static str, String)>,
    /// Its secrets. Those of a fake are none.
    secrets: Vec<(&'static str, String)>,
    /// A credential of the first that a program of somebody uses.
    pub(crate) credential: FakeCredential,
    /// Settings of the second.
    byhand_settings: Vec<(&'static str, String)>,
    /// What our role means here: the platform's own role, if it has to be named, and permissions to tick.
    platform_role: Option<String>,
    pub(crate) permissions: Vec<String>,
    /// Our person's account, where the platform has to be told.
    person_account: Option<String>,
    /// Whether the platform tells the addresses of accounts.
    pub(crate) tells_addresses: bool,
    /// What a test can do to the fake, as its documentation explains it.
    pub(crate) controls: &'static [(&'static str, &'static str)],
    /// What letting somebody in, listing, and taking them out with proof may cost together.
    pub(crate) most_requests: usize,
}

impl FakeWorld {
    /// Starts them on this port of the loopback interface and those after it; 0 takes free ones.
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let port_after = |offset: u16| if port == 0 { 0 } else { port.saturating_add(offset) };
        let platforms = vec![
            bigcommerce::start(listen(port)?).await?,
            shopify::start(listen(port_after(1))?).await?,
            wix::start(listen(port_after(2))?).await?,
            prestashop::start(listen(port_after(3))?).await?,
        ];
        Ok(Self { platforms })
    }
}

impl FakePlatform {
    /// How many requests the platform's scarcest budget was charged, and how many others were sent.
    pub(crate) fn requests(&self) -> (usize, usize) {
        let all = self.world.requests();
        let metered = all.iter().filter(|request| self.world.is_metered(request)).count();
        (metered, all.len() - metered)
    }
}

/// Our person's address.
pub(crate) fn person_email() -> Result<Email> {
    EMAIL.parse()
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("port {port} cannot be used: {}", error.kind()))
            .with_remedy("name another one with --port, or none")
            .with_source(error)
    })
}

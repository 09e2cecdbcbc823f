//! The fakes with something in them to try things on, and a configuration that fits.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use guestpass::{Error, ErrorKind, Result, SystemClock};
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::DemoSeed;

/// A store of which we hold the token.
pub(crate) const STORE: &str = "demo";
/// The same store, if only the merchant held it.
pub(crate) const HELD_BY_MERCHANT: &str = "byhand";
/// Somebody of ours.
pub(crate) const PERSON: &str = "kim";
/// Their address.
pub(crate) const EMAIL: &str = "kim@vendor.example";
/// A role of ours.
pub(crate) const ROLE: &str = "support";
/// What the role means.
pub(crate) const PERMISSIONS: [&str; 2] = ["Manage_Orders", "Manage_Customers"];

const ACCOUNT_TOKEN_FILE: &str = "bigcommerce-account-token";
const STORE_TOKEN_FILE: &str = "bigcommerce-store-token";
const ACCOUNT_TOKEN_VARIABLE: &str = "GUESTPASS_FAKE_ACCOUNT_TOKEN";
const STORE_TOKEN_VARIABLE: &str = "GUESTPASS_FAKE_STORE_TOKEN";

/// The running fakes.
#[derive(Debug)]
pub(crate) struct FakeWorld {
    pub(crate) bigcommerce: FakeBigCommerce,
    pub(crate) seed: DemoSeed,
}

impl FakeWorld {
    /// Starts them on this port of the loopback interface; 0 takes a free one.
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let taken = |error: std::io::Error| {
            Error::new(ErrorKind::Internal, format!("port {port} cannot be used: {}", error.kind()))
                .with_remedy("name another one with --port, or none")
                .with_source(error)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
        let bigcommerce = FakeBigCommerce::start_on(listener, Arc::new(SystemClock::new())).await;
        let seed = bigcommerce.seed_demo();
        Ok(Self { bigcommerce, seed })
    }

    /// A configuration whose tokens stand in environment variables.
    pub(crate) fn config_with_variables(&self) -> String {
        self.config(&format!("env:{ACCOUNT_TOKEN_VARIABLE}"), &format!("env:{STORE_TOKEN_VARIABLE}"))
    }

    /// What these variables must hold. The fake's tokens are no secrets.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 2] {
        [(ACCOUNT_TOKEN_VARIABLE, &self.seed.account_token), (STORE_TOKEN_VARIABLE, &self.seed.store_token)]
    }

    /// Writes a configuration, and its tokens into files beside it. Budgets of earlier fakes are forgotten, because the
    /// fakes themselves have forgotten them.
    pub(crate) fn write_config(&self, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let state = folder.join(STATE);
        if std::fs::read_to_string(path).is_ok_and(|text| !text.starts_with(HEADER)) {
            let message = format!("{} was not written by this command", path.display());
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_remedy("name another file"));
        }
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| if state.is_dir() { std::fs::remove_dir_all(&state) } else { Ok(()) })
            .and_then(|()| write_private(&folder.join(ACCOUNT_TOKEN_FILE), &self.seed.account_token))
            .and_then(|()| write_private(&folder.join(STORE_TOKEN_FILE), &self.seed.store_token))
            .and_then(|()| {
                let config =
                    self.config(&format!("file:{ACCOUNT_TOKEN_FILE}"), &format!("file:{STORE_TOKEN_FILE}"));
                std::fs::write(path, config)
            });
        written.map_err(|error| {
            Error::new(ErrorKind::Internal, format!("{} cannot be written: {}", path.display(), error.kind()))
                .with_remedy("name a file that you may write")
                .with_source(error)
        })
    }

    fn config(&self, account_token: &str, store_token: &str) -> String {
        let DemoSeed { account_uuid, store_hash, .. } = &self.seed;
        let url = self.bigcommerce.uri();
        let permissions = PERMISSIONS.map(|name| format!("{name:?}")).join(", ");
        format!(
            "\
{HEADER}
state_dir = \"{STATE}\"

[stores.{STORE}]
platform = \"bigcommerce\"
label = \"Merchant Example\"
access = \"credential\"
store_hash = \"{store_hash}\"
account_uuid = \"{account_uuid}\"
account_token = \"{account_token}\"
store_token = \"{store_token}\"
api_url = \"{url}\"

[stores.{HELD_BY_MERCHANT}]
platform = \"bigcommerce\"
label = \"Merchant Example\"
access = \"merchant\"
store_hash = \"{store_hash}\"

[people.{PERSON}]
email = \"{EMAIL}\"
first_name = \"Kim\"
last_name = \"Support\"

[roles.{ROLE}]
rank = 10

[roles.{ROLE}.bigcommerce]
role = \"Custom\"
permissions = [{permissions}]
"
        )
    }
}

/// The first line, by which a file of ours is known.
const HEADER: &str = "# Written by `guestpass fakes`: fake stores, fake tokens, nothing real.";
const STATE: &str = "guestpass-fakes-state";

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

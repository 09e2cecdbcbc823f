//! A stateful fake of a PrestaShop shop: the webservice with its employees, in 1.6, 8 and 9.0, and the Admin API of 9.0.
//!
//! The shapes of the webservice were checked against recordings of the real server in 1.6.1.24 and 9.0.3; 8 lies
//! between the two and is partly inferred. Those of the Admin API are derived from documentation and published code.
//! [`Quirks`] switches what varies between shops and hosts. Of the webservice's resources only `employees` can be
//! written; `languages` can be read, the others are empty. Multipart forms and TLS are left out.
//!
//! The shop's domain is the address of the fake; whoever sends another `Host` is redirected. A shop in a folder is
//! made by [`FakePrestashop::set_base_path`]. Passwords have hashes of the right shape, no real ones.
//!
//! Time is that of the clock given at the start plus whatever [`FakePrestashop::forward`] added.
//!
//! # Control endpoints
//!
//! For programs in other languages. They are never in the request log, spend no budget and hit no fault. Bodies and
//! answers are JSON. An answer is `{"ok": true}` unless the table says otherwise; a malformed body is a 400 and an
//! unknown employee or key a 404, each with `{"error": "..."}`.
//!
//! | Request | Body | Effect |
//! | --- | --- | --- |
//! | `POST /_control/reset` | `{"seed": true}` (the default) | Forgets everything, then plants the demonstration shop and answers with its [`DemoSeed`]. |
//! | `POST /_control/forward` | `{"seconds": 3600}` | Moves the fake's time on. |
//! | `POST /_control/shop` | `{"version"?, "webservice"?, "multistore"?, "main_domain"?, "base_path"?}` | Changes the shop; versions are `1.6`, `8`, `9.0`. |
//! | `POST /_control/add-shop` | `{"id", "path"}` | Adds a shop, with the folder it begins at. |
//! | `POST /_control/add-employee` | `{"email", "first"?, "last"?, "profile"}` | The merchant adds somebody, an address may be there twice; answers `{"id"}`. |
//! | `POST /_control/remove-employee` | `{"email"}` | The merchant removes somebody. |
//! | `POST /_control/change-employee` | `{"email", "active"?, "profile"?, "shops"?, "reset_token"?}` | The merchant changes somebody. |
//! | `POST /_control/null-compare-dates` | | Empties the dates that make PATCH fail. |
//! | `POST /_control/add-api-client` | `{"client_id", "secret", "scopes", "external"?}` | Adds a client of the Admin API, or of the authorization server elsewhere. |
//! | `POST /_control/delete-api-client` | `{"client_id"}` | Deletes a client of the Admin API; its tokens live on. |
//! | `POST /_control/add-key` | `{"key", "permissions": {"employees": ["GET"]}}` | Adds a webservice key; answers `{"id"}`. |
//! | `POST /_control/change-key` | `{"key", "enabled"?, "permissions"?, "shops"?}` | Changes a webservice key. |
//! | `POST /_control/add-profile` | `{"id", "name"}` | Adds or renames a profile. |
//! | `POST /_control/fault` | `{"on", "fault", "times"?}` | Injects a [`Fault`](crate::Fault) [`On`](crate::On) the next matching requests. |
//! | `POST /_control/quirks` | some fields of [`Quirks`] | Changes these and answers with all. |
//! | `POST /_control/requests/clear` | | Empties the log. |
//! | `GET /_control/employees` | | The true employees: a list of [`FakeEmployee`]. |
//! | `GET /_control/password?email=E` | | The password of somebody, in plain: `{"password"}`. |
//! | `GET /_control/keys` | | The webservice keys: a list of [`FakeKey`]. |
//! | `GET /_control/api-clients` | | The clients of the Admin API, deleted ones too: a list of [`FakeApiClient`]. |
//! | `GET /_control/requests` | | The log: a list of [`LoggedRequest`](crate::LoggedRequest). |
//! | `GET /_control/unfired` | | The faults still waiting. |
//! | `GET /_control/quirks` | | All quirks. |

mod admin;
mod bodies;
mod checks;
mod control;
mod errors;
mod fields;
mod gate;
mod in_use;
mod passwords;
mod query;
mod quirks;
mod reader;
mod reads;
mod resources;
mod route;
mod seed;
mod service;
mod setup;
mod state;
mod truth;
mod values;
mod version;
mod world;
mod writer;
mod writes;

use std::net::TcpListener;
use std::sync::Arc;

use guestpass::Clock;

pub use quirks::{ApiModule, Paging, Quirks};
pub use seed::DemoSeed;
pub use truth::{FakeApiClient, FakeEmployee, FakeKey};
pub use version::PrestashopVersion;
pub use world::PrestashopWorld;

use crate::fakes::gauge::Gauged;
use crate::fakes::handle::handle_running;
use crate::fakes::http::serve_anywhere;
use crate::fakes::server::Shared;
use service::Service;

/// The handle of a running fake. Clones share it; the server stops with the last of them.
///
/// Methods that arrange something panic when they name an employee or key that does not exist: that is a mistake in
/// the test.
#[derive(Clone)]
pub struct FakePrestashop {
    shared: Arc<Shared<Service>>,
    server: Arc<Gauged>,
}

handle_running!(FakePrestashop, Service, Quirks);

impl FakePrestashop {
    /// Starts an empty shop of 9.0 on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0");
        #[expect(clippy::expect_used, reason = "without a port there is nothing to test")]
        let listener = listener.expect("a free port");
        Self::start_on(listener, clock).await
    }

    /// Starts an empty shop of 9.0 on a listener of your own.
    ///
    /// # Panics
    ///
    /// When the listener cannot be used.
    pub async fn start_on(listener: TcpListener, clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared::new(clock));
        let server = Gauged::start(listener, serve_anywhere(shared.clone()).await);
        #[expect(clippy::expect_used, reason = "without a server there is nothing to test")]
        let server = server.expect("a listener that works");
        let fake = Self { shared, server: Arc::new(server) };
        let home = fake.server.authority();
        fake.with(|service, _| service.home = home);
        fake
    }

    /// The address of the shop: that of the fake, and the folder of the shop.
    #[must_use]
    pub fn url(&self) -> String {
        let base = self.with(|service, _| service.world.base().to_owned());
        format!("{}{base}", self.uri())
    }

    /// The token endpoint of an authorization server that is no part of the shop, whose tokens the Admin API takes.
    #[must_use]
    pub fn external_token_url(&self) -> String {
        format!("{}{}", self.uri(), route::EXTERNAL_TOKENS)
    }

    /// The most requests that were ever on their way at once: begun by a client, and not yet answered.
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.server.most_in_flight()
    }
}

//! A stateful fake of BigCommerce: the users part of the GraphQL Account API, the REST routes of a store that rotation
//! and health checks need, and the code exchange of the login host.
//!
//! The shapes are derived from documentation, not from recordings of the real platform. Where the documentation is
//! silent or contradicts itself, [`Quirks`] switches between the readings. Every GraphQL document is parsed and
//! validated against a schema, so a misspelt field or a mutation outside its namespace is refused here as well. The
//! apps of accounts, stores and users are always empty; `node` and `nodes` are left out.
//!
//! Time is that of the clock given at the start plus whatever [`FakeBigCommerce::forward`] added.
//!
//! # Control endpoints
//!
//! For programs in other languages. They are never in the request log, spend no budget and hit no fault. Bodies and
//! answers are JSON. An answer is `{"ok": true}` unless the table says otherwise; a malformed body is a 400 and an
//! unknown store, user or token a 404, each with `{"error": "..."}`.
//!
//! | Request | Body | Effect |
//! | --- | --- | --- |
//! | `POST /_control/reset` | `{"seed": true}` (the default) | Forgets everything, then plants the demonstration world and answers with its [`DemoSeed`]. |
//! | `POST /_control/forward` | `{"seconds": 3600}` | Moves the fake's time on. |
//! | `POST /_control/accept` | `{"store", "email"}` | The person signs in. |
//! | `POST /_control/add-user` | `{"store", "email", "first"?, "last"?}` | The merchant adds somebody; answers `{"id"}`. |
//! | `POST /_control/remove-user` | `{"store", "email"}` | The merchant removes somebody. |
//! | `POST /_control/make-owner` | `{"store", "email"}` | The store changes hands. |
//! | `POST /_control/grant-permissions` | `{"store", "email", "permissions": [...]}` | Sets the permissions of somebody. |
//! | `POST /_control/revoke-token` | `{"token"}` | Deletes an API account. |
//! | `POST /_control/fault` | `{"on", "fault", "times"?}` | Injects a [`Fault`] [`On`] the next matching requests. |
//! | `POST /_control/quirks` | some fields of [`Quirks`] | Changes these and answers with all. |
//! | `POST /_control/requests/clear` | | Empties the log. |
//! | `GET /_control/users?store=HASH` | | The true users: a list of [`FakeUser`]. |
//! | `GET /_control/requests` | | The log: a list of [`LoggedRequest`]. |
//! | `GET /_control/unfired` | | The faults still waiting. |
//! | `GET /_control/quirks` | | All quirks. |

mod bodies;
mod control;
mod credentials;
mod disturb;
mod graphql;
mod hooks;
mod limits;
mod mutations;
mod oauth;
mod paging;
mod panel;
mod permissions;
mod quirks;
mod resolvers;
mod rest;
mod route;
mod seed;
mod server;
mod service;
mod setup;
mod state;
mod storefront;
mod truth;
mod views;
mod webshop;
mod world;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use guestpass::{Clock, Timestamp};
use wiremock::MockServer;

pub use quirks::{
    EmailForm, FailedData, FreshPermissions, LimitSharing, PageSizeExcess, PagingFaultsOn, Quirks,
    ScopeDenial, StoreIdForm, TotalItems, Verdict,
};
pub use seed::DemoSeed;
pub use truth::FakeUser;
pub use webshop::{FakeStorefrontToken, StorefrontTokenKind};
pub use world::BigCommerceWorld;

use crate::fakes::http::serve;
use crate::fault::{Fault, On};
use crate::request_log::LoggedRequest;
use server::Shared;
use service::Service;
use state::Refusal;

/// The handle of a running fake. Clones share it; the server stops with the last of them.
///
/// Methods that arrange something panic when they name an account, store, user or token that does not exist: that is
/// a mistake in the test.
#[derive(Clone)]
pub struct FakeBigCommerce {
    shared: Arc<Shared>,
    server: Arc<MockServer>,
}

impl std::fmt::Debug for FakeBigCommerce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeBigCommerce").field("uri", &self.uri()).finish_non_exhaustive()
    }
}

impl FakeBigCommerce {
    /// Starts an empty fake on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared::new(clock));
        let server = crate::fakes::http::serve_anywhere(shared.clone()).await;
        Self { shared, server: Arc::new(server) }
    }

    /// Starts an empty fake on a listener of your own.
    pub async fn start_on(listener: TcpListener, clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared::new(clock));
        let server = serve(listener, shared.clone()).await;
        Self { shared, server: Arc::new(server) }
    }

    /// The base address, `http://127.0.0.1:PORT`, for the API host and the login host alike.
    #[must_use]
    pub fn uri(&self) -> String {
        self.server.uri()
    }

    /// Changes how the fake behaves from now on.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        self.with(|service, _| change(&mut service.quirks));
    }

    /// Moves the fake's time on, beyond what its clock says; late writes that become due take effect.
    pub fn forward(&self, by: Duration) {
        self.shared.forward(by);
    }

    /// The time of the fake.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.with(|_, now| now)
    }

    /// Lets `fault` happen to the next `times` requests that match. Faults fire in the order of injection.
    pub fn inject(&self, on: On, fault: Fault, times: usize) {
        self.with(|service, _| service.faults.inject(on, fault, times));
    }

    /// The injected faults that have not fired, or not often enough. A suite asserts that there are none.
    #[must_use]
    pub fn unfired(&self) -> Vec<String> {
        self.with(|service, _| service.faults.unfired())
    }

    /// All requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.with(|service, _| service.log.all())
    }

    /// How many requests went to the Account API.
    #[must_use]
    pub fn account_requests(&self) -> usize {
        self.with(|service, _| service.log.count(|request| request.path.starts_with("/accounts/")))
    }

    /// How many requests went to stores.
    #[must_use]
    pub fn store_requests(&self) -> usize {
        self.with(|service, _| service.log.count(|request| request.path.starts_with("/stores/")))
    }

    /// How many requests could have changed something.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.with(|service, _| service.log.count(|request| request.write))
    }

    /// Empties the log.
    pub fn clear_requests(&self) {
        self.with(|service, _| service.log.clear());
    }

    fn with<T>(&self, work: impl FnOnce(&mut Service, Timestamp) -> T) -> T {
        self.shared.with(work)
    }

    /// For set-up and truth: a refusal is a mistake in the test, and says so.
    fn arranged<T: Default>(&self, work: impl FnOnce(&mut Service, Timestamp) -> Result<T, Refusal>) -> T {
        let result = self.with(work);
        assert!(result.is_ok(), "the fake BigCommerce was set up wrongly: {:?}", result.as_ref().err());
        result.unwrap_or_default()
    }
}

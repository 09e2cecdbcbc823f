//! A stateful fake of BigCommerce: the users part of the GraphQL Account API, the REST routes of a store that rotation
//! and health checks need, a trace of its API for shoppers (`/graphql`, or `/storefronts/HASH/graphql` for one store), and
//! the code exchange of the login host.
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
//! | `POST /_control/accept` | `{"store", "email", "at"?}` | The person signs in, or did so at that time: `2026-08-01T12:00:00Z`. |
//! | `POST /_control/add-user` | `{"store", "email", "first"?, "last"?}` | The merchant adds somebody; answers `{"id"}`. |
//! | `POST /_control/remove-user` | `{"store", "email"}` | The merchant removes somebody. |
//! | `POST /_control/make-owner` | `{"store", "email"}` | The store changes hands. |
//! | `POST /_control/grant-permissions` | `{"store", "email", "permissions": [...]}` | Sets the permissions of somebody. |
//! | `POST /_control/create-api-account` | `{"store"}` or `{"account"}`, with `"name"` and `"scopes"` | The owner makes an API account; answers its [`FakeApiToken`]. |
//! | `POST /_control/add-app` | `{"client_id", "client_secret"}` | Registers an app. |
//! | `POST /_control/install-app` | `{"store", "client_id", "scopes": [...], "callback"}` | A user installs an app; answers `{"callback"}`, where the browser goes then. |
//! | `POST /_control/revoke-token` | `{"token"}` | Deletes an API account. |
//! | `POST /_control/reauthorize-app` | `{"client_id", "store", "scopes": [...]}` | A user accepts the app again; answers `{"token"}`. |
//! | `POST /_control/fault` | `{"on", "fault", "times"?}` | Injects a [`Fault`](crate::Fault) [`On`](crate::On) the next matching requests. |
//! | `POST /_control/quirks` | some fields of [`Quirks`] | Changes these and answers with all. |
//! | `POST /_control/requests/clear` | | Empties the log. |
//! | `GET /_control/users?store=HASH` | | The true users: a list of [`FakeUser`]. |
//! | `GET /_control/api-tokens` | | Every token of an API account or app: a list of [`FakeApiToken`]. |
//! | `GET /_control/storefront-tokens?store=HASH` | | Every storefront token: a list of [`FakeStorefrontToken`]. |
//! | `POST /_control/use-storefront-token` | `{"token"}` | Answers `{"works"}`: whether its proper client would be served now. |
//! | `GET /_control/requests` | | The log: a list of [`LoggedRequest`](crate::LoggedRequest). |
//! | `GET /_control/unfired` | | The faults still waiting. |
//! | `GET /_control/quirks` | | All quirks. |

mod bodies;
mod consent;
mod control;
mod credentials;
mod disturb;
mod graphql;
mod hooks;
mod in_use;
mod keys;
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
mod service;
mod setup;
mod shopfront;
mod state;
mod storefront;
mod truth;
mod views;
mod webshop;
mod world;

use std::sync::Arc;

use wiremock::MockServer;

pub use credentials::FakeApiToken;
pub use quirks::{
    EmailForm, FailedData, FreshPermissions, LimitSharing, PageSizeExcess, PagingFaultsOn, Quirks,
    ScopeDenial, StoreIdForm, TotalItems,
};
pub use seed::DemoSeed;
pub use truth::FakeUser;
pub use webshop::{FakeHook, FakeStorefrontToken, StorefrontTokenKind};
pub use world::BigCommerceWorld;

pub use crate::fakes::Verdict;

use crate::fakes::handle::handle;
use crate::fakes::server::Shared;
use service::Service;

/// The handle of a running fake. Clones share it; the server stops with the last of them.
///
/// Methods that arrange something panic when they name an account, store, user or token that does not exist: that is
/// a mistake in the test.
#[derive(Clone)]
pub struct FakeBigCommerce {
    shared: Arc<Shared<Service>>,
    server: Arc<MockServer>,
}

handle!(FakeBigCommerce, Service, Quirks);

impl FakeBigCommerce {
    /// How many requests went to the Account API.
    #[must_use]
    pub fn account_requests(&self) -> usize {
        self.with(|service, _| service.desk.log.count(|request| request.path.starts_with("/accounts/")))
    }

    /// How many requests went to stores.
    #[must_use]
    pub fn store_requests(&self) -> usize {
        self.with(|service, _| service.desk.log.count(|request| request.path.starts_with("/stores/")))
    }
}

//! A stateful fake of Shopify: the people, tokens and scopes of the Admin API, the legacy users of its REST form, the
//! token endpoint, and the life of collaborators, which no API can steer.
//!
//! The shapes are derived from documentation and from what others have recorded. Where no source settles a point,
//! [`Quirks`] switches between the readings. Every `GraphQL` document is parsed and validated against a schema, so a
//! misspelt field is refused here as well. Of the Storefront API there is as much as shows whether a token works. The Partner API and SCIM are left out, and so are assertions signed by the
//! app instead of a client secret.
//!
//! A shop is named by the `Host`, by a path that begins with it (`/{shop}.myshopify.com/admin/...`), or by the token
//! that a request carries: on the loopback interface a client needs nothing but another base address. A token never
//! works on another shop than its own.
//!
//! Time is that of the clock given at the start plus whatever [`FakeShopify::forward`] added. It ends tokens, agreed
//! accesses and those of collaborators who do not sign in, and it fills the buckets of costs and calls.
//!
//! # Control endpoints
//!
//! For programs in other languages. They are never in the request log, spend no budget and hit no fault. Bodies and
//! answers are JSON. An answer is `{"ok": true}` unless the table says otherwise; a malformed body is a 400 and an
//! unknown shop, account or token a 404, each with `{"error": "..."}`.
//!
//! | Request | Body | Effect |
//! | --- | --- | --- |
//! | `POST /_control/reset` | `{"seed": true}` (the default) | Forgets everything, then plants the demonstration world and answers with its [`DemoSeed`]. |
//! | `POST /_control/forward` | `{"seconds": 3600}` | Moves the fake's time on. |
//! | `POST /_control/add-organisation` | `{"organisation", "name", "email"}` | Adds a partner organisation. |
//! | `POST /_control/add-member` | `{"organisation", "email", "first"?, "last"?}` | Somebody joins it. |
//! | `POST /_control/request-access` | `{"shop", "organisation", "code"?, "permissions"?}` | The partner sends a request; answers `{"ok", "refused"}`, see [`RequestRefused`]. |
//! | `POST /_control/approve` | `{"shop", "organisation", "permissions"?, "seconds"?}` | The merchant accepts it, perhaps for less and for a time. |
//! | `POST /_control/reject`, `expire`, `remove-collaborator` | `{"shop", "organisation"}` | The request is rejected or expires; the access is removed. |
//! | `POST /_control/add-staff` | `{"shop", "email", "kind", "first"?, "last"?}` | Adds an account of a [`StaffKind`]. |
//! | `POST /_control/remove-account`, `log-in`, `make-owner` | `{"shop", "email"}` | The account is removed, used, or becomes the owner's. |
//! | `POST /_control/set-active` | `{"shop", "email", "active"}` | The account is suspended or taken back. |
//! | `POST /_control/set-permissions` | `{"shop", "email", "permissions": [...]}` | The merchant changes what an account may do. |
//! | `POST /_control/request-code` | `{"shop", "code"?}` | Sets the collaborator request code, or turns it off. |
//! | `POST /_control/shop` | `{"shop", "plan"?, "state"?}` | Sets the [`Plan`] and the [`ShopState`]. |
//! | `POST /_control/uninstall` | `{"shop", "client_id"}` | The merchant takes the app out. |
//! | `POST /_control/add-secret`, `revoke-secret` | `{"client_id", "secret"}` | A client secret comes or goes. |
//! | `POST /_control/add-storefront-token` | `{"shop", "client_id", "title"}` | The app makes a storefront token; answers `{"ok", "token"}`. |
//! | `POST /_control/answer-install` | `{"url", "scopes"?, "deny"?}` | The merchant answers on the page at `url`; answers `{"callback"}`, where the browser goes then. A `GET` of the page itself installs what is asked for. |
//! | `POST /_control/revoke-token` | `{"token"}` | Kills an access token or a refresh token. |
//! | `POST /_control/fault` | `{"on", "fault", "times"?}` | Injects a [`Fault`](crate::Fault) [`On`](crate::On) the next matching requests. |
//! | `POST /_control/quirks` | some fields of [`Quirks`] | Changes these and answers with all. |
//! | `POST /_control/requests/clear` | | Empties the log. |
//! | `GET /_control/staff?shop=DOMAIN` | | The true accounts: a list of [`FakeStaff`]. |
//! | `GET /_control/collaborations?shop=DOMAIN` | | A list of [`FakeCollaboration`]. |
//! | `GET /_control/tokens?shop=DOMAIN` | | A list of [`FakeToken`], without their texts. |
//! | `GET /_control/storefront-tokens?shop=DOMAIN` | | A list of [`FakeStorefrontToken`], without their texts. |
//! | `GET /_control/requests` | | The log: a list of [`LoggedRequest`](crate::LoggedRequest). |
//! | `GET /_control/unfired` | | The faults still waiting. |
//! | `GET /_control/quirks` | | All quirks. |

mod acts;
mod apps;
mod bodies;
mod consent;
mod control;
mod cost;
mod delegates;
mod disturb;
mod grants;
mod graphql;
mod in_use;
mod oauth;
mod paging;
mod people;
mod quirks;
mod resolvers;
mod rest;
mod route;
mod search;
mod seed;
mod service;
mod setup;
mod state;
mod storefront;
mod truth;
mod vault;
mod versions;
mod views;
mod world;

use std::sync::Arc;

use wiremock::MockServer;

pub use apps::{AppKind, NewApp};
pub use people::RequestRefused;
pub use quirks::{
    AccountTypes, BucketSize, CollaboratorEmail, CostBlock, CurrentStaffOffline, OauthErrors, Quirks,
    RemovedPerson, RepeatedRefresh, SignatureReading, StaffDenial, StorefrontRefusal, UnknownSearchKey,
};
pub use seed::DemoSeed;
pub use state::{CollaborationState, Plan, ShopState, StaffKind};
pub use truth::{FakeCollaboration, FakeStaff, FakeStorefrontToken, FakeToken};
pub use vault::TokenKind;
pub use world::{Listed, ShopifyWorld};

pub use crate::fakes::Verdict;
use crate::fakes::handle::handle;
use crate::fakes::server::Shared;
use service::Service;

/// The handle of a running fake. Clones share it; the server stops with the last of them.
///
/// Methods that arrange something panic when they name a shop, an account, an app or a token that does not exist: that is
/// a mistake in the test.
#[derive(Clone)]
pub struct FakeShopify {
    shared: Arc<Shared<Service>>,
    server: Arc<MockServer>,
}

handle!(FakeShopify, Service, Quirks);

impl FakeShopify {
    /// How many requests went to the `GraphQL` Admin API.
    #[must_use]
    pub fn graphql_requests(&self) -> usize {
        self.with(|service, _| {
            service.desk.log.count(|request| {
                request.path.contains("/admin/api/") && request.path.ends_with("/graphql.json")
            })
        })
    }

    /// How many requests went to the token endpoint.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.with(|service, _| {
            service.desk.log.count(|request| request.path.ends_with("/oauth/access_token"))
        })
    }
}

//! A stateful fake of Wix: contributors and invitations of a site, roles, sites, the team of an account, and the access
//! tokens of apps.
//!
//! The shapes are derived from documentation, not from recordings of the real platform. Where the documentation is
//! silent or contradicts itself, [`Quirks`] switches between the readings. Nothing lists invitations, and no listing
//! of contributors tells an e-mail, as on the real platform. Of OAuth apps only reading one is there;
//! stored secrets, webhooks and the locations of contributors are left out. Nobody's access through the team shows among the contributors.
//!
//! API keys are sent as they are, access tokens as they are or behind `Bearer`. Site-level requests with a key need
//! `wix-site-id`, account-level ones `wix-account-id`. Both at once are accepted unless
//! [`Quirks::both_selectors`] says otherwise, and counted by [`FakeWix::doubly_selected`].
//!
//! Faults that come from GraphQL have the nearest form:
//!
//! | Fault | Form |
//! | --- | --- |
//! | [`GraphqlDenied`](crate::Fault::GraphqlDenied) | The refusal for want of rights, see [`Quirks::forbidden`]. |
//! | [`GraphqlPartial`](crate::Fault::GraphqlPartial) | Invited addresses stand in `failedEmails` too; other answers get an error beside their data. |
//! | [`GraphqlErrorUnknown`](crate::Fault::GraphqlErrorUnknown) | HTTP 500 with an unknown code. |
//! | [`ComplexityExceeded`](crate::Fault::ComplexityExceeded) | HTTP 400, out of range. |
//! | [`StoreSuspended`](crate::Fault::StoreSuspended) | HTTP 503 without a body, like any other. |
//!
//! [`ThrottleShape`](crate::ThrottleShape)s with a header of the platform's own have `Retry-After` in seconds. Minting a
//! token is no write.
//!
//! Time is that of the clock given at the start plus whatever [`FakeWix::forward`] added; invitations and tokens expire
//! by it.
//!
//! # Control endpoints
//!
//! For programs in other languages. They are never in the request log, spend no budget and hit no fault. Bodies and
//! answers are JSON. An answer is `{"ok": true}` unless the table says otherwise; a malformed body is a 400 and an
//! unknown site, person, key or installation a 404, each with `{"error": "..."}`.
//!
//! | Request | Body | Effect |
//! | --- | --- | --- |
//! | `POST /_control/reset` | `{"seed": true}` (the default) | Forgets everything, then plants the demonstration world and answers with its [`DemoSeed`]. |
//! | `POST /_control/forward` | `{"seconds": 3600}` | Moves the fake's time on. |
//! | `POST /_control/accept` | `{"site", "email", "account"?}` | Accepts the newest pending invitation of that address, with the account of that address or another; answers `{"accountId"}`. |
//! | `POST /_control/decline` | `{"site", "email"}` | Declines it. |
//! | `POST /_control/add-account` | `{"email"}` | Finds or makes an account; answers `{"accountId"}`. |
//! | `POST /_control/add-contributor` | `{"site", "email", "roles": [...]}` | The merchant adds somebody; answers `{"accountId"}`. |
//! | `POST /_control/remove-contributor` | `{"site", "email"}` | The merchant removes somebody. |
//! | `POST /_control/change-roles` | `{"site", "email", "roles": [...]}` | The merchant replaces somebody's roles. |
//! | `POST /_control/set-seats` | `{"site", "seats"?}` | Limits the collaborators of a site, or no longer. |
//! | `POST /_control/revoke-key` | `{"key"}` | The merchant deletes an API key. |
//! | `POST /_control/duplicate-key` | `{"key", "copy"}` | The merchant duplicates an API key. |
//! | `POST /_control/add-app-secret` | `{"client_id", "secret"}` | The vendor makes another secret for an app, see [`Quirks::old_secret_works`]. |
//! | `POST /_control/delete-app-secret` | `{"client_id", "secret"}` | The vendor deletes a secret of an app; tokens live on. |
//! | `POST /_control/delete-app` | `{"client_id"}` | An app or headless client is deleted; tokens live on. |
//! | `POST /_control/set-key-permissions` | `{"key", "permissions": [...]}` | Sets what a key may do, a list of [`Permission`]. |
//! | `POST /_control/uninstall-app` | `{"instance"}` | The merchant uninstalls an app. |
//! | `POST /_control/set-app-permissions` | `{"instance", "permissions": [...]}` | Sets what an installed app may do. |
//! | `POST /_control/fault` | `{"on", "fault", "times"?}` | Injects a [`Fault`](crate::Fault) [`On`](crate::On) the next matching requests. |
//! | `POST /_control/quirks` | some fields of [`Quirks`] | Changes these and answers with all. |
//! | `POST /_control/requests/clear` | | Empties the log. |
//! | `GET /_control/contributors?site=ID` | | The true contributors: a list of [`FakeContributor`]. |
//! | `GET /_control/invites?site=ID` | | All invitations, without their links: a list of [`FakeInvite`]. |
//! | `GET /_control/requests` | | The log: a list of [`LoggedRequest`](crate::LoggedRequest). |
//! | `GET /_control/unfired` | | The faults still waiting. |
//! | `GET /_control/quirks` | | All quirks. |

mod bodies;
mod contributors;
mod control;
mod credentials;
mod guard;
mod in_use;
mod invites;
mod panel;
mod permissions;
mod quirks;
mod roles;
mod route;
mod seed;
mod service;
mod setup;
mod sites;
mod state;
mod team;
mod tokens;
mod truth;
mod world;

use std::sync::Arc;

use wiremock::MockServer;

pub use permissions::Permission;
pub use quirks::{
    DuplicateInvite, EmptyRoles, Forbidden, LimitSharing, PermissionForm, Quirks, ResendEffect, SeatRefusal,
    StrangerRoles, WrongHeader,
};
pub use seed::DemoSeed;
pub use state::InviteStatus;
pub use truth::{FakeContributor, FakeInvite, FakeTeamMember};
pub use world::WixWorld;

pub use crate::fakes::Verdict;
use crate::fakes::handle::handle;
use crate::fakes::server::Shared;
use service::Service;

/// The handle of a running fake. Clones share it; the server stops with the last of them.
///
/// Methods that arrange something panic when they name an account, site, person or credential that does not exist:
/// that is a mistake in the test.
#[derive(Clone)]
pub struct FakeWix {
    shared: Arc<Shared<Service>>,
    server: Arc<MockServer>,
}

handle!(FakeWix, Service, Quirks);

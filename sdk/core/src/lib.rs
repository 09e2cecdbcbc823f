//! Temporary access to merchants' stores: let somebody in, see who is inside, take them out again and know that it
//! worked.
//!
//! One trait, [`AccessProvider`], covers all platforms; each platform is a crate of its own that registers a
//! [`ProviderFactory`]. This crate knows no platform by name. It holds
//!
//! - the vocabulary: [`Person`], [`Target`], [`Collaborator`], [`Observation`], [`ManualStep`], [`Proof`] …;
//! - [`AccessProviderExt`]: look, write, look again, with lost answers settled by reading;
//! - [`http`]: the one pipeline through which every provider talks to its vendor;
//! - [`Coordination`]: rate budgets that several tasks and processes share;
//! - [`grants`]: access that is written down before it is given, and ends;
//! - [`review`]: who is inside, and why;
//! - [`rotation`]: credentials that change without anybody being locked out;
//! - [`Authorization`]: a first token, by a merchant's consent in a browser;
//! - [`explain`]: why somebody is inside, or is not;
//! - [`incident`]: out everywhere at once, and every credential replaced;
//! - [`Registry`] and [`Environment`]: how programs and tests put it together.
//!
//! What a platform cannot do is declared in [`Capabilities`] with the reason, and comes back as a [`ManualStep`]: data
//! that says who does what where, in which words, and how it will be checked.
//!
//! Providers are crates named `guestpass-<platform>`. Fakes, faults and the conformance suite: `guestpass-testkit`.

mod api_access;
mod authorization;
mod call;
mod capability;
mod clock;
mod config;
mod coordination;
mod environment;
mod error;
pub mod explain;
mod ext;
pub mod grants;
pub mod http;
pub mod incident;
mod merchant;
mod model;
mod page;
mod provider;
mod record_id;
mod registry;
pub mod review;
pub mod rotation;
mod secret;
mod sink;

pub use api_access::{ApiAccess, ApiGrant};
pub use authorization::{
    Authorization, AuthorizationInfo, AuthorizationOptions, AuthorizationRequest, AuthorizationStart,
    Authorized, Callback, exchange_failed, no_authorization,
};
pub use call::{CallContext, Priority};
pub use capability::{Capabilities, Capability, Operation, Support};
pub use clock::{Clock, SystemClock, Wait};
pub use config::{Access, ConfigField, ConfigValue, Required, StoreSettings};
pub use coordination::{
    Admission, Budget, BudgetKey, Coordination, Exclusive, FileCoordination, LimitSignal, MemoryCoordination,
};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Result, Retry};
pub use ext::{AccessProviderExt, InviteReport, InviteResult, RemovalReport, RemovalResult};
pub use jiff::Timestamp;
pub use merchant::{MerchantGuide, MerchantHeld};
pub use model::*;
pub use page::{Cursor, ListQuery, Page, PageEnd, Pager};
pub use provider::{AccessProvider, CheckReport, Connection, Held, Right};
pub use registry::{ProviderFactory, Registry};
pub use secrecy::{ExposeSecret, SecretString};
pub use secret::{FixedSecret, LoadedSecret, SecretSource};
pub use sink::{CallbackSink, Sink, SinkAbilities, SinkCall, SinkCopy};
pub use url::Url;

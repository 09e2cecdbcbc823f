//! Stateful fakes of the platforms, served over HTTP on the loopback interface.
//!
//! A fake is used in three ways: inside a test, with controls and ground truth on its handle; by a demonstration that
//! needs a store to show; and by programs in other languages, through HTTP control endpoints below `/_control`.
//!
//! A platform that is not among them gets a fake of its own with [`custom`].

pub mod bigcommerce;
mod control;
pub mod custom;
mod gauge;
mod graphql;
mod ground;
mod handle;
mod http;
mod limits;
mod mangle;
mod paging;
mod platform;
pub mod prestashop;
mod server;
pub mod shopify;
mod verdict;
pub mod wix;

pub use bigcommerce::FakeBigCommerce;
pub use prestashop::FakePrestashop;
pub use shopify::FakeShopify;
pub use verdict::Verdict;
pub use wix::FakeWix;

//! A fake of Marketstall, a platform that does not exist: one stall, its members, its token. It shares no type with the
//! provider: it is a second reading of the documentation.

mod books;
mod world;

use guestpass_testkit::fakes::custom::Fake;

pub use books::{Books, Denied, LastCursor, OWNER, Quirks, Removal, STALL, TOKEN};
pub use world::MarketstallWorld;

/// A running Marketstall.
pub type FakeMarketstall = Fake<Books>;

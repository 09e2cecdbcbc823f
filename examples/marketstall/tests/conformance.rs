//! The conformance suite, on every way to hold a stall.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{Clock, Environment, FixedSecret, MemoryCoordination, StoreHandle, StoreSettings};
use guestpass_marketstall_fake::{
    FakeMarketstall, LastCursor, MarketstallWorld, Quirks, Removal, STALL, TOKEN,
};
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::Subject;

async fn subject(quirks: impl FnOnce(&mut Quirks)) -> Subject {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeMarketstall::start(shared.clone()).await;
    fake.with(|books, _| quirks(&mut books.quirks));
    let settings = StoreSettings::new(StoreHandle::new("demo").unwrap())
        .with_text("stall", STALL)
        .with_text("api_url", fake.uri())
        .with_secret("token", Arc::new(FixedSecret::new(TOKEN.into())));
    let transport = Arc::new(ReqwestTransport::new().unwrap());
    Subject {
        factory: Box::new(guestpass_marketstall::factory()),
        settings,
        env: Environment::new(transport, shared, Arc::new(MemoryCoordination::new())),
        clock,
        world: Arc::new(MarketstallWorld::of(fake).unwrap()),
    }
}

mod with_a_token {
    use super::*;

    async fn connected() -> Subject {
        subject(|_| {}).await
    }

    guestpass_testkit::conformance!(connected);
}

/// Everything that the documentation leaves open, read the other way.
mod the_other_reading {
    use super::*;

    async fn connected() -> Subject {
        subject(|quirks| {
            quirks.last_cursor = LastCursor::Empty;
            quirks.removal = Removal::Fine;
        })
        .await
    }

    guestpass_testkit::conformance!(connected);
}

mod merchant_held {
    use super::*;

    async fn connected() -> Subject {
        let subject = subject(|_| {}).await;
        Subject { settings: subject.settings.clone().merchant_held(), ..subject }
    }

    guestpass_testkit::conformance!(connected);
}

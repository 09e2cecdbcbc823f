//! The conformance suite, on every line of PrestaShop and every way to reach one.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{Clock, Environment, FixedSecret, MemoryCoordination, StoreHandle, StoreSettings};
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakePrestashop;
use guestpass_testkit::fakes::prestashop::{PrestashopVersion, PrestashopWorld};

async fn subject(
    version: PrestashopVersion,
    shop: impl FnOnce(&FakePrestashop),
    settings: impl FnOnce(StoreSettings, &PrestashopWorld) -> StoreSettings,
) -> Subject {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakePrestashop::start(shared.clone()).await;
    fake.set_version(version);
    shop(&fake);
    let world = PrestashopWorld::plant(fake).unwrap();
    let env = Environment::new(
        Arc::new(ReqwestTransport::new().unwrap()),
        shared,
        Arc::new(MemoryCoordination::new()),
    );
    let store = StoreSettings::new(StoreHandle::new("demo").unwrap()).with_text("url", world.fake.url());
    Subject {
        factory: Box::new(guestpass_prestashop::factory()),
        settings: settings(store, &world),
        env,
        clock,
        world: Arc::new(world),
    }
}

fn with_key(store: StoreSettings, world: &PrestashopWorld) -> StoreSettings {
    store.with_secret("key", Arc::new(FixedSecret::new(world.seed.key.clone().into())))
}

fn with_admin_api(store: StoreSettings, world: &PrestashopWorld) -> StoreSettings {
    with_key(store, world)
        .with_text("profiles", "5=Support")
        .with_text("admin_client_id", &world.seed.client_id)
        .with_secret(
            "admin_client_secret",
            Arc::new(FixedSecret::new(world.seed.client_secret.clone().into())),
        )
}

mod v9_0 {
    use super::*;

    async fn connected() -> Subject {
        subject(PrestashopVersion::V9_0, |_| {}, with_key).await
    }

    guestpass_testkit::conformance!(connected);
}

mod v8 {
    use super::*;

    async fn connected() -> Subject {
        subject(PrestashopVersion::V8, |_| {}, with_key).await
    }

    guestpass_testkit::conformance!(connected);
}

mod v1_6 {
    use super::*;

    async fn connected() -> Subject {
        subject(PrestashopVersion::V1_6, |_| {}, with_key).await
    }

    guestpass_testkit::conformance!(connected);
}

/// What nobody has seen of 8, and what varies between hosts, read the other way: in a folder, behind a chatty module.
mod v8_the_other_reading {
    use super::*;

    async fn connected() -> Subject {
        let other = |fake: &FakePrestashop| {
            fake.set_base_path("/prestashop/");
            fake.quirks(|quirks| {
                quirks.unsorted_lists = false;
                quirks.php_warnings = false;
                quirks.v8_refuses_zero_dates = false;
                quirks.junk_before_body = true;
                quirks.redirect_status = 301;
            });
        };
        subject(PrestashopVersion::V8, other, with_key).await
    }

    guestpass_testkit::conformance!(connected);
}

mod behind_a_firewall {
    use super::*;

    async fn connected() -> Subject {
        let walled = |fake: &FakePrestashop| fake.quirks(|quirks| quirks.firewall_blocks_methods = true);
        let overriding = |store: StoreSettings, world: &PrestashopWorld| {
            with_key(store, world).with_text("method_override", "true")
        };
        subject(PrestashopVersion::V9_0, walled, overriding).await
    }

    guestpass_testkit::conformance!(connected);
}

mod with_the_admin_api {
    use super::*;

    async fn connected() -> Subject {
        subject(PrestashopVersion::V9_0, |_| {}, with_admin_api).await
    }

    guestpass_testkit::conformance!(connected);
}

mod merchant_held {
    use super::*;

    async fn connected() -> Subject {
        subject(PrestashopVersion::V9_0, |_| {}, |store, _| store.merchant_held()).await
    }

    guestpass_testkit::conformance!(connected);
}

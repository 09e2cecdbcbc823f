//! The conformance suite, on every way to hold a BigCommerce store.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{Clock, Environment, FixedSecret, MemoryCoordination, StoreHandle, StoreSettings};
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakeBigCommerce;
use guestpass_testkit::fakes::bigcommerce::{
    BigCommerceWorld, FailedData, FreshPermissions, PageSizeExcess, Quirks, ScopeDenial, StoreIdForm,
    TotalItems, Verdict,
};

async fn subject(
    settings: impl FnOnce(StoreSettings, &BigCommerceWorld) -> StoreSettings,
    quirks: impl FnOnce(&mut Quirks),
) -> Subject {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeBigCommerce::start(shared.clone()).await;
    fake.quirks(quirks);
    let world = BigCommerceWorld::plant(fake).unwrap();
    let env = Environment::new(
        Arc::new(ReqwestTransport::new().unwrap()),
        shared,
        Arc::new(MemoryCoordination::new()),
    );
    let store =
        StoreSettings::new(StoreHandle::new("demo").unwrap()).with_text("store_hash", &world.seed.store_hash);
    Subject {
        factory: Box::new(guestpass_bigcommerce::factory()),
        settings: settings(store, &world),
        env,
        clock,
        world: Arc::new(world),
    }
}

fn with_account_token(store: StoreSettings, world: &BigCommerceWorld) -> StoreSettings {
    store
        .with_text("account_uuid", &world.seed.account_uuid)
        .with_text("api_url", world.fake.uri())
        .with_secret("account_token", Arc::new(FixedSecret::new(world.seed.account_token.clone().into())))
}

fn with_both_tokens(store: StoreSettings, world: &BigCommerceWorld) -> StoreSettings {
    let store_token = Arc::new(FixedSecret::new(world.seed.store_token.clone().into()));
    with_account_token(store, world).with_secret("store_token", store_token)
}

mod both_tokens {
    use super::*;

    async fn connected() -> Subject {
        subject(with_both_tokens, |_| {}).await
    }

    guestpass_testkit::conformance!(connected);
}

mod account_token_alone {
    use super::*;

    async fn connected() -> Subject {
        subject(with_account_token, |_| {}).await
    }

    guestpass_testkit::conformance!(connected);
}

/// Everything that the documentation leaves open, read the other way.
mod the_other_reading {
    use super::*;

    async fn connected() -> Subject {
        subject(with_both_tokens, |quirks| {
            quirks.add_existing = Verdict::Error;
            quirks.remove_absent = Verdict::Success;
            quirks.owner_removal = Verdict::Success;
            quirks.scope_denial = ScopeDenial::Graphql200;
            quirks.store_id_form = StoreIdForm::Numeric;
            quirks.failed_data = FailedData::FieldNull;
            quirks.unknown_field_status = 200;
            quirks.page_size_max = 20;
            quirks.page_size_excess = PageSizeExcess::Clamp;
            quirks.total_items = TotalItems::Missing;
            quirks.fresh_permissions = FreshPermissions::Missing;
            quirks.logo_empty_array = true;
            quirks.gzip_answers = true;
            quirks.v2_auth_errors_as_array = true;
            quirks.rate_headers_on_success = true;
            quirks.complexity_limit = 3_000;
        })
        .await
    }

    guestpass_testkit::conformance!(connected);
}

mod merchant_held {
    use super::*;

    async fn connected() -> Subject {
        subject(|store, _| store.merchant_held(), |_| {}).await
    }

    guestpass_testkit::conformance!(connected);
}

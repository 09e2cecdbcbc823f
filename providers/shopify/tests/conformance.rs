//! The conformance suite, on every way to hold a Shopify store.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

mod common;

use std::sync::Arc;

use common::stored;
use guestpass::http::ReqwestTransport;
use guestpass::{Clock, Environment, FixedSecret, MemoryCoordination, StoreHandle, StoreSettings};
use guestpass_testkit::ManualClock;
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakeShopify;
use guestpass_testkit::fakes::shopify::{
    AccountTypes, CollaboratorEmail, CostBlock, Listed, OauthErrors, Quirks, RemovedPerson, RepeatedRefresh,
    ShopifyWorld, StaffDenial, UnknownSearchKey, Verdict,
};

async fn subject(
    settings: impl FnOnce(StoreSettings, &ShopifyWorld) -> StoreSettings,
    quirks: impl FnOnce(&mut Quirks),
) -> Subject {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeShopify::start(shared.clone()).await;
    fake.quirks(quirks);
    let world = ShopifyWorld::plant(fake).unwrap().listing(Listed::Everybody);
    let env = Environment::new(
        Arc::new(ReqwestTransport::new().unwrap()),
        shared,
        Arc::new(MemoryCoordination::new()),
    );
    let store = StoreSettings::new(StoreHandle::new("demo").unwrap())
        .with_text("shop", &world.seed.shop)
        .with_text("organisation_id", &world.seed.new_organisation)
        .with_text("organisation_email", &world.seed.new_organisation_email);
    Subject {
        factory: Box::new(guestpass_shopify::factory()),
        settings: settings(store, &world),
        env,
        clock,
        world: Arc::new(world),
    }
}

fn connected(store: StoreSettings, world: &ShopifyWorld) -> StoreSettings {
    store.with_text("api_url", format!("{}/{}", world.fake.uri(), world.seed.shop))
}

fn with_app(store: StoreSettings, world: &ShopifyWorld) -> StoreSettings {
    let secret = Arc::new(FixedSecret::new(world.seed.client_secret.clone().into()));
    connected(store, world).with_text("client_id", &world.seed.client_id).with_secret("client_secret", secret)
}

fn with_token(store: StoreSettings, world: &ShopifyWorld) -> StoreSettings {
    let token = Arc::new(FixedSecret::new(world.seed.token.clone().into()));
    connected(store, world).with_secret("access_token", token)
}

fn with_refresh_token(store: StoreSettings, world: &ShopifyWorld) -> StoreSettings {
    with_app(store, world)
        .with_secret("access_token", stored(&world.seed.expiring_token))
        .with_secret("refresh_token", stored(&world.seed.refresh_token))
}

mod static_token {
    use super::*;

    async fn plus() -> Subject {
        subject(with_token, |_| {}).await
    }

    guestpass_testkit::conformance!(plus);
}

mod client_credentials {
    use super::*;

    async fn plus() -> Subject {
        subject(with_app, |_| {}).await
    }

    guestpass_testkit::conformance!(plus);
}

mod refresh_token {
    use super::*;

    async fn plus() -> Subject {
        subject(with_refresh_token, |_| {}).await
    }

    guestpass_testkit::conformance!(plus);
}

/// Everything that no source settles, read the other way.
mod the_other_reading {
    use super::*;

    async fn plus() -> Subject {
        let permissions =
            |store, world: &_| with_refresh_token(store, world).with_text("staff_permissions", "rest");
        subject(permissions, |quirks| {
            quirks.removed_person = RemovedPerson::ExistsFalse;
            quirks.collaborator_email = CollaboratorEmail::FirstPerson;
            quirks.requested_active = true;
            quirks.account_types = AccountTypes::Unheard;
            quirks.staff_denial = StaffDenial::Http403;
            quirks.unknown_search_key = UnknownSearchKey::MatchesNobody;
            quirks.page_size_max = 100;
            quirks.cost_block = CostBlock::WithoutStatus;
            quirks.throttled_cost_block = CostBlock::Missing;
            quirks.float_costs = true;
            quirks.oauth_errors = OauthErrors::Html;
            quirks.omit_expires_in = true;
            quirks.repeated_refresh = RepeatedRefresh::SamePair;
            quirks.delegate_of_expiring = Verdict::Error;
            quirks.uninstalled_status = 404;
        })
        .await
    }

    guestpass_testkit::conformance!(plus);
}

/// Account types that are not told at all.
mod kinds_not_told {
    use super::*;

    async fn plus() -> Subject {
        subject(with_token, |quirks| {
            quirks.account_types = AccountTypes::Null;
            quirks.team_members_listed = false;
            quirks.cost_block = CostBlock::Missing;
        })
        .await
    }

    guestpass_testkit::conformance!(plus);
}

/// A store whose plan hides its people, as a check found out.
mod basic_plan {
    use super::*;

    async fn basic() -> Subject {
        let mut shown = None;
        let on_basic = |store: StoreSettings, world: &ShopifyWorld| {
            shown = Some(world.fake.clone());
            let token = Arc::new(FixedSecret::new(world.seed.basic_token.clone().into()));
            store
                .with_text("shop", &world.seed.basic_shop)
                .with_text("api_url", format!("{}/{}", world.fake.uri(), world.seed.basic_shop))
                .with_secret("access_token", token)
        };
        let subject = subject(on_basic, |_| {}).await;
        subject.connect().check(&subject.call()).await.unwrap();
        shown.unwrap().clear_requests();
        subject
    }

    guestpass_testkit::conformance!(basic);
}

mod merchant_held {
    use super::*;

    async fn offline() -> Subject {
        subject(|store, _| store.merchant_held(), |_| {}).await
    }

    guestpass_testkit::conformance!(offline);
}

//! The conformance suite, on every way to hold a Wix site.

#![allow(clippy::unwrap_used, reason = "a set-up that fails is a failed test")]

use std::sync::Arc;

use guestpass::http::ReqwestTransport;
use guestpass::{Clock, Environment, FixedSecret, MemoryCoordination, StoreHandle, StoreSettings};
use guestpass_testkit::conformance::Subject;
use guestpass_testkit::fakes::FakeWix;
use guestpass_testkit::fakes::wix::{
    DuplicateInvite, EmptyRoles, Forbidden, LimitSharing, Quirks, ResendEffect, SeatRefusal, StrangerRoles,
    Verdict, WixWorld, WrongHeader,
};
use guestpass_testkit::{ManualClock, ThrottleShape};

async fn subject(
    settings: impl FnOnce(StoreSettings, &WixWorld) -> StoreSettings,
    quirks: impl FnOnce(&mut Quirks),
) -> Subject {
    let clock = Arc::new(ManualClock::new());
    let shared: Arc<dyn Clock> = clock.clone();
    let fake = FakeWix::start(shared.clone()).await;
    fake.quirks(quirks);
    let world = WixWorld::plant(fake).unwrap();
    let env = Environment::new(
        Arc::new(ReqwestTransport::new().unwrap()),
        shared,
        Arc::new(MemoryCoordination::new()),
    );
    let store =
        StoreSettings::new(StoreHandle::new("demo").unwrap()).with_text("site_id", &world.seed.site_id);
    Subject {
        factory: Box::new(guestpass_wix::factory()),
        settings: settings(store, &world),
        env,
        clock,
        world: Arc::new(world),
    }
}

fn with_api_key(store: StoreSettings, world: &WixWorld) -> StoreSettings {
    store
        .with_text("account_id", &world.seed.account_id)
        .with_text("api_url", world.fake.uri())
        .with_secret("api_key", Arc::new(FixedSecret::new(world.seed.api_key.clone().into())))
}

fn with_app(store: StoreSettings, world: &WixWorld) -> StoreSettings {
    store
        .with_text("app_id", &world.seed.client_id)
        .with_text("instance_id", &world.seed.instance_id)
        .with_text("api_url", world.fake.uri())
        .with_secret("app_secret", Arc::new(FixedSecret::new(world.seed.client_secret.clone().into())))
}

/// Everything that the documentation leaves open, read the other way.
fn the_other_way(quirks: &mut Quirks) {
    quirks.emails_max = 1;
    quirks.duplicate_invite = DuplicateInvite::FailedEmail;
    quirks.contributor_invite = DuplicateInvite::NewInvite;
    quirks.seat_refusal = SeatRefusal::Precondition;
    quirks.resend = ResendEffect::NewId;
    quirks.revoke_settled = Verdict::Success;
    quirks.remove_absent = Verdict::Error;
    quirks.owner_removal = Verdict::Success;
    quirks.owner_listed = true;
    quirks.repeat_contributor = true;
    quirks.empty_roles = EmptyRoles::Removes;
    quirks.stranger_roles = StrangerRoles::Adds;
    quirks.both_selectors = Verdict::Error;
    quirks.account_header_on_site_call = WrongHeader::Forbidden;
    quirks.forbidden = Forbidden::Code;
    quirks.wrong_method_status = 405;
    quirks.roles_on_site_level = Verdict::Success;
    quirks.no_restriction_shown = true;
    quirks.expires_in_shown = false;
    quirks.invalid_client_status = 401;
    quirks.sites_duplicate_page = true;
    quirks.sites_miscounted = true;
    quirks.gzip_answers = true;
    quirks.limit_sharing = LimitSharing::ByCredential;
    quirks.limit_per_minute = 200;
    quirks.limit_shape = ThrottleShape::RetryAfterSeconds;
    quirks.limit_body_empty = true;
}

mod api_key {
    use super::*;

    async fn connected() -> Subject {
        subject(with_api_key, |_| {}).await
    }

    guestpass_testkit::conformance!(connected);
}

mod app {
    use super::*;

    async fn connected() -> Subject {
        subject(with_app, |_| {}).await
    }

    guestpass_testkit::conformance!(connected);
}

mod api_key_the_other_reading {
    use super::*;

    async fn connected() -> Subject {
        subject(with_api_key, the_other_way).await
    }

    guestpass_testkit::conformance!(connected);
}

mod app_the_other_reading {
    use super::*;

    async fn connected() -> Subject {
        subject(with_app, the_other_way).await
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

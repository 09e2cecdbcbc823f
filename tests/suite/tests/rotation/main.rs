//! Every kind of credential of every platform is rotated on its fake while processes are killed and things go wrong: whoever
//! uses the credential is never refused where two can live, and at the end one works and every other one is accounted for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set-up that fails is a failed test"
)]

mod conformance;
mod consumer;
mod faults;
mod kills;
mod people;
mod scene;
mod truth;
mod weather;

use std::path::Path;

use guestpass_suite::stage::Platform;

use kills::Kills;
use scene::Scene;

fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_guestpass-suite-worker"))
}

async fn everything(platform: Platform) {
    let mut kills = Kills::default();
    for way in Scene::ways(platform).await {
        Box::pin(kills.at_every_step(platform, way)).await;
    }
    kills.tell(platform);
}

macro_rules! matrix {
    ($($name:ident: $platform:ident),+) => {
        mod killed {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                everything(Platform::$platform).await;
            })+
        }
    };
}

matrix!(bigcommerce: BigCommerce, prestashop: Prestashop, shopify: Shopify, wix: Wix);

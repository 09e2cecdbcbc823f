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
mod given_up;
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

async fn at_every_step(platform: Platform) {
    let mut kills = Kills::default();
    for way in Scene::ways(platform).await {
        Box::pin(kills.at_every_step(platform, way)).await;
    }
    kills.tell(platform);
}

async fn while_giving_up(platform: Platform) {
    let mut kills = Kills::default();
    for way in Scene::ways(platform).await {
        Box::pin(kills.while_giving_up(platform, way)).await;
    }
    kills.tell(platform);
}

macro_rules! matrix {
    ($module:ident: $run:ident; $($name:ident: $platform:ident),+) => {
        mod $module {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                $run(Platform::$platform).await;
            })+
        }
    };
}

matrix!(killed: at_every_step; bigcommerce: BigCommerce, prestashop: Prestashop, shopify: Shopify, wix: Wix);
matrix!(killed_while_giving_up: while_giving_up; bigcommerce: BigCommerce, prestashop: Prestashop, shopify: Shopify, wix: Wix);

//! A process that works on grants is killed at every durable step; another one goes on, and the fake's books tell whether
//! anything happened twice or was lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a set-up that fails is a failed test"
)]

mod case;
mod hosts;
mod kills;
mod no_ledger;

use std::path::Path;

use guestpass_suite::stage::Platform;
use guestpass_testkit::postgres::Database;

use case::{Case, Ledgers, Life};
use kills::Kills;

fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_guestpass-suite-worker"))
}

async fn everything(platform: Platform, ledgers: Ledgers) {
    let mut kills = Kills::default();
    for case in Case::all(platform) {
        for life in Life::ALL {
            Box::pin(kills.at_every_step(case, life, ledgers)).await;
        }
    }
    kills.tell(platform, ledgers);
}

macro_rules! matrix {
    ($($name:ident: $platform:ident),+) => {
        mod sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                everything(Platform::$platform, Ledgers::Sqlite).await;
            })+
        }

        mod postgres {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
            async fn $name() {
                if Database::make().is_some() {
                    everything(Platform::$platform, Ledgers::Postgres).await;
                }
            })+
        }
    };
}

matrix!(bigcommerce: BigCommerce, prestashop: Prestashop, shopify: Shopify, wix: Wix);

//! The kit's cases for rotators, for every kind of every platform.

use std::fmt::Write as _;

use guestpass_suite::{columns, rotated};
use guestpass_testkit::conformance::rotators::cases;

use crate::scene::Scene;

#[tokio::test]
async fn every_case_holds_for_every_kind() {
    let mut failed = String::new();
    let mut run = 0;
    for platform in crate::faults::PLATFORMS {
        for way in Scene::ways(platform).await {
            for case in cases() {
                let rotated = rotated(platform, way).await.unwrap();
                run += 1;
                if tokio::task::spawn(async move { case.run(rotated).await }).await.is_err() {
                    writeln!(failed, "{platform:?} {way:?}: {case:?}").unwrap();
                }
            }
        }
    }
    assert_eq!((failed.as_str(), run), ("", 17 * cases().len()));
}

#[tokio::test]
async fn where_the_merchant_holds_the_key_nothing_is_rotated() {
    for (heading, make) in columns() {
        let subject = make().await.unwrap();
        let held = heading.contains("merchant-held");
        assert_eq!(subject.connect().credentials().is_none(), held, "{heading}");
    }
}

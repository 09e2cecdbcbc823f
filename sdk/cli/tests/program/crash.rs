//! A program that dies in the middle of a grant loses nothing, and nothing is sent twice.
#![cfg(unix)]

use std::time::Duration;

use guestpass_testkit::{Fault, On};

use crate::fixture::{Fixture, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_after_a_killed_grant_ends_it() {
    let it = Fixture::new().await;
    it.fake.inject(On::Writes, Fault::Slow(Duration::from_secs(300)), 1);
    let mut first = it.spawn(&["grant", "acme", "sam", "--for", "2h"]);
    while it.fake.writes() == 0 && first.try_wait().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(it.fake.writes(), 1);

    // The debt was written down before the request left.
    let grants = it.run(&["grants", "--json"]).expect(0).documents();
    let id = grants[0]["grant"]["id"].as_str().unwrap();
    assert_eq!(grants[0]["grant"]["phase"], "opening");
    // The lease of the dead one still stands, and nothing is sent before it has lapsed.
    let swept = it.run(&["sweep", "--json"]).expect(0).documents();
    assert_eq!(swept.last().unwrap()["summary"]["reached"], 0);
    it.run(&["revoke", id]).expect(4);
    assert_eq!(it.grant_of(id)["phase"], "closing");
    assert_eq!(it.fake.writes(), 1, "nothing was sent again");
    assert_eq!(it.fake.adds(STORE, SAM), 1, "{SAM}");
    it.run(&["audit", "verify"]).expect(0);
}

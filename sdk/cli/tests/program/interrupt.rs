//! Ctrl-C during a write.
#![cfg(unix)]

use std::process::{Child, Command};
use std::time::Duration;

use guestpass_testkit::{Fault, On};

use crate::fixture::{Fixture, Ran, SAM, STORE};

/// Long enough to press a key, short enough for a test.
const SLOW: Duration = Duration::from_secs(2);

fn press_ctrl_c(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits until the write has reached the fake, so that there is something to interrupt.
fn write_under_way(it: &Fixture) {
    while it.fake.writes() == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_one_lets_the_write_finish() {
    let it = Fixture::new().await;
    it.fake.inject(On::Writes, Fault::Slow(SLOW), 1);
    let child = it.spawn(&["invite", "acme", "sam"]);
    write_under_way(&it);
    press_ctrl_c(&child);
    let ran: Ran = child.wait_with_output().unwrap().into();
    let ran = ran.expect(3);
    assert!(ran.stderr.contains("the write under way is finished first"), "{}", ran.stderr);
    assert!(ran.stdout.contains(SAM));
    assert!(it.fake.is_member(STORE, SAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_one_gives_up_and_says_how_to_look() {
    let it = Fixture::new().await;
    it.fake.inject(On::Writes, Fault::Slow(SLOW), 1);
    let child = it.spawn(&["invite", "acme", "sam", "--json"]);
    write_under_way(&it);
    press_ctrl_c(&child);
    std::thread::sleep(Duration::from_millis(300));
    press_ctrl_c(&child);
    let ran: Ran = child.wait_with_output().unwrap().into();
    let ran = ran.expect(4);
    assert!(ran.stderr.contains("guestpass observe acme sam"), "{}", ran.stderr);
    assert_eq!(ran.document()["error"]["kind"], "outcome_unknown");
}

//! Reviews that were interrupted: what was read stays, and the rest is read later.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::Duration;

use guestpass_testkit::{Fault, On};
use serde_json::json;

use super::world::{Reviewed, World};
use crate::fixture::{ACCOUNT, OWNER, Ran, SAM, STORE};

const OTHER: &str = "xyz789";

/// Two more stores of the same account: they are read one after the other.
fn with_siblings(world: &World) {
    let mut config = world.config();
    for (name, hash) in [("acme2", OTHER), ("acme3", "xyz790")] {
        world.fake.add_store(ACCOUNT, hash, name, OWNER);
        let of_acme = config.split("\n\n").next().unwrap();
        let sibling = of_acme.replace("stores.acme", &format!("stores.{name}")).replace(STORE, hash);
        let sibling: Vec<_> = sibling.lines().filter(|line| !line.starts_with("store_token")).collect();
        config.push_str(&format!("\n{}\n", sibling.join("\n")));
    }
    world.write("guestpass.toml", &config);
}

fn press_ctrl_c(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

fn under_way(world: &World) {
    while world.fake.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_review_is_gone_on_with() {
    let world = World::new().await;
    world.fake.add_user(STORE, SAM, "Sam", "Support");
    world.wix.inject(On::AnyRequest, Fault::Slow(Duration::from_secs(300)), 1);
    let mut child = world.spawn(&["review", "--json"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(4);
    let first: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(first.iter().all(|line| line.contains("\"store\":{")), "{first:?}");
    child.kill().unwrap();
    child.wait().unwrap();

    let shown = Reviewed::of(&world.run(&["review", "show", "--json"]).expect(0));
    assert_eq!((&shown.summary["waiting"], &shown.summary["finished_at"]), (&json!(1), &json!(null)));
    assert_eq!(shown.store("site")["reading"], "waiting");
    assert!(world.run(&["review", "show"]).expect(0).stdout.contains("Next: guestpass review continue"));
    // Whoever died may only be slow: the lease must lapse first.
    let busy = world.run(&["review", "continue", "--csv", "rows.csv"]).expect(1);
    assert!(busy.stderr.contains("five minutes at most"), "{}", busy.stderr);
    assert!(!world.path("rows.csv").exists());

    let requests = world.fake.requests().len();
    let words = ["review", "continue", shown.mark(), "--json", "--csv", "rows.csv"];
    let done = Reviewed::of(&world.run_later("6m", &words).expect(0));
    assert_eq!((&done.summary["id"], &done.summary["waiting"]), (&shown.summary["id"], &json!(0)));
    assert!(done.summary["finished_at"].is_string());
    assert_eq!(done.stores.len(), 5, "those that were read before, too");
    assert_eq!(done.store("site")["reading"], "complete");
    assert_eq!(world.fake.requests().len(), requests, "what was read before is not read again");
    let file = std::fs::read_to_string(world.path("rows.csv")).unwrap();
    for store in ["acme", "boutique", "site", "shop", "byhand"] {
        assert!(file.lines().any(|line| line.contains(&format!(",{store},"))), "{store}: {file}");
    }
    // What is finished is just shown.
    let all = world.requests();
    let again = Reviewed::of(&world.run(&["review", "continue", "--json"]).expect(0));
    assert_eq!((again.summary, again.stores.len()), (done.summary, 5));
    assert_eq!(world.requests(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_lets_the_store_finish_and_leaves_the_others_for_later() {
    let world = World::new().await;
    with_siblings(&world);
    world.fake.inject(On::AnyRequest, Fault::Slow(Duration::from_secs(2)), 1);
    let child = world.spawn(&["review", "acme", "acme2", "acme3", "--json", "--csv", "rows.csv"]);
    under_way(&world);
    press_ctrl_c(&child);
    let ran: Ran = child.wait_with_output().unwrap().into();
    let ran = ran.expect(5);
    assert!(ran.stderr.contains("what is under way is finished first"), "{}", ran.stderr);
    let review = Reviewed::of(&ran);
    assert_eq!((&review.summary["complete"], &review.summary["waiting"]), (&json!(1), &json!(2)));
    let file = std::fs::read_to_string(world.path("rows.csv")).unwrap();
    assert!(file.contains(",acme2,bigcommerce,waiting,"), "{file}");
    // The lease was given back.
    let done = Reviewed::of(&world.run(&["review", "continue", "--json"]).expect(0));
    assert_eq!((&done.summary["id"], &done.summary["complete"]), (&review.summary["id"], &json!(3)));
}

/// Exit code 2 would say that nothing was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_fails_at_the_end_is_a_failure_and_the_review_is_kept() {
    let world = World::new().await;
    world.fake.inject(On::AnyRequest, Fault::Slow(Duration::from_secs(1)), 1);
    let child = world.spawn(&["review", "acme", "--csv", "rows.csv"]);
    under_way(&world);
    std::fs::create_dir(world.path("rows.csv")).unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    let ran = ran.expect(1);
    assert!(
        ran.stderr.contains("rows.csv cannot be written") && ran.stderr.contains("`guestpass review show`"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("1 listed completely"), "{ran:?}");
    std::fs::remove_dir(world.path("rows.csv")).unwrap();
    world.run(&["review", "show", "--csv", "rows.csv"]).expect(0);
    assert_eq!(std::fs::read_to_string(world.path("rows.csv")).unwrap().lines().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_ctrl_c_leaves_it_at_once_and_keeps_what_was_read() {
    let world = World::new().await;
    world.fake.inject(On::AnyRequest, Fault::Slow(Duration::from_secs(300)), 1);
    let child = world.spawn(&["review", "acme", "byhand", "--csv", "rows.csv"]);
    under_way(&world);
    press_ctrl_c(&child);
    std::thread::sleep(Duration::from_millis(300));
    press_ctrl_c(&child);
    let ran: Ran = child.wait_with_output().unwrap().into();
    let ran = ran.expect(5);
    assert!(ran.stderr.contains("`guestpass review continue` goes on with it"), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("Next: guestpass review continue") && ran.stdout.contains("1 waiting"),
        "{ran:?}"
    );
    let file = std::fs::read_to_string(world.path("rows.csv")).unwrap();
    assert!(
        file.contains(",acme,bigcommerce,waiting,") && file.contains(",byhand,bigcommerce,attested,"),
        "{file}"
    );
    world.run_later("6m", &["review", "continue"]).expect(0);
}

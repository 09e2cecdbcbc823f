//! The chains of events: printed, followed, verified, and what shows when somebody edits them.

use serde_json::Value;

use crate::fixture::Fixture;

const LEDGER: &str = ".local/state/guestpass/ledger.sqlite";

#[tokio::test(flavor = "multi_thread")]
async fn events_are_printed_once_and_the_cursor_goes_on() {
    let it = Fixture::new().await;
    assert!(it.run(&["events"]).expect(0).stdout.is_empty());
    let id = it.grant();
    let lines = it.run(&["events"]).expect(0).documents();
    let (end, events) = lines.split_last().unwrap();
    assert_eq!(events[0]["event"]["fact"]["kind"], "grant_requested");
    assert_eq!(events[0]["event"]["fact"]["grant"], id.as_str());
    assert_eq!(events[0]["event"]["seq"], 1);
    let cursor = end["cursor"].as_str().unwrap();
    assert_eq!(cursor, format!("acme={}", events.len()));
    assert!(it.run(&["events", "--after", cursor]).expect(0).stdout.is_empty());
    it.run(&["revoke", &id]).expect(0);
    let more = it.run(&["events", "--after", cursor, "--store", "acme"]).expect(0).documents();
    assert_eq!(more[0]["event"]["seq"], events.len() + 1);
    it.run(&["events", "--after", "x"]).expect(2);

    let exported = it.run(&["audit", "export", "--since", "1h"]).expect(0).documents();
    assert_eq!(exported.len(), events.len() + more.len() - 1);
    let written: Value = serde_json::from_str(exported[0]["event"]["written"].as_str().unwrap()).unwrap();
    assert_eq!(written, exported[0]["event"]["fact"]);
    assert_eq!(exported[1]["event"]["previous"], exported[0]["event"]["hash"]);
    assert!(it.run(&["audit", "export", "--store", "byhand"]).expect(0).stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn editing_and_cutting_show() {
    let it = Fixture::new().await;
    let id = it.grant();
    let early = it.run(&["audit", "head", "--json"]).expect(0).stdout;
    it.run(&["revoke", &id]).expect(0);
    it.write("heads.jsonl", &format!("{early}{}", it.run(&["audit", "head", "--json"]).expect(0).stdout));
    let verify = ["audit", "verify", "--head", "heads.jsonl", "--json"];
    let sound = it.run(&verify).expect(0).document();
    assert_eq!(
        (&sound["sound"], &sound["stores"][0]["against_kept"]),
        (&Value::from(true), &Value::from(true))
    );
    assert!(it.run(&["audit", "verify"]).expect(0).stdout.contains("Without a kept end"));

    // As if somebody had put an older copy in its place.
    std::fs::remove_file(it.path(LEDGER)).unwrap();
    for rest in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = std::fs::remove_file(it.path(".local/state/guestpass").join(rest));
    }
    let cut = it.run(&verify).expect(1).document();
    assert_eq!((&cut["sound"], &cut["stores"][0]["fault"]), (&Value::from(false), &Value::from("cut")));
    it.run(&["grant", "byhand", "sam", "--for", "1h"]).expect(3);
    it.run(&["audit", "verify"]).expect(0);
    it.run(&verify).expect(1);

    for bad in ["nowhere.jsonl", "guestpass.toml"] {
        it.run(&["audit", "verify", "--head", bad]).expect(2);
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn events_can_be_followed_from_before_there_is_a_ledger() {
    use std::io::{BufRead, BufReader};
    let it = Fixture::new().await;
    let mut follower = it.spawn(&["events", "--follow"]);
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    it.run(&["grant", "byhand", "sam", "--for", "1h"]).expect(3);
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["event"]["fact"]["kind"], "grant_requested");
    let stop =
        std::process::Command::new("kill").args(["-INT", &follower.id().to_string()]).status().unwrap();
    assert!(stop.success() && follower.wait().unwrap().success());
}

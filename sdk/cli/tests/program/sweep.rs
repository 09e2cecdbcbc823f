//! Sweeps: what is due ends, by whichever process comes by.

use std::io::{BufRead, BufReader};
use std::process::Command;

use guestpass::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::fixture::{Fixture, SAM, STORE};

/// A time that comes while the test still runs.
fn soon() -> String {
    SystemClock::new().now().checked_add(std::time::Duration::from_secs(5)).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_whose_time_is_over_ends_with_the_next_sweep() {
    let it = Fixture::new().await;
    let words = ["grant", "acme", "sam", "--role", "support", "--for", "2h", "--ticket", "T-1", "--json"];
    let granted = it.run(&words).document()["grant"].clone();
    let (id, end) = (granted["id"].as_str().unwrap(), granted["ends_at"].as_str().unwrap());
    it.fake.accept(STORE, SAM);
    it.run(&["steps", "check", &it.step("acme", "follow_up")]).expect(3);
    assert!(it.fake.is_member(STORE, SAM));
    assert!(it.fake.is_member(STORE, SAM), "two hours are not over");
    let swept = it.run_later("3h", &["sweep", "--json"]).expect(0).documents();
    let settled = swept.iter().find(|line| line["settled"]["proof"].is_object()).unwrap();
    assert_eq!(settled["settled"]["store"], "acme");
    assert_eq!(settled["settled"]["writes"], 1);
    assert_eq!(settled["settled"]["grants"][0]["phase"], "ended");
    assert_eq!(swept.last().unwrap()["summary"]["reached"], 1);
    let grant = it.grant_of(id);
    assert_eq!(grant["end"]["cause"], "expired");
    assert!(grant["end"]["since"].as_str().unwrap() >= end);
    assert!(!it.fake.is_member(STORE, SAM));
    assert_eq!(it.fake.removals(STORE, SAM), 1);
    let idle = it.run_later("3h", &["sweep", "--json"]).expect(0).documents();
    assert_eq!(idle.len(), 1, "nothing is due any more");
    let told = it.run(&["audit", "export"]).expect(0).stdout;
    assert!(
        told.contains("\"access_ended\"") && told.contains("\"T-1\"") && told.contains("listed"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_set_forward_only_where_every_store_is_a_fake() {
    let it = Fixture::new().await;
    it.run_later("3h", &["stores"]).expect(0);
    let refused = it.run_later("soon", &["stores"]).expect(2).stderr;
    assert!(refused.contains("GUESTPASS_CLOCK_AHEAD"), "{refused}");
    let real = it.config().replace(&format!("api_url = \"{}\"", it.fake.uri()), "");
    it.write("guestpass.toml", &real);
    let refused = it.run_later("3h", &["sweep"]).expect(2).stderr;
    assert!(refused.contains("acme") && refused.contains("not on this machine"), "{refused}");
    it.run(&["stores"]).expect(0);
    // One address on this machine does not make a fake of a real shop.
    let real = "[stores.shop]\nplatform = \"prestashop\"\nurl = \"https://shop.example\"\nkey = \"file:key\"\n\
                back_office_url = \"http://127.0.0.1/admin\"\n";
    it.write("guestpass.toml", &format!("{real}{}", it.config()));
    let refused = it.run_later("3h", &["sweep"]).expect(2).stderr;
    assert!(refused.contains("shop") && refused.contains("not on this machine"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_ended_yet_is_told_and_tried_again() {
    let it = Fixture::new().await;
    let id = it.grant();
    it.write_private("account-token", "marker-wrong-token");
    let revoked = it.run(&["revoke", &id, "--json"]).document();
    assert_eq!(revoked["grant"]["phase"], "closing");
    assert_eq!(revoked["troubles"][0]["kind"], "authority_lost");
    let listed = it.run(&["grants", "--json"]).expect(0).documents();
    assert_eq!(listed[0]["troubles"][0]["kind"], "authority_lost");
    assert_eq!(listed[1]["summary"]["troubled"], 1);
    it.write_private("account-token", crate::fixture::ACCOUNT_TOKEN);
    it.run(&["revoke", &id]).expect(0);
    assert_eq!(it.grant_of(&id)["end"]["proof"]["by"], "listed");
    assert!(!it.fake.is_member(STORE, SAM));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_sweeps_until_it_is_stopped() {
    let it = Fixture::new().await;
    it.run(&["grant", "byhand", "sam", "--until", &soon()]).expect(3);
    loop {
        let due = it.run(&["sweep", "--dry-run", "--json"]).expect(0).document();
        if due["due"].as_array().unwrap().iter().any(|due| due["places"] == 1) {
            break;
        }
    }
    let mut worker = it.spawn(&["sweep", "--every", "5m", "--json"]);
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    let settled: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(settled["settled"]["store"], "byhand");
    assert!(Command::new("kill").args(["-INT", &worker.id().to_string()]).status().unwrap().success());
    assert!(worker.wait().unwrap().success());
    it.run(&["sweep", "--every", "soon"]).expect(2);
    it.run(&["sweep", "--max", "0"]).expect(2);
}

/// The kinds of what was told about Sam: what appeared, and what is gone.
fn told_of_sam(lines: &[Value], appeared: bool) -> Vec<String> {
    let of = if appeared { "appeared" } else { "gone" };
    let findings = lines.iter().filter_map(|line| line["drift"][of].as_array()).flatten();
    let about = findings.filter(|finding| finding["person"] == "sam" || !appeared);
    about.map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_a_store_without_us_is_told_once() {
    let it = Fixture::new().await;
    let quiet = it.run(&["sweep", "--json"]).expect(0).document();
    assert_eq!(quiet["summary"]["drift"]["looked_at"], 2, "both stores, and nothing to tell");
    it.fake.add_user(STORE, SAM, "Sam", "Support");
    it.fake.accept(STORE, SAM);
    assert_eq!(it.run(&["sweep", "--json"]).document()["summary"]["drift"]["looked_at"], 0, "not yet");
    let planned = it.run_later("25h", &["sweep", "--dry-run", "--json"]).expect(0).document();
    assert_eq!(planned["to_look_at"], 2);
    let requests = it.fake.requests().len();
    let text = it.run_later("25h", &["sweep", "--dry-run"]).expect(0).stdout;
    assert!(text.contains("2 store(s) would be looked at for drift"), "{text}");
    assert_eq!(it.fake.requests().len(), requests, "a plan asks nobody");

    let told = it.run_later("25h", &["sweep", "--json"]).expect(0).documents();
    assert_eq!(told_of_sam(&told, true), ["ours_without_grant"]);
    let drift = &told.iter().find(|line| line["drift"].is_object()).unwrap()["drift"];
    assert_eq!(
        (&drift["store"], &drift["reading"], &drift["reason"]),
        (&json!("acme"), &json!("complete"), &Value::Null)
    );
    assert!(drift["since"].is_string() && drift["appeared"][0]["detail"]["is"] == "ours_without_grant");
    assert_eq!(told.last().unwrap()["summary"]["drift"]["appeared"], 1);
    let again = it.run_later("50h", &["sweep", "--json"]).expect(0).document();
    assert_eq!(
        (&again["summary"]["drift"]["looked_at"], &again["summary"]["drift"]["appeared"]),
        (&json!(2), &json!(0))
    );

    it.fake.remove_user(STORE, SAM);
    let gone = it.run_later("75h", &["sweep"]).expect(0).stdout;
    assert!(gone.contains("gone:") && gone.contains("ours_without_grant"), "{gone}");
    assert!(gone.contains("2 store(s) looked at, 0 unreadable"), "{gone}");
    let events = it.run(&["audit", "export"]).expect(0).stdout;
    assert_eq!(events.matches("\"finding_appeared\"").count(), 1);
    assert_eq!(events.matches("\"finding_gone\"").count(), 1);
    assert!(!events.contains(SAM), "no address in the ledger's events");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_taken_out_by_somebody_else_has_no_grant_after_a_look() {
    let it = Fixture::new().await;
    it.add("[review]\ndrift_every = \"30m\"");
    let id = it.grant();
    it.fake.accept(STORE, SAM);
    it.run(&["steps", "check", &it.step("acme", "follow_up")]).expect(3);
    it.run(&["sweep"]).expect(0);
    it.fake.remove_user(STORE, SAM);
    let swept = it.run_later("40m", &["sweep", "--json"]).expect(0).documents();
    assert_eq!(told_of_sam(&swept, true), ["grant_without_person"]);
    assert_eq!(swept.last().unwrap()["summary"]["drift"]["ended"], 1);
    let settled = swept.iter().find(|line| line["settled"].is_object()).unwrap();
    assert_eq!(settled["settled"]["grants"][0]["end"]["cause"], "drift");
    let grant = it.grant_of(&id);
    assert_eq!((&grant["phase"], &grant["end"]["proof"]["by"]), (&json!("ended"), &json!("listed")));
    assert_eq!(it.fake.removals(STORE, SAM), 0, "nobody had to be taken out");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_where_that_is_switched_off() {
    let it = Fixture::new().await;
    let without = it.run(&["sweep", "--no-drift", "--json"]).expect(0).document();
    assert_eq!(without["summary"]["drift"]["looked_at"], 0);
    let planned = it.run(&["sweep", "--no-drift", "--dry-run", "--json"]).document();
    assert_eq!(planned["to_look_at"], 0);
    it.add("[review]\ndrift_every = \"never\"");
    assert_eq!(it.run(&["sweep", "--json"]).expect(0).document()["summary"]["drift"]["looked_at"], 0);
    assert_eq!(it.fake.requests().len(), 0);
    it.add("[review]\ndrift_every = \"sometimes\"");
    let refused = it.run(&["sweep"]).expect(2).stderr;
    assert!(refused.contains("drift_every") && refused.contains("or never"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_dormant_is_said_by_the_configuration() {
    let it = Fixture::new().await;
    it.fake.add_user(STORE, SAM, "Sam", "Support");
    it.fake.accept(STORE, SAM);
    it.add("[review]\ndormant_after = \"10d\"");
    assert_eq!(told_of_sam(&it.run(&["sweep", "--json"]).documents(), true), ["ours_without_grant"]);
    let later = it.run_later("11d", &["sweep", "--json"]).expect(0).documents();
    assert_eq!(told_of_sam(&later, true), ["dormant"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_looked_at_is_told_and_no_failure_of_what_was_due() {
    let it = Fixture::new().await;
    it.write_private("account-token", "marker-wrong-token");
    let swept = it.run(&["sweep", "--json"]).expect(0).documents();
    let drift = &swept[0]["drift"];
    assert_eq!(
        (&drift["store"], &drift["reading"], &drift["appeared"]),
        (&json!("acme"), &json!("failed"), &json!([]))
    );
    assert!(!drift["reason"].as_str().unwrap().contains("marker"));
    let counts = &swept.last().unwrap()["summary"]["drift"];
    assert_eq!((&counts["looked_at"], &counts["unreadable"]), (&json!(1), &json!(1)));
    it.write_private("account-token", crate::fixture::ACCOUNT_TOKEN);
    let text = it.run_later("61m", &["sweep"]).expect(0).stdout;
    assert!(text.contains("drift: 1 store(s) looked at, 0 unreadable"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overdue_review_is_announced_once_for_each_date() {
    let it = Fixture::new().await;
    let words = ["grant", "acme", "sam", "--role", "support", "--for", "2d", "--review-at", "1h"];
    it.run(&words).expect(3);
    let due = |ahead: &str| {
        let swept = it.run_later(ahead, &["sweep", "--json"]).documents();
        let due: Vec<_> = swept.iter().filter(|line| line["review_due"].is_object()).cloned().collect();
        assert_eq!(swept.last().unwrap()["summary"]["reviews_due"], due.len());
        due
    };
    assert!(due("10m").is_empty());
    let planned = it.run_later("2h", &["sweep", "--dry-run", "--json"]).expect(0).document();
    assert_eq!(planned["reviews_due"][0]["person"], "sam");
    let text = it.run_later("2h", &["sweep", "--dry-run"]).expect(0).stdout;
    assert!(text.contains("guestpass review acme") && text.contains("guestpass revoke "), "{text}");
    let told = due("2h");
    assert_eq!((&told[0]["review_due"]["store"], told.len()), (&json!("acme"), 1));
    assert!(due("3h").is_empty(), "once");
    let planned = it.run_later("3h", &["sweep", "--dry-run", "--json"]).document();
    assert_eq!(planned["reviews_due"], json!([]));
}

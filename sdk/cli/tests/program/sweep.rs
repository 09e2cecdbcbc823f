//! Sweeps: what is due ends, by whichever process comes by.

use std::io::{BufRead, BufReader};
use std::process::Command;

use guestpass::{Clock, SystemClock};

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

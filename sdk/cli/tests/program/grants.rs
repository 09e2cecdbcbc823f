//! Grants: asked for, changed, ended, refused.

use serde_json::Value;

use crate::fixture::{Fixture, OWNER, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_lets_in_and_its_end_takes_out_with_proof() {
    let it = Fixture::new().await;
    let words = [
        "grant",
        "acme",
        "sam",
        "--role",
        "support",
        "--for",
        "2h",
        "--reason",
        "slow shop",
        "--ticket",
        "T-1",
        "--requested-by",
        "Robin",
        "--json",
    ];
    let grant = it.run(&words).expect(3).document();
    let (id, shown) = (grant["grant"]["id"].as_str().unwrap().to_owned(), &grant["grant"]);
    for (field, value) in
        [("store", "acme"), ("platform", "bigcommerce"), ("person", "sam"), ("role", "support")]
    {
        assert_eq!(shown[field], value);
    }
    assert_eq!((&shown["ticket"], &shown["reason"]), (&Value::from("T-1"), &Value::from("slow shop")));
    assert_eq!(shown["requested_by"]["name"], "Robin");
    assert_eq!(shown["requested_by"]["authenticated"], false, "a command line only states");
    assert_eq!(grant["steps"][0]["for"], "follow_up");
    assert_eq!(grant["writes"], 1);
    assert!(grant["troubles"].as_array().unwrap().is_empty() && grant["secret"].is_null());
    assert!(it.fake.is_member(STORE, SAM));

    let listed = it.run(&["grants", "--store", "acme", "--person", SAM, "--json"]).expect(0).documents();
    assert_eq!(listed[0]["grant"]["id"], id.as_str());
    assert_eq!(listed[1]["summary"]["grants"], 1);
    assert!(it.run(&["grants"]).expect(0).stdout.contains(&id));
    assert!(it.run(&["grants", &id]).expect(0).stdout.contains("ticket:        T-1"));

    it.fake.accept(STORE, SAM);
    // A look sees that they are in; their role is not set yet.
    it.run(&["steps", "check", &it.step("acme", "follow_up")]).expect(3);
    assert_eq!(it.grant_of(&id)["phase"], "active");
    let revoked = it.run(&["revoke", &id, "--reason", "done", "--by", "Kim", "--json"]).expect(0).document();
    assert_eq!(revoked["grant"]["phase"], "ended");
    let end = &revoked["grant"]["end"];
    assert_eq!((&end["cause"], &end["by"]["name"]), (&Value::from("revoked"), &Value::from("Kim")));
    assert_eq!(end["proof"]["by"], "listed");
    assert_eq!(end["proof"]["evidence"]["complete"], true);
    assert!(!it.fake.is_member(STORE, SAM) && it.fake.is_member(STORE, OWNER));
    assert_eq!((it.fake.adds(STORE, SAM), it.fake.removals(STORE, SAM)), (1, 1));
    let none = it.run(&["grants", "--json"]).expect(0).documents();
    assert_eq!(none[0]["summary"]["grants"], 0);
    assert_eq!(it.run(&["grants", "--all", "--json"]).expect(0).documents().len(), 2);
    let again = it.run(&["revoke", &id, "--json"]).expect(1).document();
    assert_eq!(again["error"]["kind"], "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_can_be_moved_and_the_grant_taken_back() {
    let it = Fixture::new().await;
    let id = it.grant();
    let before = it.grant_of(&id)["ends_at"].as_str().unwrap().parse::<guestpass::Timestamp>().unwrap();
    let longer = it.run(&["extend", &id, "--for", "1h", "--json"]).document();
    let after = longer["grant"]["ends_at"].as_str().unwrap().parse::<guestpass::Timestamp>().unwrap();
    assert_eq!(after.duration_since(before).as_secs(), 3600);
    it.run(&["extend", &id, "--until", "2020-01-01T00:00:00Z"]).expect(2);
    let withdrawn = it.run(&["withdraw", &id, "--json"]).expect(0).document();
    assert_eq!(withdrawn["grant"]["phase"], "never_opened");
    assert_eq!(withdrawn["grant"]["end"]["cause"], "withdrawn");
    assert!(!it.fake.is_member(STORE, SAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_somebody_approves_and_its_time_has_come() {
    let it = Fixture::new().await;
    it.edit("rank = 10", "rank = 10\nneeds_approval = true");
    let words = ["grant", "acme", "sam", "--role", "support", "--for", "2h", "--json"];
    let asked = it.run(&words).expect(3).document();
    let id = asked["grant"]["id"].as_str().unwrap();
    assert_eq!((&asked["grant"]["phase"], &asked["standing"]), (&Value::from("requested"), &Value::Null));
    assert!(it.fake.requests().is_empty());
    let approved = it.run(&["approve", id, "--by", "Boss", "--json"]).expect(3).document();
    assert_eq!(approved["grant"]["approved_by"]["name"], "Boss");
    assert!(it.fake.is_member(STORE, SAM));
    let declined = it.run(&[&words[..], &[]].concat()).expect(3).document();
    let id = declined["grant"]["id"].as_str().unwrap();
    it.run(&["decline", id, "--reason", "not this week"]).expect(0);
    assert_eq!(it.grant_of(id)["end"]["cause"], "declined");

    let it = Fixture::new().await;
    let later = it.run(&[&words[..], &["--from", "1h"]].concat()).expect(0).document();
    assert_eq!(later["grant"]["phase"], "requested");
    it.run(&["sweep", "--no-drift"]).expect(0);
    assert!(it.fake.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_before_anything_is_written() {
    let it = Fixture::new().await;
    it.add("[policy]\nlongest = \"8h\"\nneeds_ticket = true");
    let long = ["--for", "2h", "--ticket", "T-1"];
    let cases: [(&[&str], &[&str], &str); 13] = [
        (&["grant", "acne", "sam"], &long, "did you mean `acme`?"),
        (&["grant", "acme", "smo"], &long, "there is no person \"smo\""),
        (
            &["grant", "acme", "stranger@vendor.example"],
            &long,
            "there is no person \"stranger@vendor.example\"",
        ),
        (&["grant", "acme", "sam", "--role", "suport"], &long, "did you mean `support`?"),
        (&["grant", "acme", "sam", "--deliver-to", "vault"], &long, "vault"),
        (
            &["grant", "acme", "sam", "--from", "3h"],
            &["--until", "2h", "--ticket", "T-1"],
            "not after the start",
        ),
        (&["grant", "acme", "sam"], &["--until", "2020-01-01T00:00:00Z"], "has passed already"),
        (&["grant", "acme", "sam"], &["--for", "9h", "--ticket", "T-1"], "too far away"),
        (&["grant", "acme", "sam"], &["--for", "2h"], "`ticket` is missing"),
        (&["grant", "acme", "sam"], &["--for", "soon"], "is no length of time"),
        (&["grant", "acme", "sam"], &[], "required arguments were not provided"),
        (&["adopt", "acme", "smo"], &long, "there is no person \"smo\""),
        (&["revoke", "not-an-id"], &[], "is no id of a grant"),
    ];
    for (words, end, expected) in cases {
        let ran = it.run(&[words, end].concat()).expect(2);
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        assert!(it.fake.requests().is_empty(), "{expected}");
        assert!(!it.path(".local/state/guestpass/ledger.sqlite").exists(), "{expected}");
    }
    it.run(&["revoke", "01a203ff-4d34-7527-8878-d6a17521b88c"]).expect(1);
    std::fs::remove_file(it.path("account-token")).unwrap();
    it.run(&["grant", "acme", "sam", "--for", "2h", "--ticket", "T-1"]).expect(2);
    assert!(!it.path(".local/state/guestpass/ledger.sqlite").exists(), "a missing secret stops it before");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strictest_rule_of_all_the_role_and_the_store_counts() {
    let it = Fixture::new().await;
    let config = it
        .config()
        .replace("label = ", "longest = \"3h\"\nlabel = ")
        .replace("rank = 10", "longest = \"2h\"");
    it.write("guestpass.toml", &format!("{config}\n[policy]\nlongest = \"4h\""));
    let dry = |words: &[&str]| it.run(&[&["grant", "acme", "sam", "--dry-run"], words].concat());
    dry(&["--for", "3h"]).expect(0);
    dry(&["--for", "4h"]).expect(2);
    dry(&["--for", "2h", "--role", "support"]).expect(0);
    dry(&["--for", "3h", "--role", "support"]).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_any_order_writes_and_sends_nothing() {
    let it = Fixture::new().await;
    let plan = it
        .run(&["grant", "acme", "sam", "--role", "support", "--for", "2h", "--dry-run", "--json"])
        .expect(0)
        .document();
    assert_eq!((&plan["command"], &plan["requests"]), (&Value::from("grant"), &Value::from(3)));
    assert!(!it.path(".local/state/guestpass/ledger.sqlite").exists());
    let id = it.grant();
    it.fake.accept(STORE, SAM);
    let (grant, requests) = (it.grant_of(&id), it.fake.requests().len());
    let orders: [(&[&str], u64); 6] = [
        (&["revoke", &id], 3),
        (&["extend", &id, "--for", "1h"], 0),
        (&["withdraw", &id], 3),
        (&["force-close", &id, "--reason", "gone"], 0),
        (&["adopt", "acme", "sam", "--for", "1h"], 1),
        (&["offboard", "sam"], 3),
    ];
    for (words, cost) in orders {
        let plan = it.run(&[words, &["--dry-run", "--json"]].concat()).expect(0).document();
        assert_eq!(
            (&plan["dry_run"], &plan["requests"]),
            (&Value::from(true), &Value::from(cost)),
            "{words:?}"
        );
    }
    it.run(&["sweep", "--dry-run"]).expect(0);
    it.run(&["erase", "sam", "--dry-run"]).expect(1);
    assert_eq!(it.grant_of(&id), grant);
    assert_eq!(it.fake.requests().len(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn access_that_is_there_becomes_a_grant_and_ends() {
    let it = Fixture::new().await;
    it.run(&["adopt", "acme", "sam", "--for", "2h"]).expect(1);
    it.fake.add_user(STORE, SAM, "Sam", "Support");
    it.fake.add_user(STORE, "alex@elsewhere.example", "Alex", "Before");
    let adopted = it.run(&["adopt", "acme", "sam", "--for", "2h", "--json"]).expect(0).document();
    assert_eq!(adopted["grant"]["adopted"], true);
    let list = it.run(&["list", "acme", "--json"]).expect(0).documents();
    let alex = list.iter().find(|line| line["collaborator"]["email"] == "alex@elsewhere.example").unwrap();
    let account = format!("account:{}", alex["collaborator"]["id"].as_str().unwrap());
    let stranger = it.run(&["adopt", "acme", &account, "--for", "2h", "--json"]).expect(0).document();
    let person = stranger["grant"]["person"].as_str().unwrap();
    assert!(person.starts_with("account-") && !person.contains("alex"), "{person}");
    // Another process, which has never heard of the account, ends it.
    for adopted in [&adopted, &stranger] {
        it.run(&["revoke", adopted["grant"]["id"].as_str().unwrap()]).expect(0);
    }
    assert!(!it.fake.is_member(STORE, SAM) && !it.fake.is_member(STORE, "alex@elsewhere.example"));
    assert!(it.fake.is_member(STORE, OWNER));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_can_be_closed_by_force_and_says_so() {
    let it = Fixture::new().await;
    let id = it.grant();
    it.run(&["force-close", &id]).expect(2);
    let ran = it.run(&["force-close", &id, "--reason", "the shop is gone", "--by", "robin"]).expect(0);
    assert!(ran.stdout.contains("WITHOUT A PROOF"), "{}", ran.stdout);
    assert!(ran.stderr.contains("warning: nobody is taken out"), "{}", ran.stderr);
    let grant = it.grant_of(&id);
    assert_eq!((&grant["phase"], &grant["end"]["proof"]), (&Value::from("force_closed"), &Value::Null));
    assert!(it.fake.is_member(STORE, SAM));
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_operations_warn_of_a_living_grant() {
    let it = Fixture::new().await;
    assert!(it.run(&["remove", "acme", "sam"]).expect(0).stderr.is_empty());
    let id = it.grant();
    for words in [&["change", "acme", "sam", "--suspend"][..], &["remove", "acme", SAM]] {
        let ran = it.run(words);
        assert!(ran.stderr.contains(&format!("warning: the grant {id} stands for")), "{}", ran.stderr);
    }
    assert!(!it.fake.is_member(STORE, SAM), "it is only a warning");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_erased_stays_by_handle_alone() {
    let it = Fixture::new().await;
    let id = it.grant();
    let refused = it.run(&["erase", "sam"]).expect(1);
    assert!(
        refused.stderr.contains("is not over") && refused.stderr.contains("offboard"),
        "{}",
        refused.stderr
    );
    it.run(&["revoke", &id]).expect(0);
    let erased = it.run(&["erase", "sam", "--json"]).expect(0).document();
    assert_eq!((&erased["erased"], &erased["grants_kept"]), (&Value::from(true), &Value::from(1)));
    assert_eq!(erased["in_configuration"], true);
    assert_eq!(it.grant_of(&id)["person"], "sam");
    for path in it.written().iter().filter(|path| !path.ends_with("guestpass.toml")) {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        assert!(!text.contains(SAM), "{path:?}");
    }
    it.run(&["erase", "nobody"]).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_no_api_makes_comes_as_a_step() {
    let it = Fixture::new().await;
    let id = it.grant();
    it.fake.accept(STORE, SAM);
    it.run(&["steps", "check", &it.step("acme", "follow_up")]).expect(3);
    let paused = it.run(&["suspend", &id, "--reason", "holidays", "--json"]).expect(3).document();
    assert_eq!(paused["grant"]["phase"], "suspended");
    assert!(paused["steps"].as_array().unwrap().iter().any(|step| step["for"] == "pause"), "{paused}");
    let writes = it.fake.writes();
    let resumed = it.run(&["resume", &id, "--json"]).document();
    assert_ne!(resumed["grant"]["phase"], "suspended");
    assert_eq!(it.fake.writes(), writes);
    it.run(&["resume", "01a203ff-4d34-7527-8878-d6a17521b88c"]).expect(1);
}

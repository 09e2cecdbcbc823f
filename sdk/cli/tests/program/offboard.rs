//! Somebody leaves: out of every store, with a proof or a word for each.

use serde_json::Value;

use crate::fixture::{Fixture, OWNER, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_taken_out_of_every_store() {
    let it = Fixture::new().await;
    it.fake.add_user(STORE, SAM, "Sam", "Before");
    let ran = it.run(&["offboard", "sam", "--reason", "left", "--by", "Robin", "--json"]).expect(5);
    let lines = ran.documents();
    let (end, stores) = lines.split_last().unwrap();
    let of = |name: &str| stores.iter().rfind(|line| line["offboarded"]["store"] == name).unwrap();
    assert_eq!(of("acme")["offboarded"]["state"], "out");
    assert_eq!(of("acme")["offboarded"]["proof"]["by"], "listed");
    assert_eq!(of("byhand")["offboarded"]["state"], "open");
    assert!(of("byhand")["offboarded"]["reason"].is_string());
    let summary = &end["summary"];
    assert_eq!((&summary["proven"], &summary["open"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(summary["by"]["name"], "Robin");
    assert!(!it.fake.is_member(STORE, SAM) && it.fake.is_member(STORE, OWNER));

    let id = summary["id"].as_str().unwrap();
    let listed = it.run(&["offboard", "--list", "--json"]).expect(0).document();
    assert_eq!(listed["offboardings"][0]["id"], id);
    it.run(&["offboard", "--continue", id]).expect(5);
    it.run(&["steps", "done", &it.step("byhand", "exit"), "--note", "they wrote"]).expect(0);
    let text = it.run(&["offboard", "--continue", id]).expect(0).stdout;
    assert!(text.contains("out (not proven)"), "{text}");
    assert!(text.contains("1 of 2 store(s) proven, 1 by somebody's word, 0 open"), "{text}");
    assert_eq!(it.fake.removals(STORE, SAM), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_unknown_is_offboarded() {
    let it = Fixture::new().await;
    for words in [&["offboard", "nobody"][..], &["offboard", "x@elsewhere.example"], &["offboard"]] {
        it.run(words).expect(2);
    }
    it.run(&["offboard", "--continue", "f0ca5ad6-baed-4068-bde5-c51fe5b9ce1a"]).expect(1);
    assert!(it.fake.requests().is_empty());
}

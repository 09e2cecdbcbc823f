//! Stores whose merchant holds the key: grants go through steps and words.

use serde_json::Value;

use crate::fixture::{Fixture, SAM, STORE};

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_by_the_merchants_hand_ends_by_a_word_and_is_never_called_proven() {
    let it = Fixture::new().await;
    let words =
        ["grant", "byhand", "sam", "--role", "support", "--for", "2h", "--also", "SFTP account", "--json"];
    let grant = it.run(&words).expect(3).document();
    let id = grant["grant"]["id"].as_str().unwrap();
    assert_eq!(grant["grant"]["phase"], "awaiting");
    assert_eq!(grant["steps"][0]["for"], "entry");
    assert!(grant["steps"][0]["step"]["message"]["body"].as_str().unwrap().contains(SAM));

    let entry = it.step("byhand", "entry");
    it.run(&["steps", "done", &entry, "--note", ""]).expect(2);
    let planned =
        it.run(&["steps", "done", &entry, "--note", "x", "--dry-run", "--json"]).expect(0).document();
    assert_eq!(planned["dry_run"], true);
    assert!(it.run(&["steps", "show", &entry]).expect(0).stdout.contains("Ready to send:"));
    it.run(&["steps", "check", &entry]).expect(1);
    let done = it
        .run(&["steps", "done", &entry, "--note", "on the phone", "--by", "Robin", "--json"])
        .expect(0)
        .document();
    assert_eq!(done["step"]["closed"]["proof"]["attested"]["who"], "Robin");
    assert_eq!(done["grants"][0]["phase"], "active");
    it.run(&["steps", "done", &entry, "--note", "again"]).expect(1);

    let revoked = it.run(&["revoke", id, "--json"]).expect(3).document();
    assert_eq!(revoked["grant"]["phase"], "closing");
    let exit = it.step("byhand", "exit");
    let text = it.run(&["steps", "done", &exit, "--note", "they wrote", "--by", "Robin"]).expect(0).stdout;
    assert!(text.contains("has ended (revoked)") && text.contains("not proven: Robin says so"), "{text}");
    let ended = it.grant_of(id);
    assert_eq!(ended["end"]["proof"]["by"], "attested");
    assert_eq!(ended["end"]["proof"]["attested"]["note"], "they wrote");
    assert!(ended["also"][0]["ended"].is_null());

    // What it brought along by hand is owed beyond its end.
    let also = it.step("byhand", "obligation");
    it.run(&["steps", "done", &also, "--note", "deleted"]).expect(0);
    assert_eq!(it.grant_of(id)["also"][0]["ended"]["by"], "attested");
    assert!(it.fake.requests().is_empty());
    let steps = it.run(&["steps", "--store", "byhand", "--all", "--json"]).expect(0).documents();
    let summary = &steps.last().unwrap()["summary"];
    assert_eq!((&summary["steps"], &summary["open"]), (&Value::from(3), &Value::from(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_a_look_can_show_is_looked_at() {
    let it = Fixture::new().await;
    it.grant();
    let role = it.step("acme", "follow_up");
    let open = it.run(&["steps", "check", &role, "--json"]).expect(3).document();
    assert!(open["step"]["closed"].is_null());
    it.fake.accept(STORE, SAM);
    it.fake.grant_permissions(STORE, SAM, &["Manage_Orders"]);
    let closed = it.run(&["steps", "check", &role, "--json"]).expect(0).document();
    assert_eq!(closed["step"]["closed"]["how"], "done");
    assert!(closed["step"]["closed"]["proof"]["attested"].is_null(), "a look is no word");
    it.run(&["steps", "check", "f0ca5ad6-baed-4068-bde5-c51fe5b9ce1a"]).expect(1);
    it.run(&["steps", "check", "x"]).expect(2);
}

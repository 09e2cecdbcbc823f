//! Stores whose merchant holds the key: nothing is sent, everything is said.

use crate::fixture::{Fixture, SAM};

#[tokio::test(flavor = "multi_thread")]
async fn without_any_token_the_merchant_gets_a_message() {
    let it = Fixture::new().await;
    std::fs::remove_file(it.path("account-token")).unwrap();
    let words = ["invite", "byhand", "sam", "--role", "support", "--reason", "ticket 1", "--until", "7d"];
    let text = it.run(&words).expect(3).stdout;
    for part in ["Ready to send:", "Subject: ", SAM, "ticket 1", "[ ] Manage_Orders", "takes us out again"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let invite = it.run(&[&words[..], &["--json"]].concat()).expect(3).document();
    assert_eq!(invite["result"], "action_required");
    assert_eq!(invite["before"]["state"], "unknown");
    assert_eq!(invite["before"]["reason"]["kind"], "not_observable");
    assert!(invite["action"]["message"]["subject"].is_string());
    assert!(invite["action"]["message"]["body"].as_str().unwrap().contains(SAM));
    assert_eq!(invite["action"]["check"]["by"], "attest");

    let remove = it.run(&["remove", "byhand", "sam", "--json"]).expect(3).document();
    assert_eq!(remove["result"], "action_required");
    assert!(remove["proof"].is_null());
    let list = it.run(&["list", "byhand", "--json"]).expect(3).document();
    assert!(list["error"]["manual_step"]["message"]["body"].is_string());
    assert!(it.run(&["list", "byhand"]).expect(3).stdout.contains("Ready to send:"));
    it.run(&["observe", "byhand", "sam"]).expect(4);
    it.run(&["check", "byhand"]).expect(0);
    it.run(&["roles", "byhand"]).expect(0);
    assert!(it.fake.requests().is_empty());
}

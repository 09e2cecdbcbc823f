//! No token in anything that the program says, at any verbosity.

use crate::fixture::{Fixture, STORE};

const COMMANDS: &[&[&str]] = &[
    &["stores"],
    &["check"],
    &["capabilities", "acme"],
    &["roles", "acme"],
    &["invite", "acme", "sam", "--role", "support"],
    &["list", "acme", "--fresh"],
    &["observe", "acme", "sam"],
    &["change", "acme", "sam", "--suspend"],
    &["remove", "acme", "sam"],
    &["grant", "acme", "sam", "--role", "support", "--for", "2h"],
    &["grants", "--all"],
    &["steps"],
    &["sweep"],
    &["offboard", "sam"],
    &["review", "--all"],
    &["review", "show", "--since", "last"],
    &["review", "list"],
    &["audit", "export"],
    &["events"],
    &["credentials"],
    &["rotate", "acme", "web", "--dry-run"],
    &["rotations", "--all"],
];

fn sweep(it: &Fixture) -> usize {
    let mut logged = 0;
    for words in COMMANDS {
        for form in [&["-vvv"][..], &["-vvv", "--json"], &["--json"]] {
            let ran = it.run(&[words, form].concat());
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!said.contains("marker-"), "{words:?}: {said}");
            logged += ran.stderr.matches("guestpass.request").count();
        }
    }
    logged
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_ever_said() {
    let it = Fixture::new().await;
    assert!(sweep(&it) > 0, "the log must show requests, or this test sees nothing");
    assert!(it.fake.removals(STORE, "sam@vendor.example") > 0);
    for wrong in ["marker-wrong-token", "marker with spaces", "marker-\u{1}-control", "marker-ü"] {
        it.write_private("account-token", wrong);
        sweep(&it);
    }
    it.edit("file:account-token", "marker-literal-token");
    sweep(&it);
}

/// What stands in the folder afterwards is what was put there, and budgets.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_written_anywhere() {
    let it = Fixture::new().await;
    it.run(&["list", "acme"]).expect(0);
    it.grant();
    it.run(&["offboard", "sam"]);
    let mut files = 0;
    for path in it.written() {
        files += 1;
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("marker-"), "{path:?}");
    }
    assert!(it.path(".local/state/guestpass/ledger.sqlite").is_file());
    assert!(files > 2, "budget and ledger are kept in the state folder");
}

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
    let mut folders = vec![it.folder().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with("-token") {
                files += 1;
                assert!(!std::fs::read_to_string(&path).unwrap().contains("marker-"), "{path:?}");
            }
        }
    }
    assert!(files > 1, "the budget is kept in the state folder");
}

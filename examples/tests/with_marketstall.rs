//! Somebody else's platform in the program: every command works on it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "all of this is tests, the helpers as well")]

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use guestpass::SystemClock;
use guestpass_marketstall_fake::{FakeMarketstall, OWNER, STALL, TOKEN};
use guestpass_testkit::{Fault, On};
use serde_json::Value;
use tempfile::TempDir;

const PLATFORM: &str = "org.example/marketstall";
const SAM: &str = "sam@vendor.example";

struct Fixture {
    fake: FakeMarketstall,
    folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let fake = FakeMarketstall::start(Arc::new(SystemClock::new())).await;
        let fixture = Self { fake, folder: tempfile::tempdir().unwrap() };
        let config = format!(
            r#"[stores.cheese]
platform = "{PLATFORM}"
stall = "{STALL}"
token = "env:STALL_TOKEN"
api_url = "{}"

[stores.byhand]
platform = "{PLATFORM}"
access = "merchant"
stall = "{STALL}"

[people.sam]
email = "{SAM}"

[roles.support]
[roles.support."{PLATFORM}"]
role = "helper"

[roles.guest]
[roles.guest."{PLATFORM}"]
role = "viewer"
"#,
            fixture.fake.uri()
        );
        std::fs::write(fixture.folder.path().join("guestpass.toml"), config).unwrap();
        fixture
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_with_marketstall"))
            .args(words)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("STALL_TOKEN", TOKEN)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The documents that a run prints with `--json`.
    fn documents(&self, words: &[&str], code: i32) -> Vec<Value> {
        let output = self.run(&[words, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains(TOKEN));
        output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }

    fn document(&self, words: &[&str], code: i32) -> Value {
        let mut documents = self.documents(words, code);
        assert_eq!(documents.len(), 1, "{words:?}: {documents:?}");
        documents.remove(0)
    }

    fn role(&self) -> Option<String> {
        self.fake.with(|books, _| books.role(SAM).map(str::to_owned))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_access() {
    let it = Fixture::new().await;
    let check = it.document(&["check", "cheese"], 0);
    assert_eq!(
        (&check["stores"][0]["ok"], &check["stores"][0]["platform"]),
        (&true.into(), &PLATFORM.into())
    );
    assert_eq!(it.document(&["roles", "cheese"], 0)["roles"].as_array().unwrap().len(), 4);

    let invite = it.document(&["invite", "cheese", "sam", "--role", "support"], 0);
    assert_eq!((&invite["result"], &invite["before"]["state"]), (&"invited".into(), &"absent".into()));
    assert_eq!(it.role().as_deref(), Some("helper"));
    it.fake.with(|books, _| books.accept(SAM));
    assert_eq!(it.document(&["observe", "cheese", "sam"], 0)["state"], "present");

    let list = it.documents(&["list", "cheese"], 0);
    let (end, rows) = list.split_last().unwrap();
    assert_eq!((&end["summary"]["complete"], rows.len()), (&true.into(), 2));
    assert!(rows.iter().any(|row| row["collaborator"]["email"] == SAM));

    let change = it.document(&["change", "cheese", "sam", "--role", "guest"], 0);
    assert_eq!(change["result"], "accepted");
    assert_eq!(it.role().as_deref(), Some("viewer"));
    it.document(&["change", "cheese", "sam", "--resend"], 3);

    let error = &it.document(&["remove", "cheese", OWNER], 1)["error"];
    assert_eq!(error["kind"], "permission_denied");
    let remove = it.document(&["remove", "cheese", "sam"], 0);
    assert_eq!((&remove["result"], &remove["proof"]["by"]), (&"removed".into(), &"listed".into()));
    assert_eq!(it.role(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_looking() {
    let it = Fixture::new().await;
    it.fake.inject(On::Operation("invite".to_owned()), Fault::LostAnswer, 1);
    it.document(&["invite", "cheese", "sam", "--role", "support"], 0);
    assert_eq!(it.role().as_deref(), Some("helper"));
    assert_eq!(it.fake.requests().iter().filter(|request| request.write).count(), 1);
    assert!(it.fake.unfired().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_gets_a_message() {
    let it = Fixture::new().await;
    let invite = it.document(&["invite", "byhand", "sam", "--role", "support"], 3);
    let body = invite["action"]["message"]["body"].as_str().unwrap();
    assert!(body.contains(SAM) && body.contains("Please enter exactly: helper"), "{body}");
    assert!(it.fake.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stands_beside_the_other_platforms() {
    let it = Fixture::new().await;
    let one = it.document(&["capabilities", "--platform", PLATFORM], 0);
    assert_eq!(one["platforms"][0]["platform"], PLATFORM);
    let all = it.document(&["capabilities"], 0);
    let platforms: Vec<_> = all["platforms"].as_array().unwrap().iter().map(|it| &it["platform"]).collect();
    assert!(platforms.contains(&&"bigcommerce".into()) && platforms.last() == Some(&&PLATFORM.into()));

    it.document(&["init", "--platform", PLATFORM, "--path", "new.toml"], 0);
    let path = it.folder.path().join("new.toml");
    let filled = std::fs::read_to_string(&path).unwrap().replace("stall = \"\"", "stall = \"demo-stall\"");
    std::fs::write(path, filled).unwrap();
    assert_eq!(it.document(&["--config", "new.toml", "stores"], 0)["stores"][0]["platform"], PLATFORM);
}

/// The table in its README is the one that the program prints.
#[tokio::test(flavor = "multi_thread")]
async fn the_readme_says_what_the_program_says() {
    let it = Fixture::new().await;
    let output = it.run(&["capabilities", "--platform", PLATFORM, "--markdown"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(include_str!("../marketstall/README.md").contains(table.trim()), "{table}");
}
